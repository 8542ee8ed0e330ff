using System.Reflection;
using Microsoft.Playwright;

namespace PciDash.EndToEnd;

/// <summary>One browser for all tests; each visit has a context, and so storage, of its own.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private IPlaywright? _playwright;

    public IBrowser Browser { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var path = await BrowserLocator.FindOrInstallAsync();
        _playwright = await Playwright.CreateAsync();

        // /dev/shm is tiny in containers, and Chromium's sandbox refuses to run as root.
        List<string> arguments = ["--disable-dev-shm-usage"];
        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess)
            arguments.Add("--no-sandbox");
        Assertions.SetDefaultExpectTimeout(60_000); // Other test projects run at the same time, perhaps on two cores.
        Browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = path, Args = arguments });
    }

    public async Task DisposeAsync()
    {
        if (Browser is not null)
            await Browser.DisposeAsync();
        _playwright?.Dispose();
    }
}

/// <summary>The web app of this build.</summary>
public sealed class AppFixture : IAsyncLifetime
{
    public WebProcess Web { get; private set; } = null!;

    public async Task InitializeAsync() => Web = await WebProcess.StartAsync(Metadata("WebAssembly"));

    public async Task DisposeAsync()
    {
        if (Web is not null)
            await Web.DisposeAsync();
    }

    /// <summary>A path that the project file has written into this assembly.</summary>
    internal static string Metadata(string key) =>
        typeof(AppFixture).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}

[CollectionDefinition(Name)]
public sealed class AppInBrowser : ICollectionFixture<BrowserFixture>, ICollectionFixture<AppFixture>
{
    public const string Name = "app in browser";
}
