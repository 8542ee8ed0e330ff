using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>What people come for, in a real browser.</summary>
[Collection(LabInBrowser.Name)]
public sealed partial class JourneyTests(BrowserFixture browser, AppFixture app, Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public async Task Story_from_the_first_page_to_the_cause_to_the_patch_to_a_colleague()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/");
        var page = visit.Page;
        var lab = new LabPage(visit);
        await Expect(page.Locator("h1")).ToContainTextAsync("kills IRQ 21");
        await page.GetByRole(AriaRole.Link, new() { Name = "Why? Step through it" }).ClickAsync();

        // To the disable: by key, and by button.
        await Expect(lab.Headline).ToContainTextAsync("IRQ 21 is disabled");
        await lab.StepToAsync("Home");
        Assert.Equal(0, await lab.StepAsync());
        await lab.StepToAsync("d");
        var disable = await lab.StepAsync();
        await lab.StepToAsync("Home");
        await page.GetByRole(AriaRole.Button, new() { Name = "to “nobody cared”" }).ClickAsync();
        await Expect(page.Locator(".step-head")).ToContainTextAsync("nobody cared");
        Assert.Equal(disable, await lab.StepAsync());

        // Why.
        await Expect(lab.Why).ToContainTextAsync("pci_msix_shutdown");
        await Expect(lab.Why).ToContainTextAsync("d52877c7b1af");
        await Expect(lab.Status).ToContainTextAsync("nobody cared");
        await Expect(page.Locator(".printed pre")).ToContainTextAsync("irq 21: nobody cared (try booting with the \"irqpoll\" option)");
        await visit.PictureAsync("journey-disable");

        // What if.
        await lab.PolicyAsync("seed");
        await Expect(lab.Headline).ToContainTextAsync("No irq is given up");
        await Expect(page.Locator("[aria-keyshortcuts=d]")).ToHaveCountAsync(0);
        await Expect(page.Locator(".callout")).ToHaveCountAsync(0);
        await Expect(page.Locator(".printed")).Not.ToContainTextAsync("nobody cared");

        // A place worth showing: a lane, a window, a step.
        await page.GetByRole(AriaRole.Button, new() { Name = "MSI-X" }).First.ClickAsync();
        await lab.DragAsync(0.2f, 0.7f);
        await Expect(lab.All).ToBeEnabledAsync();
        await lab.StepToAsync("p");
        var step = await lab.StepAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Copy link" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Copied" })).ToBeVisibleAsync();
        var link = await page.EvaluateAsync<string>("navigator.clipboard.readText()");
        Assert.EndsWith(await lab.SettledAddressAsync(), link, StringComparison.Ordinal);
        Assert.InRange(new Uri(link).PathAndQuery.Length, 10, 400);
        visit.AssertClean();

        // The colleague.
        await using var other = await Visit.ToAsync(browser, app.Web, new Uri(link).PathAndQuery);
        var theirs = new LabPage(other);
        Assert.Equal(step, await theirs.StepAsync());
        await Expect(theirs.Policy).ToHaveValueAsync("seed");
        await Expect(theirs.Headline).ToHaveTextAsync((await lab.Headline.TextContentAsync())!);
        await Expect(other.Page.Locator("button.lane-head.selected")).ToContainTextAsync("MSI-X");
        await Expect(theirs.All).ToBeEnabledAsync();
        await Expect(theirs.Chart.Locator(".barlayer .point").First).ToBeVisibleAsync();
        Assert.Equal(await page.Locator(".lane-ticks").TextContentAsync(), await other.Page.Locator(".lane-ticks").TextContentAsync());
        Assert.Equal(visit.Address, await theirs.SettledAddressAsync());
        other.AssertClean();
    }

    [Fact]
    public async Task Address_is_always_the_link_and_back_goes_to_the_policy_before()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var lab = new LabPage(visit);
        await Expect(visit.Page).ToHaveURLAsync(Link());
        var entries = await Entries();

        await lab.StepToAsync("Home");
        for (var i = 0; i < 12; i++)
        {
            await lab.StepToAsync("ArrowRight");
        }

        var stepped = await lab.SettledAddressAsync();
        Assert.Equal(12, await lab.StepAsync());
        Assert.Equal(entries, await Entries());

        // A step right before the switch must not be forgotten by the entry that is left.
        await lab.StepToAsync("ArrowRight");
        await lab.PolicyAsync("seed");
        Assert.Equal(entries + 1, await Entries());
        await lab.StepToAsync("ArrowRight");
        var switched = await lab.SettledAddressAsync();

        await visit.Page.GoBackAsync();
        await Expect(lab.Policy).ToHaveValueAsync("P4");
        Assert.Equal(13, await lab.StepAsync());
        Assert.NotEqual(stepped, visit.Address);
        await Expect(lab.Headline).ToContainTextAsync("IRQ 21 is disabled");

        // Stepping there goes on exchanging the address of that entry.
        await lab.StepToAsync("ArrowRight");
        var again = await lab.SettledAddressAsync();
        Assert.Equal(14, await lab.StepAsync());
        await visit.Page.GoForwardAsync();
        await Expect(lab.Policy).ToHaveValueAsync("seed");
        Assert.Equal(switched, visit.Address);
        await visit.Page.GoBackAsync();
        await Expect(lab.Policy).ToHaveValueAsync("P4");
        Assert.Equal(again, visit.Address);

        await visit.Page.ReloadAsync();
        await visit.WaitUntilInteractiveAsync();
        Assert.Equal(14, await lab.StepAsync());
        Assert.Equal(again, await lab.SettledAddressAsync());
        visit.AssertClean();

        Task<int> Entries() => visit.Page.EvaluateAsync<int>("history.length");
    }

    [Fact]
    public async Task Leaving_while_stepping_does_not_take_the_address_along()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var lab = new LabPage(visit);
        await lab.StepToAsync("Home");
        await visit.Page.Keyboard.PressAsync("ArrowRight");
        await visit.Page.Keyboard.PressAsync("ArrowRight");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Story", Exact = true }).ClickAsync();
        await Expect(visit.Page.Locator(".home h1")).ToBeVisibleAsync();
        await Task.Delay(600);
        Assert.Equal("/", visit.Address);

        // The lab begins anew, and copies its own link.
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Lab", Exact = true }).ClickAsync();
        await Expect(visit.Page).ToHaveURLAsync(Link());
        await lab.PolicyAsync("seed");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Lab", Exact = true }).ClickAsync();
        await Expect(lab.Policy).ToHaveValueAsync("P4");
        await Expect(visit.Page).ToHaveURLAsync(Link());
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Copy link" }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Copied" })).ToBeVisibleAsync();
        Assert.EndsWith(visit.Address, await visit.Page.EvaluateAsync<string>("navigator.clipboard.readText()"), StringComparison.Ordinal);
        visit.AssertClean();
    }

    [Fact]
    public async Task Hurrying_to_and_fro_breaks_nothing()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/");
        for (var i = 0; i < 12; i++)
        {
            // Left at ever other moments: while the script loads, while the chart is drawn, while it steps.
            await visit.Page.EvaluateAsync("""
                async pause => {
                  document.querySelector("nav a[href=lab]").click();
                  await new Promise(r => setTimeout(r, pause));
                  document.querySelector("[aria-keyshortcuts=ArrowLeft]")?.click();
                  document.querySelector("nav a[href='']").click();
                  await new Promise(r => setTimeout(r, 50));
                }
                """, i * 25);
        }

        await Expect(visit.Page.Locator(".home h1")).ToContainTextAsync("kills IRQ 21");
        await Task.Delay(500);
        await Expect(visit.Page.Locator(".home .lane-chart .barlayer .point").First).ToBeVisibleAsync();
        Assert.Equal("/", visit.Address);
        visit.AssertClean();
    }

    [Fact]
    public async Task A_step_is_on_screen_before_anybody_waits_for_it()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var lab = new LabPage(visit);
        await Expect(lab.Chart.Locator(".barlayer .point").First).ToBeVisibleAsync();
        await lab.StepToAsync("Home");
        var times = await visit.Page.EvaluateAsync<double[]>("""
            async () => {
              const status = document.querySelector(".transport [role=status]");
              const times = [];
              for (let i = 0; i < 30; i++) {
                const begin = performance.now();
                const changed = new Promise(r => new MutationObserver((_, o) => { o.disconnect(); r(); }).observe(status, { characterData: true, childList: true, subtree: true }));
                document.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
                await changed;
                await new Promise(requestAnimationFrame);
                times.push(performance.now() - begin);
              }
              return times;
            }
            """);

        // 100 ms is meant; machines that test are busy.
        var median = times.Order().ElementAt(times.Length / 2);
        Assert.True(median < 400, $"{median:0} ms");
        output.WriteLine($"A step: {median:0} ms, at most {times.Max():0} ms");
        visit.AssertClean();
    }

    [Fact]
    public async Task Two_tabs_of_one_link_go_their_own_ways()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var lab = new LabPage(visit);
        await lab.StepToAsync("Home");
        var address = await lab.SettledAddressAsync();
        await using var second = await visit.AnotherTabAsync(address);
        var other = new LabPage(second);
        await other.StepToAsync("ArrowRight");
        await other.PolicyAsync("EB-1");

        Assert.Equal(0, await lab.StepAsync());
        await Expect(lab.Policy).ToHaveValueAsync("P4");
        await lab.StepToAsync("ArrowRight");
        Assert.Equal(1, await lab.StepAsync());
        await Expect(other.Policy).ToHaveValueAsync("EB-1");
        visit.AssertClean();
        second.AssertClean();
    }

    [Fact]
    public async Task Everything_is_done_without_a_mouse_and_focus_stays_where_it_is()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        var lab = new LabPage(visit);
        await lab.StepToAsync("Home");

        // By Tab to the step button, and on from there with Enter.
        var step = page.GetByRole(AriaRole.Button, new() { Name = "step ▶" });
        for (var i = 0; i < 60 && !await step.EvaluateAsync<bool>("e => e === document.activeElement"); i++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        await Expect(step).ToBeFocusedAsync();
        for (var i = 1; i <= 5; i++)
        {
            await lab.StepToAsync("Enter");
            Assert.Equal(i, await lab.StepAsync());
            await Expect(step).ToBeFocusedAsync();
        }

        await lab.StepToAsync("ArrowLeft");
        Assert.Equal(4, await lab.StepAsync());
        await lab.StepToAsync("End");
        await lab.StepToAsync("d");
        await Expect(page.Locator("tr[aria-current=step]")).ToContainTextAsync("nobody cared");

        // A cause by Enter: it is current now, and has the focus still.
        var cause = page.Locator(".why li button").First;
        await cause.FocusAsync();
        await lab.StepToAsync("Enter");
        await Expect(page.Locator(".why li.here button")).ToBeFocusedAsync();

        // Play and stop.
        await page.Locator("h1").ClickAsync();
        var before = await lab.StepAsync();
        await lab.StepToAsync("Space");
        await Expect(lab.Status).Not.ToHaveTextAsync((await lab.Status.TextContentAsync())!);
        await page.Keyboard.PressAsync("Space");
        await Expect(page.Locator("[aria-keyshortcuts=Space]")).ToHaveAttributeAsync("aria-pressed", "false");
        var stopped = await lab.StepAsync();
        Assert.True(stopped > before);
        await Task.Delay(900);
        Assert.Equal(stopped, await lab.StepAsync());

        // The list of keys, and back to work.
        await page.Keyboard.PressAsync("?");
        var list = page.GetByRole(AriaRole.Dialog, new() { Name = "Keyboard" });
        await Expect(list).ToContainTextAsync("Next event of the selected lane");
        await page.Keyboard.PressAsync("Escape");
        await Expect(list).ToBeHiddenAsync();
        await lab.StepToAsync("Home");
        visit.AssertClean();
    }

    [Fact]
    public async Task Lanes_are_drawn_zoomed_and_clicked()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        var lab = new LabPage(visit);

        // Two pins and a line are waves; bands and marks are there; none of it is lost in the dark.
        foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = theme });
            await Expect(lab.Chart.Locator(".scatterlayer path.js-line")).ToHaveCountAsync(3);
            Assert.InRange(await lab.Chart.Locator(".scatterlayer path.point").CountAsync(), 5, 2_000);
            Assert.InRange(await lab.Chart.Locator(".barlayer .point path").CountAsync(), 10, 2_000);
        }

        await Expect(page.Locator(".callout")).ToHaveTextAsync("✕ nobody cared");
        var whole = await lab.SettledAddressAsync();
        await Expect(lab.All).ToBeDisabledAsync();
        await lab.DragAsync(0.3f, 0.6f);
        await Expect(lab.All).ToBeEnabledAsync();
        Assert.NotEqual(whole, await lab.SettledAddressAsync());
        var ticks = await page.Locator(".lane-ticks").TextContentAsync();
        await page.Keyboard.PressAsync("0");
        await Expect(lab.All).ToBeDisabledAsync();
        await Expect(page.Locator(".lane-ticks")).Not.ToHaveTextAsync(ticks!);
        Assert.Equal(whole, await lab.SettledAddressAsync());
        await page.Keyboard.PressAsync("+");
        await Expect(lab.All).ToBeEnabledAsync();
        await page.Keyboard.PressAsync("0");
        await Expect(lab.All).ToBeDisabledAsync();

        // A click moves the cursor to where it was, and selects the lane.
        var box = (await page.Locator(".lane-body").BoundingBoxAsync())!;
        var head = (await page.Locator(".lane-head").Nth(1).BoundingBoxAsync())!;
        await page.Mouse.ClickAsync(box.X + (box.Width * 0.25f), head.Y + (head.Height / 2));
        await Expect(page.Locator("button.lane-head.selected")).ToContainTextAsync("CPU 0");
        var cursor = (await page.Locator(".cursor").BoundingBoxAsync())!;
        Assert.InRange(cursor.X - (box.X + (box.Width * 0.25f)), -box.Width * 0.1f, 3);
        Assert.NotEqual(whole, await lab.SettledAddressAsync());
        visit.AssertClean();
    }

    [Fact]
    public async Task The_machine_and_its_boots_are_chosen_on_the_page()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        var lab = new LabPage(visit);
        await Expect(lab.Headline).ToContainTextAsync("IRQ 21 is disabled");
        await page.GetByText("Machine and boots").ClickAsync();
        await Expect(page.GetByLabel("Platform")).ToBeVisibleAsync();
        var before = page.Url;
        await page.GetByLabel("noirqdebug", new() { Exact = true }).CheckAsync();
        await Expect(lab.Headline).ToContainTextAsync("storms");
        await Expect(page).Not.ToHaveURLAsync(before);
        await page.GetByLabel("Driver of 00:09.0").SelectOptionAsync("virtio-pci-reset");
        await Expect(lab.Headline).ToContainTextAsync("No irq is given up");
        await visit.PictureAsync("machine-panel");

        // The link brings all of it back.
        await using var other = await Visit.ToAsync(browser, app.Web, new Uri(page.Url).PathAndQuery);
        await Expect(new LabPage(other).Headline).ToContainTextAsync("No irq is given up");
        await other.Page.GetByText("Machine and boots").ClickAsync();
        await Expect(other.Page.GetByLabel("noirqdebug", new() { Exact = true })).ToBeCheckedAsync();
        visit.AssertClean();
        other.AssertClean();
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1440, 900)]
    [InlineData(ColorScheme.Dark, 390, 844)]
    public async Task The_machine_is_readable_at_any_size_and_by_anybody(ColorScheme theme, int width, int height)
    {
        // vfio-2gpu-2021: two cards below a switch.
        await using var visit = await Visit.ToAsync(browser, app.Web, "/s/1iwqAeyJMIjoidmZpby0yZ3B1LTIwMjEifQM", theme, (width, height));
        await visit.Page.GetByText("Machine and boots").ClickAsync();
        await visit.Page.Locator("#machine").ScrollIntoViewIfNeededAsync();
        await Expect(visit.Page.GetByLabel("Platform")).ToBeVisibleAsync();
        await visit.AssertAccessibleAsync();
        await visit.AssertFitsWidthAsync();
        await visit.Page.Locator("#machine").EvaluateAsync("e => e.scrollIntoView()");
        await visit.PictureAsync($"machine-{theme.ToString().ToLowerInvariant()}-{width}");
        visit.AssertClean();
    }

    [Fact]
    public async Task A_phone_is_enough()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/", size: Visit.Phone);
        await visit.AssertFitsWidthAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Why? Step through it" }).ClickAsync();
        var lab = new LabPage(visit);
        await Expect(lab.Status).ToBeVisibleAsync();
        await visit.AssertFitsWidthAsync();
        var before = await lab.StepAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "◀ back", Exact = true }).ClickAsync();
        await Expect(lab.Status).Not.ToContainTextAsync($"{before:N0} /");
        Assert.True(await lab.StepAsync() < before);
        visit.AssertClean();
    }

    [GeneratedRegex("/s/1[A-Za-z0-9_-]+$")]
    private static partial Regex Link();

    // An absent choice would look chosen: what is refused must not stay in the list.
    [Fact]
    public async Task A_choice_that_is_refused_is_told_and_the_list_shows_what_is_in_force()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        await page.Locator("#machine summary").ClickAsync();
        var path = page.Locator("#path-0");
        await Expect(path).ToHaveValueAsync("Reboot");
        await path.SelectOptionAsync("None");
        await Expect(page.Locator("#path-0")).ToHaveValueAsync("None");
        await page.Locator("#path-0").SelectOptionAsync("Kexec");
        await Expect(page.Locator("#path-0")).ToHaveValueAsync("Kexec");
        var mode = page.GetByLabel("How 00:01.0 interrupts");
        await mode.SelectOptionAsync("Msix");
        await Expect(page.Locator(".problem[role=alert]")).ToContainTextAsync("00:01.0");
        await Expect(mode).ToHaveValueAsync("Auto");
        visit.AssertClean();
    }
}
