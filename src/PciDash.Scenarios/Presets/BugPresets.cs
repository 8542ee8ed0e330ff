using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>Bugs that made it into commit logs and mail archives, under their own names (domain 8). What comes of them is computed.</summary>
internal static class BugPresets
{
    private static readonly Bdf Card = new(0, 3, 0);
    private static readonly Bdf Usb = new(0, 7, 0);

    public static readonly IReadOnlyList<Preset> All =
    [
        new(Of("mpt-fusion-2008", "kexec of 2.6.24: the next kernel's SAS driver never hears from its card", "mptsas",
                [Boot("2.6.24", ShutdownPath.Kexec), Boot("2.6.24", ShutdownPath.None) with { NoMsi = true }], everyNs: 2_000_000),
            "The first kernel used MSI and left it on; the second one uses INTx, so the card goes on sending to a vector of nobody and its handler is never called.",
            "d52877c7b1af (2008-04-23); mptscsih_shutdown is empty in 2.6.24"),
        new(Of("screaming-msi-2011", "kdump of 2.6.32: the old kernel's messages hit the new one", "igb",
                [Boot("2.6.32", ShutdownPath.Kdump), Boot("2.6.32", ShutdownPath.None) with { Drivers = new Dictionary<Bdf, DriverModel?> { [Card] = null } }]),
            "No callback runs after a crash, and this kernel's bus scan does not turn MSI off: messages of the old kernel arrive for ever at vectors of nobody.",
            "d5dea7d95c48 (2011-10-17)"),
        new(Of("console-2017", "Reboot of 4.9: MSI goes off under a live graphics card", "nvidia-gpu", [Boot("4.9", ShutdownPath.Reboot)], everyNs: 500_000),
            "The driver has no .shutdown and the console is still in use: with MSI off the card pulls its pin, which another driver's handler shares.",
            "fda78d7a0ead (2017-01-26)"),
        new(Of("piccoli-gen9-2018", "kdump of 4.12: a card that was passed to a guest keeps firing", "ixgbe",
                [
                    Boot("4.12", ShutdownPath.Kdump) with { Drivers = new Dictionary<Bdf, DriverModel?> { [Card] = DriverModel.Find("vfio-pci") } },
                    Boot("4.12", ShutdownPath.None) with { Drivers = new Dictionary<Bdf, DriverModel?> { [Card] = null } },
                ], everyNs: 500_000),
            "From local_irq_enable until the bus scan clears MSI-X Enable, every message hits a vector of nobody; on the real machine the boot hung there.",
            "Piccoli, linux-pci 2018-10 and 2020-11; LP#1797990"),
    ];

    /// <summary>Bugs of the catalogue that this model cannot express yet, and why.</summary>
    public static readonly IReadOnlyList<(string Name, string Reason)> NotExpressed =
    [
        ("irqflood-2020", "a soft lockup is not modelled"),
        ("wilck-irr-2007", "an interrupt taken and never EOI'd before the crash: remote IRR is always cleared"),
        ("mptfusion-irqpoll-2006", "irqpoll is not modelled"),
        ("aacraid-mode", "a mode kept by the adapter's firmware is not modelled"),
        ("hpe-bridge-ur-2019", "Unsupported Request and its NMI are not modelled"),
        ("ahci-thunderx2-2020", "single DMA transfers are not modelled"),
        ("ena-2020", "single DMA transfers are not modelled"),
        ("loongson-ls7a", "a bridge that blocks MMIO is not modelled"),
        ("c5metal-2025", "a Bus Master Enable that stays 0 above a driver's function is not modelled"),
        ("vfio-2gpu-2021", "guests are not modelled"),
        ("p50-gpu-boot", "a device left running by firmware is not modelled"),
        ("igfx-e100-firmware", "a device left running by firmware is not modelled"),
        ("boot-interrupts", "boot interrupts are not modelled"),
        ("tg3-aer", "AER is not modelled"),
        ("virtio-console-2025", "a driver that writes after its device was reset is not modelled"),
        ("virtio-gpu-2025", "a driver that writes after its device was reset is not modelled"),
        ("aer-deadlock-2026", "locks are not modelled"),
        ("loongson-orphan-irq", "no platform but x86 is modelled"),
        ("sonic-arm64", "no platform but x86 is modelled"),
        ("gicv3-its-dhcp", "no platform but x86 is modelled"),
        ("igb-cmplto", "AER is not modelled"),
        ("indoh-2012", "DMA remapping is not modelled"),
        ("xen-disconnect", "Xen is not modelled"),
        ("ioatdma-2009", "single DMA transfers are not modelled"),
        ("ia64-shootdown-2006", "no platform but x86 is modelled"),
    ];

    private static BootSpec Boot(string kernel, ShutdownPath path)
    {
        var release = KernelRelease.Find(kernel)!;
        return new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, path);
    }

    private static Scenario Of(string id, string title, string device, IReadOnlyList<BootSpec> boots, long everyNs = 1_000_000) =>
        new(id, Platform.AcpiPc,
            [
                new FunctionSpec(Card, DeviceModel.Find(device)!) { Events = [new EventSource("completion", everyNs)] },
                new FunctionSpec(Usb, DeviceModel.Find("uhci")!),
            ],
            boots)
        {
            Title = title, Timing = TimingProfile.Metal,
        };
}
