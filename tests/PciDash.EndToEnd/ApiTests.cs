using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PciDash.EndToEnd;

/// <summary>What a bot or a CI job gets for a link.</summary>
[Collection(ServerAlone.Name)]
public sealed partial class ApiTests(ServerFixture server)
{
    // The preset virtio-nobody-cared-2015, and nothing else.
    internal const string Story = "1iw-AeyJMIjoidmlydGlvLW5vYm9keS1jYXJlZC0yMDE1In0D";

    private async Task<(HttpStatusCode Code, string Type, byte[] Body)> GetAsync(string path)
    {
        using var answer = await server.Http.GetAsync(new Uri(path, UriKind.Relative));
        return (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType ?? "", await answer.Content.ReadAsByteArrayAsync());
    }

    private async Task<string> TextAsync(string path, string type)
    {
        var (code, got, body) = await GetAsync(path);
        Assert.True(code == HttpStatusCode.OK, Encoding.UTF8.GetString(body));
        Assert.Equal(type, got);
        return Encoding.UTF8.GetString(body);
    }

    [Theory]
    [InlineData("jsonl", "application/jsonl", "{\"ev\":\"meta\",\"scenario\":\"virtio-nobody-cared-2015\"")]
    [InlineData("csv", "text/csv", "i,t,n,")]
    [InlineData("vcd", "text/plain", "$version PciDash")]
    [InlineData("perfetto", "application/json", "{\"otherData\"")]
    [InlineData("text", "text/plain", "virtio-nobody-cared-2015: ")]
    public async Task Recording_comes_in_every_format(string format, string type, string begins) =>
        Assert.StartsWith(begins, await TextAsync($"/api/recording/{Story}?format={format}", type), StringComparison.Ordinal);

    [Fact]
    public async Task Outcomes_say_what_became_of_the_line()
    {
        using var json = JsonDocument.Parse(await TextAsync("/api/outcomes/" + Story, "application/json"));
        Assert.Equal("IRQ 21 is disabled after 100,000 interrupts: nobody cared", json.RootElement.GetProperty("summary")[0].GetString());
        Assert.Contains(json.RootElement.GetProperty("outcomes").EnumerateArray(), o => o.GetProperty("kind").GetString() == "storm-disabled" && o.GetProperty("subject").GetString() == "21");
    }

    [Fact]
    public async Task Verdict_is_that_of_all_orderings()
    {
        using var json = JsonDocument.Parse(await TextAsync($"/api/verdict/{Story}?property=no-spurious-disable&property=can-end", "application/json"));
        var verdicts = json.RootElement.GetProperty("verdicts").EnumerateArray().ToDictionary(v => v.GetProperty("property").GetString()!, v => v.GetProperty("verdict").GetString());
        Assert.Equal(new Dictionary<string, string?> { ["no-spurious-disable"] = "violated", ["can-end"] = "holds" }, verdicts);
    }

