using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Web.Lab;
using PciDash.Web.Theming;
using PciDash.Web.Timeline;
using Plotly.Blazor;
using Plotly.Blazor.Traces;

namespace PciDash.Web.Tests.Timeline;

public class LaneTests
{
    public static TheoryData<string, AxisMode> RunsAndModes => TimeAxisTests.RunsAndModes;

    [Fact]
    public void Story_has_a_lane_for_each_thing_that_takes_part()
    {
        var ids = new Lanes(Runs.Story).Rows.Select(r => r.Id).ToList();
        Assert.Equal(
            ["phases", "cpu0", "00:01.0/mode", "00:01.0/bme", "00:01.0/pin", "00:09.0/mode", "00:09.0/bme", "00:09.0/msi", "00:09.0/pin", "irq21", "irq21/deliveries"], ids);
    }

    [Fact]
    public void Mode_of_the_card_goes_from_messages_to_the_wire_and_no_gap_is_left()
    {
        var lanes = new Lanes(Runs.Story);
        var mode = lanes.Rows.ToList().FindIndex(r => r.Id == "00:09.0/mode");
        var bands = lanes.Bands.Where(b => b.Lane == mode).OrderBy(b => b.From).ToList();
        Assert.Equal("MSI-X", bands[0].Text);
        Assert.Contains(bands, b => b.Text == "INTx" && b.Look == Look.Intx);
        Assert.Equal(0, bands[0].From);
        Assert.Equal(Runs.Story.Recording.Count, bands[^1].To);
        Assert.All(bands.Zip(bands.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
    }

    [Fact]
    public void The_end_of_the_irq_is_called_out_in_words_and_only_when_it_happens()
    {
        Assert.Equal("✕ nobody cared", Assert.Single(new Lanes(Runs.Story).Marks, m => m.Callout is not null).Callout);
        Assert.DoesNotContain(new Lanes(Runs.Patched).Marks, m => m.Callout is not null);
    }

    [Fact]
    public void A_storm_is_one_band_with_its_number_on_it()
    {
        var lanes = new Lanes(Runs.Story);
        var deliveries = lanes.Rows.ToList().FindIndex(r => r.Id == "irq21/deliveries");
        var folds = lanes.Bands.Where(b => b.Lane == deliveries && b.IsFold).ToList();
        Assert.NotEmpty(folds);
        Assert.All(folds, b => Assert.Matches(@"^×[\d,]+$", b.Text));
    }

    [Theory, MemberData(nameof(RunsAndModes))]
    public void What_is_sent_stays_small(string preset, AxisMode mode) => AssertSmall(Runs.Of(preset), mode);

    [Theory]
    [InlineData(AxisMode.Phases)]
    [InlineData(AxisMode.Sequence)]
    [InlineData(AxisMode.Time)]
    public void What_is_sent_stays_small_for_many_busy_cards(AxisMode mode)
    {
        Assert.True(Runs.Large.Recording.RawCount > 100_000, $"{Runs.Large.Recording.RawCount} events");
        AssertSmall(Runs.Large, mode);
    }

    [Fact]
    public void Wave_draws_only_the_window_and_starts_at_its_true_level()
    {
        var up = Runs.Story.First(EventKind.Line, e => e.A == 1);
        var axis = new TimeAxis(Runs.Story, AxisMode.Phases);
        var lanes = new Lanes(Runs.Story);
        var row = lanes.Rows.ToList().FindIndex(r => r.Id == "irq21");
        var from = axis.OfRaw(up.Raw) + 0.1;
        var wave = new LaneChart(lanes, axis, Palette.Light).Draw([row], from, from + 1).OfType<Scatter>().First(s => s.Line is not null);
        Assert.All(wave.X, x => Assert.InRange((double)x, from, from + 1));
        Assert.True((double)wave.Y[0] < 0, "it is up, and the axis runs downwards");
    }

    [Fact]
    public void Next_and_back_are_each_other_s_inverse()
    {
        foreach (var run in new[] { Runs.Story, Runs.Patched })
        {
            var r = run.Recording;
            for (var i = 0; i + 1 < r.Count; i++)
            {
                var raw = r.Entries[i].Raw;
                var next = Stepping.Next(r, raw, 1);
                Assert.True(next > raw);
                Assert.Equal(raw, Stepping.Next(r, next, -1));
            }

            Assert.Equal(0, Stepping.Next(r, 0, -1));
            Assert.Equal(r.Entries[^1].Raw, Stepping.Next(r, r.Entries[^1].Raw, 1));
        }
    }

    [Fact]
    public void Stepping_on_a_lane_stays_on_it_and_comes_back()
    {
        var r = Runs.Story.Recording;
        foreach (var lane in new Lanes(Runs.Story).Rows)
        {
            var at = Stepping.OnLane(r, lane, -1, 1);
            for (var i = 0; i < 500; i++)
            {
                var next = Stepping.OnLane(r, lane, at, 1);
                if (next == at)
                {
                    break;
                }

                Assert.True(Stepping.IsOn(lane, r.EventAt(next).Event));
                Assert.Equal(at, Stepping.OnLane(r, lane, next, -1));
                at = next;
            }
        }
    }

    private static void AssertSmall(Run run, AxisMode mode)
    {
        var lanes = new Lanes(run);
        var axis = new TimeAxis(run, mode);
        var rows = Enumerable.Range(0, lanes.Rows.Count).ToList();
        var chart = new LaneChart(lanes, axis, Palette.Light);
        foreach (var (from, to) in new[] { (0, axis.End), (axis.End * 0.4, axis.End * 0.5), (axis.End * 0.001, axis.End * 0.002) })
        {
            var points = chart.Draw(rows, from, to).Sum(Points);
            Assert.InRange(points, 1, 4_000);
            Assert.InRange(chart.Draw(rows, from, to).Where(IsMarks).Sum(Points), 0, 2_000);
        }
    }

    private static bool IsMarks(ITrace trace) => trace is Bar || trace is Scatter { Line: null };

    private static int Points(ITrace trace) => trace switch
    {
        Scatter s => s.X.Count,
        Bar b => b.X.Count,
        _ => 0,
    };
}
