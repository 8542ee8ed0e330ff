using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Scenarios.BugPresets;

namespace PciDash.Scenarios;

/// <summary>Functions that are passed to a guest (domain 6.4).</summary>
internal static class Guests
{
    private static readonly Bdf Up = new(0, 1, 0);
    private static readonly Bdf Plx = new(1, 0, 0);
    private static readonly Bdf DownA = new(2, 8, 0);
    private static readonly Bdf DownB = new(2, 16, 0);
    private static readonly Bdf GpuA = new(3, 0, 0);
    private static readonly Bdf GpuB = new(4, 0, 0);
    private static readonly Gsi Line = new(31);

    public static readonly IReadOnlyList<Preset> All =
    [
        new(TwoGpus(),
            "The guest of the first card stops. Freeing its vectors clears INTx-Disable while the card still wants attention, so the line that both cards share goes up, and only the other card's handler is there.",
            "Williamson, linux-pci 2021: \"irq 31: nobody cared\", vfio_intx_handler"),
        new(GuestTurnsMsiOff(),
            "The guest's kernel turns MSI-X off behind its driver: the host switches the real card to its pin, masks it by INTx-Disable after the first interrupt, and waits for a guest that never serves it.",
            "drivers/vfio/pci/vfio_pci_intrs.c; QEMU hw/vfio/pci.c: vfio_msix_disable → vfio_intx_enable"),
    ];

    private static DeviceModel Gpu => DeviceModel.Find("nvidia-gpu")! with { Title = "NVIDIA RTX 2080 Ti", HasFlr = true };

    private static Dictionary<Bdf, DriverModel?> Passed(params Bdf[] functions) => functions.ToDictionary(f => f, _ => DriverModel.Find("vfio-pci"));

    private static Scenario TwoGpus() => new(
        "vfio-2gpu-2021", Platform.AcpiPc,
        [
            new(Up, DeviceModel.Find("pcie-root-port")!) { SecondaryBus = 1 },
            new(Plx, DeviceModel.Find("pcie-switch-port")!) { Parent = Up, SecondaryBus = 2 },
            new(DownA, DeviceModel.Find("pcie-switch-port")!) { Parent = Plx, SecondaryBus = 3 },
            new(DownB, DeviceModel.Find("pcie-switch-port")!) { Parent = Plx, SecondaryBus = 4 },
            new(GpuA, Gpu) { Parent = DownA, Gsi = Line, Mode = InterruptMode.Msi, Events = [new EventSource("completion", 3_000) { OncePerService = true }] },
            new(GpuB, Gpu) { Parent = DownB, Gsi = Line, Mode = InterruptMode.Intx },
        ],
        [Boot("4.19", ShutdownPath.None) with { Drivers = Passed(GpuA, GpuB), Stimuli = [StimulusForms.GuestExit(GpuA), StimulusForms.Wait(1_000_000_000)] }])
    {
        Title = "A guest stops: two passed-through cards share a line", Timing = TimingProfile.Metal,
    };

    private static Scenario GuestTurnsMsiOff() => new(
        "claim-guest-intx", Platform.AcpiPc,
        [new(new Bdf(0, 3, 0), DeviceModel.Find("ixgbe")!) { Gsi = Line, Events = [new EventSource("rx", 100_000)] }],
        [
            Boot("6.12", ShutdownPath.None) with
            {
                Drivers = Passed(new Bdf(0, 3, 0)), Stimuli = [StimulusForms.GuestMsiOff(new Bdf(0, 3, 0)), StimulusForms.Wait(1_000_000_000)],
            },
        ])
    {
        Title = "A guest's kernel turns MSI-X off: the host's card pulls its pin", Timing = TimingProfile.Metal,
    };
}
