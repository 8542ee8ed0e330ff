using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>Turns the nearest that a search came to a violation into a timed run that comes as near.</summary>
internal static class NearestRun
{
    /// <summary>What is said of a property that holds: the timed run if there is one, otherwise the path alone.</summary>
    public static NearestState Show(CompiledMachine m, Measure measure, NearestFound found, string says)
    {
        var nearest = new NearestState(measure.What, says) { Path = found.Path };
        if (found.Near.Level == 0 || found.Path.Count == 0)
        {
            return nearest;
        }

        var choices = Concretizer.Follow(m, found.Path);
        var (at, _) = FirstAsNear(m, measure, found.Near.Level, choices);
        if (at < 0)
        {
            return nearest with { Explanation = says + " No timed run that comes as near was found." };
        }

        // Leave out what time would bring about anyway: from the last choice to the first.
        for (var i = choices.Count - 1; i >= 0; i--)
        {
            var fewer = choices.Where((_, n) => n != i).ToList();
            if (FirstAsNear(m, measure, found.Near.Level, fewer) is (>= 0 and var earlier, false))
            {
                (choices, at) = (fewer, earlier);
            }
        }

        return nearest with { Choices = choices, At = at, Seed = Concretizer.Seed };
    }

    /// <summary>Raw number of the first event at which a timed run is as near as that, or -1; and whether a choice was refused on the way.</summary>
    private static (long At, bool Refused) FirstAsNear(CompiledMachine m, Measure measure, int level, IReadOnlyList<Choice> choices)
    {
        var ofState = measure.OfState?.Invoke(m);
        var ofEvent = measure.OfEvent?.Invoke(m);
        var events = new List<(MachineEvent Event, long Raw)>();
        Simulator<NearSink> simulator = null!;
        simulator = new Simulator<NearSink>(m, Concretizer.Seed, InitialState.Of(m), new NearSink(events))
        {
            NextRaw = () => simulator.Execution.Sink.Next,
            Skipped = n => simulator.Execution.Sink.Next += n,
        };
        var isNear = false;
        while (simulator.SingleSteps < Concretizer.Tries.Steps)
        {
            events.Clear();
            var steps = simulator.Steps;
            simulator.Run(choices, Concretizer.Tries with { Steps = simulator.SingleSteps + 1 });
            if (simulator.Steps == steps)
            {
                break;
            }

            if (isNear && events.Count > 0)
            {
                return (events[0].Raw, simulator.RefusedChoice is not null);
            }

            foreach (var (e, raw) in events)
            {
                if (measure.Kinds.Contains(e.Kind) && ofEvent!(e, simulator.Execution.State).Level >= level)
                {
                    return (raw, simulator.RefusedChoice is not null);
                }
            }

            // An action that nobody sees has no event: the next one is where it can be looked at.
            isNear |= ofState is not null && ofState(simulator.Execution.State).Level >= level;
            if (isNear && events.Count > 0)
            {
                return (events[^1].Raw, simulator.RefusedChoice is not null);
            }
        }

        return (isNear ? Math.Max(0, simulator.Execution.Sink.Next - 1) : -1, simulator.RefusedChoice is not null);
    }

    private struct NearSink(List<(MachineEvent Event, long Raw)> events) : IEventSink
    {
        public static bool Records => true;

        public long Next { get; set; }

        public long Emit(in MachineEvent e, long why, long also)
        {
            events.Add((e, Next));
            return Next++;
        }
    }
}
