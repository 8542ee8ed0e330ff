using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Recordings;

/// <summary>The model beside recordings of Linux 6.1.192 in QEMU: what must match exactly does.</summary>
public class RecordingTests
{
    private static readonly Bdf Net = At("00:09.0");
    private static readonly Bdf Usb = At("00:01.0");

    private static Scenario Live(Platform platform, bool usbDriver, params Stimulus[] stimuli) => Make.Live(
        platform, [Function("00:09.0", "virtio-net", null, Every(3 * Millisecond) with { JitterPercent = 60 }), Function("00:01.0", "uhci", null)], stimuli,
        boot: b => b with { Drivers = usbDriver ? new Dictionary<Bdf, DriverModel?>() : NoDriver(Usb) });

    private static string NewValues(Seen seen, Bdf bdf) => string.Join(", ", seen.Writes(bdf).Split(", ").Select(w => w[(w.IndexOf('>') + 1)..]));

    private static void AssertLine(Recorded real, Seen model)
    {
        Assert.Equal(real.Level(), model.Level(21));
        Assert.Equal(real.Masks(), model.Masks(21));
        Assert.Equal(real.Deliveries(), model.Deliveries(21));
        Assert.Equal(real.NobodyCared(), model.NobodyCared(21).Count);
        Assert.Equal(real.IrqDisabled(), model.OfLine(EventKind.IrqDisabled, 21).Count());
    }

    [Fact]
    [Trait("Rule", "12")]
    public void S5a_MSIX_shut_down_under_a_live_virtio_ends_after_exactly_100001_deliveries()
    {
        var real = Recorded.Read("s5a");
        var model = Seen.Of(Live(Platform.Q35, true, MsixShutdown(Net), Wait(5 * Second)));

        Assert.Equal(100_001, real.Deliveries());
        AssertLine(real, model);
        Assert.Equal(real.Writes("00:09.0"), NewValues(model, Net));
        Assert.Equal(100_000, model.Deliveries(21, DeliveryOutcome.FlowHandler));
        Assert.Equal(1, model.Deliveries(21, DeliveryOutcome.LazyMasked));

        // 10,000 in a row, then 10 ms: ten times.
        Assert.Equal(10, real.Pauses());
        Assert.Equal(real.Pauses(), LongGaps(model));
    }

    // Gaps of 10 ms and more between two deliveries.
    private static long LongGaps(Seen seen)
    {
        long gaps = 0;
        long? last = null;
        for (var e = 0; e < seen.Run.Recording.Count; e++)
        {
            var at = seen.Run.Recording.Entries[e];
            if (at.Event.Kind == EventKind.IrqDelivered && at.Event.Subject == seen.LineIndex(21))
            {
                gaps += last is { } before && at.TimeNs - before >= 10 * Millisecond ? 1 : 0;
                last = seen.Run.Recording.Occurrences(e).LastNs;
            }
        }

        return gaps;
    }

    [Fact]
    public void S5a2_clearing_only_MSIX_Enable_is_harmless_and_clearing_INTx_Disable_storms()
    {
        var real = Recorded.Read("s5a2");
        var harmless = Do(Net, new Step(Op.MsixEnable, 0, Cost: Cost.ConfigWrite), Pause(5 * Second));
        var open = Do(Net, new Step(Op.IntxDisable, 0, Cost: Cost.ConfigWrite), Pause(5 * Second));
        var quiet = Seen.Of(Live(Platform.Q35, true, harmless));
        var model = Seen.Of(Live(Platform.Q35, true, harmless, open));

        Assert.Equal(0, quiet.Deliveries(21));
        Assert.Equal("", quiet.Level(21));
        Assert.True(quiet.Function(Net).InterruptStatus);
        Assert.Equal(real.Writes("00:09.0"), NewValues(model, Net));
        AssertLine(real, model);

        // The rise is at that write, not at the next notification.
        Assert.True(real.Position("intx_line") == real.Position("cmd_write") + 1);
        Assert.Equal(model.Of(EventKind.CfgCommand, Net).Single().At.TimeNs, model.Of(EventKind.Intx, Net).First().At.TimeNs);
    }

    [Fact]
    public void S5b_without_a_handler_there_is_silence_and_on_q35_a_late_handler_changes_nothing()
    {
        var real = Recorded.Read("s5b");
        Stimulus[] stimuli = [MsixShutdown(Net), Wait(7 * Second), Load(Usb, "uhci_hcd"), Wait(10 * Second)];
        var model = Seen.Of(Live(Platform.Q35, false, stimuli));

        Assert.Equal(0, real.Deliveries());
        AssertLine(real, model);
        Assert.Equal(real.Writes("00:09.0"), NewValues(model, Net));
        Assert.Equal(real.Writes("00:01.0"), NewValues(model, Usb));

        // On hardware without the artefact the late handler meets the level at once.
        var hardware = Seen.Of(Live(Platform.AcpiPc, false, stimuli) with { Functions = [.. Live(Platform.AcpiPc, false).Functions.Select(f => f with { Gsi = new Gsi(21) })] });
        Assert.Equal(100_001, hardware.Deliveries(21));
        Assert.True(hardware.OfLine(EventKind.IrqDelivered, 21).First().At.Raw > hardware.Of(EventKind.RequestIrq, Usb).Single().At.Raw);
    }

