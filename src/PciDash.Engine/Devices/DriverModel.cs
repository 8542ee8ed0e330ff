using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Devices;

/// <summary>Where the work of a handler is done.</summary>
public enum HandlerThread : byte
{
    /// <summary>In the interrupt.</summary>
    None,

    /// <summary>The handler looks at the device and silences it; a thread does the rest (request_threaded_irq).</summary>
    Threaded,

    /// <summary>The handler only wakes the thread; the pin is masked until that has run (IRQF_ONESHOT).</summary>
    Oneshot,
}

/// <summary>What a network driver does only when its interface is opened (ndo_open).</summary>
public enum OpeningWork : byte
{
    /// <summary>Nothing: its probe does all of it.</summary>
    None,

    /// <summary>request_irq, and the start of the device; its probe has set up MSI.</summary>
    Request,

    /// <summary>The same, and MSI is set up then.</summary>
    SetUp,
}

/// <summary>An interrupt handler as far as the line is concerned.</summary>
/// <param name="Symbol">Its name, as the kernel prints it under "handlers:".</param>
/// <param name="ClearsCause">It reads the device's status register, which acknowledges the cause.</param>
/// <param name="Blind">It returns IRQ_HANDLED without looking.</param>
public sealed record HandlerModel(string Symbol, bool ClearsCause, bool Blind)
{
    /// <summary>
    /// Its last access turns the device's interrupts off until its deferred work is done (NAPI): what the device raised after the first access
    /// goes down again before the handler returns, and belongs to that work.
    /// </summary>
    public bool Masks { get; init; }

    /// <summary>Where its work is done.</summary>
    public HandlerThread Thread { get; init; }

    /// <summary>It reads the device's config when that has changed (vp_config_changed).</summary>
    public bool ReadsConfig { get; init; }

    /// <summary>It masks the pin by INTx-Disable and leaves the cause to a guest (vfio_intx_handler).</summary>
    public bool LeavesToGuest { get; init; }
}

/// <summary>A driver: its handlers and what it does at shutdown, by release. One row of the catalogue.</summary>
/// <param name="Id">Name used in scenario files: the name in "Kernel driver in use".</param>
/// <param name="IntxHandler">Handler on the line of the pin.</param>
/// <param name="VectorHandler">Handler of each MSI or MSI-X vector.</param>
/// <param name="Source">Trees and recordings.</param>
public sealed record DriverModel(string Id, HandlerModel IntxHandler, HandlerModel VectorHandler, string Source)
{
    /// <summary>The driver's own .shutdown in that release; empty = it has none.</summary>
    public Func<KernelRelease, IReadOnlyList<Step>> Shutdown { get; init; } = static _ => [];

    /// <summary>What the release does to the child device (the virtio bus), which is visited before any PCI function.</summary>
    public Func<KernelRelease, IReadOnlyList<Step>> ChildShutdown { get; init; } = static _ => [];

    /// <summary>True if the driver uses INTx whatever the device offers.</summary>
    public bool IntxOnly { get; init; }

    /// <summary>
    /// Without MSI it takes no interrupt at all: the kernel asks the firmware for PCIe native control only if it can do MSI
    /// (ACPI_PCIE_REQ_SUPPORT), and without that a port has no services.
    /// </summary>
    public bool NeedsMsi { get; init; }

    /// <summary>It may change to the pin while it runs, whatever mode it began in (vfio-pci on its guest's behalf).</summary>
    public bool ChangesToIntx { get; init; }

    /// <summary>Its probe resets the device only if reset_devices is on the command line; others reset it always.</summary>
    public bool ResetsOnlyIfAsked { get; init; }

    /// <summary>It remembers by itself that it uses MSI-X, and places the device's config by that (virtio's vp_dev->msix_enabled).</summary>
    public bool RemembersMsix { get; init; }

    /// <summary>Its probe leaves Bus Master Enable alone: the device writes no memory.</summary>
    public bool NeverSetsMaster { get; init; }

    /// <summary>Its probe sets Bus Master Enable last, once its interrupts are set up; others do so first.</summary>
    public bool SetsMasterLast { get; init; }

    /// <summary>Its probe acknowledges what the device holds before it silences it: the device may raise its pin once more in between.</summary>
    public bool AcknowledgesFirst { get; init; }

    /// <summary>MSI-X vectors that it allocates where that is not the device's usual number (a crash kernel with one CPU: domain 2.5); null = that number.</summary>
    public int? Vectors { get; init; }

