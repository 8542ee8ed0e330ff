using Bunit;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;
using PciDash.Scenarios.Comparison;
using PciDash.Web.Components.Compare;
using PciDash.Web.Lab;

namespace PciDash.Web.Tests.Compare;

/// <summary>One of two runs with what can be changed in it, and what comes of each.</summary>
public class ComparePartsTests : ComponentTest
{
    private readonly List<Scenario> changed = [];
    private readonly List<long> first = [];
    private readonly List<long> second = [];

    private static (RunDocument Document, Run Run) Of(Run run) => (new RunDocument(run.Machine.Scenario), run);

    private static Run RunOf(Scenario scenario) => Run.Of(CompiledMachine.Compile(scenario));

    private IRenderedComponent<CompareSide> Side(Run run, string? link = "lab?x", string here = "at 3 s") => Render<CompareSide>(p => p
        .Add(s => s.Id, "first").Add(s => s.Letter, "A").Add(s => s.Name, "P4").Add(s => s.Here, here).Add(s => s.LabLink, link)
        .Add(s => s.Open, new Opened(new RunDocument(run.Machine.Scenario), run, [])).Add(s => s.OnChange, changed.Add));

    [Fact]
    public void A_side_says_what_it_is_what_comes_of_it_and_where_its_cursor_is()
    {
        var bad = Side(Runs.Story);
        Assert.Equal("A P4", bad.Find("#first-title").TextContent);
        Assert.Contains("nobody cared", bad.Find(".headline.bad").TextContent, StringComparison.Ordinal);
        Assert.Equal("at 3 s", bad.Find(".here").TextContent);
        Assert.Single(Side(Runs.Patched).FindAll(".headline.good"));
    }

    [Fact]
    public void It_opens_in_the_lab_if_a_link_holds_it()
    {
        Assert.Equal("lab?x", Side(Runs.Story).Find("a").GetAttribute("href"));
        Assert.Empty(Side(Runs.Story, link: null).FindAll("a"));
    }

    [Fact]
    public void Kernel_policy_path_options_and_drivers_are_changed_one_at_a_time()
    {
        var side = Side(Runs.Story);
        var boot = Runs.Story.Machine.Scenario.Boots[0];
        Assert.Equal((boot.Release.Version, boot.Policy.Id), (side.Find("#first-kernel").GetAttribute("value"), side.Find("#first-policy").GetAttribute("value")));
        side.Find("#first-kernel").Change("6.12");
        Assert.Equal("6.12", changed[^1].Boots[0].Release.Version);
        side.Find("#first-policy").Change("seed");
        Assert.Equal("seed", changed[^1].Boots[0].Policy.Id);
        side.Find("#first-path").Change("Poweroff");
        Assert.Equal(ShutdownPath.Poweroff, changed[^1].Boots[0].Path);
        var option = side.FindAll("fieldset label.switch").First(l => l.TextContent.Contains("pci=nomsi", StringComparison.Ordinal));
        option.QuerySelector("input")!.Change(true);
        Assert.True(changed[^1].Boots[0].NoMsi);
        side.Find("[aria-label='Driver of 00:09.0 in A']").Change("-");
        Assert.Null(changed[^1].DriverOf(0, changed[^1].Functions.Single(f => f.Bdf.ToString() == "00:09.0")));
        side.Find("[aria-label='Driver of 00:09.0 in A']").Change("uhci_hcd");
        Assert.Equal("uhci_hcd", changed[^1].DriverOf(0, changed[^1].Functions.Single(f => f.Bdf.ToString() == "00:09.0"))!.Id);
    }

