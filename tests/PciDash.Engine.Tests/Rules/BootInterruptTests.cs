using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>Boot interrupts: domain 5, rule 13; domain 8, boot-interrupts.</summary>
public class BootInterruptTests
{
    private static readonly Bdf Card = At("00:09.0");

    // The card is on line 24, whose pin its chipset re-routes to line 16 while it is masked; there the USB controller has a handler.
    private static Seen Of(string? quirkSince, string kernel = "4.1", bool option = false, bool cardHasHandler = false)
    {
        var functions = new[] { Function("00:01.0", "uhci", 16), Function("00:09.0", "e1000", 24, Every(Millisecond, count: 1, first: Millisecond)) with { Mode = InterruptMode.Intx } };
        var scenario = Live(
            Platform.AcpiPc, functions, [Do(Card, new Step(Op.Start)), Wait(2 * Second)], kernel,
            b => b with { Drivers = cardHasHandler ? new Dictionary<Bdf, DriverModel?>() : NoDriver(Card), NoIoapicQuirk = option });
        return Seen.Of(scenario with { BootInterrupts = [new BootInterrupt(new Gsi(24), new Gsi(16), quirkSince, "6300ESB")] });
    }

    [Fact]
    [Trait("Rule", "5.13")]
    public void An_interrupt_whose_pin_is_masked_comes_out_on_the_legacy_line_and_nobody_cares()
    {
        var seen = Of(null);
        Assert.True(seen.Line(24) is { Asserted: true, Masked: true });
        Assert.Equal("1", seen.Level(16));
        Assert.Equal(0, seen.Deliveries(24));
        Assert.Single(seen.NobodyCared(16));
    }

    [Fact]
    public void An_interrupt_whose_pin_is_open_stays_on_its_own_line()
    {
        var seen = Of(null, cardHasHandler: true);
        Assert.Equal("", seen.Level(16));
        Assert.Equal(1, seen.Deliveries(24));
    }

    // The mask alone brings it about: a storm on an open pin ends with the mask, and goes on as a storm on the other line.
    [Fact]
    public void Masking_a_pin_that_is_up_raises_the_other_line()
    {
        var functions = new[]
        {
            Function("00:01.0", "uhci", 16), Function("00:02.0", "e1000", 24), Function("00:09.0", "pci-endpoint", 24, Every(Millisecond, count: 1)),
        };
        var scenario = Live(
            Platform.AcpiPc, functions, [Do(Card, new Step(Op.Start), Pause(50 * Millisecond)), Do(Card, new Step(Op.Quiesce), Pause(Millisecond))],
            release: r => r with { SpuriousCutoff = 100, SpuriousThreshold = 90 });
        var seen = Seen.Of(scenario with { BootInterrupts = [new BootInterrupt(new Gsi(24), new Gsi(16), null, "6300ESB")] });

        var masked = seen.OfLine(EventKind.IoapicPin, 24).Single(e => e.At.Event.A == 1).At;
        Assert.Single(seen.NobodyCared(24));
        Assert.Equal(masked.Raw, seen.OfLine(EventKind.Line, 16).First().At.Why);
        Assert.Single(seen.NobodyCared(16));

        // It falls with the level.
        Assert.Equal("10", seen.Level(24));
        Assert.Equal("10", seen.Level(16));
    }

    // quirk_disable_intel_boot_interrupt and its like; pci=noioapicquirk keeps them from it.
    [Theory]
    [Trait("Rule", "5.13")]
    [InlineData("2.6.32", "4.1", false, true)]
    [InlineData("4.9", "4.1", false, false)]
    [InlineData("2.6.32", "4.1", true, false)]
    public void The_quirk_stops_it_unless_the_command_line_forbids(string since, string kernel, bool noIoapicQuirk, bool stops)
    {
        var seen = Of(since, kernel, noIoapicQuirk);
        Assert.Equal(stops ? "" : "1", seen.Level(16));
        Assert.Equal(stops ? 0 : 1, seen.NobodyCared(16).Count);
    }

    // A ONESHOT handler masks its pin for its thread: with boot interrupts that alone sends the interrupt to somebody else.
    [Fact]
    public void Threadirqs_and_boot_interrupts_go_ill_together()
    {
        var functions = new[] { Function("00:01.0", "uhci", 16), Function("00:09.0", "e1000", 24, Every(Millisecond, count: 1, first: Millisecond)) };
        var scenario = Live(Platform.AcpiPc, functions, [Wait(3 * Millisecond)], boot: b => b with { ThreadIrqs = true });
        var plain = Seen.Of(scenario);
        var routed = Seen.Of(scenario with { BootInterrupts = [new BootInterrupt(new Gsi(24), new Gsi(16), null, "6300ESB")] });

        Assert.Equal(0, plain.Deliveries(16));
        Assert.NotEqual(0, routed.Deliveries(16));
        Assert.Equal(0, routed.HandlerRuns(Card, new("running", null)) - plain.HandlerRuns(Card, new("running", null)));
    }
}
