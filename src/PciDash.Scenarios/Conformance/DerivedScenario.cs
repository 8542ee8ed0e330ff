using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Conformance;

/// <summary>Where a field of a derived scenario comes from.</summary>
/// <param name="Field">Path of the field.</param>
/// <param name="Value">What it is.</param>
/// <param name="Source">meta, cmd, bulk, log, run, guest script, scenario.json, catalogue or assumed.</param>
public sealed record DerivedField(string Field, string Value, string Source);

/// <summary>A scenario derived from a recording.</summary>
/// <param name="Scenario">The scenario; null if a field that it needs could not be derived.</param>
/// <param name="Fields">Where each field comes from.</param>
/// <param name="Missing">What could not be derived, one line each.</param>
public sealed record DerivedScenario(Scenario? Scenario, IReadOnlyList<DerivedField> Fields, IReadOnlyList<string> Missing)
{
    /// <summary>
    /// The machine as a run that can be sent; null if a recording's own kernel or guest script did what a file has no words for. Its devices
    /// are as busy as assumed there: when they ask is what a recording leaves free.
    /// </summary>
    /// <param name="problem">What there are no words for.</param>
    public RunDocument? Document(out string? problem)
    {
        problem = null;
        try
        {
            return Scenario is null ? null : RunDocument.Parse(new RunDocument(Scenario).Write());
        }
        catch (ScenarioException e)
        {
            problem = e.Problems[0];
            return null;
        }
    }
}
