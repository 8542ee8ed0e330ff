using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Comparison;

namespace PciDash.Scenarios.Tests.Comparison;

/// <summary>Where two runs part, what comes of each, and which events stand beside each other.</summary>
public class CompareReports
{
    private static readonly Scenario Story = ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario;

    private static CompareReport Of(Scenario first, Scenario second)
    {
        var (a, b) = (new RunDocument(first), new RunDocument(second));
        return CompareReport.Of((a, Run.Of(CompiledMachine.Compile(first))), (b, Run.Of(CompiledMachine.Compile(second))));
    }

    private static ShutdownPolicy Policy(string id) => ShutdownPolicy.Find(id)!;

    [Fact]
    public void The_patch_of_2015_is_told_in_one_sentence_with_its_outcomes_and_its_hand_over()
    {
        var report = Of(Story, Story.WithPolicy(Policy("seed")));
        Assert.Equal("With “MSI off; BME off on kexec”, IRQ 21 is disabled after 100,000 interrupts: nobody cared; with “the 2015 patch: MSI stays on; BME off on kexec” not.", report.Verdict);
        Assert.True(report.MattersWhich);
        Assert.Equal(Divergence.Of(report.First.Run, report.Second.Run), report.Divergence);
        var change = Assert.Single(report.Changes);
        Assert.Equal(("at shutdown", Policy("P4").Label, Policy("seed").Label), (change.What, change.First, change.Second));

        var storm = report.Outcomes[0];
        Assert.Equal(("IRQ 21", OutcomeKind.StormDisabled), (storm.Subject, storm.Kind));
        Assert.NotNull(storm.First);
        Assert.Null(storm.Second);
        Assert.Contains(report.Outcomes, o => o is { Subject: "00:09.0", Kind: OutcomeKind.Handled, First: null, Second: not null });

        Assert.Contains(new HandOverDifference("00:09.0", "MSI-X Enable", "0", "1"), report.HandOvers);
        Assert.Contains(new HandOverDifference("IRQ 21", "irq", "given up", "enabled"), report.HandOvers);
        Assert.DoesNotContain(report.HandOvers, d => d.First == d.Second);
    }

    [Fact]
    public void The_other_way_round_the_sentence_turns_and_everything_else_with_it()
    {
        var report = Of(Story.WithPolicy(Policy("seed")), Story);
        Assert.StartsWith("With “MSI off; BME off on kexec”, IRQ 21 is disabled", report.Verdict, StringComparison.Ordinal);
        Assert.Null(report.Outcomes[0].First);
        Assert.Contains(new HandOverDifference("00:09.0", "MSI-X Enable", "1", "0"), report.HandOvers);
    }

    [Fact]
    public void Kernels_are_named_by_their_version()
    {
        var report = Of(Story, Story.WithKernel(KernelRelease.Find("6.12")!));
        Assert.Equal(("Linux 4.1", "Linux 6.12"), (report.First.Name, report.Second.Name));
        Assert.EndsWith("; with Linux 6.12 not.", report.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_line_or_a_driver_is_told_as_a_change_and_names_the_sides()
    {
        var report = Of(Story, Story.WithOption(0, "noirqdebug", true));
        var change = Assert.Single(report.Changes);
        Assert.Equal(("command line", "as usual", "noirqdebug"), (change.What, change.First, change.Second));
        Assert.Equal("command line noirqdebug", report.Second.Name);

        var f = Story.Functions[^1];
        report = Of(Story, Story.WithDriver(0, f, null));
        Assert.Contains(report.Changes, c => c.What == $"driver of {f.Bdf}");
    }

    [Fact]
    public void Runs_that_are_the_same_say_so_and_stand_beside_each_other_everywhere()
    {
        var report = Of(Story.WithPolicy(ShutdownPolicy.P5), Story.WithPolicy(Policy("seed")));
        Assert.Null(report.Divergence);
        Assert.Equal("The runs are the same to the end.", report.Verdict);
        Assert.Empty(report.HandOvers);
        Assert.False(report.MattersWhich);
        for (var raw = 0L; raw < report.First.Run.Recording.RawCount; raw += 3)
        {
            Assert.Equal((raw, raw), (report.Alignment.OfFirst(raw, false), report.Alignment.OfSecond(raw, true)));
        }
    }

    [Fact]
    public void What_goes_wrong_either_way_does_not_matter()
    {
        var report = Of(Story, Story with { Timing = TimingProfile.All.First(t => t != Story.Timing) });
        Assert.NotNull(report.Divergence);
        Assert.Equal("It does not matter which: IRQ 21 is disabled after 100,000 interrupts: nobody cared with both.", report.Verdict);
        Assert.False(report.MattersWhich);
    }

    [Fact]
    public void Before_they_part_the_same_event_stands_beside_and_after_it_the_same_time_or_the_same_thing()
    {
        var report = Of(Story, Story.WithPolicy(Policy("seed")));
        var (a, b) = (report.First.Run.Recording, report.Second.Run.Recording);
        var parts = report.Divergence!.Raw;
        for (var raw = 0L; raw < parts; raw++)
        {
            Assert.Equal((raw, raw, raw), (report.Alignment.OfFirst(raw, false), report.Alignment.OfFirst(raw, true), report.Alignment.OfSecond(raw, true)));
        }

        // By time: never later, and the next one would be.
        for (var raw = parts; raw < a.RawCount; raw += Math.Max(1, a.RawCount / 500))
        {
            var beside = report.Alignment.OfFirst(raw, false);
            Assert.True(b.EventAt(beside).TimeNs <= a.EventAt(raw).TimeNs);
            Assert.True(beside + 1 >= b.RawCount || b.EventAt(beside + 1).TimeNs > a.EventAt(raw).TimeNs);
        }

        // By cause: the phase in which the machine is reset is the same phase, whenever that is.
        var (ours, theirs) = (Phase(report.First.Run, "firmware"), Phase(report.Second.Run, "firmware"));
        Assert.NotEqual(a.EventAt(ours).TimeNs, b.EventAt(theirs).TimeNs);
        Assert.Equal(theirs, report.Alignment.OfFirst(ours, true));
        Assert.Equal(ours, report.Alignment.OfSecond(theirs, true));
    }

    [Fact]
    public void Every_pair_of_policies_on_every_path_can_be_compared()
    {
        foreach (var path in (ShutdownPath[])[ShutdownPath.Reboot, ShutdownPath.Poweroff, ShutdownPath.Kexec])
        {
            foreach (var policy in ShutdownPolicy.All)
            {
                var report = Of(Story.WithPath(path), Story.WithPath(path).WithPolicy(policy));
                Assert.EndsWith(".", report.Verdict, StringComparison.Ordinal);
                Assert.True(report.FirstHandOver >= 0 && report.SecondHandOver >= 0);
                Assert.Equal(report.Divergence is null, report.Verdict.StartsWith("The runs are the same", StringComparison.Ordinal));
                Assert.Contains(report.First.Document.Scenario.Id, CompareText.Plain(report), StringComparison.Ordinal);
            }
        }
    }

    private static long Phase(Run run, string name)
    {
        foreach (var e in run.Recording.Entries)
        {
            if (e.Event.Kind == EventKind.Phase && run.Machine.Names[e.Event.A] == name)
            {
                return e.Raw;
            }
        }

        throw new InvalidOperationException("no " + name);
    }
}
