using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>No page is forgotten: what has a route is read by axe in both themes.</summary>
[Collection(PagesInBrowser.Name)]
public sealed partial class EveryPageTests(BrowserFixture browser, AppFixture app)
{
    private const string Story = "1iwqAeyJMIjoidmZpby0yZ3B1LTIwMjEifQM"; // vfio-2gpu-2021

    /// <summary>Each route, an address that it answers, and what is on the page when it is ready.</summary>
    private static readonly (string Route, string Address, string Ready)[] Pages =
    [
        ("/", "/", ".lane-chart .main-svg"),
        ("/lab", "/lab", ".lane-chart .main-svg"),
        ("/s/{Payload}", "/s/" + Story, ".lane-chart .main-svg"),
        ("/w/{Key}", "/w/none", ".problem"),
        ("/build", "/build", ".build-empty"),
        ("/build/s/{Payload}", "/build/s/" + Story, ".tree-row"),
        ("/build/w/{Key}", "/build/w/none", ".problem"),
        ("/audit", "/audit", ".paste"),
        ("/audit/s/{Payload}", "/audit/s/" + Story + "?kernels=4.1&paths=reboot,kexec&runs=1", "#verdict"),
        ("/audit/w/{Key}", "/audit/w/none", ".problem"),
        ("/matrix/s/{Payload}", "/matrix/s/" + Story + "?policies=P4,seed&paths=reboot", "#verdict"),
        ("/matrix/w/{Key}", "/matrix/w/none", ".problem"),
        ("/sweep/s/{Payload}", "/sweep/s/" + Story, "#verdict"),
        ("/sweep/w/{Key}", "/sweep/w/none", ".problem"),
        ("/compare", "/compare", ".lane-chart .main-svg"),
        ("/compare/s/{Payload}", "/compare/s/" + Story, ".lane-chart .main-svg"),
        ("/debate", "/debate", ".claim"),
        ("/believe", "/believe", ".overlay-examples"),
        ("/believe/e/{Example}", "/believe/e/kit_kexec_pc_k612", "#verdict"),
        ("/believe/r/{Key}", "/believe/r/none", ".problem"),
        ("/glossary", "/glossary", ".glossary dl"),
        ("/library", "/library", "h1"),
        ("/library/{Key}", "/library/none", "h1"),
        ("/library/recent/{Key}", "/library/recent/none", "h1"),
        ("/i/{Id}", "/i/0000000000", "h1"),
        ("/not-found", "/not-found", "h1"),
        ("/error", "/error", "h1"),
    ];

    public static TheoryData<string> Routes => new(Pages.Select(p => p.Route));

    [Fact]
    public void Each_route_of_the_app_is_read_here()
    {
        var folder = Path.Combine(AppFixture.Metadata("WebProjectDirectory"), "Components");
        var routes = Directory.EnumerateFiles(folder, "*.razor", SearchOption.AllDirectories).SelectMany(File.ReadLines)
            .Select(line => Directive().Match(line)).Where(m => m.Success).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(routes, Pages.Select(p => p.Route).Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Routes))]
    public async Task It_is_accessible_and_fits_in_both_themes(string route)
    {
        var page = Pages.Single(p => p.Route == route);
        await using var visit = await Visit.ToAsync(browser, app.Web, page.Address);
        await Expect(visit.Page.Locator(page.Ready).First).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Expect(visit.Page.Locator("h1")).ToHaveCountAsync(1);
        await visit.AssertReadableInBothThemesAsync();
        visit.AssertClean();
        foreach (var (width, height) in new[] { Visit.Phone, (2560, 1440) })
        {
            await visit.Page.SetViewportSizeAsync(width, height);
            await visit.AssertFitsWidthAsync();
        }
    }

    [GeneratedRegex("""^@page "([^"]+)"$""")]
    private static partial Regex Directive();
}
