using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>How near something comes to a violation.</summary>
/// <param name="Level">Larger is nearer; 0 = nothing of it is there.</param>
/// <param name="Subject">The function, line or descriptor that it is about; -1 = none.</param>
internal readonly record struct Near(int Level, int Subject)
{
    /// <summary>Nothing of it is there.</summary>
    public static readonly Near Nothing = new(0, -1);

    /// <summary>The nearer of two; the first if neither is.</summary>
    public static Near Nearer(Near a, Near b) => b.Level > a.Level ? b : a;
}

/// <summary>How near a state by itself comes.</summary>
internal delegate Near StateMeasure(ulong[] state);

/// <summary>How near an event comes; the state is the one right after the action that brought it about.</summary>
internal delegate Near EventMeasure(in MachineEvent e, ulong[] after);

/// <summary>What was measured, for the words of it: the state, and the event if it was one.</summary>
internal readonly record struct Measured(CompiledMachine Machine, Near Near, ulong[] State, MachineEvent? Event);

/// <summary>How close a property comes to being violated, in the field's own terms.</summary>
/// <param name="What">What is measured.</param>
internal sealed record Measure(string What)
{
    /// <summary>What a state says of it; null if only events do.</summary>
    public Func<CompiledMachine, StateMeasure>? OfState { get; init; }

    /// <summary>Events that say something of it.</summary>
    public IReadOnlyList<EventKind> Kinds { get; init; } = [];

    /// <summary>What an event says of it.</summary>
    public Func<CompiledMachine, EventMeasure>? OfEvent { get; init; }

    /// <summary>One sentence about what was found.</summary>
    public required Func<Measured, string> Says { get; init; }

    /// <summary>The sentence if no ordering comes near at all.</summary>
    public required string Nothing { get; init; }
}

/// <summary>How close an ordering came to violating a property that holds in all of them.</summary>
/// <param name="Measure">What was measured; empty if there is nothing to measure.</param>
/// <param name="Explanation">One sentence: what was found, or why it cannot be said.</param>
public sealed record NearestState(string Measure, string Explanation)
{
    /// <summary>The search took all the time that there was.</summary>
    internal static NearestState NoTime(string measure) => new(measure, "It was not looked for: the search took all the time.");

    /// <summary>A shortest path to it, in actions of the untimed relation; empty if no ordering comes near, or if it is the start.</summary>
    public IReadOnlyList<MachineAction> Path { get; init; } = [];

    /// <summary>Seed of the timed run that shows it.</summary>
    public ulong Seed { get; init; }

    /// <summary>Choices with which a timed run comes as near.</summary>
    public IReadOnlyList<Simulation.Choice> Choices { get; init; } = [];

    /// <summary>Raw number of the event of that run that brings it as near, or the next one if that was an action without events; -1 if no timed run was found.</summary>
    public long At { get; init; } = -1;

    /// <summary>That run.</summary>
    /// <exception cref="InvalidOperationException">No timed run was found.</exception>
    public Simulation.Run RunOn(CompiledMachine machine) =>
        At >= 0 ? Simulation.Run.Of(machine, Seed, Choices, Concretizer.Limits) : throw new InvalidOperationException("no timed run shows it");
}
