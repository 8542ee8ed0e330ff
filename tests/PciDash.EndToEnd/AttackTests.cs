using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace PciDash.EndToEnd;

/// <summary>Attacks of SECURITY.md that need a whole server, and are nobody else's subject.</summary>
[Collection(ServerAlone.Name)]
public sealed class AttackTests(ServerFixture server)
{
    private Task<HttpResponseMessage> GetAsync(string path) => server.Http.GetAsync(new Uri(path, UriKind.Relative));

    [Theory]
    [InlineData("/")]
    [InlineData("/s/" + ApiTests.Story)]
    [InlineData("/no/such/page")]
    [InlineData("/api/outcomes/" + ApiTests.Story)]
    [InlineData("/api/outcomes/1AAAA")]
    [InlineData("/api/picture/" + ApiTests.Story)]
    [InlineData("/openapi/v1.json")]
    [InlineData("/i/0000000000000000")]
    [InlineData("/css/app.css")]
    [InlineData("/healthz")]
    public async Task Every_answer_has_the_headers_and_no_cookie_of_ours_and_names_no_server(string path)
    {
        using var answer = await GetAsync(path);
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        var policy = string.Join("; ", answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("script-src 'self' 'unsafe-inline'", policy, StringComparison.Ordinal);
        // The framework's own, which says nothing of the reader and goes to no other site.
        Assert.All(answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : [], c => Assert.Matches("^\\.AspNetCore\\.Antiforgery\\..*samesite=strict; httponly$", c));
        Assert.False(answer.Headers.Contains("Server"));
        Assert.False(answer.Headers.Contains("X-Powered-By"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/s/" + ApiTests.Story)]
    public async Task No_page_can_be_framed(string path)
    {
        using var answer = await GetAsync(path);
        Assert.Contains(answer.Headers.GetValues("Content-Security-Policy"), p => p.Contains("frame-ancestors 'none'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/appsettings.json")]
    [InlineData("/pcidash.db")]
    [InlineData("/ids.db")]
    [InlineData("/PciDash.Web.dll")]
    [InlineData("/css/../appsettings.json")]
    [InlineData("/css/..%2fappsettings.json")]
    [InlineData("/css/..%5c..%5cappsettings.json")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/_framework/../appsettings.json")]
    [InlineData("/_content/../../etc/passwd")]
    public async Task Only_files_of_the_web_root_are_served(string path)
    {
        var answer = await RawAsync($"GET {path} HTTP/1.1\r\nHost: {server.Web.Address.Authority}\r\nConnection: close\r\n\r\n");
        Assert.Matches("^HTTP/1.1 40[04] ", answer);
        Assert.DoesNotContain("RunsAtOnce", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("SQLite format", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task First_line_longer_than_a_link_can_be_is_not_read()
    {
        var answer = await RawAsync($"GET /s/1{new string('x', 20_000)} HTTP/1.1\r\nHost: {server.Web.Address.Authority}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 414 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/error")]
    [InlineData("/api/outcomes/1%00%ff")]
    [InlineData("/i/%00")]
    [InlineData("/s/%00%01%ff")]
    [InlineData("/api/verdict/" + ApiTests.Story + "?states=999999999999999999999")]
    [InlineData("/api/picture/i-'%20OR%201=1--")]
    public async Task Nothing_of_the_inside_is_told(string path)
    {
        using var answer = await GetAsync(path);
        var body = await answer.Content.ReadAsStringAsync();
        foreach (var inside in new[] { "   at ", "Exception", "PciDash.Web.", ".cs:line", "Microsoft.", server.ShareFile })
            Assert.DoesNotContain(inside, body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Search_ends_at_the_servers_budget_and_says_so()
    {
        await using var web = await WebProcess.StartAsync(AppFixture.Metadata("WebAssembly"), settings: new Dictionary<string, string> { ["PciDash:SearchStates"] = "1000" });
        using var http = new HttpClient { BaseAddress = web.Address };
        using var kdump = JsonDocument.Parse(await http.GetStringAsync(new Uri("/api/verdict/" + Large, UriKind.Relative)));
        Assert.False(kdump.RootElement.GetProperty("complete").GetBoolean());
        Assert.Equal("1,000 states", kdump.RootElement.GetProperty("bound").GetString());
        Assert.DoesNotContain(kdump.RootElement.GetProperty("verdicts").EnumerateArray(), v => v.GetProperty("verdict").GetString() == "holds");
    }

    [Fact]
    public async Task So_many_properties_at_once_are_refused()
    {
        using var answer = await GetAsync($"/api/verdict/{ApiTests.Story}?" + string.Join('&', Enumerable.Repeat("property=can-end", 200)));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("at most", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forged_host_gets_into_no_link_where_the_operator_names_his_address()
    {
        await using var web = await WebProcess.StartAsync(AppFixture.Metadata("WebAssembly"), settings: new Dictionary<string, string> { ["PciDash:PublicAddress"] = "https://pcidash.example/" });
        using var http = new HttpClient { BaseAddress = web.Address };
        http.DefaultRequestHeaders.Host = "evil.example";
        var page = await http.GetStringAsync(new Uri("/s/" + ApiTests.Story, UriKind.Relative));
        var report = await http.GetStringAsync(new Uri("/api/report/" + ApiTests.Story, UriKind.Relative));
        Assert.DoesNotContain("evil.example", page[..page.IndexOf("</head>", StringComparison.Ordinal)], StringComparison.Ordinal);
        Assert.DoesNotContain("evil.example", report, StringComparison.Ordinal);
        Assert.Contains("https://pcidash.example/s/1", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_hostile_links_at_once_leave_the_server_answering()
    {
        var bomb = HostileLinkTests.PackedLink("{\"t\":\"" + new string('a', 64 << 20) + "\"}");
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ =>
        {
            using var answer = await GetAsync("/api/outcomes/" + bomb);
            return answer.StatusCode;
        }));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.BadRequest, a));
        Assert.Equal("Healthy", await server.Http.GetStringAsync(new Uri("/readyz", UriKind.Relative)));
    }

    // kdump of eight functions on one line: more than a thousand orderings.
    private static string Large => HostileLinkTests.PackedLink("""{"scenario":{"version":1,"id":"own","platform":"q35","functions":["""
        + string.Join(',', Enumerable.Range(1, 8).Select(i => $$"""{"bdf":"00:{{i:x2}}.0","device":"virtio-net","gsi":21,"events":[{"what":"rx","every_us":900}]}"""))
        + """],"boots":[{"kernel":"4.1","path":"kexec"},{"kernel":"4.1","path":"none"}]}}""");

    // A client of one's own: the usual one tidies addresses up before it sends them.
    private async Task<string> RawAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Web.Address.Host, server.Web.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }
}
