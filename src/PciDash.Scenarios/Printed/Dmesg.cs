using System.Globalization;
using System.Runtime.CompilerServices;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Printed;

/// <summary>A line of the kernel's log.</summary>
/// <param name="Raw">Raw number of the event that printed it.</param>
/// <param name="Ns">When, nanoseconds.</param>
/// <param name="Text">The kernel's own string.</param>
public readonly record struct LogLine(long Raw, long Ns, string Text)
{
    /// <summary>As dmesg shows it; the time is that of the run.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"[{Ns / 1e9,12:0.000000}] {Text}");
}

/// <summary>The lines that a run leaves in the kernel's log.</summary>
public static class Dmesg
{
    private static readonly ConditionalWeakTable<Run, IReadOnlyList<LogLine>> Known = [];

    /// <summary>All of them, read once for all who ask. A folded round's line is there once for its first round.</summary>
    public static IReadOnlyList<LogLine> Of(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Known.GetValue(run, Read);
    }

    private static List<LogLine> Read(Run run)
    {
        var lines = new List<LogLine>();
        foreach (ref readonly var e in run.Recording.Entries)
        {
            foreach (var text in Of(run, e))
            {
                lines.Add(new LogLine(e.Raw, e.TimeNs, text));
            }
        }

        return lines;
    }

    /// <summary>What the box prints at an event.</summary>
    public static IReadOnlyList<string> Of(Run run, in RecordedEvent recorded)
    {
        ArgumentNullException.ThrowIfNull(run);
        var machine = run.Machine;
        var e = recorded.Event;
        switch (e.Kind)
        {
            case EventKind.Phase when machine.Names[e.A] == "machine_shutdown":
                var ends = machine.Boots[e.B].Spec;
                var says = KernelMessages.Of(ends.Release);
                return ends.Path switch
                {
                    ShutdownPath.Kexec => [says.Kexec],
                    ShutdownPath.Poweroff => [says.PowerOff],
                    _ => [says.Restart, says.MachineRestart],
                };
            case EventKind.NobodyCared:
                var now = run.At(recorded.Raw).After;
                var drivers = machine.Boots[now.Boot].Drivers;
                var symbols = machine.FunctionOf(e.Subject) is { } f ? [drivers[f.Index]!.VectorHandler.Symbol]
                    : machine.Lines[e.Subject].Functions.Where(l => now.Function(l).LineAction).Select(l => drivers[l]!.IntxHandler.Symbol);
                return [$"irq {machine.IrqOf(e.Subject)}: nobody cared (try booting with the \"irqpoll\" option)", "handlers:", .. symbols.Select(symbol => $"[<0000000000000000>] {symbol}")];
            case EventKind.IrqDisabled:
                return [$"Disabling IRQ #{machine.IrqOf(e.Subject)}"];
            case EventKind.IrqDelivered when (DeliveryOutcome)e.C == DeliveryOutcome.UnknownVector:
                var running = machine.Boots[run.At(recorded.Raw).After.Boot].Spec.Release;
                return [string.Format(CultureInfo.InvariantCulture, KernelMessages.Of(running).NoHandler, e.A, e.B)];
            default:
                return [];
        }
    }
}
