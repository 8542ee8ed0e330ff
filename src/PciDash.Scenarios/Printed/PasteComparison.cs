using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Import;

namespace PciDash.Scenarios.Printed;

/// <summary>One fact that a paste of a real machine and the model both tell.</summary>
/// <param name="Subject">An address or an irq.</param>
/// <param name="What">The field, in lspci's word.</param>
/// <param name="Model">What the model has at the step.</param>
/// <param name="Real">What the paste says.</param>
/// <param name="Line">Its line in the paste; 0 = it is not of one line.</param>
public sealed record ComparedFact(string Subject, string What, string Model, string Real, int Line)
{
    /// <summary>They agree.</summary>
    public bool IsSame => Model == Real;
}

/// <summary>What a real machine printed, beside what the model has at a step.</summary>
/// <param name="Facts">Everything that both tell, by address.</param>
/// <param name="OnlyReal">Functions of the paste that the model does not have.</param>
/// <param name="OnlyModel">Functions of the model that the paste does not list.</param>
/// <param name="Notes">What of the paste was not understood.</param>
public sealed record PasteComparison(IReadOnlyList<ComparedFact> Facts, IReadOnlyList<Bdf> OnlyReal, IReadOnlyList<Bdf> OnlyModel, IReadOnlyList<ImportNote> Notes)
{
    /// <summary>Compares a paste (lspci -vvv or -xxxx, dmesg with "nobody cared") with a step of a run.</summary>
    /// <exception cref="ScenarioException">The paste is too long, or lists no function and no irq.</exception>
    public static PasteComparison Of(Run run, long step, string paste)
    {
        ArgumentNullException.ThrowIfNull(run);
        var imported = MachineImport.Read(paste);
        if (imported.Functions.Count == 0 && imported.Unhandled.Count == 0)
        {
            throw new ScenarioException([imported.Notes.FirstOrDefault(n => n.Severity == NoteSeverity.Error)?.ToString() ?? "Nothing to compare: the output of lspci -vvv (as root) or of dmesg is needed."]);
        }

        var now = run.At(step).After;
        var facts = new List<ComparedFact>();
        var known = run.Machine.Functions.ToDictionary(f => f.Bdf);
        foreach (var real in imported.Functions.Where(r => known.ContainsKey(r.Bdf)))
        {
            Compare(facts, now, known[real.Bdf], real);
        }

        var given = Dmesg.Of(run).Where(l => l.Raw <= step && l.Text.Contains("nobody cared", StringComparison.Ordinal)).Select(l => l.Text[4..l.Text.IndexOf(':', StringComparison.Ordinal)]).ToHashSet();
        foreach (var irq in imported.Unhandled)
        {
            facts.Add(new ComparedFact($"IRQ {irq.Irq}", "nobody cared", given.Contains(Node.Invariant($"{irq.Irq}")) ? "yes" : "no", "yes", irq.Line));
        }

        var listed = imported.Functions.Select(f => f.Bdf).ToHashSet();
        return new PasteComparison(
            facts, [.. imported.Functions.Select(f => f.Bdf).Where(b => !known.ContainsKey(b))],
            listed.Count == 0 ? [] : [.. known.Keys.Where(b => !listed.Contains(b)).Order()], [.. imported.Notes.Where(n => n.Severity == NoteSeverity.Unread)]);
    }

    private static void Compare(List<ComparedFact> facts, MachineView now, MachineFunction f, ImportedFunction real)
    {
        var view = now.Function(f.Index);
        void Add(string what, string model, string said, int line) => facts.Add(new ComparedFact(f.Bdf.ToString(), what, model, said, line));
        static string Sign(bool value) => value ? "+" : "-";
        if (real.Command is { Source: FactSource.Hex or FactSource.Text } command)
        {
            Add("BusMaster", Sign(view.BusMaster), Sign((command.Value & 0x0004) != 0), command.Line);
            Add("DisINTx", Sign(view.IntxDisable), Sign((command.Value & 0x0400) != 0), command.Line);
        }
        else if (real.BusMaster is { Source: not FactSource.Guess } master)
        {
            Add("BusMaster", Sign(view.BusMaster), Sign(master.Value), master.Line);
        }

        if (f.Line >= 0 && real.Irq is { Source: FactSource.Text } irq && !view.MsiEnable)
        {
            Add("IRQ", f.Device.Pin == InterruptPin.None ? "none" : now.Machine.Lines[f.Line].Gsi.ToString(), Node.Invariant($"{irq.Value}"), irq.Line);
        }

        if (f.Device.MsiMessages > 0 && real.Msi is { Source: not FactSource.Guess } msi)
        {
            Add("MSI Enable", Sign(view.MsiEnable), Sign(msi.Value.Enabled), msi.Line);
        }

        if (f.Device.MsixTableSize > 0 && real.Msix is { Source: not FactSource.Guess } msix)
        {
            Add("MSI-X Enable", Sign(view.MsixEnable), Sign(msix.Value.Enabled), msix.Line);
            Add("MSI-X Masked", Sign(view.MsixFunctionMask), Sign(msix.Value.Masked), msix.Line);
        }

        if (real.Driver is { Source: not FactSource.Guess } driver)
        {
            Add("driver", LspciText.DriverInUse(now, f.Index) ?? "none", driver.Value.Length > 0 ? driver.Value : "none", driver.Line);
        }
    }
}
