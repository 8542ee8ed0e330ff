using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Audit;

namespace PciDash.Scenarios.Tests.Audit;

/// <summary>What an audit says of one machine is what the runs say that it links to.</summary>
public class OfOneMachine
{
    private static readonly Scenario Story = ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario;

    private static readonly Lazy<AuditReport> OfStory = new(static () => MachineAudit.Of(Story));

    private static AuditFinding Storm(AuditReport report) => report.Findings.Single(f => f.Kind == OutcomeKind.StormDisabled);

    [Fact]
    public void The_storys_line_dies_where_MSI_is_switched_off_and_a_driver_listens()
    {
        var storm = Storm(OfStory.Value);
        Assert.Equal(["IRQ 21"], storm.Subjects);
        Assert.Equal(["4.1 reboot", "4.1 poweroff"], storm.Seen.Select(s => s.Cell.ToString()));
        Assert.All(storm.Seen, s => Assert.Equal((4, 4), (s.SeenIn, s.Runs)));
        Assert.Same(storm, OfStory.Value.Findings[0]);
        Assert.Equal(("00:09.0", "virtio-pci"), (storm.Culprits.Single().Function.ToString(), storm.Culprits.Single().Driver));
        Assert.Contains(storm.Why, w => w.Contains("[pci_msix_shutdown]", StringComparison.Ordinal));
        Assert.Contains(storm.Why, w => w.StartsWith("00:09.0: INTA# asserted", StringComparison.Ordinal));
        Assert.Empty(storm.DependsOn);
    }

    [Fact]
    public void Each_sighting_opens_the_run_at_the_event_that_brought_it_about()
    {
        var sighting = Storm(OfStory.Value).Seen[0];
        var document = ShareLink.Decode(ShareLink.TryEncode(OfStory.Value.Shows(sighting))!);
        var run = Run.Of(CompiledMachine.Compile(document.Scenario), document.Seed);
        Assert.Equal(EventKind.NobodyCared, run.Recording.EventAt(document.View.Step!.Value).Event.Kind);
        Assert.Contains(Outcomes.Of(run), o => o.Kind == OutcomeKind.StormDisabled);
    }

    [Fact]
    public void What_helps_was_tried_and_what_only_hides_the_storm_does_not_help()
    {
        var fixes = Storm(OfStory.Value).Fixes;
        Assert.Contains(fixes, f => f.Kind == AuditFixKind.Policy && f.What.Contains("4.11", StringComparison.Ordinal) && f.Cells.Count == 2);
        Assert.Contains(fixes, f => f.Kind == AuditFixKind.Driver && f.What.Contains("virtio-pci", StringComparison.Ordinal));
        Assert.Contains(fixes, f => f is { Kind: AuditFixKind.BootOption, What: "pci=nomsi" });

        // noirqdebug keeps the line alive, with the storm on it; irqpoll finds nobody who answers.
        Assert.DoesNotContain(fixes, f => f.What is "noirqdebug" or "irqpoll");
    }

    [Fact]
    public void A_driver_that_silences_its_device_leaves_nothing_to_find()
    {
        var virtio = Story.Functions.Single(f => f.Device.Id == "virtio-net");
        var report = MachineAudit.Of(Story.WithDriver(0, virtio, DriverModel.Find("virtio-pci-reset")), new AuditOptions { Kernels = [KernelRelease.Find("4.1")!], Paths = [ShutdownPath.Reboot] });
        Assert.Equal(OutcomeWeight.Fine, report.Worst);
        Assert.All(report.Subjects, s => Assert.DoesNotContain(s.Cells[0], o => OutcomeText.WeightOf(o.Kind) > OutcomeWeight.Fine));
    }

