using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>Short ids, as a browser and a program meet them.</summary>
[Collection(ServerAlone.Name)]
public sealed class SharingTests(ServerFixture server)
{
    internal sealed record Answer(string Address, string Id, string Key);

    internal static string File(string title) =>
        $$$"""{"version":1,"title":"{{{title}}}","scenario":{"version":1,"id":"own","platform":"q35","functions":[{"bdf":"00:09.0","device":"virtio-net"},{"bdf":"00:01.0","device":"uhci"}],"boots":[{"kernel":"4.1","path":"reboot"}]}}""";

    internal static async Task<HttpResponseMessage> PostAsync(HttpClient http, string body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/share") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await http.SendAsync(request);
    }

    internal static async Task<Answer> KeepAsync(HttpClient http, string body)
    {
        using var answer = await PostAsync(http, body, ("X-PciDash", "1"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<Answer>())!;
    }

    private async Task<HttpStatusCode> DeleteAsync(string id, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/share/" + id);
        request.Headers.Add("X-PciDash", "1");
        request.Headers.Add("X-PciDash-Key", key);
        using var answer = await server.Http.SendAsync(request);
        return answer.StatusCode;
    }

    [Fact]
    public async Task Run_is_kept_opened_previewed_and_deleted_with_its_key()
    {
        var kept = await KeepAsync(server.Http, File("kept"));
        Assert.Equal("/i/" + kept.Id, kept.Address);
        Assert.Equal(kept.Id, (await KeepAsync(server.Http, File("kept").Replace(":", " : ", StringComparison.Ordinal).Replace("00 : ", "00:", StringComparison.Ordinal))).Id);

        using var outcomes = JsonDocument.Parse(await server.Http.GetStringAsync(new Uri("/api/outcomes/i-" + kept.Id, UriKind.Relative)));
        Assert.Equal("kept", outcomes.RootElement.GetProperty("title").GetString());
        Assert.Contains("""<meta property="og:title" content="kept" """, await server.Http.GetStringAsync(new Uri(kept.Address, UriKind.Relative)), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(kept.Id, "AAAAAAAAAAAAAAAAAAAAAA"));
        Assert.Equal(HttpStatusCode.NoContent, await DeleteAsync(kept.Id, kept.Key));
        Assert.DoesNotContain(kept.Key, server.Web.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(kept.Id, server.Web.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no header of ours", "")]
    [InlineData("another site", "Sec-Fetch-Site: cross-site")]
    [InlineData("a neighbour of the site", "Sec-Fetch-Site: same-site")]
    [InlineData("another origin", "Origin: https://evil.example")]
    [InlineData("no origin, as from a sandbox", "Origin: null")]
    public async Task Another_sites_page_cannot_keep_anything(string who, string header)
    {
        (string, string)[] headers = header.Length == 0 ? [] : [("X-PciDash", "1"), (header.Split(": ")[0], header.Split(": ")[1])];
        using var answer = await PostAsync(server.Http, File(who), headers);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("own page", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Own_page_can()
    {
        using var answer = await PostAsync(server.Http, File("own page"), ("X-PciDash", "1"), ("Sec-Fetch-Site", "same-origin"), ("Origin", server.Web.Address.GetLeftPart(UriPartial.Authority)));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Nobody_may_ask_from_elsewhere_whether_he_may()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/api/share");
        request.Headers.Add("Origin", "https://evil.example");
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "x-pcidash");
        using var answer = await server.Http.SendAsync(request);
        Assert.DoesNotContain(answer.Headers, h => h.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        Assert.False(answer.IsSuccessStatusCode);
    }

    [Theory]
    [InlineData("{", HttpStatusCode.BadRequest, "document: ")]
    [InlineData("""{"version":1,"platform":"q35","functions":[],"boots":[]}""", HttpStatusCode.BadRequest, "functions")]
    [InlineData("\u0001", HttpStatusCode.BadRequest, "document: ")]
    public async Task What_is_no_run_is_refused_in_words(string body, HttpStatusCode code, string says)
    {
        using var answer = await PostAsync(server.Http, body, ("X-PciDash", "1"));
        Assert.Equal(code, answer.StatusCode);
        Assert.Contains(says, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_a_run_can_be_is_refused()
    {
        // By its head alone: a server that refuses does not wait for the rest.
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(server.Web.Address.Host, server.Web.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/share HTTP/1.1\r\nHost: {server.Web.Address.Authority}\r\nX-PciDash: 1\r\nContent-Type: application/json\r\nContent-Length: {(1 << 20) + 2}\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        Assert.StartsWith("HTTP/1.1 413 ", await reader.ReadLineAsync(), StringComparison.Ordinal);

        using var large = await PostAsync(server.Http, Large(), ("X-PciDash", "1"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        Assert.Contains("at most 262,144 are kept", await large.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    // A run of many choices, too large to be kept.
    private static string Large() =>
        File("large")[..^1] + ",\"choices\":[" + string.Join(',', Enumerable.Range(0, 4_500).Select(i => $$"""{"step":{{i}},"action":"cpu0:take:{{i}}-{{new string('x', 30)}}"}""")) + "]}";

    [Fact]
    public async Task Unknown_id_is_told()
    {
        var page = await server.Http.GetStringAsync(new Uri("/i/0000000000000000", UriKind.Relative));
        Assert.Contains("There is no such short id", page, StringComparison.Ordinal);
        using var api = await server.Http.GetAsync(new Uri("/api/scenario/i-0000000000000000", UriKind.Relative));
        Assert.Equal(HttpStatusCode.BadRequest, api.StatusCode);
    }

    [Fact]
    public async Task Who_keeps_too_much_is_told_when_to_come_back()
    {
        await using var web = await WebProcess.StartAsync(AppFixture.Metadata("WebAssembly"), settings: new Dictionary<string, string> { ["PciDash:SharesPerHour"] = "2" });
        using var http = new HttpClient { BaseAddress = web.Address };
        var codes = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            using var answer = await PostAsync(http, File("x"), ("X-PciDash", "1"));
            codes.Add((int)answer.StatusCode);
        }

        // That server has no store: it says so, and counts all the same.
        Assert.Equal([413, 413, 429], codes);
    }

    [Fact]
    public async Task Operator_exports_everything_while_the_server_runs()
    {
        var kept = await KeepAsync(server.Http, File("exported"));
        using var export = Process.Start(new ProcessStartInfo("dotnet", [AppFixture.Metadata("WebAssembly"), "export"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["PciDash__ShareFile"] = server.ShareFile },
        })!;
        var output = await export.StandardOutput.ReadToEndAsync();
        await export.WaitForExitAsync();
        Assert.Equal(0, export.ExitCode);
        Assert.Contains(output.Split('\n'), l => l.Contains(kept.Id, StringComparison.Ordinal) && l.Contains("\"exported\"", StringComparison.Ordinal));
        Assert.DoesNotContain(kept.Key, output, StringComparison.Ordinal);
    }

    // Readiness is about the store; the process lives all the same.
    [Fact]
    public async Task Server_whose_store_cannot_be_read_is_alive_but_not_ready()
    {
        await using var web = await WebProcess.StartAsync(AppFixture.Metadata("WebAssembly"), settings: new Dictionary<string, string> { ["PciDash:ShareFile"] = "/nowhere/at/all/ids.db" });
        using var http = new HttpClient { BaseAddress = web.Address };
        using var ready = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("short ids: the store cannot be read", await ready.Content.ReadAsStringAsync());
        Assert.Equal("Healthy", await http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));
    }
}

/// <summary>A short id in a browser.</summary>
[Collection(AppInBrowser.Name)]
public sealed class SharedPageTests(BrowserFixture browser) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pcidash-store-");

    [Fact]
    public async Task Run_that_is_too_large_for_a_link_opens_by_its_short_id()
    {
        await using var web = await WebProcess.StartAsync(AppFixture.Metadata("WebAssembly"), settings: new Dictionary<string, string> { ["PciDash:ShareFile"] = Path.Combine(_folder.FullName, "ids.db") });
        using var http = new HttpClient { BaseAddress = web.Address };

        // Names that do not compress: no link holds them.
        var random = new Random(5);
        var choices = string.Join(',', Enumerable.Range(0, 900).Select(i => $$"""{"step":{{i * 3}},"action":"{{random.NextInt64():x}}{{random.Next():x}}"}"""));
        var kept = await SharingTests.KeepAsync(http, SharingTests.File("too large")[..^1] + ",\"choices\":[" + choices + "]}");
        await using var visit = await Visit.ToAsync(browser, web, kept.Address);
        await Expect(visit.Page.GetByRole(Microsoft.Playwright.AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("too large");
        await Expect(visit.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Copy link" })).ToBeDisabledAsync();
        await visit.Page.Keyboard.PressAsync("Home");
        await visit.Page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal(kept.Address, visit.Address);
        visit.AssertClean();
    }

    [Fact]
    public async Task Small_run_becomes_a_link_of_its_own()
    {
        await using var web = await WebProcess.StartAsync(AppFixture.Metadata("WebAssembly"), settings: new Dictionary<string, string> { ["PciDash:ShareFile"] = Path.Combine(_folder.FullName, "ids.db") });
        using var http = new HttpClient { BaseAddress = web.Address };
        var kept = await SharingTests.KeepAsync(http, SharingTests.File("small"));
        await using var visit = await Visit.ToAsync(browser, web, kept.Address);
        await Expect(visit.Page.GetByRole(Microsoft.Playwright.AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("small");
        await visit.Page.WaitForURLAsync("**/s/1*");
        visit.AssertClean();
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
