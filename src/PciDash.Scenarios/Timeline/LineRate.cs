using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Timeline;

/// <summary>How often a line's interrupts were delivered and whether anybody said they were his, up to any event.</summary>
public sealed class LineRate(Recording recording)
{
    private readonly List<int> entries = [];
    private readonly List<bool> handled = [];

    // What happened before the delivery of that index: a fold's rounds count in full.
    private readonly List<long> handledBefore = [];
    private readonly List<long> unhandledBefore = [];
    private long handledInAll;
    private long unhandledInAll;

    /// <summary>True if there is anything to be counted.</summary>
    public bool Any => entries.Count > 0;

    internal void Add(int entry, long times, bool isHandled)
    {
        entries.Add(entry);
        handled.Add(isHandled);
        handledBefore.Add(handledInAll);
        unhandledBefore.Add(unhandledInAll);
        if (isHandled)
        {
            handledInAll += times;
        }
        else
        {
            unhandledInAll += times;
        }
    }

    /// <summary>When the last delivery with a raw number below <paramref name="raw"/> was, ns; null if there is none.</summary>
    public long? LastBefore(long raw)
    {
        var i = CountBefore(raw) - 1;
        if (i < 0)
        {
            return null;
        }

        if (recording.FoldOf(entries[i]) is not { } fold)
        {
            return recording.Entries[entries[i]].TimeNs;
        }

        var last = long.MinValue;
        for (; i >= 0 && entries[i] >= fold.FirstEntry; i--)
        {
            var e = recording.Entries[entries[i]];
            last = Math.Max(last, e.TimeNs + (Math.Clamp((raw - e.Raw - 1) / fold.Length, 0, fold.Rounds - 1) * fold.PeriodNs));
        }

        return last;
    }

    /// <summary>Deliveries with a raw number below <paramref name="raw"/>.</summary>
    public (long Handled, long Unhandled) Before(long raw)
    {
        var low = CountBefore(raw);
        if (low == 0)
        {
            return (0, 0);
        }

        // The last of them may be in a fold that is not over by then, and others of its round with it.
        var (yes, no) = low < entries.Count ? (handledBefore[low], unhandledBefore[low]) : (handledInAll, unhandledInAll);
        if (recording.FoldOf(entries[low - 1]) is not { } fold)
        {
            return (yes, no);
        }

        for (var i = low - 1; i >= 0 && entries[i] >= fold.FirstEntry; i--)
        {
            var first = recording.Entries[entries[i]].Raw;
            // Not raw + Length: raw may be the largest number there is.
            var missing = fold.Rounds - Math.Clamp(((raw - first - 1) / fold.Length) + 1, 0, fold.Rounds);
            if (handled[i])
            {
                yes -= missing;
            }
            else
            {
                no -= missing;
            }
        }

        return (yes, no);
    }

    private int CountBefore(long raw)
    {
        var low = 0;
        var high = entries.Count;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (recording.Entries[entries[middle]].Raw < raw)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
