using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Web.Timeline;

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

    private readonly SharedAxis? shared;

    /// <summary>Lays the entries of a run out; on an axis that it shares with another run, where that has them.</summary>
    public TimeAxis(Run run, AxisMode mode, SharedAxis? shared = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        recording = run.Recording;
        this.mode = mode;
        this.shared = shared;
        var entries = recording.Entries;
        x = new double[entries.Length];
        startNs = entries.Length > 0 ? entries[0].TimeNs : 0;
        var at = 0.0;
        for (var i = 0; i < entries.Length; i++)
        {
            if (i > 0)
            {
                var before = recording.FoldOf(i - 1);
                var from = before is { } f && f.EndEntry == i ? recording.Occurrences(i - 1).LastNs : entries[i - 1].TimeNs;
                var within = before is { } g && g.EndEntry > i;
                at = mode == AxisMode.Time ? (entries[i].TimeNs - startNs) / 1e6
                    : at + (within ? Width(0) : Width(entries[i].TimeNs - from)) + (before is { } h && h.EndEntry == i ? FoldWidth(h) : 0);
            }

            x[i] = at;
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

    /// <summary>The raw event at or before a position; of several at one place the last.</summary>
    public long RawAt(double position)
    {
        var low = 0L;
        var high = recording.RawCount - 1;
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

    /// <summary>The position of a time.</summary>
    public double FromNs(long ns)
    {
        if (shared is not null)
        {
            return shared.Of(ns);
        }

        var low = 0.0;
        var high = End;
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            if (ToNs(middle) < ns)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return high;
    }

    /// <summary>At most <paramref name="most"/> marks between two positions.</summary>
    public IReadOnlyList<Tick> Ticks(double from, double to, int most)
    {
        var entries = recording.Entries;
        var ticks = new List<Tick>();
        var gap = (to - from) / Math.Max(1, most);
        var last = double.NegativeInfinity;
        for (var i = 0; i < entries.Length; i++)
        {
            if (x[i] > to)
            {
                break;
            }

            var kind = entries[i].Event.Kind;
            var fold = recording.FoldOf(i);
            var isFold = fold is { } f && f.FirstEntry == i;
            if (x[i] < from || x[i] - last < gap || (mode != AxisMode.Time && !isFold && kind is not (EventKind.Phase or EventKind.Line or EventKind.CfgMsix
                or EventKind.CfgCommand or EventKind.NobodyCared or EventKind.DriverShutdown or EventKind.Stimulus or EventKind.DeviceEvent)))
            {
                continue;
            }

            ticks.Add(new Tick(x[i], new SimTime(entries[i].TimeNs).ToString(), false));
            last = x[i];
        }

        return ticks;
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
