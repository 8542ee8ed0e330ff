using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Kit;

/// <summary>A machine type of QEMU: its name, its root bus and the functions that it has whether they are asked for or not.</summary>
/// <param name="Machine">Name that <c>-machine</c> takes.</param>
/// <param name="RootBus">Id of its root bus.</param>
/// <param name="BuiltIn">Function and id of the catalogue's device that it is; "" = none of the catalogue.</param>
/// <param name="IdeBus">Id of the first bus of its built-in disk controller; null = none that the catalogue knows.</param>
/// <param name="Source">Where this is known from.</param>
public sealed record QemuBoard(string Machine, string RootBus, IReadOnlyDictionary<Bdf, string> BuiltIn, string? IdeBus, string Source)
{
    /// <summary>Intel 82G33 and ICH9.</summary>
    public static readonly QemuBoard Q35 = new(
        "q35", "pcie.0",
        new Dictionary<Bdf, string>
        {
            [new Bdf(0, 0, 0)] = "host-bridge", [new Bdf(0, 0x1f, 0)] = "isa-bridge", [new Bdf(0, 0x1f, 2)] = "ahci", [new Bdf(0, 0x1f, 3)] = "smbus",
        },
        "ide.0", "info pci of QEMU 7.2 -machine q35 -nodefaults; recording q35-virtio");

    /// <summary>Intel 440FX and PIIX3.</summary>
    public static readonly QemuBoard Pc = new(
        "pc", "pci.0",
        new Dictionary<Bdf, string>
        {
            [new Bdf(0, 0, 0)] = "host-bridge", [new Bdf(0, 1, 0)] = "isa-bridge", [new Bdf(0, 1, 1)] = "", [new Bdf(0, 1, 3)] = "smbus",
        },
        null, "info pci of QEMU 7.2 -machine pc -nodefaults; recording s1_reboot_pc_k61");

    /// <summary>PCI Express: ports, switches.</summary>
    public bool HasExpress => this == Q35;

    /// <summary>The machine for a platform; a generic one becomes q35.</summary>
    public static QemuBoard Of(Platform platform) => platform == Platform.Pc ? Pc : Q35;
}
