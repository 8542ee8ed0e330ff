using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Matrix;
using PciDash.Web.Components.Machines;
using PciDash.Web.Components.Pages;
using PciDash.Web.Machines;

namespace PciDash.Web.Tests.Machines;

/// <summary>The pages of the matrix and the sweep, in each state that they can be in.</summary>
public class MatrixPageTests : ComponentTest
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private static readonly Scenario Story = ScenarioPresets.Find(Runs.StoryId)!.Scenario;

    private NavigationManager Nav => Services.GetRequiredService<NavigationManager>();

    private static string PayloadOf(Scenario scenario) => ShareLink.TryEncode(new RunDocument(scenario))![ShareLink.Prefix.Length..];

    private IRenderedComponent<MatrixPage> Open(string query = "", Scenario? scenario = null)
    {
        var payload = PayloadOf(scenario ?? Story);
        Nav.NavigateTo($"matrix/s/{payload}{query}");
        return Render<MatrixPage>(p => p.Add(m => m.Payload, payload));
    }

    private static AngleSharp.Dom.IElement Cell(IRenderedComponent<MatrixPage> page, string policy, string path)
    {
        var table = page.FindAll(".matrix-table")[0];
        var column = table.QuerySelectorAll("thead th").Select(t => t.TextContent).ToList().IndexOf(path) - 1;
        return table.QuerySelectorAll("tbody tr").Single(r => r.QuerySelector("small")!.TextContent == policy).QuerySelectorAll("td").ElementAt(column);
    }

    // The renderer is done as well: what is pressed while it draws would be lost.
    private static async Task ReadyAsync<T>(IRenderedComponent<T> page)
        where T : IComponent
    {
        page.WaitForElement("#verdict", Long);
        await page.InvokeAsync(static () => { });
    }

    [Fact]
    public void It_waits_and_then_tells_each_cell_in_words_and_by_a_mark()
    {
        var page = Open("?policies=P4,seed");
        Assert.Contains("Waiting for its turn", page.Find(".audit-progress").TextContent, StringComparison.Ordinal);
        page.WaitForElement("#verdict", Long);
        Assert.Empty(page.FindAll(".audit-progress"));
        Assert.Contains("no-spurious-disable: of 8 cells, it is violated in 3", page.Find("#verdict").TextContent, StringComparison.Ordinal);
        var violated = Cell(page, "P4", "reboot");
        Assert.Contains("violated", violated.ClassList);
        Assert.Contains("✗", violated.TextContent, StringComparison.Ordinal);
        var run = ShareLink.Decode(violated.QuerySelectorAll("a").Single(a => a.GetAttribute("aria-label")!.StartsWith("no-spurious-disable violated", StringComparison.Ordinal)).GetAttribute("href")!);
        Assert.Equal("P4", run.Scenario.Boots[0].Policy.Id);
        Assert.NotNull(run.View.Step);
        var holds = Cell(page, "seed", "reboot");
        Assert.Equal("holds", holds.ClassName);
        Assert.Equal("✓holds", holds.TextContent.Trim());
        Assert.Equal("seed", ShareLink.Decode(holds.QuerySelector("a")!.GetAttribute("href")!).Scenario.Boots[0].Policy.Id);
    }

    [Fact]
    public void Where_it_is_not_violated_the_page_says_so()
    {
        var page = Open("?policies=P5&paths=reboot");
        page.WaitForElement("#verdict", Long);
        Assert.Equal("no-spurious-disable: of 1 cell, it holds in 1.", page.Find("#verdict").TextContent);
        Assert.Contains("good", page.Find("#verdict").ClassList);
    }

    [Fact]
    public async Task All_properties_together_tell_what_does_not_hold_and_count_the_rest()
    {
        var page = Open("?policies=P4,P5&paths=reboot");
        await ReadyAsync(page);
        page.Find("#property").Change("all");
        page.WaitForAssertion(() => Assert.EndsWith("?policies=P4,P5&paths=reboot&property=all", Nav.Uri, StringComparison.Ordinal), Long);
        page.WaitForAssertion(() => Assert.StartsWith("Of 2 cells, something is violated in 2", page.Find("#verdict").TextContent, StringComparison.Ordinal), Long);
        var cell = Cell(page, "P5", "reboot");
        Assert.Contains("no-late-msi violated", cell.TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("no-spurious-disable", cell.TextContent, StringComparison.Ordinal);
        Assert.Matches(@"✓\d+ hold", cell.TextContent);
        Assert.Empty(page.FindAll(".audit-progress")); // Looked at in another way, not searched again.
    }

    [Fact]
    public async Task Kernels_and_drivers_have_tables_of_their_own_and_asking_again_is_in_the_address()
    {
        var page = Open("?policies=P4&paths=reboot&kernels=3.13,4.1&silenced=true");
        await ReadyAsync(page);
        Assert.Equal(
            ["Linux 3.13", "Linux 3.13, drivers that silence their device", "Linux 4.1", "Linux 4.1, drivers that silence their device"],
            page.FindAll("h2").Select(h => h.TextContent).Take(4));
        page.FindAll(".audit-options input[type=checkbox]").Single(c => c.ParentElement!.TextContent.Trim() == "3.13").Change(false);
        page.FindAll(".audit-options input[type=checkbox]").Single(c => c.ParentElement!.TextContent.Trim() == "EB-1").Change(true);
        page.Find(".audit-options").Submit();
        page.WaitForAssertion(() => Assert.EndsWith("?policies=P4,EB-1&paths=reboot&kernels=4.1&silenced=true", Nav.Uri, StringComparison.Ordinal), Long);
    }

    [Fact]
    public async Task What_differs_between_two_policies_or_two_paths_is_one_click_away()
    {
        var page = Open("?policies=P4,P5,seed");
        await ReadyAsync(page);
        string[] Rows() => [.. page.FindAll(".matrix-difference tbody tr th").Select(t => t.TextContent).Distinct()];
        var difference = page.FindComponent<MatrixDifference>();
        Assert.Equal(["reboot", "poweroff", "kexec"], Rows());
        difference.FindAll("select")[0].Change("policy seed");
        page.WaitForAssertion(() => Assert.Contains("Nothing: they say the same of no-spurious-disable", difference.Markup, StringComparison.Ordinal), Long);
        difference.FindAll("select")[0].Change("path Reboot");
        page.WaitForAssertion(() => Assert.Contains("a path and a policy have nothing to compare", difference.Markup, StringComparison.Ordinal), Long);
        difference.FindAll("select")[1].Change("path Kdump");
        page.WaitForAssertion(() => Assert.Equal(["P4", "P5", "seed"], Rows()), Long);
        Assert.All(difference.FindAll("tbody a"), a => ShareLink.Decode(a.GetAttribute("href")!));
    }

    [Fact]
    public void A_cell_that_was_not_finished_says_what_one_run_shows_and_that_it_is_one_run()
    {
        var report = MachineMatrix.Of(Story, new MatrixOptions { Policies = [ShutdownPolicy.P4, ShutdownPolicy.Seed], Paths = [ShutdownPath.Reboot], Budget = SearchBudget.Default with { States = 20 } });
        var linked = new Linked<MatrixReport>(report, new Dictionary<RunDocument, string?>());
        var grid = Render<MatrixGrid>(p => p.Add(g => g.Linked, linked).Add(g => g.Table, report.Tables[0]).Add(g => g.Only, Property.NoSpuriousDisable));
        var cells = grid.FindAll("tbody td");
        Assert.Equal(["seen-in-run", "open"], cells.Select(c => c.ClassName));
        Assert.Contains("not finished; seen in a run", cells[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("stopped at 20 states", cells[0].TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("hold", grid.Find("tbody").TextContent, StringComparison.Ordinal);

        // Too large for a link: the words stay, without one.
        Assert.Empty(grid.FindAll("a"));
    }

    [Fact]
    public async Task Cancelling_ends_it_and_it_can_begin_again()
    {
        var jobs = Services.GetRequiredService<Matrices>();
        using var blocker = new CancellationTokenSource();
        var busy = Enumerable.Range(0, 2).Select(i => jobs.SweepAsync("", 
            new RunDocument(Story) { Seed = 100 + (ulong)i }, (_, _) => blocker.Token.WaitHandle.WaitOne(), blocker.Token)).ToList();
        var page = Open("?policies=P5&paths=reboot");
        page.Find(".audit-progress button").Click();
        page.WaitForAssertion(() => Assert.Contains("Cancelled", page.Find("[role=status]").TextContent, StringComparison.Ordinal), Long);
        await blocker.CancelAsync();
        foreach (var job in busy)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => job);
        }

        page.Find(".audit-progress button").Click();
        page.WaitForElement("#verdict", Long);
    }

    [Fact]
    public void A_payload_that_is_not_one_and_a_machine_that_is_forgotten_are_told()
    {
        Assert.Contains("cannot be opened", Render<MatrixPage>(p => p.Add(m => m.Payload, "1!!!")).Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Contains("neither this browser nor this server", Render<SweepPage>(p => p.Add(m => m.Key, "0123")).WaitForElement("[role=alert]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_that_cannot_be_run_says_why()
    {
        var broken = Story with { Functions = [.. Story.Functions.Select(f => f with { Cpu = 3 })] };
        var page = Open("", broken);
        page.WaitForElement("[role=alert]", Long);
        Assert.Contains("its interrupts go to cpu 3", page.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll(".audit-progress"));
    }

    [Fact]
    public async Task A_sweep_tells_change_points_with_their_commits_and_both_runs()
    {
        var payload = PayloadOf(Story);
        var page = Render<SweepPage>(p => p.Add(m => m.Payload, payload));
        await ReadyAsync(page);
        var change = page.FindAll(".sweep li.card").Single(li => li.TextContent.Contains("From 4.9 to 4.12", StringComparison.Ordinal));
        Assert.Contains("fda78d7a0ead", change.QuerySelector(".facts li")!.TextContent, StringComparison.Ordinal);
        Assert.Equal("does it", change.QuerySelector(".facts .effect.whole")!.TextContent);
        Assert.Equal(["4.9", "4.12"], change.QuerySelectorAll(".change a").Where(a => a.TextContent.StartsWith("Run of", StringComparison.Ordinal)).Select(a => ShareLink.Decode(a.GetAttribute("href")!).Scenario.Boots[0].Release.Version));
        page.Find("#path").Change("Kexec");
        page.WaitForAssertion(() => Assert.EndsWith($"sweep/s/{payload}?path=kexec", Nav.Uri, StringComparison.Ordinal), Long);
    }

    [Fact]
    public void The_lab_leads_to_both()
    {
        var payload = PayloadOf(Story);
        Nav.NavigateTo("s/" + payload);
        var actions = Render<Microsoft.AspNetCore.Components.Sections.SectionOutlet>(p => p.Add(s => s.SectionName, Web.Components.Layout.MainLayout.PageActions));
        Render<Web.Components.Pages.Lab>(p => p.Add(l => l.Payload, payload));
        Assert.Contains(actions.FindAll("a"), a => a.GetAttribute("href") == "matrix/s/" + payload);
        Assert.Contains(actions.FindAll("a"), a => a.GetAttribute("href") == "sweep/s/" + payload);
    }

    [Fact]
    public void The_audit_leads_to_both()
    {
        var payload = PayloadOf(Story);
        var actions = Render<Microsoft.AspNetCore.Components.Sections.SectionOutlet>(p => p.Add(s => s.SectionName, Web.Components.Layout.MainLayout.PageActions));
        Render<Web.Components.Pages.Audit>(p => p.Add(l => l.Payload, payload));
        Assert.Contains(actions.FindAll("a"), a => a.GetAttribute("href") == "matrix/s/" + payload);
        Assert.Contains(actions.FindAll("a"), a => a.GetAttribute("href") == "sweep/s/" + payload);
    }

    [Fact]
    public async Task What_differs_between_two_columns_opens_both_runs_on_one_axis()
    {
        var page = Open("?policies=P4,seed&paths=reboot");
        await ReadyAsync(page);
        var link = page.FindAll(".matrix-difference a").First(a => a.TextContent == "both on one axis").GetAttribute("href")!;
        Assert.StartsWith("compare/s/", link, StringComparison.Ordinal);
        var first = ShareLink.Decode(link);
        Assert.Equal(("P4", "seed"), (first.Scenario.Boots[0].Policy.Id, PciDash.Scenarios.Comparison.ComparePartner.Of(first)!.Scenario.Boots[0].Policy.Id));
    }

    [Fact]
    public async Task A_change_of_the_sweep_opens_both_runs_on_one_axis()
    {
        var payload = PayloadOf(Story);
        Nav.NavigateTo("sweep/s/" + payload);
        var page = Render<SweepPage>(p => p.Add(m => m.Payload, payload));
        await ReadyAsync(page);
        var links = page.FindAll(".sweep .change a").Where(a => a.TextContent.StartsWith("Both runs", StringComparison.Ordinal)).Select(a => ShareLink.Decode(a.GetAttribute("href")!)).ToList();
        Assert.Contains(links, l => l.Scenario.Boots[0].Release.Version == "4.9" && PciDash.Scenarios.Comparison.ComparePartner.Of(l)!.Scenario.Boots[0].Release.Version == "4.12");
    }
}
