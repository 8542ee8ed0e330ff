using Plotly.Blazor;
using Plotly.Blazor.LayoutLib;
using Plotly.Blazor.Traces;
using Plotly.Blazor.Traces.BarLib;
using Plotly.Blazor.Traces.ScatterLib;
using Plotly.Blazor.Traces.ScatterLib.MarkerLib;
using PciDash.Web.Theming;
using ScatterHover = Plotly.Blazor.Traces.ScatterLib.HoverInfoFlag;

namespace PciDash.Web.Timeline;

/// <summary>What is on screen of a run, as Plotly traces: at most some hundreds of bands and marks, never the whole run.</summary>
public sealed class LaneChart(Lanes lanes, TimeAxis axis, Palette colours)
{
    // One mark per this part of the width and lane: closer ones cannot be told apart. Many lanes share what is left of the whole.
    private const int MarkSlots = 400;

    private const int MostMarks = 1_600;

    private const double WaveHigh = 0.32;

    private int busy;

    private int Slots => Math.Clamp(MostMarks / Math.Max(1, busy), 20, MarkSlots);

    /// <summary>Traces for the rows shown, between two positions of the axis.</summary>
    /// <param name="rows">Indices of the lanes shown, from the top.</param>
    /// <param name="from">Left end.</param>
    /// <param name="to">Right end.</param>
    public IList<ITrace> Draw(IReadOnlyList<int> rows, double from, double to)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var place = new Dictionary<int, int>();
        for (var i = 0; i < rows.Count; i++)
        {
            place[rows[i]] = i;
        }

        busy = lanes.Marks.Select(m => m.Lane).Concat(lanes.Waves.Select(w => w.Lane)).Concat(lanes.Bands.Select(b => b.Lane)).Where(place.ContainsKey).Distinct().Count();
        var traces = new List<ITrace>();
        AddBands(traces, place, from, to);
        foreach (var wave in lanes.Waves)
        {
            if (place.TryGetValue(wave.Lane, out var row))
            {
                traces.Add(DrawWave(wave, row, from, to));
            }
        }