    /// <summary>Its probe takes vectors for its first queue, gives them back, and takes those of all queues.</summary>
    public bool TakesVectorsTwice { get; init; }

    /// <summary>What it leaves to the opening of its network interface.</summary>
    public OpeningWork Opening { get; init; }

    private static readonly Step VirtioReset =
        new(Op.DeviceReset, 1, Cost: Cost.RegisterWrite, Where: "virtio_dev_shutdown → virtio_break_device, config->reset", Source: "8bd2fa086a04 (6.15; 6.1.192)");

    internal static Step Quiesce(string where, string source) => new(Op.Quiesce, Cost: Cost.DriverShutdown, Where: where, Source: source);

    // Freeing vectors is pci_disable_msi(x): Enable off, then INTx-Disable off (domain 2.3; order seen in the recordings).
    internal static Step[] FreeInterrupts(string where, string source) =>
    [
        new(Op.FreeVectors, Where: where, Source: source),
        new(Op.MaskVectors, 1, Guard.KernelMsix, Cost.RegisterWrite, where + " → pci_disable_msix", source),
        new(Op.MsixEnable, 0, Guard.KernelMsix, Cost.ConfigWrite, where + " → pci_disable_msix", source),
        new(Op.IntxDisable, 0, Guard.KernelMsix, Cost.ConfigWrite, where + " → pci_disable_msix", source),
        new(Op.NoteMsix, 0, Guard.KernelMsix, Cost.None, where, source),
        new(Op.MsiEnable, 0, Guard.KernelMsi, Cost.ConfigWrite, where + " → pci_disable_msi", source),
        new(Op.IntxDisable, 0, Guard.KernelMsi, Cost.ConfigWrite, where + " → pci_disable_msi", source),
        new(Op.NoteMsi, 0, Guard.KernelMsi, Cost.None, where, source),
        new(Op.FreeLine, Where: where + " → free_irq", Source: source),
    ];

    /// <summary>The script of a driver of one's own, in its words; null = a row of the catalogue.</summary>
    public IReadOnlyList<ScriptLine>? OwnScript { get; init; }

    /// <summary>The same driver with a .shutdown of one's own.</summary>
    /// <exception cref="ArgumentException">A line has no such word.</exception>
    public DriverModel WithScript(IReadOnlyList<ScriptLine> script)
    {
        _ = ScriptWords.Compile(script, null, Id, Source);
        return this with { OwnScript = script, Shutdown = release => ScriptWords.Compile(script, release, Id + " .shutdown", Source) };
    }

    /// <summary>What is not known of it: shown, never guessed. Empty = nothing is missing for what the model does.</summary>
    public string Unknown { get; init; } = "";

    /// <summary>All drivers, in the order they are offered.</summary>
    public static IReadOnlyList<DriverModel> All { get; } = [.. Scripted(), .. DriverFacts.All.Select(f => f.ToModel())];

