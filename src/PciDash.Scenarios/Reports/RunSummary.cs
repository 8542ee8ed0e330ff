using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Reports;

/// <summary>What came of a run, in a few sentences made from its outcomes.</summary>
public static class RunSummary
{
    /// <summary>Sentences without their full stops, the worst first; what went wrong, or else that nothing did and what is notable.</summary>
    public static IReadOnlyList<string> Of(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var told = Outcomes.Of(run)
            .Where(o => o.Kind is not (OutcomeKind.PolledSharer or OutcomeKind.HandOffDiffers))
            .Select(o => (Weight: OutcomeText.WeightOf(o.Kind), Sentence: OutcomeText.Sentence(run.Machine, o)))
            .Where(o => o.Sentence is not null)
            .OrderByDescending(o => o.Weight)
            .ToList();
        var bad = told.Where(o => o.Weight >= OutcomeWeight.Risk).Select(o => o.Sentence!).ToList();
        return bad.Count > 0 ? bad : ["No irq is given up", .. told.Select(o => o.Sentence!)];
    }

    /// <summary>
    /// Numbers of the events that tell the story: what brought about each outcome that matters, with the causes before it, what the kernel gave up, and the phases;
    /// in order, at most so many.
    /// </summary>
    internal static IReadOnlyList<long> KeyEvents(Run run, int most)
    {
        var recording = run.Recording;
        if (recording.RawCount == 0)
        {
            return [];
        }

        var outcomes = Outcomes.Of(run).Where(o => o.Why >= 0).OrderByDescending(o => OutcomeText.WeightOf(o.Kind)).ToList();
        var least = outcomes.Count > 0 ? (OutcomeWeight)Math.Min((int)OutcomeText.WeightOf(outcomes[0].Kind), (int)OutcomeWeight.Risk) : OutcomeWeight.Fine;
        var chosen = new SortedSet<long>();
        foreach (var outcome in outcomes.Where(o => OutcomeText.WeightOf(o.Kind) >= least))
        {
            foreach (var e in CauseChain.Of(recording, outcome.Why).Reverse())
            {
                if (chosen.Count < most)
                {
                    chosen.Add(e.Raw);
                }
            }
        }

        foreach (var e in recording.Entries)
        {
            if (e.Event.Kind is EventKind.NobodyCared or EventKind.IrqDisabled or EventKind.Phase && chosen.Count < most)
            {
                chosen.Add(e.Raw);
            }
        }

        return [.. chosen];
    }
}
