using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Audit;

/// <summary>What an audit found out about one machine.</summary>
/// <param name="Scenario">The machine as it was given.</param>
/// <param name="Options">What was asked.</param>
/// <param name="Cells">Every kernel and path, in the order of the columns.</param>
/// <param name="Subjects">Every line, then every function, with what became of it.</param>
/// <param name="Findings">What matters, worst first.</param>
public sealed record AuditReport(
    Scenario Scenario, AuditOptions Options, IReadOnlyList<AuditCell> Cells, IReadOnlyList<AuditSubject> Subjects, IReadOnlyList<AuditFinding> Findings)
{
    /// <summary>Seeded runs in all, those that tried what would help not counted.</summary>
    public long Runs { get; init; }

    /// <summary>Of these, how many were stopped at their limit before they had ended.</summary>
    public long Stopped { get; init; }

    /// <summary>What outcomes depend on: drivers of which something is not known.</summary>
    public IReadOnlyList<AuditUnknown> Unknowns { get; init; } = [];

    /// <summary>The run that shows a finding where it was seen, at the event that brought it about.</summary>
    public RunDocument Shows(AuditSighting sighting)
    {
        ArgumentNullException.ThrowIfNull(sighting);
        var title = $"{sighting.Cell}: {sighting.Sentence}";
        return new RunDocument(AuditVariants.WithTraffic(AuditVariants.Of(Scenario, sighting.Cell), sighting.Seed))
        {
            Seed = sighting.Seed, View = new RunView { Step = sighting.Event }, Title = title.Length <= DocumentLimits.Title ? title : title[..DocumentLimits.Title],
        };
    }

    /// <summary>The worst weight of all findings.</summary>
    public OutcomeWeight Worst => Findings.Count == 0 ? OutcomeWeight.Fine : Findings[0].Weight;
}

/// <summary>A line or a function of the machine.</summary>
/// <param name="Name">An address, or <c>IRQ 16</c>.</param>
/// <param name="IsLine">It is a line.</param>
/// <param name="Title">The device and its driver, or the line's sharers.</param>
/// <param name="Cells">For each kernel and path, what was seen; empty = nothing of note.</param>
public sealed record AuditSubject(string Name, bool IsLine, string Title, IReadOnlyList<IReadOnlyList<AuditOutcome>> Cells);

/// <summary>An outcome that was seen under one kernel and path.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="SeenIn">In how many of the seeded runs.</param>
public readonly record struct AuditOutcome(OutcomeKind Kind, int SeenIn);

/// <summary>One outcome, wherever it was seen. Functions that it befalls alike, for the same reason and with the same help, are told together.</summary>
/// <param name="Subjects">Addresses, or one <c>IRQ 16</c>.</param>
/// <param name="IsLine">It is about a line.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Seen">Where it was seen, in the order of the columns: of the first subject.</param>
public sealed record AuditFinding(IReadOnlyList<string> Subjects, bool IsLine, OutcomeKind Kind, IReadOnlyList<AuditSighting> Seen)
{
    /// <summary>How much it matters.</summary>
    public OutcomeWeight Weight => OutcomeText.WeightOf(Kind);

    /// <summary>What led to it in the first run that shows it: events in words, each with the kernel function behind it.</summary>
    public IReadOnlyList<string> Why { get; init; } = [];

    /// <summary>Functions that hold the line, or the function itself.</summary>
    public IReadOnlyList<AuditCulprit> Culprits { get; init; } = [];

    /// <summary>It is not seen if these drivers, of which that is not known, silence their device at shutdown. Empty = it does not depend on that.</summary>
    public IReadOnlyList<AuditUnknown> DependsOn { get; init; } = [];

    /// <summary>What was tried and helps: with it the outcome is seen in none of the same runs, and nothing else goes wrong instead.</summary>
    public IReadOnlyList<AuditFix> Fixes { get; init; } = [];
}

/// <summary>Where a finding was seen.</summary>
/// <param name="Cell">Kernel and path.</param>
/// <param name="SeenIn">In how many runs.</param>
/// <param name="Runs">Of how many.</param>
/// <param name="Sentence">What happened, in the first of them.</param>
/// <param name="Seed">The seed of that run.</param>
/// <param name="Event">The event of that run that brought it about; null = none did.</param>
public sealed record AuditSighting(AuditCell Cell, int SeenIn, int Runs, string Sentence, ulong Seed, long? Event);

/// <summary>A device that is at the bottom of a finding.</summary>
/// <param name="Function">Its address.</param>
/// <param name="Device">Its name.</param>
/// <param name="Driver">Its driver; empty = none.</param>
public sealed record AuditCulprit(Bdf Function, string Device, string Driver);

/// <summary>A driver of which something is not known.</summary>
/// <param name="Driver">Its name.</param>
/// <param name="Functions">Functions that have it.</param>
/// <param name="What">What is not known.</param>
public sealed record AuditUnknown(string Driver, IReadOnlyList<Bdf> Functions, string What);

/// <summary>What kind of change helps.</summary>
public enum AuditFixKind : byte
{
    /// <summary>Another shutdown policy of the PCI core: another kernel, or a patch.</summary>
    Policy,

    /// <summary>A .shutdown of the driver.</summary>
    Driver,

    /// <summary>A boot option.</summary>
    BootOption,
}

/// <summary>A change that helps.</summary>
/// <param name="Kind">What kind of change.</param>
/// <param name="What">The change in words.</param>
/// <param name="Cells">Where it helps; elsewhere it was tried and does not, or makes something else go wrong.</param>
public sealed record AuditFix(AuditFixKind Kind, string What, IReadOnlyList<AuditCell> Cells);
