using Bunit;
using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Scenarios;
using PciDash.Scenarios.Matrix;
using PciDash.Web.Components.Machines;
using PciDash.Web.Machines;

namespace PciDash.Web.Tests.Machines;

/// <summary>What a cell of a matrix says, and how each of its lines looks.</summary>
public class VerdictTests : ComponentTest
{
    private static readonly RunDocument Document = new(ScenarioPresets.Find(Runs.StoryId)!.Scenario);

    private static readonly MatrixCell Cell = new(ShutdownPolicy.P4, ShutdownPath.Reboot, null, MatrixDrivers.AsGiven);

    private static MatrixVerdict Says(VerdictKind kind, Property? property = null, RunDocument? shows = null) =>
        new(property ?? Property.NoSpuriousDisable, kind, "because") { Shows = shows };

    [Theory]
    [InlineData(VerdictKind.Violated, false, "violated", "✗", "violated")]
    [InlineData(VerdictKind.ViolatedOnlyIf, false, "only-if", "◐", "only if slower")]
    [InlineData(VerdictKind.Holds, false, "holds", "✓", "holds")]
    [InlineData(VerdictKind.NotFinished, false, "open", "?", "not finished")]
    [InlineData(VerdictKind.NotFinished, true, "seen-in-run", "✗?", "not finished; seen in a run")]
    public void A_line_has_a_look_a_mark_and_words_for_each_verdict(VerdictKind kind, bool seen, string look, string mark, string words)
    {
        var line = Render<VerdictLine>(p => p.Add(c => c.Verdict, Says(kind, shows: seen ? Document : null)).Add(c => c.Where, "P4 reboot"));
        Assert.Equal(mark, line.Find($".says.{look} .mark").TextContent);
        Assert.Equal($"no-spurious-disable {words}", line.Find(".says").TextContent[mark.Length..]);
        Assert.Equal("because", line.Find(".says").GetAttribute("title"));
        Assert.Empty(line.FindAll("a"));
    }

    [Fact]
    public void A_line_with_a_run_is_a_link_that_says_where_it_leads_and_a_bare_one_names_no_property()
    {
        var line = Render<VerdictLine>(p => p.Add(c => c.Verdict, Says(VerdictKind.Violated)).Add(c => c.Where, "P4 reboot").Add(c => c.Link, "s/1x").Add(c => c.Bare, true));
        Assert.Equal("s/1x", line.Find("a.says.violated").GetAttribute("href"));
        Assert.Equal("no-spurious-disable violated: open the run, P4 reboot", line.Find("a").GetAttribute("aria-label"));
        Assert.Equal("✗violated", line.Find("a").TextContent);
    }

    [Fact]
    public void A_cell_tells_what_does_not_hold_the_worst_first_and_counts_what_does()
    {
        var cell = CellOf(Says(VerdictKind.Holds, Property.NoLateMsi), Says(VerdictKind.NotFinished, Property.NoStaleDma), Says(VerdictKind.Violated));
        Assert.Equal("violated", cell.Find("td").ClassName);
        Assert.Equal(["no-spurious-disable violated", "no-stale-dma not finished", "1 holds"], cell.FindAll(".says > span:last-child").Select(s => s.TextContent.Trim()));
    }

    [Fact]
    public void A_cell_where_all_hold_says_so_and_one_that_was_cut_short_says_where()
    {
        Assert.Equal("✓all hold", CellOf(Says(VerdictKind.Holds), Says(VerdictKind.Holds, Property.NoLateMsi)).Find("td.holds .says.holds").TextContent);
        Assert.Equal("✓holds", CellOf(Says(VerdictKind.Holds)).Find(".says.holds").TextContent);
        Assert.Equal("stopped at 5 s", CellOf(a => a with { Bound = "5 s" }, Says(VerdictKind.NotFinished)).Find("td.open small").TextContent);
        Assert.Empty(CellOf(a => a with { Bound = "5 s" }, Says(VerdictKind.Violated)).FindAll("small"));
    }

    [Fact]
    public void A_cell_that_cannot_be_says_why()
    {
        var cell = CellOf(a => a with { Failure = "boots[0]: no such path" });
        Assert.Equal("impossible: boots[0]: no such path", cell.Find("td.open .says span:last-child").TextContent);
    }

    [Fact]
    public void A_cell_of_one_property_tells_that_one_alone_also_where_it_holds()
    {
        var answer = new MatrixAnswer(Cell, Document, [Says(VerdictKind.Violated), Says(VerdictKind.Holds, Property.NoLateMsi)]);
        var cell = Render<VerdictCell>(p => p.Add(c => c.Answer, answer).Add(c => c.Linked, LinkedOf(answer)).Add(c => c.Only, Property.NoLateMsi));
        Assert.Equal("✓holds", Assert.Single(cell.FindAll("td.holds .says")).TextContent);
    }

    private IRenderedComponent<VerdictCell> CellOf(params MatrixVerdict[] verdicts) => CellOf(static a => a, verdicts);

    private IRenderedComponent<VerdictCell> CellOf(Func<MatrixAnswer, MatrixAnswer> with, params MatrixVerdict[] verdicts)
    {
        var answer = with(new MatrixAnswer(Cell, Document, verdicts));
        return Render<VerdictCell>(p => p.Add(c => c.Answer, answer).Add(c => c.Linked, LinkedOf(answer)));
    }

    private static Linked<MatrixReport> LinkedOf(MatrixAnswer answer) =>
        new(new MatrixReport(Document.Scenario, Property.All, [answer]), new Dictionary<RunDocument, string?>());
}