    [Fact]
    public void Where_a_drivers_shutdown_is_not_known_the_outcome_depends_on_it_and_after_a_crash_it_does_not()
    {
        var virtio = Story.Functions.Single(f => f.Device.Id == "virtio-net");
        var unknown = DriverModel.Find("virtio-pci")! with { Id = "mystery", Unknown = "what its .shutdown does", ChildShutdown = static _ => [] };
        var machine = Story.WithDriver(0, virtio, unknown) with { OwnDrivers = [unknown] };
        var report = MachineAudit.Of(machine, new AuditOptions { Kernels = [KernelRelease.Find("4.1")!], Runs = 2 });
        var depends = Assert.Single(Storm(report).DependsOn);
        Assert.Equal(("mystery", "what its .shutdown does"), (depends.Driver, depends.What));
        Assert.Equal("mystery", Assert.Single(report.Unknowns).Driver);
        Assert.All(report.Findings.Where(f => f.Seen.All(s => s.Cell.Path == ShutdownPath.Kdump)), f => Assert.Empty(f.DependsOn));
        Assert.Contains("depends  on mystery", AuditText.Plain(report, "m"), StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_crash_no_shutdown_runs_so_no_policy_and_no_driver_helps()
    {
        var card = new Bdf(0, 3, 0);
        var machine = new Scenario("crash", Platform.AcpiPc, [new FunctionSpec(card, DeviceModel.Find("igb")!) { Events = [new EventSource("rx", 500_000)] }],
            [new BootSpec(KernelRelease.Find("4.1")!, ShutdownPolicy.P4, ShutdownPath.Reboot)]);
        var report = MachineAudit.Of(machine, new AuditOptions { Kernels = [KernelRelease.Find("4.1")!], Paths = [ShutdownPath.Kdump] });
        var stale = report.Findings.Single(f => f.Kind == OutcomeKind.UnknownVector);
        Assert.Equal(["00:03.0"], stale.Subjects);
        Assert.NotEmpty(stale.Fixes);
        Assert.All(stale.Fixes, f => Assert.Equal(AuditFixKind.BootOption, f.Kind));
        Assert.Contains(stale.Fixes, f => f.What == "pci=clearmsi in the crash kernel");

        // The second kernel runs as the kernel's documentation recommends.
        var next = report.Shows(stale.Seen[0]).Scenario.Boots[1];
        Assert.Equal((true, IrqFixup.IrqPoll, 1), (next.ResetDevices, next.IrqFixup, next.Cpus));
    }

    [Fact]
    public void Each_device_is_as_busy_as_the_seed_has_it_whatever_stands_beside_it()
    {
        var more = Story with { Functions = [.. Story.Functions, new FunctionSpec(new Bdf(0, 5, 0), DeviceModel.Find("e1000")!) { Events = [new EventSource("rx", 1_000_000)] }] };
        var options = new AuditOptions { Kernels = [KernelRelease.Find("4.1")!], Paths = [ShutdownPath.Reboot], Runs = 8, Fixes = false };
        static IEnumerable<long> Rates(AuditReport report) => report.Findings.SelectMany(f => f.Seen).Select(report.Shows)
            .Select(d => d.Scenario.Functions.Single(f => f.Device.Id == "virtio-net").Events[0].EveryNs);
        var alone = MachineAudit.Of(Story, options);
        Assert.NotEmpty(Rates(alone));
        Assert.All(Rates(alone), r => Assert.Contains(r / 1_000_000, new long[] { 1, 4, 16, 64 }));
        Assert.Equal(Rates(alone).First(), Rates(MachineAudit.Of(more, options)).First());
        Assert.True(Enumerable.Range(1, 8).Select(s => AuditVariants.WithTraffic(Story, (ulong)s).Functions[1].Events[0].EveryNs).Distinct().Count() > 1);
    }

    [Fact]
    public void Two_threads_find_what_one_finds()
    {
        var one = AuditText.Json(MachineAudit.Of(Story, new AuditOptions { Runs = 2, Threads = 1 }), "m").ToJsonString();
        var two = AuditText.Json(MachineAudit.Of(Story, new AuditOptions { Runs = 2, Threads = 2 }), "m").ToJsonString();
        Assert.Equal(one, two);
    }

    [Fact]
    public void A_storm_in_a_run_that_was_stopped_is_said_to_last_till_then_and_proves_no_help()
    {
        // noirqdebug, so that it never ends, beside cards that nobody silences and that are too busy for it to be told in few events.
        var cards = Enumerable.Range(10, 3).Select(d => new FunctionSpec(new Bdf(0, d, 0), DeviceModel.Find("e1000")!) { Events = [new EventSource("rx", 120_000)] }).ToList();
        var machine = Story with { Functions = [.. Story.Functions, .. cards], Boots = [Story.Boots[0] with { NoIrqDebug = true }] };
        machine = cards.Aggregate(machine, (m, c) => m.WithDriver(0, c, DriverModel.Find("pcnet32")));
        var report = MachineAudit.Of(machine, new AuditOptions { Kernels = [KernelRelease.Find("4.1")!], Paths = [ShutdownPath.Reboot], Runs = 1, Fixes = false });
        Assert.Equal(1, report.Stopped);
        var storm = report.Findings.First(f => f.Kind == OutcomeKind.StormHidden);
        Assert.EndsWith("where the run was stopped", storm.Seen[0].Sentence, StringComparison.Ordinal);
        Assert.Contains("1 of them stopped at their limit", AuditText.Plain(report, "m"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_scenario_that_contradicts_itself_and_a_cancelled_audit_are_told()
    {
        Assert.Throws<ScenarioException>(() => MachineAudit.Of(Story with { Functions = [] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => MachineAudit.Of(Story, new AuditOptions { Runs = 0 }));
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => MachineAudit.Of(Story, cancel: cancel.Token));
    }

    [Fact]
    public void Markdown_leaves_no_mark_of_a_dump_as_markup()
    {
        var machine = Story with { Functions = [.. Story.Functions.Select(f => f with { Device = f.Device with { Id = "own-" + f.Device.Id, Title = "<b>| [x](http://e)" } })] };
        machine = machine with { OwnDevices = [.. machine.Functions.Select(f => f.Device)] };
        var text = AuditText.Markdown(MachineAudit.Of(machine, new AuditOptions { Runs = 1, Fixes = false }), "a|b");
        Assert.Contains(@"\<b\>\| \[x\](http://e)", text, StringComparison.Ordinal);
        Assert.Contains(@"# a\|b:", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", text, StringComparison.Ordinal);
    }
}
