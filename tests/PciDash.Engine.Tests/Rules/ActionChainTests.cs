using PciDash.Engine.Devices;
using PciDash.Engine.Exploration;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>The order of a shared line's actions: kernel/irq/manage.c, __setup_irq and __free_irq.</summary>
public class ActionChainTests
{
    private static readonly Bdf First = At("00:01.0");
    private static readonly Bdf Middle = At("00:02.0");
    private static readonly Bdf Last = At("00:03.0");

    // __setup_irq walks to the end of the list and adds the new action there; __free_irq takes one out, and the others stay as they are.
    [Theory]
    [InlineData("", "1 2 3")]
    [InlineData("-1", "2 3")]
    [InlineData("-1 +1", "2 3 1")]
    [InlineData("-2 +2", "1 3 2")]
    [InlineData("-2 -1 +2 +1", "3 2 1")]
    [InlineData("-1 +1 -3 +3", "2 1 3")]
    [InlineData("-1 +1 -1 +1 -2 +2", "3 1 2")]
    [InlineData("-1 -2 -3 +3 +2 +1", "3 2 1")]
    [InlineData("+1", "1 2 3")]
    public void A_handler_that_is_freed_and_requested_again_is_the_last_of_its_chain(string steps, string order)
    {
        var seen = Seen.Of(Machine(steps));
        var up = seen.OfLine(EventKind.Line, 21).First(e => e.At.Event.A == 1).At.Raw;
        var called = seen.Events().Where(e => e.At.Raw > up && e.At.Event.Kind == EventKind.Handler && (e.At.Event.C & 1) == 0)
            .Select(e => seen.Machine.Functions[e.At.Event.Subject].Bdf.Device.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(order, string.Join(' ', called.Take(order.Split(' ').Length)));
    }

    // More requests than are told apart: it is the last all the same, as long as nobody else came after its 16th.
    [Fact]
    public void Twenty_requests_of_one_function_end_at_the_end()
    {
        var seen = Seen.Of(Machine(string.Join(' ', Enumerable.Repeat("-1 +1", 20))));
        Assert.Equal(3, seen.Of(EventKind.Handler, First).Count(e => (e.At.Event.C & 1) == 0) + seen.HandlerRuns(Middle) + seen.HandlerRuns(Last));
        Assert.Equal(FunctionBits.MaxRequests, seen.Machine.Boots[0].Chains[0].Count(f => f == seen.Index(First)));
    }

    // It costs no state: what was requested is where the task is.
    [Fact]
    public void The_order_is_the_same_in_every_ordering_and_multiplies_no_states()
    {
        long States(string steps) => new Explorer(CompiledMachine.Compile(Machine(steps)), []).Search().States;
        Assert.InRange(States("-1 +1"), States("") + 1, 3 * States(""));
    }

    // The first device's interrupt, after what the task does with the line's actions.
    private static Scenario Machine(string steps) => Live(
        Platform.AcpiPc,
        [Function("00:01.0", "ohci", 21, Every(Millisecond, count: 1, first: 10 * Millisecond)), Function("00:02.0", "ohci"), Function("00:03.0", "ohci")],
        [
            .. steps.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(s => Do(At($"00:0{s[1]}.0"), new Step(s[0] == '-' ? Op.FreeLine : Op.RequestLine))),
            Wait(20 * Millisecond),
        ]);
}
