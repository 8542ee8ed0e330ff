using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>What a reader keeps in his own browser: saved from the lab and the workbench, found, renamed, taken along to another browser.</summary>
[Collection(KeptInBrowser.Name)]
public sealed class LibraryTests(BrowserFixture browser, AppFixture app)
{
    private static ILocator Button(Visit visit, string name) => visit.Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    private static ILocator Entries(Visit visit) => visit.Page.Locator(".library-list > li");

    private async Task<Visit> WithTwoEntriesAsync()
    {
        var visit = await Visit.ToAsync(browser, app.Web, "/s/" + ApiTests.Story);
        var page = visit.Page;
        await Button(visit, "Save…").ClickAsync();
        await Expect(page.GetByLabel("Name", new() { Exact = true })).ToBeFocusedAsync();
        await Expect(page.Locator("#keep")).ToContainTextAsync("kept in this browser only");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("the story");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#keep")).ToContainTextAsync("“the story” is saved in this browser.");

        await page.GotoAsync("/build/s/" + ApiTests.Story);
        await visit.WaitUntilInteractiveAsync();
        await Button(visit, "Save…").ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("the machine");
        await page.GetByLabel("Name", new() { Exact = true }).PressAsync("Enter");
        await Expect(page.Locator("#keep")).ToContainTextAsync("“the machine” is saved in this browser.");
        return visit;
    }

    [Fact]
    public async Task What_is_saved_is_found_opened_renamed_and_deleted_by_keyboard()
    {
        await using var visit = await WithTwoEntriesAsync();
        var page = visit.Page;
        await page.Locator("#keep").GetByRole(AriaRole.Link, new() { Name = "Library" }).ClickAsync();
        await Expect(Entries(visit)).ToHaveCountAsync(2);
        await Expect(Entries(visit).First).ToContainTextAsync("the machine");
        await Expect(Entries(visit).Last).ToContainTextAsync("IRQ 21 is disabled after 100,000 interrupts");

        await page.GetByRole(AriaRole.Button, new() { Name = "Rename the machine" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByLabel("New name")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByLabel("New name")).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Rename the machine" }).PressAsync("Enter");
        await page.GetByLabel("New name").FillAsync("two cards");
        await page.Keyboard.PressAsync("Enter");
        await Expect(Entries(visit).First).ToContainTextAsync("two cards");

        await page.GetByRole(AriaRole.Button, new() { Name = "Delete two cards" }).PressAsync("Enter");
        await Expect(Entries(visit)).ToHaveCountAsync(1);
        await Button(visit, "Undo").PressAsync("Enter");
        await Expect(Entries(visit).First).ToContainTextAsync("two cards");

        await page.ReloadAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "the story" }).ClickAsync();
        await Expect(new LabPage(visit).Headline).ToContainTextAsync("IRQ 21 is disabled");
        await page.GoBackAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "two cards" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("/build/s/1"));
        await Expect(page.Locator(".build-count")).ToContainTextAsync("2 functions");
        visit.AssertClean();
    }

    [Fact]
    public async Task Library_goes_to_another_browser_as_a_file()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        foreach (var name in new[] { "as it was", "with the patch" })
        {
            await Button(visit, "Save…").ClickAsync();
            await visit.Page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
            await visit.Page.Keyboard.PressAsync("Enter");
            await Expect(visit.Page.Locator("#keep")).ToContainTextAsync("is saved in this browser.");
            if (name == "as it was")
            {
                await new LabPage(visit).PolicyAsync("seed");
            }
        }

        await visit.Page.GotoAsync("/library");
        await Expect(Entries(visit)).ToHaveCountAsync(2);
        var download = await visit.Page.RunAndWaitForDownloadAsync(() => Button(visit, "Export").ClickAsync());
        Assert.Equal("pcidash-library.jsonl", download.SuggestedFilename);
        var file = await File.ReadAllTextAsync(await download.PathAsync());
        Assert.Equal(3, file.TrimEnd('\n').Split('\n').Length);

        await using var other = await Visit.ToAsync(browser, app.Web, "/library");
        await Expect(other.Page.Locator(".library")).ToContainTextAsync("Nothing is saved yet");
        var damaged = file.TrimEnd('\n').Insert(file.IndexOf('\n', StringComparison.Ordinal) + 1, "{\"name\":\"cut\n");
        await other.Page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "from-home.jsonl", MimeType = "application/jsonl", Buffer = System.Text.Encoding.UTF8.GetBytes(damaged) });
        await Expect(other.Page.Locator(".library [role=status]").First).ToContainTextAsync("from-home.jsonl: 2 added, 1 not read.");
        await Expect(other.Page.Locator(".problem")).ToContainTextAsync("line 2: it is not JSON");
        await Expect(Entries(other)).ToHaveCountAsync(2);
        await other.Page.GetByRole(AriaRole.Searchbox, new() { Name = "Find" }).FillAsync("patch");
        await Expect(Entries(other)).ToHaveCountAsync(1);
        await Entries(other).GetByRole(AriaRole.Link).ClickAsync();
        await Expect(new LabPage(other).Policy).ToHaveValueAsync("seed");
        visit.AssertClean();
        other.AssertClean();
    }

    [Fact]
    public async Task First_page_knows_what_was_opened_last()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/");
        await Expect(visit.Page.Locator(".lane-chart .barlayer .point").First).ToBeVisibleAsync();
        await Expect(visit.Page.Locator(".recent")).ToHaveCountAsync(0);
        await visit.Page.GotoAsync("/lab");
        await Expect(new LabPage(visit).Headline).ToContainTextAsync("IRQ 21");
        await visit.WaitUntilInteractiveAsync();
        await Expect(visit.Page).ToHaveURLAsync(new Regex("/s/1"));
        var recent = visit.Page.Locator(".recent");
        for (var i = 0; i < 20 && await recent.CountAsync() == 0; i++)
        {
            // The lab tells it a moment after it has opened; the first page asks once.
            await Task.Delay(250);
            await visit.Page.GotoAsync("/");
            await Expect(visit.Page.Locator(".lane-chart .barlayer .point").First).ToBeVisibleAsync();
        }

        await recent.GetByRole(AriaRole.Link, new() { Name = "Reboot of Linux 4.1" }).ClickAsync();
        await Expect(visit.Page).ToHaveURLAsync(new Regex("/s/1"));
        await visit.Page.GotoAsync("/");
        await Button(visit, "Forget them").ClickAsync();
        await Expect(visit.Page.Locator(".recent")).ToHaveCountAsync(0);
        visit.AssertClean();
    }

    [Fact]
    public async Task Library_is_accessible_and_fits_a_phone()
    {
        foreach (var (name, size) in new[] { ("desktop", Visit.Desktop), ("phone", Visit.Phone) })
        {
            await using var visit = await Visit.ToAsync(browser, app.Web, "/s/" + ApiTests.Story, size: size);
            await Button(visit, "Save…").ClickAsync();
            await visit.AssertReadableInBothThemesAsync(theme => $"library-save-{theme}-{name}");
            await visit.Page.Keyboard.PressAsync("Enter");
            await Expect(visit.Page.Locator("#keep")).ToContainTextAsync("is saved in this browser.");
            await visit.Page.GotoAsync("/library");
            await Expect(Entries(visit)).ToHaveCountAsync(1);
            await visit.AssertReadableInBothThemesAsync(theme => $"library-{theme}-{name}");
            await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
            await Expect(Button(visit, "Undo")).ToBeVisibleAsync();
            await visit.AssertReadableInBothThemesAsync();
            visit.AssertClean();
        }
    }
}
