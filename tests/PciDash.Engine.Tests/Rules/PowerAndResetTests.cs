using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>D3hot and resets of one function: domain 5, rule 12; 2.6.</summary>
public class PowerAndResetTests
{
    private static readonly Bdf Card = At("00:09.0");
    private static readonly Step ToD3hot = new(Op.PowerState, 3);
    private static readonly Step ToD0 = new(Op.PowerState, 0);

    private static Seen Bare(Func<DeviceModel, DeviceModel> device, params Step[] steps)
    {
        var card = Function("00:09.0", "pci-endpoint", 21, Every(100 * Microsecond, count: 1));
        return Seen.Of(Live(Platform.AcpiPc, [card with { Device = device(card.Device) }], [Do(Card, steps)]));
    }

    private static Seen Driven(Func<DeviceModel, DeviceModel> device, params Step[] steps)
    {
        var card = Function("00:09.0", "e1000e", 21, Every(Millisecond));
        return Seen.Of(Live(Platform.AcpiPc, [card with { Device = device(card.Device) }], [Wait(3 * Millisecond), Do(Card, steps)]));
    }

    // Rule 12: no INTx in D3hot. With No_Soft_Reset the condition is still there afterwards, and comes out.
    [Fact]
    [Trait("Rule", "5.12")]
    public void D3hot_lowers_the_pin_and_D0_raises_it_again_if_the_function_keeps_its_state()
    {
        var seen = Bare(d => d, new(Op.Start), Pause(Millisecond), ToD3hot, Pause(Millisecond), ToD0, Pause(Millisecond));

        Assert.Equal("101", seen.Pin(Card));
        Assert.DoesNotContain(seen.Events(), e => e.At.Event.Kind == EventKind.Reset);
    }

    // Rule 12: D3hot to D0 with No_Soft_Reset = 0 is a reset: the condition is gone, Command is 0.
    [Fact]
    [Trait("Rule", "5.12")]
    public void D0_resets_a_function_without_No_Soft_Reset()
    {
        var seen = Bare(
            d => d with { NoSoftReset = false }, new(Op.BusMaster, 1), new(Op.Start), Pause(Millisecond), ToD3hot, Pause(Millisecond), ToD0, Pause(Millisecond));

        Assert.Equal("10", seen.Pin(Card));
        Assert.Equal((int)ResetKind.D3hot, seen.Of(EventKind.Reset, Card).Single().At.Event.A);
        Assert.False(seen.Function(Card).BusMaster);
        Assert.False(seen.Function(Card).InterruptStatus);
    }

    // Rule 12: no MSI in D3hot, not even one that was pending when its mask is lifted there.
    [Fact]
    [Trait("Rule", "5.12")]
    public void D3hot_silences_MSI()
    {
        var asleep = Driven(d => d, ToD3hot, Pause(5 * Millisecond));
        var off = asleep.Of(EventKind.PowerState, Card).Single().At.Raw;
        Assert.Contains(asleep.Of(EventKind.MsiWrite, Card), e => e.At.Raw < off);
        Assert.DoesNotContain(asleep.Of(EventKind.MsiWrite, Card), e => e.At.Raw > off);

        var pending = Driven(d => d, new(Op.MaskVectors, 1), Pause(2 * Millisecond), ToD3hot, new(Op.MaskVectors, 0), Pause(Millisecond));
        Assert.Equal(1, pending.Messages(Card, MsiResult.DroppedD3hot));
    }

    // Rule 12: it may send nothing but PME, so no DMA either, not even what waited for Bus Master Enable.
    [Fact]
    public void D3hot_lets_no_transfer_out()
    {
        var card = Function("00:09.0", "e1000e", 21, Every(Millisecond, count: 1, first: Millisecond) with { Dma = true });
        var device = card.Device with { OnBusMasterOff = BusMasterReaction.Latch };
        Seen Of(params Step[] between) => Seen.Of(Live(
            Platform.AcpiPc, [card with { Device = device }], [Do(Card, [new(Op.BusMaster, 0), Pause(2 * Millisecond), .. between, new(Op.BusMaster, 1), Pause(Millisecond)])]));

        Assert.Equal([DmaTarget.Blocked, DmaTarget.OwnKernel], Of().Of(EventKind.Dma, Card).Select(e => (DmaTarget)e.At.Event.A));
        Assert.Equal([DmaTarget.Blocked, DmaTarget.Blocked], Of(ToD3hot).Of(EventKind.Dma, Card).Select(e => (DmaTarget)e.At.Event.A));
    }

