using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

[Collection(PagesInBrowser.Name)]
public class ShellTests(BrowserFixture browser, AppFixture app)
{
    [Theory]
    [InlineData("/", ColorScheme.Light)]
    [InlineData("/lab", ColorScheme.Dark)]
    public async Task Page_is_clean_and_accessible_on_a_phone(string path, ColorScheme first)
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, path, first, Visit.Phone);
        await Expect(visit.Page.Locator("h1")).ToBeVisibleAsync();
        // The chart comes a moment after the page.
        await Expect(visit.Page.Locator(".lane-chart .barlayer .point").First).ToBeVisibleAsync();
        await visit.AssertReadableInBothThemesAsync(theme => $"{(path == "/" ? "home" : path[1..])}-{theme}-phone");
        visit.AssertClean();
    }

    [Fact]
    public async Task Theme_is_chosen_remembered_and_right_from_the_first_paint()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/");
        var html = visit.Page.Locator("html");
        var toggle = visit.Page.Locator(".theme-toggle");
        await Expect(html).ToHaveAttributeAsync("data-theme", "light");

        await toggle.ClickAsync();
        await Expect(toggle).ToHaveAttributeAsync("aria-label", "Theme: light. Switch to dark");
        await toggle.ClickAsync();
        await Expect(html).ToHaveAttributeAsync("data-theme", "dark");
        await Expect(visit.Page.Locator("body")).ToHaveCSSAsync("background-color", "rgb(20, 23, 26)");

        // Without Blazor there is only what the server prerendered and the script in the head.
        await visit.Page.RouteAsync("**/_framework/blazor.web*.js", route => route.FulfillAsync(new() { ContentType = "text/javascript", Body = "" }));
        await visit.Page.ReloadAsync();
        await Expect(html).ToHaveAttributeAsync("data-theme", "dark");
        await Expect(visit.Page.Locator("body")).ToHaveCSSAsync("background-color", "rgb(20, 23, 26)");
        visit.AssertClean();
    }

    [Fact]
    public async Task Question_mark_opens_the_list_of_keys_and_escape_closes_it()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/");
        var list = visit.Page.GetByRole(AriaRole.Dialog, new() { Name = "Keyboard" });

        await visit.Page.Keyboard.PressAsync("?");
        await Expect(list).ToBeVisibleAsync();
        await visit.AssertAccessibleAsync();
        await visit.PictureAsync("keys");
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(list).ToBeHiddenAsync();
        visit.AssertClean();
    }

    [Fact]
    public async Task Keys_of_one_character_can_be_switched_off_and_stay_off()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/");
        var list = visit.Page.GetByRole(AriaRole.Dialog, new() { Name = "Keyboard" });
        var box = visit.Page.GetByLabel("Letters, digits and signs act as keys");
        await visit.Page.Keyboard.PressAsync("?");
        await Expect(box).ToBeCheckedAsync();
        await box.UncheckAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(list).ToBeHiddenAsync();

        await visit.Page.ReloadAsync();
        await visit.WaitUntilInteractiveAsync();
        await visit.Page.Keyboard.PressAsync("?");
        await Expect(list).ToBeHiddenAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Keyboard shortcuts" }).ClickAsync();
        await Expect(box).Not.ToBeCheckedAsync();
        await box.CheckAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
        await visit.Page.Keyboard.PressAsync("?");
        await Expect(list).ToBeVisibleAsync();
        visit.AssertClean();
    }

    [Fact]
    public async Task Skip_link_goes_to_the_content_of_the_same_page()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");

        await visit.Page.Locator(".skip-link").FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.Locator("main")).ToBeFocusedAsync();
        Assert.DoesNotContain("#", visit.Page.Url, StringComparison.Ordinal);
        await Expect(visit.Page.Locator(".lab h1")).ToBeVisibleAsync();
        visit.AssertClean();
    }

    [Fact]
    public async Task Plotly_is_loaded_only_where_there_is_a_chart_and_only_its_small_bundle()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/not-found");
        var plotly = new List<string>();
        visit.Page.Request += (_, request) =>
        {
            if (request.Url.Contains("/plotly-", StringComparison.Ordinal) && !request.Url.Contains("interop", StringComparison.Ordinal))
                plotly.Add(request.Url);
        };
        await visit.Page.ReloadAsync(new() { WaitUntil = WaitUntilState.NetworkIdle });
        await visit.WaitUntilInteractiveAsync();
        Assert.Empty(plotly);

        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Lab", Exact = true }).ClickAsync();
        await Expect(visit.Page.Locator(".js-plotly-plot svg.main-svg").First).ToBeVisibleAsync();
        Assert.Contains("basic", Assert.Single(plotly), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chart_takes_the_colours_of_a_new_theme()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var wave = visit.Page.Locator(".lane-chart .scatterlayer path.js-line").First;
        await Expect(wave).ToHaveCSSAsync("stroke", "rgb(213, 94, 0)");
        await visit.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await Expect(wave).Not.ToHaveCSSAsync("stroke", "rgb(213, 94, 0)");
        visit.AssertClean();
    }

    [Fact]
    public async Task Inline_script_is_refused_and_a_visit_notices_that()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/");
        visit.AssertClean();
        await visit.Page.RunAndWaitForConsoleMessageAsync(
            () => visit.Page.EvaluateAsync("document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = true' }))"),
            new() { Predicate = message => message.Text.StartsWith("CSP: script-src", StringComparison.Ordinal) });

        Assert.False(await visit.Page.EvaluateAsync<bool>("window.ran === true"));
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(visit.AssertClean);
    }

    [Fact]
    public async Task Unknown_address_is_answered_kindly_and_with_404()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/no/such/page");
        await Expect(visit.Page.Locator("h1")).ToHaveTextAsync("There is nothing at this address");
        await visit.AssertAccessibleAsync();
        await visit.PictureAsync("not-found");
    }

    [Fact]
    public async Task A_lost_server_is_told_in_a_dialog_and_its_return_brings_the_same_page_back()
    {
        await using var web = await WebProcess.StartAsync(AppFixture.Metadata("WebAssembly"));
        await using var visit = await Visit.ToAsync(browser, web, "/lab");
        var lab = new LabPage(visit);
        // The address follows the page first, and then the policy.
        await Expect(visit.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/s/1"));
        await lab.PolicyAsync("seed");
        await lab.StepToAsync("Home");
        await lab.StepToAsync("ArrowRight");
        await lab.StepToAsync("ArrowRight");
        var (step, address) = (await lab.StepAsync(), await lab.SettledAddressAsync());
        var port = web.Address.Port;
        await web.DisposeAsync();

        var dialog = visit.Page.GetByRole(AriaRole.Dialog, new() { Name = "Connection lost" });
        await Expect(dialog).ToBeVisibleAsync();
        await Expect(dialog).ToContainTextAsync("Trying again");
        await visit.AssertAccessibleAsync();
        await visit.PictureAsync("reconnect");

        await using var again = await WebProcess.StartAsync(AppFixture.Metadata("WebAssembly"), port);
        await Expect(dialog).ToBeHiddenAsync();
        await visit.WaitUntilInteractiveAsync();
        await Expect(visit.Page.Locator(".js-plotly-plot svg.main-svg").First).ToBeVisibleAsync();
        await Expect(lab.Policy).ToHaveValueAsync("seed");
        Assert.Equal(step, await lab.StepAsync());
        Assert.Equal(address, visit.Address);
    }
}
