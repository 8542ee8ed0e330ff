using PciDash.Engine.Machine;

namespace PciDash.Engine.Simulation;

/// <summary>
/// Where two runs of one machine part. Chance is counter-based, so two policies or kernels see the same world until their causes differ:
/// the first difference is one that matters.
/// </summary>
/// <param name="Raw">Raw number of the first event that is not the same.</param>
/// <param name="First">What happens there in the first run; null if it is over.</param>
/// <param name="Second">What happens there in the second run; null if it is over.</param>
public sealed record Divergence(long Raw, RecordedEvent? First, RecordedEvent? Second)
{
    /// <summary>The first difference between two runs, or null if they are the same to the end.</summary>
    public static Divergence? Of(Run first, Run second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var (a, b) = (first.Recording, second.Recording);
        for (var entry = 0; entry < Math.Max(a.Count, b.Count); entry++)
        {
            if (entry >= a.Count || entry >= b.Count)
            {
                return At(entry < a.Count ? a.Entries[entry].Raw : b.Entries[entry].Raw, a, b);
            }

            if (!IsSame(a.Entries[entry], b.Entries[entry]))
            {
                return At(a.Entries[entry].Raw, a, b);
            }

            // Equal rounds, but not equally many: they part after the shorter fold.
            var (here, there) = (a.FoldOf(entry), b.FoldOf(entry));
            var last = here?.EndEntry ?? there?.EndEntry;
            if (last == entry + 1 && (here?.Rounds, here?.PeriodNs) != (there?.Rounds, there?.PeriodNs))
            {
                var start = a.Entries[(here ?? there)!.Value.FirstEntry].Raw;
                var rounds = here?.PeriodNs != there?.PeriodNs ? 1 : Math.Min(here?.Rounds ?? 1, there?.Rounds ?? 1);
                return At(start + (rounds * (here ?? there)!.Value.Length), a, b);
            }
        }

        return null;
    }

    // Where an event comes from in the program may differ though the event does not.
    private static bool IsSame(in RecordedEvent a, in RecordedEvent b) =>
        a.TimeNs == b.TimeNs && a.Event with { Origin = 0 } == b.Event with { Origin = 0 };

    private static Divergence At(long raw, Recording a, Recording b)
    {
        // Folds of unlike lengths can still hold some equal rounds: go on to the first event that differs.
        for (; raw < Math.Min(a.RawCount, b.RawCount); raw++)
        {
            var (x, y) = (a.EventAt(raw), b.EventAt(raw));
            if (!IsSame(x, y))
            {
                return new Divergence(raw, x, y);
            }
        }

        return new Divergence(raw, raw < a.RawCount ? a.EventAt(raw) : null, raw < b.RawCount ? b.EventAt(raw) : null);
    }
}
