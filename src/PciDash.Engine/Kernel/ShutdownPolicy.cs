using PciDash.Engine.Devices;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Kernel;

/// <summary>How a boot ends.</summary>
public enum ShutdownPath : byte
{
    /// <summary>kernel_restart: callbacks, then a platform reset.</summary>
    Reboot,

    /// <summary>kernel_power_off: callbacks, then power is gone.</summary>
    Poweroff,

    /// <summary>kernel_kexec: callbacks, then a jump into the next kernel without a reset.</summary>
    Kexec,

    /// <summary>crash_kexec: no callback at all, then a jump.</summary>
    Kdump,

    /// <summary>The boot does not end within the run.</summary>
    None,
}

/// <summary>One step of pci_device_shutdown after the driver's own callback.</summary>
/// <param name="Step">What is done.</param>
/// <param name="KexecOnly">Only with kexec_in_progress.</param>
/// <param name="BoundOnly">Only for a function that a driver is bound to.</param>
/// <param name="EnabledOnly">Only for a function that was enabled, so that its power state is known (current_state &lt;= PCI_D3hot).</param>
public readonly record struct PolicyStep(Step Step, bool KexecOnly = false, bool BoundOnly = false, bool EnabledOnly = false)
{
    /// <summary>Done from this release of the table on; null = by all.</summary>
    public string? Since { get; init; }
}

/// <summary>What the PCI core does to a function after its driver's .shutdown: a row of the table in domain 1.1, or an alternative of 1.4.</summary>
/// <param name="Id">Name used in scenario files: P0-P5, seed, EB-1.</param>
/// <param name="Label">In plain words, for a reader.</param>
/// <param name="Kernels">Where it was or is in force.</param>
/// <param name="Source">Commit, tree or mail.</param>
/// <param name="Steps">In order.</param>
public sealed record ShutdownPolicy(string Id, string Label, string Kernels, string Source, IReadOnlyList<PolicyStep> Steps)
{
    /// <summary>The driver's own .shutdown is not called: the steps take its place.</summary>
    public bool ReplacesDriver { get; init; }

    /// <summary>The steps in the script's words: what a policy of one's own was written in, or what a change of this row begins from.</summary>
    public IReadOnlyList<ScriptLine> Script { get; init; } = [];

    /// <summary>A policy of one's own: what is done to each function after its driver's .shutdown (or instead of it).</summary>
    /// <exception cref="ArgumentException">A line has no such word.</exception>
    public static ShutdownPolicy Own(string id, string label, string source, IReadOnlyList<ScriptLine> script, bool replacesDriver = false) =>
        new(id, label, "none", source, [.. script.SelectMany(line => StepsOf(line, source))]) { Script = script, ReplacesDriver = replacesDriver };

    private static IEnumerable<PolicyStep> StepsOf(ScriptLine line, string source) => ScriptWords.Compile([line], null, Core, source)
        .Select(s => new PolicyStep(s, BoundOnly: line.If == ScriptCondition.Bound, EnabledOnly: line.If == ScriptCondition.Enabled) { Since = line.Since });

    private const string Core = "pci_device_shutdown";
    private const string MsiFile = "drivers/pci/msi.c; d52877c7b1af (2008-04-23)";

    // pci_msi_shutdown, domain 2.1: Enable goes first, then INTx is opened, then the masks return to their initial state.
    internal static readonly PolicyStep[] MsiShutdown =
    [
        new(new Step(Op.MsiEnable, 0, Guard.KernelMsi, Cost.ConfigWrite, "pci_msi_shutdown", MsiFile)),
        new(new Step(Op.IntxDisable, 0, Guard.KernelMsi, Cost.ConfigWrite, "pci_msi_shutdown → pci_intx_for_msi(dev, 1)", MsiFile)),
        new(new Step(Op.MaskVectors, 0, Guard.KernelMsi, Cost.None, "pci_msi_shutdown", MsiFile)),
        new(new Step(Op.NoteMsi, 0, Guard.KernelMsi, Cost.None, "pci_msi_shutdown", MsiFile)),
    ];

