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

    /// <summary>Goes on as with Drop; what a bridge above does not forward comes back as an Unsupported Request, which it reports (domain 5, rule 11).</summary>
    UnsupportedRequest,
}

/// <summary>What INTx-Disable does on a device (domain 2.6, domain 5 rule 5).</summary>
public enum IntxDisableBit : byte
{
    /// <summary>It can be written and gates the pin.</summary>
    Works,

    /// <summary>It can be written and gates nothing (broken_intx_masking).</summary>
    NoEffect,

    /// <summary>Read-only 0: a device from before PCI 2.3.</summary>
    Absent,
}

/// <summary>Where a virtio device has its config (domain 6.1).</summary>
public enum ConfigLayout : byte
{
    /// <summary>In a region of its own; so has every device that is not virtio.</summary>
    Modern,

    /// <summary>Both ways: drivers before virtio 1.0 (Linux 4.0) use it as a legacy one.</summary>
    Transitional,

    /// <summary>Behind the registers of I/O BAR 0: at 24 with MSI-X on, at 20 with it off.</summary>
    Legacy,
}

/// <summary>A kernel's quirk that silences a device which firmware left interrupting.</summary>
/// <param name="Since">First release of the table that has it; "" = all.</param>
/// <param name="Early">It runs in early_quirks, before interrupts are on; otherwise while the bus is scanned.</param>
/// <param name="Where">The kernel function.</param>
/// <param name="Source">Where it is known from.</param>
public sealed record SilencingQuirk(string Since, bool Early, string Where, string Source);

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

    /// <summary>A USB host controller (class 0c03): a booting kernel takes it from the firmware before any driver runs.</summary>
    public bool IsUsbHost { get; init; }

    /// <summary>What its INTx-Disable does.</summary>
    public IntxDisableBit IntxDisableBit { get; init; }

    /// <summary>Its MSI capability has mask and pending bits, one for each message (bit 0x100 of Message Control).</summary>
    public bool MsiPerVectorMask { get; init; }

    /// <summary>It has a Function Level Reset.</summary>
    public bool HasFlr { get; init; }

    /// <summary>No_Soft_Reset: it keeps its state on the way from D3hot to D0.</summary>
    public bool NoSoftReset { get; init; } = true;

    /// <summary>Its firmware remembers in which mode the last driver ran it, and goes on sending messages until it is reset (domain 8, aacraid-mode).</summary>
    public bool FirmwareKeepsMode { get; init; }

    /// <summary>Where a virtio device has its config.</summary>
    public ConfigLayout ConfigLayout { get; init; }

    /// <summary>The kernel's quirk for what firmware leaves of it, or null.</summary>
    public SilencingQuirk? Quirk { get; init; }

    /// <summary>Its INTx-Disable also stops MSI, so Linux never sets it (PCI_DEV_FLAGS_MSI_INTX_DISABLE_BUG).</summary>
    public bool MsiIntxDisableBug { get; init; }

    /// <summary>Has virtio's status register: resets and DRIVER_OK are events of their own.</summary>
    public bool IsVirtio { get; init; }

    /// <summary>Command register beside BME and INTx-Disable: I/O, memory, SERR as firmware or driver set them.</summary>
    public int BaseCommand { get; init; } = 0x0103;

    // One row per driver of the catalogue, for the device that it is best known for. Numbers of vectors are typical ones, from memory.
    private static DeviceModel[] Cards() =>
    [
        Card("nvme", "NVM Express controller", "nvme", 0x1b36, 0x0010, 65, 2, 1),
        Card("xhci", "USB xHCI controller", "xhci_hcd", 0x1b36, 0x000d, 16, 2, 0) with { IsUsbHost = true },
        Card("ehci", "USB EHCI controller", "ehci-pci", 0x8086, 0x293a, 0, 0, 0) with { IsUsbHost = true },
        Card("ohci", "USB OHCI controller", "ohci-pci", 0x1002, 0x4397, 0, 0, 0),
        Card("rtl8139", "Realtek 8139 network card", "8139cp", 0x10ec, 0x8139, 0, 0, 0),
        Card("e100", "Intel 8255x network card", "e100", 0x8086, 0x1229, 0, 0, 0) with
        {
            Quirk = new("", false, "quirk_e100_interrupt", "drivers/pci/quirks.c; domain 8, igfx-e100-firmware"),
        },
        Card("igb", "Intel I350 network card", "igb", 0x8086, 0x1521, 10, 9, 1),
        Card("ixgbe", "Intel 82599 network card", "ixgbe", 0x8086, 0x10fb, 64, 17, 1),
        Card("i40e", "Intel XL710 network card", "i40e", 0x8086, 0x1583, 129, 17, 1) with { IntxDisableBit = IntxDisableBit.NoEffect },
        Card("r8169", "Realtek 8168 network card", "r8169", 0x10ec, 0x8168, 4, 1, 1),
        Card("tg3", "Broadcom BCM5719 network card", "tg3", 0x14e4, 0x1657, 17, 5, 1),
        Card("bnx2", "Broadcom BCM5709 network card", "bnx2", 0x14e4, 0x1639, 9, 8, 1),
        Card("bnx2x", "Broadcom BCM57711 network card", "bnx2x", 0x14e4, 0x164f, 17, 9, 1),
        Card("bnxt", "Broadcom BCM57414 network card", "bnxt_en", 0x14e4, 0x16d7, 74, 9, 0),
        Card("vmxnet3", "VMware VMXNET3 network card", "vmxnet3", 0x15ad, 0x07b0, 25, 3, 1),
        Card("ena", "Amazon Elastic Network Adapter", "ena", 0x1d0f, 0xec20, 9, 9, 0) with { Pin = InterruptPin.None, OnBusMasterOff = BusMasterReaction.Latch },
        Card("mlx4", "Mellanox ConnectX-3", "mlx4_core", 0x15b3, 0x1003, 128, 9, 0),
        Card("mlx5", "Mellanox ConnectX-5", "mlx5_core", 0x15b3, 0x1017, 64, 9, 0) with { Pin = InterruptPin.None },
        Card("mpt3sas", "LSI SAS3008 controller", "mpt3sas", 0x1000, 0x0097, 96, 8, 0),
        Card("mptsas", "LSI SAS1068E controller (MPT Fusion)", "mptsas", 0x1000, 0x0058, 0, 1, 1),
        Card("mptspi", "LSI 53C1030 controller (MPT Fusion)", "mptspi", 0x1000, 0x0030, 0, 1, 1),
        Card("hpsa", "HP Smart Array controller", "hpsa", 0x103c, 0x323b, 64, 8, 1),
        Card("aacraid", "Adaptec Series 8 controller", "aacraid", 0x9005, 0x028d, 8, 8, 1) with { FirmwareKeepsMode = true },
        Card("qla2xxx", "QLogic ISP2532 Fibre Channel adapter", "qla2xxx", 0x1077, 0x2532, 32, 3, 1),
        Card("lpfc", "Emulex LPe16000 Fibre Channel adapter", "lpfc", 0x10df, 0xe200, 32, 4, 1),
        Card("hda", "Intel HD Audio controller", "snd_hda_intel", 0x8086, 0x293e, 0, 1, 1),
        Card("intel-gpu", "Intel graphics", "i915", 0x8086, 0x5916, 0, 1, 1) with
        {
            Quirk = new("3.6", false, "disable_igfx_irq", "drivers/pci/quirks.c; f67fd55fa96f (3.6, from memory); domain 8, igfx-e100-firmware"),
        },
        Card("amd-gpu", "AMD graphics (amdgpu)", "amdgpu", 0x1002, 0x67df, 0, 1, 1),
        Card("radeon", "AMD graphics (radeon)", "radeon", 0x1002, 0x6779, 0, 1, 1),
        Card("nvidia-gpu", "NVIDIA graphics", "nouveau", 0x10de, 0x1e07, 0, 1, 1),
        Card("nvidia-gpu-p50", "NVIDIA Quadro of a ThinkPad P50", "nouveau", 0x10de, 0x13b1, 0, 1, 1) with
        {
            Quirk = new("6.1", false, "quirk_reset_lenovo_thinkpad_p50_nvgpu", "e0547c81bfcf (2019); domain 8, p50-gpu-boot"),
        },
        Card("vfio", "a function passed to a guest", "vfio-pci", 0x10de, 0x1e04, 64, 1, 1),
        Card("alx", "Qualcomm Atheros AR8161 network card", "alx", 0x1969, 0x1091, 16, 5, 1) with { MsiIntxDisableBug = true },
        Card("fusion-io", "Fusion-io ioMemory", "iomemory-vsl", 0x1aed, 0x2001, 32, 1, 1),
    ];

    private static DeviceModel Card(string id, string title, string driver, int vendor, int device, int msix, int used, int msi) =>
        new(id, title, driver, "domain 7; numbers of vectors from memory")
        {
            VendorId = vendor, DeviceId = device, MsixTableSize = msix, VectorsUsed = Math.Max(1, used), MsiMessages = msi,
        };

    /// <summary>All devices, in the order they are offered.</summary>
    public static IReadOnlyList<DeviceModel> All { get; } = [.. Basic(), .. Cards()];

    private static DeviceModel[] Basic() =>
    [
        Virtio("virtio-net", "virtio network card (transitional)", 0x1000, 4, 3, 1) with { ConfigLayout = ConfigLayout.Transitional },
        Virtio("virtio-net-modern", "virtio network card (modern)", 0x1041, 4, 3, 1),
        Virtio("virtio-blk", "virtio disk (transitional)", 0x1001, 2, 2, 1) with { ConfigLayout = ConfigLayout.Transitional },
        Virtio("virtio-rng", "virtio entropy source", 0x1005, 2, 2, 1),
        Virtio("virtio-net-legacy", "virtio network card (legacy, disable-modern=on)", 0x1000, 4, 3, 1) with { ConfigLayout = ConfigLayout.Legacy },
        Virtio("virtio-console-legacy", "virtio console (legacy, disable-modern=on)", 0x1003, 4, 2, 1) with { ConfigLayout = ConfigLayout.Legacy },
        Virtio("virtio-blk-modern", "virtio disk (modern)", 0x1042, 2, 2, 1),
        new("uhci", "USB UHCI controller", "uhci_hcd", "recording s3o_reboot_oldmsi") { VendorId = 0x8086, DeviceId = 0x2934, BaseCommand = 0x0103, IsUsbHost = true },
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
        new("pcie-root-port", "PCIe root port", "pcieport", "PCIe Base; recordings s1_reboot_q35_k612")
        {
            VendorId = 0x1b36, DeviceId = 0x000c, IsBridge = true, MsixTableSize = 1, MsiMessages = 0,
        },
        new("pcie-switch-port", "PCIe switch port", "pcieport", "PCIe Base; recording q35-pcie-switch")
        {
            VendorId = 0x104c, DeviceId = 0x8232, IsBridge = true, MsiMessages = 1,
        },
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
