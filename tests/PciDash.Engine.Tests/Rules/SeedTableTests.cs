using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>The prediction table at the end of domain 10: virtio-net with MSI-X and no .shutdown beside uhci, with traffic.</summary>
public class SeedTableTests
{
    private static readonly Bdf Net = Story.Net;

    private static Seen Of(string kernel, ShutdownPath path, string? policy = null, Platform? platform = null, DeviceModel? net = null) =>
        Seen.Of(Story.Of(kernel, policy, path, platform, net: f => f with { Device = net ?? f.Device, Events = [Every(250 * Microsecond)] }));

    // Notifies again and again without waiting for its driver, as with the event index off.
    private static readonly DeviceModel Eager = Device("virtio-net") with { OncePerService = false };

    // A device whose condition is a level and which does not care about its Bus Master Enable, with a driver that has no .shutdown.
    private static readonly DeviceModel RealNet = Device("virtio-net") with
    {
        IntxCondition = IntxCondition.Level, OnBusMasterOff = BusMasterReaction.Drop, OncePerService = true, IsVirtio = false,
    };

    // Messages from the end of the function's own shutdown, its pin from the beginning of it, up to the reset or the jump.
    private static (long Delivered, string Pin, int Nobody) AfterItsShutdown(Seen seen)
    {
        var enter = seen.RawOf(EventKind.DriverShutdown, Net, 0);
        var from = seen.RawOf(EventKind.DriverShutdown, Net, 1);
        var to = seen.Events().Where(e => e.At.Event.Kind is EventKind.Reset && e.At.Event.Subject == -1).Select(e => e.At.Raw).Append(seen.RawOfPhase("early-boot", 1)).Min();
        bool Within(RecordedEvent e) => e.Raw > from && e.Raw < to;
        bool SinceEntry(RecordedEvent e) => e.Raw > enter && e.Raw < to;
        return (
            seen.Of(EventKind.MsiWrite, Net).Where(e => Within(e.At) && e.At.Event.C == (int)MsiResult.Delivered).Sum(e => e.Times),
            string.Concat(seen.Of(EventKind.Intx, Net).Where(e => SinceEntry(e.At)).Select(e => e.At.Event.A)),
            seen.NobodyCared(21).Count(SinceEntry));
    }

    private static readonly Seen.Phase NewKernelUntilItsDriver = new("early-boot", null, 1);

    private static List<(RecordedEvent At, long Times)> UntilOwnProbe(Seen seen, EventKind kind, int subject)
    {
        var reset = seen.Of(EventKind.Reset, Net, NewKernelUntilItsDriver).First().At.Raw;
        return [.. seen.Of(kind, subject, NewKernelUntilItsDriver).Where(e => e.At.Raw < reset)];
    }

    [Theory]
    [Trait("Rule", "1.4.1")]
    [Trait("Rule", "1.4.5")]
    [Trait("Rule", "10")]
    [InlineData("2.6.24", null)]
    [InlineData("4.12", null)]
    [InlineData("4.1", "seed")]
    public void On_reboot_P0_P5_and_the_seed_let_messages_flow_to_live_handlers(string kernel, string? policy)
    {
        var (delivered, pin, nobody) = AfterItsShutdown(Of(kernel, ShutdownPath.Reboot, policy));
        Assert.InRange(delivered, 10, long.MaxValue);
        Assert.Equal("", pin);
        Assert.Equal(0, nobody);
    }

    [Theory]
    [Trait("Rule", "1.4.2")]
    [Trait("Rule", "10")]
    [InlineData("2.6.32", "acpi-pc")]
    [InlineData("4.1", "acpi-pc")]
    [InlineData("4.1", "q35")]
    public void On_reboot_P1_and_P4_end_in_nobody_cared(string kernel, string platform)
    {
        // On q35 a storm goes on while 4.1 masks its pins; 2.6.32 stops its local APIC before, and the storm is over below the cutoff.
        var (delivered, pin, nobody) = AfterItsShutdown(Of(kernel, ShutdownPath.Reboot, platform: Platform.Find(platform)));
        Assert.Equal(0, delivered);
        Assert.Equal("1", pin);
        Assert.Equal(1, nobody);
    }

    [Theory]
    [InlineData(ShutdownPath.Reboot)]
    [InlineData(ShutdownPath.Kexec)]
    public void With_P3_virtio_falls_silent_but_a_device_that_ignores_its_bus_mastering_storms(ShutdownPath path)
    {
        var virtio = AfterItsShutdown(Of("3.11", path));
        Assert.Equal((0L, "", 0), virtio);

        var real = AfterItsShutdown(Of("3.11", path, platform: Platform.AcpiPc, net: RealNet));
        Assert.Equal("1", real.Pin);
        Assert.Equal(1, real.Nobody);
    }

    // "INTx only if event between MSI off and BME off": the window of two config writes is there to be hit.
    [Theory]
    [InlineData("3.11", ShutdownPath.Reboot)]
    [InlineData("4.1", ShutdownPath.Kexec)]
    public void An_event_between_the_two_writes_raises_virtios_pin_which_then_stays_up(string kernel, ShutdownPath path)
    {
        var off = Seen.Of(Story.Of(kernel, path: path, net: f => f with { Events = [] })).Of(EventKind.CfgCommand, Net).First(e => e.At.Event.B == 0x0107).At.TimeNs;
        var seen = Seen.Of(Story.Of(kernel, path: path, net: f => f with { Events = [Every(Second, first: off + Microsecond)] }));

        var up = seen.Of(EventKind.Intx, Net).First().At;
        Assert.Equal(off + Microsecond, up.TimeNs);
        Assert.True(up.Raw < seen.Of(EventKind.CfgCommand, Net).First(e => e.At.Event.B == 0x0103).At.Raw);
        Assert.Equal("1", seen.Pin(Net, Seen.Shutdown));
    }

