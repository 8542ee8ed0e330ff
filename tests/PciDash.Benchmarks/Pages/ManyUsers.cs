using System.Diagnostics;
using System.Globalization;
using PciDash.EndToEnd;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;

namespace PciDash.Benchmarks.Pages;

/// <summary>Many who step at the same time, each twice a second, in all presets; from pressing the button to what is drawn for it.</summary>
internal static class ManyUsers
{
    private const int EveryMs = 500;
    private const int WarmSeconds = 15;
    private const double GoalMs = 200;

    // Others by hand: PCIDASH_USERS=400.
    private static readonly int Users = Given("PCIDASH_USERS", 200);
    private static readonly int Seconds = Given("PCIDASH_SECONDS", 60);

    public static async Task PrintAsync(Action<string, string, string> row)
    {
        await using var web = await Dashboard.StartAsync();
        using var http = new HttpClient { BaseAddress = web.Address };
        var opened = new List<PageUser>();
        var clock = Stopwatch.StartNew();
        var presets = ScenarioPresets.All;
        for (var i = 0; i < Users; i++)
        {
            var link = ShareLink.TryEncode(new RunDocument(presets[i % presets.Count].Scenario) { Seed = 1, View = RunView.None with { Step = i } });
            opened.Add(await PageUser.OpenAsync(http, link!));
        }

        var open = clock.Elapsed.TotalSeconds;
        await Task.WhenAll(opened.Select((user, i) => StepAsync(user, i, TimeSpan.FromSeconds(WarmSeconds))));
        var bytes = opened.Sum(u => u.Bytes);
        var (server, client) = (web.CpuTime, Environment.CpuUsage.TotalTime);
        clock.Restart();
        var times = (await Task.WhenAll(opened.Select((user, i) => StepAsync(user, i, TimeSpan.FromSeconds(Seconds))))).SelectMany(t => t).Order().ToList();
        var wall = clock.Elapsed.TotalSeconds;
        (server, client) = (web.CpuTime - server, Environment.CpuUsage.TotalTime - client);
        bytes = opened.Sum(u => u.Bytes) - bytes;
        var problems = opened.SelectMany(u => u.Problems).ToList();
        row(
            Text($"{Users} users in {presets.Count} presets, each stepping twice a second for {Seconds} s: {times.Count:N0} steps, from the press to what is drawn"),
            Text($"median {At(times, 0.5):0} ms, p95 {At(times, 0.95):0} ms, p99 {At(times, 0.99):0} ms, at most {times[^1]:0} ms"),
            Text($"{GoalMs / At(times, 0.95):0.0} x as fast as the goal of p95 200 ms"));
        row("circuits dropped, errors, steps without an answer", Text($"{problems.Count}"), "goal 0");
        row(
            "what it took", Text($"{server.TotalSeconds / wall:0.00} processors, and {client.TotalSeconds / wall:0.00} for the users; {server.TotalMilliseconds / times.Count:0.0} ms of processor and {bytes / 1e3 / times.Count:0.0} KB a step"),
            Text($"opened in {open:0} s, one after the other"));
        foreach (var problem in problems.GroupBy(p => p).OrderByDescending(g => g.Count()).Take(5))
        {
            Console.Error.WriteLine(Text($"{problem.Count()} x {problem.Key}"));
        }

        foreach (var user in opened)
        {
            await user.DisposeAsync();
        }
    }

    // Milliseconds from the press, or from when it was due if the answer before came too late for it.
    private static async Task<List<double>> StepAsync(PageUser user, int number, TimeSpan length)
    {
        var times = new List<double>();
        var due = Stopwatch.GetTimestamp() + (Stopwatch.Frequency * EveryMs / 1_000 * number / Users);
        var end = Stopwatch.GetTimestamp() + (long)(length.TotalSeconds * Stopwatch.Frequency);
        for (; due < end; due += Stopwatch.Frequency * EveryMs / 1_000)
        {
            var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            var late = wait <= TimeSpan.Zero;
            if (!late)
            {
                await Task.Delay(wait);
            }

            var from = late ? due : Stopwatch.GetTimestamp();
            if (await user.StepAsync() is { } answered)
            {
                times.Add(Stopwatch.GetElapsedTime(from, answered).TotalMilliseconds);
            }
        }

        return times;
    }

    private static double At(List<double> sorted, double share) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private static int Given(string name, int usual) => int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : usual;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
