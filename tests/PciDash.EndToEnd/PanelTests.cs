using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>How the lab fills a screen, and what a reader puts into it.</summary>
[Collection(LabInBrowser.Name)]
public sealed class PanelTests(BrowserFixture browser, AppFixture app)
{
    [Fact]
    public async Task Panels_have_the_size_that_a_reader_gave_them_until_he_takes_it_back()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        await DrawnAsync(page);
        var step = page.Locator("#lab-step");
        var bar = page.GetByRole(AriaRole.Separator, new() { Name = "Width of what this step is" });
        var (width, lanes) = (await WidthAsync(step), (await page.Locator("#lab-lanes").BoundingBoxAsync())!.Height);

        // By pointer: the lanes are drawn anew in what is left of the room.
        var box = (await bar.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + 3, box.Y + 200);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + 3 - 150, box.Y + 200, new() { Steps = 5 });
        await page.Mouse.UpAsync();
        Assert.Equal(width + 150, await WidthAsync(step), 1.5);
        await Expect(bar).ToHaveAttributeAsync("aria-valuenow", $"{Math.Round(width) + 150}");
        await page.WaitForFunctionAsync("() => Math.abs(document.querySelector('.lane-chart .main-svg').getBoundingClientRect().width - document.querySelector('.lane-body').clientWidth) < 2");

        // By keys: they are the bar's there, and do not step.
        var at = await new LabPage(visit).StepAsync();
        var lying = page.GetByRole(AriaRole.Separator, new() { Name = "Height of the lanes" });
        await lying.FocusAsync();
        await page.Keyboard.PressAsync("Shift+ArrowUp");
        await bar.FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal(width + 134, await WidthAsync(step), 1.5);
        Assert.Equal(at, await new LabPage(visit).StepAsync());
        await visit.AssertAccessibleAsync();

        await page.ReloadAsync();
        await visit.WaitUntilInteractiveAsync();
        await DrawnAsync(page);
        Assert.Equal(width + 134, await WidthAsync(step), 1.5);
        Assert.Equal(lanes - 64, (await page.Locator("#lab-lanes").BoundingBoxAsync())!.Height, 1.5);

        await bar.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        Assert.Equal(width, await WidthAsync(step), 1.5);
        await lying.DblClickAsync();
        Assert.Equal(lanes, (await page.Locator("#lab-lanes").BoundingBoxAsync())!.Height, 1.5);
        visit.AssertClean();
    }

    [Fact]
    public async Task What_is_remembered_is_kept_within_a_smaller_window_and_nonsense_is_read_over()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/");
        await visit.Page.EvaluateAsync("localStorage.setItem('pcidash.panels', JSON.stringify({ step: 100000, lanes: -5, printed: 'x', 'a;b': 3 }))");
        await visit.Page.GotoAsync("/lab");
        await visit.WaitUntilInteractiveAsync();
        await DrawnAsync(visit.Page);
        await visit.AssertFitsWidthAsync();
        Assert.InRange(await WidthAsync(visit.Page.Locator("#lab-step")), 200, 0.61 * 1440);
        Assert.InRange(await WidthAsync(visit.Page.Locator("#lab-lanes")), 400, 1440);
        Assert.InRange((await visit.Page.Locator("#lab-lanes").BoundingBoxAsync())!.Height, 300, 800);
        visit.AssertClean();
    }

    [Fact]
    public async Task A_large_screen_shows_everything_at_once()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab", size: (2560, 1440));
        var page = visit.Page;
        await DrawnAsync(page);
        foreach (var part in new[] { "#headline", ".lane-ticks", ".transport button", ".events tr.here", ".printed pre", ".inspector .why", ".inspector .next", "#orderings", "#patch", "#machine" })
        {
            var box = (await page.Locator(part).First.BoundingBoxAsync())!;
            Assert.True(box.Y >= 0 && box.Y + Math.Min(box.Height, 20) <= 1440, $"{part} is not on the screen: {box.Y}");
        }

        // And uses its width.
        Assert.True((await page.Locator("#orderings").BoundingBoxAsync())!.X > 1900);
        Assert.True(await WidthAsync(page.Locator(".lane-body")) > 1000);
        await visit.AssertReadableInBothThemesAsync(theme => $"lab-large-{theme}");
        visit.AssertClean();
    }

    [Fact]
    public async Task Kept_steps_are_flags_on_the_lanes_notes_in_the_table_and_in_the_picture()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        await DrawnAsync(page);
        await page.Keyboard.PressAsync("m");
        var note = page.Locator(".bookmarks input");
        await note.FillAsync("the line dies here");
        await note.PressAsync("Tab");
        var flag = page.Locator(".bookmark");
        await Expect(flag).ToHaveCountAsync(1);
        await Expect(page.Locator(".events tr.here .kept-note")).ToHaveTextAsync("★ the line dies here");
        var cursor = (await page.Locator(".cursor").BoundingBoxAsync())!;
        Assert.Equal(cursor.X, (await flag.BoundingBoxAsync())!.X, 1.5);

        // Elsewhere: its note on hover, and back by a click.
        var at = await new LabPage(visit).StepAsync();
        await page.Locator("h1").ClickAsync();
        await new LabPage(visit).StepToAsync("Home");
        var words = flag.GetByText("the line dies here");
        await Expect(words).ToBeHiddenAsync();
        await flag.GetByRole(AriaRole.Button).HoverAsync();
        await Expect(words).ToBeVisibleAsync();
        await flag.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(page.Locator(".step-head")).ToContainTextAsync("nobody cared");
        Assert.Equal(at, await new LabPage(visit).StepAsync());
        await visit.AssertAccessibleAsync();

        var saving = page.WaitForDownloadAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "SVG" }).ClickAsync();
        Assert.Contains("the line dies here", await File.ReadAllTextAsync((await (await saving).PathAsync())!), StringComparison.Ordinal);

        // A window that does not hold it has no flag; the link has.
        await page.Locator("h1").ClickAsync();
        await page.Keyboard.PressAsync("Home");
        for (var i = 0; i < 4; i++)
        {
            await page.Keyboard.PressAsync("+");
        }

        await Expect(flag).ToHaveCountAsync(0);
        await page.Keyboard.PressAsync("0");
        await Expect(flag).ToHaveCountAsync(1);
        var address = await new LabPage(visit).SettledAddressAsync();
        await using var other = await visit.AnotherTabAsync(address);
        await Expect(other.Page.Locator(".bookmark button")).ToHaveAttributeAsync("title", $"{at:N0}: the line dies here");
        visit.AssertClean();
    }

    private static Task DrawnAsync(IPage page) => page.Locator(".lane-chart .barlayer .point").First.WaitForAsync();

    private static async Task<double> WidthAsync(ILocator part) => (await part.BoundingBoxAsync())!.Width;
}
