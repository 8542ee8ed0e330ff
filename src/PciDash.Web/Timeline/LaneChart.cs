using System.Globalization;
using PciDash.Engine.Machine;
using Plotly.Blazor;
using Plotly.Blazor.LayoutLib;
using Plotly.Blazor.Traces;
using Plotly.Blazor.Traces.BarLib;
using Plotly.Blazor.Traces.ScatterLib;
using Plotly.Blazor.Traces.ScatterLib.MarkerLib;
using PciDash.Scenarios.Pictures;
using PciDash.Scenarios.Timeline;
using ScatterHover = Plotly.Blazor.Traces.ScatterLib.HoverInfoFlag;

namespace PciDash.Web.Timeline;

/// <summary>The upper end of a rate's scale, for the words beside it.</summary>
/// <param name="Row">Its row.</param>
/// <param name="Text">Words.</param>
public readonly record struct Scale(int Row, string Text);

/// <summary>
/// What is on screen of a run, as Plotly traces: at most some hundreds of bands and marks, never the whole run. A window is found by
/// bisection, and what is too dense in it is skipped the same way, so that its cost does not grow with the run.
/// </summary>
public sealed class LaneChart(Lanes lanes, TimeAxis axis, Palette colours)
{
    // What all marks, waves and bands of a window share: closer ones cannot be told apart, and a message of 150 KB is to hold them.
    private const int MostItems = 900;

    private const int MostOfOne = 400;

    // Rounds of a fold this close together are worth a mark each.
    private const int MostRounds = 100;

    private const int RateBins = 48;

    private const double WaveHigh = 0.32;

    private readonly List<(Mark Mark, double X, string Detail)> marks = [];
    private readonly List<Bar> bars = [];
    private readonly List<Scale> scales = [];
    private readonly List<Drawn> bands = [];
    private double from;
    private double to;
    private int share;
    private int digits;

    /// <summary>Scales of the rates drawn last.</summary>
    public IReadOnlyList<Scale> Scales => scales;

    private readonly record struct Mark(int Row, Look Look, string Symbol)
    {
        // It stands for several that are too close to be told apart.
        public bool IsMany { get; init; }
    }

    private readonly record struct Drawn(int Row, Look Look, bool IsFold, double Left, double Right, string Text, string Detail);

    /// <summary>Traces for the rows shown, between two positions of the axis.</summary>
    /// <param name="rows">Indices of the lanes shown, from the top.</param>
    /// <param name="left">Left end.</param>
    /// <param name="right">Right end.</param>
    public IList<ITrace> Draw(IReadOnlyList<int> rows, double left, double right)
    {
        ArgumentNullException.ThrowIfNull(rows);
        (from, to) = (left, right);
        digits = Math.Clamp(5 - (int)Math.Floor(Math.Log10(Math.Max(1e-9, to - from))), 0, 14);
        marks.Clear();
        bars.Clear();
        bands.Clear();
        scales.Clear();
        share = ShareOf(rows);
        var waves = new List<ITrace>();
        for (var row = 0; row < rows.Count; row++)
        {
            var track = lanes.Track(rows[row]);
            AddBands(track.Bands, row);
            AddFolds(track.Folds, row, lanes.Rows[rows[row]].Kind);
            if (track.IsWave)
            {
                waves.Add(DrawWave(track, row));
            }

            foreach (var series in track.Marks)
            {
                AddMarks(series, row);
            }

            if (track.Rate is { } rate)
            {
                AddRate(rate, row);
            }
        }

        return [.. bands.GroupBy(b => (b.Look, b.IsFold)).Select(g => DrawBands([.. g], g.Key.Look, g.Key.IsFold)), .. bars, .. waves, .. DrawMarks()];
    }

