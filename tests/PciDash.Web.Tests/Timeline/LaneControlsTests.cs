using Bunit;
using Microsoft.AspNetCore.Components.Web;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Timeline;
using PciDash.Web.Components.Timeline;
using PciDash.Web.Timeline;

namespace PciDash.Web.Tests.Timeline;

/// <summary>What stands around the lanes: their heads, the bar above them, the list of all, and what the marks mean.</summary>
public class LaneControlsTests : ComponentTest
{
    private static readonly Lanes Story = Lanes.Of(Runs.Story);

    private readonly List<LaneArrangement> arranged = [];
    private readonly List<string> selected = [];
    private readonly List<(long? A, long? B)> marked = [];

    private IRenderedComponent<LaneHeads> Heads(LaneArrangement? arrangement = null, string? lane = null, bool arranges = true, bool selects = true, Lanes? lanes = null)
    {
        var arrangedAs = arrangement ?? LaneArrangement.None;
        return Render<LaneHeads>(p =>
        {
            p.Add(h => h.Lanes, lanes ?? Story).Add(h => h.Shown, arrangedAs.Of(lanes ?? Story)).Add(h => h.Arrangement, arrangedAs).Add(h => h.Selected, lane);
            if (selects)
            {
                p.Add(h => h.OnSelect, selected.Add);
            }

            if (arranges)
            {
                p.Add(h => h.OnArrange, arranged.Add);
            }
        });
    }

    [Fact]
    public void Each_lane_has_a_head_with_its_name_and_a_press_selects_it()
    {
        var heads = Heads(lane: "irq21");
        Assert.Equal(Story.Rows.Select(r => r.Id), heads.FindAll(".lane-row").Select(r => r.GetAttribute("data-lane")));
        var head = heads.Find("[data-lane='irq21'] .lane-head");
        Assert.Equal("true", head.GetAttribute("aria-pressed"));
        Assert.Single(heads.FindAll(".lane-head[aria-pressed=true]"));
        Assert.Contains(Story.Rows.First(r => r.Id == "irq21").FullTitle, head.TextContent, StringComparison.Ordinal);
        heads.Find("[data-lane='cpu0'] .lane-head").Click();
        Assert.Equal(["cpu0"], selected);
    }

    [Fact]
    public void Lanes_that_cannot_be_chosen_are_names_only_and_those_that_stay_have_no_tools()
    {
        var names = Heads(selects: false);
        Assert.Equal(Story.Rows.Select(r => r.FullTitle), names.FindAll(".lane-head").Select(h => h.TextContent));
        Assert.Empty(names.FindAll("button"));
        Assert.Empty(Heads(arranges: false).FindAll(".lane-tools"));
    }

    [Fact]
    public void A_filter_that_matches_nothing_leaves_no_head() => Assert.Empty(Heads(new LaneArrangement { Filter = "nothing like it" }).FindAll(".lane-head"));

    [Fact]
    public void A_head_folds_pins_and_hides()
    {
        var heads = Heads();
        heads.Find("[aria-label^='Lanes below IRQ 21']").Click();
        Assert.Contains("irq21", arranged[^1].Folded);
        heads.Find("[data-lane='cpu0'] [aria-label^='Keep ']").Click();
        Assert.Equal(["cpu0"], arranged[^1].Pinned);
        heads.Find("[data-lane='cpu0'] [aria-label^='Hide ']").Click();
        Assert.Equal(["cpu0"], arranged[^1].Hidden);

        var others = Heads(new LaneArrangement { Folded = ["irq21"], Pinned = ["cpu0"] });
        Assert.Equal("false", others.Find("[aria-label^='Lanes below IRQ 21']").GetAttribute("aria-expanded"));
        Assert.Equal("cpu0", others.FindAll(".lane-row")[0].GetAttribute("data-lane"));
        Assert.Equal("true", others.FindAll(".lane-row")[0].QuerySelector("[aria-label^='Keep ']")!.GetAttribute("aria-pressed"));
        others.Find("[data-lane='cpu0'] [aria-label^='Hide ']").Click();
        Assert.Empty(arranged[^1].Pinned);
    }

