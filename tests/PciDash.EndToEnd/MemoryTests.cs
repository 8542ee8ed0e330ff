using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>Whoever has gone holds nothing.</summary>
[Collection(GoneFromBrowser.Name)]
public sealed class MemoryTests(BrowserFixture browser, ITestOutputHelper output)
{
    private const int PerPage = 10;
    private const int Slack = 4_000_000;

    [Fact]
    public async Task The_server_does_not_grow_while_100_scenarios_are_opened_and_closed()
    {
        await using var web = await WebProcess.StartAsync(AppFixture.Metadata("WebAssembly"), settings: new Dictionary<string, string>([WebProcess.Measured])
        {
            // What is kept on purpose is kept small: it is bounded by these.
            ["PciDash:KeptEvents"] = "20000", ["PciDash:GonePages"] = "1", ["PciDash:GonePageSeconds"] = "1",
        });
        await using var visit = await Visit.ToAsync(browser, web, "/glossary");
        await visit.Page.GotoAsync("about:blank");
        await OpenAsync(visit, web, pages: 3);
        var before = await ClosedAsync(web);
        await OpenAsync(visit, web, pages: 10);
        var after = await ClosedAsync(web);

        // What was asked of a page that has gone is held for the minute after which it fails.
        for (var tries = 0; after > before + Slack && tries < 18; tries++)
        {
            await Task.Delay(5000);
            after = await ClosedAsync(web);
        }

        output.WriteLine($"{before} bytes after {3 * PerPage} scenarios, {after} after {10 * PerPage} more");
        Assert.True(after <= before + Slack, $"{before} bytes became {after}");
    }

    // Each page shows ten scenarios, one after the other, and is closed.
    private static async Task OpenAsync(Visit visit, WebProcess web, int pages)
    {
        for (var n = 0; n < pages; n++)
        {
            var page = await visit.Page.Context.NewPageAsync();
            await page.GotoAsync(new Uri(web.Address, "/lab").ToString());
            await page.Locator(".shell[data-interactive=true]").WaitForAsync();
            var scenario = page.Locator("#scenario");
            var ids = await scenario.Locator("option").EvaluateAllAsync<string[]>("all => all.map(o => o.value)");
            for (var i = 0; i < PerPage; i++)
            {
                var id = ids[((n * PerPage) + i + 1) % ids.Length];
                await scenario.SelectOptionAsync(id);
                await Expect(scenario).ToHaveValueAsync(id);
                await Expect(page.Locator(".lane-chart").First).ToBeVisibleAsync();
                await page.Keyboard.PressAsync("Home");
            }

            await page.CloseAsync();
        }
    }

    private static async Task<long> ClosedAsync(WebProcess web)
    {
        // A page that was closed is forgotten a little later.
        for (var tries = 0; ; tries++)
        {
            var (bytes, circuits) = await web.MemoryAsync();
            if (circuits == 0)
                return bytes;
            Assert.True(tries < 60, $"{circuits} pages are still held");
            await Task.Delay(500);
        }
    }
}