    [Fact]
    public void S5c_with_bus_mastering_cleared_first_QEMUs_virtio_raises_nothing_even_when_it_is_set_again()
    {
        var real = Recorded.Read("s5c");
        var model = Seen.Of(Live(
            Platform.Q35, true, Do(Net, new Step(Op.BusMaster, 0, Cost: Cost.ConfigWrite), Pause(300 * Millisecond)), MsixShutdown(Net),
            Wait(7 * Second), Do(Net, new Step(Op.BusMaster, 1, Cost: Cost.ConfigWrite), Pause(10 * Second))));

        Assert.Equal("", real.Level());
        AssertLine(real, model);
        Assert.Equal(real.Writes("00:09.0"), NewValues(model, Net));
        Assert.Equal(real.VirtioStatus("00:09.0").Distinct(), model.Of(EventKind.VirtioStatus, Net).Select(e => e.At.Event.A));
    }

    [Fact]
    public void S3o_on_reboot_with_the_old_policy_the_whole_storm_comes_after_the_shutdown_of_uhci_and_ends_among_the_pin_writes()
    {
        var real = Recorded.Read("s3o_reboot_oldmsi");
        var release = Release("6.1.192") with { VirtioResetAtShutdown = false };
        FunctionSpec[] functions =
        [
            Function("00:00.0", "host-bridge", null), Function("00:01.0", "uhci", null), Function("00:09.0", "virtio-net", null, Every(Millisecond)),
            Function("00:11.0", "pci-endpoint", null), Function("00:15.0", "virtio-blk", null), Function("00:1f.0", "isa-bridge", null),
            Function("00:1f.2", "ahci", null), Function("00:1f.3", "smbus", null),
        ];
        var model = Seen.Of(new Scenario("s3o", Platform.Q35, functions, [
            new BootSpec(release, Policy("P1"), ShutdownPath.Reboot) { Drivers = NoDriver(At("00:1f.2")) }]));

        AssertLine(real, Masked(model));
        foreach (var bdf in new[] { "00:09.0", "00:15.0" })
        {
            Assert.Equal(real.Writes(bdf), NewValues(model, At(bdf)));
        }

        var visited = model.Events().Where(e => e.At.Event is { Kind: EventKind.DriverShutdown, A: 0 }).Select(e => model.Machine.Functions[e.At.Event.Subject].Bdf.ToString());
        Assert.Equal(real.ShutdownOrder(), visited);
        Assert.True(model.OfLine(EventKind.IrqDelivered, 21).First().At.Raw > model.Of(EventKind.DriverShutdown, Usb).First().At.Raw);
        Assert.True(real.Position("level_irq_delivered") > real.Position("device_shutdown", "00:01.0"));
        Assert.InRange(model.NobodyCared(21).Single().Raw, model.RawOfPhase("machine_shutdown"), model.RawOfPhase("firmware"));
    }

    // The level falls only with the platform's reset, which the recording does not show.
    private static Seen Masked(Seen seen)
    {
        Assert.Equal("10", seen.Level(21));
        return Seen.Until(seen, seen.RawOfPhase("firmware"));
    }

    [Fact]
    public void Q35_virtio_at_kexec_bus_mastering_goes_off_in_this_order_and_the_next_kernel_writes_MSIX_so()
    {
        var real = Recorded.Read("q35-virtio");
        FunctionSpec[] functions =
        [
            Function("00:00.0", "host-bridge", null), Function("00:02.0", "virtio-blk", null), Function("00:03.0", "virtio-net", null),
            Function("00:1f.0", "isa-bridge", null), Function("00:1f.2", "ahci", null), Function("00:1f.3", "smbus", null),
        ];
        var release = Release("6.1.192");
        var model = Seen.Of(new Scenario("q35-virtio", Platform.Q35, functions, [new BootSpec(release, Policy("P5"), ShutdownPath.Kexec)]));

        string Ordered(Seen.Phase phase, params EventKind[] kinds) => string.Join(", ", model.Events(phase)
            .Where(e => kinds.Contains(e.At.Event.Kind))
            .Select(e => model.Machine.Functions[e.At.Event.Subject].Bdf + (e.At.Event.Kind == EventKind.CfgCommand
                ? $" {e.At.Event.B:x4}" : $" msix {e.At.Event.A}{(e.At.Event.B != 0 ? " maskall" : "")}")));
        Assert.Equal("00:1f.2 0503, 00:03.0 0503, 00:02.0 0503", real.Writes(null));
        Assert.Equal(real.Writes(null), Ordered(Seen.Shutdown, EventKind.CfgCommand, EventKind.CfgMsix, EventKind.CfgMsi));
        Assert.Equal(real.Writes(null, boot: 1), Ordered(new("early-boot", null, 1), EventKind.CfgMsix));
    }
}
