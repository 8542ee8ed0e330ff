using System.Text;
using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Audit;
using PciDash.Scenarios.Matrix;

namespace PciDash.Scenarios.Tests.Audit;

/// <summary>A folder of machines: in order, each for itself, and a summary by device.</summary>
public class OfAFleet
{
    private static readonly AuditOptions Options = new() { Runs = 1, Fixes = false, Threads = 2 };

    private static readonly byte[] Story = Encoding.UTF8.GetBytes(ScenarioDocument.Write(ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario));

    private static readonly byte[] Listing = Encoding.UTF8.GetBytes("00:19.0 Ethernet controller [0200]: Intel [8086:10d3]\n\tKernel driver in use: e1000e\n");

    private static (string, Func<ReadOnlyMemory<byte>>) File(string name, byte[] bytes) => (name, () => bytes);

    [Fact]
    public void Files_that_give_no_machine_are_told_with_their_reason_and_stop_nothing()
    {
        var machines = FleetAudit.Of(
            [File("a", Story), File("b.jpg", [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]), File("c", Listing), ("d", () => throw new IOException("gone")), File("e", "{\"version\":1}"u8.ToArray()), File("f", Story)],
            Options).ToList();
        Assert.Equal(["a", "b.jpg", "c", "d", "e", "f"], machines.Select(m => m.Name));
        Assert.Equal([true, false, true, false, false, true], machines.Select(m => m.Report is not null));
        Assert.Equal("gone", machines[3].Failure);
        Assert.Contains("no PCI function", machines[1].Failure, StringComparison.Ordinal);
        var summary = new FleetSummary();
        machines.ForEach(summary.Add);
        Assert.Equal((3, 3, 5L), (summary.Machines, summary.Failed, summary.Functions));
        var storm = summary.Rows[0];
        Assert.Equal((OutcomeKind.StormDisabled, "virtio-pci", 2), (storm.Key.Kind, storm.Key.Driver, storm.Machines));
        Assert.Contains(("4.1 reboot", 2), storm.Where);
        Assert.Contains("no machine: 1 file (d): gone", FleetText.Plain(summary), StringComparison.Ordinal);
    }

    [Fact]
    public void All_orderings_are_counted_by_machine_with_the_worst_of_its_kernels_and_paths()
    {
        var options = Options with { Kernels = [KernelRelease.Find("4.1")!, KernelRelease.Find("6.18")!], Paths = [ShutdownPath.Reboot] };
        var machines = FleetAudit.Of([File("a", Story), File("b", Listing), File("c", Story)], options, new SearchBudget(400_000, 100_000_000, TimeSpan.FromSeconds(20))).ToList();
        var summary = new FleetSummary();
        machines.ForEach(summary.Add);
        var disable = summary.Verdicts.Single(v => v.Property.Id == "no-spurious-disable");
        Assert.Equal((2, 0, 0, 1), (disable.Violated, disable.OnlyIf, disable.NotFinished, disable.Holds));
        Assert.Equal([("4.1 reboot", 2)], disable.Where);
        Assert.Matches(@"\n +2 +0 +0 +1  no-spurious-disable: 4\.1 reboot 2\n", FleetText.Plain(summary));
        Assert.Contains("| no-spurious-disable | 2 | 0 | 0 | 1 | 4.1 reboot 2 |", FleetText.Markdown(summary), StringComparison.Ordinal);
        Assert.Equal(2, FleetText.Json(summary)["orderings"]!.AsArray().Single(v => (string)v!["property"]! == "no-spurious-disable")!["violated"]!.GetValue<int>());
        Assert.Contains("verdicts are violated", FleetText.Line(machines[0]), StringComparison.Ordinal);
        Assert.Contains("0 of ", FleetText.Line(machines[1]), StringComparison.Ordinal);
    }

    [Fact]
    public void Clusters_of_machines_that_look_alike_are_searched_once()
    {
        // Two boards that differ in their addresses: too many functions for one search of the whole.
        static Scenario Board(int bus) => ScenarioDocument.Parse($$"""
            {
              "version": 1, "platform": "acpi-pc",
              "functions": [ {{string.Join(", ", Enumerable.Range(1, 12).Select(n =>
                  Node.Invariant($$"""{ "bdf": "00:{{n + bus:x2}}.0", "device": "{{(n % 2 == 0 ? "virtio-net" : "uhci")}}", "gsi": {{16 + bus + (n / 2)}}, "events": [ { "what": "{{(n % 2 == 0 ? "rx" : "completion")}}", "every_us": 700 } ] }""")))}} ],
              "boots": [ { "kernel": "4.1", "path": "reboot" } ]
            }
            """).Scenario;
        var clusters = new ClusterCache();
        var budget = new SearchBudget(400_000, 100_000_000, TimeSpan.FromSeconds(20));
        AuditCell[] cells = [new(KernelRelease.Find("4.1")!, ShutdownPath.Reboot)];
        var first = AuditOrderings.Of(Board(0), cells, budget, clusters: clusters);
        var known = clusters.Hits;
        var second = AuditOrderings.Of(Board(1), cells, budget, clusters: clusters);
        Assert.True(clusters.Hits - known >= 6, $"{clusters.Hits - known} clusters were known");
        Assert.Equal(first.Answers[0].Verdicts.Select(v => v.Kind), second.Answers[0].Verdicts.Select(v => v.Kind));
        Assert.Contains(first.Answers[0].Verdicts, v => v.Kind == VerdictKind.Violated);
    }

    [Fact]
    public void The_summary_holds_as_much_for_many_machines_as_for_few()
    {
        var summary = new FleetSummary();
        var report = new FleetMachine("m", FleetAudit.Of([File("a", Story)], Options).Single().Report, "");
        for (var i = 0; i < 1_000; i++)
        {
            summary.Add(report with { Name = $"m{i}" });
            summary.Add(new FleetMachine($"x{i}", null, "gone"));
        }

        Assert.Equal(1_000, summary.Rows[0].Machines);
        var reason = Assert.Single(summary.Failures);
        Assert.Equal((1_000, 5), (reason.Files, reason.First.Count));
    }
}
