using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>What a network driver does only when its interface is opened (ndo_open): domain 3.5 and 7.</summary>
public class OpeningTests
{
    private static readonly Bdf Card = At("00:03.0");
    private static readonly Bdf Usb = At("00:05.0");

    private static Scenario Machine(string card, Func<BootSpec, BootSpec> boot) => Live(
        Platform.AcpiPc, [Function("00:03.0", card, 21, Every(Millisecond)), Function("00:05.0", "uhci")], [], boot: boot);

    // The probe comes first in the order of addresses, but its irq is asked for later.
    [Fact]
    public void An_interface_is_opened_after_all_probes()
    {
        var chain = CompiledMachine.Compile(Machine("e1000", b => b)).Boots[0].Chains[0];
        Assert.Equal([1, 0], chain);
        Assert.Equal([0, 1], CompiledMachine.Compile(Machine("megaraid-sas", b => b with { NoMsi = true })).Boots[0].Chains[0]);
    }

    [Fact]
    public void A_closed_interface_has_no_handler_and_raises_nothing()
    {
        var seen = Seen.Of(Machine("e1000", b => b with { Closed = [Card], Drivers = NoDriver(Usb), Stimuli = [Wait(10 * Millisecond)] }));
        Assert.False(seen.Function(Card).LineAction);
        Assert.True(seen.Function(Card).BusMaster);
        Assert.True(seen.Line(21).Masked);
        Assert.Empty(seen.Of(EventKind.DeviceEvent, Card));
    }

    [Fact]
    public void Opening_it_later_requests_its_irq_and_starts_it()
    {
        var seen = Seen.Of(Machine("e1000", b => b with
        {
            Closed = [Card], Drivers = NoDriver(Usb), Stimuli = [Wait(5 * Millisecond), new Stimulus("open", [], Card) { Opens = true }, Wait(10 * Millisecond)],
        }));
        Assert.Single(seen.Of(EventKind.RequestIrq, Card));
        Assert.True(seen.HandlerRuns(Card) > 0);
        Assert.True(seen.Line(21) is { Masked: false });
    }

    // igb sets up MSI-X at probe, tg3 when it is opened.
    [Theory]
    [InlineData("igb", true)]
    [InlineData("tg3", false)]
    public void Some_drivers_set_up_messages_at_probe_and_some_at_opening(string card, bool atProbe)
    {
        var closed = Seen.Of(Machine(card, b => b with { Closed = [Card] }));
        Assert.Equal(atProbe, closed.Function(Card).MsixEnable);
        Assert.False(closed.Function(Card).VectorActions);
        var open = Seen.Of(Machine(card, b => b));
        Assert.True(open.Function(Card) is { MsixEnable: true, VectorActions: true });
    }

    // Domain 7: "frees only if the interface is up".
    [Fact]
    [Trait("Rule", "7")]
    public void The_shutdown_of_a_closed_interface_has_nothing_to_free()
    {
        var shutdown = new BootSpec(Release("4.1"), Policy("P0"), ShutdownPath.Reboot);
        FunctionSpec[] card = [Function("00:03.0", "tg3")];
        var open = Seen.Of(new Scenario("open", Platform.AcpiPc, card, [shutdown]));
        var closed = Seen.Of(new Scenario("closed", Platform.AcpiPc, card, [shutdown with { Closed = [Card] }]));
        Assert.Equal("msix 0, 0507>0107", open.Writes(Card, Seen.Shutdown));
        Assert.Equal("", closed.Writes(Card, Seen.Shutdown));
    }

    [Theory]
    [InlineData("00:05.0", "leaves anything to the opening")]
    [InlineData("00:03.0", "is open by then")]
    public void Only_a_closed_interface_can_be_opened(string target, string says)
    {
        var wrong = Machine("e1000", b => b with { Stimuli = [new Stimulus("open", [], At(target)) { Opens = true }] });
        var problem = Assert.Single(Assert.Throws<ScenarioException>(() => CompiledMachine.Compile(wrong)).Problems);
        Assert.Contains(says, problem, StringComparison.Ordinal);
    }
}
