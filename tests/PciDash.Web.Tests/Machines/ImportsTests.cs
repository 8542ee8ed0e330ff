using System.Globalization;
using System.Text;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Audit;
using PciDash.Scenarios.Import;
using PciDash.Web.Machines;

namespace PciDash.Web.Tests.Machines;

/// <summary>What the server does with a paste, and what it remembers.</summary>
public class ImportsTests
{
    private static Task<ImportAnswer> Take(Imports imports, string text) =>
        imports.TakeAsync([new ImportFile("paste", Encoding.UTF8.GetBytes(text))], CancellationToken.None);

    private static readonly string[] Drivers = ["igb", "e1000e", "nvme", "xhci_hcd", "ahci", "ixgbe", "virtio-pci", "mlx5_core"];

    [Fact]
    public async Task A_machine_gets_an_address_that_holds_it()
    {
        using var imports = new Imports();
        var answer = await Take(imports, "00:1f.2 SATA controller: Intel Corporation ICH9\n");
        Assert.Empty(answer.Problems);
        var scenario = ShareLink.Decode(answer.Address!["audit".Length..]).Scenario;
        Assert.Equal("00:1f.2", Assert.Single(scenario.Functions).Bdf.ToString());
        Assert.NotNull(imports.Of(scenario));
    }

    [Fact]
    public async Task A_machine_too_large_for_a_link_is_remembered_by_its_key()
    {
        using var imports = new Imports();
        var text = new StringBuilder();
        var draw = 1u; // Nothing repeats, so nothing compresses.
        for (var bus = 1; bus <= 4; bus++)
        {
            text.Append(CultureInfo.InvariantCulture, $"00:1c.{bus} PCI bridge: Intel Corporation 82801 PCI Express Port {bus}\n\tBus: primary=00, secondary=0{bus}, subordinate=0{bus}, sec-latency=0\n");
            for (var i = 0; i < 220; i++)
            {
                draw = (draw * 1_664_525) + 1_013_904_223;
                text.Append(CultureInfo.InvariantCulture, $"0{bus}:{i / 8:x2}.{i % 8} Ethernet controller: Intel Corporation I350 Gigabit Network Connection\n\tInterrupt: pin {(char)('A' + (draw >> 30))} routed to IRQ {16 + (draw >> 20 & 7)}\n\tCapabilities: [50] MSI-X: Enable{((draw >> 16 & 3) == 0 ? '-' : '+')} Count={1 + (draw >> 8 & 2047)} Masked-\n\tKernel driver in use: {Drivers[(draw >> 24) % Drivers.Length]}\n");
            }
        }

        var answer = await Take(imports, text.ToString());
        Assert.StartsWith("audit/w/", answer.Address, StringComparison.Ordinal);
        Assert.Equal(884, imports.Of(answer.Address!["audit/w/".Length..])!.Scenario!.Functions.Count);
    }

    [Fact]
    public async Task A_scenario_file_is_a_machine_too()
    {
        using var imports = new Imports();
        var story = ScenarioPresets.Find(Runs.StoryId)!.Scenario;
        var answer = await Take(imports, "\n" + ScenarioDocument.Write(story));
        Assert.Equal(ScenarioDocument.Write(story), ScenarioDocument.Write(ShareLink.Decode(answer.Address!["audit".Length..]).Scenario));
    }

    [Theory]
    [InlineData("{ \"id\": 5 }", "version")]
    [InlineData("nothing of a machine", "lspci")]
    public async Task What_is_no_machine_is_refused_in_words(string text, string word)
    {
        using var imports = new Imports();
        var answer = await Take(imports, text);
        Assert.Null(answer.Address);
        Assert.Contains(answer.Problems, p => p.Contains(word, StringComparison.Ordinal));
    }

    [Fact]
    public void The_one_used_longest_ago_is_forgotten_first()
    {
        var recent = new Recent<string>(2);
        recent.Keep("a", "1");
        recent.Keep("b", "2");
        Assert.Equal("1", recent.Find("a"));
        recent.Keep("c", "3");
        Assert.Equal(("1", null, "3"), (recent.Find("a"), recent.Find("b"), recent.Find("c")));
        recent.Keep("a", "4");
        recent.Keep("d", "5");
        Assert.Equal(("4", null, "5"), (recent.Find("a"), recent.Find("c"), recent.Find("d")));
    }

    [Fact]
    public async Task The_same_question_about_the_same_machine_is_computed_once()
    {
        var audits = new Audits();
        var story = ScenarioPresets.Find(Runs.StoryId)!.Scenario;
        var options = new AuditOptions { Runs = 1, Paths = [Engine.Kernel.ShutdownPath.Reboot] };
        Assert.Null(audits.Known(story, options));
        var report = await audits.AuditAsync("", story, options, (_, _) => { }, CancellationToken.None);
        Assert.Same(report, audits.Known(story, options with { }));
        Assert.Null(audits.Known(story, options with { Runs = 2 }));
        Assert.Null(audits.Known(story with { Title = "Another" }, options));
    }

    [Fact]
    public async Task A_reader_who_leaves_ends_the_audit()
    {
        var audits = new Audits();
        using var cancel = new CancellationTokenSource();
        var story = ScenarioPresets.Find(Runs.StoryId)!.Scenario;
        var audit = audits.AuditAsync("", story, new AuditOptions { Runs = 100 }, (_, _) => cancel.Cancel(), cancel.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => audit);
        Assert.Null(audits.Known(story, new AuditOptions { Runs = 100 }));
    }
}
