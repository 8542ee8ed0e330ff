namespace PciDash.Engine.Kernel;

/// <summary>What a kernel does to MSI and MSI-X enables that it finds while it scans the bus (domain 1.3).</summary>
public enum EnumerationPolicy : byte
{
    /// <summary>Nothing: a stale enable survives.</summary>
    E0,

    /// <summary>Clears them, with CONFIG_PCI_MSI only.</summary>
    E1,

    /// <summary>Clears them in pci_setup_device, whatever the configuration.</summary>
    E2,

    /// <summary>Clears them in pci_init_capabilities.</summary>
    E3,
}

/// <summary>The order in which device_shutdown visits siblings.</summary>
public enum ShutdownOrder : byte
{
    /// <summary>Reverse of registration.</summary>
    ReverseRegistration,

    /// <summary>Reverse of the last successful probe (52cdbdd49853 moves a device to the end of the list).</summary>
    ReverseProbe,
}

/// <summary>The order in which native_machine_shutdown silences the interrupt hardware (domain 3.3).</summary>
public enum MachineShutdownOrder : byte
{
    /// <summary>The other CPUs stop, the pins are masked; interrupts stay on here until the end.</summary>
    CpusThenPins,

    /// <summary>The other CPUs and this one's local APIC stop, then the pins are masked.</summary>
    ApicsThenPins,

    /// <summary>The pins are masked first, while everything is live.</summary>
    PinsFirst,
}

/// <summary>How note_interrupt takes an interrupt whose handlers only woke threads.</summary>
public enum WokenThread : byte
{
    /// <summary>As handled, whatever the threads do: handle_IRQ_event makes IRQ_HANDLED of IRQ_WAKE_THREAD.</summary>
    AsHandled,

    /// <summary>Not at all; each thread calls note_interrupt with what it returns.</summary>
    ByItsReturn,

    /// <summary>At the next interrupt, by what the threads did meanwhile.</summary>
    AtNextInterrupt,
}

