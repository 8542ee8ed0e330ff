using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>A machine is built in a real browser.</summary>
[Collection(AppInBrowser.Name)]
public sealed partial class BuildTests(BrowserFixture browser, AppFixture app, Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public async Task A_machine_of_six_devices_is_built_from_nothing_with_the_keyboard_alone()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/build");
        var page = visit.Page;
        var build = new BuildPage(visit);
        await Expect(build.Count).ToContainTextAsync("0 functions");

        // A root port, a switch of two below it, a card below its first downstream port, two functions below its second.
        await build.AddAsync("Insert", "root port", "00:01.0");
        await build.AddAsync("Enter", "switch with 2", "01:00.0");
        await build.PressAsync("ArrowRight", "02:00.0");
        await build.AddAsync("Enter", "e1000e", "03:00.0");
        await build.PressAsync("ArrowDown", "02:01.0");
        await build.AddAsync("Enter", "nvme", "04:00.0");
        await build.AddAsync("Enter", "igb", "04:00.1");

        // A bridge on the root bus, and three cards behind it.
        await build.PressAsync("Home", "root");
        await build.AddAsync("Enter", "pci-bridge", "00:02.0");
        await build.AddAsync("Enter", "e1000", "05:01.0");
        await build.AddAsync("Enter", "uhci", "05:02.0");
        await build.AddAsync("Enter", "rtl8139", "05:03.0");
        await Expect(build.Count).ToContainTextAsync("11 functions on 4 lines");

        // By hand, rule 5.8: pin' = (pin + slot) % 4 at each bridge, A = 0. q35: a root slot up to 24 ends on 20 + (slot + pin) % 4.
        // 00:01.0          INTA in root slot 1: 20 + (1 + 0) % 4 = 21
        // 01:00.0, 02:00.0 slot 0 below slot 0: A stays A                                     → 21
        // 02:01.0          slot 1: A → B, then slot 0: B; 20 + (1 + 1) % 4                     = 22
        // 03:00.0          slot 0 three times: A                                              → 21
        // 04:00.0, .1      slot 0: A, then slot 1: B, then slot 0: B; 20 + (1 + 1) % 4          = 22
        // 05:01.0          slot 1: A → B, root slot 2: 20 + (2 + 1) % 4                         = 23
        // 05:02.0          slot 2: A → C, root slot 2: 20 + (2 + 2) % 4                         = 20
        // 05:03.0          slot 3: A → D, root slot 2: 20 + (2 + 3) % 4                         = 21
        await build.AssertLinesAsync(
            ("00:01.0", 21), ("01:00.0", 21), ("02:00.0", 21), ("02:01.0", 22), ("03:00.0", 21), ("04:00.0", 22), ("04:00.1", 22), ("05:01.0", 23), ("05:02.0", 20), ("05:03.0", 21));
        await Expect(build.Route).ToContainTextAsync("slot 03 below 00:02.0: INTA → INTD");
        await Expect(build.Route).ToContainTextAsync("root bus, slot 02: INTD → line 21");

        // Who shares 21 with the last one: four ports and cards, by the numbers above.
        Assert.Equal(["00:01.0", "01:00.0", "02:00.0", "03:00.0", "05:03.0"], await build.SharersAsync());
        await Expect(page.Locator("#build-says")).ToContainTextAsync("ends on line 21, with 4 more");

        // Up by one: it has slot 2 now, hence line 20, and the USB controller slot 3, hence 21.
        await build.PressAsync("Alt+ArrowUp", "05:02.0");
        await build.AssertLinesAsync(("05:02.0", 20), ("05:03.0", 21));
        await Expect(build.Row("05:02.0")).ToContainTextAsync("Realtek 8139");
        Assert.Equal(["05:02.0"], await build.SharersAsync());

        // Out to the root bus, slot 3 being free there: 20 + (3 + 0) % 4 = 23. And in again, below the bridge.
        await build.PressAsync("Alt+ArrowDown", "05:03.0");
        await build.PressAsync("Alt+ArrowLeft", "00:03.0");
        await build.AssertLinesAsync(("00:03.0", 23));
        await build.PressAsync("Alt+ArrowRight", "05:03.0");
        await build.AssertLinesAsync(("05:03.0", 21));

        // A copy, which is deleted; then all of it taken back and done again.
        await build.PressAsync("Control+d", "05:04.0");
        await build.PressAsync("Delete", "05:03.0");
        var whole = await build.SettledAddressAsync();
        await page.Keyboard.PressAsync("Control+z");
        await Expect(build.Row("05:04.0")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Control+Shift+Z");
        await Expect(build.Row("05:04.0")).ToHaveCountAsync(0);
        for (var i = 0; i < 16; i++)
        {
            await page.Keyboard.PressAsync("Control+z");
        }

        await Expect(build.Count).ToContainTextAsync("0 functions");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Undo" })).ToBeDisabledAsync();
        for (var i = 0; i < 16; i++)
        {
            await page.Keyboard.PressAsync("Control+y");
        }

        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Redo" })).ToBeDisabledAsync();
        Assert.Equal(whole, await build.SettledAddressAsync());

        // The keys are listed.
        await page.Keyboard.PressAsync("?");
        await Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Keyboard" })).ToContainTextAsync("Duplicate, with all that is below");
        await page.Keyboard.PressAsync("Escape");
        await visit.PictureAsync("build-keyboard");

        // The link brings it back; the lab runs it.
        await using var other = await Visit.ToAsync(browser, app.Web, whole);
        await new BuildPage(other).AssertLinesAsync(("05:01.0", 23), ("04:00.1", 22));
        other.AssertClean();
        await build.TabToAsync("Run it");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(LabLink());
        await Expect(page.Locator("#headline")).ToBeVisibleAsync();
        await page.GetByText("Machine and boots").ClickAsync();
        await Expect(page.Locator(".machine-table tbody th")).ToHaveCountAsync(11);
        await Expect(page.GetByLabel("Driver of 03:00.0")).ToHaveValueAsync("e1000e");

        // And back to the workbench from there.
        await page.GetByRole(AriaRole.Link, new() { Name = "Edit the machine" }).ClickAsync();
        await build.AssertLinesAsync(("05:03.0", 21));
        visit.AssertClean();
    }

    [Fact]
    public async Task A_mouse_adds_drags_and_folds_and_a_text_keeps_its_own_undo()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/build");
        var page = visit.Page;
        var build = new BuildPage(visit);
        foreach (var what in new[] { "pci-bridge", "e1000", "uhci" })
        {
            await page.Locator("[data-at=root]").ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Add…" }).ClickAsync();
            await build.Search.FillAsync(what);
            await page.GetByRole(AriaRole.Option).First.ClickAsync();
            await Expect(build.Search).ToHaveCountAsync(0);
        }

        // Below the bridge, in slot 3 as before: A → D, root slot 1: 20 + (1 + 3) % 4 = 20.
        await build.Row("00:03.0").DragToAsync(build.Row("00:01.0"));
        await build.AssertLinesAsync(("01:03.0", 20));
        await Expect(build.Row("01:03.0")).ToContainTextAsync("USB UHCI");
        await build.Row("00:01.0").Locator(".fold").ClickAsync();
        await Expect(build.Row("01:03.0")).ToHaveCountAsync(0);
        await Expect(build.Row("00:01.0")).ToContainTextAsync("1 below");
        await build.Row("00:01.0").Locator(".fold").ClickAsync();

        // Ctrl Z in a field is the field's.
        await build.Row("01:03.0").ClickAsync();
        var field = page.GetByLabel("Line (GSI)");
        await field.FillAsync("12");
        await field.PressAsync("Control+z");
        await Expect(build.Row("01:03.0")).ToBeVisibleAsync();
        await field.FillAsync("33");
        await field.PressAsync("Tab");
        await build.AssertLinesAsync(("01:03.0", 33));

        // A reload brings all of it back: the address holds it.
        await build.SettledAddressAsync();
        await page.ReloadAsync();
        await visit.WaitUntilInteractiveAsync();
        await build.AssertLinesAsync(("01:03.0", 33), ("00:02.0", 22));
        visit.AssertClean();
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1440, 900)]
    [InlineData(ColorScheme.Dark, 390, 844)]
    public async Task The_workbench_is_readable_at_any_size_and_by_anybody(ColorScheme opened, int width, int height)
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/build", opened, (width, height));
        var page = visit.Page;
        var build = new BuildPage(visit);
        await Expect(page.Locator(".build-empty")).ToBeVisibleAsync();
        await visit.AssertReadableInBothThemesAsync(theme => $"build-empty-{theme}-{width}");

        // Something to look at: a card behind a bridge behind a port, that shares its line, and something wrong.
        await build.AddAsync("Insert", "root port", "00:01.0");
        await build.AddAsync("Insert", "pci-bridge", "01:00.0");
        await build.AddAsync("Insert", "e1000", "02:01.0");
        await build.AddAsync("Insert", "uhci", "02:02.0");
        await build.PressAsync("Home", "root");
        await build.AddAsync("Insert", "virtio-net", "00:02.0");
        await build.PressAsync("ArrowUp", "02:02.0");
        await build.PressAsync("ArrowUp", "02:01.0");
        await page.GetByLabel("Line (GSI)").FillAsync("999");
        await page.GetByLabel("Line (GSI)").PressAsync("Tab");
        await Expect(page.Locator("#field-gsi-means")).ToContainTextAsync("0 to 239 are possible");
        await page.Locator(".disclosure").ClickAsync();
        await Expect(page.GetByLabel("MSI-X table size")).ToBeVisibleAsync();
        await page.EvaluateAsync("scrollTo(0, 0)");
        await visit.AssertReadableInBothThemesAsync(theme => $"build-{theme}-{width}");

        await page.GetByRole(AriaRole.Button, new() { Name = "Add…" }).ClickAsync();
        await Expect(build.Search).ToBeFocusedAsync();
        await visit.AssertReadableInBothThemesAsync(theme => $"build-add-{theme}-{width}");
        visit.AssertClean();
    }

    [Fact]
    public async Task Three_hundred_functions_are_shown_a_screen_at_a_time_and_an_edit_is_drawn_at_once()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/build", size: (1366, 768));
        var page = visit.Page;
        var build = new BuildPage(visit);
        await page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "large.json", MimeType = "application/json", Buffer = Large() });
        await Expect(build.Count).ToContainTextAsync("300 functions");
        Assert.InRange(await page.Locator("[role=treeitem]").CountAsync(), 20, 120);

        // The last row and the first: the focus goes along.
        await page.Locator("[role=treeitem]").First.ClickAsync();
        await build.PressAsync("End", "0a:1c.0");
        await build.PressAsync("ArrowUp", "0a:1b.0");
        await build.PressAsync("Home", "root");
        await build.PressAsync("ArrowDown", "00:01.0");
        await build.PressAsync("ArrowRight", "01:00.0");

        // From the key to the picture: copies of a card, one after the other.
        var times = await page.EvaluateAsync<double[]>("""
            async () => {
              const says = document.querySelector("#build-says");
              const times = [];
              for (let i = 0; i < 15; i++) {
                const begin = performance.now();
                const changed = new Promise(r => new MutationObserver((_, o) => { o.disconnect(); r(); }).observe(says, { characterData: true, childList: true, subtree: true }));
                document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: i % 3 == 2 ? "z" : "d", ctrlKey: true, bubbles: true, cancelable: true }));
                await Promise.race([changed, new Promise((_, no) => setTimeout(() => no(new Error(`edit ${i} changed nothing: ${says.textContent}`)), 10000))]);
                await new Promise(requestAnimationFrame);
                times.push(performance.now() - begin);
                await new Promise(r => setTimeout(r, 150));
              }
              return times;
            }
            """);

        // 100 ms is meant; machines that test are busy.
        var median = times.Order().ElementAt(times.Length / 2);
        output.WriteLine($"An edit of 300 functions: {median:0} ms, at most {times.Max():0} ms");
        Assert.True(median < 400, $"{median:0} ms");
        await Expect(build.Count).ToContainTextAsync("305 functions");
        await visit.PictureAsync("build-300");
        visit.AssertClean();
    }

    // Ten bridges, and 29 cards behind each.
    private static byte[] Large()
    {
        var bridges = Enumerable.Range(1, 10).Select(i => $$"""{"bdf":"00:{{i:x2}}.0","device":"pci-bridge","secondary_bus":{{i}}}""");
        var cards = Enumerable.Range(0, 290).Select(i => $$"""{"bdf":"{{(i % 10) + 1:x2}}:{{i / 10:x2}}.0","device":"e1000e","parent":"00:{{(i % 10) + 1:x2}}.0","cpu":{{i % 8}}}""");
        return System.Text.Encoding.UTF8.GetBytes($$"""{"version":1,"id":"large","platform":"q35","functions":[{{string.Join(',', bridges.Concat(cards))}}],"boots":[{"kernel":"6.12","path":"reboot","cpus":8}]}""");
    }

    [GeneratedRegex("/s/1[A-Za-z0-9_-]+$")]
    private static partial Regex LabLink();
}
