using System.Globalization;
using System.Text;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>The server is killed in the middle of work, and started again: the page comes back by itself, as it was.</summary>
[Collection(KeptInBrowser.Name)]
public sealed class DraftTests(BrowserFixture browser)
{
    private static readonly string Assembly = AppFixture.Metadata("WebAssembly");

    private static ILocator Undo(Visit visit) => visit.Page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).First;

    private static ILocator Redo(Visit visit) => visit.Page.GetByRole(AriaRole.Button, new() { Name = "Redo" }).First;

    /// <summary>Waits until what this tab has kept of something does not change any more.</summary>
    private static async Task KeptAsync(Visit visit, string what)
    {
        const string Read = """
            what => new Promise(done => {
              indexedDB.open("pcidash").onsuccess = opened => {
                const found = [];
                opened.target.result.transaction("drafts").objectStore("drafts").openCursor().onsuccess = e => {
                  const cursor = e.target.result;
                  if (!cursor) {
                    opened.target.result.close();
                    done(found.join());
                    return;
                  }
                  if (cursor.key.includes(what)) {
                    found.push(cursor.key + cursor.value.at);
                  }
                  cursor.continue();
                };
              };
            })
            """;
        for (var (before, now) = ("?", ""); before != now || now.Length == 0;)
        {
            before = now;
            await Task.Delay(700);
            now = await visit.Page.EvaluateAsync<string>(Read, what);
        }
    }

    /// <summary>A server, and the one that takes its place.</summary>
    private sealed class Server : IAsyncDisposable
    {
        public WebProcess Web { get; set; } = null!;

        public async ValueTask DisposeAsync() => await Web.DisposeAsync();
    }

    private static async Task<Server> StartAsync() => new() { Web = await WebProcess.StartAsync(Assembly) };

    private static async Task KillAndStartAsync(Server server, Visit visit)
    {
        var loads = await visit.Page.EvaluateAsync<double>("performance.timeOrigin");
        var port = server.Web.Address.Port;
        await server.Web.KillAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Dialog, new() { Name = "Connection lost" })).ToBeVisibleAsync();
        await server.Web.DisposeAsync();
        server.Web = await WebProcess.StartAsync(Assembly, port);
        // By itself: nobody presses anything.
        for (var tries = 0; await TimeOriginAsync() == loads; tries++)
        {
            Assert.True(tries < 120, "the page was not loaded anew");
            await Task.Delay(500);
        }

        await visit.WaitUntilInteractiveAsync();

        async Task<double> TimeOriginAsync()
        {
            try
            {
                return await visit.Page.EvaluateAsync<double>("performance.timeOrigin");
            }
            catch (PlaywrightException)
            {
                return loads; // It is just being loaded.
            }
        }
    }

    [Fact]
    public async Task A_machine_on_the_workbench_survives_the_server_with_all_that_can_be_undone()
    {
        await using var server = await StartAsync();
        var web = server.Web;
        await using var visit = await Visit.ToAsync(browser, web, "/build");
        var page = new BuildPage(visit);
        await page.Row("root").FocusAsync();
        await page.AddAsync("Insert", "pci-bridge", "00:01.0");
        await page.AddAsync("Enter", "e1000", "01:01.0");
        await page.AddAsync("Enter", "nvme", "01:02.0");
        await visit.Page.Keyboard.PressAsync("Control+z");
        await Expect(page.Row("01:02.0")).ToHaveCountAsync(0);
        var count = await page.Count.TextContentAsync();
        var address = await page.SettledAddressAsync();
        await KeptAsync(visit, "/build");

        await KillAndStartAsync(server, visit);
        await Expect(page.Count).ToHaveTextAsync(count!);
        Assert.Equal(address, visit.Address);
        await Expect(Redo(visit)).ToBeEnabledAsync();
        await visit.Page.Keyboard.PressAsync("Control+Shift+z");
        await Expect(page.Row("01:02.0")).ToBeVisibleAsync();
        for (var undo = 0; undo < 3; undo++)
            await visit.Page.Keyboard.PressAsync("Control+z");
        await Expect(visit.Page.Locator(".build-empty")).ToBeVisibleAsync();
        await Expect(Undo(visit)).ToBeDisabledAsync();
    }

    [Fact]
    public async Task The_lab_survives_the_server_at_its_step_with_its_zoom_its_panels_and_all_that_can_be_undone()
    {
        await using var server = await StartAsync();
        var web = server.Web;
        await using var visit = await Visit.ToAsync(browser, web, "/lab");
        var lab = new LabPage(visit);
        await Expect(lab.Chart).ToBeVisibleAsync();
        var policy = await lab.Policy.InputValueAsync();
        await lab.PolicyAsync("seed");
        await lab.StepToAsync("Home");
        await lab.StepToAsync("ArrowRight");
        await lab.StepToAsync("ArrowRight");
        await visit.Page.Keyboard.PressAsync("+");
        await Expect(lab.All).ToBeEnabledAsync();
        await visit.Page.Keyboard.PressAsync("m");
        await visit.Page.Locator("#patch > summary").ClickAsync();
        await visit.Page.GetByLabel("What the box prints").Last.SelectOptionAsync("Lspci");
        var (step, address) = (await lab.StepAsync(), await lab.SettledAddressAsync());
        await KeptAsync(visit, "/lab");

        await KillAndStartAsync(server, visit);
        await Expect(lab.Chart).ToBeVisibleAsync();
        Assert.Equal(address, visit.Address);
        Assert.Equal(step, await lab.StepAsync());
        await Expect(lab.Policy).ToHaveValueAsync("seed");
        await Expect(lab.All).ToBeEnabledAsync();
        await Expect(visit.Page.Locator("#patch")).ToHaveAttributeAsync("open", "");
        await Expect(visit.Page.Locator("#machine")).Not.ToHaveAttributeAsync("open", "");
        await Expect(visit.Page.Locator(".printed pre")).ToContainTextAsync("Control: I/O");
        await Expect(visit.Page.Locator(".bookmarks li")).ToHaveCountAsync(1);
        await Expect(Undo(visit)).ToBeEnabledAsync();
        await visit.Page.Keyboard.PressAsync("Control+z");
        await Expect(visit.Page.Locator(".bookmarks li")).ToHaveCountAsync(0);
        Assert.Equal(step, await lab.StepAsync());
        await visit.Page.Keyboard.PressAsync("Control+z");
        await Expect(lab.Policy).ToHaveValueAsync(policy);
        await visit.Page.Keyboard.PressAsync("Control+Shift+z");
        await Expect(lab.Policy).ToHaveValueAsync("seed");
    }

    [Fact]
    public async Task A_machine_too_large_for_a_link_is_edited_run_and_audited_and_survives_the_server()
    {
        await using var server = await StartAsync();
        var web = server.Web;
        await using var visit = await Visit.ToAsync(browser, web, "/build");
        visit.Page.SetDefaultTimeout(120_000);
        var build = new BuildPage(visit);
        await OpenLargeAsync(visit, 220);
        await Expect(build.Count).ToContainTextAsync("220 functions");
        await Expect(visit.Page.Locator("#draft")).ToContainTextAsync("too large for a link. It is kept in this browser");
        var first = visit.Address;

        await build.Row("root").FocusAsync();
        await build.PressAsync("ArrowDown", "00:01.0");
        await visit.Page.Keyboard.PressAsync("Delete");
        await Expect(build.Count).Not.ToContainTextAsync("220 functions");
        var count = await build.Count.TextContentAsync();
        await Expect(visit.Page).Not.ToHaveURLAsync(new Uri(web.Address, first).ToString());
        await KeptAsync(visit, "/build");

        await KillAndStartAsync(server, visit);
        await Expect(build.Count).ToHaveTextAsync(count!);
        await Expect(Undo(visit)).ToBeEnabledAsync();
        await visit.Page.Keyboard.PressAsync("Control+z");
        await Expect(build.Count).ToContainTextAsync("220 functions");

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Run it" }).ClickAsync();
        var lab = new LabPage(visit);
        await Expect(lab.Chart).ToBeVisibleAsync(new() { Timeout = 60_000 });
        Assert.Matches("^/w/[0-9a-f]{24}$", visit.Address);
        var run = visit.Address;
        var policy = await lab.Policy.InputValueAsync();
        await lab.PolicyAsync("seed");
        Assert.NotEqual(run, visit.Address);
        await lab.StepToAsync("Home");
        await lab.StepToAsync("ArrowRight");
        await lab.StepToAsync("ArrowRight");
        await lab.StepToAsync("ArrowRight");
        await visit.Page.Keyboard.PressAsync("+");
        await Expect(lab.All).ToBeEnabledAsync();
        var (step, address) = (await lab.StepAsync(), await lab.SettledAddressAsync());
        await KeptAsync(visit, "/lab");

        await KillAndStartAsync(server, visit);
        await Expect(lab.Policy).ToHaveValueAsync("seed");
        Assert.Equal(address, visit.Address);
        await Expect(lab.Status).ToContainTextAsync($"{step.ToString("N0", CultureInfo.InvariantCulture)} /");
        await Expect(lab.All).ToBeEnabledAsync();
        await Expect(Undo(visit)).ToBeEnabledAsync();
        await visit.Page.Keyboard.PressAsync("Control+z");
        await Expect(lab.Policy).ToHaveValueAsync(policy);
        await Expect(visit.Page).ToHaveURLAsync(new Uri(server.Web.Address, run).ToString());
        await visit.PictureAsync("draft-lab");

        // The other pages open it by the same name, also in another tab, and on a server that has never seen it.
        await using var audit = await visit.AnotherTabAsync("/audit" + run);
        await Expect(audit.Page.Locator(".lead")).ToContainTextAsync("220 functions");
        await Expect(audit.Page.Locator(".audit-progress, #verdict").First).ToBeVisibleAsync();
        audit.AssertClean();
    }

    [Fact]
    public async Task Two_tabs_of_the_same_run_do_not_disturb_each_other_and_a_copied_tab_goes_its_own_way()
    {
        await using var web = await WebProcess.StartAsync(Assembly);
        await using var first = await Visit.ToAsync(browser, web, "/lab");
        var one = new LabPage(first);
        await OpenLargeAsync(first, 220);
        await Expect(first.Page.Locator("h1")).ToHaveTextAsync("large", new() { Timeout = 60_000 });
        await one.PolicyAsync("seed");
        await one.StepToAsync("Home");
        await one.StepToAsync("ArrowRight");
        await KeptAsync(first, "/lab");

        // As the browser copies a tab: with all that it has kept of itself.
        var copy = await first.Page.RunAndWaitForPopupAsync(() => first.Page.EvaluateAsync("void window.open(location.href)"));
        await copy.Locator(".shell[data-interactive=true]").WaitForAsync(new() { Timeout = 60_000 });
        await using var second = await first.AnotherTabAsync(first.Address);
        var two = new LabPage(second);
        await Expect(two.Chart).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Expect(copy.Locator(".transport [role=status]")).ToContainTextAsync("1 /", new() { Timeout = 60_000 });
        Assert.NotEqual(1, await two.StepAsync());
        await Expect(copy.GetByRole(AriaRole.Button, new() { Name = "Undo" }).First).ToBeEnabledAsync();
        await Expect(Undo(second)).ToBeDisabledAsync();

        await two.StepToAsync("Home"); // It opened at the end, where nothing is given up.
        await two.PolicyAsync("P4");
        await copy.Locator("h1").ClickAsync();
        for (var step = 0; step < 3; step++)
            await copy.Keyboard.PressAsync("ArrowRight");
        await Expect(copy.Locator(".transport [role=status]")).ToContainTextAsync("4 /");
        await KeptAsync(second, "/lab");

        await first.Page.ReloadAsync();
        await second.Page.ReloadAsync();
        await copy.ReloadAsync();
        await Expect(one.Policy).ToHaveValueAsync("seed");
        await Expect(one.Status).ToContainTextAsync("1 /");
        await Expect(Undo(first)).ToBeEnabledAsync();
        await Expect(two.Policy).ToHaveValueAsync("P4");
        await Expect(copy.Locator(".transport [role=status]")).ToContainTextAsync("4 /");
        first.AssertClean();
        second.AssertClean();
    }

    [Fact]
    public async Task A_page_that_was_put_to_sleep_wakes_up_by_itself_where_it_was()
    {
        await using var web = await WebProcess.StartAsync(Assembly);
        await using var visit = await Visit.ToAsync(browser, web, "/lab");
        var lab = new LabPage(visit);
        await lab.PolicyAsync("seed");
        await lab.StepToAsync("Home");
        await lab.StepToAsync("ArrowRight");
        var address = await lab.SettledAddressAsync();
        await visit.Page.EvaluateAsync("window.same = true; void Blazor.pauseCircuit()");
        await Expect(visit.Page.GetByRole(AriaRole.Dialog, new() { Name = "Connection lost" })).ToBeHiddenAsync();
        await visit.WaitUntilInteractiveAsync();
        await lab.StepToAsync("ArrowRight");
        Assert.Equal(2, await lab.StepAsync());
        await Expect(lab.Policy).ToHaveValueAsync("seed");
        Assert.NotEqual(address, await lab.SettledAddressAsync());
    }

    private static async Task OpenLargeAsync(Visit visit, int functions)
    {
        var file = new FilePayload { Name = "large.json", MimeType = "application/json", Buffer = Encoding.UTF8.GetBytes(Large(functions)) };
        for (var tries = 0; !visit.Page.Url.Contains("/w/", StringComparison.Ordinal); tries++)
        {
            // A file that is chosen before its box is under the page's control is not seen.
            Assert.True(tries < 5, "the file was not opened");
            await visit.Page.Locator("input[type=file]").SetInputFilesAsync(file);
            for (var wait = 0; wait < 20 && !visit.Page.Url.Contains("/w/", StringComparison.Ordinal); wait++)
                await Task.Delay(500);
        }
    }

    private static readonly string[] Kinds = ["rx", "completion", "timer", "error", "config-change"];

    /// <summary>Functions of which nothing repeats, so that no link holds them; quiet, so that a run of them is short.</summary>
    private static string Large(int functions)
    {
        var random = new Random(7);
        var text = new StringBuilder("""{"version":1,"id":"large","platform":"acpi-pc","boots":[{"kernel":"4.1","path":"reboot","cpus":8}],"functions":[""");
        for (var i = 0; i < 31; i++)
            text.Append(CultureInfo.InvariantCulture, $$"""{{(i > 0 ? "," : "")}}{"bdf":"00:{{i + 1:x2}}.0","device":"pcie-root-port","secondary_bus":{{i + 1}}}""");
        for (var i = 31; i < functions; i++)
        {
            var (bus, device) = (1 + ((i - 31) / 32), (i - 31) % 32);
            var events = Kinds.Select(what => string.Create(CultureInfo.InvariantCulture,
                $$"""{"what":"{{what}}","every_us":{{random.Next(100_000, 9_000_000)}},"first_us":{{random.Next(100_000, 9_000_000)}}}"""));
            text.Append(CultureInfo.InvariantCulture, $$"""
                ,{"bdf":"{{bus:x2}}:{{device:x2}}.0","parent":"00:{{bus:x2}}.0","device":"{{(random.Next(2) == 0 ? "ahci" : "uhci")}}","gsi":{{random.Next(16, 230)}},"cpu":{{random.Next(8)}},"events":[{{string.Join(',', events)}}]}
                """);
        }

        return text.Append("]}").ToString();
    }
}