    // Those whose shutdown is more than the facts of a row.
    private static DriverModel[] Scripted() =>
    [
        new("virtio-pci", new("vp_interrupt", ClearsCause: true, Blind: false) { ReadsConfig = true },
            new("vring_interrupt", ClearsCause: false, Blind: true) { ReadsConfig = true },
            "drivers/virtio/virtio_pci_common.c; no .shutdown from 2.6.24 to 6.14 (domain 6.3)")
        {
            RemembersMsix = true,
            ChildShutdown = static release => release.VirtioResetAtShutdown ? [VirtioReset] : [],
        },
        new("virtio-pci-reset", new("vp_interrupt", ClearsCause: true, Blind: false) { ReadsConfig = true },
            new("vring_interrupt", ClearsCause: false, Blind: true) { ReadsConfig = true },
            "virtio-pci of any release with the reset of 8bd2fa086a04 added: what \"fix the driver\" would have been in 2015")
        {
            RemembersMsix = true,
            ChildShutdown = static _ => [VirtioReset],
        },
        new("e1000e", new("e1000_intr", ClearsCause: true, Blind: false), new("e1000_msix_other", ClearsCause: true, Blind: true),
            "drivers/net/ethernet/intel/e1000e/netdev.c; recordings s1, s3; opening: e1000e_open → e1000_request_irq")
        {
            Opening = OpeningWork.Request,
            Shutdown = static _ =>
            [
                Quiesce("e1000_shutdown → e1000e_down", "e1000e/netdev.c"),
                .. FreeInterrupts("e1000_shutdown → e1000_free_irq", "e1000e/netdev.c"),
                new Step(Op.BusMaster, 0, Guard.BusMasterOn, Cost.ConfigWrite, "e1000_shutdown → pci_disable_device", "e1000e/netdev.c"),
            ],
        },
        new("ahci", new("ahci_interrupt", ClearsCause: true, Blind: false), new("ahci_single_level_irq_intr", ClearsCause: true, Blind: false),
            "drivers/ata/ahci.c; no .shutdown until early 2020 (domain 7); order of its probe: recording s3_kexec_q35_k612")
        {
            SetsMasterLast = true,
            Shutdown = static release => release.AhciShutdown ? [Quiesce("ahci_shutdown_one → ata_pci_shutdown_one", "drivers/ata/libata-core.c")] : [],
        },
        new("uhci_hcd", new("usb_hcd_irq", ClearsCause: true, Blind: false), new("usb_hcd_irq", ClearsCause: true, Blind: false),
            "drivers/usb/host/uhci-pci.c: uhci_shutdown; handler stays registered (recordings s3o, s5a)")
        {
            IntxOnly = true,
            Shutdown = static _ => [Quiesce("uhci_shutdown", "drivers/usb/host/uhci-pci.c")],
        },
        new("e1000", new("e1000_intr", ClearsCause: true, Blind: false), new("e1000_intr", ClearsCause: true, Blind: false),
            "drivers/net/ethernet/intel/e1000/e1000_main.c: __e1000_shutdown; opening: e1000_open → e1000_request_irq")
        {
            Opening = OpeningWork.Request,
            IntxOnly = true,
            Shutdown = static _ =>
            [
                Quiesce("__e1000_shutdown → e1000_down", "e1000/e1000_main.c"),
                new Step(Op.FreeLine, Where: "__e1000_shutdown → e1000_free_irq", Source: "e1000/e1000_main.c"),
                new Step(Op.BusMaster, 0, Guard.BusMasterOn, Cost.ConfigWrite, "__e1000_shutdown → pci_disable_device", "e1000/e1000_main.c"),
            ],
        },
        new("pcieport", new("pcie_pme_irq", ClearsCause: true, Blind: false), new("pcie_pme_irq", ClearsCause: true, Blind: false),
            "drivers/pci/pcie/portdrv_pci.c; domain 7; recordings s1_reboot_q35_k612, q35-pcie-switch")
        {
            NeedsMsi = true,

            // 4.19 to 6.1: remove, with pci_disable_device; since 62b6dee1b44a (6.3, by date) the services go and Bus Master stays.
            Shutdown = static release => !release.IsAtLeast("4.19") ? []
                :
                [
                    .. FreeInterrupts("pcie_portdrv_shutdown → pcie_port_device_remove", "drivers/pci/pcie/portdrv.c"),
                    .. release.IsAtLeast("6.12") ? Array.Empty<Step>()
                        : [new Step(Op.BusMaster, 0, Guard.BusMasterOn, Cost.ConfigWrite, "pcie_portdrv_shutdown → pci_disable_device", "before 62b6dee1b44a")],
                ],
        },
        new("ata_piix", new("ata_bmdma_interrupt", ClearsCause: true, Blind: false), new("ata_bmdma_interrupt", ClearsCause: true, Blind: false),
            "drivers/ata/ata_piix.c: no .shutdown; in legacy mode it uses irq 14 and 15, not its pin (recordings pc-e1000-intx, s1_reboot_pc_k61)")
        {
            IntxOnly = true,
        },
        new("megaraid_sas", new("megasas_isr", ClearsCause: true, Blind: false), new("megasas_isr_fusion", ClearsCause: true, Blind: false),
            "drivers/scsi/megaraid/megaraid_sas_base.c: megasas_shutdown (domain 7)")
        {
            Shutdown = static _ =>
            [
                new Step(Op.Command, Cost: Cost.RegisterWrite, Where: "megasas_shutdown → megasas_flush_cache", Source: "megaraid_sas_base.c"),
                new Step(Op.Await, Where: "megasas_shutdown → megasas_issue_blocked_cmd", Source: "megaraid_sas_base.c"),
                Quiesce("megasas_shutdown → disable_intr", "megaraid_sas_base.c"),
                .. FreeInterrupts("megasas_shutdown → megasas_destroy_irqs", "megaraid_sas_base.c"),
            ],
        },
    ];

    /// <summary>The driver of that name, or null.</summary>
    public static DriverModel? Find(string id) => All.FirstOrDefault(d => d.Id == id);
}
