using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>Memory writes of devices: domain 5, rules 1, 7 and 11; domain 8, ena-2020 and hpe-bridge-ur-2019.</summary>
public class DmaTests
{
    private static readonly Bdf Card = At("00:09.0");
    private static readonly Bdf Port = At("00:02.0");
    private static readonly Bdf Below = At("01:00.0");
    private static readonly DriverModel NoShutdown = Driver("e1000e") with { Id = "no-shutdown", Shutdown = static _ => [] };

    private static IEnumerable<DmaTarget> Targets(Seen seen, Bdf bdf, Seen.Phase? between = null) => seen.Of(EventKind.Dma, bdf, between).Select(e => (DmaTarget)e.At.Event.A);

    // Rule 1.
    [Fact]
    [Trait("Rule", "5.1")]
    public void A_transfer_needs_bus_mastering()
    {
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:09.0", "e1000e", 21, Every(Millisecond, first: 500 * Microsecond) with { Dma = true })],
            [Wait(2 * Millisecond), Do(Card, new Step(Op.BusMaster, 0), Pause(2 * Millisecond), new Step(Op.BusMaster, 1), Pause(Millisecond))]));

        Assert.Equal([DmaTarget.OwnKernel, DmaTarget.OwnKernel, DmaTarget.Blocked, DmaTarget.Blocked, DmaTarget.OwnKernel], Targets(seen, Card).Take(5));
    }

    // After a crash nobody tells the device: until the next kernel's driver resets it, it writes where the first one said (domain 3.4).
    [Fact]
    [Trait("Rule", "3.4")]
    public void After_a_crash_a_device_writes_into_the_next_kernel_until_its_driver_resets_it()
    {
        var seen = Seen.Of(Story.Of("6.12", path: ShutdownPath.Kdump, sharer: null, net: f => f with
        {
            Device = Device("e1000e"), Events = [Every(10 * Millisecond) with { Dma = true }],
        }, boot: b => b with { Stimuli = [] }));
        var reset = seen.Of(EventKind.Reset, Story.Net, new("probe", null, 1)).First().At.Raw;

        Assert.All(seen.Of(EventKind.Dma, Story.Net, new("early-boot", null, 1)).Where(e => e.At.Raw < reset), e => Assert.Equal((DmaTarget.NextKernel, 1), ((DmaTarget)e.At.Event.A, e.At.Event.B)));
        Assert.NotEmpty(Targets(seen, Story.Net, new("early-boot", "probe", 1)));
        Assert.All(seen.Of(EventKind.Dma, Story.Net).Where(e => e.At.Raw > reset), e => Assert.Equal((int)DmaTarget.OwnKernel, e.At.Event.A));
    }

    // Rule 7 and ena-2020: what the device buffered while Bus Master Enable was 0 goes out when the next kernel sets it.
    [Theory]
    [Trait("Rule", "5.7")]
    [InlineData(BusMasterReaction.Latch, true)]
    [InlineData(BusMasterReaction.Drop, false)]
    public void A_transfer_that_was_latched_goes_out_when_the_next_kernel_sets_bus_mastering(BusMasterReaction reaction, bool goesOut)
    {
        var device = Device("e1000e") with { OnBusMasterOff = reaction };
        var seen = Seen.Of(Story.Of(
            "4.1", "P5", ShutdownPath.Kexec, Platform.AcpiPc, sharer: null, net: f => f with { Device = device, Events = [Every(5 * Millisecond) with { Dma = true }] },
            boot: b => b with { Drivers = new Dictionary<Bdf, DriverModel?> { [Story.Net] = NoShutdown } }));
        var probe = new Seen.Phase("probe", null, 1);
        var master = seen.Of(EventKind.CfgCommand, Story.Net, probe).First(e => (e.At.Event.B & 4) != 0).At;

        Assert.Contains(DmaTarget.Blocked, Targets(seen, Story.Net, Seen.Shutdown));
        Assert.Equal(goesOut, seen.Of(EventKind.Dma, Story.Net, probe).Any(e => e.At.Why == master.Raw && e.At.Event.A == (int)DmaTarget.NextKernel && e.At.Event.B == 1));
    }

    // Rule 11: DMA through a bridge whose Bus Master Enable is 0 becomes an Unsupported Request; so does a message, which is one as well.
    [Theory]
    [Trait("Rule", "5.11")]
    [InlineData(BusMasterReaction.UnsupportedRequest, true)]
    [InlineData(BusMasterReaction.Drop, false)]
    public void A_bridge_without_bus_mastering_answers_with_an_Unsupported_Request(BusMasterReaction reaction, bool reports)
    {
        var card = Function("01:00.0", "e1000e", 21, Every(Millisecond, count: 1, first: Millisecond) with { Dma = true }) with { Parent = Port };
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:02.0", "pcie-root-port", null) with { SecondaryBus = 1 }, card with { Device = card.Device with { OnBusMasterOff = reaction } }],
            [Do(Port, new Step(Op.BusMaster, 0)), Wait(2 * Millisecond)]));

        Assert.Equal([DmaTarget.Blocked], Targets(seen, Below));
        Assert.Equal(1, seen.Messages(Below, MsiResult.DroppedBridge));
        Assert.Equal(reports ? 2 : 0, seen.Of(EventKind.UnsupportedRequest, Below).Count());
        Assert.All(seen.Of(EventKind.UnsupportedRequest, Below), e => Assert.Equal(seen.Index(Port), e.At.Event.A));
    }
}
