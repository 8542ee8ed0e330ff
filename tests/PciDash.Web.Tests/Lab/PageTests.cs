using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Sections;
using Microsoft.Extensions.DependencyInjection;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Pictures;
using PciDash.Web.Components.Lab;
using PciDash.Web.Components.Layout;
using PciDash.Web.Components.Pages;
using PciDash.Web.Components.Timeline;
using PciDash.Web.Lab;
using LabPage = PciDash.Web.Components.Pages.Lab;

namespace PciDash.Web.Tests.Lab;

public class PageTests : ComponentTest
{
    private NavigationManager Nav => Services.GetRequiredService<NavigationManager>();

    [Fact]
    public void Story_is_told_from_the_run_and_turns_with_the_toggle()
    {
        var home = Render<Home>();
        Assert.Contains("kills IRQ 21", home.Find("h1").TextContent, StringComparison.Ordinal);
        Assert.Contains("100,000 interrupts", home.Find(".lead").TextContent, StringComparison.Ordinal);
        Assert.Contains(home.FindAll(".steps li"), li => li.TextContent.Contains("nobody cared", StringComparison.Ordinal));

        home.FindAll(".toggle button")[1].Click();
        Assert.Contains("no IRQ dies", home.Find("h1").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("nobody cared", home.Find(".steps").TextContent, StringComparison.Ordinal);
        Assert.Equal(["false", "true"], home.FindAll(".toggle button").Select(b => b.GetAttribute("aria-pressed")));

        home.FindAll(".toggle button")[0].Click();
        Assert.Contains("kills IRQ 21", home.Find("h1").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_leads_to_the_moment_of_the_disable_and_each_step_to_its_own()
    {
        var home = Render<Home>();
        var why = ShareLink.Decode(home.Find("a.primary").GetAttribute("href")!);
        Assert.Equal(Runs.StoryId, why.Scenario.Id);
        Assert.Equal(Runs.Story.First(EventKind.NobodyCared).Raw, why.View.Step);

        var steps = home.FindAll(".steps a").Select(a => ShareLink.Decode(a.GetAttribute("href")!).View.Step!.Value).ToList();
        Assert.Equal(steps.Order(), steps);
        Assert.All(home.FindAll(".presets a"), a => ShareLink.Decode(a.GetAttribute("href")!));
    }

    [Fact]
    public void Lab_opens_with_the_story_at_its_disable()
    {
        var lab = Render<LabPage>();
        Assert.Contains("IRQ 21 is disabled", lab.Find("#headline").TextContent, StringComparison.Ordinal);
        Assert.Equal(Runs.Story.First(EventKind.NobodyCared).Raw, lab.FindComponent<Transport>().Instance.Step);
        Assert.Contains("nobody cared", lab.Find(".transport [role=status]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Lab_opens_a_link_with_its_step_selection_and_window()
    {
        var document = Document(r => r with { Step = 7, Selection = "00:09.0/pin", FromNs = 1_000_000, ToNs = 9_000_000 });
        var lab = Open(ShareLink.TryEncode(document)!);
        var timeline = lab.FindComponent<TimelineView>().Instance;
        Assert.Equal((7, "00:09.0/pin", 1_000_000, 9_000_000), (timeline.Cursor, timeline.Selected, timeline.FromNs!.Value, timeline.ToNs!.Value));
        Assert.Equal("true", lab.Find("button.lane-head.selected").GetAttribute("aria-pressed"));
    }

    [Theory]
    [InlineData("/s/1", "its end is missing", "copy the whole link")]
    [InlineData("/s/2abc", "version '2'", "version 1")]
    [InlineData("/s/1%21%21", "base64url", "copy the whole link")]
    public void Bad_link_is_told_in_one_message_that_says_what_would_be_right(string link, string wrong, string right)
    {
        var lab = Open(Uri.UnescapeDataString(link));
        var problem = Assert.Single(lab.FindAll("[role=alert]"));
        Assert.Contains(wrong, problem.TextContent, StringComparison.Ordinal);
        Assert.Contains(right, problem.TextContent, StringComparison.Ordinal);
        Assert.Single(problem.QuerySelectorAll("li"));
    }

    [Fact]
    public void Bad_link_keeps_what_was_open_and_the_way_back_takes_the_message_away()
    {
        var good = ShareLink.TryEncode(Document(v => v with { Step = 7 }))!;
        var lab = Open(good);
        var title = lab.Find("h1").TextContent;

        lab.Render(p => p.Add(l => l.Payload, good[3..^6]));
        Assert.Contains("What was open stays open", lab.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Equal(title, lab.Find("h1").TextContent);
        Assert.Equal(7, lab.FindComponent<Transport>().Instance.Step);

        lab.Render(p => p.Add(l => l.Payload, good[3..]));
        Assert.Empty(lab.FindAll("[role=alert]"));
        Assert.Equal(7, lab.FindComponent<Transport>().Instance.Step);
    }

    [Fact]
    public void Another_policy_runs_again_and_the_address_is_its_link()
    {
        var lab = Render<LabPage>();
        var time = lab.FindComponent<TimelineView>().Instance.CursorText;
        lab.Find("#policy").Change("seed");
        Assert.StartsWith("No irq is given up", lab.Find("#headline").TextContent, StringComparison.Ordinal);
        var document = ShareLink.Decode(Nav.Uri);
        Assert.Equal("seed", document.Scenario.Boots[0].Policy.Id);
        Assert.Equal(lab.FindComponent<Transport>().Instance.Step, document.View.Step);
        Assert.NotEqual("", time);
    }

    [Fact]
    public void Each_control_has_a_name_and_shows_what_is_open()
    {
        var lab = Render<LabPage>();
        var labels = lab.FindAll(".lab-controls label");
        Assert.Equal(["Scenario", "Kernel", "At shutdown", "Path"], labels.Select(l => l.TextContent.Trim()));
        Assert.Equal([Runs.StoryId, "4.1", "P4", "Reboot"], labels.Select(l => lab.Find("select#" + l.GetAttribute("for")).GetAttribute("value")));
    }

    [Fact]
    public void Stepping_exchanges_the_address_and_follows_the_one_before()
    {
        var module = JSInterop.SetupModule(m => m.Arguments[0] is string s && s.Contains("timeline", StringComparison.Ordinal));
        module.Mode = JSRuntimeMode.Loose;
        var lab = Render<LabPage>();
        var before = Nav.Uri;
        lab.Find("[aria-keyshortcuts=ArrowLeft]").Click();
        lab.Find("[aria-keyshortcuts=ArrowRight]").Click();
        Assert.Equal(before, Nav.Uri);

        var exchanged = module.Invocations["replaceAddress"].Select(i => ((string)i.Arguments[0]!, (string?)i.Arguments[1])).ToList();
        Assert.True(exchanged.Count >= 3);
        Assert.All(exchanged.Zip(exchanged.Skip(1)), pair => Assert.Equal(pair.First.Item1, pair.Second.Item2));
        Assert.Equal(lab.FindComponent<Transport>().Instance.Step, ShareLink.Decode(exchanged[^1].Item1).View.Step);
    }

    [Fact]
    public void Prerendering_and_the_live_page_share_one_computation()
    {
        Assert.Same(Render<LabPage>().FindComponent<TimelineView>().Instance.Run, Render<LabPage>().FindComponent<TimelineView>().Instance.Run);
    }

    [Fact]
    public void A_run_in_which_nothing_happens_is_a_page_too()
    {
        var lab = Open(ShareLink.TryEncode(new RunDocument(Runs.Idle))!);
        Assert.Empty(lab.FindAll("[role=alert]"));
        foreach (var key in new[] { "Home", "End", "ArrowRight", "ArrowLeft", "+", "0" })
        {
            var button = lab.Find($"[aria-keyshortcuts='{key}']");
            if (!button.HasAttribute("disabled"))
            {
                button.Click();
            }
        }
    }

    [Fact]
    public async Task Click_in_the_lanes_moves_the_cursor_and_selects_the_lane()
    {
        var lab = Render<LabPage>();
        await lab.InvokeAsync(() => lab.FindComponent<TimelineView>().Instance.ClickedAt(0, 0));
        Assert.Equal(0, lab.FindComponent<Transport>().Instance.Step);
        Assert.Equal("phases", lab.FindComponent<TimelineView>().Instance.Selected);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_preset_can_be_opened_and_drawn(bool dark)
    {
        foreach (var preset in ScenarioPresets.All)
        {
            var timeline = Render<TimelineView>(p => p.Add(t => t.Run, Runs.Of(preset.Id)).Add(t => t.Cursor, 0).AddCascadingValue(dark ? Palette.Dark : Palette.Light));
            Assert.NotEmpty(timeline.FindAll(".lane-head"));
            Assert.Empty(Open(ShareLink.TryEncode(new RunDocument(preset.Scenario))!).FindAll("[role=alert]"));
        }
    }

    [Fact]
    public void Who_picks_faster_than_the_address_changes_is_not_sent_back()
    {
        var lab = Open(ShareLink.TryEncode(Document(v => v))!);
        var first = Picked(lab, "seed");
        var second = Picked(lab, "P5");

        // The browser says only now that it has come to the first, and then to the second.
        Arrive(lab, first);
        Assert.Equal("P5", lab.Find("#policy").GetAttribute("value"));
        lab.FindComponent<Transport>().InvokeAsync(() => lab.FindComponent<Transport>().Instance.OnSeek.InvokeAsync(5));
        Arrive(lab, second);
        Assert.Equal("P5", lab.Find("#policy").GetAttribute("value"));
        Assert.Equal(5, lab.FindComponent<Transport>().Instance.Step);

        // Back is another thing than late.
        Arrive(lab, first);
        Assert.Equal("seed", lab.Find("#policy").GetAttribute("value"));
    }

    [Fact]
    public void Who_goes_back_while_the_address_changes_ends_where_the_browser_ends()
    {
        var start = ShareLink.TryEncode(Document(v => v))!;
        var lab = Open(start);
        var picked = Picked(lab, "seed");
        Arrive(lab, start);
        Assert.Equal("P4", lab.Find("#policy").GetAttribute("value"));
        Arrive(lab, picked);
        Assert.Equal("seed", lab.Find("#policy").GetAttribute("value"));
    }

    [Fact]
    public void What_is_open_in_the_top_bar_stays_open_with_each_step()
    {
        var page = Render(builder =>
        {
            builder.OpenComponent<SectionOutlet>(0);
            builder.AddComponentParameter(1, nameof(SectionOutlet.SectionName), MainLayout.PageActions);
            builder.CloseComponent();
            builder.OpenComponent<LabPage>(2);
            builder.CloseComponent();
        });
        page.FindAll("button").Single(b => b.TextContent == "Save…").Click();
        page.Find("#keep-name").Input("half typed");
        page.Find("[aria-keyshortcuts=ArrowLeft]").Click();
        Assert.Equal("half typed", page.Find("#keep-name").GetAttribute("value"));
    }

    public static TheoryData<long?, long?> AbsurdWindows => new()
    {
        { 0, 1 }, { 0, null }, { null, 1 }, { -999_000_000_000, 999_000_000_000 }, { 999_000_000_000, null }, { 998_000_000_000, 999_000_000_000 }, { null, 999_000_000_000 }, { null, -999_000_000_000 },
    };

    [Theory]
    [MemberData(nameof(AbsurdWindows))]
    public void An_absurd_zoom_is_some_window_of_the_run(long? from, long? to)
    {
        foreach (var axis in new[] { null, "sequence", "time" })
        {
            var lab = Open(ShareLink.TryEncode(Document(v => v with { FromNs = from, ToNs = to, Axis = axis }))!);
            Assert.Empty(lab.FindAll("[role=alert]"));
            var (left, right, end) = (Number(lab, "data-from"), Number(lab, "data-to"), Number(lab, "data-end"));
            Assert.True(left >= 0 && left < right && right <= end, $"{axis}: {left} to {right} of {end}");

            // And back to all of it by its button, or out by the other.
            lab.Find("[aria-keyshortcuts='-']").Click();
            lab.Find("[aria-keyshortcuts='0']:not([disabled]), [aria-keyshortcuts='+']").Click();
        }
    }

    [Theory]
    [InlineData(5_000_000, 4_000_000, "from_ns 5000000 is not before to_ns 4000000")]
    [InlineData(7, 7, "from_ns 7 is not before to_ns 7")]
    [InlineData(0, 9_000_000_000_000, "to_ns")]
    public void A_zoom_that_is_none_is_told_with_its_place(long from, long to, string told)
    {
        var lab = Open(ShareLink.TryEncode(Document(v => v with { FromNs = from, ToNs = to }))!);
        Assert.Contains(told, Assert.Single(lab.FindAll("[role=alert] li")).TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_of_one_event_is_a_page_too()
    {
        var lab = Open(ShareLink.TryEncode(new RunDocument(Runs.Idle) { View = new RunView { Step = 3, MarkerA = 9, FromNs = 1, ToNs = 2 } })!);
        var run = lab.FindComponent<TimelineView>().Instance.Run;
        Assert.Equal(1, run.Recording.RawCount);
        Assert.Equal((0L, 0L), (lab.FindComponent<Transport>().Instance.Step, lab.FindComponent<TimelineView>().Instance.MarkerA!.Value));
        Assert.Contains("past the end of this run", lab.Find(".notice").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_of_an_engine_that_found_something_else_opens_and_says_what_differs()
    {
        var older = new RunDocument(ScenarioPresets.Find(Runs.StoryId + "-seed")!.Scenario) { View = new RunView { Step = 7 }, Fingerprint = OutcomeFingerprint.WithOutcomes(Runs.Story) };
        var lab = Open(ShareLink.TryEncode(older)!);
        Assert.Equal(7, lab.FindComponent<Transport>().Instance.Step);
        Assert.EndsWith("Only then: IRQ 21 storm-disabled.", Assert.Single(lab.FindAll(".notice")).TextContent, StringComparison.Ordinal);
        Assert.Empty(Open(ShareLink.TryEncode(older with { Fingerprint = OutcomeFingerprint.WithOutcomes(Runs.Patched) })!).FindAll(".notice"));
    }

    private static double Number(IRenderedComponent<LabPage> lab, string attribute) =>
        double.Parse(lab.Find(".timeline").GetAttribute(attribute)!, System.Globalization.CultureInfo.InvariantCulture);

    private string Picked(IRenderedComponent<LabPage> lab, string policy)
    {
        lab.Find("#policy").Change(policy);
        return new Uri(Nav.Uri).AbsolutePath;
    }

    private void Arrive(IRenderedComponent<LabPage> lab, string address)
    {
        Nav.NavigateTo(address);
        lab.Render(p => p.Add(l => l.Payload, address[ShareLink.Prefix.Length..]));
    }

    private IRenderedComponent<LabPage> Open(string link)
    {
        Nav.NavigateTo(link);
        return Render<LabPage>(p => p.Add(l => l.Payload, link[ShareLink.Prefix.Length..]));
    }

    private static RunDocument Document(Func<RunView, RunView> view) =>
        new(ScenarioPresets.Find(Runs.StoryId)!.Scenario) { View = view(new RunView()) };
}
