using Microsoft.Playwright;
using PciDash.EndToEnd;

namespace PciDash.Benchmarks.Pages;

/// <summary>A real browser.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private readonly IPlaywright playwright;
    private readonly IBrowser browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (this.playwright, this.browser) = (playwright, browser);

    public static async Task<Chromium> StartAsync()
    {
        var path = await BrowserLocator.FindOrInstallAsync();
        var playwright = await Playwright.CreateAsync();

        // /dev/shm is tiny in containers, and Chromium's sandbox refuses to run as root.
        string[] arguments = ["--disable-dev-shm-usage", .. OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess ? (string[])["--no-sandbox"] : []];
        return new Chromium(playwright, await playwright.Chromium.LaunchAsync(new() { ExecutablePath = path, Args = arguments }));
    }

    /// <summary>A page with a storage and a cache of its own.</summary>
    public async Task<IPage> PageAsync(Uri site)
    {
        var context = await browser.NewContextAsync(new() { BaseURL = site.ToString(), ViewportSize = new() { Width = 1440, Height = 900 } });
        return await context.NewPageAsync();
    }

    /// <summary>Milliseconds from the beginning of the page's load until something is there, looked at in each frame.</summary>
    public static async Task<double> UntilAsync(IPage page, string condition) =>
        await (await page.WaitForFunctionAsync($"() => ({condition}) && performance.now()", null, new() { PollingInterval = null, Timeout = 60_000 })).JsonValueAsync<double>();

    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
    }
}
