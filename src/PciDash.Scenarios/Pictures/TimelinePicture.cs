using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Reports;
using PciDash.Scenarios.Timeline;
using Look = PciDash.Scenarios.Timeline.Look;

namespace PciDash.Scenarios.Pictures;

/// <summary>The timeline of a run as one picture, with what came of it above: what a link shows in a chat, 1200 by 630 pixels.</summary>
public static class TimelinePicture
{
    public const int Width = 1200;
    public const int Height = 630;

    /// <summary>More events than a picture is made of, in memory and in time.</summary>
    public const int MostEvents = 200_000;

    private const double Left = 270;
    private const double Right = Width - 40;
    private const double Top = 140;
    private const double Bottom = Height - 46;
    private const double Row = 22;
    private const int MostRows = (int)((Bottom - Top) / Row);

    // As wide as a letter of the usual fonts is on the average, for one pixel of size; bold ones are wider.
    private const double Letter = 0.58;

    private static readonly Palette Colours = Palette.Light;

    public static byte[] Svg(string title, Run run)
    {
        using var svg = new SvgPicture(Width, Height, title);
        return Draw(svg, title, run);
    }

    public static byte[] Png(string title, Run run)
    {
        using var png = new PngPicture(Width, Height);
        return Draw(png, title, run);
    }

    private static byte[] Draw(IPicture on, string title, Run run)
    {
        on.Box(0, 0, Width, Height, Colours.Panel);
        on.Words(40, 60, 28, Colours.Ink, Fit(title, Width - 80, 28 * 1.12), bold: true);
        var headline = Headline.Of(run);
        on.Words(40, 98, 20, headline.Bad ? Colours.DeadText : Colours.RunText, Fit(headline.Text, Width - 80, 20));
        if (run.Recording.Count is 0 or > MostEvents)
        {
            on.Words(40, Top + 40, 18, Colours.Muted, run.Recording.Count == 0 ? "Nothing happens." : "There are too many events for a picture.");
        }
        else
        {
            DrawLanes(on, run);
        }

        var boot = run.Machine.Scenario.Boots[0];
        on.Words(40, Height - 18, 15, Colours.Muted, Fit($"PciDash · Linux {boot.Release.Version} · {boot.Policy.Label} · long stretches are drawn shorter", Width - 80, 15));
        return on.Finish();
    }

    private static void DrawLanes(IPicture on, Run run)
    {
        var lanes = Lanes.Of(run);
        var axis = TimeAxis.Of(run, AxisMode.Phases);
        var rows = Chosen(lanes, run);
        var place = rows.Index().ToDictionary(r => r.Item, r => Top + (r.Index * Row));
        double X(double at) => Left + ((Right - Left) * Math.Clamp(at / Math.Max(1e-9, axis.End), 0, 1));
        double At(int entry) => X(entry >= axis.Count ? axis.End : axis.Of(entry));
        foreach (var (row, y) in place)
        {
            var lane = lanes.Rows[row];
            on.Box(40, y + Row - 1, Right - 40, 1, Colours.Line);
            on.Words(lane.IsChild ? 58 : 40, y + 15, 13, lane.IsChild ? Colours.Muted : Colours.Ink, Fit(lane.IsChild || lane.Detail.Length == 0 ? lane.Title : $"{lane.Title}  {lane.Detail}", 215, 13), bold: !lane.IsChild && lane.Detail.Length == 0);
        }

        var taken = new HashSet<(int, string, int)>();
        foreach (var (row, y) in place)
        {
            var track = lanes.Track(row);
            foreach (var band in track.Bands.Concat(track.Folds))
            {
                var (from, to) = (At(band.From), band.IsFold ? X(axis.EndOf(band.From)) : At(band.To));
                if (to - from < 2 && !taken.Add((row, "band" + band.Look, (int)from / 2)))
                {
                    continue;
                }

                on.Box(from, y + 3, Math.Max(1.5, to - from), Row - 7, Ground(band.Look), Edge(band.Look));
                var text = lanes.WordsOf(band).Text;
                if ((text.Length * 11 * Letter) + 8 <= to - from)
                {
                    on.Words(from + 4, y + 15, 11, Ink(band.Look), text);
                }
            }

            if (track.IsWave)
            {
                on.Path(WaveOf(track, y, At), Colours.Intx, 2);
            }

            foreach (var series in track.Marks)
            {
                foreach (var entry in series.Entries)
                {
                    if (At(entry) is var x && taken.Add((row, series.Symbol, (int)x / 4)))
                    {
                        DrawMark(on, series, x, y + (Row / 2) - 1);
                    }
                }
            }
        }
    }

