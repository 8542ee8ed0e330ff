using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Audit;

namespace PciDash.Scenarios.Tests.Audit;

/// <summary>What would have prevented what went wrong in a run was tried on that run.</summary>
public class OfOneRun
{
    private static Run Of(string preset) => Run.Of(CompiledMachine.Compile(ScenarioPresets.Find(preset)!.Scenario));

    private static List<OutcomeKind> Wrong(Run run) => [.. Outcomes.Of(run).Select(o => o.Kind).Where(k => OutcomeText.WeightOf(k) >= OutcomeWeight.Risk)];

    [Fact]
    public void The_story_is_prevented_by_the_patch_by_the_driver_and_by_never_having_had_MSI()
    {
        var report = PreventionReport.Of(Of("virtio-nobody-cared-2015"));
        Assert.Equal("the PCI core's shutdown of 4.11 – today: MSI stays on; BME off on kexec", report.Found[0].What);
        Assert.Contains(report.Found, f => f.Kind == AuditFixKind.Driver && f.What.Contains("virtio-pci", StringComparison.Ordinal));
        Assert.Contains(report.Found, f => f is { Kind: AuditFixKind.BootOption, What: "pci=nomsi" });
        Assert.True(report.Tried > report.Found.Count);

        // noirqdebug hides the storm, and irqpoll finds nobody who answers.
        Assert.DoesNotContain(report.Found, f => f.What is "noirqdebug" or "irqpoll");
    }

    [Theory]
    [InlineData("virtio-nobody-cared-2015")]
    [InlineData("virtio-nobody-cared-2015-busy-sharer")]
    [InlineData("mpt-fusion-2008")]
    [InlineData("vfio-2gpu-2021")]
    public void What_is_said_to_help_can_be_opened_and_goes_well_there(string preset)
    {
        var run = Of(preset);
        var before = Wrong(run);
        foreach (var found in PreventionReport.Of(run).Found)
        {
            var opened = RunDocument.Parse(new RunDocument(found.Changed) { Seed = run.Seed }.Write());
            var after = Wrong(Run.Of(CompiledMachine.Compile(opened.Scenario), opened.Seed));
            Assert.True(after.Count < before.Count, $"{found.What} left {string.Join(", ", after)} of {string.Join(", ", before)}");
            Assert.Equal(found.IsWhole, after.Count == 0);
            Assert.NotEmpty(found.Prevents);
        }
    }

    [Fact]
    public void Where_nothing_went_wrong_nothing_is_tried() =>
        Assert.Same(PreventionReport.Nothing, PreventionReport.Of(Of("virtio-nobody-cared-2015-seed")));

    [Fact]
    public void A_run_that_was_steered_has_no_counterpart_under_another_scenario()
    {
        var machine = CompiledMachine.Compile(ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario);
        var run = Run.Of(machine);
        var moment = run.At(31);
        var other = run.EnabledAt(moment).First(a => a != run.NextAction(moment));
        Assert.Throws<ArgumentException>(() => PreventionReport.Of(Run.Of(machine, choices: [new Choice(moment.Step, other)])));
    }

    [Fact]
    public void Who_has_left_is_not_waited_for()
    {
        using var left = new CancellationTokenSource();
        left.Cancel();
        Assert.Throws<OperationCanceledException>(() => PreventionReport.Of(Of("virtio-nobody-cared-2015"), left.Token));
    }
}