        AddMarks(traces, place, from, to);
        return traces;
    }

    private void AddBands(List<ITrace> traces, Dictionary<int, int> place, double from, double to)
    {
        var least = (to - from) / 500;
        var taken = new HashSet<(int, Look, int)>();
        var shown = lanes.Bands.Where(b => place.ContainsKey(b.Lane))
            .Select(b => (Band: b, Left: LeftOf(b), Right: RightOf(b)))
            .Where(b => b.Right >= from && b.Left <= to)
            .Select(b => (b.Band, Left: Math.Max(b.Left, from), Right: Math.Max(Math.Min(b.Right, to), Math.Max(b.Left, from) + least)))
            .Where(b => b.Right - b.Left > least * 2 || taken.Add((b.Band.Lane, b.Band.Look, SlotOf(b.Left, from, to))))
            .ToList();
        foreach (var group in shown.GroupBy(b => (b.Band.Look, b.Band.IsFold, Wave: IsWaveLane(b.Band.Lane))))
        {
            var (look, isFold, _) = group.Key;
            traces.Add(new Bar
            {
                Orientation = Plotly.Blazor.Traces.BarLib.OrientationEnum.H,
                Y = [.. group.Select(b => (object)place[b.Band.Lane])],
                BaseArray = [.. group.Select(b => (object)b.Left)],
                X = [.. group.Select(b => (object)(b.Right - b.Left))],
                Width = isFold ? 0.5m : 0.62m,
                TextArray = [.. group.Select(b => b.Band.Text)],
                TextPosition = Plotly.Blazor.Traces.BarLib.TextPositionEnum.Inside,
                InsideTextAnchor = InsideTextAnchorEnum.Start,
                TextAngle = 0,
                InsideTextFont = new() { Color = WordsOf(look), Size = isFold ? 10 : 11 },
                HoverTextArray = [.. group.Select(b => b.Band.Detail)],
                HoverInfo = Plotly.Blazor.Traces.BarLib.HoverInfoFlag.Text,
                Marker = new()
                {
                    Color = isFold ? Mix(ColourOf(look), colours.Panel, 0.26) : GroundOf(look),
                    Line = new() { Color = isFold ? ColourOf(look) : Mix(ColourOf(look), colours.Panel, 0.3), Width = 1 },
                },
                ShowLegend = false,
            });
        }
    }

    private int SlotOf(double at, double from, double to) => (int)((at - from) / (to - from) * Slots);

    private bool IsWaveLane(int lane) => lanes.Rows[lane].Kind is LaneKind.Line;

    private int Last => Math.Max(0, axis.Count - 1);

    private double LeftOf(in Band band) => axis.Count == 0 ? 0 : axis.Of(Math.Min(band.From, Last));

    private double RightOf(in Band band) => band.IsFold ? axis.EndOf(band.From) : band.To >= axis.Count ? axis.End : axis.Of(band.To);

    private Scatter DrawWave(Wave wave, int row, double from, double to)
    {
        var x = new List<object> { from };
        var high = wave.StartsHigh;
        var y = new List<object> { Level(row, high) };
        var slot = (to - from) / Slots;
        var last = double.NegativeInfinity;
        var spike = false;
        foreach (var edge in wave.Edges)
        {
            var at = axis.Of(edge);
            if (at > to)
            {
                break;
            }

            high = !high;
            if (at < from)
            {
                y[0] = Level(row, high);
            }
            else if (at - last >= slot)
            {
                x.Add(at);
                y.Add(Level(row, high));
                (last, spike) = (at, false);
            }
            else if (spike)
            {
                y[^1] = Level(row, high);
            }
            else
            {
                // Too close to be told apart: one upright line says that it went both ways.
                x.Add(last);
                y.Add(Level(row, high));
                spike = true;
            }
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
    }

    // The axis runs downwards: high is up.
    private static object Level(int row, bool high) => high ? row - WaveHigh : row + WaveHigh;

    private void AddMarks(List<ITrace> traces, Dictionary<int, int> place, double from, double to)
    {
        var taken = new HashSet<(int, string, int)>();
        var shown = new List<(Mark Mark, double X)>();
        foreach (var mark in lanes.Marks)
        {
            if (!place.ContainsKey(mark.Lane))
            {
                continue;
            }

            var at = axis.Of(mark.Entry);
            if (at >= from && at <= to && taken.Add((mark.Lane, mark.Symbol, SlotOf(at, from, to))))
            {
                shown.Add((mark, at));
            }
        }

        foreach (var group in shown.GroupBy(s => (s.Mark.Look, s.Mark.Symbol)))
        {
            var open = group.Key.Symbol.StartsWith("line", StringComparison.Ordinal) || group.Key.Symbol.EndsWith("open", StringComparison.Ordinal);
            traces.Add(new Scatter
            {
                X = [.. group.Select(s => (object)s.X)],
                Y = [.. group.Select(s => (object)place[s.Mark.Lane])],
                Mode = ModeFlag.Markers,
                Marker = new()
                {
                    Symbol = SymbolOf(group.Key.Symbol),
                    Size = 9,
                    Color = ColourOf(group.Key.Look),
                    Line = new() { Color = ColourOf(group.Key.Look), Width = open ? 1.6m : 0 },
                },
                HoverTextArray = [.. group.Select(s => s.Mark.Detail)],
                HoverInfo = ScatterHover.Text,
                ShowLegend = false,
            });
        }
    }

    private static SymbolEnum SymbolOf(string name) => name switch
    {
        "triangle-up" => SymbolEnum.TriangleUp,
        "triangle-up-open" => SymbolEnum.TriangleUpOpen,
        "triangle-down-open" => SymbolEnum.TriangleDownOpen,
        "circle-open" => SymbolEnum.CircleOpen,
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

    private string GroundOf(Look look) => look == Look.Neutral ? colours.Soft : Mix(ColourOf(look), colours.Panel, 0.15);

    /// <summary>A colour between two: Plotly does not know color-mix().</summary>
    internal static string Mix(string colour, string ground, double part)
    {
        var mixed = "#";
        for (var i = 1; i < 7; i += 2)
        {
            var a = Convert.ToInt32(colour.Substring(i, 2), 16);
            var b = Convert.ToInt32(ground.Substring(i, 2), 16);
            mixed += ((int)((a * part) + (b * (1 - part)))).ToString("x2", System.Globalization.CultureInfo.InvariantCulture);
        }

        return mixed;
    }

    /// <summary>The layout that goes with the traces: no axes of its own, since lanes and ticks are drawn in HTML around it.</summary>
    public Plotly.Blazor.Layout Layout(int rows, int rowHeight, double from, double to, bool zoomable) => new()
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
        XAxis = [new() { Range = [from, to], Visible = false, FixedRange = !zoomable }],
        YAxis = [new() { Range = [rows - 0.5, -0.5], Visible = false, FixedRange = true }],
    };
}
