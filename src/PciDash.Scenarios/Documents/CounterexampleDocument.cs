using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios;

/// <summary>A counterexample as an ordinary run: with its choices, open at the event that violates the property.</summary>
public static class CounterexampleDocument
{
    /// <summary>The run of a violated verdict.</summary>
    /// <exception cref="ArgumentException">The verdict has no run.</exception>
    public static RunDocument Of(RunDocument document, CompiledMachine machine, Verdict verdict)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(verdict);
        return Of(document, machine, verdict.Run ?? throw new ArgumentException("only a violated verdict has a run", nameof(verdict)), verdict.Choices, verdict.ViolatedAt);
    }

    /// <summary>The run that comes nearest to violating what holds, open where it does.</summary>
    /// <exception cref="InvalidOperationException">No timed run comes as near.</exception>
    public static RunDocument Of(RunDocument document, CompiledMachine machine, NearestState nearest)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(nearest);
        return Of(document, machine, nearest.RunOn(machine), nearest.Choices, nearest.At);
    }

    private static RunDocument Of(RunDocument document, CompiledMachine machine, Run run, IReadOnlyList<Choice> choices, long at) => document with
    {
        Seed = run.Seed,
        Choices = [.. choices.Select(c => new NamedChoice(c.Step, ActionNames.Of(machine, c.Action)))],
        View = new RunView { Step = at },
        Title = "",
        Fingerprint = OutcomeFingerprint.WithOutcomes(run),
    };
}
