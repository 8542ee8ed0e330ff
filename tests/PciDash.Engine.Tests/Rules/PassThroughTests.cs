using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>A function that a guest has: domain 6.4.</summary>
public class PassThroughTests
{
    private static readonly Bdf Card = At("00:09.0");
    private static readonly EventSource Eoi = new(EventSource.GuestEoi, Millisecond);

    private static Seen Of(FunctionSpec card, params Stimulus[] stimuli) =>
        Seen.Of(Live(Platform.AcpiPc, [card, Function("00:01.0", "uhci"), Function("00:0a.0", "uhci")], [.. stimuli, Wait(5 * Millisecond)], release: r => r with { SpuriousCutoff = 100, SpuriousThreshold = 90 }));

    private static FunctionSpec Passed(params EventSource[] events) => Function("00:09.0", "vfio", 21, events) with { Mode = InterruptMode.Intx };

    // vfio_intx_handler masks by INTx-Disable and leaves the cause to the guest, whose EOI opens the pin again.
    [Fact]
    [Trait("Rule", "6.4")]
    public void The_host_masks_the_pin_by_INTx_Disable_until_the_guest_has_served_it()
    {
        var seen = Of(Passed(Every(Millisecond, count: 1), Eoi));
        Assert.Equal("0107>0507, 0507>0107", seen.Writes(Card, new("running", null)));
        Assert.Equal("10", seen.Pin(Card));
        Assert.Equal(1, seen.Deliveries(21));
        var served = seen.Of(EventKind.DriverAccess, Card).Single().At;
        var reopened = seen.Of(EventKind.CfgCommand, Card, new("running", null)).Last().At;
        Assert.Equal(served.Raw, reopened.Why);
        Assert.False(seen.Function(Card).InterruptStatus);
    }

    // Without a guest that answers, the pin stays masked and the line quiet: that is what the mask is for.
    [Fact]
    public void A_guest_that_does_not_answer_leaves_the_pin_masked()
    {
        var seen = Of(Passed(Every(Millisecond)));
        var card = seen.Function(Card);
        Assert.True(card is { IntxDisable: true, InterruptStatus: true, PinAsserted: false, MaskedForGuest: true });
        Assert.Equal(1, seen.Deliveries(21));
        Assert.Empty(seen.NobodyCared(21));
    }

    // bug 15, vfio-2gpu-2021: INTx-Disable cleared behind the host's back. Its note says that the pin is masked, so its handler looks no more.
    [Fact]
    public void INTx_Disable_cleared_behind_the_hosts_back_ends_in_nobody_cared()
    {
        var seen = Of(Passed(Every(Millisecond, count: 1)), Wait(2 * Millisecond), Do(Card, new Step(Op.IntxDisable, 0)));
        Assert.Single(seen.NobodyCared(21));
    }

    // The guest clears MSI-X Enable: the host switches the function to INTx (vfio_intx_enable), and its handler is the last of the line.
    [Fact]
    [Trait("Rule", "6.4")]
    public void A_guest_that_turns_MSIX_off_gets_its_interrupts_by_the_pin()
    {
        var card = Function("00:09.0", "vfio", 21, Every(Millisecond), Eoi with { EveryNs = 100 * Microsecond });
        Step[] toPin = [new(Op.FreeVectors), new(Op.MsixEnable, 0), new(Op.IntxDisable, 0), new(Op.NoteMsix, 0), new(Op.RequestLine)];
        var seen = Of(card, Wait(2 * Millisecond), Do(Card, toPin));
        var off = seen.Of(EventKind.CfgMsix, Card, new("running", null)).Single(e => e.At.Event.A == 0).At.Raw;

        Assert.Contains(seen.Of(EventKind.MsiWrite, Card), e => e.At.Raw < off);
        Assert.DoesNotContain(seen.Of(EventKind.MsiWrite, Card), e => e.At.Raw > off);
        Assert.InRange(seen.Deliveries(21), 3, 20);
        Assert.Equal(seen.Index(Card), seen.Machine.Boots[0].Chains[seen.LineIndex(21)][^1]);
    }
}
