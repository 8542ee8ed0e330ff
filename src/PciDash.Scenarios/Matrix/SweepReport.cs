using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Matrix;

/// <summary>What a release makes of the machine.</summary>
/// <param name="Release">The release, in every boot.</param>
/// <param name="Document">Its run.</param>
/// <param name="Fingerprint">Of the run's outcomes.</param>
/// <param name="Outcomes">The outcomes in words: subject, a space, kind.</param>
/// <param name="Answer">The verdicts over all orderings; null = not asked for.</param>
public sealed record SweepRow(KernelRelease Release, RunDocument Document, string Fingerprint, IReadOnlyList<string> Outcomes, MatrixAnswer? Answer)
{
    /// <summary>What it says of each property.</summary>
    public IReadOnlyList<MatrixVerdict> Verdicts => Answer?.Verdicts ?? [];
}

/// <summary>What the older release does with one fact of the newer.</summary>
public enum SweepEffect : byte
{
    /// <summary>The same as the newer one.</summary>
    Whole,

    /// <summary>Something else than either.</summary>
    Part,

    /// <summary>It cannot be tried alone: it goes by the version.</summary>
    NotTried,

    /// <summary>The same as without it.</summary>
    None,
}

/// <summary>A fact in which two rows of the kernel table differ.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Before">What the older row says.</param>
/// <param name="After">What the newer row says.</param>
/// <param name="Source">Commits, or the tree or recording.</param>
/// <param name="Alone">What the older release does with this fact of the newer one alone.</param>
public sealed record SweepFact(string Name, string Before, string After, string Source, SweepEffect Alone);

/// <summary>Where what happens changes, between two neighbours of the kernel table.</summary>
/// <param name="Before">The last release that does the one.</param>
/// <param name="After">The first that does the other.</param>
/// <param name="Gone">Outcomes that are seen no more.</param>
/// <param name="New">Outcomes that are seen from then on.</param>
/// <param name="Verdicts">Verdicts that differ: of the older, and of the newer.</param>
/// <param name="Facts">Facts in which the rows differ; those that matter alone first.</param>
public sealed record SweepChange(
    SweepRow Before, SweepRow After, IReadOnlyList<string> Gone, IReadOnlyList<string> New,
    IReadOnlyList<(MatrixVerdict Before, MatrixVerdict After)> Verdicts, IReadOnlyList<SweepFact> Facts);

/// <summary>What came of a sweep.</summary>
/// <param name="Scenario">The machine as it was given.</param>
/// <param name="Rows">Every release, oldest first.</param>
/// <param name="Changes">Where something changes, oldest first.</param>
public sealed record SweepReport(Scenario Scenario, IReadOnlyList<SweepRow> Rows, IReadOnlyList<SweepChange> Changes);
