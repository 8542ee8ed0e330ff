using System.Text.RegularExpressions;
using Bunit;
using PciDash.Scenarios;
using PciDash.Web.Components.Layout;
using PciDash.Web.Components.Pages;

namespace PciDash.Web.Tests;

/// <summary>A word on a page leads to its meaning.</summary>
public partial class GlossTests : ComponentTest
{
    [GeneratedRegex("""(?:Gloss Id="|yield return \(")([a-z-]+)"[,>]""")]
    private static partial Regex Uses();

    [Fact]
    public void A_term_has_its_meaning_and_an_unknown_one_only_its_words()
    {
        var known = Render<Gloss>(p => p.Add(g => g.Id, "gsi").AddChildContent("GSI 21"));
        Assert.Equal(("GSI 21", "glossary#gsi"), (known.Find("a").TextContent, known.Find("a").GetAttribute("href")));
        Assert.Equal("plain", Render<Gloss>(p => p.Add(g => g.Id, null).AddChildContent("plain")).Markup);
    }

    [Fact]
    public void The_page_finds_terms_and_says_when_there_is_none()
    {
        var page = Render<GlossaryPage>();
        Assert.Equal(Glossary.All.Count, page.FindAll("dt").Count);
        page.Find("input").Input("remote irr");
        Assert.NotEmpty(page.FindAll("dt"));
        page.Find("input").Input("zzz");
        Assert.Contains("No term", page.Find("[role=status]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_term_that_a_component_names_is_in_the_glossary()
    {
        var used = new[] { "Registers", "Inspector" }.SelectMany(c => Uses().Matches(File.ReadAllText(RepositoryFiles.Find("src", "PciDash.Web", "Components", "Lab", c + ".razor"))))
            .Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.Contains("bme", used);
        Assert.All(used, id => Assert.NotNull(Glossary.Find(id)));
    }
}
