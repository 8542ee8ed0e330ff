using System.Text;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.JSInterop;
using PciDash.Scenarios;
using PciDash.Web.Components.Keeping;
using PciDash.Web.Components.Pages;
using PciDash.Web.Keeping;

namespace PciDash.Web.Tests.Keeping;

/// <summary>The page of the library, the press that saves into it, and what was opened last.</summary>
public class LibraryPageTests : ComponentTest
{
    private static readonly RunDocument Story = new(ScenarioPresets.Find(Runs.StoryId)!.Scenario);

    private Library Library => Services.GetRequiredService<Library>();

    private async Task<IReadOnlyList<string>> NamesAsync() => [.. (await Library.ListAsync(KeptIn.Library)).Value.Select(e => e.Note.Name)];

    private IRenderedComponent<LibraryPage> Show(int entries)
    {
        for (var i = 0; i < entries; i++)
        {
            Library.SaveAsync(Story with { Seed = (ulong)i + 2 }, $"run {i}", i == 0 ? "IRQ 21 dies" : "nothing happens").GetAwaiter().GetResult();
        }

        var page = Render<LibraryPage>();
        page.WaitForAssertion(() => Assert.DoesNotContain("being read", page.Markup, StringComparison.Ordinal));
        return page;
    }

    private static void Press(IRenderedComponent<IComponent> page, string text) => page.FindAll("button").First(b => b.TextContent.Trim().StartsWith(text, StringComparison.Ordinal)).Click();

    [Fact]
    public void An_empty_one_says_how_it_is_filled() => Assert.Contains("Nothing is saved yet", Show(0).Markup, StringComparison.Ordinal);

