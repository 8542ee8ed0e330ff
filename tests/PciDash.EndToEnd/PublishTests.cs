using System.Diagnostics;
using System.Net;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>What is deployed is not the build output: static files take another way there.</summary>
[Collection(PagesInBrowser.Name)]
public sealed class PublishTests(BrowserFixture browser) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pcidash-publish-");

    [Fact]
    public async Task Published_app_works_and_its_files_are_compressed()
    {
        await PublishAsync();
        await using var web = await WebProcess.StartAsync(Path.Combine(_folder.FullName, "PciDash.Web.dll"));
        await using var visit = await Visit.ToAsync(browser, web, "/lab");
        await Expect(visit.Page.Locator(".js-plotly-plot svg.main-svg").First).ToBeVisibleAsync();
        visit.AssertClean();

        using var http = new HttpClient { BaseAddress = web.Address };
        http.DefaultRequestHeaders.Add("Accept-Encoding", "br");
        foreach (var file in new[] { "css/app.css", "_content/MudBlazor/MudBlazor.min.css", "_content/Plotly.Blazor/plotly-basic-3.7.0.min.js" })
        {
            using var answer = await http.GetAsync(new Uri(file, UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(["br"], answer.Content.Headers.ContentEncoding);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task PublishAsync()
    {
        // Not built again, since other projects may be using the output just now.
        using var publish = Process.Start(new ProcessStartInfo("dotnet",
            ["publish", AppFixture.Metadata("WebProjectDirectory"), "-c", AppFixture.Metadata("Configuration"), "-o", _folder.FullName, "--no-build"])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0, output);
    }
}
