using PciDash.Engine.Devices;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Tests;

/// <summary>Each bug shows its symptom, computed, and not where what cured it is there.</summary>
public class MoreBugPresets
{
    private static IReadOnlyList<OutcomeKind> Of(Scenario scenario) => [.. Outcomes.Of(Run.Of(CompiledMachine.Compile(scenario))).Select(o => o.Kind)];

    private static Scenario Preset(string id) => ScenarioPresets.Find(id)!.Scenario;

    private static Scenario Boots(Scenario scenario, Func<BootSpec, BootSpec> change) => scenario with { Boots = [.. scenario.Boots.Select(change)] };

    [Theory]
    [InlineData("wilck-irr-2007", OutcomeKind.LostRemoteIrr, "4.1")]
    [InlineData("hpe-bridge-ur-2019", OutcomeKind.UnsupportedRequest, "6.12")]
    [InlineData("ena-2020", OutcomeKind.DmaNextKernel, "6.18")]
    [InlineData("virtio-console-2025", OutcomeKind.TornDown, "6.18")]
    [InlineData("claim-legacy-layout", OutcomeKind.ConfigMisaddressed, "4.12")]
    [InlineData("kdump-remap-faults", OutcomeKind.RemapFault, "4.2")]
    [InlineData("p50-gpu-boot", OutcomeKind.StormDisabled, "6.1")]
    [InlineData("igfx-e100-firmware", OutcomeKind.StormDisabled, "3.6")]
    [InlineData("boot-interrupts", OutcomeKind.StormDisabled, "6.1")]
    public void It_shows_and_a_later_kernel_has_cured_it(string id, OutcomeKind symptom, string cured)
    {
        Assert.Contains(symptom, Of(Preset(id)));
        Assert.DoesNotContain(symptom, Of(Preset(id).WithKernel(KernelRelease.Find(cured)!)));
    }

    [Fact]
    public void Aacraid_mode_is_cured_by_reset_devices()
    {
        Assert.Contains(OutcomeKind.LostMode, Of(Preset("aacraid-mode")));
        Assert.DoesNotContain(OutcomeKind.LostMode, Of(Boots(Preset("aacraid-mode"), b => b with { ResetDevices = true })));
    }

    [Fact]
    public void Boot_interrupts_stay_with_noioapicquirk() => Assert.Contains(
        OutcomeKind.StormDisabled, Of(Boots(Preset("boot-interrupts").WithKernel(KernelRelease.Find("6.12")!), b => b with { NoIoapicQuirk = true })));

    [Fact]
    public void Vfio_2gpu_2021_gives_the_shared_line_up_and_a_line_of_its_own_saves_it()
    {
        Assert.Contains(OutcomeKind.StormDisabled, Of(Preset("vfio-2gpu-2021")));
        var apart = Preset("vfio-2gpu-2021");
        apart = apart with { Functions = [.. apart.Functions.Select((f, i) => i == apart.Functions.Count - 1 ? f with { Gsi = new(32) } : f)] };
        Assert.DoesNotContain(OutcomeKind.StormDisabled, Of(apart));
    }

    [Fact]
    public void A_host_masks_its_guests_pin_after_one_interrupt_until_the_guest_has_served_it()
    {
        var preset = Preset("claim-guest-intx");
        var run = Run.Of(CompiledMachine.Compile(preset));
        Assert.Equal(1, run.Final.Line(0).Interrupts);
        Assert.True(run.Final.Function(0).IntxDisable);

        var served = preset with { Functions = [preset.Functions[0] with { Events = [.. preset.Functions[0].Events, new EventSource(EventSource.GuestEoi, 50_000)] }] };
        Assert.InRange(Run.Of(CompiledMachine.Compile(served)).Final.Line(0).Interrupts, 1_000, 100_000);
    }

    [Fact]
    public void Every_bug_of_the_catalogue_is_a_preset_or_is_listed_with_the_reason()
    {
        var expressed = ScenarioPresets.All.Select(p => p.Id).ToHashSet();
        Assert.All(BugPresets.NotExpressed, n => Assert.True(n.Reason.Length > 10 && !expressed.Contains(n.Name), n.Name));
        string[] catalogue =
        [
            "mpt-fusion-2008", "screaming-msi-2011", "virtio-nobody-cared-2015", "console-2017", "piccoli-gen9-2018", "irqflood-2020", "wilck-irr-2007",
            "mptfusion-irqpoll-2006", "aacraid-mode", "hpe-bridge-ur-2019", "ahci-thunderx2-2020", "ena-2020", "loongson-ls7a", "c5metal-2025",
            "vfio-2gpu-2021", "p50-gpu-boot", "igfx-e100-firmware", "boot-interrupts", "tg3-aer", "virtio-console-2025", "virtio-gpu-2025",
            "aer-deadlock-2026", "loongson-orphan-irq", "sonic-arm64", "gicv3-its-dhcp", "igb-cmplto", "indoh-2012", "xen-disconnect", "ioatdma-2009",
            "ia64-shootdown-2006",
        ];
        Assert.All(catalogue, name => Assert.True(expressed.Contains(name) || BugPresets.NotExpressed.Any(n => n.Name == name), name));
    }
}