    [Theory]
    [InlineData("ArrowUp", true)]
    [InlineData("ArrowDown", true)]
    [InlineData("Delete", false)]
    public void Keys_on_a_head_move_and_hide_its_lane(string key, bool alt)
    {
        var head = Heads().Find("[data-lane='cpu0'] .lane-head");
        head.KeyDown(new KeyboardEventArgs { Key = key, AltKey = alt });
        var by = Assert.Single(arranged);
        Assert.Equal(key == "Delete" ? new LaneArrangement { Hidden = ["cpu0"] }.Key : LaneArrangement.None.Moved(Story, "cpu0", key == "ArrowUp" ? -1 : 1).Key, by.Key);
        head.KeyDown(new KeyboardEventArgs { Key = "ArrowUp" });
        Assert.Single(arranged);
    }

    private IRenderedComponent<LaneBar> Bar(Run? run = null, long? a = null, long? b = null, LaneArrangement? arrangement = null, Action<ComponentParameterCollectionBuilder<LaneBar>>? more = null) => Render<LaneBar>(p =>
    {
        p.Add(x => x.Run, run ?? Runs.Story).Add(x => x.Lanes, Lanes.Of(run ?? Runs.Story)).Add(x => x.Arrangement, arrangement ?? LaneArrangement.None)
            .Add(x => x.Cursor, 7L).Add(x => x.MarkerA, a).Add(x => x.MarkerB, b).Add(x => x.OnArrange, arranged.Add).Add(x => x.OnMark, marked.Add);
        more?.Invoke(p);
    });

    [Fact]
    public void Markers_are_set_at_the_cursor_measured_and_taken_away()
    {
        var none = Bar();
        Assert.Equal("", none.Find("output").TextContent);
        Assert.Empty(none.FindAll("[title='Take both markers away']"));
        none.Find("[aria-keyshortcuts=a]").Click();
        none.Find("[aria-keyshortcuts=b]").Click();
        Assert.Equal([(7L, null), (null, 7L)], marked);

        Assert.StartsWith("A at ", Bar(a: 0).Find("output").TextContent, StringComparison.Ordinal);
        Assert.StartsWith("B at ", Bar(b: 5).Find("output").TextContent, StringComparison.Ordinal);
        Assert.EndsWith(", 1 event", Bar(a: 4, b: 5).Find("output").TextContent, StringComparison.Ordinal);
        var both = Bar(a: 0, b: 40);
        var ns = Runs.Story.Recording.EventAt(40).TimeNs - Runs.Story.Recording.EventAt(0).TimeNs;
        Assert.Equal($"A → B: {new Engine.Machine.SimTime(ns)}, 40 events", both.Find("output").TextContent);
        Assert.Equal("true", both.Find("[aria-keyshortcuts=a]").GetAttribute("aria-pressed"));
        both.Find("[title='Take both markers away']").Click();
        Assert.Equal((null, null), marked[^1]);
    }

    [Fact]
    public void Markers_of_a_run_in_which_nothing_happens_are_at_its_begin()
    {
        var run = Run.Of(Runs.Story.Machine, limits: new RunLimits(0, 0));
        Assert.Equal(0, run.Recording.RawCount);
        Assert.Equal($"A → B: {new Engine.Machine.SimTime(0)}, 3 events", Bar(run, 0, 3).Find("output").TextContent);
    }

    [Fact]
    public void The_window_moves_a_picture_is_asked_for_and_hidden_lanes_are_counted()
    {
        var pans = new List<double>();
        var pictures = new List<string>();
        var bar = Bar(arrangement: new LaneArrangement { Hidden = ["cpu0", "a lane of another run"] }, more: p => p.Add(x => x.OnPan, pans.Add).Add(x => x.OnPicture, pictures.Add));
        bar.Find("[aria-keyshortcuts='[']").Click();
        bar.Find("[aria-keyshortcuts=']']").Click();
        Assert.Equal([-0.25, 0.25], pans);
        foreach (var button in bar.FindAll(".lane-pictures button"))
        {
            button.Click();
        }

        Assert.Equal(["png", "svg"], pictures);
        Assert.Equal("Lanes (1 hidden)", bar.Find("[popovertarget=lane-menu]").TextContent);
        Assert.Equal("Lanes", Bar().Find("[popovertarget=lane-menu]").TextContent);
    }

