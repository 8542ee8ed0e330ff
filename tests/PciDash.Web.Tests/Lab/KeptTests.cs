using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using PciDash.Scenarios;
using PciDash.Web.Components.Lab;
using LabPage = PciDash.Web.Components.Pages.Lab;

namespace PciDash.Web.Tests.Lab;

/// <summary>Bookmarks with notes, and forks beside each other: both travel in the link.</summary>
public class KeptTests : ComponentTest
{
    [Fact]
    public void A_step_is_kept_noted_gone_to_and_dropped()
    {
        var document = new RunDocument(Runs.Story.Machine.Scenario);
        var went = new List<long>();
        IRenderedComponent<Kept> kept = null!;
        kept = Render<Kept>(p => p.Add(k => k.Document, document).Add(k => k.Run, Runs.Story).Add(k => k.RunOf, _ => Runs.Story).Add(k => k.Step, 12).Add(k => k.OnSeek, went.Add)
            .Add(k => k.OnBookmarks, EventCallback.Factory.Create<IReadOnlyList<Bookmark>>(this, b => document = document with { View = document.View with { Bookmarks = b } })));
        kept.Find("[aria-keyshortcuts=m]").Click();
        kept.Render(p => p.Add(k => k.Document, document));
        kept.Find(".bookmarks input").Change(" look here ");
        kept.Render(p => p.Add(k => k.Document, document).Add(k => k.Step, 3));
        Assert.Equal([new Bookmark(12, "look here")], document.View.Bookmarks);
        kept.Find(".bookmarks .link").Click();
        Assert.Equal([12], went);
        kept.Find("[aria-keyshortcuts=m]").Click();
        Assert.Equal([3, 12], document.View.Bookmarks.Select(b => b.Step));
        kept.Render(p => p.Add(k => k.Document, document));
        kept.FindAll(".bookmarks .button")[0].Click();
        Assert.Equal([12], document.View.Bookmarks.Select(b => b.Step));
        Assert.Empty(kept.FindAll("#forks"));
    }

    [Fact]
    public void A_fork_leaves_the_run_it_came_from_beside_it_and_the_link_brings_both()
    {
        var nav = Services.GetRequiredService<NavigationManager>();
        var lab = Render<LabPage>();
        lab.Find("[aria-keyshortcuts=Home]").Click();
        lab.WaitForElement(".inspector .next button");
        lab.FindAll(".inspector .next button")[0].Click();
        lab.WaitForElement("#forks");
        var rows = lab.FindAll("#forks tbody tr");
        Assert.Equal(2, rows.Count);
        Assert.Contains("at step", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("as time has it", rows[1].TextContent, StringComparison.Ordinal);

        var back = ShareLink.Decode(new Uri(nav.Uri).AbsolutePath);
        Assert.Single(back.Choices);
        Assert.Equal([[]], back.Forks);

        lab.FindAll("#forks button")[0].Click();
        lab.WaitForAssertion(() => Assert.Contains("as time has it", lab.Find("#forks .here").TextContent, StringComparison.Ordinal));
        Assert.Single(ShareLink.Decode(new Uri(nav.Uri).AbsolutePath).Forks[0]);
        lab.FindAll("#forks button")[1].Click();
        lab.WaitForAssertion(() => Assert.Empty(lab.FindAll("#forks")));
    }
}
