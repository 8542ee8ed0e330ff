using System.Text;
using Microsoft.Extensions.Options;
using PciDash.Web.Sharing;

namespace PciDash.Web.Hosting;

/// <summary>What the server's program does beside serving, for whoever runs it.</summary>
internal static class ServerCommands
{
    /// <summary>Something was wrong with what was asked or configured.</summary>
    public const int Error = 2;

    /// <summary><c>probe [ADDRESS]</c>: 0 if a server answers that it is ready. A container has no other program that could ask.</summary>
    public static async Task<int> ProbeAsync(string? address, TextWriter output)
    {
        var port = Environment.GetEnvironmentVariable("ASPNETCORE_HTTP_PORTS")?.Split(';')[0] ?? "8080";
        if (!Uri.TryCreate((address ?? $"http://127.0.0.1:{port}").TrimEnd('/') + "/readyz", UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            await output.WriteLineAsync($"pcidash: '{address}' given; an address such as http://127.0.0.1:8080 is needed");
            return Error;
        }

        try
        {
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
            using var answer = await http.GetAsync(uri);
            await output.WriteLineAsync(await answer.Content.ReadAsStringAsync());
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            await output.WriteLineAsync($"pcidash: {uri.GetLeftPart(UriPartial.Authority)} does not answer");
            return 1;
        }
    }

    /// <summary><c>export [FILE]</c>: every short id with its run, as JSON lines; to standard output without a name. The server may go on meanwhile.</summary>
    public static Task<int> ExportAsync(Func<WebApplication> build, string file, TextWriter error) => TellingAsync(async () =>
    {
        await using var app = build();
        var store = app.Services.GetRequiredService<ShareStore>();
        try
        {
            await using var to = new StreamWriter(file == "-" ? Console.OpenStandardOutput() : File.Create(file), new UTF8Encoding(false)) { NewLine = "\n" };
            var count = await store.ExportAsync(to);
            await error.WriteLineAsync(FormattableString.Invariant($"pcidash: {count} short ids"));
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ShareRefusedException)
        {
            await error.WriteLineAsync("pcidash: " + e.Message);
            return Error;
        }
    }, error);

    /// <summary>Runs the server; what is wrong with its configuration is one line each, not a trace of calls.</summary>
    public static Task<int> ServeAsync(Func<WebApplication> build, TextWriter error) => TellingAsync(async () =>
    {
        await using var app = build();
        await app.RunAsync();
        return 0;
    }, error);

    private static async Task<int> TellingAsync(Func<Task<int>> command, TextWriter error)
    {
        try
        {
            return await command();
        }
        catch (OptionsValidationException e)
        {
            foreach (var problem in e.Failures)
            {
                await error.WriteLineAsync("pcidash: " + problem);
            }

            return Error;
        }
    }
}
