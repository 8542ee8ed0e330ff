using PciDash.Scenarios;
using PciDash.Scenarios.Timeline;
using PciDash.Web.Timeline;

namespace PciDash.Web.Tests.Timeline;

public class LaneArrangementTests
{
    private static Lanes Story => Lanes.Of(Runs.Story);

    [Fact]
    public void Nothing_arranged_is_all_lanes_as_they_come()
    {
        Assert.Equal(Story.Rows.Select(r => r.Id), Ids(LaneArrangement.None));
        Assert.False(LaneArrangement.None.IsChanged);
    }

    [Theory]
    [InlineData("irq 21", new[] { "irq21", "irq21/deliveries", "irq21/rate" })]
    [InlineData("RATE", new[] { "irq21/rate" })]
    [InlineData("uhci", new[] { "00:01.0/mode", "00:01.0/bme", "00:01.0/pin" })]
    [InlineData("00:09.0 inta", new[] { "00:09.0/pin" })]
    [InlineData("nothing like it", new string[0])]
    public void Filter_looks_for_all_its_words_in_names_and_parents(string filter, string[] expected) =>
        Assert.Equal(expected, Ids(new() { Filter = filter }));

    [Fact]
    public void What_is_pinned_stays_through_a_filter_and_what_is_folded_is_found()
    {
        Assert.Equal(["cpu0", "irq21/rate"], Ids(new() { Filter = "rate", Pinned = ["cpu0"], Folded = ["irq21"] }));
        Assert.Equal(["phases", "cpu0", "00:01.0/mode", "00:09.0/mode", "00:09.0/bme", "00:09.0/msi", "00:09.0/pin", "irq21"], Ids(new() { Folded = ["irq21", "00:01.0/mode"] }));
    }

    [Fact]
    public void Hundreds_of_lanes_come_folded_and_those_first_of_which_most_is_to_be_told()
    {
        var many = Lanes.Of(Runs.Huge);
        Assert.True(many.Rows.Count > 3_000);
        var shown = LaneArrangement.None.Of(many, out var leftOut);
        Assert.Equal(LaneArrangement.MostShown, shown.Count);
        Assert.Equal(many.Rows.Count(r => !r.IsChild) - shown.Count, leftOut);
        Assert.DoesNotContain(shown, s => many.Rows[s.Lane].IsChild);
        Assert.All(shown.Where(s => s.Children), s => Assert.True(s.IsFolded));
        var ids = shown.Select(s => many.Rows[s.Lane].Id).ToList();
        Assert.Equal(["phases", "cpu0"], ids[..2]);
        Assert.Contains("irq21", ids);
        Assert.Contains("00:09.0/mode", ids);
        Assert.False(LaneArrangement.None.IsChanged);
        Assert.False(LaneArrangement.ComesFolded(Story));
    }

    [Fact]
    public void A_folded_lane_among_hundreds_is_opened_found_pinned_and_all_are_shown_at_once()
    {
        var many = Lanes.Of(Runs.Huge);
        string[] Shown(LaneArrangement a) => [.. a.Of(many).Select(s => many.Rows[s.Lane].Id)];
        var opened = LaneArrangement.None.Unfolded(many, "irq21");
        Assert.Subset(Shown(opened).ToHashSet(), new HashSet<string> { "irq21", "irq21/deliveries" });
        Assert.Equal(LaneArrangement.None, opened.Unfolded(many, "irq21") with { Folded = LaneArrangement.None.Folded });
        Assert.Equal(Shown(LaneArrangement.None), Shown(opened.Unfolded(many, "irq21")));
        Assert.Equal(["03:02.3/pin"], Shown(new() { Filter = "03:02.3 inta" }));
        Assert.Equal("04:1e.0/pin", Shown(new() { Pinned = ["04:1e.0/pin"] })[0]);

        var all = LaneArrangement.None.WithAllOpen(true);
        Assert.Equal(many.Rows.Select(r => r.Id), Shown(all));
        Assert.Equal(many.Rows.Count - 1, Shown(all.Unfolded(many, "03:02.3/mode")).Length + (many.Rows.Count(r => r.Id.StartsWith("03:02.3/", StringComparison.Ordinal)) - 2));
        Assert.Equal(Shown(LaneArrangement.None), Shown(all.WithAllOpen(false)));
        Assert.Equal(Shown(all), Shown(LaneArrangement.Of(all.In(RunView.None))));
    }

