using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Conformance;

/// <summary>Whether some run of the model explains a recording.</summary>
public enum ConformanceVerdict
{
    /// <summary>A run was found that shows the same.</summary>
    Explained,

    /// <summary>The runs that were tried contradict the recording.</summary>
    NotExplained,

    /// <summary>The budget was spent before that was known.</summary>
    NotFinished,
}

/// <summary>A verdict about one recording and one scenario.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="ExactExplained">Events of class A explained, folds counted once.</param>
/// <param name="ExactTotal">Events of class A.</param>
/// <param name="BoundedExplained">Events of class B explained.</param>
/// <param name="BoundedTotal">Events of class B.</param>
/// <param name="Unplaced">Judged events on pins and functions that the scenario does not have.</param>
/// <param name="First">The first event that is not explained; null if the model did more than the recording has.</param>
/// <param name="ModelWould">What the model would do there instead; empty if the recording is explained.</param>
public sealed record ConformanceResult(
    ConformanceVerdict Verdict, int ExactExplained, int ExactTotal, int BoundedExplained, int BoundedTotal, int Unplaced, ObservedEvent? First, string ModelWould)
{
    /// <summary>Every event that the scenario has a place for, by time, and what of it the model did.</summary>
    public IReadOnlyList<ObservedMatch> Matches { get; init; } = [];
}

/// <summary>An event of a recording beside what the model did.</summary>
/// <param name="Observed">The event, or a fold of equal ones.</param>
/// <param name="Times">How often the model did it; less than <see cref="ObservedEvent.Times"/> = it could do no more.</param>
/// <param name="Order">Its place among what the model did; -1 = it did not.</param>
/// <param name="Model">The model's event, in a recording's words; empty if it shows nowhere, or if there is none.</param>
/// <param name="Where">The kernel function that brought it about in the model, or empty.</param>
public sealed record ObservedMatch(ObservedEvent Observed, long Times, int Order, string Model, string Where)
{
    /// <summary>The model did all of it.</summary>
    public bool IsWhole => Order >= 0 && Times == Observed.Times;
}

/// <summary>Does the model explain a recording?</summary>
public static class ConformanceCheck
{
    /// <summary>Actions that a check may take: some forty storms of 100,000, or one of 30 s that nobody ends.</summary>
    public const long MostSteps = 40_000_000;

    /// <summary>Looks for a run of the scenario that shows what the recording shows.</summary>
    /// <exception cref="ScenarioException">The scenario cannot be compiled.</exception>
    public static ConformanceResult Check(RecordedRun recorded, IReadOnlyList<ObservedEvent> events, Scenario scenario, long mostSteps = MostSteps)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        var machine = CompiledMachine.Compile(scenario);
        var projection = new Projection(machine, events, recorded.WritesOnly);
        var run = new GuidedRun(machine, projection, recorded.Complete, recorded.WritesOnly ? 1 : scenario.Boots.Count);
        var explained = run.Run(mostSteps);
        var (exact, bounded) = explained ? projection.Explained : run.Farthest;
        var (exacts, boundeds) = projection.Total;
        var verdict = explained ? ConformanceVerdict.Explained : run.CutShort || run.Steps >= mostSteps ? ConformanceVerdict.NotFinished : ConformanceVerdict.NotExplained;
        return new ConformanceResult(verdict, exact, exacts, bounded, boundeds, projection.Unplaced, run.Stuck, run.WouldDo) { Matches = run.Matches };
    }

    /// <summary>Looks for a run of the scenario that shows what the recording shows.</summary>
    public static ConformanceResult Check(RecordedRun recorded, Scenario scenario, long mostSteps = MostSteps)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        return Check(recorded, recorded.Events, scenario, mostSteps);
    }
}
