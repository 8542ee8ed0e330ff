namespace PciDash.EndToEnd;

/// <summary>A server with a store of its own and without limits of rate, for tests that need no browser.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pcidash-store-");

    public WebProcess Web { get; private set; } = null!;

    public string ShareFile => Path.Combine(_folder.FullName, "ids.db");

    public HttpClient Http { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Web = await WebProcess.StartAsync(AppFixture.Metadata("WebAssembly"), settings: new Dictionary<string, string>
        {
            ["PciDash:ShareFile"] = ShareFile,
            ["PciDash:ApiPerMinute"] = "0",
            ["PciDash:SharesPerHour"] = "0",
            ["PciDash:ImportsPerMinute"] = "0",
        });
        Http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = Web.Address };
    }

    public async Task DisposeAsync()
    {
        Http?.Dispose();
        if (Web is not null)
            await Web.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

[CollectionDefinition(Name)]
public sealed class ServerAlone : ICollectionFixture<ServerFixture>
{
    public const string Name = "server alone";
}
