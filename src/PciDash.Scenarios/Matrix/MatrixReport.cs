using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Matrix;

/// <summary>A place of the matrix: how the machine shuts down there.</summary>
/// <param name="Policy">What the PCI core does, in every boot.</param>
/// <param name="Path">How the first boot ends.</param>
/// <param name="Kernel">Release of every boot; null = those that the scenario has.</param>
/// <param name="Drivers">What the drivers do.</param>
public sealed record MatrixCell(ShutdownPolicy Policy, ShutdownPath Path, KernelRelease? Kernel, MatrixDrivers Drivers)
{
    /// <summary>Such as <c>P4 reboot</c>, or <c>6.1 P5 kexec, drivers silenced</c>.</summary>
    public override string ToString() =>
        $"{(Kernel is null ? "" : Kernel.Version + " ")}{Policy.Id} {Vocabulary.Paths.Of(Path)}{(Drivers == MatrixDrivers.Silenced ? ", drivers silenced" : "")}";
}

/// <summary>What a cell says of one property.</summary>
/// <param name="Property">The property.</param>
/// <param name="Kind">The verdict over all orderings.</param>
/// <param name="Explanation">One sentence.</param>
public sealed record MatrixVerdict(Property Property, VerdictKind Kind, string Explanation)
{
    /// <summary>
    /// A run that violates it: the counterexample of the search, or, where that was not finished, the seeded run if it happens to. Null = none is known.
    /// </summary>
    public RunDocument? Shows { get; init; }

    /// <summary>The search was not finished, and the seeded run violates it. This is what one run shows, and no verdict.</summary>
    public bool SeenInRun => Kind == VerdictKind.NotFinished && Shows is not null;
}

/// <summary>A cell with its answer.</summary>
/// <param name="Cell">Its place.</param>
/// <param name="Document">Its scenario, as a run that can be opened.</param>
/// <param name="Verdicts">One for each property; empty if it failed.</param>
public sealed record MatrixAnswer(MatrixCell Cell, RunDocument Document, IReadOnlyList<MatrixVerdict> Verdicts)
{
    /// <summary>States that its search visited.</summary>
    public int States { get; init; }

    /// <summary>Every reachable state was visited.</summary>
    public bool Complete { get; init; }

    /// <summary>Which bound stopped the search; empty if none did.</summary>
    public string Bound { get; init; } = "";

    /// <summary>The seeded run, where the search was not finished: how far it was followed, in words. Empty = none was made.</summary>
    public string RunFollowed { get; init; } = "";

    /// <summary>The cell that was computed in its place, because both make the same machine do the same. Null = it was computed itself.</summary>
    public MatrixCell? SameAs { get; init; }

    /// <summary>Why there can be no such machine; empty = there can.</summary>
    public string Failure { get; init; } = "";

    /// <summary>The worst that it says of any property; a cell that failed has none.</summary>
    public MatrixVerdict? Worst => Verdicts.Count == 0 ? null : Verdicts.MinBy(v => MatrixWords.Rank(v));
}

/// <summary>What came of a matrix.</summary>
/// <param name="Scenario">The machine as it was given.</param>
/// <param name="Properties">What was asked in each cell.</param>
/// <param name="Answers">Every cell: by kernel, drivers, policy and path.</param>
public sealed record MatrixReport(Scenario Scenario, IReadOnlyList<Property> Properties, IReadOnlyList<MatrixAnswer> Answers)
{
    /// <summary>Cells that were searched; the others are the same as one of these.</summary>
    public int Searched { get; init; }

    /// <summary>The tables: one for each kernel and behaviour of the drivers.</summary>
    public IReadOnlyList<MatrixTable> Tables => [.. Answers.GroupBy(a => (a.Cell.Kernel, a.Cell.Drivers)).Select(g => new MatrixTable(g.Key.Kernel, g.Key.Drivers, [.. g]))];
}

/// <summary>Policies by paths, with one kernel and one behaviour of the drivers.</summary>
/// <param name="Kernel">Release; null = those of the scenario.</param>
/// <param name="Drivers">What the drivers do.</param>
/// <param name="Answers">Its cells.</param>
public sealed record MatrixTable(KernelRelease? Kernel, MatrixDrivers Drivers, IReadOnlyList<MatrixAnswer> Answers)
{
    /// <summary>The rows.</summary>
    public IReadOnlyList<ShutdownPolicy> Policies => [.. Answers.Select(a => a.Cell.Policy).Distinct()];

    /// <summary>The columns.</summary>
    public IReadOnlyList<ShutdownPath> Paths => [.. Answers.Select(a => a.Cell.Path).Distinct()];

    /// <summary>The cell of a row and a column.</summary>
    public MatrixAnswer At(ShutdownPolicy policy, ShutdownPath path) => Answers.First(a => a.Cell.Policy == policy && a.Cell.Path == path);
}
