using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Tests;

/// <summary>What the presets of the 2015 argument show, computed by running them.</summary>
public class VirtioStory
{
    private const string Id = "virtio-nobody-cared-2015";

    private static bool Disabled(Recorded r) => r.Count(EventKind.NobodyCared) > 0;

    [Fact]
    public void The_machine_is_the_one_of_the_mails()
    {
        var s = ScenarioPresets.Find(Id)!.Scenario;
        var machine = CompiledMachine.Compile(s);
        Assert.Same(Platform.Q35, s.Platform);
        Assert.Equal(1, machine.CpuCount);
        Assert.Equal(["00:01.0", "00:09.0"], machine.Functions.Select(f => f.Bdf.ToString()));
        Assert.All(s.Functions, f => Assert.Null(f.Gsi));
        Assert.Equal(21, Assert.Single(machine.Lines).Gsi.Value);
        Assert.Empty(machine.Functions[0].Spec.Events);
        var start = Run.Of(machine).At(-1).After;
        Assert.Equal((0x0507, true, true), (start.Function(1).Command, start.Function(1).MsixEnable, start.Function(1).BusMaster));
        Assert.Equal((0, 0, 0L), (start.Line(0).IrqCount, start.Line(0).Unhandled, start.Line(0).Interrupts));
        Assert.True(start.Function(0).LineAction);
        Assert.False(start.Function(1).LineAction);
        var boot = Assert.Single(s.Boots);
        Assert.Equal(("4.1", "P4", ShutdownPath.Reboot), (boot.Release.Version, boot.Policy.Id, boot.Path));
    }

    [Fact]
    public void Linux_4_1_gives_the_line_up_after_100000_and_masks_it_with_one_more_delivery()
    {
        var r = Recorded.Of(Id);
        var net = r.Function("00:09.0");
        Assert.Equal(1, r.Count(EventKind.CfgMsix, e => e.Subject == net && e.A == 0));
        Assert.Equal(0x0107, r.The(EventKind.CfgCommand, e => e.Subject == net).B);
        Assert.True(r.Asserted(21));
        Assert.Equal((100_000, 100_000), (r.The(EventKind.NobodyCared).A, r.The(EventKind.NobodyCared).B));
        Assert.Equal(1, r.Deliveries(21, DeliveryOutcome.LazyMasked));
        Assert.Equal(100_001, r.Deliveries(21));
        Assert.Equal("firmware", r.Phases.Last());
        Assert.False(r.Run.Final.Line(0).Asserted);
        Assert.Equal(RunEnd.Complete, r.Run.End);
    }

    [Fact]
    public void With_the_patch_messages_go_on_and_the_line_stays_silent()
    {
        var r = Recorded.Of(Id + "-seed");
        var net = r.Function("00:09.0");
        Assert.Equal(0, r.Count(EventKind.CfgMsix));
        Assert.False(r.Asserted(21));
        Assert.False(Disabled(r));
        var down = r.All.First(x => x.Event.Kind == EventKind.DriverShutdown && x.Event.Subject == net && x.Event.A == 1).Raw;
        Assert.Contains(r.All, x => x.Raw > down && x.Event.Kind == EventKind.MsiWrite && x.Event.C == (int)MsiResult.Delivered);
    }

    [Fact]
    public void Eb_1_sets_intx_disable_again_behind_msix()
    {
        var r = Recorded.Of(Id + "-eb-1");
        var net = r.Function("00:09.0");
        Assert.Equal([0x0107, 0x0507], r.All.Where(x => x.Event.Kind == EventKind.CfgCommand && x.Event.Subject == net).Select(x => x.Event.B));
        Assert.False(r.Asserted(21));
    }

    [Fact]
    public void With_noirqdebug_the_storm_lasts_until_the_pins_are_masked()
    {
        var r = Recorded.Of(Id + "-noirqdebug");
        Assert.False(Disabled(r));
        Assert.True(r.Deliveries(21) > 100_001);
    }

    [Fact]
    public void Without_a_sharer_the_asserted_line_is_heard_by_nobody()
    {
        var r = Recorded.Of(Id + "-no-sharer");
        Assert.True(r.Asserted(21));
        Assert.Equal(0, r.Deliveries(21));
    }

    [Theory]
    [InlineData(Id + "-busy-sharer")]
    [InlineData("live-busy-sharer")]
    public void A_busy_sharer_hides_the_storm_with_100_or_more_handled_in_each_window(string preset)
    {
        var r = Recorded.Of(preset);
        var sharer = r.Function("00:01.0");
        var handled = r.Count(EventKind.Handler, e => e.Subject == sharer && (e.C & 1) == 1 && e.C >> 4 == (int)IrqReturn.Handled);
        var deliveries = r.Deliveries(21);
        Assert.False(Disabled(r));
        Assert.True(deliveries > 150_000, $"{deliveries} deliveries are no storm that could be hidden");
        Assert.True(handled * 100_000 >= 100 * deliveries, $"{handled} of {deliveries}");

        // The same without its events is given up, if it is watched for long enough: it is they that hide it.
        var idle = Recorded.Of(preset, s => s with
        {
            Functions = [s.Functions[0] with { Events = [] }, s.Functions[1]],
            Boots = [s.Boots[0] with { Stimuli = [.. s.Boots[0].Stimuli.Where(t => t.Target is not null), StimulusForms.Wait(2_000_000_000)] }],
        });
        Assert.True(Disabled(idle));
    }

