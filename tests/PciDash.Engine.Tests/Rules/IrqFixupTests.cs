using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

public class IrqFixupTests
{
    private static readonly Bdf Card = At("00:09.0");

    // Recordings README, 10 (s5f_irqpoll): the same count, but each interrupt takes longer.
    [Theory]
    [Trait("Rule", "4.5")]
    [InlineData(IrqFixup.IrqFixup)]
    [InlineData(IrqFixup.IrqPoll)]
    public void Irqpoll_does_not_save_the_line_and_makes_each_interrupt_longer(IrqFixup option)
    {
        var plain = Storm(IrqFixup.Off);
        var polled = Storm(option);
        Assert.Equal(plain.Deliveries(21), polled.Deliveries(21));
        Assert.Equal(100_000, polled.NobodyCared(21).Single().Event.A);
        Assert.InRange(polled.NobodyCared(21).Single().TimeNs, plain.NobodyCared(21).Single().TimeNs + (100_000 * Microsecond), long.MaxValue);
        Assert.NotEmpty(polled.OfLine(EventKind.IrqPolled, 22));
    }

    // Domain 4, step 5: what another irq's handler handled is not counted as unhandled.
    [Fact]
    [Trait("Rule", "4.5")]
    public void A_handler_of_another_irq_that_finds_work_takes_one_off_the_count()
    {
        var other = Function("00:0a.0", "e1000", 22, Every(20 * Microsecond)) with { Mode = InterruptMode.Intx };
        var seen = Storm(IrqFixup.IrqPoll, other, Do(At("00:0a.0"), new Step(Op.IntxDisable, 1) { B = 1 }));

        // Its pin is gated, so only misrouted_irq ever calls its handler; a handled call every few rounds hides the storm.
        Assert.Contains(seen.OfLine(EventKind.IrqPolled, 22), e => (IrqReturn)e.At.Event.A == IrqReturn.Handled);
        Assert.Empty(seen.NobodyCared(21));
    }

    private static Seen Storm(IrqFixup option, FunctionSpec? other = null, Stimulus? before = null)
    {
        var functions = new[]
        {
            Function("00:09.0", "virtio-net", 21, Every(Millisecond)), Function("00:01.0", "uhci", 21), other ?? Function("00:0a.0", "ehci", 22),
        };
        List<Stimulus> stimuli = [MsixShutdown(Card), Wait(4 * Second)];
        if (before is not null)
        {
            stimuli.Insert(0, before);
        }

        return Seen.Of(Live(Platform.AcpiPc, functions, stimuli, boot: b => b with { IrqFixup = option }));
    }
}
