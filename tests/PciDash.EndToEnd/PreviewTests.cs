using System.Net;
using System.Text.RegularExpressions;

namespace PciDash.EndToEnd;

/// <summary>What a chat shows for a link: it reads the first answer, and runs no script.</summary>
[Collection(ServerAlone.Name)]
public sealed partial class PreviewTests(ServerFixture server)
{
    private async Task<Dictionary<string, string>> TagsAsync(string path)
    {
        var html = await server.Http.GetStringAsync(new Uri(path, UriKind.Relative));
        var head = html[..html.IndexOf("</head>", StringComparison.Ordinal)];
        var tags = Tag().Matches(head).ToDictionary(m => m.Groups[1].Value, m => WebUtility.HtmlDecode(m.Groups[2].Value));
        tags["title"] = WebUtility.HtmlDecode(Title().Match(head).Groups[1].Value);
        return tags;
    }

    [Fact]
    public async Task Link_is_previewed_with_title_words_and_a_picture()
    {
        var tags = await TagsAsync("/s/" + ApiTests.Story);
        Assert.Equal("Reboot of Linux 4.1 ends in \"irq 21: nobody cared\"", tags["og:title"]);
        Assert.StartsWith(tags["og:title"], tags["title"], StringComparison.Ordinal);
        Assert.Equal("IRQ 21 is disabled after 100,000 interrupts: nobody cared.", tags["og:description"]);
        Assert.Equal("noindex", tags["robots"]);
        if (tags.TryGetValue("og:image", out var image))
        {
            Assert.StartsWith(server.Web.Address.ToString(), image, StringComparison.Ordinal);
            using var answer = await server.Http.GetAsync(new Uri(image));
            Assert.Equal("image/png", answer.Content.Headers.ContentType?.MediaType);
        }
    }

    [Fact]
    public async Task Title_in_a_link_is_text_in_the_page()
    {
        var html = await server.Http.GetStringAsync(new Uri("/s/" + HostileTitle, UriKind.Relative));
        Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
        Assert.Contains("alert(1)", html, StringComparison.Ordinal);
        var svg = await server.Http.GetStringAsync(new Uri("/api/picture/" + HostileTitle, UriKind.Relative));
        Assert.DoesNotContain("<script", svg, StringComparison.Ordinal);
        Assert.Contains("alert(1)", svg, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/lab")]
    [InlineData("/s/1AAAA")]
    public async Task Page_without_a_run_has_no_preview(string path) => Assert.DoesNotContain("og:title", (await TagsAsync(path)).Keys);

    [Fact]
    public async Task Nothing_of_the_link_is_logged()
    {
        await TagsAsync("/s/" + ApiTests.Story);
        await TagsAsync("/matrix/s/" + ApiTests.Story);
        using var bad = await server.Http.GetAsync(new Uri("/api/outcomes/1SECRETxyz", UriKind.Relative));
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        Assert.DoesNotContain(ApiTests.Story[..20], server.Web.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", server.Web.Log, StringComparison.Ordinal);
    }

    // The story under the title </title><script>alert(1)</script>.
    private static string HostileTitle => HostileLinkTests.PackedLink("""{"title":"</title><script>alert(1)</script>\"><script>alert(1)</script>","scenario":"virtio-nobody-cared-2015"}""");

    [GeneratedRegex("""<meta (?:name|property)="([^"]+)" content="([^"]*)" ?/?>""")]
    private static partial Regex Tag();

    [GeneratedRegex("<title>([^<]*)</title>")]
    private static partial Regex Title();
}
