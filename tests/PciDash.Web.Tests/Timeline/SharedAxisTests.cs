using PciDash.Engine.Simulation;
using PciDash.Scenarios.Timeline;

namespace PciDash.Web.Tests.Timeline;

/// <summary>One axis for two runs.</summary>
public class SharedAxisTests
{
    public static TheoryData<AxisMode> Modes => new(Enum.GetValues<AxisMode>());

    private static long[] Sample(Run run) => [.. Enumerable.Range(0, 2_000).Select(i => i * Math.Max(1, run.Recording.RawCount / 2_000)).Where(r => r < run.Recording.RawCount).Append(run.Recording.RawCount - 1)];

    [Theory, MemberData(nameof(Modes))]
    public void What_is_equal_stands_at_equal_places_and_later_events_never_further_left(AxisMode mode)
    {
        var shared = new SharedAxis(Runs.Story, Runs.Patched, mode);
        var (a, b) = (new TimeAxis(Runs.Story, mode, shared), new TimeAxis(Runs.Patched, mode, shared));
        var parts = Divergence.Of(Runs.Story, Runs.Patched)!.Raw;
        Assert.True(parts > 5);
        for (var raw = 0L; raw < parts; raw++)
        {
            Assert.Equal(a.OfRaw(raw), b.OfRaw(raw));
        }

        foreach (var (run, axis) in new[] { (Runs.Story, a), (Runs.Patched, b) })
        {
            Assert.Equal(shared.End, axis.End);
            var last = -1.0;
            foreach (var raw in Sample(run))
            {
                var at = axis.OfRaw(raw);
                Assert.True(at >= last - 1e-9, $"{raw} stands at {at}, left of {last}");
                Assert.InRange(at, 0, axis.End + 1e-9);
                last = at;
            }
        }
    }

    [Theory, MemberData(nameof(Modes))]
    public void A_time_stands_at_one_place_whichever_run_asks_and_is_found_again(AxisMode mode)
    {
        var shared = new SharedAxis(Runs.Story, Runs.Patched, mode);
        var (a, b) = (new TimeAxis(Runs.Story, mode, shared), new TimeAxis(Runs.Patched, mode, shared));
        foreach (var raw in Sample(Runs.Story))
        {
            var ns = Runs.Story.Recording.EventAt(raw).TimeNs;
            Assert.Equal(a.FromNs(ns), b.FromNs(ns));
            Assert.InRange(a.ToNs(a.FromNs(ns)) - ns, -1_000, 1_000);
        }
    }

    [Fact]
    public void A_click_on_an_event_finds_it_again()
    {
        var shared = new SharedAxis(Runs.Story, Runs.Patched, AxisMode.Phases);
        var axis = new TimeAxis(Runs.Story, AxisMode.Phases, shared);
        foreach (var raw in Sample(Runs.Story))
        {
            var found = axis.RawAt(axis.OfRaw(raw));
            Assert.True(found >= raw);
            Assert.InRange(Runs.Story.Recording.EventAt(found).TimeNs - Runs.Story.Recording.EventAt(raw).TimeNs, 0, 1_000);
        }
    }
}
