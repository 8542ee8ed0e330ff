using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>Bugs that made it into commit logs and mail archives, under their own names (domain 8). What comes of them is computed.</summary>
internal static partial class BugPresets
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
        .. SecondKernels.All, .. Firmware.All, .. Guests.All,
    ];

    /// <summary>Bugs of the catalogue that this model cannot express yet, and why.</summary>
    public static readonly IReadOnlyList<(string Name, string Reason)> NotExpressed =
    [
        ("irqflood-2020", "a soft lockup is not modelled"),
        ("mptfusion-irqpoll-2006", "irqpoll calls the fresh handler, but what a chip's reply queue still holds is not modelled"),
        ("ahci-thunderx2-2020", "what a transfer that is cut in the middle leaves in a controller is not modelled"),
        ("loongson-ls7a", "a bridge that blocks MMIO is not modelled"),
        ("c5metal-2025", "the next kernel's pci_enable_bridge always sets the bridge's Bus Master Enable; why it did not there is not in what was read"),
        ("tg3-aer", "AER's own messages are not modelled"),
        ("virtio-gpu-2025", "what waits for a device that was reset is not modelled, only that it is used"),
        ("aer-deadlock-2026", "locks are not modelled"),
        ("loongson-orphan-irq", "no platform but x86 is modelled"),
        ("sonic-arm64", "no platform but x86 is modelled"),
        ("gicv3-its-dhcp", "no platform but x86 is modelled"),
        ("igb-cmplto", "completions of a device's own reads are not modelled"),
        ("indoh-2012", "DMA remapping is not modelled"),
        ("xen-disconnect", "Xen is not modelled"),
        ("ioatdma-2009", "what broke is not in what was read"),
        ("ia64-shootdown-2006", "no platform but x86 is modelled"),
    ];

    internal static BootSpec Boot(string kernel, ShutdownPath path)
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
