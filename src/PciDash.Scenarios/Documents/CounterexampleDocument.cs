using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;

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
        var run = verdict.Run ?? throw new ArgumentException("only a violated verdict has a run", nameof(verdict));
        return document with
        {
            Seed = run.Seed,
            Choices = [.. verdict.Choices.Select(c => new NamedChoice(c.Step, ActionNames.Of(machine, c.Action)))],
            View = new RunView { Step = verdict.ViolatedAt },
            Title = "",
            Fingerprint = OutcomeFingerprint.WithOutcomes(run),
        };
    }
}
