using System.Runtime.CompilerServices;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Timeline;

/// <summary>What an equal distance on the axis means.</summary>
public enum AxisMode
{
    /// <summary>Long stretches are shortened, each labelled with its true length: 55 µs and 3 s are both visible.</summary>
    Phases,

    /// <summary>One event, one step.</summary>
    Sequence,

    /// <summary>Time as it is.</summary>
    Time,
}

/// <summary>A mark on the axis: where, and what it says.</summary>
/// <param name="X">Position.</param>
/// <param name="Text">Words.</param>
/// <param name="IsBreak">It tells the true length of a stretch that is drawn shorter.</param>
public readonly record struct Tick(double X, string Text, bool IsBreak);

/// <summary>Where each entry of a recording stands on the axis. Built once for a run and a mode; never sent whole.</summary>
public sealed class TimeAxis
{
    private readonly Recording recording;
    private readonly double[] x;
    private readonly AxisMode mode;
    private readonly long startNs;

    // Entries whose time is worth telling.
    private readonly List<int> told = [];

    private readonly SharedAxis? shared;

    private static readonly ConditionalWeakTable<Run, TimeAxis>[] Known = [.. Enum.GetValues<AxisMode>().Select(_ => new ConditionalWeakTable<Run, TimeAxis>())];

    /// <summary>Lays the entries of a run out; on an axis that it shares with another run, where that has them.</summary>
    public TimeAxis(Run run, AxisMode mode, SharedAxis? shared = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        recording = run.Recording;
        this.mode = mode;
        this.shared = shared;
        var entries = recording.Entries;
        var folds = recording.Folds;
        x = new double[entries.Length];
        startNs = entries.Length > 0 ? entries[0].TimeNs : 0;
        var at = 0.0;
        var next = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            var before = next < folds.Count && folds[next].FirstEntry < i ? folds[next] : (Fold?)null;
            if (i > 0)
            {
                var over = before is { } f && f.EndEntry == i;
                var within = before is { } g && g.EndEntry > i;
                var from = over ? entries[i - 1].TimeNs + ((before!.Value.Rounds - 1) * before.Value.PeriodNs) : entries[i - 1].TimeNs;
                at = mode == AxisMode.Time ? (entries[i].TimeNs - startNs) / 1e6
                    : at + (within ? Width(0) : Width(entries[i].TimeNs - from)) + (over ? FoldWidth(before!.Value) : 0);
                next += over ? 1 : 0;
            }

            x[i] = at;
            if (Tells(entries[i].Event.Kind) || (next < folds.Count && folds[next].FirstEntry == i))
            {
                told.Add(i);
            }
        }

