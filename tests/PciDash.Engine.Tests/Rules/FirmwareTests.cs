using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

public class FirmwareTests
{
    // Domain 5.12 and 3.1: a platform reset leaves Command = 0 and no MSI, so nothing of the first kernel reaches the second.
    [Theory]
    [Trait("Rule", "3.1")]
    [InlineData("4.1", "P4")]
    [InlineData("6.12", "P5")]
    public void After_a_reboot_through_firmware_the_next_kernel_starts_from_nothing(string kernel, string policy)
    {
        var one = Story.Of(kernel, policy);
        var seen = Seen.Of(one with { Boots = [one.Boots[0], one.Boots[0] with { Path = ShutdownPath.None }] });
        var firmware = seen.RawOfPhase("firmware", 0);
        var early = new Seen.Phase("early-boot", "probe", 1);

        Assert.Equal(RunEnd.Complete, seen.Run.End);
        Assert.Contains(seen.Events(), e => e.At.Raw > firmware && e.At.Event is { Kind: EventKind.Reset, Subject: -1 });
        Assert.Equal(0, seen.Messages(Story.Net, null, early));
        Assert.Equal("", seen.Writes(Story.Net, early).Replace("0103>0503, 0503>0103", "", StringComparison.Ordinal));
        Assert.NotEqual(0, seen.Messages(Story.Net, MsiResult.Delivered, new Seen.Phase("running", null, 1)));
        Assert.DoesNotContain(seen.NobodyCared(21), e => e.Raw > firmware);
        Assert.False(seen.Line(21).SpuriousDisabled);
    }

    // Domain 8, p50-gpu-boot: a warm reboot, and firmware leaves the device running again; Bus Master Enable as it left it (1.4, EB-3).
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_a_reboot_firmware_hands_devices_over_as_it_does(bool leaves)
    {
        var card = At("00:09.0");
        var gpu = Function("00:09.0", "pci-endpoint", 21) with { LeftRunning = leaves, FirmwareBusMaster = leaves };
        var one = new BootSpec(Release("4.1"), Policy("P3"), ShutdownPath.Reboot) { Stimuli = [Do(card, new Step(Op.Quiesce), new Step(Op.BusMaster, 0))] };
        var seen = Seen.Of(new Scenario("p50", Platform.AcpiPc, [gpu], [one, one with { Path = ShutdownPath.None, Stimuli = [] }]));

        var before = seen.Run.At(seen.RawOfPhase("firmware")).After.Function(0);
        Assert.False(before.Running || before.BusMaster);
        Assert.Equal(leaves, seen.Function(card).Running);
        Assert.Equal(leaves, seen.Function(card).BusMaster);
    }
}
