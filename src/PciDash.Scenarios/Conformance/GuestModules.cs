using PciDash.Engine.Devices;

namespace PciDash.Scenarios.Conformance;

/// <summary>Which kernel module drives which function.</summary>
internal static class GuestModules
{
    /// <summary>What <c>pre</c>, <c>preL</c> and <c>$ALL</c> load where no names are given.</summary>
    public static readonly IReadOnlyList<string> Default =
    [
        "virtio_pci", "virtio_net", "virtio_blk", "virtio_rng", "af_packet", "e1000e", "e1000", "8139cp", "nvme", "ahci", "ata_piix", "sd_mod",
        "xhci_pci", "uhci_hcd",
    ];

    public static string Normal(string module) => module.Replace('-', '_');

    /// <summary>Modules named in a command, <c>$ALL</c> spelled out.</summary>
    public static IEnumerable<string> Of(IEnumerable<string> words)
    {
        var named = words.Where(w => w.Length > 0).ToList();
        return named.Count == 0 ? Default : named.SelectMany(w => w == "$ALL" ? Default : [Normal(w)]);
    }

    public static bool IsVirtio(ListedFunction f) => f.VendorId == 0x1af4 && f.DeviceId is >= 0x1000 and <= 0x107f;

    /// <summary>The module of the child device of a virtio function.</summary>
    public static string? VirtioChild(ListedFunction f) => f.DeviceId switch
    {
        0x1000 or 0x1041 => "virtio_net",
        0x1001 or 0x1042 => "virtio_blk",
        0x1005 or 0x1044 => "virtio_rng",
        0x1003 or 0x1043 => "virtio_console",
        0x1002 or 0x1045 => "virtio_balloon",
        0x1004 or 0x1048 => "virtio_scsi",
        0x1009 or 0x1049 => "9pnet_virtio",
        0x1050 => "virtio_gpu",
        0x1052 => "virtio_input",
        _ => null,
    };

    /// <summary>True if the module's pci driver binds the function.</summary>
    public static bool Drives(string module, ListedFunction f, DeviceModel device) =>
        IsVirtio(f) ? module == "virtio_pci"
            : f.Modules.Any(m => Normal(m) == module) || DriverOf(module) == (f.Driver ?? device.Driver);

    /// <summary>The pci driver of a module: its name in "Kernel driver in use".</summary>
    public static string DriverOf(string module) => module switch
    {
        "virtio_pci" => "virtio-pci",
        "xhci_pci" => "xhci_hcd",
        "ehci_pci" => "ehci-pci",
        _ => module,
    };
}