    [Fact]
    public void What_is_typed_filters_once_it_rests()
    {
        var bar = Bar();
        foreach (var text in new[] { "i", "ir", " irq " })
        {
            bar.Find("input[type=search]").Input(text);
        }

        bar.WaitForAssertion(() => Assert.Equal("irq", Assert.Single(arranged).Filter), TimeSpan.FromSeconds(20));
    }

    private IRenderedComponent<LaneMenu> Menu(LaneArrangement? arrangement = null, Lanes? lanes = null)
    {
        var menu = Render<LaneMenu>(p => p.Add(m => m.Lanes, lanes ?? Story).Add(m => m.Arrangement, arrangement ?? LaneArrangement.None).Add(m => m.OnArrange, arranged.Add));
        Assert.Empty(menu.FindAll("li"));
        menu.Find("[popover]").TriggerEvent("ontoggle", EventArgs.Empty);
        return menu;
    }

    [Fact]
    public void The_list_of_lanes_is_drawn_when_it_is_opened_and_each_can_be_hidden_pinned_and_moved()
    {
        var menu = Menu(new LaneArrangement { Hidden = ["cpu0"] });
        Assert.Equal(Story.Rows.Select(r => r.FullTitle), menu.FindAll("li label").Select(l => l.TextContent.Trim()));
        AngleSharp.Dom.IElement Cpu(string what) =>
            menu.FindAll("li").Single(l => l.QuerySelector("label")!.TextContent.Trim() == Story.Rows.First(r => r.Id == "cpu0").FullTitle).QuerySelector(what)!;

        Assert.False(Cpu("input").HasAttribute("checked"));
        Cpu("input").Change(true);
        Assert.Empty(arranged[^1].Hidden);
        Cpu("[aria-label^='Keep ']").Click();
        Assert.Equal(["cpu0"], arranged[^1].Pinned);
        Cpu("[aria-label$=' up']").Click();
        Assert.Equal((LaneArrangement.None with { Hidden = ["cpu0"] }).Moved(Story, "cpu0", -1).Key, arranged[^1].Key);
        Cpu("[aria-label$=' down']").Click();
        Assert.Equal((LaneArrangement.None with { Hidden = ["cpu0"] }).Moved(Story, "cpu0", 1).Key, arranged[^1].Key);
        menu.Find(".lane-menu-head button").Click();
        Assert.False(arranged[^1].IsChanged);
    }

    [Fact]
    public void There_is_nothing_to_restore_where_nothing_is_changed() => Assert.True(Menu().Find(".lane-menu-head button").HasAttribute("disabled"));

    [Fact]
    public void Of_thousands_of_lanes_two_hundred_are_listed_and_a_filter_finds_the_others()
    {
        var huge = Lanes.Of(Runs.Huge);
        var menu = Menu(lanes: huge);
        Assert.Equal(200, menu.FindAll("li").Count);
        Assert.Contains($"{huge.Rows.Count - 200:N0} more: filter the lanes", menu.Markup, StringComparison.Ordinal);
        var found = Menu(new LaneArrangement { Filter = "irq 21 rate" }, huge);
        Assert.Equal("irq21/rate", Assert.Single(found.FindAll("li")) is { } one ? huge.Rows.Single(r => r.FullTitle == one.QuerySelector("label")!.TextContent.Trim()).Id : "");
        Assert.DoesNotContain("more: filter", found.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void The_legend_is_drawn_when_it_is_opened_and_says_each_mark_in_words()
    {
        var legend = Render<LaneLegend>();
        Assert.Empty(legend.FindAll("dt"));
        legend.Find("[popover]").TriggerEvent("ontoggle", EventArgs.Empty);
        Assert.Equal(legend.FindAll("dt").Count, legend.FindAll("dd").Count);
        Assert.Contains("message delivered", legend.FindAll("dd").Select(d => d.TextContent));
        Assert.Contains("vector of nobody; nobody cared", legend.FindAll("dd").Select(d => d.TextContent));
        Assert.All(legend.FindAll("dt"), t => Assert.Equal("true", t.GetAttribute("aria-hidden")));
    }
}
