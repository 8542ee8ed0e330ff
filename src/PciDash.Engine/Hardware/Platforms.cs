namespace PciDash.Engine.Hardware;

/// <summary>A platform: where the pins of root-bus devices end, and what its IO-APIC does beyond the data sheet.</summary>
/// <param name="Id">Name used in scenario files.</param>
/// <param name="Title">What a reader sees.</param>
/// <param name="PausesAfterSuccessive">
/// After so many EOIs in a row with the line still up, the IO-APIC waits <paramref name="PauseNs"/> before it delivers again; 0 = never.
/// </param>
/// <param name="PauseNs">Length of that pause, nanoseconds.</param>
/// <param name="ForgetsRiseWhileUnprogrammed">
/// A level that rises while its pin is masked and still in its reset (edge) mode is not latched: unmasking gives no interrupt until the
/// line is evaluated again, as every write of INTx-Disable does for the lines of all four pins of its function. Real hardware delivers at once.
/// </param>
/// <param name="OtherPinWrites">Writes to pins that carry no PCI line, before those that do, when the kernel masks every pin.</param>
/// <param name="Source">Where this is known from.</param>
public sealed record Platform(
    string Id, string Title, int PausesAfterSuccessive, long PauseNs, bool ForgetsRiseWhileUnprogrammed, int OtherPinWrites, string Source)
{
    // PIIX3's links A-D as Linux sets them up on QEMU: seen for slots 1 and 3-9, and behind a bridge, in s1_reboot_pc_k61.
    private static readonly int[] PiixLinks = [11, 10, 10, 11];

    /// <summary>A PC with ACPI and an IO-APIC as the data sheet has it.</summary>
    public static readonly Platform AcpiPc = new(
        "acpi-pc", "Generic ACPI PC", 0, 0, false, 12,
        "82093AA data sheet behaviour; default routing GSI 16 + (slot + pin) % 4 is assumed, a scenario may name each function's GSI")
    {
        Routing = static (slot, pin) => 16 + ((slot + pin) % 4),
    };

    /// <summary>QEMU's q35 with its user-space IO-APIC.</summary>
    public static readonly Platform Q35 = new(
        "q35", "QEMU q35", 10_000, 10_000_000, true, 12,
        "QEMU 7.2 hw/intc/ioapic.c (SUCCESSIVE_IRQ_MAX_COUNT, ioapic_set_irq), hw/isa/lpc_ich9.c; recordings s5a, s5b, s1_reboot_q35_k612 (pins 1, 2, 4, 8, 9, 12: two writes each)")
    {
        // lpc_ich9: slots 0-24 go to PIRQ E-H by slot and pin, slot 30 to E-H by pin, the chipset's own slots to A-D.
        Routing = static (slot, pin) => slot switch
        {
            30 => 20 + pin,
            >= 25 => 16 + pin,
            _ => 20 + ((slot + pin) % 4),
        },
    };

    /// <summary>QEMU's pc (i440fx and PIIX3) with its user-space IO-APIC.</summary>
    public static readonly Platform Pc = new(
        "pc", "QEMU pc", 10_000, 10_000_000, true, 12,
        "QEMU hw/pci-host/i440fx.c, hw/isa/piix3.c; recordings s1_reboot_pc_k61, pc-bridge-shared-intx")
    {
        Routing = static (slot, pin) => PiixLinks[(pin + slot - 1) & 3],
    };

    /// <summary>All platforms, in the order they are offered.</summary>
    public static readonly IReadOnlyList<Platform> All = [AcpiPc, Q35, Pc];

    /// <summary>The platform of that name, or null.</summary>
    public static Platform? Find(string id) => All.FirstOrDefault(p => p.Id == id);

    /// <summary>Which GSI the pin (0 = INTA) of a root-bus slot ends on.</summary>
    public required Func<int, int, int> Routing { get; init; }

    /// <summary>The GSI that <paramref name="pin"/> of the root-bus device in <paramref name="slot"/> ends on.</summary>
    public Gsi Route(int slot, InterruptPin pin) => new(Routing(slot, (int)pin - 1));
}
