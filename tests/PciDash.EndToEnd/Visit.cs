using System.Collections.Concurrent;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace PciDash.EndToEnd;

/// <summary>
/// One page in a browser context of its own. Everything that goes wrong in it is collected (console errors, exceptions,
/// CSP violations, failed requests), and <see cref="AssertClean"/> fails on it.
/// </summary>
public sealed class Visit : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly IBrowserContext _context;

    private Visit(IBrowserContext context, IPage page)
    {
        _context = context;
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error")
                _problems.Enqueue($"console: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => _problems.Enqueue($"exception: {error}");
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
                _problems.Enqueue($"{response.Status}: {response.Url}");
        };
        page.RequestFailed += (_, request) => _problems.Enqueue($"request failed: {request.Failure}: {request.Url}");
    }

    public IPage Page { get; }

    public static (int Width, int Height) Desktop => (1440, 900);
    public static (int Width, int Height) Phone => (390, 844);

    /// <summary>Opens a page and waits until it is interactive.</summary>
    public static async Task<Visit> ToAsync(
        BrowserFixture browser, WebProcess web, string path, ColorScheme theme = ColorScheme.Light, (int Width, int Height)? size = null)
    {
        var (width, height) = size ?? Desktop;
        var context = await browser.Browser.NewContextAsync(new()
        {
            BaseURL = web.Address.ToString(),
            ColorScheme = theme,
            ViewportSize = new() { Width = width, Height = height },
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        // The console names most violations; the event names all of them.
        await context.AddInitScriptAsync(
            "document.addEventListener('securitypolicyviolation', e => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`))");
        return await ToAsync(context, path);
    }

    /// <summary>Opens another tab beside this one. It lives as long as this visit.</summary>
    public Task<Visit> AnotherTabAsync(string path) => ToAsync(_context, path);

    /// <summary>What the address bar holds, without the server.</summary>
    public string Address => new Uri(Page.Url).PathAndQuery;

    private static async Task<Visit> ToAsync(IBrowserContext context, string path)
    {
        var visit = new Visit(context, await context.NewPageAsync());
        await visit.Page.GotoAsync(path);
        await visit.WaitUntilInteractiveAsync();
        return visit;
    }

    public Task WaitUntilInteractiveAsync() => Page.Locator(".shell[data-interactive=true]").WaitForAsync();

    public void AssertClean() => Assert.True(_problems.IsEmpty, string.Join('\n', _problems));

    public async Task AssertAccessibleAsync()
    {
        var result = await Page.RunAxe();
        Assert.True(result.Violations.Length == 0, string.Join('\n', result.Violations.SelectMany(v =>
            v.Nodes.Select(node => $"{v.Id}: {v.Help}: {node.Html} {string.Join("; ", node.Any.Select(check => check.Message))}"))));
    }

    /// <summary>What is on the page, in the light and in the dark: read by axe, fits the width, has a picture. The page stays as it is loaded.</summary>
    /// <param name="picture">Names the picture of a theme; null = none.</param>
    public async Task AssertReadableInBothThemesAsync(Func<string, string>? picture = null)
    {
        foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            var name = theme.ToString().ToLowerInvariant();
            await Page.EmulateMediaAsync(new() { ColorScheme = theme });
            await Assertions.Expect(Page.Locator("html")).ToHaveAttributeAsync("data-theme", name);
            await AssertAccessibleAsync();
            await AssertFitsWidthAsync();
            if (picture is not null)
                await PictureAsync(picture(name));
        }
    }

    public async Task AssertFitsWidthAsync()
    {
        var excess = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(excess <= 0, $"{Page.Url} scrolls sideways by {excess} px");
    }

    /// <summary>Leaves a picture in artifacts/screenshots, for people to look at.</summary>
    public Task PictureAsync(string name) => Page.ScreenshotAsync(new()
    {
        Path = Path.Combine(AppFixture.Metadata("WebProjectDirectory"), "..", "..", "artifacts", "screenshots", name + ".png"),
    });

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