    // All if there is room; else the phases, the CPUs, and what the outcomes that matter are about, and then the others.
    private static IReadOnlyList<int> Chosen(Lanes lanes, Run run)
    {
        if (lanes.Rows.Count <= MostRows)
        {
            return [.. Enumerable.Range(0, lanes.Rows.Count)];
        }

        var machine = run.Machine;
        var matter = Outcomes.Of(run).Where(o => OutcomeText.WeightOf(o.Kind) >= OutcomeWeight.Notable).OrderByDescending(o => OutcomeText.WeightOf(o.Kind)).ToList();
        var lines = matter.Select(o => o.Line >= 0 ? o.Line : machine.Functions[o.Function].Line).Where(l => l >= 0).Distinct().Take(2).ToHashSet();
        var functions = matter.Where(o => o.Function >= 0).Select(o => o.Function).Concat(machine.Functions.Where(f => lines.Contains(f.Line)).Select(f => f.Index)).Distinct().Take(4).ToHashSet();
        int Rank(Lane lane) => lane.Kind switch
        {
            LaneKind.Phases => 0,
            LaneKind.Line or LaneKind.Deliveries => lines.Contains(lane.Subject) ? 1 : 4,
            LaneKind.Cpu => lane.Subject == 0 ? 1 : 3,
            _ => functions.Contains(lane.Subject) ? 2 : 5,
        };
        return [.. Enumerable.Range(0, lanes.Rows.Count).OrderBy(i => Rank(lanes.Rows[i])).ThenBy(i => i).Take(MostRows).Order()];
    }

    private static List<(double, double)> WaveOf(LaneTrack wave, double y, Func<int, double> at)
    {
        var high = wave.StartsHigh;
        double Level() => high ? y + 4 : y + Row - 5;
        var points = new List<(double, double)> { (Left, Level()) };
        var last = double.NegativeInfinity;
        foreach (var edge in wave.Edges)
        {
            var x = at(edge);
            var close = x - last < 1.5;
            if (!close)
            {
                points.Add((x, Level()));
                last = x;
            }

            high = !high;
            if (!close)
            {
                points.Add((x, Level()));
            }
            else if (points[^1].Item2 != Level() && points.Count < 4_000)
            {
                // Too close to be told apart: an upright stroke.
                points.Add((last, Level()));
            }
        }

        points.Add((Right, Level()));
        return points;
    }

    private static void DrawMark(IPicture on, MarkSeries mark, double x, double y)
    {
        var colour = Edge(mark.Look);
        var filled = !mark.Symbol.EndsWith("open", StringComparison.Ordinal);
        const double r = 5;
        switch (mark.Symbol)
        {
            case "triangle-up" or "triangle-up-open":
                on.Shape([(x, y - r), (x + r, y + r), (x - r, y + r)], colour, filled);
                break;
            case "triangle-down-open":
                on.Shape([(x, y + r), (x + r, y - r), (x - r, y - r)], colour, filled);
                break;
            case "circle-open" or "diamond-open":
                on.Shape([(x, y - r), (x + r, y), (x, y + r), (x - r, y)], colour, filled);
                break;
            case "square-open":
                on.Shape([(x - 4, y - 4), (x + 4, y - 4), (x + 4, y + 4), (x - 4, y + 4)], colour, filled);
                break;
            case "line-ns-open":
                on.Path([(x, y - r), (x, y + r)], colour, 1.6);
                break;
            default:
                on.Path([(x - 4, y - 4), (x + 4, y + 4)], colour, 2);
                on.Path([(x - 4, y + 4), (x + 4, y - 4)], colour, 2);
                break;
        }
    }

    private static string Fit(string text, double width, double size)
    {
        var most = (int)(width / (size * Letter));
        return text.Length <= most ? text : text[..(most - 1)] + "…";
    }

    private static string Edge(Look look) => look switch
    {
        Look.Msi => Colours.Msi,
        Look.Intx => Colours.Intx,
        Look.Dead => Colours.Dead,
        Look.Run => Colours.Run,
        _ => Colours.Muted,
    };

    private static string Ink(Look look) => look switch
    {
        Look.Msi => Colours.MsiText,
        Look.Intx => Colours.IntxText,
        Look.Dead => Colours.DeadText,
        Look.Run => Colours.RunText,
        _ => Colours.Ink,
    };

    private static string Ground(Look look) => look == Look.Neutral ? Colours.Soft : Palette.Mix(Edge(look), Colours.Panel, 0.15);
}
