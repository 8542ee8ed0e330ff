using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Kit;

/// <summary>Which modules the guest loads for a driver, in the spelling of the guest's scripts.</summary>
internal static class KitModules
{
    private static readonly Dictionary<string, string[]> OfDrivers = new(StringComparer.Ordinal)
    {
        ["nvme"] = ["nvme"],
        ["xhci_hcd"] = ["xhci_pci"],
        ["ehci-pci"] = ["ehci_pci"],
        ["ohci-pci"] = ["ohci_pci"],
        ["uhci_hcd"] = ["uhci_hcd"],
        ["8139cp"] = ["8139cp"],
        ["e1000"] = ["e1000"],
        ["e1000e"] = ["e1000e"],
        ["e100"] = ["e100"],
        ["igb"] = ["igb"],
        ["vmxnet3"] = ["vmxnet3"],
        ["ahci"] = ["ahci", "sd_mod"],
        ["megaraid_sas"] = ["megaraid_sas", "sd_mod"],
        ["mptsas"] = ["mptsas", "sd_mod"],
        ["snd_hda_intel"] = ["snd_hda_intel"],
        ["pcieport"] = [],
    };

    /// <summary>Modules of the driver of a function, in the order of loading; null if the driver is none that a kernel has.</summary>
    public static IReadOnlyList<string>? Of(string driver, PlacedFunction f, ProbePart part = ProbePart.Whole)
    {
        if (driver != "virtio-pci")
        {
            return OfDrivers.GetValueOrDefault(driver);
        }

        string[] child = f.Device switch
        {
            "virtio-net-pci" => ["virtio_net"],
            "virtio-blk-pci" => ["virtio_blk"],
            "virtio-rng-pci" => ["virtio_rng"],
            "virtio-serial-pci" => ["virtio_console"],
            _ => [],
        };
        return part switch { ProbePart.Bus => ["virtio_pci"], ProbePart.Child => child, _ => ["virtio_pci", .. child] };
    }
}
