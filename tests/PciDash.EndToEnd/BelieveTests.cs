using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>A recording of a real kernel laid over the model.</summary>
[Collection(AppInBrowser.Name)]
public sealed class BelieveTests(AppFixture app, BrowserFixture browser)
{
    private static ILocator Verdict(Visit visit) => visit.Page.Locator("#verdict");

    private static string Example(string name) =>
        Path.Combine(AppFixture.Metadata("WebProjectDirectory"), "..", "PciDash.Scenarios", "Conformance", "Examples", name);

    private static FilePayload Payload(string path, Func<string, string>? change = null) => new()
    {
        Name = Path.GetFileName(path), MimeType = "application/octet-stream",
        Buffer = change is null ? File.ReadAllBytes(path) : System.Text.Encoding.UTF8.GetBytes(change(File.ReadAllText(path))),
    };

    [Fact]
    public async Task From_the_bar_to_an_example_that_is_explained()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Believe" }).ClickAsync();
        await Expect(visit.Page.Locator("h1")).ToHaveTextAsync("Against a real kernel");
        await visit.AssertAccessibleAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Linux 6.12 reboots" }).ClickAsync();
        await Expect(Verdict(visit)).ToContainTextAsync("Explained");
        await Expect(visit.Page.Locator(".overlay-mark.predicted").First).ToBeVisibleAsync();
        await visit.PictureAsync("believe-kit-desktop-light");
        await visit.AssertAccessibleAsync();
        await visit.AssertFitsWidthAsync();
        await Expect(visit.Page.Locator(".overlay-table tbody tr").First).ToBeVisibleAsync();
        visit.AssertClean();
    }

    [Fact]
    public async Task Files_that_are_sent_are_explained_and_a_wrong_one_shows_where_not()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/believe");
        var files = visit.Page.Locator("input[type=file]");
        var all = Directory.GetFiles(Example("s5a_vnet_uhci_msixshut")).Order().ToList();

        // Without any file; then with one that is none.
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Lay it over the model" }).ClickAsync();
        await Expect(visit.Page.Locator("#recording-says")).ToContainTextAsync("choose the files of a recording");
        await files.SetInputFilesAsync(new FilePayload { Name = "notes.txt", MimeType = "text/plain", Buffer = "nothing"u8.ToArray() });
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Lay it over the model" }).ClickAsync();
        await Expect(visit.Page.Locator("#recording-says")).ToContainTextAsync("events.jsonl");
        await visit.AssertAccessibleAsync();

        await files.SetInputFilesAsync(all.Select(f => Payload(f)));
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Lay it over the model" }).ClickAsync();
        await Expect(Verdict(visit)).ToContainTextAsync("Explained", new() { Timeout = 60_000 });
        Assert.StartsWith("/believe/r/", visit.Address, StringComparison.Ordinal);

        await files.SetInputFilesAsync(all.Select(f => Payload(f, t => t.Replace("\"n\": 100000", "\"n\": 99990", StringComparison.Ordinal))));
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Lay it over the model" }).ClickAsync();
        await Expect(Verdict(visit)).ToContainTextAsync("Not explained", new() { Timeout = 60_000 });
        await Expect(visit.Page.Locator(".overlay-flag")).ToBeVisibleAsync();
        await Expect(visit.Page.Locator(".overlay-table tr.first")).ToContainTextAsync("would do something else");
        await visit.PictureAsync("believe-wrong-desktop-light");
        await visit.AssertAccessibleAsync();
        visit.AssertClean();
    }

    [Theory]
    [InlineData(ColorScheme.Dark, 1440, 900)]
    [InlineData(ColorScheme.Light, 390, 844)]
    public async Task It_is_readable_everywhere(ColorScheme opened, int width, int height)
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/believe/e/s5a_vnet_uhci_msixshut", opened, (width, height));
        await Expect(Verdict(visit)).ToContainTextAsync("Explained");
        await visit.AssertReadableInBothThemesAsync(theme => $"believe-{(width < 500 ? "phone" : "desktop")}-{theme}");
        visit.AssertClean();
    }
}
