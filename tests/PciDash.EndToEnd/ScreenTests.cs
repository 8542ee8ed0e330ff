using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>
/// The main screens, as they look. Each leaves its picture in artifacts/screenshots; what is compared with the committed one is its build:
/// where the parts stand, in hundredths of the window, their ground, and how much is drawn in the chart. So another font or another
/// version of the browser makes no difference, and a part that is lost, moved, squeezed or unstyled does.
/// PCIDASH_SCREENS=compare runs them, and PCIDASH_SCREENS=write takes what is seen as right: whoever changes a screen looks at it, and no
/// other machine's browser fails a change that has nothing to do with it.
/// </summary>
[Collection(LabInBrowser.Name)]
public sealed partial class ScreenTests(BrowserFixture browser, AppFixture app)
{
    private const string Machine = "/s/1iwqAeyJMIjoidmZpby0yZ3B1LTIwMjEifQM"; // vfio-2gpu-2021

    private static readonly Dictionary<string, (string Address, string Ready, string[] Parts)> Screens = new()
    {
        ["home"] = ("/", ".lane-chart .barlayer .point", [".topbar", ".home h1", ".home-actions .primary", ".strip", ".strip .lane-body", ".own", ".paste textarea", ".cards"]),
        ["lab"] = ("/lab", ".lane-chart .barlayer .point",
            [".topbar", ".lab-head", "#lab-lanes", ".lane-heads", ".lane-body", ".lane-ticks", ".lab-bar", ".events", ".printed", ".inspector", ".inspector .why", "#orderings", "tr.here td:first-child"]),
        ["compare"] = ("/compare", ".lane-chart .barlayer .point", [".topbar", ".compare-head", ".compare-side", ".compare-timeline", ".lane-heads", ".lane-body", ".lab-bar", ".compare-below"]),
        ["build"] = ("/build" + Machine, ".tree-row", [".topbar", ".build-head", ".build-bar", ".build-tree", ".tree-row.selected", ".build-side", ".lines"]),
        ["debate"] = ("/debate", ".claim", [".topbar", ".debate h1", ".primer", ".score", ".debate .index", ".claim"]),
        ["audit"] = ("/audit" + Machine + "?kernels=4.1&paths=reboot,kexec&runs=1", "#verdict", [".topbar", ".audit h1", ".audit-options", "#verdict", ".subjects"]),
    };

    public static TheoryData<string, ColorScheme, int, int> All
    {
        get
        {
            var all = new TheoryData<string, ColorScheme, int, int>();
            foreach (var screen in Screens.Keys)
            {
                all.Add(screen, ColorScheme.Light, 1440, 900);
                all.Add(screen, ColorScheme.Dark, 1440, 900);
                all.Add(screen, ColorScheme.Light, 390, 844);
            }

            all.Add("lab", ColorScheme.Dark, 2560, 1440);
            all.Add("home", ColorScheme.Light, 2560, 1440);
            return all;
        }
    }

    [ScreensTheory, MemberData(nameof(All))]
    public async Task It_looks_as_it_did(string screen, ColorScheme theme, int width, int height)
    {
        await using var visit = await OpenAsync(screen, theme, width, height);
        var name = $"{screen}-{width}-{theme.ToString().ToLowerInvariant()}";
        await visit.PictureAsync("screen-" + name);
        var seen = await BuildOfAsync(visit.Page, Screens[screen].Parts);
        var file = Path.Combine(AppFixture.Metadata("WebProjectDirectory"), "..", "..", "tests", "PciDash.EndToEnd", "Screens", name + ".txt");
        if (Environment.GetEnvironmentVariable("PCIDASH_SCREENS") == "write")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllLinesAsync(file, seen);
        }

