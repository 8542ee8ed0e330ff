using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Timeline;

/// <summary>
/// One axis for two runs: what happens at the same time stands at the same place in both, and what is equal in both stands at equal places.
/// Events of one instant stand side by side in their order.
/// </summary>
public sealed class SharedAxis
{
    private const double Step = 0.25;

    private readonly AxisMode mode;
    private readonly long[] ns;

    // Where each instant begins and ends: it is as wide as the run with more events in it needs.
    private readonly double[] left;
    private readonly double[] right;

    /// <summary>Lays the entries of both runs out.</summary>
    public SharedAxis(Run first, Run second, AxisMode mode)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        this.mode = mode;
        var counts = new SortedDictionary<long, int>();
        foreach (var run in (Run[])[first, second])
        {
            var here = new Dictionary<long, int>();
            foreach (var e in run.Recording.Entries)
            {
                here[e.TimeNs] = here.GetValueOrDefault(e.TimeNs) + 1;
            }

            foreach (var fold in run.Recording.Folds)
            {
                here.TryAdd(run.Recording.Occurrences(fold.EndEntry - 1).LastNs, 1);
            }

            foreach (var (at, n) in here)
            {
                counts[at] = Math.Max(counts.GetValueOrDefault(at), n);
            }
        }

        ns = [.. counts.Keys];
        left = new double[ns.Length];
        right = new double[ns.Length];
        var x = 0.0;
        var i = 0;
        foreach (var (at, n) in counts)
        {
            x += i == 0 ? 0 : Width(at - ns[i - 1]);
            left[i] = x;
            x += mode == AxisMode.Time ? 0 : (n - 1) * Slot;
            right[i] = x;
            i++;
        }

        End = mode == AxisMode.Time ? Math.Max(x, (Math.Max(first.EndNs, second.EndNs) - (ns.Length > 0 ? ns[0] : 0)) / 1e6) : x + Math.Max(2, x * 0.05);
    }

    /// <summary>Position of the end.</summary>
    public double End { get; }

    /// <summary>The position of a time, and within it of the n-th event of one run.</summary>
    public double Of(long at, int nth = 0)
    {
        var i = IndexOf(at);
        if (i < 0)
        {
            return 0;
        }

        if (ns[i] == at)
        {
            return Math.Min(right[i], left[i] + (mode == AxisMode.Time ? 0 : nth * Slot));
        }

        return i + 1 >= ns.Length ? Math.Min(End, right[i] + (mode == AxisMode.Time ? (at - ns[i]) / 1e6 : 0))
            : right[i] + ((left[i + 1] - right[i]) * (at - ns[i]) / (ns[i + 1] - ns[i]));
    }

    /// <summary>The time at a position, ns: between two instants in proportion.</summary>
    public long ToNs(double position)
    {
        if (ns.Length == 0)
        {
            return 0;
        }

        var (low, high) = (0, ns.Length - 1);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            (low, high) = left[middle] <= position ? (middle, high) : (low, middle - 1);
        }

        if (position <= right[low])
        {
            return ns[low];
        }

        return low + 1 >= ns.Length ? ns[low] + (mode == AxisMode.Time ? (long)((Math.Min(position, End) - right[low]) * 1e6) : 0)
            : ns[low] + (long)((ns[low + 1] - ns[low]) * Math.Clamp((position - right[low]) / (left[low + 1] - right[low]), 0, 1));
    }

    private int IndexOf(long at)
    {
        var (low, high) = (0, ns.Length);
        while (low < high)
        {
            var middle = (low + high) >> 1;
            (low, high) = ns[middle] <= at ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }

    private double Slot => mode == AxisMode.Sequence ? 1 : Step;

    private double Width(long gap) => mode switch
    {
        AxisMode.Sequence => 1,
        AxisMode.Time => gap / 1e6,
        _ => Step + Math.Log10(1 + (gap / 1_000.0)),
    };
}