    [Theory]
    [Trait("Rule", "10")]
    [InlineData("4.12", null)]
    [InlineData("4.1", "seed")]
    [InlineData("4.1", null)]
    [InlineData("4.1", "EB-1")]
    public void On_kexec_P4_P5_the_seed_and_EB1_are_silent_until_the_jump(string kernel, string? policy)
    {
        var (delivered, pin, nobody) = AfterItsShutdown(Of(kernel, ShutdownPath.Kexec, policy));
        Assert.Equal((0L, "", 0), (delivered, pin, nobody));
    }

    [Fact]
    public void With_EB1_a_reboot_is_silent()
    {
        var seen = Of("4.1", ShutdownPath.Reboot, "EB-1");
        Assert.Equal((0L, "", 0), AfterItsShutdown(seen));
        Assert.NotEqual(0, seen.Messages(Net, MsiResult.Delivered));
    }

    // EB-1 as domain 1.4 has it: P4, and then INTx-Disable. A level that waited behind MSI-X comes out between the two writes.
    [Fact]
    [Trait("Rule", "1.4")]
    public void With_EB1_a_level_that_waited_behind_MSIX_is_up_from_one_write_to_the_next()
    {
        var seen = Of("4.1", ShutdownPath.Reboot, "EB-1", Platform.AcpiPc, RealNet);
        Assert.Equal("10", AfterItsShutdown(seen).Pin);
        var writes = seen.Of(EventKind.CfgCommand, Net, Seen.Shutdown).Select(e => e.At.Raw).ToList();
        Assert.Equal(writes, seen.Of(EventKind.Intx, Net, Seen.Shutdown).Select(e => e.At.Why));
    }

    [Fact]
    public void On_kexec_P0_lets_messages_wait_in_IRR_and_reach_the_next_kernel()
    {
        var seen = Of("2.6.24", ShutdownPath.Kexec, net: Eager);
        Assert.InRange(AfterItsShutdown(seen).Delivered, 1, long.MaxValue);
        Assert.NotEqual(0, seen.Messages(Net, MsiResult.LatchedIrr, new("machine_kexec", "early-boot")));

        // E0 turns nothing off: they go on past enumeration, until the driver resets its device.
        var probe = seen.RawOfPhase("probe", 1);
        Assert.Contains(UntilOwnProbe(seen, EventKind.MsiWrite, seen.Index(Net)), e => e.At.Raw > probe);
    }

    [Fact]
    public void On_kexec_P1_storms_again_at_the_first_request_of_the_next_kernel()
    {
        var seen = Of("2.6.32", ShutdownPath.Kexec, platform: Platform.AcpiPc);
        Assert.Equal(1, AfterItsShutdown(seen).Nobody);

        var request = seen.Of(EventKind.RequestIrq, Story.Usb, NewKernelUntilItsDriver).First().At;
        var first = seen.OfLine(EventKind.IrqDelivered, 21, NewKernelUntilItsDriver).First().At;
        Assert.True(first.Raw > request.Raw);
        Assert.Equal(request.TimeNs, first.TimeNs - seen.Machine.Scenario.Timing.TakeNs);
        Assert.Single(seen.NobodyCared(21, NewKernelUntilItsDriver));
    }

    [Theory]
    [InlineData("4.12", null)]
    [InlineData("4.1", "seed")]
    [InlineData("4.1", "EB-1")]
    public void After_kexec_P5_the_seed_and_EB1_stay_silent_until_the_functions_own_driver(string kernel, string? policy)
    {
        foreach (var device in new[] { Device("virtio-net"), RealNet })
        {
            var seen = Of(kernel, ShutdownPath.Kexec, policy, Platform.AcpiPc, device);
            var f = seen.Index(Net);
            Assert.DoesNotContain(UntilOwnProbe(seen, EventKind.MsiWrite, f), e => e.At.Event.C != (int)MsiResult.DroppedBme);
            var enabled = seen.Of(EventKind.CfgCommand, Net, NewKernelUntilItsDriver).First().At.Raw;
            Assert.DoesNotContain(UntilOwnProbe(seen, EventKind.Intx, f), e => e.At.Raw < enabled);
            Assert.Empty(seen.NobodyCared(21, new("early-boot", "probe", 1)));
        }
    }

    [Fact]
    [Trait("Rule", "1.4.5")]
    public void After_a_crash_messages_flow_until_the_scan_and_then_the_function_is_silent()
    {
        foreach (var kernel in new[] { "3.11", "4.1", "4.12" })
        {
            var seen = Of(kernel, ShutdownPath.Kdump, net: Eager);
            Assert.NotEqual(0, seen.Messages(Net, null, new("early-boot", "enumeration", 1)));
            var probe = seen.RawOfPhase("probe", 1);
            Assert.DoesNotContain(UntilOwnProbe(seen, EventKind.MsiWrite, seen.Index(Net)), e => e.At.Raw > probe);
            Assert.Equal("", seen.Pin(Net, new("early-boot", "probe", 1)));
        }
    }
}
