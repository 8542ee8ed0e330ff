using AngleSharp.Dom;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Audit;
using PciDash.Scenarios.Import;
using PciDash.Web.Components.Machines;
using PciDash.Web.Lab;
using PciDash.Web.Machines;
using AuditPage = PciDash.Web.Components.Pages.Audit;

namespace PciDash.Web.Tests.Machines;

/// <summary>The audit's page and its parts, in each state that they can be in.</summary>
public class AuditPageTests : ComponentTest
{
    private static readonly Scenario Story = ScenarioPresets.Find(Runs.StoryId)!.Scenario;

    private static readonly Lazy<AuditReport> OfStory = new(static () => MachineAudit.Of(Story));

    private NavigationManager Nav => Services.GetRequiredService<NavigationManager>();

    private static string PayloadOf(Scenario scenario) => ShareLink.TryEncode(new RunDocument(scenario))![ShareLink.Prefix.Length..];

    [Fact]
    public void Without_a_machine_the_page_asks_for_one()
    {
        var page = Render<AuditPage>();
        Assert.Contains("What does your machine do", page.Find("h1").TextContent, StringComparison.Ordinal);
        Assert.Single(page.FindComponents<PasteBox>());
        Assert.Empty(page.FindAll("#verdict"));
    }

    [Fact]
    public void A_machine_is_audited_and_the_worst_comes_first()
    {
        var page = Render<AuditPage>(p => p.Add(a => a.Payload, PayloadOf(Story)));
        Assert.Contains("Waiting for its turn", page.Find(".audit-progress").TextContent, StringComparison.Ordinal);
        page.WaitForElement("#verdict", TimeSpan.FromSeconds(30));
        Assert.Contains("IRQ 21", page.Find(".finding h3").TextContent, StringComparison.Ordinal);
        Assert.Equal("broken", page.Find(".finding .weight").TextContent);
        Assert.Contains("bad", page.Find("#verdict").ClassList);
        Assert.Empty(page.FindAll(".audit > .audit-progress"));
        Assert.Equal(2, page.FindComponents<SubjectTable>().Count);
    }

