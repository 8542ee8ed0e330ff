using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Scenarios.BugPresets;

namespace PciDash.Scenarios;

/// <summary>Bugs of the catalogue in which one kernel leaves something to the next.</summary>
internal static class SecondKernels
{
    private static readonly Bdf Port = new(0, 2, 0);
    private static readonly Bdf Below = new(1, 0, 0);
    private static readonly Bdf Card = new(0, 3, 0);
    private static readonly Bdf Usb = new(0, 7, 0);

    public static readonly IReadOnlyList<Preset> All =
    [
        new(Of("wilck-irr-2007", "kdump of 2.6.24: the next kernel's disk controller is never heard", [Intx("mptspi") with { Cpu = 1, Events = [InHandler] }],
                Boot("2.6.24", ShutdownPath.Kdump) with { Cpus = 2 }, Boot("2.6.24", ShutdownPath.None) with { Cpus = 2, Stimuli = [Wait] }),
            "The crash stops a CPU between the interrupt and its EOI, so remote IRR stays set; this kernel only masks the pin and never clears it.",
            "Wilck, 2007; clear_IO_APIC_pin of later trees clears it"),
        new(Of("aacraid-mode", "kdump with pci=nomsi: the adapter still sends messages", [Plain("aacraid")],
                Boot("4.1", ShutdownPath.Kdump), Boot("4.1", ShutdownPath.None) with { NoMsi = true, Stimuli = [Wait] }),
            "The adapter's firmware remembers MSI-X until it is reset; the crash kernel's driver waits on the pin. reset_devices cures it.",
            "drivers/scsi/aacraid: reset_devices; domain 8, aacraid-mode"),
        new(Of("hpe-bridge-ur-2019", "Reboot of a crash kernel: a bridge stops forwarding under a live card",
                [
                    new FunctionSpec(Port, DeviceModel.Find("pcie-root-port")!) { SecondaryBus = 1, FirmwareBusMaster = true },
                    new FunctionSpec(Below, DeviceModel.Find("igb")! with { OnBusMasterOff = BusMasterReaction.UnsupportedRequest })
                    {
                        Parent = Port, Events = [new EventSource("rx", 500_000) { Dma = true }],
                    },
                ],
                Boot("4.19", ShutdownPath.Kdump), Boot("4.19", ShutdownPath.Reboot) with { Drivers = new Dictionary<Bdf, DriverModel?> { [Below] = null } }),
            "Nobody stopped the card, whose driver is not in the crash kernel; at reboot the port's own shutdown clears its Bus Master Enable, and the next write comes back as an Unsupported Request.",
            "Song, linux-pci 2019-12 and 2020-01; drivers/pci/pcie/portdrv_pci.c of 4.19"),
        new(Of("ena-2020", "kexec: a card kept its writes while Bus Master was 0",
                [new FunctionSpec(Card, DeviceModel.Find("ena")!) { Events = [new EventSource("rx", 500_000) { Dma = true }] }],
                Boot("4.19", ShutdownPath.Kexec), Boot("4.19", ShutdownPath.None)),
            "The driver has no .shutdown yet, so the card goes on; what it buffered goes out when the next kernel's driver sets Bus Master Enable: into that kernel's memory.",
            "ena .shutdown (2020); domain 8, ena-2020"),
        new(Of("virtio-console-2025", "kexec of 6.12: the driver uses a console that has stopped",
                [new FunctionSpec(Card, DeviceModel.Find("virtio-console-legacy")!) { Events = [new EventSource("rx", 700_000), new EventSource(EventSource.KernelThread, 20_000)] }],
                Boot("6.12", ShutdownPath.Kexec), Boot("6.12", ShutdownPath.None)),
            "Clearing Bus Master Enable stops the device, but nobody told its driver: hvc goes on writing. Since 6.15 the virtio bus breaks and resets its devices first.",
            "8bd2fa086a04, CVE-2025-38064"),
        new(Of("claim-legacy-layout", "Reboot of 4.1: MSI-X goes off, and the legacy config moves",
                [new FunctionSpec(Card, DeviceModel.Find("virtio-console-legacy")!) { Events = [new EventSource("rx", 700_000), new EventSource(EventSource.KernelThread, 200_000)] }],
                Boot("4.1", ShutdownPath.Reboot)),
            "The driver remembers MSI-X and looks for the config at 24; the device, whose MSI-X the core has switched off, has it at 20.",
            "Tsirkin, LKML 2015-05-12: \"changes the register layout\"; include/uapi/linux/virtio_pci.h"),
        new(Of("kdump-remap-faults", "kdump of 3.13 with remapping: each message of the old kernel is a fault", [Plain("igb")],
                Boot("3.13", ShutdownPath.Kdump), Boot("3.13", ShutdownPath.None) with { Drivers = new Dictionary<Bdf, DriverModel?> { [Card] = null } })
                with { InterruptRemapping = true },
            "Between the new, empty remapping table and the bus scan that clears MSI-X Enable, the card's messages find no entry. Since 4.2 a crash kernel copies the table.",
            "af3b358e4811 (4.2, from memory); Gleixner, linux-pci 2020-11: dmar_fault always says IRQ_HANDLED"),
    ];

    // In its handler at the moment of the crash.
    private static EventSource InHandler => new("completion", 1_000_000) { FirstNs = -1_000 };

    private static Stimulus Wait => StimulusForms.Wait(1_000_000_000);

    private static FunctionSpec Plain(string device) => new(Card, DeviceModel.Find(device)!) { Events = [new EventSource("completion", 1_000_000)] };

    private static FunctionSpec Intx(string device) => Plain(device) with { Mode = InterruptMode.Intx, Gsi = new Gsi(24) };

    private static Scenario Of(string id, string title, IReadOnlyList<FunctionSpec> functions, params BootSpec[] boots) =>
        new(id, Platform.AcpiPc, [.. functions, new FunctionSpec(Usb, DeviceModel.Find("uhci")!)], boots) { Title = title, Timing = TimingProfile.Metal };
}
