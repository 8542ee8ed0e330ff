using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

public class FirmwareTests
{
    // Domain 5.12 and 3.1: a platform reset leaves Command = 0 and no MSI, so nothing of the first kernel reaches the second.
    [Theory]
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
}
