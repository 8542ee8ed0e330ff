using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;

namespace PciDash.Benchmarks.Pages;

/// <summary>A run of a million events under the hands of somebody with a real browser.</summary>
internal static class LargeRun
{
    private const int Seeks = 60;
    private const int Zooms = 100;
    private const int Rounds = 5;
    private const string Chart = "document.querySelector('.lane-chart .main-svg .plot .trace')";

    // Each waits for the frame after what came was drawn.
    private const string Helpers = """
        window.measured = {
          frame: () => new Promise(r => requestAnimationFrame(() => setTimeout(r))),
          async seek(share) {
            const status = document.querySelector(".transport [role=status]");
            const scrub = document.querySelector(".scrub input");
            const before = status.textContent;
            scrub.value = Math.round(share * scrub.max);
            const from = performance.now();
            const drawn = new Promise(r => new MutationObserver((_, o) => status.textContent !== before && (o.disconnect(), r()))
              .observe(status, { childList: true, subtree: true, characterData: true }));
            scrub.dispatchEvent(new Event("input", { bubbles: true }));
            await drawn;
            await this.frame();
            return performance.now() - from;
          },
          async wheel(share, deltaY, shift) {
            const body = document.querySelector(".timeline:not(.compact) .lane-body");
            const root = body.closest(".timeline");
            const chart = body.querySelector(".js-plotly-plot");
            const box = body.getBoundingClientRect();
            const before = root.dataset.from + " " + root.dataset.to;
            const drawn = new Promise((r, late) => {
              const after = () => {
                if (before !== root.dataset.from + " " + root.dataset.to && Math.abs(chart.layout.xaxis.range[0] - root.dataset.from) < 1e-6 * (root.dataset.to - root.dataset.from)) {
                  chart.removeListener("plotly_afterplot", after);
                  r();
                }
              };
              chart.on("plotly_afterplot", after);
              setTimeout(() => { chart.removeListener("plotly_afterplot", after); late(new Error("not drawn after " + before)); }, 10000);
            });
            const from = performance.now();
            body.dispatchEvent(new WheelEvent("wheel", { deltaY, ctrlKey: !shift, shiftKey: shift, bubbles: true, cancelable: true, clientX: box.x + share * box.width, clientY: box.y + 20 }));
            await drawn;
            await this.frame();
            return performance.now() - from;
          },
          frames(ms) {
            return new Promise(r => {
              const all = [];
              let last = performance.now();
              const end = last + ms;
              const next = now => {
                all.push(now - last);
                last = now;
                now < end ? requestAnimationFrame(next) : r(all.slice(1));
              };
              requestAnimationFrame(next);
            });
          },
        };
        """;

    public static async Task PrintAsync(Action<string, string, string> row)
    {
        await using var web = await Dashboard.StartAsync();
        await using var chromium = await Chromium.StartAsync();
        var other = await chromium.PageAsync(web.Address);
        await other.GotoAsync("/lab");
        await Chromium.UntilAsync(other, Chart);
        await other.Context.DisposeAsync();

        var firsts = new List<double>();
        IPage page = null!;
        var sizes = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            page = await chromium.PageAsync(web.Address);
            page.WebSocket += (_, socket) => socket.FrameReceived += (_, frame) => sizes.Add(frame.Binary?.Length ?? 0);
            await page.GotoAsync(ShareLink.TryEncode(new RunDocument(Machines.Busy()) { Seed = (ulong)i + 1, View = RunView.None with { Step = 1_000 } })!);
            firsts.Add(await Chromium.UntilAsync(page, Chart));
            if (i < 2)
            {
                await page.Context.DisposeAsync();
            }
        }

        var status = (await page.Locator(".transport [role=status]").TextContentAsync())!;
        row(Text($"first picture of a run that nobody has looked at ({status.Split('·')[0].Split('/')[1].Trim()} events), empty cache, 3 of them"), Text($"{string.Join(", ", firsts.Select(f => f.ToString("0", CultureInfo.InvariantCulture)))} ms"), Against(1_500, firsts.Order().ElementAt(1)));
        await page.EvaluateAsync(Helpers);