    [Fact]
    public async Task Scenario_is_the_file()
    {
        using var json = JsonDocument.Parse(await TextAsync("/api/scenario/" + Story, "application/json"));
        Assert.Equal("virtio-nobody-cared-2015", json.RootElement.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Report_is_for_a_mail_or_a_page()
    {
        var text = await TextAsync("/api/report/" + Story, "text/plain");
        Assert.Contains("IRQ 21 is disabled", text, StringComparison.Ordinal);
        Assert.Contains($"{server.Web.Address}s/1", text, StringComparison.Ordinal);
        Assert.Contains("| no-spurious-disable | violated |", (await TextAsync($"/api/report/{Story}?format=markdown&check=true", "text/markdown")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Picture_shows_the_lanes_and_what_came_of_it()
    {
        var svg = XDocument.Parse(await TextAsync("/api/picture/" + Story, "image/svg+xml"));
        var words = svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value).ToList();
        Assert.Contains("Reboot of Linux 4.1 ends in \"irq 21: nobody cared\"", words);
        Assert.Contains("IRQ 21 is disabled after 100,000 interrupts: nobody cared.", words);
        Assert.Contains("disabled", words);
        Assert.Contains(svg.Descendants(), e => e.Name.LocalName == "polyline" && e.Attribute("points")!.Value.Split(' ').Length > 3);
    }

    [Fact]
    public async Task Picture_is_png_where_the_server_has_a_font()
    {
        var (code, type, body) = await GetAsync($"/api/picture/{Story}?format=png");
        if (code == HttpStatusCode.NotImplemented)
        {
            Assert.Contains("no font", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
            return;
        }

        Assert.Equal((HttpStatusCode.OK, "image/png"), (code, type));
        Assert.Equal("\u0089PNG"u8[1..].ToArray(), body.AsSpan(0, 4).ToArray());
        Assert.Equal((1200, 630), (Number(body, 16), Number(body, 20)));
        Assert.True(body.Length > 10_000, "it is empty");

        static int Number(byte[] png, int at) => (png[at] << 24) | (png[at + 1] << 16) | (png[at + 2] << 8) | png[at + 3];
    }

    [Theory]
    [InlineData("/api/recording/" + Story + "?format=xml", "format: 'xml' given; jsonl, csv, vcd, perfetto, text are possible")]
    [InlineData("/api/outcomes/2AAAA", "link: version '2' given; this program reads version 1")]
    [InlineData("/api/verdict/" + Story + "?states=0", "states: 0 given; 1 to 2000000 are possible here")]
    [InlineData("/api/verdict/" + Story + "?seconds=21", "seconds: 21 given; 1 to 20 are possible here")]
    [InlineData("/api/verdict/" + Story + "?property=all", "property: 'all' given; no-spurious-disable, ")]
    [InlineData("/api/report/" + Story + "?format=html", "format: 'html' given; text, markdown are possible")]
    [InlineData("/api/picture/" + Story + "?format=gif", "format: 'gif' given; svg, png are possible")]
    public async Task What_is_wrong_is_told_in_one_line(string path, string problem)
    {
        var (code, type, body) = await GetAsync(path);
        Assert.Equal((HttpStatusCode.BadRequest, "application/json"), (code, type));
        using var json = JsonDocument.Parse(body);
        Assert.StartsWith(problem, Assert.Single(json.RootElement.GetProperty("problems").EnumerateArray().ToList()).GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_path_is_described_and_none_but_these()
    {
        using var json = JsonDocument.Parse(await TextAsync("/openapi/v1.json", "application/json"));
        var paths = json.RootElement.GetProperty("paths").EnumerateObject().Select(p => p.Name).ToList();
        Assert.Superset(new HashSet<string> { "/api/recording/{link}", "/api/outcomes/{link}", "/api/verdict/{link}", "/api/scenario/{link}", "/api/report/{link}", "/api/picture/{link}" }, paths.ToHashSet());
        Assert.All(paths, p => Assert.StartsWith("/api/", p, StringComparison.Ordinal));
        Assert.All(json.RootElement.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject()), o => Assert.NotEqual("", o.Value.GetProperty("summary").GetString()));
        Assert.DoesNotContain(server.Web.Address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), json.RootElement.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Api_has_limits_of_its_own_by_address()
    {
        await using var web = await WebProcess.StartAsync(AppFixture.Metadata("WebAssembly"), settings: new Dictionary<string, string> { ["PciDash:ApiPerMinute"] = "3" });
        using var http = new HttpClient { BaseAddress = web.Address };
        var codes = new List<int>();
        for (var i = 0; i < 5; i++)
        {
            using var answer = await http.GetAsync(new Uri("/api/scenario/" + Story, UriKind.Relative));
            codes.Add((int)answer.StatusCode);
        }

        Assert.Equal([200, 200, 200, 429, 429], codes);
        using var page = await http.GetAsync(new Uri("/", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }
}
