using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>Somebody who has never seen it, with three questions: which event disabled the line, why, and what would prevent it?</summary>
[Collection(LabInBrowser.Name)]
public sealed class NewcomerTests(BrowserFixture browser, AppFixture app)
{
    public static TheoryData<int, int> Sizes => new() { { 1440, 900 }, { 390, 844 } };

    [Theory, MemberData(nameof(Sizes))]
    public async Task Three_questions_are_answered_by_three_clicks(int width, int height)
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/", size: (width, height));
        var page = visit.Page;
        await Expect(page.Locator("h1")).ToContainTextAsync("kills IRQ 21");

        // Which event: the page opens at it.
        await page.GetByRole(AriaRole.Link, new() { Name = "Why? Step through it" }).ClickAsync();
        await Expect(page.Locator("#headline")).ToContainTextAsync("IRQ 21 is disabled after 100,000 interrupts");
        await Expect(page.Locator(".step-head")).ToHaveTextAsync("IRQ 21 nobody cared: 100,000 of 100,000 interrupts were unhandled");

        // Why: from the shutdown to the last handler that did not want it, all of it on the screen of a laptop.
        var why = page.Locator(".inspector .why li");
        await Expect(why.Filter(new() { HasText = "pci_msix_shutdown" }).First).ToContainTextAsync("d52877c7b1af");
        await Expect(why.Last).ToContainTextAsync("nobody cared");
        if (width > 1000)
        {
            var last = (await why.Last.BoundingBoxAsync())!;
            Assert.True(last.Y + last.Height <= height, $"the end of the chain is at {last.Y + last.Height:0}");
        }

        // What would prevent it: tried, and taken.
        await page.GetByRole(AriaRole.Button, new() { Name = "What would prevent it?" }).ClickAsync();
        var found = page.Locator("#prevented li");
        await Expect(found.First).ToContainTextAsync("4.11");
        await Expect(found.First).ToBeInViewportAsync();
        await visit.AssertFitsWidthAsync();
        await visit.AssertAccessibleAsync();
        await visit.PictureAsync($"newcomer-prevented-{width}");
        await found.First.GetByRole(AriaRole.Button, new() { Name = "Try it" }).ClickAsync();
        await Expect(page.Locator("#headline")).ToContainTextAsync("No irq is given up");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "What would prevent it?" })).ToHaveCountAsync(0);

        // Back, and both beside each other.
        await page.GoBackAsync();
        await Expect(page.Locator("#headline")).ToContainTextAsync("IRQ 21 is disabled");
        await page.GetByRole(AriaRole.Button, new() { Name = "What would prevent it?" }).ClickAsync();
        await found.First.GetByRole(AriaRole.Link, new() { Name = "Beside this run" }).ClickAsync();
        await Expect(page.Locator(".compare-head .headline")).ToContainTextAsync("IRQ 21 is disabled after 100,000 interrupts");
        visit.AssertClean();
    }
}
