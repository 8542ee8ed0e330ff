using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>What a search over all orderings can say of a property.</summary>
public enum VerdictKind
{
    /// <summary>The search was complete, and no ordering violates it.</summary>
    Holds,

    /// <summary>A timed run violates it, and is shown.</summary>
    Violated,

    /// <summary>It is violated only if a named window lasts longer than measured.</summary>
    ViolatedOnlyIf,

    /// <summary>The search hit a bound, or a path was found that no timed run shows.</summary>
    NotFinished,

    /// <summary>It says nothing about this machine's paths.</summary>
    NotApplicable,
}

/// <summary>A stretch of the task's program which would have to last longer than it does.</summary>
/// <param name="From">Where it begins: the kernel function.</param>
/// <param name="To">What ends it.</param>
/// <param name="MeasuredNs">How long it lasts under the timing profile, ns.</param>
/// <param name="NeededNs">How long it would have to last, ns.</param>
/// <param name="Source">Source of the measured length.</param>
public sealed record Window(string From, string To, long MeasuredNs, long NeededNs, string Source);

/// <summary>The answer to one property.</summary>
/// <param name="Property">The property.</param>
/// <param name="Kind">The answer.</param>
/// <param name="Explanation">One sentence.</param>
public sealed record Verdict(Property Property, VerdictKind Kind, string Explanation)
{
    /// <summary>The shortest path to the violation, in actions of the untimed relation; empty if there is none.</summary>
    public IReadOnlyList<MachineAction> Path { get; init; } = [];

    /// <summary>Choices with which the timed engine shows it.</summary>
    public IReadOnlyList<Choice> Choices { get; init; } = [];

    /// <summary>The timed run that shows it, or null.</summary>
    public Run? Run { get; init; }

    /// <summary>Raw number of the event of <see cref="Run"/> that violates it; -1 if there is none.</summary>
    public long ViolatedAt { get; init; } = -1;

    /// <summary>The window, for <see cref="VerdictKind.ViolatedOnlyIf"/>.</summary>
    public Window? Window { get; init; }

    /// <summary>How close an ordering came to violating it, where it holds and that was asked for.</summary>
    public NearestState? Nearest { get; init; }
}

/// <summary>How much a search may use.</summary>
/// <param name="States">Most states.</param>
/// <param name="Bytes">Most bytes of visited states.</param>
/// <param name="Time">Longest time.</param>
public readonly record struct SearchBudget(int States, long Bytes, TimeSpan Time)
{
    /// <summary>10,000,000 states, 2 GB, 60 s.</summary>
    public static readonly SearchBudget Default = new(10_000_000, 2_000_000_000, TimeSpan.FromSeconds(60));

    /// <summary>Threads that a large search may use; what it finds does not depend on them. 0 or 1 = only the one that calls.</summary>
    public int Threads { get; init; }
}

/// <summary>What a search did.</summary>
/// <param name="Verdicts">One for each property asked.</param>
/// <param name="States">States visited.</param>
/// <param name="Transitions">Actions carried out.</param>
/// <param name="Bytes">Bytes of visited states.</param>
/// <param name="Complete">Every reachable state was visited.</param>
/// <param name="Bound">Which bound was hit; empty if none.</param>
public sealed record SearchResult(
    IReadOnlyList<Verdict> Verdicts, int States, long Transitions, long Bytes, bool Complete, string Bound)
{
    /// <summary>Where it was not finished: what it would need, and what a smaller question would be. Empty if it was.</summary>
    public string Advice { get; init; } = "";

    /// <summary>Steps that nobody else sees were taken alone: a way to a violation is perhaps longer by such steps than a shortest one.</summary>
    public bool IsReduced { get; init; }
}
