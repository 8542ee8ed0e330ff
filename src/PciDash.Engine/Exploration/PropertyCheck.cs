using System.Runtime.CompilerServices;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>Properties held against one timed run.</summary>
public static class PropertyCheck
{
    private static readonly ConditionalWeakTable<Run, long[]> Known = [];

    /// <summary>Raw number of the first event of a run that violates a property, or -1.</summary>
    public static long FirstViolation(Run run, Property property)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(property);
        var at = Property.All.ToList().IndexOf(property);
        return at >= 0 ? Known.GetValue(run, static r => FirstViolations(r, Property.All))[at] : FirstViolations(run, [property])[0];
    }

    /// <summary>
    /// The run again, action by action: for each property the raw number of the first event that violates it, or -1. A property of a state
    /// is violated by the last event of the action that led to it. That the end cannot be reached is known of a run that did not reach it.
    /// </summary>
    public static long[] FirstViolations(Run run, IReadOnlyList<Property> properties)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(properties);
        return Watched(run.Machine, run.Seed, run.Choices, run.Limits, properties, run.Recording.RawCount, stopsAtFirst: false).First;
    }

    /// <summary>
    /// Raw numbers of the events with which a property of states comes to be violated, each time it was not before, in order. A storm's rounds
    /// are the same: what comes and goes in each of them is told of those that were taken singly.
    /// </summary>
    public static IReadOnlyList<long> Violations(Run run, Property property)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(property);
        var all = new List<long>();
        _ = Watched(run.Machine, run.Seed, run.Choices, run.Limits, [property], run.Recording.RawCount, stopsAtFirst: false, all.Add);
        return all;
    }

    /// <summary>
    /// The first event of a timed run that violates a property, or -1, and whether all choices could be made. The run is not recorded, and
    /// goes no further than to that event.
    /// </summary>
    internal static (long At, bool Refused) FirstViolation(CompiledMachine machine, ulong seed, IReadOnlyList<Choice> choices, RunLimits limits, Property property)
    {
        var (first, refused) = Watched(machine, seed, choices, limits, [property], long.MaxValue, stopsAtFirst: true);
        return (first[0], refused);
    }

    private static (long[] First, bool Refused) Watched(
        CompiledMachine machine, ulong seed, IReadOnlyList<Choice> choices, RunLimits limits, IReadOnlyList<Property> properties, long untilRaw, bool stopsAtFirst,
        Action<long>? violated = null)
    {
        var first = new long[properties.Count];
        Array.Fill(first, -1);
        var watch = new PropertyWatch(machine, properties);
        Simulator<CountingWatchSink> simulator = null!;
        simulator = new Simulator<CountingWatchSink>(machine, seed, InitialState.Of(machine), new CountingWatchSink(watch))
        {
            NextRaw = () => simulator.Execution.Sink.Next,
            Skipped = n => simulator.Execution.Sink.Next += n,
        };
        var before = watch.InState(simulator.Execution.State);
        Mark(before, 0);
        var end = RunEnd.Running;
        while (simulator.Execution.Sink.Next < untilRaw && simulator.SingleSteps < limits.Steps && !(stopsAtFirst && first[0] >= 0))
        {
            watch.Begin();
            var steps = simulator.Steps;
            end = simulator.Run(choices, limits with { Steps = simulator.SingleSteps + 1 });
            if (simulator.Steps == steps)
            {
                break;
            }

            watch.InEvents(simulator.Execution.State, (i, raw) => first[i] = first[i] < 0 ? raw : first[i]);
            var now = watch.InState(simulator.Execution.State);
            if ((now & ~before) != 0)
            {
                Mark(now & ~before, Math.Max(0, simulator.Execution.Sink.Next - 1));
            }

            before = now;
        }

        if (end is RunEnd.TimeLimit or RunEnd.Stuck)
        {
            for (var i = 0; i < properties.Count; i++)
            {
                first[i] = properties[i].IsReachability ? Math.Max(0, simulator.Execution.Sink.Next - 1) : first[i];
            }
        }

        return (first, simulator.RefusedChoice is not null);

        void Mark(ulong newly, long raw)
        {
            if (newly != 0)
            {
                violated?.Invoke(raw);
            }

            for (var left = newly; left != 0; left &= left - 1)
            {
                var i = System.Numerics.BitOperations.TrailingZeroCount(left);
                first[i] = first[i] < 0 ? raw : first[i];
            }
        }
    }
}
