using System.Globalization;
using PciDash.EndToEnd;
using PciDash.Scenarios;

namespace PciDash.Benchmarks.Pages;

/// <summary>What a page holds of its own on the server: the growth of its heap, garbage collected, by many who look at the same run.</summary>
internal static class OwnMemory
{
    private const int RunEvents = 100_000;
    private const int Pages = 20;

    public static async Task PrintAsync(Action<string, string, string> row)
    {
        var (key, value) = WebProcess.Measured;
        await using var web = await Dashboard.StartAsync((key, value), ("PciDash:GonePageSeconds", "1"), ("PciDash:RunEvents", RunEvents.ToString(CultureInfo.InvariantCulture)));
        using var http = new HttpClient { BaseAddress = web.Address };
        var link = ShareLink.TryEncode(new RunDocument(Machines.Million()) { Seed = 1 })!;

        // What is made once for all: the pages' code, the run, and what all who look at it share.
        await using var first = await PageUser.OpenAsync(http, link);
        var empty = await EachAsync(web, () => PageUser.OpenAsync(http, "/glossary", bare: true));
        var lab = await EachAsync(web, () => PageUser.OpenAsync(http, link));
        row(
            Text($"a page's own memory on the server with a run of {RunEvents:N0} events ({first.At}), each of {Pages} pages, all of the same run"),
            Text($"{lab / 1e6:0.00} MB, and {empty / 1e6:0.00} MB for a page without a run: {(lab - empty) / 1e6:0.00} MB beyond it"), Text($"{1e6 / (lab - empty):0.0} x below the goal of 1 MB beyond an empty page"));
    }

    private static async Task<double> EachAsync(WebProcess web, Func<Task<PageUser>> open)
    {
        await (await open()).DisposeAsync();
        var opened = new List<PageUser>();
        var before = (await SettledAsync(web)).Bytes;
        for (var i = 0; i < Pages; i++)
        {
            opened.Add(await open());
        }

        var after = (await SettledAsync(web)).Bytes;
        foreach (var user in opened)
        {
            await user.DisposeAsync();
        }

        return (double)(after - before) / Pages;
    }

    // What comes after the first picture, and what is let go a little later.
    private static async Task<(long Bytes, int Circuits)> SettledAsync(WebProcess web)
    {
        await Task.Delay(3_000);
        return await web.MemoryAsync();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
