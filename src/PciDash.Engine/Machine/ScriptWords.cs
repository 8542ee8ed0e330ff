using PciDash.Engine.Devices;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

/// <summary>For which functions a line of a shutdown policy is done.</summary>
public enum ScriptCondition : byte
{
    /// <summary>For every one.</summary>
    Always,

    /// <summary>Only for a function that a driver is bound to.</summary>
    Bound,

    /// <summary>Only for a function that was enabled, so that its power state is known (current_state &lt;= PCI_D3hot).</summary>
    Enabled,
}

/// <summary>One line of a script that a user wrote: a word, and when it is left out.</summary>
/// <param name="Word">One of <see cref="ScriptWords.All"/>.</param>
public sealed record ScriptLine(string Word)
{
    /// <summary>Done on this path only; null = on every one.</summary>
    public ShutdownPath? On { get; init; }

    /// <summary>Done from this release of the table on; null = by all.</summary>
    public string? Since { get; init; }

    /// <summary>For which functions; a policy's lines only, as a driver's are done for its own.</summary>
    public ScriptCondition If { get; init; }
}

/// <summary>A word of the script in which drivers and policies of one's own are written.</summary>
/// <param name="Word">As written.</param>
/// <param name="Meaning">What it does, in a sentence.</param>
/// <param name="Steps">Its instructions, done by that kernel function, known from that source.</param>
public sealed record ScriptWord(string Word, string Meaning, Func<string, string, IReadOnlyList<Step>> Steps);

/// <summary>The words of the script: the same instructions that the catalogue's own rows are made of.</summary>
public static class ScriptWords
{
    /// <summary>All words, in the order they are offered.</summary>
    public static IReadOnlyList<ScriptWord> All { get; } =
    [
        new("msi-shutdown", "pci_msi_shutdown: MSI Enable off, INTx allowed, masks back to their initial state", (_, _) => Of(ShutdownPolicy.MsiShutdown)),
        new("msix-shutdown", "pci_msix_shutdown: entries masked, MSI-X Enable off, INTx allowed", (_, _) => Of(ShutdownPolicy.MsixShutdown)),
        new("clear-master", "pci_clear_master: Bus Master Enable off", (where, source) =>
            [new Step(Op.BusMaster, 0, Guard.BusMasterOn, Cost.ConfigWrite, where + " → pci_clear_master", source)]),
        new("set-master", "pci_set_master: Bus Master Enable on", (where, source) =>
            [new Step(Op.BusMaster, 1, Guard.Always, Cost.ConfigWrite, where + " → pci_set_master", source)]),
        new("intx-off", "pci_intx(dev, 0): INTx-Disable set", (where, source) =>
            [new Step(Op.IntxDisable, 1, Guard.Always, Cost.ConfigWrite, where + " → pci_intx(dev, 0)", source) { B = 1 }]),
        new("intx-on", "pci_intx(dev, 1): INTx-Disable cleared", (where, source) =>
            [new Step(Op.IntxDisable, 0, Guard.Always, Cost.ConfigWrite, where + " → pci_intx(dev, 1)", source) { B = 1 }]),
        new("mask-vectors", "every allocated vector masked", (where, source) => [new Step(Op.MaskVectors, 1, Guard.Always, Cost.RegisterWrite, where, source)]),
        new("unmask-vectors", "every allocated vector unmasked", (where, source) => [new Step(Op.MaskVectors, 0, Guard.Always, Cost.RegisterWrite, where, source)]),
        new("request-intx", "request_irq on the line of the pin, beside the handlers of the vectors", (where, source) =>
            [new Step(Op.RequestLine, 0, Guard.Always, Cost.RegisterWrite, where + " → request_irq", source)]),
        new("free-irqs", "free_irq and pci_free_irq_vectors: handlers gone, MSI and MSI-X off, INTx allowed", DriverModel.FreeInterrupts),
        new("quiesce", "the chip raises nothing any more, and what it held is dropped", (where, source) => [DriverModel.Quiesce(where, source)]),
        new("reset", "the device's own reset register (virtio: status 0)", (where, source) => [new Step(Op.DeviceReset, 0, Guard.Always, Cost.RegisterWrite, where, source)]),
        new("flr", "pcie_flr: Function Level Reset", (where, source) =>
            [new Step(Op.FunctionReset, (int)ResetKind.Flr, Guard.Always, Cost.DriverShutdown, where + " → pcie_flr", source)]),
        new("d3hot", "pci_set_power_state(D3hot)", (where, source) => [new Step(Op.PowerState, 3, Guard.Always, Cost.ConfigWrite, where + " → pci_set_power_state", source)]),
        new("d0", "pci_set_power_state(D0)", (where, source) => [new Step(Op.PowerState, 0, Guard.Always, Cost.ConfigWrite, where + " → pci_set_power_state", source)]),
        new("command", "asks the device for something and waits for its completion, 30 s at most", (where, source) =>
            [new Step(Op.Command, 0, Guard.Always, Cost.RegisterWrite, where, source), new Step(Op.Await, 0, Guard.Always, Cost.None, where, source)]),
        new("remove", "the driver's remove: device reset, handlers and vectors freed, Bus Master Enable off", (where, source) =>
        [
            new Step(Op.DeviceReset, 0, Guard.Always, Cost.RegisterWrite, where + " → reset", source), .. DriverModel.FreeInterrupts(where, source),
            new Step(Op.BusMaster, 0, Guard.BusMasterOn, Cost.ConfigWrite, where + " → pci_disable_device", source),
        ]),
    ];

    /// <summary>The word, or null.</summary>
    public static ScriptWord? Find(string word) => All.FirstOrDefault(w => w.Word == word);

    /// <summary>The instructions of a script for one release.</summary>
    /// <exception cref="ArgumentException">A line has no such word.</exception>
    public static IReadOnlyList<Step> Compile(IEnumerable<ScriptLine> lines, KernelRelease? release, string where, string source)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var steps = new List<Step>();
        foreach (var line in lines.Where(l => l.Since is null || release is null || release.IsSince(l.Since)))
        {
            var word = Find(line.Word) ?? throw new ArgumentException($"no word {line.Word}", nameof(lines));
            steps.AddRange(word.Steps(where, source).Select(s => line.On is null ? s : s with { Only = line.On }));
        }

        return steps;
    }

    private static Step[] Of(IEnumerable<PolicyStep> steps) => [.. steps.Select(s => s.Step)];
}
