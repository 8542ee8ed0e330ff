using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>pci_msi_shutdown and pci_msix_shutdown, step by step: domain 2.1 and 2.2.</summary>
public class MsiShutdownTests
{
    private static readonly Bdf Card = Story.Net;

    private static Seen Shutdown(string device, Func<BootSpec, BootSpec> boot, bool masks = false) => Seen.Of(Story.Of(
        "2.6.32", "P1", sharer: null, net: f => f with { Device = Device(device) with { MsiPerVectorMask = masks }, Events = [] }, boot: boot));

    private static FunctionView After(Seen seen) => seen.Run.At(seen.RawOf(EventKind.DriverShutdown, Card, 1)).After.Function(0);

    // Somebody else has set Enable: the kernel's own note says that it did not.
    [Theory]
    [Trait("Rule", "2.1.1")]
    [Trait("Rule", "2.2.1")]
    [InlineData("ahci", Op.MsiEnable)]
    [InlineData("virtio-net", Op.MsixEnable)]
    public void With_pci_nomsi_they_return_at_once(string device, Op enable)
    {
        var seen = Shutdown(device, b => b with { NoMsi = true, Stimuli = [Do(Card, new Step(enable, 1))] });
        Assert.Equal("", seen.Writes(Card, Seen.Shutdown));
        Assert.True(enable == Op.MsiEnable ? After(seen).MsiEnable : After(seen).MsixEnable);
    }

    // The second one finds msi_enabled = 0, so INTx-Disable stays as somebody has set it meanwhile.
    [Theory]
    [Trait("Rule", "2.1.4")]
    [Trait("Rule", "2.2.5")]
    [InlineData("ahci", "msi 0, 0507>0107, 0107>0507")]
    [InlineData("virtio-net", "msix 0, 0507>0107, 0107>0507")]
    public void Once_done_they_do_nothing_more(string device, string writes)
    {
        var steps = ShutdownPolicy.P1.Steps;
        var between = new PolicyStep(new Step(Op.IntxDisable, 1, Cost: Cost.ConfigWrite) { B = 1 });
        var seen = Shutdown(device, b => b with { Policy = b.Policy with { Steps = [.. steps, between, .. steps] } });
        Assert.Equal(writes, seen.Writes(Card, Seen.Shutdown));
    }

    // "unmasked as initial state"; what MSI-X masked stays masked.
    [Theory]
    [Trait("Rule", "2.1.5")]
    [InlineData("ahci", 1UL, 0UL)]
    [InlineData("virtio-net", 0b111UL, 0b111UL)]
    public void The_masks_of_MSI_are_open_again_and_the_entries_of_MSIX_are_not(string device, ulong before, ulong after)
    {
        var seen = Shutdown(device, b => b with { Stimuli = [Do(Card, new Step(Op.MaskVectors, 1))] }, masks: true);
        Assert.Equal(before, seen.Run.At(seen.RawOfPhase("device_shutdown")).After.Function(0).MaskedEntries);
        Assert.Equal(after, After(seen).MaskedEntries);
    }

    // The handlers of the messages stay, and nobody asks for the pin's irq.
    [Theory]
    [Trait("Rule", "2.1.6")]
    [Trait("Rule", "2.2.5")]
    [InlineData("ahci")]
    [InlineData("virtio-net")]
    public void The_handlers_of_the_messages_stay_and_the_pin_gets_none(string device)
    {
        var seen = Shutdown(device, b => b);
        Assert.True(After(seen) is { VectorActions: true, LineAction: false, MsiEnable: false, MsixEnable: false });
        Assert.Empty(seen.Of(EventKind.RequestIrq, Card, Seen.Shutdown));
    }
}
