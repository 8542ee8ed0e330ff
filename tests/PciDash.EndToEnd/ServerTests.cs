using System.Net;

namespace PciDash.EndToEnd;

[Collection(AppInBrowser.Name)]
public sealed class ServerTests(AppFixture app) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = app.Web.Address };

    [Fact]
    public async Task Policy_allows_no_foreign_and_no_inline_script()
    {
        using var answer = await GetAsync("/");
        var policy = string.Join("; ", answer.Headers.GetValues("Content-Security-Policy"));

        Assert.Matches(@"script-src 'self' 'nonce-[A-Za-z0-9+/]{22}==';", policy);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task Health_is_told()
    {
        using var answer = await GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("_content/MudBlazor/MudBlazor.min.css", "text/css")]
    [InlineData("_content/MudBlazor/MudBlazor.min.js", "text/javascript")]
    [InlineData("_content/Plotly.Blazor/plotly-basic-3.7.0.min.js", "text/javascript")]
    [InlineData("_framework/blazor.web.js", "text/javascript")]
    [InlineData("css/app.css", "text/css")]
    [InlineData("js/theme.js", "text/javascript")]
    [InlineData("favicon.svg", "image/svg+xml")]
    public async Task Static_file_is_served(string path, string type)
    {
        using var answer = await GetAsync("/" + path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType?.MediaType);
        Assert.NotEmpty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Longest_link_is_accepted_and_none_is_logged()
    {
        using var answer = await GetAsync("/s/1SECRET" + new string('x', 8000));
        Assert.NotEqual(HttpStatusCode.RequestUriTooLong, answer.StatusCode);
        Assert.DoesNotContain("SECRET", app.Web.Log, StringComparison.Ordinal);
    }

    public void Dispose() => _http.Dispose();

    private Task<HttpResponseMessage> GetAsync(string path) => _http.GetAsync(new Uri(path, UriKind.Relative));
}
