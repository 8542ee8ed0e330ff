using System.Globalization;
using PciDash.EndToEnd;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;

namespace PciDash.Benchmarks.Pages;

/// <summary>What one more page with a run of 100,000 events costs the server: of the page itself, and where each has a run of its own.</summary>
internal static class CircuitMemory
{
    private const int Pages = 50;
    private const int Events = 100_000;
    private const double GoalBytes = 1e6;

    public static async Task PrintAsync(Action<string, string, string> row)
    {
        await using var web = await Dashboard.StartAsync(("PciDash:RunEvents", Events.ToString(CultureInfo.InvariantCulture)), (WebProcess.Measured.Key, WebProcess.Measured.Value));
        using var http = new HttpClient { BaseAddress = web.Address };
        var users = new List<PageUser>();
        await OpenAsync(3, _ => 1);
        var empty = (await web.MemoryAsync()).Bytes;
        await OpenAsync(Pages, _ => 1);
        var same = (await web.MemoryAsync()).Bytes;
        row(
            Text($"one more page with a run of {Events:N0} events that others look at too, of {Pages}: managed memory after a collection"),
            Text($"{(same - empty) / 1e6 / Pages:0.00} MB"), Text($"{GoalBytes * Pages / (same - empty):0.0} x below the goal of 1 MB"));
        await OpenAsync(Pages, i => (ulong)i + 2);
        var other = (await web.MemoryAsync()).Bytes;
        row("one more page with a run of its own", Text($"{(other - same) / 1e6 / Pages:0.00} MB"), "the run and what is drawn from it");
        foreach (var user in users)
        {
            await user.DisposeAsync();
        }

        async Task OpenAsync(int count, Func<int, ulong> seed)
        {
            for (var i = 0; i < count; i++)
            {
                users.Add(await PageUser.OpenAsync(http, ShareLink.TryEncode(new RunDocument(Machines.Busy()) { Seed = seed(i), View = RunView.None with { Step = 1_000 } })!));
                await users[^1].StepAsync();
            }
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