    [Fact]
    public void A_hidden_parent_takes_its_children_along_and_a_child_goes_alone()
    {
        var ids = Ids(new() { Hidden = ["00:01.0/mode", "irq21/rate"] });
        Assert.Equal(["phases", "cpu0", "00:09.0/mode", "00:09.0/bme", "00:09.0/msi", "00:09.0/pin", "irq21", "irq21/deliveries"], ids);
    }

    [Fact]
    public void Lanes_move_among_their_like_and_past_what_is_not_shown()
    {
        var up = LaneArrangement.None.Moved(Story, "irq21", -1);
        Assert.Equal(["phases", "cpu0", "00:01.0/mode", "00:01.0/bme", "00:01.0/pin", "irq21", "irq21/deliveries", "irq21/rate", "00:09.0/mode", "00:09.0/bme", "00:09.0/msi", "00:09.0/pin"], Ids(up));
        Assert.Equal(Ids(LaneArrangement.None), Ids(up.Moved(Story, "irq21", 1)));
        Assert.Equal("irq21", Ids(new LaneArrangement { Hidden = ["00:01.0/mode", "00:09.0/mode"] }.Moved(Story, "irq21", -1))[1]);
        Assert.Equal(["irq21", "irq21/rate", "irq21/deliveries"], Ids(LaneArrangement.None.Moved(Story, "irq21/rate", -1))[^3..]);
        Assert.Same(up, up.Moved(Story, "phases", -1));
        Assert.Equal(["irq21", "cpu0"], Ids(new LaneArrangement { Pinned = ["cpu0", "irq21"] }.Moved(Story, "irq21", -1))[..2]);
    }

    [Fact]
    public void Dropping_beside_a_pinned_lane_pins_and_elsewhere_unpins()
    {
        var pinned = new LaneArrangement { Pinned = ["cpu0"] };
        Assert.Equal(["cpu0", "00:09.0/pin", "phases"], Ids(pinned.Put(Story, "00:09.0/pin", "cpu0", after: true))[..3]);
        Assert.Empty(pinned.Put(Story, "cpu0", "irq21", after: true).Pinned);
        Assert.Same(pinned, pinned.Put(Story, "00:09.0/pin", "irq21/rate", after: true));
        Assert.Same(pinned, pinned.Put(Story, "no such lane", "cpu0", after: true));
        Assert.Equal(["phases", "cpu0", "00:01.0/mode", "00:01.0/bme", "00:01.0/pin", "irq21"], Ids(LaneArrangement.None.Put(Story, "00:09.0/mode", "irq21/rate", after: true))[..6]);
    }

    [Fact]
    public void It_travels_in_the_view_and_names_of_other_machines_do_no_harm()
    {
        var arrangement = new LaneArrangement { Filter = "irq 21", Hidden = ["cpu0", "00:1f.0/pin"], Folded = ["irq21"], Pinned = ["00:09.0/pin"], Order = ["irq21", "phases", "0000/none"] };
        var back = LaneArrangement.Of(arrangement.In(RunView.None));
        Assert.Equal(arrangement.Key, back.Key);
        Assert.Equal(RunView.None, LaneArrangement.None.In(RunView.None));
        Assert.NotEmpty(back.Of(Story));
    }

    private static string[] Ids(LaneArrangement arrangement) => [.. arrangement.Of(Story).Select(s => Story.Rows[s.Lane].Id)];
}
