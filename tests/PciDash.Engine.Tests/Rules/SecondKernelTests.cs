using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>What the next kernel finds and does: domain 1.3, 2.6 and 3.5.</summary>
public class SecondKernelTests
{
    private static readonly Bdf Net = Story.Net;
    private static readonly Seen.Phase Enumeration = new("enumeration", "probe", 1);

    // Domain 1.3 and finding 4: only if it was set; E0 not at all.
    [Theory]
    [Trait("Rule", "1.3")]
    [InlineData("4.1", "P5", "msix 0")]
    [InlineData("4.1", "P4", "")]
    [InlineData("6.12", "P5", "0503>0103, 0103>0503, msix 0")]
    [InlineData("2.6.32", "P0", "")]
    public void The_scan_clears_MSIX_Enable_only_where_it_finds_it_set(string kernel, string policy, string writes)
    {
        var seen = Seen.Of(Story.Of(kernel, policy, ShutdownPath.Kexec));
        Assert.Equal(writes, seen.Writes(Net, Enumeration));
    }

    // Domain 1.3: none of E0-E3 changes INTx-Disable or Bus Master Enable. Finding 5: later kernels toggle INTx-Disable as a probe, and
    // leave it as it was.
    [Fact]
    [Trait("Rule", "1.3")]
    public void The_scan_leaves_INTx_Disable_and_bus_mastering_as_it_found_them()
    {
        foreach (var release in KernelRelease.All)
        {
            var seen = Seen.Of(Story.Of(release.Version, "P5", ShutdownPath.Kexec, sharer: null));
            Assert.Equal(release.ProbesIntxDisable ? "0503>0103, 0103>0503" : "", seen.Writes(Net, Enumeration).Replace(", msix 0", "", StringComparison.Ordinal).Replace("msix 0", "", StringComparison.Ordinal));
        }

        Assert.True(KernelRelease.Find("6.1.192")!.ProbesIntxDisable);
        Assert.False(KernelRelease.Find("4.1")!.ProbesIntxDisable);
    }

    // Domain 2.6: 1f6ae47ecff7. Before it, an INTx driver in the next kernel never hears from its device (bug 1: mpt-fusion-2008).
    [Theory]
    [Trait("Rule", "2.6")]
    [InlineData("3.13", false)]
    [InlineData("3.14", true)]
    [InlineData("4.1", true)]
    public void Since_3_14_pci_enable_device_clears_INTx_Disable(string kernel, bool hears)
    {
        var card = Function("00:09.0", "e1000e", 21, Every(Millisecond));
        var noShutdown = Driver("e1000e") with { Id = "no-shutdown", Shutdown = static _ => [] };
        var row = Release(kernel);
        var first = new BootSpec(row, Policy("P5"), ShutdownPath.Kexec) { Drivers = new Dictionary<Bdf, DriverModel?> { [Net] = noShutdown } };
        var second = new BootSpec(row, Policy("P5"), ShutdownPath.None) { NoMsi = true, Stimuli = [Wait(10 * Millisecond)] };
        var seen = Seen.Of(new Scenario("lost", Platform.AcpiPc, [card], [first, second]));

        Assert.Equal(!hears, seen.Function(Net).IntxDisable);
        Assert.True(seen.Function(Net).LineAction);
        var running = new Seen.Phase("running", null, 1);
        Assert.NotEmpty(seen.Of(EventKind.DeviceEvent, Net, running));
        Assert.Equal(hears, seen.HandlerRuns(Net, running) > 0);
    }

    // Domain 1.4, point 6: what d52877c7b1af cured were lost interrupts of MPT Fusion, whose .shutdown is empty; no storm.
    [Theory]
    [Trait("Rule", "1.4.6")]
    [InlineData("2.6.24", "P0", false)]
    [InlineData("2.6.24", "P1", true)]
    public void Turning_MSI_off_at_shutdown_gives_the_next_kernels_INTx_driver_its_interrupts(string kernel, string policy, bool hears)
    {
        var row = Release(kernel);
        var card = Function("00:09.0", "mptsas", 21, Every(Millisecond));
        var first = new BootSpec(row, Policy(policy), ShutdownPath.Kexec);
        var second = new BootSpec(row, Policy(policy), ShutdownPath.None) { NoMsi = true, Stimuli = [Wait(10 * Millisecond)] };
        var seen = Seen.Of(new Scenario("fusion", Platform.AcpiPc, [card], [first, second]));
        Assert.Equal(hears, seen.HandlerRuns(Net, new("running", null, 1)) > 0);
        Assert.Equal(!hears, seen.Function(Net).IntxDisable);
        Assert.Empty(seen.NobodyCared(21));
    }

