using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;
using PciDash.EndToEnd;
using PciDash.Scenarios;

namespace PciDash.Benchmarks.Pages;

/// <summary>A run of a million events under somebody's hand in a real browser: from the hand to the frame that shows what came of it.</summary>
internal static class Pictures
{
    private const int Opens = 5;
    private const int Gestures = 40;
    private const int WarmZooms = 600;
    private const int Zooms = 500;
    private const int Rounds = 7;
    private const int HoverMs = 5_000;
    private const double LateMs = 1.5 * 1_000 / 60;

    private static readonly string Script = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Pages", "page.js"));

    public static async Task PrintAsync(Action<string, string, string> row)
    {
        await using var web = await Dashboard.StartAsync();

        // As a server is that has been there for some seconds: it says when it has run the presets.
        while (!web.Log.Contains("Warmed up", StringComparison.Ordinal))
        {
            await Task.Delay(100);
        }

        await using var chromium = await Chromium.StartAsync();
        await using (await Sight.OpenAsync(chromium, web, "/lab"))
        {
            // The first page of a server compiles what all others use.
        }

        var link = ShareLink.TryEncode(new RunDocument(Machines.Million()) { Seed = 1 })!;
        var first = new List<double>();
        for (var i = 0; i <= Opens; i++)
        {
            await using var sight = await Sight.OpenAsync(chromium, web, link);
            first.Add(sight.PictureMs);
        }

        row("the run that is looked at: its page says", await EventsAsync(chromium, web, link), "1,000,000 events, the most that a page takes");
        row("its first picture, from the address on, empty cache, the run computed for it", Text($"{first[0]:0} ms"), Against(1_500 / first[0], "as fast as the goal of 1.5 s"));
        first.RemoveAt(0);
        first.Sort();
        row("the same, the run known to the server", Spread(first), Against(1_500 / Middle(first), "as fast as the goal of 1.5 s"));

        await using (var sight = await Sight.OpenAsync(chromium, web, link))
        {
            await HandAsync(sight, row);
        }

        await using (var sight = await Sight.OpenAsync(chromium, web, link))
        {
            await HeapAsync(sight, row);
        }

        await using (var sight = await Sight.OpenAsync(chromium, web, link))
        {
            await HoverAsync(sight, row);
        }
    }

    private static async Task<string> EventsAsync(Chromium chromium, WebProcess web, string link)
    {
        await using var sight = await Sight.OpenAsync(chromium, web, link);
        return await sight.Page.Locator(".notice").First.InnerTextAsync() + "; " + await sight.Page.Locator(".transport [role=status]").First.InnerTextAsync();
    }

    private static async Task HandAsync(Sight sight, Action<string, string, string> row)
    {
        var largest = sight.Largest;
        row("the largest message that opens it, before compression", Text($"{largest / 1e3:0} KB"), Against(150e3 / largest, "below the goal of 150 KB"));
        sight.Forget();
        await sight.EachAsync(5, i => Text($"bench.seek({Place(i)})"));
        var seeks = await sight.EachAsync(Gestures, i => Text($"bench.seek({Place(i + 5)})"));
        row(Text($"seek by a click anywhere in the lanes, {Gestures} of them, to the frame that shows it"), Spread(seeks), Against(100 / Middle(seeks), "as fast as the goal of 100 ms"));

        // In by steps of two until single events are seen, sideways there, and out again.
        var zooms = new List<double>();
        for (var round = 0; round < 2; round++)
        {
            zooms.AddRange(await sight.EachAsync(10, i => Text($"bench.zoom(-60, {0.2 + (0.6 * Place(i + round))})")));
            zooms.AddRange(await sight.EachAsync(4, i => $"bench.pan({(i % 2 == 0 ? 300 : -200)})"));
            zooms.AddRange(await sight.EachAsync(6, _ => "bench.zoom(100, 0.5)"));
            await sight.Page.Keyboard.PressAsync("0");
            await Task.Delay(500);
        }

        zooms.Sort();
        row("zoom or pan by wheel to new detail, to the frame that shows it; 60 ms of it wait for more of the wheel", Spread(zooms), Against(150 / Middle(zooms), "as fast as the goal of 150 ms"));
        row("the largest message of all that", Text($"{sight.Largest / 1e3:0} KB"), Against(150e3 / sight.Largest, "below the goal of 150 KB"));
    }

