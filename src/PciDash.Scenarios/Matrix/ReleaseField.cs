using PciDash.Engine.Kernel;

namespace PciDash.Scenarios.Matrix;

/// <summary>One fact of a kernel's row, as far as two rows can differ in it.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Read">What a row says, in words.</param>
/// <param name="Source">Where a difference is known from: commits, as the rows' own fields name them.</param>
/// <param name="Take">The first row with this fact of the second; null = it follows from the version and cannot be taken alone.</param>
internal sealed record ReleaseField(
    string Name, Func<KernelRelease, string> Read, Func<KernelRelease, KernelRelease, string> Source, Func<KernelRelease, KernelRelease, KernelRelease>? Take)
{
    /// <summary>Every fact that an outcome can depend on.</summary>
    public static readonly IReadOnlyList<ReleaseField> All =
    [
        new("shutdown policy", r => $"{r.ShutdownPolicy}: {ShutdownPolicy.Find(r.ShutdownPolicy)!.Label}", (_, b) => ShutdownPolicy.Find(b.ShutdownPolicy)!.Source,
            (a, b) => a with { ShutdownPolicy = b.ShutdownPolicy }),
        new("bus scan", r => r.Enumeration switch
            {
                EnumerationPolicy.E0 => "E0: leaves a stale MSI enable",
                EnumerationPolicy.E1 => "E1: clears MSI enables, with CONFIG_PCI_MSI",
                EnumerationPolicy.E2 => "E2: clears MSI enables in pci_setup_device",
                _ => "E3: clears MSI enables in pci_init_capabilities",
            },
            (_, b) => b.Enumeration switch { EnumerationPolicy.E1 => "d5dea7d95c48", EnumerationPolicy.E2 => "1851617cd2da", EnumerationPolicy.E3 => "e80e7edc55ba", _ => b.Source },
            (a, b) => a with { Enumeration = b.Enumeration }),
        new("order of device_shutdown", r => r.Order == ShutdownOrder.ReverseProbe ? "reverse of the probes" : "reverse of the registration",
            (_, b) => b.Order == ShutdownOrder.ReverseProbe ? "52cdbdd49853" : "722e5f2b1eec, from memory, not verified", (a, b) => a with { Order = b.Order }),
        Flag("pci_enable_device clears INTx-Disable", r => r.EnableClearsIntxDisable, "1f6ae47ecff7", (a, on) => a with { EnableClearsIntxDisable = on }),
        Flag("spurious.c counts only from the first unhandled interrupt", r => r.CountsFromFirstUnhandled, null, (a, on) => a with { CountsFromFirstUnhandled = on }),
        Flag("the delivery that finds the irq disabled is counted", r => r.LazyDeliveryCounted, null, (a, on) => a with { LazyDeliveryCounted = on }),
        Flag("the virtio bus resets its devices at shutdown", r => r.VirtioResetAtShutdown, "8bd2fa086a04", (a, on) => a with { VirtioResetAtShutdown = on }),
        Flag("ahci stops its ports at shutdown", r => r.AhciShutdown, null, (a, on) => a with { AhciShutdown = on }),
        Flag("the bus scan tries whether INTx-Disable can be written", r => r.ProbesIntxDisable, null, (a, on) => a with { ProbesIntxDisable = on }),
        new("machine_shutdown", r => r.MachineShutdown switch
            {
                MachineShutdownOrder.CpusThenPins => "other CPUs stop, then the pins are masked",
                MachineShutdownOrder.ApicsThenPins => "CPUs and the local APIC stop, then the pins are masked",
                _ => "the pins are masked first",
            },
            (_, b) => b.MachineShutdown == MachineShutdownOrder.PinsFirst ? "522e66464467 (3.14, from memory)" : b.Source, (a, b) => a with { MachineShutdown = b.MachineShutdown }),
        Flag("a stuck remote IRR is cleared", r => r.ClearsRemoteIrr, "1e75b31d638d (3.0, from memory)", (a, on) => a with { ClearsRemoteIrr = on }),
        new("an interrupt that only wakes threads", r => r.WokenThread switch
            {
                WokenThread.AsHandled => "counts as handled",
                WokenThread.ByItsReturn => "counts by what each thread returns",
                _ => "counts at the next one, by what the threads did",
            },
            (_, b) => b.WokenThread == WokenThread.AtNextInterrupt ? "1e77d0a1ed74" : b.Source, (a, b) => a with { WokenThread = b.WokenThread }),
        Flag("MSI-X is enabled with its whole table masked", r => r.MasksWholeTable, "7d5ec3d36123", (a, on) => a with { MasksWholeTable = on }),
        new("interrupts per window of spurious.c", r => Node.Invariant($"{r.SpuriousCutoff}"), (_, b) => b.Source, (a, b) => a with { SpuriousCutoff = b.SpuriousCutoff }),
        new("unhandled ones that disable the irq", r => Node.Invariant($"{r.SpuriousThreshold}"), (_, b) => b.Source, (a, b) => a with { SpuriousThreshold = b.SpuriousThreshold }),
        Flag("a remapping table that is found is copied after a crash", r => r.CopiesRemapping, "af3b358e4811 (4.2, from memory)", null),
        Flag("request_irq sends again what came while the irq had no action", r => r.ResendsAtStartup, null, null),
        Flag("free_irq masks the entry of a message", r => r.FreeMasksEntry, null, null),
        Flag("pins get their vectors when they are requested", r => r.VectorsAtRequest, "the vector matrix of 4.15, from memory; 6.1 and 6.12 recorded", null),
    ];

    // A fact without a commit of its own is known from the rows: the tree or the recording that the newer one names.
    private static ReleaseField Flag(string name, Func<KernelRelease, bool> read, string? source, Func<KernelRelease, bool, KernelRelease>? take) =>
        new(name, r => read(r) ? "yes" : "no", (_, b) => source ?? b.Source, take is null ? null : (a, b) => take(a, read(b)));
}
