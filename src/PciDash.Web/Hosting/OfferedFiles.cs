using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace PciDash.Web.Hosting;

/// <summary>
/// Files that a page has written and its browser has not fetched yet, each under a name that cannot be guessed and for one fetch. A stream
/// over the page's own connection is given up after ten seconds in which the browser is busy; what lies here waits.
/// </summary>
internal sealed class OfferedFiles
{
    private const string Prefix = "file/";
    private const int NameBytes = 16;

    private readonly ConcurrentDictionary<string, (string Name, byte[] Content)> files = new(StringComparer.Ordinal);

    /// <summary>How many lie here.</summary>
    public int Count => files.Count;

    /// <summary>Lays a file down. Returns its address, from the app's root.</summary>
    public string Add(string name, byte[] content)
    {
        var key = RandomNumberGenerator.GetHexString(2 * NameBytes, lowercase: true);
        files[key] = (name, content);
        return Prefix + key;
    }

    /// <summary>It is not wanted any more.</summary>
    public void Remove(string address) => files.TryRemove(address[Prefix.Length..], out _);

    /// <summary>What lies at an address, for whoever asks first; null = nothing.</summary>
    public (string Name, byte[] Content)? Take(string address) =>
        address.StartsWith(Prefix, StringComparison.Ordinal) && files.TryRemove(address[Prefix.Length..], out var file) ? file : null;

    /// <summary>Where browsers fetch.</summary>
    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/" + Prefix + "{key}", Fetch).RequireRateLimiting(RateLimits.Pages).ExcludeFromDescription();

    private static IResult Fetch(string key, HttpContext http, OfferedFiles offered)
    {
        // Another site's page cannot know the name; a link that leaked is not followed from there either.
        if ((http.Request.Headers["Sec-Fetch-Site"] is [{ Length: > 0 } from] && from != "same-origin") || offered.Take(Prefix + key) is not { } file)
        {
            return Results.NotFound();
        }

        http.Response.Headers.CacheControl = "no-store";
        return Results.File(file.Content, "application/octet-stream", file.Name);
    }
}

/// <summary>The files of one page: they go with it, and only the last few of them wait.</summary>
internal sealed class PageFiles(OfferedFiles all) : IDisposable
{
    private const int Most = 4;
    private readonly Queue<string> mine = new();

    /// <summary>Offers a file to this page's browser. Returns its address, from the app's root.</summary>
    /// <param name="name">What it is to be called there.</param>
    /// <param name="content">What is in it.</param>
    public string Offer(string name, byte[] content)
    {
        if (mine.Count == Most)
        {
            all.Remove(mine.Dequeue());
        }

        var address = all.Add(name, content);
        mine.Enqueue(address);
        return address;
    }

    public void Dispose()
    {
        foreach (var address in mine)
        {
            all.Remove(address);
        }

        mine.Clear();
    }
}
