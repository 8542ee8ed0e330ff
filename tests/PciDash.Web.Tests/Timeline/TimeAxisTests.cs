using PciDash.Engine.Machine;
using PciDash.Scenarios.Timeline;

namespace PciDash.Web.Tests.Timeline;

public class TimeAxisTests
{
    public static TheoryData<string, AxisMode> RunsAndModes
    {
        get
        {
            var all = new TheoryData<string, AxisMode>();
            foreach (var preset in new[] { Runs.StoryId, Runs.StoryId + "-kexec", Runs.StoryId + "-noirqdebug", Runs.StoryId + "-busy-sharer", "live-msix-off" })
            {
                foreach (var mode in Enum.GetValues<AxisMode>())
                {
                    all.Add(preset, mode);
                }
            }

            return all;
        }
    }

    [Theory, MemberData(nameof(RunsAndModes))]
    public void Later_events_never_stand_further_left(string preset, AxisMode mode)
    {
        var run = Runs.Of(preset);
        var axis = new TimeAxis(run, mode);
        var last = double.NegativeInfinity;
        foreach (var raw in Sample(run.Recording.RawCount))
        {
            var at = axis.OfRaw(raw);
            Assert.True(at >= last, $"{raw} stands at {at}, left of {last}");
            Assert.InRange(at, 0, axis.End + 1e-9);
            last = at;
        }
    }

    [Theory, MemberData(nameof(RunsAndModes))]
    public void A_click_on_an_event_finds_it_again_inside_a_storm_too(string preset, AxisMode mode)
    {
        var run = Runs.Of(preset);
        var axis = new TimeAxis(run, mode);
        foreach (var raw in Sample(run.Recording.RawCount))
        {
            var found = axis.RawAt(axis.OfRaw(raw));
            if (mode == AxisMode.Time)
            {
                // Events of one instant stand at one place, and the last of them is found.
                Assert.True(found >= raw);
                Assert.InRange(run.Recording.EventAt(found).TimeNs - run.Recording.EventAt(raw).TimeNs, 0, 1);
            }
            else
            {
                Assert.Equal(raw, found);
            }
        }
    }

    [Theory, MemberData(nameof(RunsAndModes))]
    public void A_window_given_in_time_comes_back_at_its_place(string preset, AxisMode mode)
    {
        var run = Runs.Of(preset);
        var axis = new TimeAxis(run, mode);
        var last = long.MinValue;
        for (var i = 0; i <= 400; i++)
        {
            var position = axis.End * i / 400;
            var ns = axis.ToNs(position);
            Assert.True(ns >= last, $"at {position} of {axis.End}: {ns} ns after {last} ns");
            last = ns;
            Assert.InRange(axis.ToNs(axis.FromNs(ns)) - ns, 0, Math.Max(1, run.EndNs / 1_000_000));
        }
    }

    [Fact]
    public void Fifty_five_microseconds_and_half_a_second_are_both_visible()
    {
        // On kexec, 55 µs pass between MSI-X and Bus Master going off; the storm of the reboot lasts half a second.
        var kexec = Runs.Of(Runs.StoryId + "-kexec");
        var off = kexec.First(EventKind.CfgMsix, e => e.A == 0);
        var master = kexec.First(EventKind.CfgCommand, e => ((e.A ^ e.B) & 4) != 0);
        Assert.InRange(master.TimeNs - off.TimeNs, 40_000, 70_000);
        AssertVisible(new TimeAxis(kexec, AxisMode.Phases), off.Raw, master.Raw);

        var up = Runs.Story.First(EventKind.Line, e => e.A == 1);
        var dead = Runs.Story.First(EventKind.NobodyCared);
        Assert.InRange(dead.TimeNs - up.TimeNs, 300_000_000, 700_000_000);
        AssertVisible(new TimeAxis(Runs.Story, AxisMode.Phases), up.Raw, dead.Raw);
    }

    [Fact]
    public void Sequence_gives_each_event_one_step_and_time_each_nanosecond_the_same()
    {
        var sequence = new TimeAxis(Runs.Story, AxisMode.Sequence);
        var time = new TimeAxis(Runs.Story, AxisMode.Time);
        var entries = Runs.Story.Recording.Entries;
        for (var i = 1; i < entries.Length; i++)
        {
            if (Runs.Story.Recording.FoldOf(i - 1) is null)
            {
                Assert.Equal(1, sequence.Of(i) - sequence.Of(i - 1), 6);
            }

            Assert.Equal((entries[i].TimeNs - entries[0].TimeNs) / 1e6, time.Of(i), 6);
        }
    }

    [Fact]
    public void There_are_never_more_ticks_than_asked_for() =>
        Assert.All([3, 5, 9], most => Assert.InRange(Ticks(most), 1, most + 1));

    private static int Ticks(int most)
    {
        var axis = new TimeAxis(Runs.Story, AxisMode.Phases);
        return axis.Ticks(0, axis.End, most).Count;
    }

    private static void AssertVisible(TimeAxis axis, long from, long to)
    {
        var share = (axis.OfRaw(to) - axis.OfRaw(from)) / axis.End;
        Assert.True(share >= 1 / 200.0, $"{share:P2} of the width");
    }

    private static IEnumerable<long> Sample(long count)
    {
        var step = Math.Max(1, count / 5_000);
        for (var raw = 0L; raw < count; raw += raw < 2_000 || raw > count - 500 ? 1 : step)
        {
            yield return raw;
        }
    }
}
