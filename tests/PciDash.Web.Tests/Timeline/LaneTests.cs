using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;
using PciDash.Scenarios.Pictures;
using PciDash.Scenarios.Timeline;
using PciDash.Web.Lab;
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
            ["phases", "cpu0", "00:01.0/mode", "00:01.0/bme", "00:01.0/pin", "00:09.0/mode", "00:09.0/bme", "00:09.0/msi", "00:09.0/pin", "irq21", "irq21/deliveries", "irq21/rate"], ids);
    }

    [Fact]
    public void Mode_of_the_card_goes_from_messages_to_the_wire_and_no_gap_is_left()
    {
        var lanes = new Lanes(Runs.Story);
        var mode = lanes.Rows.ToList().FindIndex(r => r.Id == "00:09.0/mode");
        var bands = lanes.Track(mode).Bands;
        Assert.Equal("MSI-X", bands[0].Text);
        Assert.Contains(bands, b => b.Text == "INTx" && b.Look == Look.Intx);
        Assert.Equal(0, bands[0].From);
        Assert.Equal(Runs.Story.Recording.Count, bands[^1].To);
        Assert.All(bands.Zip(bands.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
    }

    [Fact]
    public void The_end_of_the_irq_is_called_out_in_words_and_only_when_it_happens()
    {
        Assert.Equal("✕ nobody cared", Assert.Single(new Lanes(Runs.Story).Callouts).Text);
        Assert.Empty(new Lanes(Runs.Patched).Callouts);
    }

    [Fact]
    public void A_storm_is_one_band_with_its_number_on_it()
    {
        var lanes = new Lanes(Runs.Story);
        var deliveries = lanes.Rows.ToList().FindIndex(r => r.Id == "irq21/deliveries");
        var folds = lanes.Track(deliveries).Folds;
        Assert.NotEmpty(folds);
        Assert.All(folds, b => Assert.Matches(@"^×[\d,]+$", lanes.WordsOf(b).Text));
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

    [Fact]
    public void Lanes_for_dma_power_and_threads_are_there_exactly_where_these_happen()
    {
        var found = new HashSet<LaneKind>();
        foreach (var run in ScenarioPresets.All.Select(p => Runs.Of(p.Id)).Append(Sleeps))
        {
            var lanes = Lanes.Of(run);
            foreach (var (kind, lane, id) in new[] { (EventKind.Dma, LaneKind.Dma, "dma"), (EventKind.PowerState, LaneKind.Power, "power"), (EventKind.IrqThread, LaneKind.Thread, "thread") })
            {
                var at = Entries(run).Where(e => e.Kind == kind).Select(e => $"{run.Machine.Functions[e.Subject].Bdf}/{id}").Distinct().Order().ToList();
                Assert.Equal(at, lanes.Rows.Where(r => r.Kind == lane).Select(r => r.Id).Order());
                found.UnionWith(at.Count > 0 ? [lane] : []);
            }
        }

        Assert.Equal([LaneKind.Dma, LaneKind.Power, LaneKind.Thread], found.Order());
    }

    [Fact]
    public void Power_bands_change_where_the_function_does_and_say_so()
    {
        var lanes = Lanes.Of(Sleeps);
        var row = lanes.Rows.ToList().FindIndex(r => r.Kind == LaneKind.Power);
        var sleep = Entries(Sleeps).ToList().FindIndex(e => e is { Kind: EventKind.PowerState, A: 3 } && e.Subject == lanes.Rows[row].Subject);
        Assert.Contains(lanes.Track(row).Bands, b => b.From == sleep && b is { Text: "D3hot", Look: Look.Dead });
        Assert.Contains(lanes.Track(row).Bands, b => b.To == sleep && b.Text == "D0");
    }

    [Fact]
    public void A_vector_that_is_given_up_is_dead_on_its_function_s_messages()
    {
        var found = 0;
        foreach (var run in ScenarioPresets.All.Select(p => Runs.Of(p.Id)).Append(Aliased))
        {
            var lanes = Lanes.Of(run);
            foreach (var (e, i) in Entries(run).Select((e, i) => (e, i)).Where(x => x.e.Kind == EventKind.IrqDisabled && x.e.Subject >= run.Machine.Lines.Count))
            {
                var row = lanes.IndexOf($"{run.Machine.FunctionOf(e.Subject)!.Bdf}/msi");
                var dead = Assert.Single(lanes.Track(row).Bands, b => b.From == i);
                Assert.Contains($"irq {run.Machine.IrqOf(e.Subject)} is disabled", dead.Detail, StringComparison.Ordinal);
                Assert.True(dead.To > i);
                Assert.Contains(lanes.Callouts, c => c.Lane == row);
                found++;
            }

            Assert.All(Enumerable.Range(0, lanes.Rows.Count), r => Assert.All(lanes.Track(r).Bands.Zip(lanes.Track(r).Bands.Skip(1)), p => Assert.True(p.First.To <= p.Second.From)));
        }

        Assert.NotEqual(0, found);
    }

    [Theory]
    [InlineData(Runs.StoryId)]
    [InlineData(Runs.StoryId + "-busy-sharer")]
    [InlineData(Runs.StoryId + "-noirqdebug")]
    public void Rate_counts_each_delivery_of_each_round_once(string preset)
    {
        var run = Runs.Of(preset);
        var line = run.Machine.Lines.Single(l => l.Gsi.Value == 21);
        var lanes = Lanes.Of(run);
        var rate = lanes.Track(lanes.IndexOf("irq21/rate")).Rate!;
        var last = (0L, 0L);
        foreach (var raw in Enumerable.Range(0, 300).Select(i => run.Recording.RawCount * i / 299).Concat(Enumerable.Range(0, 60).Select(i => (long)i)).Order())
        {
            var now = rate.Before(raw);
            Assert.Equal(Count(run, line.Index, raw), now.Handled + now.Unhandled);
            Assert.True(now.Handled >= last.Item1 && now.Unhandled >= last.Item2);
            Assert.Equal(now.Handled + now.Unhandled > 0, rate.LastBefore(raw) is not null);
            Assert.True(rate.LastBefore(raw) is not { } at || at <= run.Recording.EventAt(raw - 1).TimeNs);
            last = now;
        }
    }

    [Fact]
    public void Rate_tells_what_nobody_handled_from_what_was_handled()
    {
        var story = Lanes.Of(Runs.Story);
        var (handled, unhandled) = story.Track(story.IndexOf("irq21/rate")).Rate!.Before(Runs.Story.First(EventKind.NobodyCared).Raw);
        Assert.Equal((0, 100_000), (handled, unhandled));
        var busy = Lanes.Of(Runs.Of(Runs.StoryId + "-busy-sharer"));
        Assert.True(busy.Track(busy.IndexOf("irq21/rate")).Rate!.Before(long.MaxValue).Handled > 0);
    }

    [Fact]
    public void Rate_is_the_same_however_far_one_zooms_into_an_even_storm()
    {
        var run = Runs.Story;
        var (lanes, axis) = (Lanes.Of(run), TimeAxis.Of(run, AxisMode.Phases));
        var fold = run.Recording.Folds.MaxBy(f => f.Rounds);
        double At(long round) => axis.OfRaw(run.Recording.Entries[fold.FirstEntry].Raw + (round * fold.Length));
        var expected = 1e9 / fold.PeriodNs / 1e3;
        foreach (var rounds in new[] { 3, 20, 1_000, 5_000 })
        {
            var chart = new LaneChart(lanes, axis, Palette.Light);
            chart.Draw([lanes.IndexOf("irq21/rate")], At(2_000), At(2_000 + rounds));
            var said = Assert.Single(chart.Scales).Text;
            Assert.InRange(double.Parse(said.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), expected * 0.9, expected * 1.15);
            Assert.EndsWith(" k/s", said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_storm_unfolds_into_its_rounds_when_it_is_zoomed_into()
    {
        var run = Runs.Story;
        var (lanes, axis) = (Lanes.Of(run), TimeAxis.Of(run, AxisMode.Phases));
        var fold = run.Recording.Folds.MaxBy(f => f.Rounds);
        var rows = new[] { lanes.IndexOf("irq21/deliveries") };
        var delivery = lanes.Track(rows[0]).Folds.Single(b => b.From >= fold.FirstEntry && b.From < fold.EndEntry).From;
        double At(long round) => axis.OfRaw(run.Recording.Entries[delivery].Raw + (round * fold.Length));

        Assert.Contains(new LaneChart(lanes, axis, Palette.Light).Draw(rows, 0, axis.End).OfType<Bar>(), b => b.TextArray.Contains($"×{fold.Rounds:N0}"));
        var middle = fold.Rounds / 2;
        var drawn = new LaneChart(lanes, axis, Palette.Light).Draw(rows, At(middle), At(middle + 20));
        Assert.Empty(drawn.OfType<Bar>());
        var marks = Assert.Single(drawn.OfType<Scatter>());
        Assert.Equal(21, marks.X.Count);
        Assert.Equal($"irq 21 delivered to CPU 0, round {middle + 1:N0} of {fold.Rounds:N0}", marks.HoverTextArray[0]);
    }

    [Fact]
    public void What_is_merged_says_how_much_and_nothing_gets_lost()
    {
        var lanes = Lanes.Of(Runs.Large);
        var axis = TimeAxis.Of(Runs.Large, AxisMode.Time);
        var row = Enumerable.Range(0, lanes.Rows.Count).First(r => lanes.Track(r).Marks.Any(m => m.Entries.Count > 1_000));
        var series = lanes.Track(row).Marks.MaxBy(m => m.Entries.Count)!;
        var words = new LaneChart(lanes, axis, Palette.Light).Draw([row], 0, axis.End).OfType<Scatter>().SelectMany(s => s.HoverTextArray)
            .Select(t => System.Text.RegularExpressions.Regex.Match(t, @"\(\+([\d,]+) here\)$")).ToList();
        var merged = words.Sum(w => w.Success ? int.Parse(w.Groups[1].Value, System.Globalization.NumberStyles.AllowThousands, System.Globalization.CultureInfo.InvariantCulture) : 0);
        Assert.Equal(lanes.Track(row).Marks.Sum(m => m.Entries.Count), merged + words.Count);
        Assert.InRange(words.Count, 10, 400 * lanes.Track(row).Marks.Count);
    }

    // Two kernels that leave MSI on: in the second one the first card has no driver, and its vector is the second card's.
    private static Run Aliased
    {
        get
        {
            var (stale, innocent) = (new Bdf(0, 9, 0), new Bdf(0, 10, 0));
            FunctionSpec Card(Bdf bdf, int gsi) => new(bdf, DeviceModel.Find("mptsas")!) { Gsi = new Gsi(gsi), Events = gsi == 21 ? [new EventSource("rx", 10_000)] : [] };
            BootSpec Boot(ShutdownPath path, Bdf without) => new(KernelRelease.Find("2.6.24")!, ShutdownPolicy.Find("P0")!, path)
            {
                Drivers = new Dictionary<Bdf, DriverModel?> { [without] = null }, Stimuli = path == ShutdownPath.None ? [StimulusForms.Wait(1_500_000_000)] : [],
            };
            return Run.Of(CompiledMachine.Compile(new Scenario("aliased", Platform.AcpiPc, [Card(stale, 21), Card(innocent, 22)], [Boot(ShutdownPath.Kexec, innocent), Boot(ShutdownPath.None, stale)])));
        }
    }

    // A card that its driver puts to sleep on the way to power off.
    private static Run Sleeps { get; } = Run.Of(CompiledMachine.Compile(ScenarioPresets.Find("screaming-msi-2011")!.Scenario.WithPath(ShutdownPath.Poweroff)));

    private static long Count(Run run, int line, long raw)
    {
        var r = run.Recording;
        var sum = 0L;
        for (var i = 0; i < r.Count; i++)
        {
            if (r.Entries[i].Event is { Kind: EventKind.IrqDelivered } e && e.Subject == line && r.Entries[i].Raw < raw)
            {
                sum += r.FoldOf(i) is { } fold ? Math.Min(fold.Rounds, ((raw - r.Entries[i].Raw - 1) / fold.Length) + 1) : 1;
            }
        }

        return sum;
    }

    private static IEnumerable<MachineEvent> Entries(Run run)
    {
        for (var i = 0; i < run.Recording.Count; i++)
        {
            yield return run.Recording.Entries[i].Event;
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
