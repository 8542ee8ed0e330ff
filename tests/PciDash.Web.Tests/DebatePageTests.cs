using Bunit;
using PciDash.Scenarios;
using PciDash.Scenarios.Debate;
using PciDash.Web.Components.Debate;
using PciDash.Web.Components.Pages;
using PciDash.Web.Machines;

namespace PciDash.Web.Tests;

public class DebatePageTests : ComponentTest
{
    private static ShownClaim Shown(string id, Func<ClaimResult, ClaimResult>? change = null)
    {
        var result = DebateRun.Results.Single(r => r.Claim.Id == id);
        result = change?.Invoke(result) ?? result;
        return new ShownClaim(result, [.. result.Members.Select(m => m.Shows is { } d ? ShareLink.TryEncode(d) : null)], [.. result.Compared.Select(c => ((string?)"first", (string?)null))]);
    }

    private IRenderedComponent<ClaimCard> Card(ShownClaim claim) => Render<ClaimCard>(p => p.Add(c => c.Shown, claim));

    [Fact]
    public void Page_tells_each_claim_once_and_counts_them_by_author()
    {
        var page = Render<DebatePage>();
        page.WaitForElement(".score", TimeSpan.FromSeconds(60));
        Assert.Equal(Claims.All.Select(c => c.Id), page.FindAll("article.claim").Select(c => c.Id));
        Assert.Equal(Claims.All.Count, page.FindAll(".score td").Sum(td => int.Parse(td.TextContent, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.All(page.FindAll(".index a"), a => Assert.NotNull(page.Find("#" + a.GetAttribute("href")!.Split('#')[1])));

        // Which cases, or that its row says which.
        var conditional = page.FindAll(".index li").Where(l => l.QuerySelector(".chip")!.TextContent == "holds only if").ToList();
        Assert.True(conditional.Count > 10);
        Assert.All(conditional, l => Assert.NotEqual("", l.QuerySelector(".muted")?.TextContent ?? ""));
        Assert.Contains(conditional, l => l.QuerySelector(".muted")!.TextContent == "some of its cases: see there which");
        Assert.Contains(conditional, l => l.QuerySelector(".muted")!.TextContent.EndsWith("into 4.1 and into 6.18", StringComparison.Ordinal));
    }

    [Fact]
    public void Claim_that_holds_only_somewhere_says_where_and_its_cells_open_the_runs()
    {
        var card = Card(Shown("no-msi-will-be-sent"));
        Assert.Equal("holds only if", card.Find(".chip").TextContent);
        Assert.Equal("Only if: kexec.", card.Find(".condition").TextContent);
        Assert.Equal(["reboot", "poweroff", "kexec"], card.FindAll("thead th").Select(th => th.TextContent));
        Assert.All(card.FindAll("tbody a"), a => Assert.NotNull(ShareLink.Decode(a.GetAttribute("href")!)));
        Assert.Equal("true", card.FindAll("tbody tr")[0].QuerySelectorAll("td")[2].QuerySelector("span:not(.mark)")!.TextContent);
    }

    [Fact]
    public void Claim_that_holds_has_no_condition()
    {
        var card = Card(Shown("call-remove"));
        Assert.Equal("holds", card.Find(".chip").TextContent);
        Assert.Empty(card.FindAll(".condition"));
    }

    [Fact]
    public void Opinion_is_compared_and_not_decided()
    {
        var card = Card(Shown("leave-it-on"));
        Assert.Equal("opinion: compared", card.Find(".chip").TextContent);
        Assert.Contains(card.FindAll("tbody tr"), tr => tr.TextContent.Contains("18 of 27", StringComparison.Ordinal));
        Assert.Equal("first", card.Find("tbody a").GetAttribute("href"));
    }

    [Fact]
    public void Opinion_where_neither_way_goes_wrong_says_so() =>
        Assert.Contains("Neither way violates any property on these 27 machines", Card(Shown("leave-it-on", r => r with { Compared = [] })).Markup, StringComparison.Ordinal);

    [Fact]
    public void Claim_that_nothing_computes_has_no_table()
    {
        var card = Card(Shown("firmware-leaves-master-off"));
        Assert.Equal("nothing to compute", card.Find(".chip").TextContent);
        Assert.Empty(card.FindAll("table"));
    }

    [Fact]
    public void What_depends_on_a_window_or_is_not_finished_is_marked_by_word_and_sign()
    {
        var card = Card(Shown("sharer-is-hurt"));
        Assert.Contains(card.FindAll("tbody td"), td => td.TextContent.Contains("if a window lasts", StringComparison.Ordinal) && td.QuerySelector(".mark")!.TextContent == "◐");
        Assert.Contains(card.FindAll("tbody td"), td => td.TextContent.Contains("not finished", StringComparison.Ordinal) && td.QuerySelector(".mark")!.TextContent == "?");
    }
}
