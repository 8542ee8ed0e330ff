using CsCheck;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Properties;

/// <summary>Design section 2: the untimed relation allows everything that a timed run does, and changes the control part in the same way.</summary>
public class TwoClocksTests
{
    private const int Steps = 6_000;

    [Theory]
    [InlineData(10, 9, 600)]
    [InlineData(200, 190, 120)]
    [InlineData(3, 2, 150)]
    public void Every_step_of_a_timed_run_is_allowed_by_the_untimed_relation(int cutoff, int threshold, int machines) =>
        RandomScenario.With(cutoff, threshold).Sample(Check, iter: machines, threads: 1, print: r => r.ToString());

    [Fact]
    public void Every_step_with_aliased_messages_is_allowed_by_the_untimed_relation() =>
        AliasedScenario.Any.Sample(Check, iter: 40, threads: 1, print: r => r.ToString());

    // Two CPUs: the last handler of a line is freed while the other CPU is anywhere in an interrupt of that line; free_irq waits for it
    // (synchronize_irq), so that no handler returns after its action is gone.
    [Fact]
    public void Freeing_a_line_waits_for_an_interrupt_in_flight_and_is_allowed_by_the_untimed_relation()
    {
        var waited = 0;
        for (var wait = 0; wait < 200; wait++)
        {
            var functions = new[]
            {
                Function("00:03.0", "pci-endpoint", 16, Every(5 * Microsecond)) with { Cpu = 1 }, Function("00:04.0", "uhci", 16) with { Cpu = 1 },
            };
            var scenario = Live(
                PciDash.Engine.Hardware.Platform.AcpiPc, functions,
                [Do(At("00:03.0"), new Step(Op.Start)), Do(At("00:04.0"), Pause(8 * Microsecond + (wait * 100)), new Step(Op.FreeLine), Pause(Millisecond))],
                boot: b => b with { Cpus = 2 }, release: r => r with { SpuriousCutoff = 3, SpuriousThreshold = 2 });
            Check(new RandomScenario(scenario, 1, 0));
            var seen = Seen.Of(scenario);
            var freed = seen.Of(EventKind.FreeIrq, At("00:04.0")).Single().At;
            Assert.DoesNotContain(seen.Of(EventKind.Handler, At("00:04.0")), e => e.At.Raw > freed.Raw);
            var before = seen.Of(EventKind.Handler, At("00:04.0")).LastOrDefault(e => e.At.Raw < freed.Raw).At;
            waited += freed.TimeNs - before.TimeNs < 2 * Microsecond ? 1 : 0;
        }

        Assert.NotEqual(0, waited);
    }

    private static void Check(RandomScenario random)
    {
        var walk = new Walk<NullSink>(random, default);
        var m = walk.Machine;
        var untimed = new Execution<UntimedClock, NullSink>(m, walk.State[..m.ControlWords], default);
        var timedChoices = new MachineAction[m.ActorCount * 2];
        var untimedChoices = new MachineAction[m.ActorCount * 2];
        for (var step = 0; step < Steps && walk.Next() is { } action; step++)
        {
            walk.State.AsSpan(0, m.ControlWords).CopyTo(untimed.State);

            // Not only the action taken: whatever time would allow.
            var timed = timedChoices.AsSpan(0, walk.Simulator.Execution.Enabled(timedChoices));
            var allowed = untimedChoices.AsSpan(0, untimed.Enabled(untimedChoices));
            foreach (var choice in timed)
            {
                Assert.True(allowed.Contains(choice), $"step {step}: {choice} is not allowed without time");
            }

            Assert.True(untimed.IsEnabled(action));
            untimed.Apply(action);
            walk.Take(action);
            Assert.True(walk.State.AsSpan(0, m.ControlWords).SequenceEqual(untimed.State), $"step {step}: {action} has another effect without time");
        }
    }
}
