using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Pictures;
using PciDash.Scenarios.Timeline;
using PciDash.Web.Components.Timeline;
using PciDash.Web.Timeline;
using LabPage = PciDash.Web.Components.Pages.Lab;

namespace PciDash.Web.Tests.Timeline;

public class TimelineViewTests : ComponentTest
{
    private readonly BunitJSModuleInterop module;

    public TimelineViewTests()
    {
        module = JSInterop.SetupModule(m => m.Arguments[0] is string s && s.Contains("timeline", StringComparison.Ordinal));
        module.Mode = JSRuntimeMode.Loose;
    }

    [Fact]
    public void A_filter_that_matches_nothing_says_so_and_is_cleared_by_its_button()
    {
        var lab = Open(v => v with { Filter = "no such lane" });
        Assert.Contains("No lane matches “no such lane”", lab.Find(".lanes-none").TextContent, StringComparison.Ordinal);
        Assert.Empty(lab.FindAll(".lane-head"));
        lab.Find(".lanes-none button").Click();
        Assert.Empty(lab.FindAll(".lanes-none"));
        Assert.Equal(12, lab.FindAll(".lane-head").Count);
        Assert.Null(View().Filter);
    }

    [Fact]
    public void Typing_filters_a_moment_later()
    {
        var lab = Open(v => v);
        lab.Find(".lane-filter input").Input("deliver");
        lab.WaitForAssertion(() => Assert.Equal("Deliveries of IRQ 21", Assert.Single(lab.FindAll(".lane-head")).QuerySelector("span")!.TextContent), TimeSpan.FromSeconds(20));
        Assert.Equal("deliver", View().Filter);
    }

    [Fact]
    public void Folding_hiding_and_pinning_by_the_heads_is_in_the_link_and_the_menu_restores_all()
    {
        var lab = Open(v => v);
        lab.Find("[data-lane='irq21'] [aria-expanded]").Click();
        lab.Find("[data-lane='cpu0'] [aria-label^=Hide]").Click();
        lab.Find("[data-lane='00:09.0/pin'] [aria-label^=Keep]").Click();
        Assert.Equal(["00:09.0/pin", "phases", "00:01.0/mode", "00:01.0/bme", "00:01.0/pin", "00:09.0/mode", "00:09.0/bme", "00:09.0/msi", "irq21"], Shown(lab));
        Assert.Equal("INTA# 00:09.0", lab.Find("[data-lane='00:09.0/pin'] .lane-head span:not(.pin)").TextContent);
        var view = View();
        Assert.Equal(("cpu0", "irq21", "00:09.0/pin", null), (view.Hidden, view.Folded, view.Pinned, view.Order));
        Assert.Contains("1 hidden", lab.Find("[popovertarget=lane-menu]").TextContent, StringComparison.Ordinal);
        Assert.Equal(Shown(lab), Shown(Open(_ => view)));

        Assert.Empty(lab.FindAll("#lane-menu li"));
        lab.Find("#lane-menu").TriggerEvent("ontoggle", EventArgs.Empty);
        lab.Find(".lane-menu-head button").Click();
        Assert.Equal(Lanes.Of(Runs.Story).Rows.Select(r => r.Id), Shown(lab));
        Assert.True(lab.Find(".lane-menu-head button").HasAttribute("disabled"));
    }

    [Fact]
    public void Lanes_move_by_keyboard_and_by_the_menu()
    {
        var lab = Open(v => v);
        lab.Find("[data-lane='cpu0'] .lane-head").KeyDown(new Microsoft.AspNetCore.Components.Web.KeyboardEventArgs { Key = "ArrowUp", AltKey = true });
        Assert.Equal("cpu0", Shown(lab)[0]);
        lab.Find("#lane-menu").TriggerEvent("ontoggle", EventArgs.Empty);
        lab.Find("[aria-label='Move CPU 0 down']").Click();
        Assert.Equal("phases", Shown(lab)[0]);
        lab.Find("[data-lane='cpu0'] .lane-head").KeyDown("Delete");
        Assert.DoesNotContain("cpu0", Shown(lab));
        Assert.False(lab.FindAll("#lane-menu input").ElementAt(1).HasAttribute("checked"));
    }