    private static async Task HeapAsync(Sight sight, Action<string, string, string> row)
    {
        var session = await sight.Page.Context.NewCDPSessionAsync(sight.Page);
        async Task<double> HeapAsync()
        {
            await session.SendAsync("HeapProfiler.collectGarbage");
            await session.SendAsync("HeapProfiler.collectGarbage");
            return (await session.SendAsync("Runtime.getHeapUsage"))!.Value.GetProperty("usedSize").GetDouble() / 1e6;
        }

        Task ZoomAsync(int times) => sight.EachAsync(times, i => $"bench.zoom({(i % 2 == 0 ? -60 : 60)}, 0.5)");
        await ZoomAsync(WarmZooms);
        var heap = new List<double> { await HeapAsync() };
        for (var i = 0; i < Rounds; i++)
        {
            await ZoomAsync(Zooms);
            heap.Add(await HeapAsync());
        }

        row(
            Text($"browser heap after {WarmZooms} zooms, and after each {Zooms} more, garbage collected"), string.Join(", ", heap.Select(h => Text($"{h:0.00}"))) + " MB",
            Text($"grows by {1e3 * (heap[^1] - heap[0]):0} KB over {Rounds * Zooms:N0}; the goal is none"));
    }

    private static async Task HoverAsync(Sight sight, Action<string, string, string> row)
    {
        var box = (await sight.Page.Locator(".lane-body").BoundingBoxAsync())!;
        using var stop = new CancellationTokenSource();
        var moves = 0;
        var moving = Task.Run(async () =>
        {
            // Through all lanes in view, by some pixels at a time.
            for (; !stop.IsCancellationRequested; moves++)
            {
                await sight.Page.Mouse.MoveAsync(box.X + (moves * 7 % (box.Width - 4)) + 2, box.Y + (moves * 3 % Math.Min(box.Height - 4, 400)) + 2);
                await Task.Delay(12);
            }
        });
        var frames = await sight.Page.EvaluateAsync<JsonElement>($"bench.frames({HoverMs})");
        await stop.CancelAsync();
        await moving;
        var gaps = frames.GetProperty("gaps").EnumerateArray().Select(g => g.GetDouble()).Order().ToList();
        var rate = 1_000 * gaps.Count / gaps.Sum();
        row(
            Text($"hover: frames a second while the mouse makes {moves} moves over its lanes in {HoverMs / 1_000} s and other words appear {frames.GetProperty("hovers").GetInt32()} times"),
            Text($"{rate:0.0}, {gaps.Count(g => g > LateMs)} of {gaps.Count} late, the longest {gaps[^1]:0} ms"), Against(rate / 60, "the goal of 60"));
    }

    private static double Place(int i) => 0.02 + (0.96 * ((i * 0.6180339887) % 1));

    private static double Middle(List<double> sorted) => sorted[sorted.Count / 2];

    private static string Spread(List<double> sorted) => Text($"median {Middle(sorted):0} ms, p95 {sorted[(int)(0.95 * (sorted.Count - 1))]:0} ms, at most {sorted[^1]:0} ms");

    private static string Against(double ratio, string what) => Text($"{ratio:0.0} x {what}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A page with a cache of its own, on which the lanes are drawn.</summary>
    private sealed class Sight : IAsyncDisposable
    {
        private readonly Lock gate = new();
        private long largest;

        private Sight(IPage page) => Page = page;

        public IPage Page { get; }

        /// <summary>Milliseconds from the address to the picture.</summary>
        public double PictureMs { get; private set; }

        /// <summary>Bytes of the largest message of the circuit to the browser.</summary>
        public long Largest
        {
            get
            {
                lock (gate)
                {
                    return largest;
                }
            }
        }

        public static async Task<Sight> OpenAsync(Chromium chromium, WebProcess web, string path)
        {
            var sight = new Sight(await chromium.PageAsync(web.Address));
            await sight.Page.AddInitScriptAsync(Script);
            var cdp = await sight.Page.Context.NewCDPSessionAsync(sight.Page);
            await cdp.SendAsync("Network.enable");
            cdp.Event("Network.webSocketFrameReceived").OnEvent += (_, e) => sight.Received(e!.Value.GetProperty("response"));
            await sight.Page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Commit, Timeout = 120_000 });
            sight.PictureMs = await Chromium.UntilAsync(sight.Page, "document.querySelector('.shell[data-interactive=true] .lane-chart .barlayer .point')");
            await sight.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await Task.Delay(1_000);
            return sight;
        }

        public void Forget()
        {
            lock (gate)
            {
                largest = 0;
            }
        }

        /// <summary>Milliseconds of each of several gestures, rising.</summary>
        public async Task<List<double>> EachAsync(int count, Func<int, string> gesture)
        {
            var times = new List<double>(count);
            for (var i = 0; i < count; i++)
            {
                times.Add(await Page.EvaluateAsync<double>(gesture(i)));
            }

            times.Sort();
            return times;
        }

        // Binary messages come as base64.
        private void Received(JsonElement response)
        {
            var length = response.GetProperty("payloadData").GetString()!.Length * 3L / 4;
            lock (gate)
            {
                largest = Math.Max(largest, length);
            }
        }

        public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();
    }
}
