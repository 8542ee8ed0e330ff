using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>The debate: a newcomer reads who was right about what, and opens the runs that show it.</summary>
[Collection(AppInBrowser.Name)]
public sealed class DebateTests(AppFixture app, BrowserFixture browser)
{
    private static readonly string[] Opened = ["no-msi-will-be-sent", "nobody-cared-follows", "both-handlers-at-once"];

    private async Task<Visit> OpenAsync(ColorScheme theme = ColorScheme.Light, (int, int)? size = null)
    {
        var visit = await Visit.ToAsync(browser, app.Web, "/debate", theme, size);
        await Expect(visit.Page.Locator(".claim").First).ToBeVisibleAsync(new() { Timeout = 60_000 });
        return visit;
    }

    [Fact]
    public async Task A_newcomer_reads_who_was_right_about_what_and_opens_three_counterexamples()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Who was right? The debate" }).ClickAsync();
        await Expect(visit.Page.Locator(".score")).ToContainTextAsync("Tsirkin", new() { Timeout = 60_000 });
        await visit.Page.Locator(".index a", new() { HasTextString = "With the patch no message arrives after" }).ClickAsync();
        var claim = visit.Page.Locator("#no-msi-will-be-sent");
        await Expect(claim).ToBeInViewportAsync();
        await Expect(claim.Locator(".chip")).ToHaveTextAsync("holds only if");
        await Expect(claim.Locator(".condition")).ToHaveTextAsync("Only if: kexec.");

        foreach (var id in Opened)
        {
            var link = visit.Page.Locator($"#{id} .family a").First;
            Assert.StartsWith("/s/", await link.GetAttributeAsync("href"), StringComparison.Ordinal);
            await link.ClickAsync();
            await Expect(visit.Page.Locator("#headline")).ToBeVisibleAsync();
            await Expect(visit.Page.GetByText(new Regex("^violated at"))).Not.ToHaveCountAsync(0);
            await visit.Page.GoBackAsync();
            await Expect(visit.Page.Locator("#" + id)).ToBeVisibleAsync(new() { Timeout = 30_000 });
        }

        visit.AssertClean();
    }

    [Fact]
    public async Task The_page_is_accessible_and_fits_a_laptop_and_a_phone()
    {
        await using var visit = await OpenAsync();
        await visit.AssertReadableInBothThemesAsync(theme => $"debate-{theme}");
        await visit.Page.Locator("#nobody-cared-follows").ScrollIntoViewIfNeededAsync();
        await visit.PictureAsync("debate-claim-dark");
        await visit.Page.SetViewportSizeAsync(Visit.Phone.Width, Visit.Phone.Height);
        await visit.AssertFitsWidthAsync();
        await visit.PictureAsync("debate-phone-claim-dark");
        await visit.Page.EvaluateAsync("scrollTo(0, 0)");
        await visit.PictureAsync("debate-phone-dark");
        visit.AssertClean();
    }
}
