using Bunit;
using PciDash.Engine.Exploration;
using PciDash.Web.Components.Lab;

namespace PciDash.Web.Tests.Lab;

/// <summary>What is asked of all orderings, and what is answered.</summary>
public class CheckPanelTests : ComponentTest
{
    private IRenderedComponent<CheckPanel> Panel()
    {
        var panel = Render<CheckPanel>(p => p.Add(c => c.Run, Runs.Story));
        panel.Find(".asked").TriggerEvent("ontoggle", EventArgs.Empty);
        return panel;
    }

    private static void Check(IRenderedComponent<CheckPanel> panel)
    {
        panel.Find(".check-head button").Click();
        panel.WaitForElement(".verdicts", TimeSpan.FromSeconds(30));
    }

    private static List<string> Ids(IRenderedComponent<CheckPanel> panel) => [.. panel.FindAll(".verdicts code").Select(c => c.TextContent)];

    [Fact]
    public void What_is_violated_comes_first_and_what_says_nothing_last()
    {
        var panel = Panel();
        Check(panel);
        Assert.Equal(["no-spurious-disable", "live-sharer-served"], Ids(panel).Take(2));
        Assert.Equal("not applicable", panel.FindAll(".verdicts b")[^1].TextContent);
    }

    [Fact]
    public void Only_what_is_chosen_is_asked()
    {
        var panel = Panel();
        for (var i = 1; i < panel.FindAll(".asked input[type=checkbox]").Count; i++)
        {
            panel.FindAll(".asked input[type=checkbox]")[i].Change(false);
        }

        Assert.Contains("1 property", panel.Find(".asked summary").TextContent, StringComparison.Ordinal);
        Check(panel);
        Assert.Equal(["no-spurious-disable"], Ids(panel));
        panel.FindAll(".asked input[type=checkbox]")[0].Change(false);
        Assert.True(panel.Find(".check-head button").HasAttribute("disabled"));
    }

    [Fact]
    public void What_holds_says_how_close_it_came_and_opens_the_run_that_shows_it()
    {
        NearestState? opened = null;
        var panel = Render<CheckPanel>(p => p.Add(c => c.Run, Runs.Story).Add(c => c.OnOpenNearest, near => opened = near));
        Check(panel);
        var late = panel.FindAll(".verdicts > div").Single(d => d.QuerySelector("code")!.TextContent == "no-late-msi");
        Assert.Contains(
            "How close it came: The shutdown of 00:09.0 has returned and its message is programmed; in its way is only: MSI and MSI-X Enable are 0.",
            string.Join(' ', late.QuerySelector(".nearest")!.TextContent.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        late.QuerySelector(".nearest button")!.Click();
        Assert.True(opened!.RunOn(Runs.Story.Machine).At(opened.At).After.Function(1) is { ShutdownReturned: true, MsixEnable: false });

        // What is violated was not near; where no state is nearer than another there is nothing to open.
        Assert.All(panel.FindAll(".verdicts > div").Where(d => d.QuerySelector("b.bad") is not null), d => Assert.Null(d.QuerySelector(".nearest")));
        Assert.Null(panel.FindAll(".verdicts > div").Single(d => d.QuerySelector("code")!.TextContent == "can-end").QuerySelector(".nearest button"));
    }

    [Fact]
    public void Ones_own_property_is_asked_too_and_its_example_is_one_of_this_machine()
    {
        var panel = Panel();
        var example = panel.Find(".own").GetAttribute("placeholder")!;
        Assert.Equal("never line 21 disabled while 00:01.0 active", example);
        panel.Find(".own").Input("never line 21 disabled while 00:01.0 listening");
        Check(panel);
        Assert.Contains("never line 21 disabled while 00:01.0 listening", Ids(panel)[..3]);
    }

    [Fact]
    public void A_text_that_is_no_property_is_told_with_its_place_and_nothing_is_searched()
    {
        var panel = Panel();
        panel.Find(".own").Input("never line 99 disabled");
        panel.Find(".check-head button").Click();
        Assert.Equal("property, column 12: no function of this machine is on line 99; 21 are there", panel.Find("#own-says").TextContent);
        Assert.Equal("true", panel.Find(".own").GetAttribute("aria-invalid"));
        Assert.Empty(panel.FindAll(".verdicts"));
    }
}
