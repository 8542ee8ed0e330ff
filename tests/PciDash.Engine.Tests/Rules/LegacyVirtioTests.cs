using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>Legacy virtio's registers and the kernel threads that use a device: domain 6.1 and 6.3.</summary>
public class LegacyVirtioTests
{
    private static readonly Bdf Net = Story.Net;
    private static readonly EventSource Thread = new(EventSource.KernelThread, 500 * Microsecond);
    private static readonly DeviceModel Legacy = Device("virtio-net") with { ConfigLayout = ConfigLayout.Legacy };

    private static List<(int Driver, int Device)> Accesses(Seen seen, long from = 0, long to = long.MaxValue) =>
        [.. seen.Of(EventKind.VirtioConfig, Net).Where(e => e.At.Raw >= from && e.At.Raw < to).Select(e => (e.At.Event.A, e.At.Event.B))];

    // Config from 24 with MSI-X on: driver and device agree until the core clears MSI-X behind the driver's back (P1-P4).
    [Theory]
    [Trait("Rule", "1.4.4")]
    [Trait("Rule", "6.1")]
    [InlineData("4.1", "P4", 20)]
    [InlineData("4.12", "P5", 24)]
    public void After_the_core_cleared_MSIX_the_driver_reads_four_bytes_off(string kernel, string policy, int device)
    {
        var seen = Seen.Of(Story.Of(kernel, policy, sharer: null, net: f => f with { Device = Legacy, Events = [Thread] }));
        var exit = seen.RawOf(EventKind.DriverShutdown, Net, 1);
        var end = seen.RawOfPhase("machine_shutdown");

        Assert.NotEmpty(Accesses(seen, to: seen.RawOf(EventKind.DriverShutdown, Net, 0)));
        Assert.All(Accesses(seen, to: seen.RawOf(EventKind.DriverShutdown, Net, 0)), a => Assert.Equal((24, 24), a));
        Assert.NotEmpty(Accesses(seen, exit, end));
        Assert.All(Accesses(seen, exit, end), a => Assert.Equal((24, device), a));
        Assert.Equal(device == 20, Outcomes.Of(seen.Run).Any(o => o.Kind == OutcomeKind.ConfigMisaddressed));
    }

    // In INTx mode config starts at 20, for both; a modern device has no such layout.
    [Fact]
    [Trait("Rule", "6.1")]
    public void In_INTx_mode_config_starts_at_20_and_a_modern_device_never_shifts()
    {
        var intx = Seen.Of(Story.Of("4.1", "P4", sharer: null, net: f => f with { Device = Legacy, Mode = InterruptMode.Intx, Events = [Thread] }));
        Assert.NotEmpty(Accesses(intx));
        Assert.All(Accesses(intx), a => Assert.Equal((20, 20), a));

        var modern = Seen.Of(Story.Of("4.1", "P4", sharer: null, net: f => f with { Device = Device("virtio-net-modern"), Events = [Thread] }));
        Assert.NotEmpty(modern.Of(EventKind.DriverAccess, Net));
        Assert.Empty(Accesses(modern));
    }

    // vp_config_changed reads the config when it has changed, and only then.
    [Theory]
    [InlineData("config-change", true)]
    [InlineData("rx", false)]
    public void A_handler_reads_the_config_when_it_has_changed(string what, bool reads)
    {
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:09.0", "virtio-net", 21, new EventSource(what, Millisecond) { Count = 1 }) with { Device = Legacy }], [Wait(3 * Millisecond)]));
        Assert.Equal(reads ? 1 : 0, seen.Of(EventKind.VirtioConfig, Net).Count());
    }

    // 8bd2fa086a04: virtio_break_device before the reset. The thread stops then; without it, it goes on and uses a device that is reset.
    [Theory]
    [Trait("Rule", "6.3")]
    [InlineData("6.18", false)]
    [InlineData("6.12", true)]
    public void A_kernel_thread_stops_after_virtio_break_device(string kernel, bool goesOn)
    {
        var seen = Seen.Of(Story.Of(kernel, sharer: null, net: f => f with { Events = [Thread] }));
        var exit = seen.RawOf(EventKind.DriverShutdown, Net, 1);
        Assert.NotEmpty(seen.Of(EventKind.DriverAccess, Net, new("running", "device_shutdown")));
        Assert.Equal(goesOn, seen.Of(EventKind.DriverAccess, Net).Any(e => e.At.Raw > exit));
    }

    // bug 20, virtio-console-2025: a reset without the break, and the driver finds a device that does not work.
    [Fact]
    public void A_kernel_thread_that_was_not_told_finds_a_device_that_does_not_work()
    {
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:09.0", "virtio-net", 21, Thread)], [Wait(2 * Millisecond), Do(Net, new Step(Op.DeviceReset)), Wait(2 * Millisecond)]));
        var reset = seen.Of(EventKind.Reset, Net).Last().At.Raw;
        Assert.All(seen.Of(EventKind.DriverAccess, Net), e => Assert.Equal(e.At.Raw > reset ? 1 : 0, e.At.Event.A));
        Assert.Contains(Outcomes.Of(seen.Run), o => o.Kind == OutcomeKind.TornDown);

        // And what it asked for is answered while it works.
        Assert.Contains(seen.Of(EventKind.DeviceEvent, Net), e => e.At.Raw < reset);
        Assert.DoesNotContain(seen.Of(EventKind.DeviceEvent, Net), e => e.At.Raw > reset);
    }
}