    // The few keep all they have; the many share the rest.
    private int ShareOf(IReadOnlyList<int> rows)
    {
        var counts = new List<int>();
        foreach (var row in rows)
        {
            var track = lanes.Track(row);
            counts.Add(Count(track.Bands));
            counts.Add(Count(track.Folds));
            counts.Add(IndexAt(track.Edges, to) - IndexAt(track.Edges, from));
            counts.AddRange(track.Marks.Select(s => IndexAt(s.Entries, to) - IndexAt(s.Entries, from)));
        }

        counts.RemoveAll(c => c <= 0);
        counts.Sort();
        var rest = MostItems;
        for (var i = 0; i < counts.Count; i++)
        {
            var each = rest / (counts.Count - i);
            if (counts[i] > each)
            {
                return Math.Clamp(each, 2, MostOfOne);
            }

            rest -= counts[i];
        }

        return MostOfOne;

        int Count(IReadOnlyList<Band> list) => list.Count == 0 ? 0 : Math.Min(list.Count, FirstStart(list, to) - FirstEnd(list, from));
    }

    // The first entry of a rising list that stands at a position or right of it.
    private int IndexAt(IReadOnlyList<int> entries, double position, int low = 0)
    {
        var high = entries.Count;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (axis.Of(entries[middle]) < position)
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

    private int FirstEnd(IReadOnlyList<Band> list, double position, int low = 0)
    {
        var high = list.Count;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (RightOf(list[middle]) < position)
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

    private int FirstStart(IReadOnlyList<Band> list, double position)
    {
        var low = 0;
        var high = list.Count;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (LeftOf(list[middle]) <= position)
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

    private double Slot => (to - from) / share;

    private double EndOfSlot(double at) => from + ((Math.Floor((at - from) / Slot) + 1) * Slot);

    private double Rounded(double at) => Math.Clamp(Math.Round(at, digits), from, to);

    private void AddBands(IReadOnlyList<Band> list, int row)
    {
        var first = FirstEnd(list, from);
        var all = FirstStart(list, to) - first <= share;
        var least = (to - from) / 500;
        for (var i = first; i < list.Count && LeftOf(list[i]) <= to;)
        {
            var band = list[i];
            var (left, right) = (Math.Max(LeftOf(band), from), Math.Min(RightOf(band), to));
            if (all || right - left >= Slot)
            {
                var (text, detail) = lanes.WordsOf(band);
                Add(band.Look, right, text, detail);
                i++;
                continue;
            }

            // Narrow ones that end within one slot are one band: a wide one among them would end beyond it.
            var next = Math.Max(i + 1, FirstEnd(list, EndOfSlot(left), i));
            var last = Math.Min(to, RightOf(list[next - 1]));
            if (next == i + 1)
            {
                var (text, detail) = lanes.WordsOf(band);
                Add(band.Look, last, text, detail);
            }
            else if (band.IsFold)
            {
                Add(band.Look, last, $"{next - i} storms", $"{next - i:N0} folded storms; zoom in to tell them apart");
            }
            else
            {
                Add(Look.Neutral, last, "", $"{next - i - 1:N0} changes; zoom in to tell them apart");
            }

            i = next;

            void Add(Look look, double end, string text, string detail) =>
                bands.Add(new Drawn(row, look, band.IsFold, left, Math.Max(end, left + least), text, detail));
        }
    }

    // A fold of which only a few rounds are on screen is those rounds.
    private void AddFolds(IReadOnlyList<Band> list, int row, LaneKind kind)
    {
        var first = FirstEnd(list, from);
        var count = FirstStart(list, to) - first;
        if (kind == LaneKind.Cpu || count > MostOfOne)
        {
            AddBands(list, row);
            return;
        }

        var whole = new List<Band>();
        for (var i = first; i < first + count; i++)
        {
            if (Unfolds(list[i].From))
            {
                AddRounds(list[i].From, new Mark(row, list[i].Look, "line-ns-open"));
            }
            else
            {
                whole.Add(list[i]);
            }
        }

        AddBands(whole, row);
    }

    private bool Unfolds(int entry)
    {
        if (lanes.FoldOf(entry) is not { } fold)
        {
            return false;
        }

        var (left, right) = (axis.Of(entry), axis.EndOf(entry));
        return right > left && Math.Min(right, to) > Math.Max(left, from) && (right - left) / fold.Rounds * MostRounds >= to - from;
    }

    private void AddRounds(int entry, Mark mark)
    {
        var fold = lanes.FoldOf(entry)!.Value;
        var raw = lanes.RawOf(entry);
        for (var round = Math.Max(0, ((axis.RawAt(from) - raw) / fold.Length) - 1); round < fold.Rounds; round++)
        {
            var at = axis.OfRaw(raw + (round * fold.Length));
            if (at > to)
            {
                return;
            }

            if (at >= from)
            {
                marks.Add((mark, Rounded(at), $"{lanes.WordsOf(entry)}, round {round + 1:N0} of {fold.Rounds:N0}"));
            }
        }
    }

    private Bar DrawBands(IReadOnlyList<Drawn> group, Look look, bool isFold) => new()
    {
        Orientation = Plotly.Blazor.Traces.BarLib.OrientationEnum.H,
        Y = [.. group.Select(b => (object)b.Row)],
        BaseArray = [.. group.Select(b => (object)Rounded(b.Left))],
        X = [.. group.Select(b => (object)Math.Round(b.Right - b.Left, digits))],
        Width = isFold ? 0.5m : 0.62m,
        TextArray = [.. group.Select(b => b.Text)],
        TextPosition = Plotly.Blazor.Traces.BarLib.TextPositionEnum.Inside,
        InsideTextAnchor = InsideTextAnchorEnum.Start,
        TextAngle = 0,
        InsideTextFont = new() { Color = WordsOf(look), Size = isFold ? 10 : 11 },
        HoverTextArray = [.. group.Select(b => b.Detail)],
        HoverInfo = Plotly.Blazor.Traces.BarLib.HoverInfoFlag.Text,
        Marker = new()
        {
            Color = isFold ? Palette.Mix(ColourOf(look), colours.Panel, 0.26) : GroundOf(look),
            Line = new() { Color = isFold ? ColourOf(look) : Palette.Mix(ColourOf(look), colours.Panel, 0.3), Width = 1 },
        },
        ShowLegend = false,
    };

    private int Last => Math.Max(0, axis.Count - 1);

    private double LeftOf(in Band band) => axis.Count == 0 ? 0 : axis.Of(Math.Min(band.From, Last));

    private double RightOf(in Band band) => band.IsFold ? axis.EndOf(band.From) : band.To >= axis.Count ? axis.End : axis.Of(band.To);

    private Scatter DrawWave(LaneTrack track, int row)
    {
        var edges = track.Edges;
        var i = IndexAt(edges, from);
        var high = track.StartsHigh ^ ((i & 1) != 0);

        var x = new List<object> { from };
        var y = new List<object> { Level(row, high) };
        while (i < edges.Count)
        {
            var here = axis.Of(edges[i]);
            if (here > to)
            {
                break;
            }

            var next = edges.Count <= share ? i + 1 : IndexAt(edges, EndOfSlot(here), i + 1);
            high = !high;
            Point(here);
            if (next > i + 1)
            {
                // Too close to be told apart: one upright line says that it went both ways.
                if (next > i + 2)
                {
                    Point(here, !high);
                }

                high = track.StartsHigh ^ ((next & 1) != 0);
                Point(here);
            }

            i = next;
        }

        x.Add(to);
        y.Add(Level(row, high));
        return new Scatter
        {
            X = x,
            Y = y,
            Mode = ModeFlag.Lines,
            Line = new() { Shape = Plotly.Blazor.Traces.ScatterLib.LineLib.ShapeEnum.Hv, Color = colours.Intx, Width = 2 },
            HoverInfo = ScatterHover.Skip,
            ShowLegend = false,
        };

        void Point(double at, bool? level = null)
        {
            x.Add(Rounded(at));
            y.Add(Level(row, level ?? high));
        }
    }

    // The axis runs downwards: high is up.
    private static object Level(int row, bool high) => high ? row - WaveHigh : row + WaveHigh;

    private void AddMarks(MarkSeries series, int row)
    {
        var entries = series.Entries;
        var i = IndexAt(entries, from);
        var end = IndexAt(entries, Math.BitIncrement(to), i);
        var all = end - i <= share;
        var mark = new Mark(row, series.Look, series.Symbol);

        while (i < end)
        {
            var at = axis.Of(entries[i]);
            var next = all ? i + 1 : Math.Min(end, IndexAt(entries, EndOfSlot(at), i + 1));
            var more = next - i - 1 > 0 ? $" (+{next - i - 1:N0} here)" : "";
            marks.Add((mark with { IsMany = more.Length > 0 }, Rounded(at), lanes.WordsOf(entries[i]) + more));
            i = next;
        }
    }

    private IEnumerable<Scatter> DrawMarks()
    {
        foreach (var group in marks.GroupBy(s => (s.Mark.Look, s.Mark.Symbol, s.Mark.IsMany)))
        {
            var open = group.Key.Symbol.StartsWith("line", StringComparison.Ordinal) || group.Key.Symbol.EndsWith("open", StringComparison.Ordinal);
            yield return new Scatter
            {
                X = [.. group.Select(s => (object)s.X)],
                Y = [.. group.Select(s => (object)s.Mark.Row)],
                Mode = ModeFlag.Markers,
                Marker = new()
                {
                    Symbol = SymbolOf(group.Key.Symbol),
                    Size = group.Key.IsMany ? 13 : 9,
                    Color = ColourOf(group.Key.Look),
                    Line = new() { Color = ColourOf(group.Key.Look), Width = open ? 1.6m : 0 },
                },
                HoverTextArray = [.. group.Select(s => s.Detail)],
                HoverInfo = ScatterHover.Text,
                ShowLegend = false,
            };
        }
    }

    // Bins are parts of a power of two, so that they stay what they are while the window moves.
    private void AddRate(LineRate rate, int row)
    {
        var width = Math.Pow(2, Math.Ceiling(Math.Log2((to - from) / RateBins)));
        var bins = new List<(double Left, long Handled, long Unhandled, double PerSecond, long Ns)>();
        var left = Math.Max(0, Math.Floor(from / width) * width);
        var (before, beforeNs, beforeRaw) = (rate.Before(RawFrom(left)), axis.ToNs(left), RawFrom(left));
        for (; left < to && left < axis.End; left += width)
        {
            var right = Math.Min(left + width, axis.End);
            var nowRaw = right >= axis.End ? long.MaxValue : RawFrom(right);
            var (now, nowNs) = (rate.Before(nowRaw), axis.ToNs(right));
            var (handled, unhandled) = (now.Handled - before.Handled, now.Unhandled - before.Unhandled);
            if (handled + unhandled > 0)
            {
                // In less time than from one delivery to the next there is no rate: it is counted from the delivery before.
                var ns = Math.Max(nowNs - beforeNs, rate.LastBefore(beforeRaw) is { } last ? rate.LastBefore(nowRaw)!.Value - last : 0);
                ns = Math.Max(1_000, ns);
                bins.Add((left, handled, unhandled, (handled + unhandled) * 1e9 / ns, ns));
            }

            (before, beforeNs, beforeRaw) = (now, nowNs, nowRaw);
        }

        if (bins.Count == 0)
        {
            return;
        }

        var most = bins.Max(b => b.PerSecond);
        scales.Add(new Scale(row, "↕ " + PerSecond(most)));
        double High(double part) => Math.Round(Math.Max(0.03, 2 * WaveHigh * part / most), 3);
        foreach (var isHandled in new[] { false, true })
        {
            var shown = bins.Where(b => (isHandled ? b.Handled : b.Unhandled) > 0).ToList();
            if (shown.Count == 0)
            {
                continue;
            }

            var look = isHandled ? Look.Run : Look.Dead;
            bars.Add(new Bar
            {
                Orientation = Plotly.Blazor.Traces.BarLib.OrientationEnum.V,
                X = [.. shown.Select(b => (object)Math.Round(b.Left + (width / 2), digits + 2))],
                Width = (decimal)Math.Max(1e-12, width),
                BaseArray = [.. shown.Select(b => (object)Math.Round(row + WaveHigh - (isHandled && b.Unhandled > 0 ? High(Part(b, false)) : 0), 3))],
                Y = [.. shown.Select(b => (object)-High(Part(b, isHandled)))],
                HoverTextArray = [.. shown.Select(b => $"{b.Handled + b.Unhandled:N0} deliveries in {new SimTime(b.Ns)}: {PerSecond(b.PerSecond)}, {b.Unhandled:N0} of them handled by nobody")],
                HoverInfo = Plotly.Blazor.Traces.BarLib.HoverInfoFlag.Text,
                Marker = new()
                {
                    Color = Palette.Mix(ColourOf(look), colours.Panel, isHandled ? 0.35 : 0.6),
                    Line = new() { Color = ColourOf(look), Width = isHandled ? 1 : 2 },
                },
                ShowLegend = false,
            });
        }

        static double Part((double Left, long Handled, long Unhandled, double PerSecond, long Ns) b, bool handled) =>
            b.PerSecond * (handled ? b.Handled : b.Unhandled) / (b.Handled + b.Unhandled);
    }

    private long RawFrom(double position)
    {
        var raw = axis.RawAt(position);
        return axis.OfRaw(raw) < position ? raw + 1 : raw;
    }

    private static string PerSecond(double value) => value switch
    {
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.##} M/s"),
        >= 1e3 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0.#} k/s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:0.#}/s"),
    };

    private static SymbolEnum SymbolOf(string name) => name switch
    {
        "triangle-up" => SymbolEnum.TriangleUp,
        "triangle-up-open" => SymbolEnum.TriangleUpOpen,
        "triangle-down-open" => SymbolEnum.TriangleDownOpen,
        "circle-open" => SymbolEnum.CircleOpen,
        "square" => SymbolEnum.Square,
        "cross" => SymbolEnum.Cross,
        "cross-open" => SymbolEnum.CrossOpen,
        "x" => SymbolEnum.X,
        "x-thin-open" => SymbolEnum.XThinOpen,
        "diamond-open" => SymbolEnum.DiamondOpen,
        "square-open" => SymbolEnum.SquareOpen,
        _ => SymbolEnum.LineNSOpen,
    };

    private string ColourOf(Look look) => look switch
    {
        Look.Msi => colours.Msi,
        Look.Intx => colours.Intx,
        Look.Dead => colours.Dead,
        Look.Run => colours.Run,
        _ => colours.Muted,
    };

    private string WordsOf(Look look) => look switch
    {
        Look.Msi => colours.MsiText,
        Look.Intx => colours.IntxText,
        Look.Dead => colours.DeadText,
        Look.Run => colours.RunText,
        _ => colours.Ink,
    };

    private string GroundOf(Look look) => look == Look.Neutral ? colours.Soft : Palette.Mix(ColourOf(look), colours.Panel, 0.15);

    /// <summary>The layout that goes with the traces: no axes of its own, since lanes and ticks are drawn in HTML around it.</summary>
    public Plotly.Blazor.Layout Layout(int rows, int rowHeight, double left, double right, bool zoomable) => new()
    {
        Height = rows * rowHeight,
        AutoSize = true,
        PaperBgColor = "rgba(0,0,0,0)",
        PlotBgColor = "rgba(0,0,0,0)",
        Font = new() { Color = colours.Ink, Size = 11 },
        Margin = new() { L = 0, R = 0, T = 0, B = 0 },
        BarMode = BarModeEnum.Overlay,
        ShowLegend = false,
        DragMode = zoomable ? DragModeEnum.Zoom : DragModeEnum.False,
        HoverMode = HoverModeEnum.Closest,
        HoverLabel = new() { BgColor = colours.Panel, BorderColor = colours.Line, Font = new() { Color = colours.Ink, Size = 12 }, Align = Plotly.Blazor.LayoutLib.HoverLabelLib.AlignEnum.Left, NameLength = -1 },
        UniformText = new() { MinSize = 9, Mode = Plotly.Blazor.LayoutLib.UniformTextLib.ModeEnum.Hide },
        XAxis = [new() { Range = [left, right], Visible = false, FixedRange = !zoomable }],
        YAxis = [new() { Range = [rows - 0.5, -0.5], Visible = false, FixedRange = true }],
    };
}