    [Fact]
    public void Each_boot_has_its_command_line_and_of_many_functions_twelve_have_their_driver_here()
    {
        Assert.Equal(["Command line", "Driver, in the first boot"], Side(Runs.Story).FindAll("legend").Select(l => l.TextContent));
        Assert.Equal(
            ["Command line of boot 1", "Command line of boot 2", "Driver, in the first boot"], Side(Runs.Of(Runs.StoryId + "-kexec")).FindAll("legend").Select(l => l.TextContent));
        var huge = Side(Runs.Huge);
        Assert.Equal(12, huge.FindAll("[aria-label^='Driver of']").Count);
        Assert.Contains($"{Runs.Huge.Machine.Scenario.Functions.Count - 12} more: edit them in the lab.", huge.Markup, StringComparison.Ordinal);
    }

    private IRenderedComponent<OutcomeDifference> Difference(Run a, Run b) => Render<OutcomeDifference>(p => p
        .Add(d => d.Report, CompareReport.Of(Of(a), Of(b))).Add(d => d.OnSeekFirst, first.Add).Add(d => d.OnSeekSecond, second.Add));

    [Fact]
    public void Outcomes_of_both_stand_side_by_side_and_lead_to_their_events()
    {
        var report = CompareReport.Of(Of(Runs.Story), Of(Runs.Patched));
        var shown = Difference(Runs.Story, Runs.Patched);
        Assert.Equal(report.Outcomes.Count, shown.FindAll("[aria-label='Outcomes of both'] tbody tr").Count);
        var only = shown.FindAll("tr.differs").First(r => r.TextContent.Contains("IRQ 21", StringComparison.Ordinal) && r.QuerySelector("td.violated button") is not null);
        Assert.EndsWith("–not this one", only.TextContent.Trim(), StringComparison.Ordinal);
        only.QuerySelector("button")!.Click();
        Assert.Contains(Assert.Single(first), report.Outcomes.Select(o => o.First?.Why ?? -1));
        Assert.Empty(second);

        // The other way round the same is told of B.
        var turned = Difference(Runs.Patched, Runs.Story);
        turned.FindAll("tr.differs td.violated button")[0].Click();
        Assert.Single(second);
    }

    [Fact]
    public void Two_runs_of_which_nothing_comes_say_so()
    {
        var card = Runs.Idle.Functions[0];
        var nothing = RunOf(Runs.Idle with { Functions = [card with { Device = card.Device with { Pin = InterruptPin.None } }] });
        var shown = Difference(nothing, nothing);
        Assert.Equal("Nothing of note comes of either.", shown.FindAll("section")[0].QuerySelector("p")!.TextContent);
        Assert.Equal("Neither run comes to the end of its first kernel.", shown.FindAll("section")[1].QuerySelector("p")!.TextContent);
    }

    [Fact]
    public void What_is_handed_over_otherwise_is_listed_and_if_nothing_is_that_is_told()
    {
        Assert.Contains("Nothing: whoever comes next finds the same registers.", Difference(Runs.Story, Runs.Story).Markup, StringComparison.Ordinal);
        var report = CompareReport.Of(Of(Runs.Story), Of(Runs.Patched));
        var shown = Difference(Runs.Story, Runs.Patched);
        Assert.Equal(
            report.HandOvers.Select(h => $"{h.Subject}|{h.Register}|{h.First}|{h.Second}"),
            shown.FindAll(".registers-table tbody tr").Select(r => string.Join('|', r.Children.Select(c => c.TextContent))));
        Assert.NotEmpty(report.HandOvers);

        var idle = RunOf(Runs.Idle);
        Assert.Contains("A does not come to the end", Difference(idle, Runs.Story).Markup, StringComparison.Ordinal);
        Assert.Contains("B does not come to the end", Difference(Runs.Story, idle).Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_hundreds_of_registers_sixty_are_shown()
    {
        var huge = Runs.Huge.Machine.Scenario;
        var shown = Difference(Runs.Huge, RunOf(huge.WithPolicy(ShutdownPolicy.Find("P0")!)));
        var rows = shown.FindAll(".registers-table tbody tr").Count;
        Assert.InRange(rows, 1, 60);
        Assert.Equal(rows == 60, shown.Markup.Contains(" more registers differ.", StringComparison.Ordinal));
    }
}
