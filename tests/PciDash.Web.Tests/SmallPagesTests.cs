using Bunit;
using PciDash.Web.Components.Layout;
using PciDash.Web.Components.Pages;

namespace PciDash.Web.Tests;

/// <summary>What a reader meets when something is not there, has failed or is lost, and the bar between two panels.</summary>
public class SmallPagesTests : ComponentTest
{
    [Fact]
    public void An_address_of_nothing_says_so_and_leads_on()
    {
        var page = Render<NotFound>();
        Assert.Equal("There is nothing at this address", page.Find("h1").TextContent);
        Assert.Contains("mail programs like to break them", page.Markup, StringComparison.Ordinal);
        Assert.Equal(["", "lab"], page.FindAll("a").Select(a => a.GetAttribute("href")));
    }

    [Fact]
    public void A_page_that_failed_says_whose_fault_it_is_and_that_nothing_is_lost()
    {
        var page = Render<Error>();
        Assert.Equal("This page has failed", page.Find("h1").TextContent);
        Assert.Contains("not in your scenario. The address holds it", page.Markup, StringComparison.Ordinal);
        Assert.Equal("", page.Find("a").GetAttribute("href"));
    }

    // The framework's script finds these by their ids, and shows by the class of the dialog what is so now.
    [Fact]
    public void A_lost_connection_has_words_and_a_button_for_each_state_it_can_be_in()
    {
        var lost = Render<ReconnectModal>();
        Assert.Equal("Connection lost", lost.Find("#" + lost.Find("dialog#components-reconnect-modal").GetAttribute("aria-labelledby")).TextContent);
        Assert.Equal(["when-first", "when-repeated", "when-failed", "when-paused", "when-resume-failed"], lost.FindAll("[role=status] p").Select(p => p.ClassName));
        Assert.Single(lost.FindAll(".when-repeated #components-seconds-to-next-attempt"));
        Assert.Contains("Nothing is lost", lost.Find(".when-failed").TextContent, StringComparison.Ordinal);
        Assert.Equal(
            ["reconnect-retry: Try now", "reconnect-resume: Wake up", "reconnect-reload: Reload"], lost.FindAll("button").Select(b => $"{b.Id}: {b.TextContent}"));
        Assert.All(lost.FindAll("button"), b => Assert.Contains("when-", b.ClassName, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, "vertical")]
    [InlineData(true, "horizontal")]
    public void A_bar_between_panels_says_what_it_sets_and_how_large_that_is(bool height, string lies)
    {
        var bar = Render<Splitter>(p => p.Add(s => s.Panel, "events").Add(s => s.Label, "Size of the table").Add(s => s.Of, "table").Add(s => s.IsHeight, height).Add(s => s.FromEnd, height).Add(s => s.Default, 300).Add(s => s.Least, 120))
            .Find("[role=separator]");
        Assert.Equal(lies, bar.GetAttribute("aria-orientation"));
        Assert.Equal("Size of the table", bar.GetAttribute("aria-label"));
        Assert.Equal("table", bar.GetAttribute("aria-controls"));
        Assert.Equal(("120", "300", "4000"), (bar.GetAttribute("aria-valuemin"), bar.GetAttribute("aria-valuenow"), bar.GetAttribute("aria-valuemax")));
        Assert.Equal("0", bar.GetAttribute("tabindex"));
        Assert.Equal(("events", height ? "true" : "false"), (bar.GetAttribute("data-panel"), bar.GetAttribute("data-from-end")));
    }
}
