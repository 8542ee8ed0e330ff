using System.Runtime.CompilerServices;
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
        var first = new long[properties.Count];
        Array.Fill(first, -1);
        var watch = new PropertyWatch(run.Machine, properties);
        Simulator<CountingWatchSink> simulator = null!;
        simulator = new Simulator<CountingWatchSink>(run.Machine, run.Seed, InitialState.Of(run.Machine), new CountingWatchSink(watch))
        {
            NextRaw = () => simulator.Execution.Sink.Next,
            Skipped = n => simulator.Execution.Sink.Next += n,
        };
        var before = watch.InState(simulator.Execution.State);
        Mark(before, 0);
        while (simulator.Execution.Sink.Next < run.Recording.RawCount)
        {
            watch.Begin();
            var steps = simulator.Steps;
            simulator.Run(run.Choices, run.Limits with { Steps = simulator.SingleSteps + 1 });
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

        if (run.End is RunEnd.TimeLimit or RunEnd.Stuck && run.Recording.RawCount > 0)
        {
            for (var i = 0; i < properties.Count; i++)
            {
                first[i] = properties[i].IsReachability ? run.Recording.RawCount - 1 : first[i];
            }
        }

        return first;

        void Mark(ulong violated, long raw)
        {
            for (var left = violated; left != 0; left &= left - 1)
            {
                var i = System.Numerics.BitOperations.TrailingZeroCount(left);
                first[i] = first[i] < 0 ? raw : first[i];
            }
        }
    }
}