    [Fact]
    public void Verdicts_over_all_orderings_follow_and_open_the_runs_that_show_them()
    {
        Nav.NavigateTo("audit/s/" + PayloadOf(Story) + "?kernels=4.1,6.18&paths=reboot,kexec&runs=1");
        var page = Render<AuditPage>(p => p.Add(a => a.Payload, PayloadOf(Story)));
        page.WaitForElement("#orderings table", TimeSpan.FromSeconds(60));
        var cells = page.FindAll("#orderings tbody td");
        Assert.Equal(4, cells.Count);
        Assert.Contains("no-spurious-disable", cells[0].TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("no-spurious-disable", cells[2].TextContent, StringComparison.Ordinal);
        Assert.Contains("Of 4 kernels and paths: something is violated in", page.Find("#orderings .verdict").TextContent, StringComparison.Ordinal);
        var shown = ShareLink.Decode(cells[0].QuerySelector("a.violated")!.GetAttribute("href")!);
        Assert.Equal("4.1", shown.Scenario.Boots[0].Release.Version);
    }

    [Fact]
    public void A_search_that_is_cancelled_can_begin_again()
    {
        var report = OfStory.Value;
        var table = Render<OrderingsTable>(p => p.Add(t => t.Report, report));
        table.Find("button").Click();
        table.WaitForAssertion(() => Assert.Contains("Try every order of events", table.Find("button").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(30));
        table.Find("button").Click();
        table.WaitForElement("table", TimeSpan.FromSeconds(60));
        Assert.Equal(report.Cells.Count, table.FindAll("tbody td").Count);
    }

    [Fact]
    public void A_machine_of_passive_functions_has_no_finding_and_the_page_says_what_that_means()
    {
        var page = Render<AuditPage>(p => p.Add(a => a.Payload, PayloadOf(Quiet())));
        page.WaitForElement("#verdict", TimeSpan.FromSeconds(30));
        Assert.Contains("good", page.Find("#verdict").ClassList);
        Assert.Empty(page.FindAll(".audit > .finding"));
        Assert.Contains("Not seen is not never", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void The_question_is_in_the_address_and_asking_again_changes_it()
    {
        Nav.NavigateTo("audit/s/" + PayloadOf(Story) + "?kernels=6.12&paths=reboot&runs=2");
        var page = Render<AuditPage>(p => p.Add(a => a.Payload, PayloadOf(Story)));
        page.WaitForElement("#orderings table", TimeSpan.FromSeconds(60));
        Assert.Equal(["6.12 reboot"], page.FindComponents<SubjectTable>()[0].FindAll("thead th").Skip(2).Select(th => th.TextContent));
        page.FindAll(".audit-options input[type=checkbox]").Single(c => c.ParentElement!.TextContent.Trim() == "4.1").Change(true);
        page.Find(".audit-options input[type=number]").Change("9999");
        page.Find(".audit-options").Submit();
        Assert.EndsWith("?kernels=4.1,6.12&paths=reboot&runs=100", Nav.Uri, StringComparison.Ordinal);
    }

    [Fact]
    public void A_payload_that_is_not_one_says_so_and_offers_the_paste()
    {
        var page = Render<AuditPage>(p => p.Add(a => a.Payload, "1!!!"));
        Assert.Contains("cannot be opened", page.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Single(page.FindComponents<PasteBox>());
    }

    [Fact]
    public void A_machine_that_is_no_longer_remembered_is_asked_for_again()
    {
        var page = Render<AuditPage>(p => p.Add(a => a.Key, "0123"));
        Assert.Contains("neither this browser nor this server", page.WaitForElement("[role=alert]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_read_is_told_beside_the_audit()
    {
        var answer = await Services.GetRequiredService<Imports>().TakeAsync(
            [new ImportFile("paste", "00:02.0 VGA compatible controller: Intel Corporation HD Graphics\n\tInterrupt: pin A routed to IRQ 16\n\n??? what is this\n"u8.ToArray())], CancellationToken.None);
        var page = Render<AuditPage>(p => p.Add(a => a.Payload, answer.Address!["audit/s/".Length..]));
        Assert.Contains("1 function", page.Find("#read summary").TextContent, StringComparison.Ordinal);
        Assert.Contains("1 line not understood", page.Find("#read summary").TextContent, StringComparison.Ordinal);
        Assert.Contains(page.FindAll("#read li"), li => li.TextContent.Contains("line 4", StringComparison.Ordinal));
    }

    [Fact]
    public void A_finding_gives_each_run_that_shows_it_and_says_where_it_was_not_seen()
    {
        var finding = OfStory.Value.Findings[0];
        var card = Render<FindingCard>(p => p.Add(c => c.Report, OfStory.Value).Add(c => c.Finding, finding));
        var links = card.FindAll(".seen a");
        Assert.Equal(finding.Seen.Count, links.Count);
        Assert.All(links, a => Assert.Equal(EventKind.NobodyCared, EventOf(a.GetAttribute("href")!)));
        Assert.Equal(OfStory.Value.Cells.Count - finding.Seen.Count, card.FindAll(".seen td").Count(td => td.TextContent.Trim() == "not seen"));
        Assert.Contains(card.FindAll("ul li"), li => li.TextContent.Contains("pci=nomsi", StringComparison.Ordinal));
    }

    private static EventKind EventOf(string link)
    {
        var document = ShareLink.Decode(link);
        return Engine.Simulation.Run.Of(CompiledMachine.Compile(document.Scenario), document.Seed).Recording.EventAt(document.View.Step!.Value).Event.Kind;
    }

    [Fact]
    public void Nothing_helps_is_said_only_when_nothing_was_found()
    {
        var bare = OfStory.Value.Findings[0] with { Fixes = [] };
        Assert.Contains("Nothing that was tried", Render<FindingCard>(p => p.Add(c => c.Report, OfStory.Value).Add(c => c.Finding, bare)).Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing that was tried", Render<FindingCard>(p => p.Add(c => c.Report, OfStory.Value).Add(c => c.Finding, OfStory.Value.Findings[0])).Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_that_matters_is_named_with_its_function()
    {
        var function = OfStory.Value.Findings[0].Culprits[0].Function;
        var finding = OfStory.Value.Findings[0] with { DependsOn = [new AuditUnknown("mystery", [function], "whether its .shutdown silences the device")] };
        var card = Render<FindingCard>(p => p.Add(c => c.Report, OfStory.Value).Add(c => c.Finding, finding));
        Assert.Contains("mystery at " + function, Words(card.Find(".finding-body")), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_subjects_of_one_finding_are_counted_after_the_first_six()
    {
        var finding = OfStory.Value.Findings[0] with { Subjects = [.. Enumerable.Range(0, 9).Select(i => $"00:0{i}.0")] };
        var heading = Render<FindingCard>(p => p.Add(c => c.Report, OfStory.Value).Add(c => c.Finding, finding)).Find("h3").TextContent;
        Assert.Contains("00:05.0 and 3 more", heading, StringComparison.Ordinal);
        Assert.DoesNotContain("00:06.0", heading, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_of_hundreds_shows_some_and_then_more()
    {
        var one = OfStory.Value.Subjects.First(s => !s.IsLine);
        var many = OfStory.Value with { Subjects = [.. Enumerable.Range(0, 130).Select(i => one with { Name = $"f{i}" })] };
        var table = Render<SubjectTable>(p => p.Add(t => t.Report, many).Add(t => t.Lines, false));
        Assert.Equal(60, table.FindAll("tbody tr").Count);
        Assert.Equal("70 more", table.Find("p button").TextContent);
        table.Find("p button").Click();
        table.Find("p button").Click();
        Assert.Equal(130, table.FindAll("tbody tr").Count);
        Assert.Empty(table.FindAll("p button"));
    }

    [Fact]
    public void A_cell_says_what_was_seen_and_in_how_many_runs()
    {
        var table = Render<SubjectTable>(p => p.Add(t => t.Report, OfStory.Value).Add(t => t.Lines, true));
        var row = table.FindAll("tbody tr").Single(r => r.QuerySelector("th")!.TextContent == "IRQ 21");
        var cell = row.QuerySelectorAll("td").ElementAt(1 + OfStory.Value.Cells.ToList().FindIndex(c => c.ToString() == "4.1 reboot"));
        Assert.Contains("broken", cell.ClassList);
        Assert.Equal("storm-disabled", cell.TextContent); // In each of the runs: otherwise it says in how many.
        var subject = OfStory.Value.Subjects.Single(s => s.Name == "IRQ 21");
        Assert.Equal(["broken", "broken"], row.QuerySelectorAll("td.broken").Select(td => td.ClassName));
        Assert.Equal(subject.Cells.Select(c => string.Join(", ", c.Select(o => OutcomeWords.Of(o.Kind)))), row.QuerySelectorAll("td").Skip(1).Select(td => td.TextContent));
    }

    [Fact]
    public void A_paste_that_is_no_machine_is_told_line_by_line_and_stays()
    {
        var module = JSInterop.SetupModule(_ => true);
        module.Setup<ImportAnswer>("send", _ => true).SetResult(new ImportAnswer(null, ["line 3: this", "line 4: that"]));
        var box = Render<PasteBox>();
        box.Find("button").Click();
        Assert.Equal(["line 3: this", "line 4: that"], box.FindAll("#paste-says li").Select(li => li.TextContent));
        Assert.Equal("See what it does", box.Find("button").TextContent);
        Assert.Single(box.FindAll("#paste-text"));
    }

    [Fact]
    public void A_paste_that_is_one_leads_to_its_audit_and_cannot_be_sent_twice_meanwhile()
    {
        var module = JSInterop.SetupModule(_ => true);
        var sent = module.Setup<ImportAnswer>("send", _ => true);
        var box = Render<PasteBox>();
        box.Find("button").Click();
        Assert.True(box.Find("button").HasAttribute("disabled"));
        Assert.Equal("Reading…", box.Find("button").TextContent);
        sent.SetResult(new ImportAnswer("audit/s/1abc", []));
        box.WaitForAssertion(() => Assert.EndsWith("/audit/s/1abc", Nav.Uri, StringComparison.Ordinal));
    }

    private static Scenario Quiet() => MachineImport.Read([new ImportFile("paste", "00:00.0 Host bridge: Intel Corporation 82G33/G31/P35/P31 Express DRAM Controller\n"u8.ToArray())]).Scenario!;

    private static string Words(IElement element) => string.Join(' ', element.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
