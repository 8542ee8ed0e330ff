using System.Reflection;
using Microsoft.Playwright;

namespace PciDash.EndToEnd;

/// <summary>One browser for all tests of a collection; each visit has a context, and so storage, of its own.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    // Collections run at the same time: a browser is looked for, and perhaps installed, once.
    private static readonly Lazy<Task<string?>> Path = new(BrowserLocator.FindOrInstallAsync);

    private IPlaywright? _playwright;

    public IBrowser Browser { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var path = await Path.Value;
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

// Collections run side by side, each with a browser and a dashboard of its own; the tests of one run one after the other.

/// <summary>Machines: built, audited, compared, held against recordings. And whatever has no other place.</summary>
[CollectionDefinition(Name)]
public sealed class AppInBrowser : ICollectionFixture<BrowserFixture>, ICollectionFixture<AppFixture>
{
    public const string Name = "app in browser";
}

/// <summary>The lab.</summary>
[CollectionDefinition(Name)]
public sealed class LabInBrowser : ICollectionFixture<BrowserFixture>, ICollectionFixture<AppFixture>
{
    public const string Name = "lab in browser";
}

/// <summary>What all pages have in common.</summary>
[CollectionDefinition(Name)]
public sealed class PagesInBrowser : ICollectionFixture<BrowserFixture>, ICollectionFixture<AppFixture>
{
    public const string Name = "pages in browser";
}

/// <summary>What the reader's browser keeps.</summary>
[CollectionDefinition(Name)]
public sealed class KeptInBrowser : ICollectionFixture<BrowserFixture>, ICollectionFixture<AppFixture>
{
    public const string Name = "kept in browser";
}

/// <summary>What a server holds of pages that have gone: it waits more than it works.</summary>
[CollectionDefinition(Name)]
public sealed class GoneFromBrowser : ICollectionFixture<BrowserFixture>
{
    public const string Name = "gone from browser";
}