/// <summary>A kernel release: one row of facts.</summary>
/// <param name="Version">Name used in scenario files.</param>
/// <param name="ShutdownPolicy">Id of the policy in force.</param>
/// <param name="Enumeration">What its bus scan does to stale MSI.</param>
/// <param name="Order">In which order it shuts devices down.</param>
/// <param name="EnableClearsIntxDisable">pci_enable_device clears INTx-Disable when the device is in neither MSI mode.</param>
/// <param name="CountsFromFirstUnhandled">note_interrupt counts only while irqs_unhandled is not zero.</param>
/// <param name="LazyDeliveryCounted">The delivery that finds the irq disabled appears in /proc/interrupts.</param>
/// <param name="VirtioResetAtShutdown">The virtio bus resets its devices in device_shutdown (8bd2fa086a04).</param>
/// <param name="AhciShutdown">ahci has a .shutdown which stops the ports (since early 2020).</param>
/// <param name="Source">Trees read, recordings, commits.</param>
public sealed record KernelRelease(
    string Version,
    string ShutdownPolicy,
    EnumerationPolicy Enumeration,
    ShutdownOrder Order,
    bool EnableClearsIntxDisable,
    bool CountsFromFirstUnhandled,
    bool LazyDeliveryCounted,
    bool VirtioResetAtShutdown,
    bool AhciShutdown,
    string Source)
{
    /// <summary>Its bus scan tries whether INTx-Disable can be written, and leaves it as it was found.</summary>
    public bool ProbesIntxDisable { get; init; }

    /// <summary>In which order machine_shutdown silences the interrupt hardware.</summary>
    public MachineShutdownOrder MachineShutdown { get; init; } = MachineShutdownOrder.PinsFirst;

    /// <summary>clear_IO_APIC also clears a remote IRR that was left set; earlier ones only mask the pin (domain 8, wilck-irr-2007).</summary>
    public bool ClearsRemoteIrr { get; init; } = true;

    /// <summary>Booted after a crash it copies the interrupt remapping table that it finds; earlier ones start with an empty one (af3b358e4811, 4.2, from memory).</summary>
    public bool CopiesRemapping => IsAtLeast("4.2");

    /// <summary>
    /// Pins get their vectors when they are requested, as messages do; earlier ones give all pins theirs at boot (the vector matrix of 4.15,
    /// from memory; 6.1 and 6.12 recorded).
    /// </summary>
    public bool VectorsAtRequest => IsAtLeast("4.19");

    /// <summary>
    /// The last free_irq of a line resets its IO-APIC entry too: irq_shutdown → irq_domain_deactivate_irq → mp_irqdomain_deactivate. Seen on
    /// 6.1.192 and 6.12.111 in QEMU; since the IO-APIC's hierarchical domains of 4.2, from memory, verify.
    /// </summary>
    public bool ResetsFreedPin => IsAtLeast("4.2");

    /// <summary>
    /// request_irq sends again what came while the irq had no action (irq_startup → check_irq_resend): absent in trees 2.6.24 and 2.6.32, present
    /// in trees 3.3.8, 3.6, 3.13.10 and 3.14.65 ("genirq: Handle pending irqs in irq_startup()"; the first release from memory).
    /// </summary>
    public bool ResendsAtStartup => IsAtLeast("3.3");

    /// <summary>free_irq masks the entry of the last action (irq_shutdown): in tree 2.6.24 shutdown is default_disable, which does nothing; trees 2.6.32, 3.6, 4.9.88 mask.</summary>
    public bool FreeMasksEntry => IsAtLeast("2.6.32");

    /// <summary>Enabling MSI-X masks the whole table first, not only the entries it allocates (7d5ec3d36123, 5.14).</summary>
    public bool MasksWholeTable { get; init; }

    /// <summary>
    /// How an interrupt that only woke threads counts: by threads themselves in trees 3.3.8, 3.6 and 3.13.10 (irq_thread → note_interrupt), at the
    /// next interrupt in tree 3.14.65 and later (1e77d0a1ed74, there by its backport; mainline 3.16 from memory). 2.6.24 has no threads.
    /// </summary>
    public WokenThread WokenThread { get; init; } = WokenThread.AtNextInterrupt;

    /// <summary>Interrupts per window of spurious.c.</summary>
    public int SpuriousCutoff { get; init; } = 100_000;

    /// <summary>More unhandled ones than this per window disable the irq.</summary>
    public int SpuriousThreshold { get; init; } = 99_900;

    /// <summary>All releases, oldest first.</summary>
    public static readonly IReadOnlyList<KernelRelease> All =
    [
        Old("2.6.24", "P0", EnumerationPolicy.E0, false, "tree 2.6.24") with { MachineShutdown = MachineShutdownOrder.CpusThenPins, ClearsRemoteIrr = false, WokenThread = WokenThread.AsHandled },
        Old("2.6.32", "P1", EnumerationPolicy.E0, false, "tree 2.6.32") with { MachineShutdown = MachineShutdownOrder.ApicsThenPins, ClearsRemoteIrr = false, WokenThread = WokenThread.AsHandled },
        ApicsFirst("3.3", "P1", "tree 3.3.8; remote IRR: 1e75b31d638d (3.0, from memory)"),
        ApicsFirst("3.6", "P2", "tree 3.6; b566a22c2332"),
        ApicsFirst("3.11", "P3", "tree 3.11"),
        ApicsFirst("3.13", "P4", "tree 3.13; machine_shutdown until 522e66464467 (3.14, from memory)"),
        Old("3.14", "P4", EnumerationPolicy.E1, true, "tree 3.14.65; 1f6ae47ecff7"),
        Old("4.1", "P4", EnumerationPolicy.E1, true, "tree 4.1.6"),
        Old("4.2", "P4", EnumerationPolicy.E2, true, "tree 4.2.8; 1851617cd2da"),
        Old("4.4", "P4", EnumerationPolicy.E2, true, "tree 4.4.155; order 52cdbdd49853") with { Order = ShutdownOrder.ReverseProbe },
        Old("4.9", "P4", EnumerationPolicy.E3, true, "tree 4.9.88; e80e7edc55ba") with { Order = ShutdownOrder.ReverseProbe },
        Old("4.12", "P5", EnumerationPolicy.E3, true, "tree 4.12; fda78d7a0ead") with { Order = ShutdownOrder.ReverseProbe },
        Old("4.19", "P5", EnumerationPolicy.E3, true, "tree 4.19; order from memory: 722e5f2b1eec, not verified") with { ProbesIntxDisable = true },
        Old("6.1", "P5", EnumerationPolicy.E3, true, "tree 6.1") with { MasksWholeTable = true, ProbesIntxDisable = true, LazyDeliveryCounted = false, AhciShutdown = true },
        Old("6.1.192", "P5", EnumerationPolicy.E3, true, "recordings s1, s3o, s5a … on Debian 6.1.0-56-amd64") with
        {
            MasksWholeTable = true, ProbesIntxDisable = true, LazyDeliveryCounted = false, AhciShutdown = true, CountsFromFirstUnhandled = true, VirtioResetAtShutdown = true,
        },
        Old("6.12", "P5", EnumerationPolicy.E3, true, "recordings …_k612 on Debian 6.12.111") with
        {
            MasksWholeTable = true, ProbesIntxDisable = true, LazyDeliveryCounted = false, AhciShutdown = true, CountsFromFirstUnhandled = true,
        },
        Old("6.18", "P5", EnumerationPolicy.E3, true, "tree 6.18.19; 8bd2fa086a04") with
        {
            MasksWholeTable = true, ProbesIntxDisable = true, LazyDeliveryCounted = false, AhciShutdown = true, CountsFromFirstUnhandled = true, VirtioResetAtShutdown = true,
        },
    ];

    /// <summary>True from that release of the table on; "" stands for all of them.</summary>
    public bool IsSince(string version) => version.Length == 0 || IsAtLeast(version);

    /// <summary>True from that release of the table on.</summary>
    /// <exception cref="ArgumentException">The table has no such release.</exception>
    public bool IsAtLeast(string version)
    {
        var own = IndexOf(Version);
        var other = IndexOf(version);
        return other >= 0 ? own >= other : throw new ArgumentException($"no release {version}", nameof(version));
    }

    private static int IndexOf(string version)
    {
        for (var i = 0; i < All.Count; i++)
        {
            if (All[i].Version == version)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The release of that version, or null.</summary>
    public static KernelRelease? Find(string version) => All.FirstOrDefault(r => r.Version == version);

    private static KernelRelease ApicsFirst(string version, string policy, string source) =>
        Old(version, policy, EnumerationPolicy.E1, false, source) with { MachineShutdown = MachineShutdownOrder.ApicsThenPins, WokenThread = WokenThread.ByItsReturn };

    private static KernelRelease Old(string version, string policy, EnumerationPolicy enumeration, bool enableClears, string source) =>
        new(version, policy, enumeration, ShutdownOrder.ReverseRegistration, enableClears,
            CountsFromFirstUnhandled: false, LazyDeliveryCounted: true, VirtioResetAtShutdown: false, AhciShutdown: false, source);
}
