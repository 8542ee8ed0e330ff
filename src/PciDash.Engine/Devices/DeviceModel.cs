using PciDash.Engine.Hardware;

namespace PciDash.Engine.Devices;

/// <summary>What makes a device's INTx condition true.</summary>
public enum IntxCondition : byte
{
    /// <summary>It is true whenever the device has an unacknowledged cause, in whatever mode it arose.</summary>
    Level,

    /// <summary>It is latched by a notification in INTx mode only, as QEMU's virtio does; falls with the cause.</summary>
    LatchedAtNotify,
}

/// <summary>What a device does once its Bus Master Enable is 0.</summary>
public enum BusMasterReaction : byte
{
    /// <summary>Goes on; messages it cannot send are lost; its INTx still works.</summary>
    Drop,

    /// <summary>Goes on; the last message waits until Bus Master Enable returns.</summary>
    Latch,

    /// <summary>Stops by itself and must be started by its driver again (QEMU's virtio drops DRIVER_OK).</summary>
    Stop,
}

/// <summary>A device as far as its interrupts are concerned: one row of the catalogue.</summary>
/// <param name="Id">Name used in scenario files.</param>
/// <param name="Title">What a reader sees.</param>
/// <param name="Driver">Driver that binds by default, or null.</param>
/// <param name="Source">Where the facts are from.</param>
public sealed record DeviceModel(string Id, string Title, string? Driver, string Source)
{
    /// <summary>Vendor id.</summary>
    public int VendorId { get; init; }

    /// <summary>Device id.</summary>
    public int DeviceId { get; init; }

    /// <summary>Its pin.</summary>
    public InterruptPin Pin { get; init; } = InterruptPin.A;

    /// <summary>Entries of its MSI-X table, 0-2,048; 0 = no capability.</summary>
    public int MsixTableSize { get; init; }

    /// <summary>MSI messages it can send, 0-32; 0 = no capability.</summary>
    public int MsiMessages { get; init; }

    /// <summary>Vectors its driver allocates in MSI-X mode.</summary>
    public int VectorsUsed { get; init; } = 1;

    /// <summary>Entry that its events use in MSI-X mode.</summary>
    public int EventEntry { get; init; }

    /// <summary>What makes its INTx condition true.</summary>
    public IntxCondition IntxCondition { get; init; }

    /// <summary>What it does once its BME is 0.</summary>
    public BusMasterReaction OnBusMasterOff { get; init; }

    /// <summary>Notifies once and then not again until its driver has looked (virtio's event index, a NIC's interrupt mask under NAPI).</summary>
    public bool OncePerService { get; init; }

    /// <summary>True for a bridge: functions may be below it.</summary>
    public bool IsBridge { get; init; }

    /// <summary>Its INTx-Disable also stops MSI, so Linux never sets it (PCI_DEV_FLAGS_MSI_INTX_DISABLE_BUG).</summary>
    public bool MsiIntxDisableBug { get; init; }

    /// <summary>Has virtio's status register: resets and DRIVER_OK are events of their own.</summary>
    public bool IsVirtio { get; init; }

    /// <summary>Command register beside BME and INTx-Disable: I/O, memory, SERR as firmware or driver set them.</summary>
    public int BaseCommand { get; init; } = 0x0103;

    /// <summary>All devices, in the order they are offered.</summary>
    public static readonly IReadOnlyList<DeviceModel> All =
    [
        Virtio("virtio-net", "virtio network card (transitional)", 0x1000, 4, 3, 1),
        Virtio("virtio-net-modern", "virtio network card (modern)", 0x1041, 4, 3, 1),
        Virtio("virtio-blk", "virtio disk (transitional)", 0x1001, 2, 2, 1),
        Virtio("virtio-blk-modern", "virtio disk (modern)", 0x1042, 2, 2, 1),
        new("uhci", "USB UHCI controller", "uhci_hcd", "recording s3o_reboot_oldmsi") { VendorId = 0x8086, DeviceId = 0x2934, BaseCommand = 0x0103 },
        new("e1000", "Intel 82540EM network card", "e1000", "domain 7; recording pc-e1000-intx") { VendorId = 0x8086, DeviceId = 0x100e },
        new("e1000e", "Intel 82574L network card", "e1000e", "domain 7; recordings s1_reboot_q35_k612")
        {
            VendorId = 0x8086, DeviceId = 0x10d3, MsixTableSize = 5, MsiMessages = 1, VectorsUsed = 3,
        },
        new("ahci", "Intel ICH9 SATA controller (AHCI)", "ahci", "recording q35-virtio: MSI, one message")
        {
            VendorId = 0x8086, DeviceId = 0x2922, MsiMessages = 1,
        },
        new("megaraid-sas", "LSI MegaRAID SAS controller", "megaraid_sas", "domain 7")
        {
            VendorId = 0x1000, DeviceId = 0x005b, MsixTableSize = 16, VectorsUsed = 1,
        },
        new("pci-endpoint", "any function with an INTx pin", null, "PCI Local Bus 3.0") { VendorId = 0x1234, DeviceId = 0x0001 },
        new("pci-bridge", "PCI-to-PCI bridge", null, "PCI-to-PCI Bridge 1.2") { VendorId = 0x1b36, DeviceId = 0x0001, IsBridge = true, Pin = InterruptPin.None, BaseCommand = 0x0103 },
        new("pcie-root-port", "PCIe root port", null, "PCIe Base") { VendorId = 0x1b36, DeviceId = 0x000c, IsBridge = true, Pin = InterruptPin.A, BaseCommand = 0x0103 },
        new("host-bridge", "Host bridge", null, "recording q35-virtio") { VendorId = 0x8086, DeviceId = 0x29c0, Pin = InterruptPin.None },
        new("isa-bridge", "ISA bridge", null, "recording q35-virtio") { VendorId = 0x8086, DeviceId = 0x2918, Pin = InterruptPin.None },
        new("smbus", "SMBus controller", null, "recording q35-virtio") { VendorId = 0x8086, DeviceId = 0x2930 },
    ];

    /// <summary>The device of that name, or null.</summary>
    public static DeviceModel? Find(string id) => All.FirstOrDefault(d => d.Id == id);

    // QEMU sets ISR on every notification, raises INTx only when it notifies in INTx mode, and stops a virtio device whose BME is cleared.
    private static DeviceModel Virtio(string id, string title, int deviceId, int tableSize, int used, int entry) =>
        new(id, title, "virtio-pci", "QEMU hw/virtio/virtio-pci.c (virtio_pci_notify, virtio_write_config); recordings s5a, s5a2, s5c")
        {
            VendorId = 0x1af4,
            DeviceId = deviceId,
            MsixTableSize = tableSize,
            VectorsUsed = used,
            EventEntry = entry,
            IntxCondition = IntxCondition.LatchedAtNotify,
            OnBusMasterOff = BusMasterReaction.Stop,
            OncePerService = true,
            IsVirtio = true,
        };
}