    // Rule 12: nor does it answer who uses it.
    [Fact]
    public void A_kernel_thread_finds_a_device_in_D3hot_that_does_not_work()
    {
        var card = Function("00:09.0", "virtio-net", 21, new EventSource(EventSource.KernelThread, Millisecond));
        var seen = Seen.Of(Live(Platform.AcpiPc, [card], [Wait(3 * Millisecond), Do(Card, ToD3hot, Pause(5 * Millisecond), ToD0, Pause(3 * Millisecond))]));
        var (asleep, awake) = (seen.RawOf(EventKind.PowerState, Card, 3), seen.RawOf(EventKind.PowerState, Card, 0));
        Assert.All(seen.Of(EventKind.DriverAccess, Card), e => Assert.Equal(e.At.Raw > asleep && e.At.Raw < awake ? 1 : 0, e.At.Event.A));
        Assert.Contains(seen.Of(EventKind.DriverAccess, Card), e => e.At.Event.A == 1);
        Assert.Contains(seen.Of(EventKind.DriverAccess, Card), e => e.At.Raw > awake);
    }

    // Rule 12: Command = 0, MSI = 0, MSI-X = 0, INTx-Disable = 0, every condition cleared, every entry masked.
    [Fact]
    [Trait("Rule", "5.12")]
    public void A_function_level_reset_leaves_nothing()
    {
        var seen = Driven(d => d with { HasFlr = true }, new(Op.FunctionReset, (int)ResetKind.Flr), Pause(5 * Millisecond));
        var reset = seen.Of(EventKind.Reset, Card).Last().At;

        Assert.Equal((int)ResetKind.Flr, reset.Event.A);
        Assert.Equal("0507>0103, msix 0", seen.Writes(Card, new("running", null)));
        Assert.Equal(0b111UL, seen.Function(Card).MaskedEntries);
        Assert.False(seen.Function(Card).Running);
        Assert.DoesNotContain(seen.Of(EventKind.DeviceEvent, Card), e => e.At.Raw > reset.Raw);

        var up = Bare(d => d, new(Op.Start), Pause(Millisecond), new(Op.FunctionReset, (int)ResetKind.Flr), Pause(Millisecond));
        Assert.Equal("10", up.Pin(Card));
    }

    // Domain 7: igb and others end in D3hot on poweroff, and on no other path.
    [Theory]
    [Trait("Rule", "7")]
    [InlineData(ShutdownPath.Poweroff, true)]
    [InlineData(ShutdownPath.Reboot, false)]
    [InlineData(ShutdownPath.Kexec, false)]
    public void Some_drivers_put_their_device_to_sleep_at_poweroff(ShutdownPath path, bool sleeps)
    {
        var seen = Seen.Of(Story.Of("4.1", path: path, sharer: null, net: f => f with { Device = Device("igb"), Events = [] }));
        Assert.Equal(sleeps, seen.Of(EventKind.PowerState, Story.Net, Seen.Shutdown).Any(e => e.At.Event.A == 3));
    }

    // What comes from outside stops and goes on; the device itself works all the time.
    [Fact]
    public void Traffic_stops_and_goes_on()
    {
        var seen = Driven(d => d, new(Op.Traffic, 1), Pause(5 * Millisecond), new(Op.Traffic, 0), Pause(3 * Millisecond));
        var stopped = seen.Of(EventKind.DeviceEvent, Card).Where(e => e.At.TimeNs is > 3 * Millisecond and < 8 * Millisecond);
        Assert.Empty(stopped);
        Assert.Contains(seen.Of(EventKind.DeviceEvent, Card), e => e.At.TimeNs > 8 * Millisecond);
        Assert.True(seen.Function(Card).Running);
    }
}
