using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Kit;

/// <summary>A function of the scenario on QEMU's machine.</summary>
/// <param name="Spec">The scenario's.</param>
/// <param name="Device">QEMU's device; empty if the machine has it built in.</param>
/// <param name="Properties">Its properties, without bus, address and backend.</param>
internal sealed record PlacedFunction(FunctionSpec Spec, string Device, string Properties)
{
    /// <summary>The bridge above it, or null.</summary>
    public PlacedFunction? Parent { get; init; }

    /// <summary>What it needs at its back.</summary>
    public QemuBackend Backend { get; init; }

    /// <summary>Leads to a bus of PCI Express that has device 0 only.</summary>
    public bool IsPort { get; init; }

    /// <summary>The upstream port of a switch: below it there are downstream ports only.</summary>
    public bool IsUpstream { get; init; }

    /// <summary>Part of the machine itself.</summary>
    public bool IsBuiltIn => Device.Length == 0;

    /// <summary>Nothing that a scenario would be about: the chipset.</summary>
    public bool IsChipset => Spec.Device.Id is "host-bridge" or "isa-bridge" or "smbus";

    /// <summary>Device number on its bus.</summary>
    public int Slot { get; set; }

    /// <summary>Function number.</summary>
    public int Function { get; set; }

    /// <summary>Number of its bus, as the firmware will count.</summary>
    public int Bus { get; set; }

    /// <summary>The slot has more than one function.</summary>
    public bool Multifunction { get; set; }

    /// <summary>Its address on QEMU's machine.</summary>
    public Bdf At => new(Bus, Slot, Function);

    /// <summary>QEMU's id.</summary>
    public string Id => Node.Invariant($"f{Spec.Bdf.Bus:x2}{Spec.Bdf.Device:x2}{Spec.Bdf.Function}");

    /// <summary>The id of the bus below it.</summary>
    public string BusBelow => Id;
}
