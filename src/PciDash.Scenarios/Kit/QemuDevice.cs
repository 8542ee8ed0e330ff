using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Kit;

/// <summary>What a QEMU device needs at its back.</summary>
public enum QemuBackend : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A network (<c>-netdev</c>).</summary>
    Network,

    /// <summary>A disk (<c>-drive</c>), as a property of the device itself.</summary>
    Disk,

    /// <summary>A disk on a bus of its own (<c>-drive</c>, <c>-device ide-hd</c>).</summary>
    IdeDisk,

    /// <summary>A disk on its SCSI bus.</summary>
    ScsiDisk,

    /// <summary>A codec that nobody hears.</summary>
    Audio,
}

/// <summary>One row: the QEMU device that stands for a device of the catalogue.</summary>
/// <param name="DeviceId">Id of the device in the catalogue.</param>
/// <param name="Device">QEMU's name, as <c>-device</c> takes it.</param>
/// <param name="Properties">Its properties, with a comma between them; empty = none.</param>
/// <param name="Source">Where this is known from.</param>
public sealed record QemuDevice(string DeviceId, string Device, string Properties, string Source)
{
    /// <summary>What it needs at its back.</summary>
    public QemuBackend Backend { get; init; }

    /// <summary>Its pin, which no property changes.</summary>
    public InterruptPin Pin { get; init; } = InterruptPin.A;

    /// <summary>The property that says how many MSI-X vectors it has; null = none does.</summary>
    public string? VectorsProperty { get; init; }

    /// <summary>Properties that leave it only its pin; null = it has no such ones.</summary>
    public string? PinOnly { get; init; }

    /// <summary>In what it differs from the catalogue's device; empty = in nothing that matters.</summary>
    public string Differs { get; init; } = "";

    private const string Help = "qemu -device help, info pci of QEMU 7.2";

    /// <summary>All rows but the ports and bridges, which are chosen by their place.</summary>
    public static IReadOnlyList<QemuDevice> All { get; } =
    [
        Virtio("virtio-net", "virtio-net-pci", "disable-legacy=off,disable-modern=off", QemuBackend.Network),
        Virtio("virtio-net-modern", "virtio-net-pci", "disable-legacy=on,disable-modern=off", QemuBackend.Network),
        Virtio("virtio-net-legacy", "virtio-net-pci", "disable-legacy=off,disable-modern=on", QemuBackend.Network),
        Virtio("virtio-blk", "virtio-blk-pci", "disable-legacy=off,disable-modern=off,num-queues=1", QemuBackend.Disk),
        Virtio("virtio-blk-modern", "virtio-blk-pci", "disable-legacy=on,disable-modern=off,num-queues=1", QemuBackend.Disk),
        Virtio("virtio-rng", "virtio-rng-pci", "disable-legacy=off,disable-modern=off", QemuBackend.None),
        Virtio("virtio-console-legacy", "virtio-serial-pci", "disable-legacy=off,disable-modern=on", QemuBackend.None),
        new("nvme", "nvme", "", Help) { Backend = QemuBackend.Disk },
        new("xhci", "qemu-xhci", "", Help) { PinOnly = "msi=off,msix=off" },
        new("ehci", "ich9-usb-ehci1", "", Help) { Pin = InterruptPin.D },
        new("ohci", "pci-ohci", "", Help) { Differs = "it is Apple's 106b:003f" },
        new("uhci", "ich9-usb-uhci1", "", Help),
        new("uhci", "ich9-usb-uhci2", "", Help) { Pin = InterruptPin.B },
        new("uhci", "ich9-usb-uhci3", "", Help) { Pin = InterruptPin.C },
        new("e1000", "e1000", "", Help) { Backend = QemuBackend.Network },
        new("e1000e", "e1000e", "", Help) { Backend = QemuBackend.Network },
        new("e100", "i82557b", "", Help) { Backend = QemuBackend.Network },
        new("rtl8139", "rtl8139", "", Help) { Backend = QemuBackend.Network },
        new("igb", "igb", "", "QEMU docs/system/devices/igb.rst (82576); in 8.0, not in 7.2: the former from memory") { Backend = QemuBackend.Network, Differs = "it is an 82576, 8086:10c9; QEMU 7.2 does not have it" },
        new("vmxnet3", "vmxnet3", "", Help) { Backend = QemuBackend.Network },
        new("ahci", "ich9-ahci", "", Help) { Backend = QemuBackend.IdeDisk },
        new("megaraid-sas", "megasas-gen2", "", Help) { Backend = QemuBackend.ScsiDisk, PinOnly = "msi=off,msix=off", Differs = "it is a 2108, 1000:0079" },
        new("mptsas", "mptsas1068", "", Help) { Backend = QemuBackend.ScsiDisk, PinOnly = "msi=off", Differs = "it is a SAS1068, 1000:0054" },
        new("hda", "ich9-intel-hda", "", Help) { Backend = QemuBackend.Audio, PinOnly = "msi=off" },
        new("pci-endpoint", "pci-testdev", "", Help) { Pin = InterruptPin.None, Differs = "no driver of Linux takes it" },
        new("pci-endpoint", "edu", "", Help + "; docs/specs/edu.txt") { Differs = "it is QEMU's edu device: no driver of Linux takes it, and nothing raises its pin" },
    ];

    /// <summary>The row for that device of the catalogue; where it has several, the one with that pin. Null if QEMU has none.</summary>
    public static QemuDevice? Find(string deviceId, InterruptPin pin) =>
        All.FirstOrDefault(r => r.DeviceId == deviceId && r.Pin == pin) ?? All.FirstOrDefault(r => r.DeviceId == deviceId);

    private static QemuDevice Virtio(string id, string device, string properties, QemuBackend backend) =>
        new(id, device, properties, Help)
        {
            Backend = backend, VectorsProperty = "vectors", PinOnly = "vectors=0",
        };
}
