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

    /// <summary>Lays the entries of a run out.</summary>
    public TimeAxis(Run run, AxisMode mode)
    {
        ArgumentNullException.ThrowIfNull(run);
        recording = run.Recording;
        this.mode = mode;
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
    }

    /// <summary>Number of entries.</summary>
    public int Count => x.Length;

    /// <summary>Position of the end.</summary>
    public double End { get; }

    /// <summary>Position of an entry (of a folded one: its first time).</summary>
    public double Of(int entry) => x[entry];

    /// <summary>Where an entry's last occurrence stands.</summary>
    public double EndOf(int entry)
    {
        if (recording.FoldOf(entry) is not { } fold)
        {
            return x[entry];
        }

        return mode == AxisMode.Time
            ? (recording.Occurrences(entry).LastNs - startNs) / 1e6
            : x[entry] + FoldWidth(fold);
    }

    /// <summary>Position of a raw event, folded ones in between.</summary>
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

        var round = (raw - recording.Entries[fold.FirstEntry].Raw) / fold.Length;
        return x[entry] + ((EndOf(entry) - x[entry]) * round / Math.Max(1, fold.Rounds - 1));
    }

    /// <summary>The raw event at or before a position.</summary>
    public long RawAt(double position)
    {
        var at = Array.BinarySearch(x, position);
        if (at < 0)
        {
            at = ~at - 1;
        }

        if (at < 0)
        {
            return 0;
        }

        // Entries at one place: the last of them.
        while (at + 1 < x.Length && x[at + 1] <= position)
        {
            at++;
        }

        if (recording.FoldOf(at) is not { } fold)
        {
            return recording.Entries[at].Raw;
        }

        var width = EndOf(at) - x[at];
        var round = width <= 0 ? 0 : (long)Math.Clamp((position - x[at]) / width * fold.Rounds, 0, fold.Rounds - 1);
        return recording.Entries[at].Raw + (round * fold.Length);
    }

    /// <summary>The time at a position, ns: between two events in proportion.</summary>
    public long ToNs(double position)
    {
        if (x.Length == 0)
        {
            return 0;
        }

        var at = Array.BinarySearch(x, position);
        at = at >= 0 ? at : Math.Max(0, ~at - 1);
        while (at + 1 < x.Length && x[at + 1] <= position)
        {
            at++;
        }

        var entries = recording.Entries;
        var end = EndOf(at);
        if (position <= end && end > x[at])
        {
            return entries[at].TimeNs + (long)((recording.Occurrences(at).LastNs - entries[at].TimeNs) * (position - x[at]) / (end - x[at]));
        }

        if (at + 1 >= x.Length || x[at + 1] <= end)
        {
            return recording.Occurrences(at).LastNs;
        }

        var from = recording.Occurrences(at).LastNs;
        return from + (long)((entries[at + 1].TimeNs - from) * Math.Clamp((position - end) / (x[at + 1] - end), 0, 1));
    }

    /// <summary>The position of a time.</summary>
    public double FromNs(long ns)
    {
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
        _ => 1 + Math.Log10(1 + (fold.PeriodNs * fold.Rounds / 1_000.0)),
    };
}
