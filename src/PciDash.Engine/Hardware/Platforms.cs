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
/// line is evaluated again. Real hardware delivers at once.
/// </param>
/// <param name="OtherPinWrites">Writes to pins that carry no PCI line, before those that do, when the kernel masks every pin.</param>
/// <param name="Source">Where this is known from.</param>
public sealed record Platform(
    string Id, string Title, int PausesAfterSuccessive, long PauseNs, bool ForgetsRiseWhileUnprogrammed, int OtherPinWrites, string Source)
{
    /// <summary>A PC with ACPI and an IO-APIC as the data sheet has it.</summary>
    public static readonly Platform AcpiPc = new(
        "acpi-pc", "Generic ACPI PC", 0, 0, false, 12,
        "82093AA data sheet behaviour; default routing GSI 16 + (slot + pin) % 4 is assumed, a scenario may name each function's GSI");

    /// <summary>QEMU's q35 with its user-space IO-APIC.</summary>
    public static readonly Platform Q35 = new(
        "q35", "QEMU q35", 10_000, 10_000_000, true, 12,
        "QEMU 7.2 hw/intc/ioapic.c (SUCCESSIVE_IRQ_MAX_COUNT, ioapic_set_irq), hw/isa/lpc_ich9.c; recordings s5a, s5b, s1_reboot_q35_k612 (pins 1, 2, 4, 8, 9, 12: two writes each)");

    /// <summary>All platforms, in the order they are offered.</summary>
    public static readonly IReadOnlyList<Platform> All = [AcpiPc, Q35];

    /// <summary>The platform of that name, or null.</summary>
    public static Platform? Find(string id) => All.FirstOrDefault(p => p.Id == id);

    /// <summary>The GSI that <paramref name="pin"/> of the root-bus device in <paramref name="slot"/> ends on.</summary>
    public Gsi Route(int slot, InterruptPin pin)
    {
        var line = (int)pin - 1;
        if (this != Q35)
        {
            return new Gsi(16 + (slot + line) % 4);
        }

        // lpc_ich9: slots 0-24 go to PIRQ E-H by slot and pin, slot 30 to E-H by pin, the chipset's own slots to A-D.
        return slot switch
        {
            30 => new Gsi(20 + line),
            >= 25 => new Gsi(16 + line),
            _ => new Gsi(20 + (slot + line) % 4),
        };
    }
}