        var differences = Differences(await File.ReadAllLinesAsync(file), seen);
        Assert.True(differences.Count == 0, $"Look at artifacts/screenshots/screen-{name}.png:\n{string.Join('\n', differences)}");
        visit.AssertClean();
    }

    [Fact]
    public async Task Other_fonts_make_no_difference_and_what_is_lost_moved_or_unstyled_does()
    {
        await using var visit = await OpenAsync("lab", ColorScheme.Light, 1440, 900);
        var parts = Screens["lab"].Parts;
        var right = await BuildOfAsync(visit.Page, parts);
        foreach (var (style, same) in new[]
        {
            ("* { font-family: serif !important }", true), ("* { font-family: sans-serif !important }", true),
            (".inspector { display: none }", false), (".lane-chart .barlayer { display: none }", false), (".lab-main { display: block !important }", false),
            (":root { --panel: #1b1f23 !important }", false), (".events { flex: none !important; height: 40px !important }", false),
        })
        {
            var added = await visit.Page.AddStyleTagAsync(new() { Content = style });
            await visit.Page.WaitForTimeoutAsync(300);
            var differences = Differences(right, await BuildOfAsync(visit.Page, parts));
            Assert.True(same == (differences.Count == 0), $"{style}: {string.Join("; ", differences)}");
            await added.EvaluateAsync("e => e.remove()");
        }
    }

    private async Task<Visit> OpenAsync(string screen, ColorScheme theme, int width, int height)
    {
        var (address, ready, _) = Screens[screen];
        var visit = await Visit.ToAsync(browser, app.Web, address, theme, (width, height));
        await Expect(visit.Page.Locator(ready).First).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await visit.Page.WaitForTimeoutAsync(600); // The table scrolls to its row.
        return visit;
    }

    /// <summary>A line for each part: its place in hundredths of the window, its ground, and for lanes how much is drawn.</summary>
    private static Task<string[]> BuildOfAsync(IPage page, string[] parts) => page.EvaluateAsync<string[]>("""
        parts => parts.map(part => {
          const e = document.querySelector(part);
          if (!e) {
            return `${part}: none`;
          }
          const r = e.getBoundingClientRect();
          const of = (value, all) => Math.round(value / all * 100);
          const ground = at => {
            const colour = getComputedStyle(at).backgroundColor;
            return colour === "rgba(0, 0, 0, 0)" && at.parentElement ? ground(at.parentElement) : colour.replaceAll(" ", "");
          };
          const drawn = part === ".lane-body" || part === ".strip .lane-body"
            ? ` drawn ${[...e.querySelectorAll(".barlayer .point path, .scatterlayer path")].filter(p => p.getClientRects().length > 0).length}` : "";
          return `${part}: ${of(r.left, innerWidth)} ${of(r.top, innerHeight)} ${of(r.width, innerWidth)} ${of(r.height, innerHeight)} ${ground(e)}${drawn}`;
        })
        """, parts);

    /// <summary>What differs by more than words of another font would make it.</summary>
    private static List<string> Differences(string[] right, string[] seen) => right.Length != seen.Length
        ? [$"{right.Length} parts became {seen.Length}"]
        : [.. right.Zip(seen).Where(p => !Alike(p.First, p.Second)).Select(p => $"{p.First}   became   {p.Second}")];

    private static bool Alike(string right, string seen)
    {
        var (was, now) = (Part().Match(right), Part().Match(seen));
        if (!was.Success || !now.Success)
        {
            return right == seen;
        }

        int[] a = Places(was), b = Places(now);

        // Words of another font are wider or higher, and what is further down moves by all of them.
        int[] free = [4, 6 + (Math.Abs(a[1]) / 4), 6 + (a[2] / 8), 8 + (a[3] / 4)];
        return (was.Groups["name"].Value, was.Groups["ground"].Value) == (now.Groups["name"].Value, now.Groups["ground"].Value)
            && Enumerable.Range(0, 4).All(i => Math.Abs(a[i] - b[i]) <= free[i]);
    }

    private static int[] Places(Match part) => [.. part.Groups["at"].Value.Split(' ').Select(w => int.Parse(w, CultureInfo.InvariantCulture))];

    [GeneratedRegex("^(?<name>.*): (?<at>(-?[0-9]+ ){3}-?[0-9]+) (?<ground>rgb.*)$")]
    private static partial Regex Part();
}

/// <summary>Is skipped, and says so, unless it was asked for.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ScreensTheoryAttribute : TheoryAttribute
{
    public ScreensTheoryAttribute()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PCIDASH_SCREENS")))
            Skip = "The screens are compared where PCIDASH_SCREENS is set: see ScreenTests.";
    }
}
