using System.Globalization;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>The lanes under wheel, pointer and keys.</summary>
[Collection(LabInBrowser.Name)]
public class LaneTests(BrowserFixture browser, AppFixture app, Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public async Task Wheel_moves_what_is_drawn_at_once_and_detail_follows()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var lab = await DrawnAsync(visit);
        var whole = await WindowAsync(visit);

        // In the same turn, before any answer could have come.
        var at = await visit.Page.EvaluateAsync<string[]>("""
            () => {
              const body = document.querySelector(".lane-body");
              const box = body.getBoundingClientRect();
              const cursor = document.querySelector(".cursor").getBoundingClientRect().left;
              const stands = (cursor - box.left) / box.width;
              body.querySelector(".nsewdrag").dispatchEvent(new WheelEvent("wheel", { deltaY: -60, ctrlKey: true, clientX: cursor, clientY: box.top + 40, bubbles: true, cancelable: true }));
              const after = document.querySelector(".cursor").getBoundingClientRect().left;
              return [document.querySelector(".lane-chart").style.transform, String(Math.abs(after - cursor)), String(stands)];
            }
            """);
        Assert.Contains("scaleX(", at[0], StringComparison.Ordinal);
        Assert.True(double.Parse(at[1], CultureInfo.InvariantCulture) < 1.5, $"what is under the pointer stays there, and the cursor went {at[1]} px");
        await Expect(lab.All).ToBeEnabledAsync();
        await Expect(lab.Chart).ToHaveCSSAsync("transform", "none");
        var narrow = await WindowAsync(visit);
        Assert.InRange((narrow.To - narrow.From) / (whole.To - whole.From), 0.68, 0.72);

        // Sideways.
        await WheelAsync(visit, "{ deltaY: 200, shiftKey: true }");
        await ExpectWindowAsync(visit, w => w.From > narrow.From || w.To >= whole.To - 1e-6);
        var panned = await WindowAsync(visit);
        Assert.Equal(narrow.To - narrow.From, panned.To - panned.From, 6);
        await WheelAsync(visit, "{ deltaX: -300 }");
        await ExpectWindowAsync(visit, w => w.From < panned.From);

        // Out again, as far as there is anything.
        for (var i = 0; i < 8; i++)
        {
            await WheelAsync(visit, "{ deltaY: 100, ctrlKey: true }");
        }

        await Expect(lab.All).ToBeDisabledAsync();
        await ExpectWindowAsync(visit, w => w == whole);
        visit.AssertClean();
    }

    [Fact]
    public async Task Window_is_dragged_with_shift_and_by_the_times_and_goes_on_by_keys()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var lab = await DrawnAsync(visit);
        await lab.DragAsync(0.3f, 0.6f);
        await Expect(lab.All).ToBeEnabledAsync();
        var step = await lab.StepAsync();
        await SettledAsync(visit);
        var first = await WindowAsync(visit);
        await visit.Page.Keyboard.DownAsync("Shift");
        await lab.DragAsync(0.6f, 0.3f);
        await visit.Page.Keyboard.UpAsync("Shift");
        await ExpectWindowAsync(visit, w => Math.Abs(w.From - first.From - (0.3 * (first.To - first.From))) < 0.05 * (first.To - first.From));
        await SettledAsync(visit);
        var second = await WindowAsync(visit);
        Assert.Equal(first.To - first.From, second.To - second.From, 6);

        var ticks = (await visit.Page.Locator(".lane-ticks").BoundingBoxAsync())!;
        await visit.Page.Mouse.MoveAsync(ticks.X + 200, ticks.Y + 10);
        await visit.Page.Mouse.DownAsync();
        await visit.Page.Mouse.MoveAsync(ticks.X + 300, ticks.Y + 10, new() { Steps = 4 });
        await visit.Page.Mouse.UpAsync();
        await ExpectWindowAsync(visit, w => w.From < second.From);
        await SettledAsync(visit);
        var third = await WindowAsync(visit);
        await visit.Page.Keyboard.PressAsync("]");
        await ExpectWindowAsync(visit, w => Math.Abs(w.From - third.From - ((third.To - third.From) / 4)) < 1e-6);
        await visit.Page.Keyboard.PressAsync("[");
        await ExpectWindowAsync(visit, w => Math.Abs(w.From - third.From) < 1e-6);
        Assert.Equal(step, await lab.StepAsync()); // None of it was a click.

        // The link brings the window back.
        await using var other = await Visit.ToAsync(browser, app.Web, await lab.SettledAddressAsync());
        await DrawnAsync(other);
        var theirs = await WindowAsync(other);
        Assert.Equal(third.From, theirs.From, 3);
        Assert.Equal(third.To, theirs.To, 3);
        visit.AssertClean();
        other.AssertClean();
    }

    [Fact]
    public async Task Storm_shows_its_rounds_to_who_zooms_in_on_it()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        await DrawnAsync(visit);
        var marks = visit.Page.Locator(".scatterlayer path.point");
        var before = await marks.CountAsync();
        var storm = (await visit.Page.Locator(".barlayer .point", new() { HasText = "×10,000" }).First.BoundingBoxAsync())!;
        await visit.Page.Mouse.MoveAsync(storm.X + (storm.Width / 2), storm.Y + (storm.Height / 2));
        await visit.Page.Keyboard.DownAsync("Control");
        for (var i = 0; i < 60; i++)
        {
            await visit.Page.Mouse.WheelAsync(0, -100);
        }

        await visit.Page.Keyboard.UpAsync("Control");
        await Expect(marks).Not.ToHaveCountAsync(before);
        await Expect(visit.Page.Locator(".barlayer .point", new() { HasText = "×10,000" })).ToHaveCountAsync(0);
        Assert.InRange(await marks.CountAsync(), 2, 101);
        await visit.PictureAsync("lab-rounds");
        visit.AssertClean();
    }

    [Fact]
    public async Task Lanes_are_dragged_by_their_heads_and_filtered_and_the_menu_restores_them()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        var lab = await DrawnAsync(visit);
        var rows = page.Locator(".lane-row");
        await page.Locator("[data-lane='irq21'] .lane-head").DragToAsync(page.Locator("[data-lane='phases'] .lane-head"), new() { TargetPosition = new() { X = 20, Y = 4 } });
        await Expect(rows.First).ToHaveAttributeAsync("data-lane", "irq21");
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("irq 21");
        await Expect(rows).ToHaveCountAsync(3);
        await Expect(lab.Chart.Locator(".scatterlayer path.js-line")).ToHaveCountAsync(1);
        await page.GetByLabel("Filter lanes").FillAsync("nothing like it");
        await Expect(page.Locator(".lanes-none")).ToContainTextAsync("No lane matches");
        await visit.AssertAccessibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Clear the filter" }).ClickAsync();
        await Expect(rows).ToHaveCountAsync(12);
        await Expect(lab.Chart.Locator(".scatterlayer path.js-line")).ToHaveCountAsync(3);

        await using var other = await Visit.ToAsync(browser, app.Web, await lab.SettledAddressAsync());
        await Expect(other.Page.Locator(".lane-row").First).ToHaveAttributeAsync("data-lane", "irq21");

        await page.GetByRole(AriaRole.Button, new() { Name = "Lanes", Exact = true }).ClickAsync();
        await visit.AssertAccessibleAsync();
        await visit.PictureAsync("lab-lane-menu");
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore all" }).ClickAsync();
        await Expect(rows.First).ToHaveAttributeAsync("data-lane", "phases");
        visit.AssertClean();
        other.AssertClean();
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1440, 900)]
    [InlineData(ColorScheme.Dark, 390, 844)]
    public async Task Markers_legend_and_menu_are_readable_at_any_size_and_by_anybody(ColorScheme theme, int width, int height)
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab", theme, (width, height));
        var page = visit.Page;
        var lab = await DrawnAsync(visit);
        await page.Keyboard.PressAsync("a");
        await Expect(page.Locator(".marker")).ToHaveCountAsync(1);
        await lab.StepToAsync("ArrowLeft");
        await page.Keyboard.PressAsync("b");
        await Expect(page.Locator(".lane-marks output")).ToContainTextAsync("1 event");
        await visit.AssertAccessibleAsync();
        await visit.AssertFitsWidthAsync();
        await visit.PictureAsync($"lab-markers-{theme.ToString().ToLowerInvariant()}-{width}");
        foreach (var name in new[] { "Legend", "Lanes" })
        {
            await page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Dialog, new() { Name = name })).ToBeVisibleAsync();
            await visit.AssertAccessibleAsync();
            await visit.AssertFitsWidthAsync();
            await visit.PictureAsync($"lab-{name.ToLowerInvariant()}-{theme.ToString().ToLowerInvariant()}-{width}");
            await page.Keyboard.PressAsync("Escape");
            await Expect(page.GetByRole(AriaRole.Dialog, new() { Name = name })).ToBeHiddenAsync();
        }

        visit.AssertClean();
    }

    [Fact]
    public async Task Picture_holds_the_lanes_their_names_the_cursor_and_the_markers()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        await DrawnAsync(visit);
        await page.Keyboard.PressAsync("a");
        await Expect(page.Locator(".marker")).ToHaveCountAsync(1);
        var svg = await SavedAsync(page, "SVG");
        var text = await File.ReadAllTextAsync(svg);
        foreach (var word in new[] { "Reboot of Linux 4.1", "IRQ 21", "virtio network card", "✕ nobody cared", "595.438 ms", ">A<", "MSI-X", "×10,000" })
        {
            Assert.Contains(word, text, StringComparison.Ordinal);
        }

        // It stands on its own: another page draws it, and the lanes are there.
        var drawn = await page.EvaluateAsync<int[]>("""
            async text => {
              const image = new Image();
              image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
              await image.decode();
              const canvas = document.createElement("canvas");
              [canvas.width, canvas.height] = [image.width, image.height];
              const context = canvas.getContext("2d");
              context.drawImage(image, 0, 0);
              const pixels = context.getImageData(0, 0, image.width, image.height).data;
              const colours = new Set();
              for (let i = 0; i < pixels.length; i += 4) {
                colours.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
              }
              const has = hex => colours.has(hex) ? 1 : 0;
              return [image.width, image.height, has(0xd55e00), has(0x0072b2), has(0x1c2024)];
            }
            """, text);
        Assert.Equal([1, 1, 1], drawn[2..]);
        Assert.InRange(drawn[0], 800, 1440);
        var png = await File.ReadAllBytesAsync(await SavedAsync(page, "PNG"));
        Assert.Equal([0x89, 0x50, 0x4E, 0x47], png[..4]);
        Assert.InRange(png.Length, 20_000, 2_000_000);
        await File.WriteAllBytesAsync(Path.Combine(AppFixture.Metadata("WebProjectDirectory"), "..", "..", "artifacts", "screenshots", "lab-picture.png"), png);
        visit.AssertClean();
    }

    [Fact]
    public async Task Table_is_filtered_and_its_rows_are_copied_for_a_mail()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        await page.Locator(".event-bar select").First.SelectOptionAsync("irq21");
        await Expect(page.Locator(".event-bar output")).ToContainTextAsync(" rows");
        await Expect(page.Locator(".events tbody")).Not.ToContainTextAsync("00:09.0");
        await page.Locator(".event-bar input").FillAsync("nobody");
        await Expect(page.Locator(".event-bar output")).ToContainTextAsync("1 of");
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy as text" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Copied" })).ToBeVisibleAsync();
        Assert.Contains("IRQ 21  nobody cared", await page.EvaluateAsync<string>("navigator.clipboard.readText()"), StringComparison.Ordinal);
        await visit.AssertAccessibleAsync();
        await visit.PictureAsync("lab-event-filter");
        visit.AssertClean();
    }

    // Ever again in and out: what was drawn before must not stay behind.
    [Fact]
    public async Task Zooming_for_long_leaves_nothing_behind()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        await DrawnAsync(visit);
        var session = await visit.Page.Context.NewCDPSessionAsync(visit.Page);
        var times = new List<double>();
        var heap = new List<double>();
        for (var round = 0; round < 5; round++)
        {
            times.AddRange(await visit.Page.EvaluateAsync<double[]>("""
                async () => {
                  const body = document.querySelector(".lane-body");
                  const box = body.getBoundingClientRect();
                  const times = [];
                  const root = document.querySelector(".timeline");
                  for (let i = 0; i < 20; i++) {
                    const begin = performance.now();
                    const from = root.dataset.from + root.dataset.to;
                    body.dispatchEvent(new WheelEvent("wheel", { deltaY: i % 2 ? 60 : -60, ctrlKey: true, clientX: box.left + box.width / 2, clientY: box.top + 40, bubbles: true, cancelable: true }));
                    while (root.dataset.from + root.dataset.to === from || document.querySelector(".lane-chart").style.transform) {
                      await new Promise(r => setTimeout(r, 4));
                      if (performance.now() - begin > 20000) throw new Error("no new detail");
                    }
                    times.push(performance.now() - begin);
                  }
                  return times;
                }
                """));
            await session.SendAsync("HeapProfiler.collectGarbage");
            heap.Add(await visit.Page.EvaluateAsync<double>("performance.memory.usedJSHeapSize / 1e6"));
        }

        times.Sort();
        output.WriteLine($"Detail after {times[times.Count / 2]:0} ms, at most {times[^1]:0} ms; heap {string.Join(", ", heap.Select(h => h.ToString("0.0", CultureInfo.InvariantCulture)))} MB");
        Assert.True(heap[^1] - heap[1] < 3, $"The heap grows: {string.Join(", ", heap)} MB");
        visit.AssertClean();
    }

    private static async Task<LabPage> DrawnAsync(Visit visit)
    {
        var lab = new LabPage(visit);
        await Expect(lab.Chart.Locator(".barlayer .point").First).ToBeVisibleAsync();
        return lab;
    }

    private static async Task<string> SavedAsync(IPage page, string kind)
    {
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = kind, Exact = true }).ClickAsync());
        Assert.EndsWith("." + kind.ToLowerInvariant(), download.SuggestedFilename, StringComparison.Ordinal);
        return (await download.PathAsync())!;
    }

    private static async Task WheelAsync(Visit visit, string how) => await visit.Page.EvaluateAsync($$"""
        () => {
          const body = document.querySelector(".lane-body");
          const box = body.getBoundingClientRect();
          body.dispatchEvent(new WheelEvent("wheel", { clientX: box.left + box.width / 2, clientY: box.top + 40, bubbles: true, cancelable: true, ...{{how}} }));
        }
        """);

    // What the reader sees is what the server has drawn.
    private static Task SettledAsync(Visit visit) => Expect(visit.Page.Locator(".lane-body:not([style*='--from'])")).ToHaveCountAsync(1);

    private static async Task ExpectWindowAsync(Visit visit, Func<(double From, double To), bool> holds)
    {
        var until = DateTime.UtcNow.AddSeconds(20);
        while (!holds(await WindowAsync(visit)))
        {
            Assert.True(DateTime.UtcNow < until, $"the window is {await WindowAsync(visit)}");
            await Task.Delay(50);
        }
    }

    private static async Task<(double From, double To)> WindowAsync(Visit visit)
    {
        var window = await visit.Page.Locator(".timeline").EvaluateAsync<double[]>("e => [Number(e.dataset.from), Number(e.dataset.to)]");
        return (window[0], window[1]);
    }
}
