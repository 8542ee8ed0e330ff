using System.Text;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Comparison;

/// <summary>
/// Which event of one run stands beside an event of another. Up to where they part it is the same one; after that either what happens at the
/// same time, or the same thing: the n-th such write, request or phase of the kernel in both.
/// </summary>
public sealed class RunAlignment
{
    private readonly Run first;
    private readonly Run second;
    private readonly long parts;
    private readonly Lazy<(List<(long A, long B)> ByA, List<(long A, long B)> ByB)> same;

    /// <summary>Aligns two runs of one machine, or of two that are alike.</summary>
    public RunAlignment(Run first, Run second, Divergence? divergence)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        (this.first, this.second) = (first, second);
        parts = divergence?.Raw ?? long.MaxValue;
        same = new(Match);
    }

    /// <summary>The event of the second run that stands beside one of the first; -1 = it has none.</summary>
    /// <param name="raw">Raw number in the first run.</param>
    /// <param name="byCause">The same thing, and not what happens at the same time.</param>
    public long OfFirst(long raw, bool byCause) => Beside(first, second, raw, byCause ? same.Value.ByA : null, static p => p.A, static p => p.B);

    /// <summary>The event of the first run that stands beside one of the second; -1 = it has none.</summary>
    /// <param name="raw">Raw number in the second run.</param>
    /// <param name="byCause">The same thing, and not what happens at the same time.</param>
    public long OfSecond(long raw, bool byCause) => Beside(second, first, raw, byCause ? same.Value.ByB : null, static p => p.B, static p => p.A);

    private long Beside(Run here, Run there, long raw, List<(long A, long B)>? pairs, Func<(long A, long B), long> from, Func<(long A, long B), long> to)
    {
        if (there.Recording.RawCount == 0 || here.Recording.RawCount == 0)
        {
            return -1;
        }

        raw = Math.Clamp(raw, 0, here.Recording.RawCount - 1);
        if (raw < parts)
        {
            return Math.Min(raw, there.Recording.RawCount - 1);
        }

        if (pairs is not null)
        {
            // The last thing at or before it that the other run has too.
            var (low, high) = (0, pairs.Count);
            while (low < high)
            {
                var middle = (low + high) >> 1;
                (low, high) = from(pairs[middle]) <= raw ? (middle + 1, high) : (low, middle);
            }

            return low > 0 ? to(pairs[low - 1]) : Math.Max(0, Math.Min(parts, there.Recording.RawCount) - 1);
        }

        return AtTime(there.Recording, here.Recording.EventAt(raw).TimeNs);
    }

    private static long AtTime(Recording recording, long ns)
    {
        var (low, high) = (0L, recording.RawCount - 1);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            (low, high) = recording.EventAt(middle).TimeNs <= ns ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    // Names and addresses, not indices: two machines may number theirs otherwise.
    private (List<(long A, long B)> ByA, List<(long A, long B)> ByB) Match()
    {
        var there = new Dictionary<(string, int), long>();
        foreach (var (key, raw) in Landmarks(second))
        {
            there[key] = raw;
        }

        var pairs = new List<(long A, long B)>();
        foreach (var (key, raw) in Landmarks(first))
        {
            if (there.TryGetValue(key, out var other))
            {
                pairs.Add((raw, other));
            }
        }

        return (pairs, [.. pairs.OrderBy(p => p.B)]);
    }

    private static IEnumerable<((string What, int Nth) Key, long Raw)> Landmarks(Run run)
    {
        var fields = new EventFields(run.Machine);
        var seen = new Dictionary<string, int>();
        var boot = 0;
        for (var i = 0; i < run.Recording.Count; i++)
        {
            var e = run.Recording.Entries[i];
            boot = EventFields.BootAfter(e.Event, boot);
            if (!IsLandmark(e.Event.Kind))
            {
                continue;
            }

            var words = new WordSink(new StringBuilder());
            fields.Write(e.Event, boot, ref words);
            var what = Node.Invariant($"{boot} {EventFields.Kind(e.Event.Kind)}{words.Line}");
            seen[what] = seen.GetValueOrDefault(what) + 1;
            yield return ((what, seen[what]), e.Raw);
        }
    }

    // What the kernel does; what devices do and what comes of it may be thousands of equal events.
    private static bool IsLandmark(EventKind kind) => kind is EventKind.Phase or EventKind.DriverShutdown or EventKind.Stimulus or EventKind.CfgCommand
        or EventKind.CfgMsi or EventKind.CfgMsix or EventKind.RequestIrq or EventKind.FreeIrq or EventKind.NobodyCared or EventKind.IrqDisabled
        or EventKind.Reset or EventKind.PowerState;
}