    [Fact]
    public async Task Window_of_the_script_is_shown_as_it_was_asked_for_and_never_too_narrow()
    {
        var lab = Open(v => v);
        var timeline = lab.FindComponent<TimelineView>().Instance;
        var end = TimeAxis.Of(Runs.Story, AxisMode.Phases).End;
        var got = await lab.InvokeAsync(() => timeline.WindowAtAsync(end * 0.2, end * 0.5));
        Assert.Equal([end * 0.2, end * 0.5], got);
        Assert.NotNull(timeline.FromNs);
        got = await lab.InvokeAsync(() => timeline.WindowAtAsync(3, 3));
        Assert.InRange(got[1] - got[0], 1e-6, 1.001);
        Assert.Equal([0, end], await lab.InvokeAsync(() => timeline.WindowAtAsync(-5, end * 3)));
        Assert.Null(timeline.FromNs);
        Assert.Equal([0, end], await lab.InvokeAsync(() => timeline.WindowAtAsync(double.NaN, 3)));
    }

    [Fact]
    public void Panning_by_key_keeps_the_width_and_stops_at_the_ends()
    {
        var lab = Open(v => v with { FromNs = 100_000_000, ToNs = 200_000_000 });
        var (from, to) = Window(lab);
        lab.Find("[aria-keyshortcuts=']']").Click();
        var (later, end) = Window(lab);
        Assert.Equal((to - from) / 4, later - from, 6);
        Assert.Equal(to - from, end - later, 6);
        for (var i = 0; i < 60; i++)
        {
            lab.Find("[aria-keyshortcuts='[']").Click();
        }

        Assert.Equal(0, Window(lab).From, 6);
        Assert.Equal(to - from, Window(lab).To, 6);
    }

    [Fact]
    public void Markers_are_set_at_the_cursor_tell_what_is_between_and_travel()
    {
        var msix = Runs.Story.First(EventKind.CfgMsix, e => e.A == 0);
        var dead = Runs.Story.First(EventKind.NobodyCared);
        var lab = Open(v => v with { Step = msix.Raw });
        lab.Find("[aria-keyshortcuts=a]").Click();
        Assert.Contains("A at", lab.Find(".lane-marks output").TextContent, StringComparison.Ordinal);
        lab.Find("[aria-keyshortcuts=d]").Click();
        lab.Find("[aria-keyshortcuts=b]").Click();
        Assert.Equal($"A → B: {new SimTime(dead.TimeNs - msix.TimeNs)}, {dead.Raw - msix.Raw:N0} events", lab.Find(".lane-marks output").TextContent);
        Assert.Equal((msix.Raw, dead.Raw), (View().MarkerA!.Value, View().MarkerB!.Value));
        Assert.Equal(2, lab.FindAll(".marker").Count);
        lab.Find(".lane-marks button:last-child").Click();
        Assert.Empty(lab.FindAll(".marker"));
        Assert.Null(View().MarkerA);
    }

    [Fact]
    public void Kept_steps_are_flags_with_their_notes_where_the_window_holds_them()
    {
        var msix = Runs.Story.First(EventKind.CfgMsix, e => e.A == 0);
        var dead = Runs.Story.First(EventKind.NobodyCared);
        var lab = Open(v => v with { Step = 0, Bookmarks = [new(msix.Raw, "MSI-X goes"), new(dead.Raw, "")] });
        Assert.Equal([$"{msix.Raw:N0}: MSI-X goes", $"{dead.Raw:N0}, kept"], lab.FindAll(".bookmark button").Select(b => b.GetAttribute("title")));
        lab.FindAll(".bookmark button")[1].Click();
        Assert.Equal(dead.Raw, View().Step);
        Assert.Single(Open(v => v with { FromNs = dead.TimeNs - 1_000, ToNs = dead.TimeNs + 1_000, Bookmarks = [new(msix.Raw, "MSI-X goes"), new(dead.Raw, "")] }).FindAll(".bookmark"));
    }

    [Fact]
    public void A_marker_past_the_end_stands_at_the_last_event_and_says_so()
    {
        var last = Runs.Story.Recording.RawCount - 1;
        var lab = Open(v => v with { MarkerB = last + 1_000 });
        Assert.Equal(last, lab.FindComponent<TimelineView>().Instance.MarkerB);
        Assert.Contains("Marker B", lab.Find(".notice").TextContent, StringComparison.Ordinal);
        Assert.Single(lab.FindAll(".marker"));
    }

