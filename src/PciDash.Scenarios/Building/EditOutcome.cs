using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Building;

/// <summary>What came of an edit: another machine, or a refusal that leaves everything as it was.</summary>
/// <param name="After">The machine afterwards; null = refused.</param>
/// <param name="Words">What was done, or why not and what would be right: one or two sentences.</param>
public sealed record EditOutcome(Scenario? After, string Words)
{
    /// <summary>What the edit was about, by its address afterwards; null = the root bus.</summary>
    public Bdf? Selected { get; init; }

    /// <summary>Functions that have another address now, old to new.</summary>
    public IReadOnlyDictionary<Bdf, Bdf> Moved { get; init; } = new Dictionary<Bdf, Bdf>();

    /// <summary>True if nothing was done.</summary>
    public bool IsRefused => After is null;

    internal static EditOutcome Refused(string why) => new(null, why);
}
