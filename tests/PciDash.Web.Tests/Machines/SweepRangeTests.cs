using Bunit;
using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Matrix;
using PciDash.Web.Components.Machines;
using PciDash.Web.Machines;

namespace PciDash.Web.Tests.Machines;

/// <summary>Releases that do the same: what happens, what holds, and where it can be seen.</summary>
public class SweepRangeTests : ComponentTest
{
    private static readonly RunDocument Document = new(ScenarioPresets.Find(Runs.StoryId)!.Scenario);

    private static readonly MatrixCell Cell = new(ShutdownPolicy.P4, ShutdownPath.Reboot, null, MatrixDrivers.AsGiven);

    private static MatrixVerdict Says(VerdictKind kind, Property property, RunDocument? shows = null) => new(property, kind, "because") { Shows = shows };

    private IRenderedComponent<SweepRange> Of(IReadOnlyList<string> outcomes, MatrixAnswer? answer, params (RunDocument, string?)[] links)
    {
        var row = new SweepRow(KernelRelease.Find("4.1")!, Document, "", outcomes, answer);
        return Render<SweepRange>(p => p.Add(r => r.Row, row).Add(r => r.Releases, "3.13 to 4.1")
            .Add(r => r.Linked, new Linked<SweepReport>(new SweepReport(Document.Scenario, [row], []), links.ToDictionary(l => l.Item1, l => l.Item2))));
    }

    [Fact]
    public void Releases_of_which_nothing_comes_say_so_and_where_there_is_no_link_there_is_none()
    {
        var range = Of([], null);
        Assert.Equal("Linux 3.13 to 4.1", range.Find("h2").TextContent);
        Assert.Equal("Nothing of note.", range.Find("p").TextContent.Trim());
        Assert.Empty(range.FindAll("a"));
        Assert.Empty(range.FindAll(".says"));
    }

    [Fact]
    public void Outcomes_are_named_and_their_run_opens()
    {
        var range = Of(["IRQ 21 nobody cared", "IRQ 21 disabled"], null, (Document, "s/1x"));
        Assert.StartsWith("IRQ 21 nobody cared, IRQ 21 disabled", range.Find("p").TextContent.Trim(), StringComparison.Ordinal);
        Assert.Equal(("s/1x", "Open the run of 4.1"), (range.Find("a").GetAttribute("href"), range.Find("a").GetAttribute("aria-label")));
    }

    [Fact]
    public void What_does_not_hold_comes_first_with_its_run_what_holds_in_one_line_and_what_does_not_apply_not_at_all()
    {
        var shows = Document with { Seed = 9 };
        var range = Of([], new MatrixAnswer(Cell, Document, [
            Says(VerdictKind.Holds, Property.NoLateMsi), Says(VerdictKind.NotFinished, Property.NoStaleDma), Says(VerdictKind.NotApplicable, Property.NoStaleMsi),
            Says(VerdictKind.Violated, Property.NoSpuriousDisable, shows), Says(VerdictKind.Holds, Property.NoEndlessStorm)]), (shows, "s/1y"));
        Assert.Equal(["violated", "open", "holds"], range.FindAll(".says").Select(s => s.ClassList.Single(c => c != "says")));
        Assert.Equal("s/1y", range.Find("a.says.violated").GetAttribute("href"));
        Assert.Equal($"✓holds: {Property.NoLateMsi.Id}, {Property.NoEndlessStorm.Id}", range.FindAll(".says.holds")[^1].TextContent);
        Assert.DoesNotContain(Property.NoStaleMsi.Id, range.Markup, StringComparison.Ordinal);
    }
}