        var seeks = new List<double>();
        for (var i = 0; i < Seeks; i++)
        {
            seeks.Add(await page.EvaluateAsync<double>("share => measured.seek(share)", (i * 0.6180339887) % 1));
        }

        seeks.Sort();
        row(Text($"seek anywhere in it, to the repaint, {Seeks} times"), Times(seeks), Against(100, seeks[Seeks / 2]));

        var cdp = await page.Context.NewCDPSessionAsync(page);
        await cdp.SendAsync("HeapProfiler.enable");
        sizes.Clear();
        var zooms = new List<double>();
        var heaps = new List<double>();
        await ZoomAsync(page, zooms, 0);
        heaps.Add(await HeapAsync(cdp));
        zooms.Clear();
        for (var i = 0; i < Rounds; i++)
        {
            await ZoomAsync(page, zooms, i);
            heaps.Add(await HeapAsync(cdp));
        }

        zooms.Sort();
        row(Text($"wheel: zoom or pan until the new detail is drawn, {zooms.Count} times (60 ms of it are waited for more turns)"), Times(zooms), Against(150, zooms[zooms.Count / 2]));
        var large = sizes.Where(s => s > 1_000).Order().ToList();
        row("its messages", Text($"median {large[large.Count / 2] / 1e3:0} KB, at most {large[^1] / 1e3:0} KB"), Text($"{150_000.0 / large[^1]:0.0} x below the goal of 150 KB"));
        row(
            Text($"heap of the page after 100 zooms, and after each 100 of {zooms.Count} more, collected"),
            Text($"{string.Join(", ", heaps.Select(h => h.ToString("0.00", CultureInfo.InvariantCulture)))} MB"), "goal: no growth");

        var box = (await page.Locator(".timeline:not(.compact) .lane-body").BoundingBoxAsync())!;
        var frames = page.EvaluateAsync<double[]>("measured.frames(4000)");
        for (var (clock, i) = (Stopwatch.StartNew(), 0); clock.ElapsedMilliseconds < 4_000; i++)
        {
            await page.Mouse.MoveAsync(box.X + (box.Width * (0.5f + (0.45f * MathF.Sin(i * 0.05f)))), box.Y + (Math.Min(box.Height, 400) * (0.5f + (0.45f * MathF.Sin(i * 0.017f)))));
        }

        var intervals = (await frames).Order().ToList();
        row(
            "frames while the pointer moves over the lanes", Text($"{1e3 * intervals.Count / intervals.Sum():0} a second; p95 {intervals[(int)(intervals.Count * 0.95)]:0.0} ms, at most {intervals[^1]:0} ms"), "goal 60 a second");
    }

    // In at some place, sideways, and out again.
    private static async Task ZoomAsync(IPage page, List<double> times, int round)
    {
        for (var i = 0; i < Zooms; i++)
        {
            var (delta, shift) = (i % 10) switch { < 4 => (-200, false), 4 => (120, true), 5 => (-120, true), _ => (200, false) };
            times.Add(await page.EvaluateAsync<double>("([share, delta, shift]) => measured.wheel(share, delta, shift)", new object[] { ((((round * Zooms) + i) / 10) * 0.6180339887) % 1, delta, shift }));
        }
    }

    private static async Task<double> HeapAsync(ICDPSession cdp)
    {
        for (var i = 0; i < 3; i++)
        {
            await cdp.SendAsync("HeapProfiler.collectGarbage");
            await Task.Delay(200);
        }

        var usage = await cdp.SendAsync("Runtime.getHeapUsage");
        return usage!.Value.GetProperty("usedSize").GetDouble() / 1e6;
    }

    private static string Times(List<double> sorted) => Text($"median {sorted[sorted.Count / 2]:0} ms, p95 {sorted[(int)(sorted.Count * 0.95)]:0} ms, at most {sorted[^1]:0} ms");

    private static string Against(double goalMs, double ms) => Text($"{goalMs / ms:0.0} x as fast as the goal of {goalMs:0} ms");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
