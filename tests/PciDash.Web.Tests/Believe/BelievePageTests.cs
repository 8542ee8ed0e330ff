using System.Text;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using PciDash.Scenarios.Conformance;
using PciDash.Scenarios.Import;
using PciDash.Web.Believe;
using PciDash.Web.Components.Pages;
using PciDash.Web.Machines;

namespace PciDash.Web.Tests.Believe;

/// <summary>A recording laid over the model, in each state that the page can be in.</summary>
public class BelievePageTests : ComponentTest
{
    private const string Storm = "s5a_vnet_uhci_msixshut";

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private Recordings Recordings => Services.GetRequiredService<Recordings>();

    // The storm with some deliveries less than the kernel needs to give an irq up: nothing explains that.
    private static List<ImportFile> Wrong() => [.. RecordedExamples.Files(Storm)!.Select(f => f.Name != "events.jsonl" ? f
        : f with { Bytes = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(f.Bytes.Span).Replace("\"n\": 100000", "\"n\": 99990", StringComparison.Ordinal)) })];

    private async Task<IRenderedComponent<BelievePage>> SentAsync(IReadOnlyList<ImportFile> files)
    {
        var answer = await Recordings.TakeAsync(files, CancellationToken.None);
        Assert.Empty(answer.Problems);
        return Render<BelievePage>(p => p.Add(b => b.Key, answer.Address!["believe/r/".Length..]));
    }

    [Fact]
    public void Empty_it_says_what_is_needed_and_offers_examples()
    {
        var page = Render<BelievePage>();
        Assert.Contains("events.jsonl", page.Find("#recording-says").TextContent, StringComparison.Ordinal);
        Assert.Equal(RecordedExamples.All.Select(e => "believe/e/" + e.Name), page.FindAll(".overlay-examples a").Select(a => a.GetAttribute("href")));
        Assert.Empty(page.FindAll(".overlay"));
    }

    public static TheoryData<string> Examples => new(RecordedExamples.All.Select(e => e.Name));

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_is_explained_and_each_of_its_events_has_one_of_the_model(string name)
    {
        var page = Render<BelievePage>(p => p.Add(b => b.Example, name));
        Assert.StartsWith("Explained", page.WaitForElement("#verdict", Long).TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("Looking for", page.Markup, StringComparison.Ordinal);
        var observed = page.FindAll(".overlay-mark.observed").Count;
        Assert.True(observed > 5);
        Assert.Equal(observed, page.FindAll(".overlay-mark.predicted").Count);
        Assert.Equal(observed, page.FindAll(".overlay-table tbody tr").Count);
        Assert.Empty(page.FindAll(".overlay-flag"));
    }

    [Fact]
    public void A_machine_that_a_file_can_say_opens_in_the_lab_and_of_another_it_is_told_why_not()
    {
        var page = Render<BelievePage>(p => p.Add(b => b.Example, "kit_reboot_q35_k612"));
        var link = page.WaitForElement("p a.button[href^='/s/']", Long).GetAttribute("href")!;
        var document = PciDash.Scenarios.ShareLink.Decode(link);
        var run = PciDash.Engine.Simulation.Run.Of(PciDash.Engine.Machine.CompiledMachine.Compile(document.Scenario));
        Assert.Equal("6.12", document.Scenario.Boots[0].Release.Version);
        Assert.True(run.Recording.RawCount > 50);

        page = Render<BelievePage>(p => p.Add(b => b.Example, Storm));
        page.WaitForElement("#verdict", Long);
        Assert.Contains("cannot open this machine: boots[0].stimuli: a file cannot name 'load-driver", page.Markup.Replace("&#x27;", "'", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Empty(page.FindAll("p a.button[href^='/s/']"));
    }

    [Fact]
    public async Task What_is_not_explained_is_marked_with_what_the_model_would_do()
    {
        var page = await SentAsync(Wrong());
        Assert.StartsWith("Not explained", page.Find("#verdict").TextContent, StringComparison.Ordinal);
        Assert.Single(page.FindAll(".overlay-flag"));
        var first = page.Find(".overlay-table tr.first");
        Assert.Contains("would do something else", first.TextContent, StringComparison.Ordinal);
        Assert.Contains("The model", page.Find(".overlay-chosen").TextContent, StringComparison.Ordinal);
        Assert.Contains(page.FindAll(".overlay-table tr.unreached"), r => r.TextContent.Contains("not reached", StringComparison.Ordinal));
    }

    [Fact]
    public void A_mark_tells_of_both_sides_with_file_and_line()
    {
        var page = Render<BelievePage>(p => p.Add(b => b.Example, Storm));
        page.WaitForElement("#verdict", Long);
        page.FindAll(".overlay-mark.observed").First(m => m.TextContent == "X").Click();
        var chosen = page.Find(".overlay-chosen").TextContent;
        Assert.Contains("MSI-X Enable 0", chosen, StringComparison.Ordinal);
        Assert.Contains("events.jsonl:3", chosen, StringComparison.Ordinal);
        Assert.Contains("cfg_msix 00:09.0", chosen, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("believe/r/0123", null, "0123")]
    [InlineData("believe/e/none", "none", null)]
    public void What_is_not_here_says_so_and_can_be_sent_again(string address, string? example, string? key)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        var page = Render<BelievePage>(p => p.Add(b => b.Example, example).Add(b => b.Key, key));
        Assert.Contains("not here", page.WaitForElement("[role=alert]", Long).TextContent, StringComparison.Ordinal);
        Assert.NotEmpty(page.FindAll("input[type=file]"));
    }

    [Fact]
    public async Task What_is_no_recording_is_refused_in_a_line_and_a_machine_that_is_not_known_is_told()
    {
        var answer = await Recordings.TakeAsync([new ImportFile("a.txt", "hello"u8.ToArray())], CancellationToken.None);
        Assert.Null(answer.Address);
        Assert.Contains("events.jsonl", Assert.Single(answer.Problems), StringComparison.Ordinal);

        var page = await SentAsync([.. RecordedExamples.Files(Storm)!.Where(f => f.Name == "events.jsonl")]);
        Assert.Contains("No scenario can be derived", page.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.NotEmpty(page.FindAll("[role=alert] li"));
    }

    [Fact]
    public async Task The_same_files_have_the_same_address_and_others_another()
    {
        var files = RecordedExamples.Files(Storm)!;
        var first = await Recordings.TakeAsync(files, CancellationToken.None);
        Assert.Equal(first.Address, (await Recordings.TakeAsync(files, CancellationToken.None)).Address);
        Assert.NotEqual(first.Address, (await Recordings.TakeAsync(Wrong(), CancellationToken.None)).Address);
    }

    [Fact]
    public void Of_many_events_a_part_is_shown_in_which_none_stands_upon_another()
    {
        List<ObservedMatch> many = [.. Enumerable.Range(0, 1_000).Select(i =>
            new ObservedMatch(new ObservedEvent("f:1", i % 2 == 0 ? ObservedKind.Line : ObservedKind.Delivered, null, 16 + (i % 3), i & 1, i / 7 * 1e-6, i / 7 * 1e-6, i % 5 == 0 ? 9 : 1), 1, i, "m", ""))];
        var overlay = new Overlay(many, 300);
        Assert.Equal(Overlay.Most, overlay.Shown.Count);
        Assert.Same(many[300], overlay.Shown[0]);
        foreach (var lane in overlay.Lanes)
        {
            Assert.All(lane.Marks.Zip(lane.Marks.Skip(1)), p => Assert.True(p.First.Left + p.First.Width <= p.Second.Left));
            Assert.All(lane.Marks, m => Assert.True(m.Left + m.Width <= overlay.Width));
        }

        Assert.Equal(100, new Overlay(many, 900).Shown.Count);
    }
}
