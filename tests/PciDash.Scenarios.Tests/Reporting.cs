using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Reports;

namespace PciDash.Scenarios.Tests;

/// <summary>A report goes into mails and issue trackers.</summary>
public class Reporting
{
    private const string Story = "virtio-nobody-cared-2015";
    private const string Address = "https://pcidash.example";

    private static RunReport Of(string preset, bool check = false, string title = "")
    {
        var document = new RunDocument(ScenarioPresets.Find(preset)!.Scenario) { Title = title };
        var machine = CompiledMachine.Compile(document.Scenario);
        return new RunReport(document, Run.Of(machine), check ? new Explorer(machine).Search() : null, Address);
    }

    public static TheoryData<string> Presets => [.. ScenarioPresets.All.Select(p => p.Id)];

    [Theory, MemberData(nameof(Presets))]
    public void Plain_text_fits_a_mailing_list(string preset)
    {
        var lines = Of(preset).Plain().Split('\n');
        Assert.All(lines, l => Assert.True(l.Length <= 72 || l.StartsWith(Address + "/s/1", StringComparison.Ordinal), l));
        Assert.All(lines, l => Assert.DoesNotContain(l, c => c is < ' ' or > '~'));
        Assert.All(lines, l => Assert.Equal(l.TrimEnd(), l));
        Assert.Contains("What happens", lines);
    }

    [Fact]
    public void The_story_is_told_with_its_causes_and_its_link()
    {
        var text = Of(Story).Plain();
        Assert.Contains("* IRQ 21 is disabled after 100,000 interrupts: nobody cared.\n", text, StringComparison.Ordinal);
        Assert.Contains("MSI-X Enable = 0", text, StringComparison.Ordinal);
        Assert.Contains("INTA# asserted", text, StringComparison.Ordinal);
        Assert.Contains("nobody cared: 100,000 of 100,000", text, StringComparison.Ordinal);
        Assert.Contains("Disabling IRQ #21", text, StringComparison.Ordinal);
        var link = text.Split('\n').Single(l => l.StartsWith(Address, StringComparison.Ordinal));
        Assert.Equal(Story, ShareLink.Decode(link).Scenario.Id);
    }

    [Fact]
    public void Where_orderings_were_searched_the_shortest_way_to_break_it_is_shown()
    {
        var text = Of(Story, check: true).Plain();
        Assert.Contains("  no-spurious-disable  violated\n", text, StringComparison.Ordinal);
        Assert.Contains("The shortest way to break it\n", text, StringComparison.Ordinal);
        Assert.Contains("irq_disabled irq=21\n", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split('\n').Count(l => l.StartsWith(Address, StringComparison.Ordinal)));
        Assert.Contains("  no-spurious-disable  holds\n", Of(Story + "-seed", check: true).Plain(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_author_wrote_is_text_in_markdown_and_nothing_else()
    {
        var text = Of(Story, title: "<script>alert(1)</script> [x](javascript:y) ![z](http://e.vil/p.png) `a` | @all\n# head").Markdown();
        var first = text.Split('\n')[0];
        Assert.StartsWith("# &lt;script&gt;alert(1)&lt;/script&gt; \\[x\\]", first, StringComparison.Ordinal);
        Assert.DoesNotContain("http://e.vil", text, StringComparison.Ordinal);
        Assert.DoesNotContain("![", text, StringComparison.Ordinal);
        Assert.EndsWith("\\# head", first, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_break_or_an_escape_in_a_title_stays_on_its_line()
    {
        var text = Of(Story, title: "a\u001b[31mb\r\nFrom: root \u00e9\u202e" + new string('x', 150)).Plain();
        Assert.DoesNotContain('\u001b', text);
        Assert.StartsWith("a [31mb From: root\n??xxx", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), l => Assert.True(l.Length <= 72 || l.StartsWith(Address, StringComparison.Ordinal), l));
    }

    [Fact]
    public void The_same_run_gives_the_same_report() => Assert.Equal(Of(Story).Markdown(), Of(Story).Markdown());
}
