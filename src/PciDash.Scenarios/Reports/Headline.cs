using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Reports;

/// <summary>What came of a run, in one sentence made from its outcomes.</summary>
/// <param name="Text">The sentence.</param>
/// <param name="Bad">Something went wrong.</param>
public readonly record struct Headline(string Text, bool Bad)
{
    /// <summary>The sentence for a run.</summary>
    public static Headline Of(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var bad = new List<string>();
        var good = new List<string>();
        foreach (var o in Outcomes.Of(run))
        {
            // Too common to be told in a headline.
            if (o.Kind is OutcomeKind.PolledSharer or OutcomeKind.HandOffDiffers || OutcomeText.Sentence(run.Machine, o) is not { } sentence)
            {
                continue;
            }

            (OutcomeText.WeightOf(o.Kind) >= OutcomeWeight.Risk ? bad : good).Add(sentence);
        }

        return bad.Count > 0 ? new Headline(string.Join("; ", bad) + ".", true)
            : new Headline("No irq is given up" + (good.Count > 0 ? "; " + string.Join("; ", good) : "") + ".", false);
    }
}
