using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Comparison;
using PciDash.Web.Components.Pages;
using PciDash.Web.Components.Timeline;

namespace PciDash.Web.Tests.Compare;

/// <summary>The page of two runs, in each state that it can be in.</summary>
public class ComparePageTests : ComponentTest
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private static readonly Scenario Story = ScenarioPresets.Find(Runs.StoryId)!.Scenario;

    private NavigationManager Nav => Services.GetRequiredService<NavigationManager>();

    private IRenderedComponent<ComparePage> Open(RunDocument? document)
    {
        var payload = document is null ? null : ShareLink.TryEncode(document)![ShareLink.Prefix.Length..];
        Nav.NavigateTo(payload is null ? "compare" : "compare/s/" + payload);
        return Render<ComparePage>(p => p.Add(m => m.Payload, payload));
    }

    private static string Verdict(IRenderedComponent<ComparePage> page) => page.WaitForElement("#verdict", Long).TextContent;

    private RunDocument Linked() => ShareLink.Decode(new Uri(Nav.Uri).AbsolutePath);

    [Fact]
    public void It_waits_and_then_shows_both_runs_on_one_axis_with_the_place_where_they_part()
    {
        var page = Open(new RunDocument(Story) { View = new RunView { Compare = "seed" } });
        Assert.Contains("Computing both runs", page.Find("[role=status]").TextContent, StringComparison.Ordinal);
        Assert.Contains("IRQ 21 is disabled after 100,000 interrupts: nobody cared", Verdict(page), StringComparison.Ordinal);
        var lanes = page.FindComponents<TimelineView>();
        Assert.Equal(2, lanes.Count);
        Assert.NotNull(lanes[0].Instance.Shared);
        Assert.Same(lanes[0].Instance.Shared, lanes[1].Instance.Shared);
        Assert.Equal((27, 27), (lanes[0].Instance.Flag, lanes[1].Instance.Flag));
        Assert.Equal(2, page.FindAll(".flag").Count);
        Assert.Contains("up to event 28", page.Markup, StringComparison.Ordinal);
        Assert.Contains("MSI-X Enable", page.Find(".registers-table").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_payload_it_is_the_story_beside_its_patch()
    {
        var page = Open(null);
        Assert.Contains("IRQ 21 is disabled", Verdict(page), StringComparison.Ordinal);
        Assert.Equal("seed", page.Find("#second-policy").GetAttribute("value"));
    }

    [Fact]
    public void A_run_without_a_partner_stands_beside_itself_and_asks_for_a_change()
    {
        var page = Open(new RunDocument(Story));
        Assert.Contains("the same run so far", Verdict(page), StringComparison.Ordinal);
        Assert.Empty(page.FindAll(".flag"));
        Assert.Contains("Nowhere", page.Markup, StringComparison.Ordinal);
        Assert.Contains("whoever comes next finds the same registers", page.Markup, StringComparison.Ordinal);

        page.Find("#second-kernel").Change("6.12");
        page.WaitForAssertion(() => Assert.Equal("6.12", Linked().View.Compare), Long);
        Assert.Equal("4.1", Linked().Scenario.Boots[0].Release.Version);
    }

    [Fact]
    public void Changing_the_first_run_leaves_the_second_as_it_is()
    {
        var page = Open(new RunDocument(Story) { View = new RunView { Compare = "seed" } });
        Verdict(page);
        page.Find("#first-kernel").Change("6.12");
        page.WaitForAssertion(() => Assert.Equal("6.12", Linked().Scenario.Boots[0].Release.Version), Long);
        var link = Linked();
        Assert.Equal(ScenarioDocument.Write(Story.WithPolicy(ShutdownPolicy.Find("seed")!)), ScenarioDocument.Write(ComparePartner.Of(link)!.Scenario));
    }

    [Fact]
    public void Both_step_together_and_the_one_that_is_held_stays()
    {
        var page = Open(new RunDocument(Story) { View = new RunView { Compare = "seed", Step = 3 } });
        Verdict(page);
        long At(int side) => page.FindComponents<TimelineView>()[side].Instance.Cursor;
        page.WaitForAssertion(() => Assert.Equal((3, 3), (At(0), At(1))), Long);
        page.Find("[aria-keyshortcuts=ArrowRight]").Click();
        page.WaitForAssertion(() => Assert.Equal((4, 4), (At(0), At(1))), Long);
        page.FindAll("button").Single(b => b.TextContent == "hold A").Click();
        page.Find("[aria-keyshortcuts=ArrowRight]").Click();
        page.WaitForAssertion(() => Assert.Equal((4, 5), (At(0), At(1))), Long);
        page.FindAll("button").Single(b => b.TextContent == "hold A").Click();
        page.Find("[aria-keyshortcuts=Home]").Click();
        page.WaitForAssertion(() => Assert.Equal((0, 0), (At(0), At(1))), Long);
    }

    [Fact]
    public void A_link_with_a_step_of_its_own_for_the_other_run_opens_there()
    {
        var page = Open(new RunDocument(Story) { View = new RunView { Compare = "seed", Step = 30, CompareStep = 12 } });
        Verdict(page);
        Assert.Equal([30L, 12L], page.FindComponents<TimelineView>().Select(t => t.Instance.Cursor));
    }

    [Theory]
    [InlineData("P99", "is no policy and no kernel")]
    public void A_partner_that_does_not_fit_is_an_error_with_a_way_out(string partner, string message)
    {
        var page = Open(new RunDocument(Story) { View = new RunView { Compare = partner } });
        var alert = page.WaitForElement("[role=alert]", Long);
        Assert.Contains(message, alert.TextContent, StringComparison.Ordinal);
        Assert.Equal("compare", alert.QuerySelector("a")!.GetAttribute("href"));
    }

    [Fact]
    public void A_damaged_link_is_an_error_and_a_bad_link_in_the_field_leaves_what_is_open()
    {
        Nav.NavigateTo("compare/s/1AAAA");
        var broken = Render<ComparePage>(p => p.Add(m => m.Payload, "1AAAA"));
        Assert.Contains("cannot be opened", broken.Find("[role=alert] h1").TextContent, StringComparison.Ordinal);

        var page = Open(new RunDocument(Story) { View = new RunView { Compare = "seed" } });
        Verdict(page);
        page.Find(".other-run input[type=text]").Change("nonsense");
        page.Find(".other-run").Submit();
        Assert.Contains("What was open stays open", page.WaitForElement("[role=alert]", Long).TextContent, StringComparison.Ordinal);
        Assert.Contains("IRQ 21 is disabled", Verdict(page), StringComparison.Ordinal);
    }

    [Fact]
    public void Machines_that_have_little_in_common_are_compared_as_well()
    {
        var run = new RunDocument(Story);
        var page = Open(ComparePartner.With(run, new RunDocument(ScenarioPresets.Find("mpt-fusion-2008")!.Scenario)));
        Verdict(page);
        Assert.Contains("more", page.Find(".changes").TextContent, StringComparison.Ordinal);
        Assert.Equal(2, page.FindComponents<TimelineView>().Count);
    }
}
