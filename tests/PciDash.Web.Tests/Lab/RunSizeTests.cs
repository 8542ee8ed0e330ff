using Bunit;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;
using PciDash.Web.Components.Timeline;
using LabPage = PciDash.Web.Components.Pages.Lab;

namespace PciDash.Web.Tests.Lab;

/// <summary>A run with no event, with one, and with more than a page takes: each is shown as far as it goes, and what is missing is said.</summary>
public class RunSizeTests : ComponentTest
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private IRenderedComponent<LabPage> Open(string preset, RunView? view = null) => Render<LabPage>(p => p.Add(
        l => l.Payload, ShareLink.TryEncode(new RunDocument(ScenarioPresets.Find(preset)!.Scenario) { View = view ?? RunView.None })![ShareLink.Prefix.Length..]));

    [Fact]
    public void A_run_with_no_event_opens_says_so_and_has_nowhere_to_go()
    {
        Options.RunSteps = 0;
        var lab = Open(Runs.StoryId, new RunView { Step = 7, MarkerA = 3 });
        Assert.Contains("Nothing happened in this run.", lab.WaitForElement(".inspector", Long).TextContent, StringComparison.Ordinal);
        Assert.Contains("Marker A stood at event 3, which is past the end of this run", lab.Markup, StringComparison.Ordinal);
        Assert.Empty(lab.FindAll(".events tr[aria-current=true]"));
        foreach (var button in lab.FindAll(".transport button:not([disabled]):not([popovertarget])").Select((_, i) => i).ToList())
        {
            lab.FindAll(".transport button:not([disabled]):not([popovertarget])")[button].Click();
        }

        Assert.Empty(lab.FindAll("section.problem"));
        Assert.Contains("Nothing happened in this run.", lab.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_with_one_event_shows_that()
    {
        Options.RunSteps = 1;
        var run = Run.Of(Runs.Story.Machine, limits: RunLimits.Default with { Steps = 1 });
        Assert.Equal(1, run.Recording.RawCount);
        var lab = Open(Runs.StoryId);
        lab.WaitForElement(".inspector", Long);
        Assert.DoesNotContain("Nothing happened", lab.Markup, StringComparison.Ordinal);
        Assert.Single(lab.FindAll(".events tbody tr[aria-current=true], .events tbody tr.here"));
        Assert.Contains("The run was stopped after 1 step of the machine, the most that a page takes", lab.Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Lanes_of_so_short_a_run_have_an_axis(int steps)
    {
        var run = Run.Of(Runs.Story.Machine, limits: RunLimits.Default with { Steps = steps });
        var lanes = Render<TimelineView>(p => p.Add(t => t.Run, run).Add(t => t.Cursor, 0L));
        Assert.NotEmpty(lanes.FindAll(".lane-head"));
    }

    [Fact]
    public void A_run_that_is_longer_than_a_page_takes_is_shown_up_to_there_with_what_would_fit()
    {
        Options.RunEvents = 2_000;
        var lab = Open(Runs.StoryId + "-busy-sharer");
        lab.WaitForElement(".inspector", Long);
        var notice = Assert.Single(lab.FindAll(".notice"), n => n.TextContent.Contains("The run was stopped", StringComparison.Ordinal)).TextContent;
        Assert.Contains("the most that a page takes is 2,000; fewer or slower events would fit, and the command line takes more.", notice, StringComparison.Ordinal);
        var run = Run.Of(Runs.Of(Runs.StoryId + "-busy-sharer").Machine, limits: RunLimits.Default with { Events = 2_000 });
        Assert.Contains($"/ {run.Recording.RawCount - 1:N0} ·", lab.Find(".transport [role=status]").TextContent, StringComparison.Ordinal);
        Assert.Empty(lab.FindAll("[role=alert]"));
    }
}
