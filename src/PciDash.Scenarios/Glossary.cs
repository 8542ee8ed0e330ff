namespace PciDash.Scenarios;

/// <summary>A term of the field.</summary>
/// <param name="Id">Its place on the glossary's page, in kebab-case.</param>
/// <param name="Name">As it is written.</param>
/// <param name="Meaning">What it is, in a sentence or two.</param>
/// <param name="Source">Where that is said: a specification, a file of the kernel, or a commit.</param>
public sealed record Term(string Id, string Name, string Meaning, string Source);

/// <summary>What the words on the pages mean, each with its source.</summary>
public static class Glossary
{
    /// <summary>All terms, by name.</summary>
    public static IReadOnlyList<Term> All { get; } = new Term[]
    {
        new("bme", "Bus Master Enable (BME)", "Bit 2 of a function's Command register. While it is 0 the function writes no memory, so it sends no MSI either, for an MSI is a memory write. It does not gate the INTx pin.",
            "PCI Local Bus 3.0, 6.2.2 and 6.8.1"),
        new("disintx", "INTx-Disable (DisINTx)", "Bit 10 of the Command register. While it is 1 the function keeps its INTx pin down, whatever it wants to tell. pci_intx() writes it; pci_intx_for_msi() clears it when MSI goes off.",
            "PCI Local Bus 3.0, 6.2.2; drivers/pci/pci.c: pci_intx"),
        new("intx", "INTx", "The interrupt pin of a function, INTA# to INTD#: a level. It stays up until its cause is acknowledged, and several functions may share its line.", "PCI Local Bus 3.0, 2.2.6"),
        new("status-interrupt", "Status: Interrupt", "Bit 3 of the Status register: the function wants an interrupt, whether INTx-Disable lets it out or not.", "PCI Local Bus 3.0, 6.2.3"),
        new("msi", "MSI", "An interrupt as a write to memory: address and data say which CPU and vector. One to 32 messages. While MSI Enable is 1 the function does not use its pin.", "PCI Local Bus 3.0, 6.8"),
        new("msix", "MSI-X", "MSI with a table of up to 2,048 entries, each with its own address, data and mask bit. Function Mask masks all of them.", "PCI Local Bus 3.0, 6.8.2"),
        new("pba", "Pending bit", "A masked entry that wanted to send a message has its bit in the Pending Bit Array set; the message goes out when the mask goes.", "PCI Local Bus 3.0, 6.8.2"),
        new("gsi", "GSI", "Global System Interrupt: the number of an IO-APIC pin, counted over all IO-APICs. For a PCI line it is the irq's number too.", "ACPI 6.5, 5.2.13"),
        new("line", "Line", "What the pins of several functions end on: one IO-APIC pin, whose level is the OR of theirs. All handlers on it are called for each interrupt.", "PCI Local Bus 3.0, 2.2.6; kernel/irq/handle.c"),
        new("swizzle", "Swizzle", "A bridge passes the pins of the devices below it on, turned by the device's number: INTA# of device 1 comes out as INTB#.", "PCI-to-PCI Bridge 1.2, 9.1; drivers/pci/pci.c: pci_swizzle_interrupt_pin"),
        new("io-apic", "IO-APIC", "Turns lines into messages to the CPUs. Each pin has an entry with a vector, a mask bit and, for level lines, the remote IRR.", "Intel 82093AA datasheet, 3.2.4"),
        new("remote-irr", "Remote IRR", "Set when a level interrupt was accepted, cleared by its EOI. While it is set the pin delivers nothing more.", "Intel 82093AA datasheet, 3.2.4"),
        new("eoi", "EOI", "End of interrupt: the CPU is done with it. A level line that is still up then interrupts again at once.", "Intel SDM vol. 3, 10.8.5"),
        new("irr", "IRR", "The local APIC's request register: interrupts that have arrived and wait until the CPU takes interrupts.", "Intel SDM vol. 3, 10.8.4"),
        new("vector", "Vector", "Number from 32 to 255 that tells a CPU which interrupt it has. Each CPU has its own.", "Intel SDM vol. 3, 6.2"),
        new("irq-none", "IRQ_NONE", "What a handler returns when its device did not interrupt. When all handlers of an irq say so, the interrupt was unhandled.", "include/linux/irqreturn.h"),
        new("nobody-cared", "nobody cared", "Of 100,000 interrupts more than 99,900 were unhandled: the kernel prints this, disables the irq and polls its handlers at 10 Hz from then on.", "kernel/irq/spurious.c: note_interrupt, __report_bad_irq"),
        new("storm", "Storm", "A level line that stays up and nobody acknowledges: the CPU takes the interrupt again and again, and does nothing else.", "kernel/irq/spurious.c"),
        new("irqpoll", "irqpoll", "Boot option: with each timer tick all handlers are tried, in case an interrupt came on the wrong line. irqfixup does so only when one was unhandled.", "Documentation/admin-guide/kernel-parameters.txt; kernel/irq/spurious.c"),
        new("noirqdebug", "noirqdebug", "Boot option: unhandled interrupts are not counted, so no irq is ever given up.", "Documentation/admin-guide/kernel-parameters.txt"),
        new("lazy-disable", "Lazy disable", "disable_irq() only notes it; the pin is masked when an interrupt arrives nevertheless.", "kernel/irq/chip.c: irq_disable"),
        new("oneshot", "ONESHOT", "The line stays masked until the handler's thread has run (IRQF_ONESHOT).", "include/linux/interrupt.h"),
        new("kexec", "kexec", "The running kernel jumps into the next one: no firmware, no reset, and the devices are as they were left.", "kernel/kexec_core.c: kernel_kexec"),
        new("kdump", "kdump", "kexec on a panic: no driver's .shutdown is called, and the crash kernel finds every device running.", "Documentation/admin-guide/kdump/kdump.rst"),
        new("shutdown", ".shutdown", "A driver's callback before reboot, poweroff and kexec. pci_device_shutdown() calls it, then does what the PCI core does itself: that is the shutdown policy.", "drivers/pci/pci-driver.c: pci_device_shutdown"),
        new("policy", "Shutdown policy", "What the PCI core does to each function after its driver's .shutdown. It changed with the releases; P0 to P5 are its versions, seed the patch of May 2015, EB-1 to EB-3 what Eric Biederman named instead.",
            "drivers/pci/pci-driver.c; LKML 2015-05-12"),
        new("boot-interrupt", "Boot interrupt", "Some chipsets raise another line too when a pin is masked that is up, for an operating system without IO-APIC.", "drivers/pci/quirks.c: quirk_disable_intel_boot_interrupt"),
        new("remapping", "Interrupt remapping", "The IOMMU looks each message up in a table; one that has no entry is blocked and reported as a fault.", "Intel VT-d 4.0, 5.1"),
        new("flr", "FLR", "Function Level Reset: what software has set in one function, its enables included, goes back to the reset values.", "PCI Express 4.0, 6.6.2"),
        new("d3hot", "D3hot", "A low-power state: the function answers configuration accesses and does nothing else. Without No_Soft_Reset it comes back reset.", "PCI Bus Power Management Interface 1.2"),
        new("isr", "ISR (virtio)", "A legacy virtio device's status register; reading it acknowledges, and lowers the pin.", "Virtio 1.2, 4.1.4.5"),
        new("untimed", "All orderings", "The same machine without clocks: every enabled event may be the next. What holds there holds for every speed.", "Exploration of this program"),
    }.OrderBy(t => t.Name, StringComparer.OrdinalIgnoreCase).ToList();

    /// <summary>The term, or null.</summary>
    public static Term? Find(string id) => All.FirstOrDefault(t => t.Id == id);
}