    [Fact]
    public void Entries_are_found_by_what_they_show()
    {
        var page = Show(3);
        Assert.Equal(3, page.FindAll(".library-list > li").Count);
        page.Find("#library-find").Input("DIES run");
        page.WaitForAssertion(() => Assert.Equal("run 0", page.Find(".library-what a").TextContent));
        Assert.Contains("1 of 3", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_is_renamed_and_one_is_deleted_and_comes_back()
    {
        var page = Show(2);
        Press(page, "Rename run 0");
        page.WaitForElement("#library-name").Input("  better  ");
        page.Find(".library-rename").Submit();
        page.WaitForAssertion(() => Assert.Contains("“run 0” is “better” now.", page.Markup, StringComparison.Ordinal));
        Assert.Contains("better", await NamesAsync());

        Press(page, "Delete better");
        page.WaitForAssertion(() => Assert.Contains("“better” is deleted.", page.Markup, StringComparison.Ordinal));
        Assert.Equal(["run 1"], await NamesAsync());
        Press(page, "Undo");
        page.WaitForAssertion(() => Assert.Contains("“better” is back.", page.Markup, StringComparison.Ordinal));
        Assert.Equal(2, (await NamesAsync()).Count);
    }

    [Fact]
    public async Task A_file_is_merged_and_bad_lines_are_told()
    {
        var page = Show(1);
        var file = (await Library.ExportAsync()).Value + "nonsense\n" + LibraryFile.Write([new(new("new one", "shows", DateTimeOffset.UnixEpoch), Story.Write())]).Split('\n')[1];
        page.FindComponent<InputFile>().UploadFiles(InputFileContent.CreateFromText(file, "mine.jsonl"));
        page.WaitForAssertion(() => Assert.Contains("mine.jsonl: 1 added, 1 there already, 1 not read.", page.Markup, StringComparison.Ordinal));
        Assert.Contains("line 3: it is not JSON", page.Find(".problem").TextContent, StringComparison.Ordinal);
        Assert.Contains("new one", page.Find(".library-list").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_of_a_file_are_text_and_nothing_else()
    {
        const string Hostile = "<img src=x onerror=alert(1)>";
        var page = Show(0);
        page.FindComponent<InputFile>().UploadFiles(InputFileContent.CreateFromText(LibraryFile.Write([new(new(Hostile, Hostile, DateTimeOffset.UnixEpoch), Story.Write())]), Hostile));
        page.WaitForAssertion(() => Assert.Equal(Hostile, page.Find(".library-what a").TextContent));
        Assert.Empty(page.FindAll("img"));
        Assert.Equal([Hostile], await NamesAsync());
    }

    [Fact]
    public void All_of_it_is_saved_as_one_file()
    {
        var module = JSInterop.SetupModule(_ => true);
        module.Mode = JSRuntimeMode.Loose;
        var page = Show(2);
        Press(page, "Export");
        page.WaitForAssertion(() => Assert.Single(module.Invocations["saveFile"]));
        var call = module.Invocations["saveFile"][0];
        Assert.Equal("pcidash-library.jsonl", call.Arguments[0]);
        var text = Offered(call.Arguments[1]);
        Assert.Equal(3, text.TrimEnd('\n').Split('\n').Length);
    }

    [Fact]
    public void A_browser_that_keeps_nothing_is_told()
    {
        Browser.Problem = "This browser keeps nothing here.";
        Assert.Contains("This browser keeps nothing here.", Show(0).Find("[role=alert]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_proposed_and_a_press_saves()
    {
        var save = Render<SaveToLibrary>(p => p.Add(s => s.Document, Story).Add(s => s.Headline, "IRQ 21 dies."));
        Assert.Empty(await NamesAsync());
        save.Find("button").Click();
        Assert.Equal("Reboot of Linux 4.1 ends in \"irq 21: nobody cared\"", save.WaitForElement("#keep-name").GetAttribute("value"));
        Assert.Contains("Linux 4.1, reboot, 2 functions: IRQ 21 dies.", save.Markup, StringComparison.Ordinal);
        save.Find("#keep-name").Input("my run");
        save.Find("form").Submit();
        save.WaitForAssertion(() => Assert.Contains("“my run” is saved in this browser.", save.Markup, StringComparison.Ordinal));
        Assert.Equal(["my run"], await NamesAsync());
    }

    [Theory]
    [InlineData("Replace it", new[] { "my run" })]
    [InlineData("Save beside it", new[] { "my run", "my run (2)" })]
    public async Task A_name_that_is_taken_is_asked_about(string answer, string[] left)
    {
        await Library.SaveAsync(Story with { Seed = 7 }, "my run", "what was there");
        var save = Render<SaveToLibrary>(p => p.Add(s => s.Document, Story));
        save.Find("button").Click();
        save.WaitForElement("#keep-name").Input("My Run");
        save.Find("#keep-name").Input("my run");
        save.Find("form").Submit();
        save.WaitForAssertion(() => Assert.Contains("There is one of that name already: what was there", save.Markup, StringComparison.Ordinal));
        Assert.Single(await NamesAsync());
        Press(save, answer);
        save.WaitForAssertion(() => Assert.Contains("is saved in this browser.", save.Markup, StringComparison.Ordinal));
        Assert.Equal(left, (await NamesAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_same_run_under_its_own_name_is_saved_unasked()
    {
        await Library.SaveAsync(Story, "my run", "");
        var save = Render<SaveToLibrary>(p => p.Add(s => s.Document, Story));
        save.Find("button").Click();
        save.WaitForElement("#keep-name").Input("my run");
        save.Find("form").Submit();
        save.WaitForAssertion(() => Assert.Contains("“my run” is saved in this browser.", save.Markup, StringComparison.Ordinal));
        Assert.Equal(["my run"], await NamesAsync());
    }

    [Fact]
    public void What_goes_wrong_is_told_and_the_name_stays()
    {
        var save = Render<SaveToLibrary>(p => p.Add(s => s.Document, Story));
        save.Find("button").Click();
        Browser.Problem = "This browser's storage is full.";
        save.WaitForElement("#keep-name").Input("my run");
        save.Find("form").Submit();
        save.WaitForAssertion(() => Assert.Contains("storage is full", save.Find("[role=alert]").TextContent, StringComparison.Ordinal));
        Assert.Equal("my run", save.Find("#keep-name").GetAttribute("value"));
    }

    [Fact]
    public async Task What_was_opened_last_is_on_the_first_page_until_it_is_forgotten()
    {
        Assert.Empty(Render<RecentRuns>().FindAll("li"));
        await Library.RememberAsync(Story, "IRQ 21 dies");
        var recent = Render<RecentRuns>();
        var link = recent.WaitForElement("li a");
        Assert.StartsWith("library/recent/", link.GetAttribute("href"), StringComparison.Ordinal);
        Press(recent, "Forget");
        recent.WaitForAssertion(() => Assert.Empty(recent.FindAll("li")));
    }

    [Fact]
    public async Task An_entry_opens_as_its_link_in_the_lab_or_on_the_workbench()
    {
        await Library.SaveAsync(Story, "run", "");
        await Library.SaveAsync(Story with { Seed = 3 }, "machine", "", isMachine: true);
        var nav = Services.GetRequiredService<NavigationManager>();
        foreach (var entry in (await Library.ListAsync(KeptIn.Library)).Value)
        {
            nav.NavigateTo("library/" + entry.Key);
            var page = Render<KeptPage>(p => p.Add(k => k.Key, entry.Key));
            var expected = (entry.Note.IsMachine ? "build" : "") + ShareLink.TryEncode(Story with { Seed = entry.Note.IsMachine ? 3UL : 1 });
            page.WaitForAssertion(() => Assert.Equal(expected.TrimStart('/'), nav.ToBaseRelativePath(nav.Uri)));
        }

        nav.NavigateTo("library/none");
        var none = Render<KeptPage>(p => p.Add(k => k.Key, "none"));
        none.WaitForAssertion(() => Assert.Contains("This browser has no such entry", none.Markup, StringComparison.Ordinal));
    }
}
