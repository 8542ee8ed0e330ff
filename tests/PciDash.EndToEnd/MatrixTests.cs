using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>From a run to all of its policies, paths and releases, and back into the run behind a cell.</summary>
[Collection(AppInBrowser.Name)]
public sealed class MatrixTests(AppFixture app, BrowserFixture browser)
{
    private static ILocator Verdict(Visit visit) => visit.Page.Locator("#verdict");

    private static ILocator Cell(Visit visit, string policy, int column) =>
        visit.Page.Locator(".matrix-table").First.Locator("tbody tr").Filter(new() { Has = visit.Page.GetByText(policy, new() { Exact = true }) }).Locator("td").Nth(column);

    [Fact]
    public async Task From_the_lab_to_the_matrix_and_into_the_run_of_the_cell_that_is_violated()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Matrix" }).ClickAsync();
        await Expect(Verdict(visit)).ToContainTextAsync("it is violated in", new() { Timeout = 30_000 });
        Assert.StartsWith("/matrix/s/1", visit.Address, StringComparison.Ordinal);
        await Expect(Cell(visit, "seed", 0)).ToContainTextAsync("holds");
        await Expect(Cell(visit, "seed", 0)).Not.ToContainTextAsync("violated");
        await Expect(Cell(visit, "P4", 0)).ToContainTextAsync("violated");
        await visit.PictureAsync("matrix-desktop-light");
        await visit.AssertAccessibleAsync();
        await visit.AssertFitsWidthAsync();
        await Cell(visit, "P4", 0).GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^no-spurious-disable violated: open the run, P4 reboot") }).ClickAsync();
        await Expect(visit.Page.Locator("#headline")).ToContainTextAsync("nobody cared", new() { Timeout = 30_000 });
        await Expect(visit.Page.Locator(".transport [role=status]")).ToContainTextAsync("nobody cared");
        visit.AssertClean();
    }

    [Fact]
    public async Task From_the_lab_to_the_sweep_and_into_the_runs_on_both_sides_of_the_patch()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Sweep" }).ClickAsync();
        await Expect(Verdict(visit)).ToContainTextAsync("What happens changes", new() { Timeout = 30_000 });
        var change = visit.Page.Locator(".sweep li.card").Filter(new() { HasText = "From 4.9 to 4.12" });
        await Expect(change.Locator(".facts li").First).ToHaveTextAsync(new Regex("does it.*shutdown policy.*fda78d7a0ead"));
        await visit.PictureAsync("sweep-desktop-light");
        await visit.AssertAccessibleAsync();
        await change.GetByRole(AriaRole.Link, new() { Name = "Run of 4.9", Exact = true }).ClickAsync();
        await Expect(visit.Page.Locator("#headline")).ToContainTextAsync("nobody cared", new() { Timeout = 30_000 });
        await visit.Page.GoBackAsync();
        await change.GetByRole(AriaRole.Link, new() { Name = "Run of 4.12", Exact = true }).ClickAsync();
        await Expect(visit.Page.Locator("#headline")).Not.ToContainTextAsync("nobody cared");
        visit.AssertClean();
    }

    [Theory]
    [InlineData(ColorScheme.Dark, 1440, 900)]
    [InlineData(ColorScheme.Light, 390, 844)]
    public async Task Both_are_links_and_are_readable_everywhere(ColorScheme opened, int width, int height)
    {
        await using var first = await Visit.ToAsync(browser, app.Web, "/lab");
        var link = await first.Page.GetByRole(AriaRole.Link, new() { Name = "Matrix" }).GetAttributeAsync("href");
        await using var visit = await Visit.ToAsync(browser, app.Web, link + "?policies=P4,seed,EB-1", opened, (width, height));
        await Expect(Verdict(visit)).ToContainTextAsync("of 12 cells", new() { Timeout = 30_000 });
        var size = width < 500 ? "phone" : "desktop";
        await visit.AssertReadableInBothThemesAsync(theme => $"matrix-{size}-{theme}");

        // To the other view by keyboard alone.
        await visit.Page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Sweep") }).FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(Verdict(visit)).ToContainTextAsync("What happens changes", new() { Timeout = 30_000 });
        await visit.AssertReadableInBothThemesAsync(theme => $"sweep-{size}-{theme}");
        visit.AssertClean();
    }
}
