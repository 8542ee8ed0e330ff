using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>A live device is switched at run time, as it was on recorded kernels: no shutdown, only the registers.</summary>
internal static class LivePresets
{
    private const long Second = 1_000_000_000;

    private static readonly Bdf Net = new(0, 9, 0);
    private static readonly Bdf Usb = new(0, 1, 0);

    public static readonly IReadOnlyList<Preset> All =
    [
        new(Of("live-msix-off", "pci_msix_shutdown on a live virtio card", [StimulusForms.MsiShutdown(Net), StimulusForms.Wait(12 * Second)]),
            "100,000 unhandled interrupts are counted, one more is delivered only to mask the pin, and the line is polled ten times a second from then on.",
            "recording s5a_vnet_uhci_msixshut"),
        new(Of("live-msix-enable-only", "MSI-X Enable off, and INTx-Disable off five seconds later",
                [
                    StimulusForms.MsixEnable(Net, false), StimulusForms.Wait(5 * Second),
                    StimulusForms.SetCommand(Net, null, false), StimulusForms.Wait(12 * Second),
                ]),
            "Clearing MSI-X Enable alone is harmless, for Linux set INTx-Disable when it enabled MSI-X; clearing INTx-Disable opens the gate.",
            "recording s5a2_vnet_uhci_setpci_only"),
        new(Of("live-no-handler", "pci_msix_shutdown with nobody on the line, and a driver that comes later",
                [
                    StimulusForms.MsiShutdown(Net), StimulusForms.Wait(5 * Second),
                    StimulusForms.LoadDriver(Usb, DriverModel.Find("uhci_hcd")!), StimulusForms.Wait(12 * Second),
                ],
                sharerLoaded: false),
            "Nobody hears the asserted line while it has no handler; on QEMU's IO-APIC not even when a driver comes, on real hardware at once.",
            "recording s5b_vnet_nohandler"),
        new(Of("live-bme-first", "Bus Master Enable off before pci_msix_shutdown",
                [
                    StimulusForms.SetCommand(Net, false, null), StimulusForms.Wait(300_000_000),
                    StimulusForms.MsiShutdown(Net), StimulusForms.Wait(6 * Second),
                    StimulusForms.SetCommand(Net, true, null), StimulusForms.Wait(12 * Second),
                ]),
            "QEMU's virtio stops when Bus Master Enable goes, so its INTx never rises, not even when Bus Master Enable comes back.",
            "recording s5c_vnet_bmefirst"),
        new(BusySharer(),
            "A network card that receives all the time handles 100 or more of each 100,000 interrupts, so spurious.c never gives the line up.",
            "kernel/irq/spurious.c; recordings README 9"),
    ];

    // The CPU gets its task done only in QEMU's pauses, each of which the sharer's next packet ends: 10 ms of it last for over a second.
    private static Scenario BusySharer()
    {
        var live = Of("live-busy-sharer", "pci_msix_shutdown with a busy card on the line", [StimulusForms.MsiShutdown(Net), StimulusForms.Wait(1_200_000_000)]);
        return live with
        {
            Functions = [new FunctionSpec(Usb, DeviceModel.Find("e1000")!) { Events = [new EventSource("rx", 1_000_000) { JitterPercent = 30 }] }, .. live.Functions.Skip(1)],
        };
    }

    private static Scenario Of(string id, string title, IReadOnlyList<Stimulus> stimuli, bool sharerLoaded = true)
    {
        var release = KernelRelease.Find("6.1.192")!;
        FunctionSpec[] functions =
        [
            new(Usb, DeviceModel.Find("uhci")!),
            new(Net, DeviceModel.Find("virtio-net")!) { Events = [new EventSource("rx", 1_000_000)] },
        ];
        var boot = new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, ShutdownPath.None) { Stimuli = stimuli };
        return new Scenario(id, Platform.Q35, functions, [sharerLoaded ? boot : boot with { Drivers = new Dictionary<Bdf, DriverModel?> { [Usb] = null } }])
        {
            Title = title,
        };
    }
}
