using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Tests;

/// <summary>The presets of the recordings s5a, s5a2, s5b and s5c.</summary>
public class LiveSwitches
{
    [Fact]
    public void Msix_off_on_a_live_card_ends_after_100001_deliveries_and_the_mask()
    {
        var r = Recorded.Of("live-msix-off");
        Assert.Equal(100_001, r.Deliveries(21));
        Assert.Equal(1, r.Deliveries(21, DeliveryOutcome.LazyMasked));
        Assert.Equal(1, r.The(EventKind.IoapicPin).A);
        Assert.True(r.Run.Final.Line(r.Line(21)).SpuriousDisabled);

        // 6.1.192 does not count the lazy one in /proc/interrupts.
        Assert.Equal(100_000, r.Run.Final.Line(r.Line(21)).Interrupts);
        Assert.True(r.Count(EventKind.IrqPolled) > 100);
    }

    [Fact]
    public void Msix_enable_alone_is_harmless_and_intx_disable_is_the_gate()
    {
        var r = Recorded.Of("live-msix-enable-only");
        var opened = r.TimeOf(EventKind.CfgCommand);
        Assert.True(opened > 5_000_000_000);
        Assert.True(r.TimeOf(EventKind.CfgMsix) < 1_000_000);
        Assert.Equal(opened, r.TimeOf(EventKind.Line));
        Assert.Equal(100_001, r.Deliveries(21));
    }

    [Fact]
    public void With_no_handler_nobody_hears_and_on_q35_not_even_a_late_one()
    {
        var r = Recorded.Of("live-no-handler");
        Assert.True(r.Asserted(21));
        Assert.Equal(0, r.The(EventKind.IoapicPin).A);
        Assert.Equal(0, r.Deliveries(21));
        Assert.True(r.Run.EndNs - r.TimeOf(EventKind.RequestIrq) > 10_000_000_000);
    }

    [Fact]
    public void On_real_hardware_the_late_handler_is_stormed_at_once()
    {
        var r = Recorded.Of("live-no-handler", s => s with { Platform = Platform.AcpiPc });
        var gsi = Assert.Single(r.Run.Machine.Lines).Gsi.Value;
        Assert.Equal(100_001, r.Deliveries(gsi));
        Assert.True(r.TimeOf(EventKind.NobodyCared) > r.TimeOf(EventKind.RequestIrq));
    }

    [Fact]
    public void With_bus_master_off_first_there_is_no_intx_at_all()
    {
        var r = Recorded.Of("live-bme-first");
        Assert.Equal(0, r.Count(EventKind.Intx));
        Assert.Equal(11, r.The(EventKind.VirtioStatus).A);
        Assert.Equal(3, r.Count(EventKind.CfgCommand));
    }

    [Fact]
    public void Msi_shutdown_writes_what_the_kernel_writes_in_its_order()
    {
        var r = Recorded.Of("live-msix-off");
        var words = r.All.SkipWhile(x => x.Event.Kind != EventKind.Stimulus).Skip(1).TakeWhile(x => x.Event.Kind != EventKind.Stimulus)
            .Select(x => x.Event.Kind).ToList();
        Assert.Equal([EventKind.VectorMask, EventKind.VectorMask, EventKind.VectorMask, EventKind.CfgMsix, EventKind.CfgCommand], words);
    }
}
