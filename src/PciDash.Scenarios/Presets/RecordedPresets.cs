using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>Whole recorded machines.</summary>
internal static class RecordedPresets
{
    public static readonly IReadOnlyList<Preset> All =
    [
        new(Q35Virtio(), "At kexec the core clears Bus Master Enable where it is set, from the highest address down: ahci, network card, disk.", "recording q35-virtio"),
    ];

    private static Scenario Q35Virtio()
    {
        var release = KernelRelease.Find("6.1.192")!;
        static FunctionSpec At(int device, int function, string id) => new(new Bdf(0, device, function), DeviceModel.Find(id)!);
        var display = At(1, 0, "pci-endpoint");
        FunctionSpec[] functions =
        [
            At(0, 0, "host-bridge"),
            display with { Device = display.Device with { Pin = InterruptPin.None } },
            At(2, 0, "virtio-blk"),
            At(3, 0, "virtio-net"),
            At(0x1f, 0, "isa-bridge"),
            At(0x1f, 2, "ahci"),
            At(0x1f, 3, "smbus"),
        ];
        var boot = new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, ShutdownPath.Kexec) { Cpus = 2 };
        return new Scenario("q35-virtio", Platform.Q35, functions, [boot]) { Title = "kexec of a q35 machine with virtio disk and network" };
    }
}
