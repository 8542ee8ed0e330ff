using System.Globalization;
using System.Text;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Printed;

/// <summary>What the kernel of a run would show in /proc at a step. Counts begin with the run: what came before it is not in them.</summary>
public sealed class ProcFiles
{
    private readonly Run run;
    private readonly long step;
    private readonly MachineView now;
    private readonly MachineBoot boot;

    /// <summary>The files after a step.</summary>
    /// <param name="run">The run.</param>
    /// <param name="step">Raw number of an event of it.</param>
    public ProcFiles(Run run, long step)
    {
        ArgumentNullException.ThrowIfNull(run);
        this.run = run;
        this.step = step;
        now = run.At(step).After;
        boot = run.Machine.Boots[now.Boot];
    }

    /// <summary>/proc/interrupts: irqs with a handler, a column for each CPU.</summary>
    public string Interrupts()
    {
        var m = run.Machine;
        var text = new StringBuilder("    ");
        for (var cpu = 0; cpu < boot.Spec.Cpus; cpu++)
        {
            text.Append(CultureInfo.InvariantCulture, $" {"CPU" + cpu,10}");
        }

        text.Append('\n');
        foreach (var line in m.Lines)
        {
            var actions = boot.Chains[line.Index].Where(f => now.Function(f).LineAction).Distinct().Select(f => boot.Drivers[f]!.Id).ToList();
            if (actions.Count > 0)
            {
                Row(text, line.Gsi.Value, m.Slots[boot.LineSlots[line.Index]].Cpu, now.Line(line.Index).Interrupts, $"IO-APIC  {line.Gsi}-fasteoi", string.Join(", ", actions));
            }
        }

        var delivered = Delivered();
        foreach (var f in m.Functions.Where(f => now.Function(f.Index).VectorActions))
        {
            var kind = now.Function(f.Index).MsixEnable ? "PCI-MSIX" : "PCI-MSI";
            for (var entry = 0; entry < Math.Min(boot.Vectors[f.Index], f.VectorCount); entry++)
            {
                var descriptor = m.Lines.Count + f.FirstVector + entry;
                if (boot.VectorSlots[f.FirstVector + entry] is >= 0 and var slot)
                {
                    Row(text, m.IrqOf(descriptor).Value, m.Slots[slot].Cpu, delivered.GetValueOrDefault(descriptor), $"{kind}-0000:{f.Bdf}  {entry}-edge", boot.Drivers[f.Index]!.Id);
                }
            }
        }

        return text.ToString();
    }

    /// <summary>/proc/irq/N/spurious of a line.</summary>
    public string Spurious(int line)
    {
        var view = now.Line(line);
        return string.Create(CultureInfo.InvariantCulture, $"count {view.IrqCount}\nunhandled {view.Unhandled}\n");
    }

    private void Row(StringBuilder text, int irq, int on, long count, string chip, string actions)
    {
        text.Append(CultureInfo.InvariantCulture, $"{irq,3}:");
        for (var cpu = 0; cpu < boot.Spec.Cpus; cpu++)
        {
            text.Append(CultureInfo.InvariantCulture, $" {(cpu == on ? count : 0),10}");
        }

        text.Append(CultureInfo.InvariantCulture, $"  {chip,-26} {actions}\n");
    }

    // What this boot's messages came to: the events of the run so far, a folded one as often as it has happened by then.
    private Dictionary<int, long> Delivered()
    {
        var counts = new Dictionary<int, long>();
        var recording = run.Recording;
        var entries = recording.Entries;
        var lines = run.Machine.Lines.Count;
        for (var i = 0; i < entries.Length && entries[i].Raw <= step; i++)
        {
            var e = entries[i].Event;
            if (e.Kind == EventKind.Phase && run.Machine.Names[e.A] == "early-boot")
            {
                counts.Clear();
            }
            else if (e.Kind == EventKind.IrqDelivered && e.Subject >= lines && (DeliveryOutcome)e.C == DeliveryOutcome.FlowHandler)
            {
                var times = recording.FoldOf(i) is { } fold ? Math.Min(fold.Rounds, ((step - entries[i].Raw) / fold.Length) + 1) : 1;
                counts[e.Subject] = counts.GetValueOrDefault(e.Subject) + times;
            }
        }

        return counts;
    }
}