    [Fact]
    public void On_kexec_bus_master_goes_right_after_msix()
    {
        var r = Recorded.Of(Id + "-kexec");
        var net = r.Function("00:09.0");
        var off = r.TimeOf(EventKind.CfgMsix, e => e.Subject == net && e.A == 0);
        Assert.Equal(55_000, r.TimeOf(EventKind.CfgCommand, e => e.Subject == net && (e.B & 4) == 0) - off);
        Assert.Contains("machine_kexec", r.Phases);
        Assert.Equal(2, r.Run.Machine.Boots.Count);
    }

    [Fact]
    public void On_kexec_with_the_patch_the_card_is_silent_until_the_next_driver()
    {
        var r = Recorded.Of(Id + "-kexec-seed");
        var net = r.Function("00:09.0");
        Assert.False(r.Asserted(21));
        var jump = r.All.First(x => x.Event.Kind == EventKind.Phase && r.Run.Machine.Names[x.Event.A] == "machine_kexec").Raw;
        var started = r.All.First(x => x.Raw > jump && x.Event.Kind == EventKind.VirtioStatus && x.Event.A == 15).Raw;
        var off = r.All.First(x => x.Event.Kind == EventKind.CfgCommand && x.Event.Subject == net).Raw;
        Assert.DoesNotContain(r.All, x => x.Raw > off && x.Raw < started && x.Event.Kind == EventKind.MsiWrite);
    }

    [Fact]
    public void A_card_that_ignores_bus_master_asserts_in_the_next_kernel()
    {
        var r = Recorded.Of(Id + "-keeps-asserting");
        var net = r.Function("00:09.0");
        var second = r.All.First(x => x.Event.Kind == EventKind.Phase && x.Event.B == 1).Raw;
        Assert.Contains(r.All, x => x.Raw > second && x.Event.Kind == EventKind.Intx && x.Event.Subject == net && x.Event.A == 1);
        Assert.DoesNotContain(Recorded.Of(Id + "-kexec-seed").All, x => x.Event.Kind == EventKind.Intx);
    }

    // The same machine with three numbers of handled interrupts before: 4.1 counts every interrupt, 6.12 from the first unhandled one.
    [Theory]
    [InlineData("-handled-50", "4.1", 99_950)]
    [InlineData("-handled-200", "4.1", 199_800)]
    [InlineData("-handled-50", "6.12", 100_000)]
    [InlineData("-handled-200", "6.12", 100_000)]
    public void Handled_interrupts_before_move_the_end_as_the_release_counts(string variant, string kernel, long unhandled)
    {
        var r = Recorded.Of(Id + variant, s => s with { Boots = [s.Boots[0] with { Release = KernelRelease.Find(kernel)! }] });
        Assert.True(Disabled(r));
        Assert.Equal(unhandled, r.Deliveries(21, DeliveryOutcome.FlowHandler));
    }

    [Fact]
    public void On_metal_the_storm_starves_the_task_until_the_line_is_given_up()
    {
        var r = Recorded.Of(Id + "-metal");
        Assert.Equal(17, r.Run.Machine.Lines[0].Gsi.Value);
        Assert.True(r.TimeOf(EventKind.NobodyCared) < r.TimeOf(EventKind.Phase, e => r.Run.Machine.Names[e.A] == "machine_shutdown"));
        Assert.Same(TimingProfile.Metal, r.Run.Machine.Scenario.Timing);
    }

    [Fact]
    public void With_the_line_on_another_cpu_the_shutdown_is_not_starved()
    {
        var r = Recorded.Of(Id + "-two-cpus");
        Assert.Equal(2, r.Run.Machine.CpuCount);
        Assert.True(r.Deliveries(21) > 1_000);
        Assert.Equal(0, r.Count(EventKind.IrqDelivered, e => e.Subject == r.Line(21) && e.A != 1));
        Assert.True(r.Run.EndNs < Recorded.Of(Id).Run.EndNs);
    }

    [Fact]
    public void Every_preset_says_what_it_shows_and_runs_to_its_end() => Assert.All(ScenarioPresets.All, p =>
    {
        Assert.InRange(p.Title.Length, 10, 80);
        Assert.EndsWith(".", p.Account, StringComparison.Ordinal);
        Assert.NotEmpty(p.Source);
        Assert.Equal(RunEnd.Complete, Recorded.Of(p.Id).Run.End);
        Assert.Same(p, ScenarioPresets.All.Single(o => o.Id == p.Id));
    });
}
