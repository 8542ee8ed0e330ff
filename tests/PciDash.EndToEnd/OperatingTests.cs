using System.Diagnostics;
using System.Net;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>What whoever runs a server of it meets: configuration, health, limits, the end.</summary>
[Collection(AppInBrowser.Name)]
public sealed class OperatingTests(BrowserFixture browser)
{
    private static readonly string Assembly = AppFixture.Metadata("WebAssembly");

    private static Task<WebProcess> StartAsync(params (string Key, string Value)[] settings) =>
        WebProcess.StartAsync(Assembly, settings: settings.ToDictionary(s => s.Key, s => s.Value));

    [Fact]
    public async Task Wrong_configuration_is_told_in_one_line_each_and_nothing_starts()
    {
        var early = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(("PciDash:RunsAtOnce", "0"), ("PciDash:SearchSecond", "5")));
        var lines = early.Message.Split('\n')[1..];
        Assert.Equal(2, lines.Length);
        Assert.Contains("pcidash: PciDash:RunsAtOnce: '0' given; a whole number from 1 to 64 is possible", lines);
        Assert.Contains(lines, l => l.StartsWith("pcidash: PciDash:SearchSecond: there is no such key; Functions, ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Server_is_alive_and_ready_and_can_be_asked_by_its_own_program()
    {
        await using var web = await StartAsync();
        using var http = new HttpClient { BaseAddress = web.Address };
        Assert.Equal("Healthy", await http.GetStringAsync("/healthz"));
        Assert.Equal("Healthy", await http.GetStringAsync("/readyz"));
        Assert.Equal(0, await ProbeAsync(web.Address.ToString()));
        await web.KillAsync();
        Assert.Equal(1, await ProbeAsync(web.Address.ToString()));
        Assert.Equal(2, await ProbeAsync("no address"));
    }

    [Fact]
    public async Task Told_to_stop_it_ends_in_order_though_a_page_is_open()
    {
        await using var web = await StartAsync(("PciDash:StopSeconds", "8"));
        await using var visit = await Visit.ToAsync(browser, web, "/lab");
        await Expect(visit.Page.Locator("#headline")).ToBeVisibleAsync();
        var watch = Stopwatch.StartNew();
        Assert.Equal(0, await web.StopAsync(TimeSpan.FromSeconds(30)));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(12), $"It took {watch.Elapsed}.");
        Assert.DoesNotContain(" Error ", web.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_asks_too_often_is_told_when_to_come_back()
    {
        await using var web = await StartAsync(("PciDash:ImportsPerMinute", "2"));
        using var http = new HttpClient { BaseAddress = web.Address };
        var codes = new List<HttpStatusCode>();
        for (var i = 0; i < 4; i++)
        {
            using var form = new MultipartFormDataContent { { new StringContent("nothing"), "f", "f.txt" } };
            using var request = new HttpRequestMessage(HttpMethod.Post, "/import") { Content = form };
            request.Headers.Add("X-PciDash", "1");

            // An address that anybody can write is not believed.
            request.Headers.Add("X-Forwarded-For", $"192.0.2.{i}");
            using var answer = await http.SendAsync(request);
            codes.Add(answer.StatusCode);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                Assert.Matches(@"^This address has asked too often\. Try again in \d+ s", await answer.Content.ReadAsStringAsync());
                Assert.NotNull(answer.Headers.RetryAfter?.Delta);
                Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            }
        }

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests], codes);
    }

    [Fact]
    public async Task Behind_a_proxy_that_is_named_each_visitor_has_limits_of_his_own()
    {
        await using var web = await StartAsync(("PciDash:ImportsPerMinute", "1"), ("PciDash:TrustedProxies", "127.0.0.1"));
        using var http = new HttpClient { BaseAddress = web.Address };
        foreach (var (visitor, code) in new[] { ("192.0.2.1", 200), ("192.0.2.2", 200), ("192.0.2.1", 429) })
        {
            using var form = new MultipartFormDataContent { { new StringContent("nothing"), "f", "f.txt" } };
            using var request = new HttpRequestMessage(HttpMethod.Post, "/import") { Content = form };
            request.Headers.Add("X-PciDash", "1");
            request.Headers.Add("X-Forwarded-For", visitor);
            using var answer = await http.SendAsync(request);
            Assert.Equal(code, (int)answer.StatusCode);
        }
    }

    private static async Task<int> ProbeAsync(string address)
    {
        using var probe = Process.Start(new ProcessStartInfo("dotnet", [Assembly, "probe", address]) { RedirectStandardOutput = true })!;
        await probe.StandardOutput.ReadToEndAsync();
        await probe.WaitForExitAsync();
        return probe.ExitCode;
    }
}