        var last = entries.Length > 0 && recording.FoldOf(entries.Length - 1) is { } end ? FoldWidth(end) : 0;
        End = mode == AxisMode.Time ? (run.EndNs - startNs) / 1e6 : at + Math.Max(last, Math.Max(2, at * 0.05));
        if (shared is not null)
        {
            var nth = 0;
            for (var i = 0; i < entries.Length; i++)
            {
                nth = i > 0 && entries[i].TimeNs == entries[i - 1].TimeNs ? nth + 1 : 0;
                x[i] = shared.Of(entries[i].TimeNs, nth);
            }

            End = shared.End;
        }
    }

    /// <summary>The axis of a run, shared by all who look at it: neither changes.</summary>
    public static TimeAxis Of(Run run, AxisMode mode) => Known[(int)mode].GetValue(run, r => new TimeAxis(r, mode));

    private static bool Tells(EventKind kind) => kind is EventKind.Phase or EventKind.Line or EventKind.CfgMsix
        or EventKind.CfgCommand or EventKind.NobodyCared or EventKind.DriverShutdown or EventKind.Stimulus or EventKind.DeviceEvent;

    /// <summary>Number of entries.</summary>
    public int Count => x.Length;

    /// <summary>Position of the end.</summary>
    public double End { get; }

    /// <summary>Position of an entry (of a folded one: its first time).</summary>
    public double Of(int entry) => x[entry];

    /// <summary>Where an entry's last occurrence stands.</summary>
    public double EndOf(int entry) =>
        recording.FoldOf(entry) is { } fold ? OfRaw(recording.Entries[entry].Raw + ((fold.Rounds - 1) * fold.Length)) : x[entry];

    /// <summary>Position of a raw event, folded ones in between. Never falls from one raw event to the next.</summary>
    public double OfRaw(long raw)
    {
        var entry = recording.EntryOf(raw);
        if (entry < 0)
        {
            return 0;
        }

        if (recording.FoldOf(entry) is not { } fold)
        {
            return x[entry];
        }

        var into = raw - recording.Entries[fold.FirstEntry].Raw;
        if (shared is not null && into >= fold.Length)
        {
            return shared.Of(recording.EventAt(raw).TimeNs);
        }

        if (mode == AxisMode.Time)
        {
            return x[entry] + (into / fold.Length * fold.PeriodNs / 1e6);
        }

        // The first round as it is; all the others share the width of the fold, which begins where the first ends.
        var others = fold.Length * (fold.Rounds - 1);
        return into < fold.Length || others == 0 ? x[entry]
            : x[fold.EndEntry - 1] + (FoldWidth(fold) * (into - fold.Length + 1) / others);
    }

    /// <summary>The first entry at or right of a position; the number of entries if there is none.</summary>
    public int FirstAt(double position)
    {
        var low = 0;
        var high = x.Length;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (x[middle] < position)
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

    /// <summary>The raw event at or before a position; of several at one place the last.</summary>
    public long RawAt(double position)
    {
        if (x.Length == 0)
        {
            return 0;
        }

        // The last entry that stands there or left of it; if it is in a fold, the event may be in any of its rounds.
        var entry = Math.Max(0, FirstAfter(position) - 1);
        var (first, end) = recording.FoldOf(entry) is { } fold ? (fold.FirstEntry, fold.EndEntry) : (entry, entry + 1);
        var low = recording.Entries[first].Raw;
        var high = (end < x.Length ? recording.Entries[end].Raw : recording.RawCount) - 1;
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (OfRaw(middle) <= position)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private int FirstAfter(double position)
    {
        var low = 0;
        var high = x.Length;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (x[middle] <= position)
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

    /// <summary>The time at a position, ns: between two events in proportion.</summary>
    public long ToNs(double position)
    {
        if (x.Length == 0)
        {
            return 0;
        }

        if (shared is not null)
        {
            return shared.ToNs(position);
        }

        if (mode == AxisMode.Time)
        {
            return startNs + (long)(Math.Clamp(position, 0, End) * 1e6);
        }

        var raw = RawAt(position);
        var (at, ns) = (OfRaw(raw), recording.EventAt(raw).TimeNs);
        return raw + 1 < recording.RawCount && OfRaw(raw + 1) is var next && next > at
            ? ns + (long)((recording.EventAt(raw + 1).TimeNs - ns) * Math.Clamp((position - at) / (next - at), 0, 1))
            : ns;
    }

    /// <summary>The position of a time: the first one that is not before it.</summary>
    public double FromNs(long ns)
    {
        if (shared is not null)
        {
            return shared.Of(ns);
        }

        if (x.Length == 0 || ns <= startNs)
        {
            return 0;
        }

        // Between the last event before that time and the one after it.
        var before = 0L;
        var high = recording.RawCount - 1;
        while (before < high)
        {
            var middle = before + ((high - before + 1) / 2);
            if (recording.EventAt(middle).TimeNs < ns)
            {
                before = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        var left = OfRaw(before);
        var right = before + 1 < recording.RawCount ? OfRaw(before + 1) : End;
        for (var i = 0; i < 60 && left < right; i++)
        {
            var middle = (left + right) / 2;
            if (middle <= left || middle >= right)
            {
                break;
            }

            if (ToNs(middle) < ns)
            {
                left = middle;
            }
            else
            {
                right = middle;
            }
        }

        return right;
    }

    /// <summary>The narrowest window that still shows something: a few events, or three rounds of a storm that is on screen.</summary>
    public double LeastWidth(double from, double to)
    {
        var least = mode == AxisMode.Time ? 1e-3 : 1;
        var folds = recording.Folds;
        var seen = 0;
        for (var i = 0; i < folds.Count && seen < 100; i++)
        {
            var (first, last) = (x[folds[i].FirstEntry], EndOf(folds[i].EndEntry - 1));
            if (last > from && first < to && last > first)
            {
                seen++;
                least = Math.Min(least, (last - first) / folds[i].Rounds * 3);
            }
        }

        return Math.Max(least, End * 1e-9);
    }

    /// <summary>At most <paramref name="most"/> marks between two positions.</summary>
    public IReadOnlyList<Tick> Ticks(double from, double to, int most)
    {
        var entries = recording.Entries;
        var ticks = new List<Tick>();
        var gap = (to - from) / Math.Max(1, most);
        var least = from;
        while (true)
        {
            var i = mode == AxisMode.Time ? FirstAt(least) : NextTold(least);
            if (i >= x.Length || x[i] > to)
            {
                return ticks.Count > 1 || x.Length == 0 ? ticks : Even(from, to, most / 2);
            }

            ticks.Add(new Tick(x[i], new SimTime(entries[i].TimeNs).ToString(), false));
            least = Math.Max(x[i] + gap, Math.BitIncrement(x[i]));
        }
    }

    // Where nothing begins, as inside a storm: times at equal distances.
    private List<Tick> Even(double from, double to, int most)
    {
        var ticks = new List<Tick>();
        for (var i = 0; i < most; i++)
        {
            var at = from + ((to - from) * i / most);
            var text = new SimTime(ToNs(at)).ToString();
            if (ticks.Count == 0 || ticks[^1].Text != text)
            {
                ticks.Add(new Tick(at, text, false));
            }
        }

        return ticks;
    }

    private int NextTold(double position)
    {
        var low = 0;
        var high = told.Count;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (x[told[middle]] < position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < told.Count ? told[low] : x.Length;
    }

    private double Width(long ns) => mode switch
    {
        AxisMode.Sequence => 1,
        AxisMode.Time => ns / 1e6,
        // A decade of time is one step; events at one instant stand side by side.
        _ => 0.25 + Math.Log10(1 + (Math.Max(0, ns) / 1_000.0)),
    };

    private double FoldWidth(in Fold fold) => mode switch
    {
        AxisMode.Sequence => 4,
        AxisMode.Time => fold.PeriodNs * (fold.Rounds - 1) / 1e6,
        _ => 3 + Math.Log10(1 + (fold.PeriodNs * fold.Rounds / 1_000.0)),
    };
}