    // Domain 3.5 and finding 14, on hardware that forgets no level; the device keeps asserting with its bus mastering off.
    [Theory]
    [Trait("Rule", "3.5")]
    [InlineData("acpi-pc", false)]
    [InlineData("q35", true)]
    public void A_level_left_up_storms_at_the_first_shared_request_of_the_next_kernel(string platform, bool pauses)
    {
        var stubborn = Device("e1000e") with { Id = "stubborn", OnBusMasterOff = BusMasterReaction.Drop };
        var noShutdown = Driver("e1000e") with { Id = "no-shutdown", Shutdown = static _ => [] };
        var seen = Seen.Of(Story.Of(
            "4.1", "P4", ShutdownPath.Kexec, Platform.Find(platform), net: f => f with { Device = stubborn },
            boot: b => b with { Drivers = new Dictionary<Bdf, DriverModel?> { [Net] = noShutdown } }));

        var before = seen.RawOfPhase("enumeration", 1);
        Assert.True(seen.Run.At(before).After.Line(0) is { Asserted: true, Masked: true });
        Assert.False(seen.Run.At(before).After.Function(seen.Index(Net)).BusMaster);
        var request = seen.Of(EventKind.RequestIrq, Story.Usb, new("probe", null, 1)).Single().At;
        var first = seen.OfLine(EventKind.IrqDelivered, 21, new("probe", null, 1)).First().At;
        Assert.Equal(request.TimeNs + seen.Machine.Scenario.Timing.TakeNs, first.TimeNs);

        // Its own driver silences the device; without a platform's pauses that comes too late for the irq.
        var reset = seen.Of(EventKind.Reset, Net, new("probe", null, 1)).Single().At;
        var storm = seen.OfLine(EventKind.IrqDelivered, 21, new("probe", null, 1)).Where(e => e.At.Raw < reset.Raw).Sum(e => e.Times);
        Assert.Equal(pauses ? 0 : 1, seen.NobodyCared(21, new("probe", null, 1)).Count(e => e.Raw < reset.Raw));
        Assert.InRange(storm, pauses ? 10_000 : 100_001, pauses ? 90_000 : 100_001);
    }

    // The artefact, and only it: a rise at a pin that was never programmed is not latched by QEMU's IO-APIC.
    [Theory]
    [InlineData("acpi-pc", true)]
    [InlineData("q35", false)]
    public void A_late_handler_meets_a_storm_on_real_hardware_and_silence_on_q35(string platform, bool storms)
    {
        var seen = Seen.Of(Live(
            Platform.Find(platform)!, [Function("00:09.0", "virtio-net", 21, Every(Millisecond)), Function("00:01.0", "uhci")],
            [MsixShutdown(Net), Wait(10 * Millisecond), Load(Story.Usb, "uhci_hcd"), Wait(2 * Second)], boot: b => b with { Drivers = NoDriver(Story.Usb) }));

        Assert.Equal("1", seen.Level(21));
        Assert.Equal(storms ? 100_001 : 0, seen.Deliveries(21));
        Assert.Equal(storms ? 1 : 0, seen.NobodyCared(21).Count);
    }

    // Domain 3.3: clear_IO_APIC leaves each pin masked, in edge mode, with remote IRR clear (recordings: vector 0, level 0).
    [Theory]
    [Trait("Rule", "3.3")]
    [InlineData("acpi-pc", true)]
    [InlineData("q35", false)]
    public void A_level_that_rises_between_two_kernels_meets_a_pin_in_its_reset_state(string platform, bool storms)
    {
        var seen = Seen.Of(Story.Of(
            "2.6.32", path: ShutdownPath.Kexec, platform: Platform.Find(platform), net: f => f with { Events = [Every(Second, first: 200 * Millisecond)] }));
        var rise = seen.Of(EventKind.Intx, Net).First().At;

        Assert.InRange(rise.Raw, seen.RawOfPhase("early-boot", 1), seen.RawOfPhase("local_irq_enable", 1));
        Assert.Equal(storms, seen.Deliveries(21, null, new("probe", null, 1)) > 0);
    }

    // Domain 3.3 and 3.5: the other CPUs of the next kernel come up long after the jump; until then nothing is taken by them.
    [Fact]
    [Trait("Rule", "3.5")]
    public void After_a_jump_no_CPU_takes_an_interrupt_before_local_irq_enable()
    {
        var seen = Seen.Of(Story.Of(
            "2.6.24", "P0", ShutdownPath.Kexec, sharer: null, net: f => f with { Cpu = 1, Events = [Every(10 * Millisecond)], Device = Device("e1000e") },
            boot: b => b with
            {
                Cpus = 2, Drivers = new Dictionary<Bdf, DriverModel?> { [Net] = Driver("e1000e") with { Id = "no-shutdown", Shutdown = static _ => [] } },
            }));
        var dark = new Seen.Phase("early-boot", "local_irq_enable", 1);

        Assert.NotEqual(0, seen.Messages(Net, null, dark));
        Assert.Equal(seen.Messages(Net, null, dark), seen.Messages(Net, MsiResult.LatchedIrr, dark));
        Assert.DoesNotContain(seen.Events(dark), e => e.At.Event.Kind == EventKind.IrqDelivered);
    }

    // Domain 2.5 and recording q35-virtio: Enable and Function Mask are set by one write, then the mask alone is cleared.
    [Fact]
    [Trait("Rule", "2.5")]
    public void MSIX_is_enabled_with_the_function_mask_in_the_same_write()
    {
        var seen = Seen.Of(Story.Of("6.1.192", path: ShutdownPath.Kexec, sharer: null));
        var msix = seen.Writes(Net, new("probe", null, 1)).Split(", ").Where(w => w.StartsWith("msix", StringComparison.Ordinal));
        Assert.Equal(["msix 1 maskall", "msix 1"], msix);
    }
}