    // pci_msix_shutdown, domain 2.2: the allocated entries are masked first.
    internal static readonly PolicyStep[] MsixShutdown =
    [
        new(new Step(Op.MaskVectors, 1, Guard.KernelMsix, Cost.RegisterWrite, "pci_msix_shutdown", MsiFile)),
        new(new Step(Op.MsixEnable, 0, Guard.KernelMsix, Cost.ConfigWrite, "pci_msix_shutdown", MsiFile)),
        new(new Step(Op.IntxDisable, 0, Guard.KernelMsix, Cost.ConfigWrite, "pci_msix_shutdown → pci_intx_for_msi(dev, 1)", MsiFile)),
        new(new Step(Op.NoteMsix, 0, Guard.KernelMsix, Cost.None, "pci_msix_shutdown", MsiFile)),
    ];

    private static readonly ScriptLine[] MsiOff = [new("msi-shutdown"), new("msix-shutdown")];

    private static readonly ScriptLine MasterOffOnKexec = new("clear-master") { On = ShutdownPath.Kexec, If = ScriptCondition.Enabled };

    private static PolicyStep ClearBusMaster(bool kexecOnly, string source) =>
        new(new Step(Op.BusMaster, 0, Guard.BusMasterOn, Cost.ConfigWrite, Core + " → pci_clear_master", source), kexecOnly, EnabledOnly: kexecOnly);

    private static PolicyStep SetIntxDisable() =>
        new(new Step(Op.IntxDisable, 1, Guard.Always, Cost.ConfigWrite, Core + " → pci_intx(dev, 0)", "Biederman, LKML 2015-05-12: \"disabling intx as well\"") { B = 1 });

    /// <summary>Nothing at all.</summary>
    public static readonly ShutdownPolicy P0 = new("P0", "leave everything as it is", "up to 2.6.25", "tree 2.6.24", []);

    /// <summary>MSI and MSI-X off, BME untouched.</summary>
    public static readonly ShutdownPolicy P1 = new(
        "P1", "MSI off; BME untouched", "2.6.26 – 3.4", "trees 2.6.32, 3.3.8; d52877c7b1af", [.. MsiShutdown, .. MsixShutdown])
    {
        Script = MsiOff,
    };

    /// <summary>MSI off, and pci_disable_device, which clears BME when the last user is gone: not where no driver enabled the function.</summary>
    public static readonly ShutdownPolicy P2 = new(
        "P2", "MSI off; pci_disable_device", "3.5 – 3.8", "tree 3.6; b566a22c2332 (2012-04-27)",
        [
            .. MsiShutdown, .. MsixShutdown,
            new PolicyStep(new Step(Op.BusMaster, 0, Guard.BusMasterOn, Cost.ConfigWrite, Core + " → pci_disable_device", "b566a22c2332 (2012-04-27)"), BoundOnly: true),
        ])
    {
        Script = [.. MsiOff, new("clear-master") { If = ScriptCondition.Bound }],
    };

    /// <summary>MSI off, BME off on every path.</summary>
    public static readonly ShutdownPolicy P3 = new(
        "P3", "MSI off; BME off on every path", "3.9 – 3.12", "tree 3.11; 7897e6022761",
        [.. MsiShutdown, .. MsixShutdown, ClearBusMaster(false, "7897e6022761 (2013-02-04)")])
    {
        Script = [.. MsiOff, new("clear-master")],
    };

    /// <summary>MSI off on every path, BME off on kexec only.</summary>
    public static readonly ShutdownPolicy P4 = new(
        "P4", "MSI off; BME off on kexec", "3.13 – 4.10", "trees 3.13, 3.14.65, 4.1.6, 4.2.8, 4.4.155, 4.9.88, 4.10.17; 4fc9bbf98fd6",
        [.. MsiShutdown, .. MsixShutdown, ClearBusMaster(true, "4fc9bbf98fd6 (2013)")])
    {
        Script = [.. MsiOff, MasterOffOnKexec],
    };