    [Fact]
    public void Another_policy_keeps_the_arrangement_and_the_markers_at_their_times()
    {
        var msix = Runs.Story.First(EventKind.CfgMsix, e => e.A == 0);
        var lab = Open(v => v with { Pinned = "irq21", MarkerA = msix.Raw, MarkerB = Runs.Story.Recording.RawCount - 1 });
        lab.Find("#policy").Change("seed");
        var view = View();
        Assert.Equal("irq21", view.Pinned);
        Assert.InRange(Runs.Patched.Recording.EventAt(view.MarkerA!.Value).TimeNs, 0, msix.TimeNs);
        Assert.Equal(Runs.Patched.Recording.RawCount - 1, view.MarkerB);
        Assert.Contains("Marker B", lab.Find(".notice").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Legend_tells_each_shape_in_words()
    {
        var lab = Open(v => v);
        Assert.Empty(lab.FindAll(".legend-menu dl"));
        lab.Find("#lane-legend").TriggerEvent("ontoggle", EventArgs.Empty);
        Assert.NotEmpty(lab.FindAll(".legend-menu dl > div"));
        Assert.All(lab.FindAll(".legend-menu dl > div"), e => Assert.True(e.QuerySelector("dt")!.TextContent.Length > 0 && e.QuerySelector("dd")!.TextContent.Length > 3));
    }

    [Fact]
    public void Of_a_thousand_functions_few_lanes_are_drawn_and_the_page_says_so_until_all_are_wanted()
    {
        var arranged = LaneArrangement.None;
        var view = Render<TimelineView>(p => p.Add(t => t.Run, Runs.Huge).Add(t => t.OnSeek, _ => { }).Add(t => t.OnSelect, _ => { })
            .Add(t => t.OnArrange, a => arranged = a).AddCascadingValue(Palette.Light));
        Assert.Equal(LaneArrangement.MostShown, view.FindAll(".lane-row").Count);
        Assert.Equal(LaneArrangement.MostShown, view.FindAll(".lane-ground").Count);
        Assert.Contains("the filter finds the other", view.Find(".lanes-folded").TextContent, StringComparison.Ordinal);
        view.Find("#lane-menu").TriggerEvent("ontoggle", EventArgs.Empty);
        Assert.Equal(200, view.FindAll("#lane-menu li").Count);
        Assert.Contains("more: filter the lanes", view.Find("#lane-menu").TextContent, StringComparison.Ordinal);

        view.Find(".lanes-folded button").Click();
        Assert.True(arranged.IsAllOpen);
        view.Render(p => p.Add(t => t.Arrangement, arranged));
        Assert.Equal(Lanes.Of(Runs.Huge).Rows.Count, view.FindAll(".lane-row").Count);
        Assert.Contains("are open", view.Find(".lanes-folded").TextContent, StringComparison.Ordinal);
        view.Find(".lanes-folded button").Click();
        Assert.False(arranged.IsAllOpen);
    }

    [Fact]
    public void A_run_of_few_lanes_says_nothing_of_folding() => Assert.Empty(Open(v => v).FindAll(".lanes-folded"));

    [Fact]
    public void A_picture_has_no_tools()
    {
        var strip = Render<TimelineView>(p => p.Add(t => t.Run, Runs.Story).Add(t => t.Compact, true).Add(t => t.Show, ["irq21"]).AddCascadingValue(Palette.Light));
        Assert.Empty(strip.FindAll("button, input"));
        Assert.Equal("IRQ 21", Assert.Single(strip.FindAll(".lane-head span")).TextContent);
    }

    private IRenderedComponent<LabPage> Open(Func<RunView, RunView> view)
    {
        var document = new RunDocument(ScenarioPresets.Find(Runs.StoryId)!.Scenario) { View = view(new RunView()) };
        Services.GetRequiredService<NavigationManager>().NavigateTo(ShareLink.TryEncode(document)!);
        return Render<LabPage>(p => p.Add(l => l.Payload, ShareLink.TryEncode(document)![3..]));
    }

    // What the address bar holds.
    private RunView View()
    {
        var exchanged = module.Invocations["replaceAddress"];
        return ShareLink.Decode(exchanged.Count > 0 ? (string)exchanged[^1].Arguments[0]! : Services.GetRequiredService<NavigationManager>().Uri).View;
    }

    private static string[] Shown(IRenderedComponent<LabPage> lab) => [.. lab.FindAll(".lane-row").Select(r => r.GetAttribute("data-lane")!)];

    private static (double From, double To) Window(IRenderedComponent<LabPage> lab)
    {
        var timeline = lab.Find(".timeline");
        return (Of("data-from"), Of("data-to"));
        double Of(string name) => double.Parse(timeline.GetAttribute(name)!, System.Globalization.CultureInfo.InvariantCulture);
    }
}
