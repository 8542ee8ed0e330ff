using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Scenarios.BugPresets;

namespace PciDash.Scenarios;

/// <summary>Bugs of the catalogue that begin with the firmware or the chipset.</summary>
internal static class Firmware
{
    private static readonly Bdf Gpu = new(0, 2, 0);
    private static readonly Bdf Bus = new(0, 0x1f, 3);
    private static readonly Gsi Shared = new(16);

    private static readonly DriverModel Threaded =
        new("threaded", new HandlerModel("irq_default_primary_handler", ClearsCause: true, Blind: false) { Thread = HandlerThread.Oneshot },
            new HandlerModel("irq_default_primary_handler", ClearsCause: true, Blind: false), "any driver whose handler is threaded with IRQF_ONESHOT")
        {
            IntxOnly = true, OwnScript = [],
        };

    private static readonly FunctionSpec Smbus = new(Bus, DeviceModel.Find("smbus")! with { Driver = "i801_smbus" }) { Gsi = Shared };

    public static readonly IReadOnlyList<Preset> All =
    [
        new(Of("p50-gpu-boot", "Warm reboot of a ThinkPad P50: irq 16 dies, and the touchpad with it",
                [Left("nvidia-gpu-p50"), Smbus],
                Boot("4.19", ShutdownPath.Reboot),
                Boot("4.19", ShutdownPath.None) with { Drivers = new Dictionary<Bdf, DriverModel?> { [Gpu] = null }, Stimuli = [Wait] }),
            "The firmware hands the GPU over working. Its pin is up when the first driver of the line, i801_smbus, requests the irq.",
            "e0547c81bfcf (2019): the quirk resets the GPU"),
        new(Of("igfx-e100-firmware", "Cold boot of 2.6.32: a graphics device that firmware left interrupting",
                [Left("intel-gpu"), new FunctionSpec(new Bdf(0, 0x1d, 0), DeviceModel.Find("uhci")!) { Gsi = Shared }],
                Boot("2.6.32", ShutdownPath.None) with { Drivers = new Dictionary<Bdf, DriverModel?> { [Gpu] = null }, Stimuli = [Wait] }),
            "The firmware left the device interrupting, so the line storms as soon as its first sharer requests it; later kernels switch it off while they scan the bus.",
            "f67fd55fa96f (3.6, from memory), disable_igfx_irq; quirk_e100_interrupt"),
        new(Of("boot-interrupts", "A threaded handler on a Sandy Bridge server: its masked pin comes back as irq 16",
                [
                    new FunctionSpec(Gpu, DeviceModel.Find("pci-endpoint")! with { Driver = Threaded.Id }) { Gsi = new Gsi(24), Events = [new EventSource("completion", 2_000_000)] },
                    new FunctionSpec(new Bdf(0, 0x1d, 0), DeviceModel.Find("uhci")!) { Gsi = Shared },
                ],
                Boot("4.19", ShutdownPath.None) with { Stimuli = [Wait] })
                with
                {
                    OwnDrivers = [Threaded],
                    BootInterrupts = [new BootInterrupt(new Gsi(24), Shared, "6.1", "Xeon E5 (0x3c28): quirk_disable_intel_boot_interrupt, Documentation/PCI/boot-interrupts.rst")],
                },
            "While the pin is masked until its handler's thread has run, the chipset raises the legacy line, where nobody is responsible.",
            "Documentation/PCI/boot-interrupts.rst; drivers/pci/quirks.c"),
    ];

    private static Stimulus Wait => StimulusForms.Wait(2_000_000_000);

    private static FunctionSpec Left(string device) =>
        new(Gpu, DeviceModel.Find(device)!) { Gsi = Shared, LeftRunning = true, Events = [new EventSource("timer", 1_000_000)] };

    private static Scenario Of(string id, string title, IReadOnlyList<FunctionSpec> functions, params BootSpec[] boots) =>
        new(id, Platform.AcpiPc, functions, boots) { Title = title, Timing = TimingProfile.Metal };
}
