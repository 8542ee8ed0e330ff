using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>Two runs on one axis: from the lab, changed, stepped together and sent on.</summary>
[Collection(AppInBrowser.Name)]
public sealed class CompareTests(AppFixture app, BrowserFixture browser)
{
    private static ILocator Verdict(Visit visit) => visit.Page.Locator("#verdict");

    private static async Task SettledAsync(Visit visit)
    {
        await Expect(visit.Page.Locator(".lane-chart .barlayer .point").First).ToBeVisibleAsync();
        await visit.Page.WaitForTimeoutAsync(400);
    }

    [Fact]
    public async Task From_the_lab_to_the_patch_beside_it_stepped_together_and_on_to_a_colleague()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "Compare with…" }).ClickAsync();
        await Expect(Verdict(visit)).ToContainTextAsync("the same run so far");
        await page.Locator("#second-policy").SelectOptionAsync("seed");
        await Expect(Verdict(visit)).ToContainTextAsync("IRQ 21 is disabled after 100,000 interrupts: nobody cared; with “the 2015 patch");
        await SettledAsync(visit);
        await Expect(page.Locator(".flag")).ToHaveCountAsync(2);
        var flags = await page.Locator(".flag").EvaluateAllAsync<string[]>("all => all.map(f => f.style.left)");
        Assert.Equal(flags[0], flags[1]);

        // Equal events stand at equal places, and both go along.
        await page.Keyboard.PressAsync("Home");
        await Expect(page.Locator(".compare-side .here").First).ToContainTextAsync("0:");
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.Locator(".compare-side .here").Nth(1)).ToContainTextAsync("1:");
        var cursors = await page.Locator(".cursor").EvaluateAllAsync<string[]>("all => all.map(f => f.style.left)");
        Assert.Equal(cursors[0], cursors[1]);
        await page.GetByRole(AriaRole.Button, new() { Name = "where they part" }).ClickAsync();
        await Expect(page.Locator(".compare-side .here").First).ToContainTextAsync("28: 00:09.0");
        await visit.PictureAsync("compare-desktop-light");
        await visit.AssertAccessibleAsync();
        await visit.AssertFitsWidthAsync();

        // One is held, the other goes on.
        await page.GetByRole(AriaRole.Button, new() { Name = "hold B" }).ClickAsync();
        await page.Keyboard.PressAsync("End");
        await Expect(page.Locator(".compare-side .here").Nth(1)).ToContainTextAsync("28:");
        await Expect(page.Locator(".compare-side .here").First).Not.ToContainTextAsync("28:");

        await page.GetByRole(AriaRole.Button, new() { Name = "Copy link" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Copied" })).ToBeVisibleAsync();
        var link = new Uri(await page.EvaluateAsync<string>("navigator.clipboard.readText()")).PathAndQuery;
        Assert.StartsWith("/compare/s/1", link, StringComparison.Ordinal);
        Assert.InRange(link.Length, 20, 400);
        visit.AssertClean();

        await using var other = await Visit.ToAsync(browser, app.Web, link);
        await Expect(Verdict(other)).ToHaveTextAsync((await Verdict(visit).TextContentAsync())!);
        await Expect(other.Page.Locator(".compare-side .here").First).ToHaveTextAsync((await page.Locator(".compare-side .here").First.TextContentAsync())!);
        await Expect(other.Page.Locator(".compare-side .here").Nth(1)).ToContainTextAsync("28:");

        // Each side is a run of its own.
        await other.Page.GetByRole(AriaRole.Link, new() { Name = "Open in the lab: B" }).ClickAsync();
        await Expect(other.Page.Locator("#policy")).ToHaveValueAsync("seed");
        await other.Page.GoBackAsync();
        await Expect(Verdict(other)).ToContainTextAsync("IRQ 21 is disabled");
        other.AssertClean();
    }

    [Fact]
    public async Task Swapped_and_changed_and_back_again()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/compare");
        var page = visit.Page;
        await Expect(page.Locator("#first-policy")).ToHaveValueAsync("P4");
        await SettledAsync(visit);
        await page.GetByRole(AriaRole.Button, new() { Name = "Swap" }).ClickAsync();
        await Expect(page.Locator("#first-policy")).ToHaveValueAsync("seed");
        await Expect(page.Locator("#second-policy")).ToHaveValueAsync("P4");
        await page.Locator("#second-path").SelectOptionAsync("Kexec");
        await Expect(page.Locator(".changes")).ToContainTextAsync("reboot → kexec");
        await page.GoBackAsync();
        await Expect(page.Locator(".changes")).Not.ToContainTextAsync("reboot →");
        await Expect(page.Locator("#second-path")).ToHaveValueAsync("Reboot");

        // Any other run.
        await page.GetByText("Command line, drivers, or another run").ClickAsync();
        await page.GetByLabel("Compare with another run").FillAsync("nothing of the kind");
        await page.GetByRole(AriaRole.Button, new() { Name = "Take it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("What was open stays open");
        await page.GetByLabel("Compare with another run").FillAsync("mpt-fusion-2008");
        await page.GetByRole(AriaRole.Button, new() { Name = "Take it" }).ClickAsync();
        await Expect(page.Locator("#second-kernel")).ToHaveValueAsync("2.6.24");
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        await visit.AssertAccessibleAsync();
        visit.AssertClean();
    }

    [Theory]
    [InlineData(ColorScheme.Dark, 1440, 900)]
    [InlineData(ColorScheme.Light, 390, 844)]
    public async Task It_is_readable_everywhere(ColorScheme opened, int width, int height)
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/compare", opened, (width, height));
        await Expect(Verdict(visit)).ToContainTextAsync("IRQ 21 is disabled");
        await SettledAsync(visit);
        await visit.AssertReadableInBothThemesAsync(theme => $"compare-{(width < 500 ? "phone" : "desktop")}-{theme}");
        visit.AssertClean();
    }

    [Fact]
    public async Task A_link_that_is_damaged_says_so_and_offers_the_story()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/compare/s/1AAAA");
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("This comparison cannot be opened");
        await visit.AssertAccessibleAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Compare the story") }).ClickAsync();
        await Expect(Verdict(visit)).ToContainTextAsync("IRQ 21 is disabled");
        visit.AssertClean();
    }
}