    /// <summary>MSI stays, BME off on kexec only.</summary>
    public static readonly ShutdownPolicy P5 = new(
        "P5", "MSI stays on; BME off on kexec", "4.11 – today", "trees 4.12, 4.19, 6.1, 6.18; fda78d7a0ead (2017-01-26)",
        [ClearBusMaster(true, "4fc9bbf98fd6 (2013)")])
    {
        Script = [MasterOffOnKexec],
    };

    /// <summary>The patch of May 2015: what became P5 two years later.</summary>
    public static readonly ShutdownPolicy Seed = new(
        "seed", "the 2015 patch: MSI stays on; BME off on kexec", "4.1 with the patch", "Tsirkin, LKML 2015-05-12, [PATCH v6 1/2]",
        P5.Steps)
    {
        Script = P5.Script,
    };

    /// <summary>P4, and INTx disabled as well.</summary>
    public static readonly ShutdownPolicy Eb1 = new(
        "EB-1", "MSI off, INTx off as well; BME off on kexec", "never", "Biederman, LKML 2015-05-12: \"maybe almost see an argument for disabling intx as well\"",
        [.. MsiShutdown, .. MsixShutdown, SetIntxDisable(), ClearBusMaster(true, "4fc9bbf98fd6 (2013)")])
    {
        Script = [.. MsiOff, new("intx-off"), MasterOffOnKexec],
    };

    /// <summary>The core runs the driver's remove path: device reset, handlers and vectors freed, device disabled.</summary>
    public static readonly ShutdownPolicy Eb2 = new(
        "EB-2", "call the driver's remove instead", "never in the core; lpfc and pcieport do it themselves",
        "Biederman, LKML 2015-05-12: \"call a drivers remove method instead\"",
        [
            new PolicyStep(new Step(Op.DeviceReset, Cost: Cost.RegisterWrite, Where: Core + " → remove → reset"), BoundOnly: true),
            .. DriverModel.FreeInterrupts(Core + " → remove", "drivers/pci/msi.c: pci_disable_msi, pci_disable_msix").Select(s => new PolicyStep(s, BoundOnly: true)),
            new PolicyStep(new Step(Op.BusMaster, 0, Guard.BusMasterOn, Cost.ConfigWrite, Core + " → remove → pci_disable_device"), BoundOnly: true),
        ])
    {
        ReplacesDriver = true,
        Script = [new("remove") { If = ScriptCondition.Bound }],
    };

    /// <summary>As the firmware gave it: BME off on every path, MSI off, INTx enabled.</summary>
    public static readonly ShutdownPolicy Eb3 = new(
        "EB-3", "as firmware gave it: BME off, MSI off, INTx on", "never",
        "Biederman, LKML 2015-05-12: \"closely resembly the state it was in when the firmware gave us the hardware\"",
        [
            .. MsiShutdown, .. MsixShutdown, ClearBusMaster(false, "Biederman, LKML 2015-05-12"),
            new PolicyStep(new Step(Op.IntxDisable, 0, Guard.Always, Cost.ConfigWrite, Core + " → pci_intx(dev, 1)", "Biederman, LKML 2015-05-12") { B = 1 }),
        ])
    {
        Script = [.. MsiOff, new("clear-master"), new("intx-on")],
    };

    /// <summary>All policies, oldest first, proposals last.</summary>
    public static readonly IReadOnlyList<ShutdownPolicy> All = [P0, P1, P2, P3, P4, P5, Seed, Eb1, Eb2, Eb3];

    /// <summary>The policy of that name, or null.</summary>
    public static ShutdownPolicy? Find(string id) => All.FirstOrDefault(p => string.Equals(p.Id, id, StringComparison.OrdinalIgnoreCase));
}
