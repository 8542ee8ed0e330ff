using System.Text;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Audit;

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
