using System.Globalization;
using Microsoft.Playwright;

namespace PciDash.Benchmarks.Pages;

/// <summary>What comes over the network before a page answers, into an empty cache, and when it does.</summary>
internal static class FirstLoad
{
    private const int Loads = 5;
    private const double GoalBytes = 1.5e6;
    private const double GoalMs = 1_500;

    public static async Task PrintAsync(Action<string, string, string> row)
    {
        await using var web = await Dashboard.StartAsync();
        await using var chromium = await Chromium.StartAsync();
        foreach (var (path, has) in new[] { ("/glossary", "no chart"), ("/build", "no chart"), ("/", "the answer, with a chart"), ("/lab", "the lab, with a chart") })
        {
            var all = new List<(double Interactive, double Settled, long Bytes, bool Plotly)>();
            for (var i = 0; i <= Loads; i++)
            {
                var page = await chromium.PageAsync(web.Address);
                var cdp = await page.Context.NewCDPSessionAsync(page);
                await cdp.SendAsync("Network.enable");
                var bytes = 0L;
                var plotly = false;
                cdp.Event("Network.loadingFinished").OnEvent += (_, e) => bytes += (long)e!.Value.GetProperty("encodedDataLength").GetDouble();
                page.Request += (_, request) => plotly |= request.Url.Contains("plotly", StringComparison.OrdinalIgnoreCase);
                await page.GotoAsync(path);
                var interactive = await Chromium.UntilAsync(page, "document.querySelector('.shell[data-interactive=true]')");
                await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
                var settled = await page.EvaluateAsync<double>("Math.max(...performance.getEntriesByType('resource').map(r => r.responseEnd))");
                if (i > 0)
                {
                    // The first one has the server compile its code.
                    all.Add((interactive, settled, bytes, plotly));
                }

                await page.Context.DisposeAsync();
            }

            var (ms, size) = (Median(all.Select(l => l.Interactive)), Median(all.Select(l => (double)l.Bytes)));
            row(
                Text($"first load of {path} ({has}): until it answers"), Text($"{ms:0} ms; all is there after {Median(all.Select(l => l.Settled)):0} ms"), Text($"{GoalMs / ms:0.0} x as fast as the goal of 1.5 s"));
            row(
                "compressed bytes of it", Text($"{size / 1e6:0.00} MB, {(all.Any(l => l.Plotly) ? "Plotly" : "no Plotly")} among them"), Text($"{GoalBytes / size:0.0} x below the goal of 1.5 MB"));
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Loads / 2);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
