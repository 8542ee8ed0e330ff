using System.Net;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>A file is saved by a browser that has other things to do, and by nobody else.</summary>
[Collection(AppInBrowser.Name)]
public sealed class SavingTests(BrowserFixture browser, AppFixture app)
{
    private const int BusyMs = 13_000;

    [Fact]
    public async Task A_page_that_is_busy_for_long_gets_its_file_and_goes_on()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        await Expect(new LabPage(visit).Headline).ToContainTextAsync("IRQ 21 is disabled");
        // What was chosen is on its way, and then the page does nothing else for longer than a stream over its connection would wait.
        var download = await page.RunAndWaitForDownloadAsync(
            () => page.EvaluateAsync(
                """
                ms => {
                  const list = document.getElementById("save-as");
                  list.value = "csv";
                  list.dispatchEvent(new Event("change", { bubbles: true }));
                  setTimeout(() => { for (const end = performance.now() + ms; performance.now() < end;); });
                }
                """,
                BusyMs),
            new() { Timeout = 60_000 });
        Assert.Equal("virtio-nobody-cared-2015.csv", download.SuggestedFilename);
        Assert.StartsWith("i,t,n,", await File.ReadAllTextAsync((await download.PathAsync())!), StringComparison.Ordinal);

        // The page lives: it steps, and saves once more.
        await new LabPage(visit).StepToAsync("Home");
        var again = await page.RunAndWaitForDownloadAsync(() => page.Locator("#save-as").SelectOptionAsync("markdown"));
        Assert.Equal("virtio-nobody-cared-2015.md", again.SuggestedFilename);
        string[] asked = [download.Url, again.Url];
        Assert.Equal(2, asked.Distinct().Count());

        // What was fetched is fetched once, and a name that nobody was given leads nowhere.
        using var http = new HttpClient { BaseAddress = app.Web.Address };
        Assert.All(asked, url => Assert.Matches("/file/[0-9a-f]{32}$", url));
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri(asked[0]))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri("/file/" + new string('0', 32), UriKind.Relative))).StatusCode);
        visit.AssertClean();
    }
}
