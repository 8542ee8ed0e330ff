using Bunit;
using PciDash.Scenarios;
using PciDash.Web.Components.Machines;

namespace PciDash.Web.Tests.Machines;

/// <summary>What a matrix and a sweep have in common, in each of its states.</summary>
public class JobFrameTests : ComponentTest
{
    private static readonly RunDocument Document = new(ScenarioPresets.Find(Runs.StoryId)!.Scenario);

    private IRenderedComponent<JobFrame> Frame(Action<ComponentParameterCollectionBuilder<JobFrame>> more, bool isOpen = true) => Render<JobFrame>(p =>
    {
        p.Add(c => c.Document, isOpen ? Document : null).Add(c => c.Place, "s/1x").Add(c => c.Lead, "It tries.").Add(c => c.What, "cells").AddChildContent("<p id='report'>told</p>");
        more(p);
    });

    [Fact]
    public void Before_its_turn_it_waits_and_then_counts()
    {
        var waiting = Frame(_ => { });
        Assert.Contains("Waiting for its turn", waiting.Find("[role=status]").TextContent, StringComparison.Ordinal);
        Assert.Empty(waiting.FindAll("#report"));
        var counting = Frame(p => p.Add(c => c.Done, 2).Add(c => c.Of, 7));
        Assert.Equal("2 of 7 cells", counting.Find("[role=status]").TextContent.Trim());
        Assert.Equal(("2", "7", "cells done"), (counting.Find("progress").GetAttribute("value"), counting.Find("progress").GetAttribute("max"), counting.Find("progress").GetAttribute("aria-label")));
    }

    [Fact]
    public void It_can_be_cancelled_and_begun_again()
    {
        var (cancelled, restarted) = (0, 0);
        Frame(p => p.Add(c => c.OnCancel, () => cancelled++)).Find(".audit-progress button").Click();
        var over = Frame(p => p.Add(c => c.IsCancelled, true).Add(c => c.OnRestart, () => restarted++));
        Assert.StartsWith("Cancelled.", over.Find("[role=status]").TextContent, StringComparison.Ordinal);
        over.Find("[role=status] button").Click();
        Assert.Equal((1, 1), (cancelled, restarted));
    }

    [Fact]
    public void A_report_takes_the_place_of_progress()
    {
        var done = Frame(p => p.Add(c => c.HasReport, true).Add(c => c.Of, 7));
        Assert.Equal("told", done.Find("#report").TextContent);
        Assert.Empty(done.FindAll(".audit-progress"));
    }

    [Fact]
    public void What_cannot_be_opened_is_told_with_a_way_on_and_what_fails_on_the_way_keeps_what_is_open()
    {
        var closed = Frame(p => p.Add(c => c.ErrorTitle, "This link cannot be opened").Add(c => c.Error, ["link: too short"]), isOpen: false);
        Assert.Equal("This link cannot be opened", closed.Find("[role=alert] h1").TextContent);
        Assert.Equal("link: too short", closed.Find("[role=alert] li").TextContent);
        Assert.Equal("lab", closed.Find("[role=alert] a").GetAttribute("href"));
        var failed = Frame(p => p.Add(c => c.ErrorTitle, "No matrix").Add(c => c.Error, ["functions: too many"]));
        Assert.Equal("No matrix", failed.Find("[role=alert] h2").TextContent);
        Assert.NotEmpty(failed.FindAll("nav.views"));
        Assert.Empty(failed.FindAll(".audit-progress"));
    }

    [Theory]
    [InlineData(false, "Every shutdown policy on every path", "matrix/s/1x")]
    [InlineData(true, "Every kernel release", "sweep/s/1x")]
    public void It_says_which_of_the_two_it_is(bool isSweep, string title, string current)
    {
        var frame = Frame(p => p.Add(c => c.IsSweep, isSweep));
        Assert.Equal(title, frame.Find("h1").TextContent);
        Assert.Equal(current, frame.Find("nav.views a[aria-current=page]").GetAttribute("href"));
        Assert.Contains("2 functions, Linux 4.1", frame.Find(".lead").TextContent, StringComparison.Ordinal);
    }
}
