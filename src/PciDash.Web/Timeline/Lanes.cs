using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Web.Timeline;

/// <summary>A run laid out as lanes. Says nothing that the recording does not say.</summary>
public sealed class Lanes
{
    private readonly Run run;
    private readonly CompiledMachine m;
    private readonly List<Lane> lanes = [];
    private readonly List<Band> bands = [];
    private readonly List<Mark> marks = [];
    private readonly List<Wave> waves = [];
    private readonly Dictionary<(LaneKind, int), int> index = [];

    /// <summary>Lays a run out.</summary>
    public Lanes(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        this.run = run;
        m = run.Machine;
        AddLanes();
        AddPhases();
        AddCpus();
        foreach (var f in m.Functions)
        {
            AddFunction(f);
        }

        foreach (var line in m.Lines)
        {
            AddLine(line);
        }
    }

    /// <summary>The rows.</summary>
    public IReadOnlyList<Lane> Rows => lanes;

    /// <summary>The bands.</summary>
    public IReadOnlyList<Band> Bands => bands;

    /// <summary>The marks.</summary>
    public IReadOnlyList<Mark> Marks => marks;

    /// <summary>The waves.</summary>
    public IReadOnlyList<Wave> Waves => waves;

    private int End => run.Recording.Count;

    private void AddLanes()
    {
        Add(LaneKind.Phases, -1, "Phases", "", false, "phases");
        for (var cpu = 0; cpu < m.CpuCount; cpu++)
        {
            Add(LaneKind.Cpu, cpu, $"CPU {cpu}", "", false, $"cpu{cpu}");
        }

        foreach (var f in m.Functions)
        {
            if (!IsShown(f))
            {
                continue;
            }

            var driver = m.Boots[0].Drivers[f.Index]?.Id ?? "no driver";
            Add(LaneKind.Mode, f.Index, f.Bdf.ToString(), $"{f.Device.Title}, {driver}", false, f.Bdf + "/mode");
            Add(LaneKind.BusMaster, f.Index, "Bus Master", "", true, f.Bdf + "/bme");
            if (f.VectorCount > 0)
            {
                Add(LaneKind.Messages, f.Index, f.Device.MsixTableSize > 0 ? "MSI-X" : "MSI", "", true, f.Bdf + "/msi");
            }

            if (f.Line >= 0)
            {
                Add(LaneKind.Pin, f.Index, $"INT{f.Device.Pin}#", "", true, f.Bdf + "/pin");
            }
        }

        foreach (var line in m.Lines.Where(IsShown))
        {
            var pins = string.Join(", ", line.Functions.Select(f => m.Functions[f].Bdf.ToString()));
            Add(LaneKind.Line, line.Index, $"IRQ {line.Gsi}", "from " + pins, false, $"irq{line.Gsi}");
            Add(LaneKind.Deliveries, line.Index, "Deliveries", "", true, $"irq{line.Gsi}/deliveries");
        }
    }

    // A function of which nothing can be told has no lane: no driver, no event, no bridge that matters.
    private bool IsShown(MachineFunction f) =>
        m.Boots.Any(b => b.Drivers[f.Index] is not null) || f.Spec.Events.Count > 0
        || m.Functions.Any(other => other.Parent == f.Index);

    private bool IsShown(MachineLine line) => line.Functions.Any(f => IsShown(m.Functions[f]));

    private void Add(LaneKind kind, int subject, string title, string detail, bool child, string id)
    {
        index[(kind, subject)] = lanes.Count;
        var of = kind switch
        {
            LaneKind.BusMaster or LaneKind.Messages or LaneKind.Pin => $" {m.Functions[subject].Bdf}",
            LaneKind.Deliveries => $" of IRQ {m.Lines[subject].Gsi}",
            _ => "",
        };
        lanes.Add(new Lane(kind, subject, title, detail, child) { Id = id, FullTitle = title + of });
    }

    private int? Row(LaneKind kind, int subject) => index.TryGetValue((kind, subject), out var row) ? row : null;

    private void AddPhases()
    {
        var row = Row(LaneKind.Phases, -1)!.Value;
        var entries = run.Recording.Entries;
        var from = -1;
        for (var i = 0; i <= entries.Length; i++)
        {
            if (i < entries.Length && entries[i].Event.Kind != EventKind.Phase)
            {
                continue;
            }

            if (from >= 0)
            {
                var e = entries[from].Event;
                var name = m.Names[e.A];
                var kernel = e.B > 0 ? $"kernel {e.B + 1}: " : "";
                var origin = e.Origin >= 0 ? m.Origins[e.Origin].Source : "";
                bands.Add(new Band(row, from, i, Look.Neutral, kernel + name, origin.Length > 0 ? $"{kernel}{name} · {origin}" : kernel + name));
            }

            from = i;
        }
    }

    // CPU 0 shuts the machine down and boots the next kernel; the others only take interrupts.
    private void AddTask(int row, int cpu)
    {
        var from = 0;
        var (text, detail) = ("running", $"CPU {cpu} takes interrupts");
        var entries = run.Recording.Entries;
        for (var i = 0; cpu == 0 && i < entries.Length; i++)
        {
            var e = entries[i].Event;
            var next = e.Kind != EventKind.Phase ? null
                : m.Names[e.A] is "device_shutdown" or "machine_crash_shutdown" ? "shutdown task"
                : m.Names[e.A] == "early-boot" ? $"kernel {e.B + 1}"
                : null;
            if (next is not null)
            {
                bands.Add(new Band(row, from, i, Look.Run, text, detail));
                (from, text, detail) = (i, next, next == "shutdown task" ? "The task that shuts the machine down runs on this CPU" : "The next kernel boots on this CPU");
            }
        }

        bands.Add(new Band(row, from, End, Look.Run, text, detail));
    }

    private void AddCpus()
    {
        var entries = run.Recording.Entries;
        for (var cpu = 0; cpu < m.CpuCount; cpu++)
        {
            var row = Row(LaneKind.Cpu, cpu)!.Value;
            AddTask(row, cpu);
            foreach (var fold in run.Recording.Folds)
            {
                for (var i = fold.FirstEntry; i < fold.EndEntry; i++)
                {
                    var e = entries[i].Event;
                    if (e.Kind == EventKind.IrqDelivered && e.A == cpu && e.Subject >= 0 && e.Subject < m.Lines.Count)
                    {
                        var irq = m.Lines[e.Subject].Gsi;
                        bands.Add(new Band(row, i, i, Look.Intx, $"starved by IRQ {irq}", $"CPU {cpu} does nothing but IRQ {irq}: {fold.Rounds:N0} times in {new SimTime(fold.Rounds * fold.PeriodNs)}{Pause}") { IsFold = true });
                        break;
                    }
                }
            }
        }
    }

    private string Pause => m.Scenario.Platform.PausesAfterSuccessive > 0
        ? $"; after {m.Scenario.Platform.PausesAfterSuccessive:N0} in a row this platform's IO-APIC pauses for {new SimTime(m.Scenario.Platform.PauseNs)}, and the task goes on"
        : "";

    private void AddFunction(MachineFunction f)
    {
        if (Row(LaneKind.Mode, f.Index) is not { } mode)
        {
            return;
        }

        var first = run.At(-1).After.Function(f.Index);
        var command = first.Command;
        var state = (first.MsixEnable, first.MsiEnable, first.IntxDisable);
        var modeFrom = 0;
        var bmeFrom = 0;
        var master = first.BusMaster;
        var edges = new List<int>();
        var dead = new Dictionary<int, int>();
        var entries = run.Recording.Entries;
        void CloseMode(int at)
        {
            bands.Add(ModeBand(mode, modeFrom, at, state.MsixEnable, state.MsiEnable, state.IntxDisable, f));
            modeFrom = at;
        }

        void CloseMaster(int at)
        {
            bands.Add(new Band(
                Row(LaneKind.BusMaster, f.Index)!.Value, bmeFrom, at, Look.Neutral, master ? "bus master on" : "off",
                master ? "Bus Master Enable is 1: the function may write to memory, MSI included" : "Bus Master Enable is 0: no memory write gets out; INTx is not affected"));
            bmeFrom = at;
        }

        for (var i = 0; i < entries.Length; i++)
        {
            var e = entries[i].Event;
            if (e.Kind == EventKind.Reset && e.Subject < 0)
            {
                CloseMode(i);
                state = (false, false, false);
                if (master)
                {
                    CloseMaster(i);
                    master = false;
                }

                continue;
            }

            AddDisabledIrq(f, i, e, dead);
            if (e.Subject != f.Index)
            {
                continue;
            }

            switch (e.Kind)
            {
                case EventKind.CfgMsix:
                    CloseMode(i);
                    state.MsixEnable = e.A != 0;
                    break;
                case EventKind.CfgMsi:
                    CloseMode(i);
                    state.MsiEnable = e.A != 0;
                    break;
                case EventKind.CfgCommand:
                    if (((e.A ^ e.B) & 0x0400) != 0)
                    {
                        CloseMode(i);
                        state.IntxDisable = (e.B & 0x0400) != 0;
                    }

                    if (((e.A ^ e.B) & 0x0004) != 0)
                    {
                        CloseMaster(i);
                        master = (e.B & 0x0004) != 0;
                    }

                    command = e.B;
                    break;
                case EventKind.MsiWrite when Row(LaneKind.Messages, f.Index) is { } messages:
                    marks.Add(MessageMark(messages, i, e));
                    break;
                case EventKind.Intx:
                    edges.Add(i);
                    break;
            }
        }

        CloseMode(End);
        CloseMaster(End);
        foreach (var (descriptor, from) in dead)
        {
            bands.Add(DeadIrq(f, descriptor, from, End));
        }

        if (Row(LaneKind.Pin, f.Index) is { } pin)
        {
            waves.Add(new Wave(pin, edges, first.PinAsserted));
        }
    }

    // An irq of its vectors is given up; a request of it, or the next kernel, begins anew.
    private void AddDisabledIrq(MachineFunction f, int at, in MachineEvent e, Dictionary<int, int> dead)
    {
        if (e.Kind == EventKind.NobodyCared && m.FunctionOf(e.Subject) == f)
        {
            marks.Add(new Mark(
                Row(LaneKind.Messages, f.Index)!.Value, at, Look.Dead, "x", $"irq {m.IrqOf(e.Subject)}: nobody cared: {e.B:N0} of {e.A:N0} interrupts unhandled") { Callout = "✕ nobody cared" });
        }
        else if (e.Kind == EventKind.IrqDisabled && m.FunctionOf(e.Subject) == f)
        {
            dead[e.Subject] = at;
        }
        else if (e.Kind is EventKind.RequestIrq && dead.Remove(e.D, out var from))
        {
            bands.Add(DeadIrq(f, e.D, from, at));
        }
        else if (dead.Count > 0 && e.Kind == EventKind.Phase && m.Names[e.A] == "early-boot")
        {
            bands.AddRange(dead.Select(d => DeadIrq(f, d.Key, d.Value, at)));
            dead.Clear();
        }
    }

    private Band DeadIrq(MachineFunction f, int descriptor, int from, int to) => new(
        Row(LaneKind.Messages, f.Index)!.Value, from, to, Look.Dead, "disabled", $"irq {m.IrqOf(descriptor)} is disabled: its handler is not called any more, messages are kept pending");

    private static Band ModeBand(int row, int from, int to, bool msix, bool msi, bool intxDisable, MachineFunction f)
    {
        var (look, text, detail) = (msix, msi, intxDisable) switch
        {
            (true, _, _) => (Look.Msi, "MSI-X", "MSI-X Enable is 1: the function sends messages, its pin is silent"),
            (_, true, _) => (Look.Msi, "MSI", "MSI Enable is 1: the function sends messages, its pin is silent"),
            (_, _, true) => (Look.Neutral, "INTx disabled", "No MSI, and INTx-Disable is 1: the function cannot interrupt"),
            _ when f.Line < 0 => (Look.Neutral, "no interrupt", "No MSI, and no pin"),
            _ => (Look.Intx, "INTx", "No MSI, and INTx-Disable is 0: the function may pull its pin"),
        };
        return new Band(row, from, to, look, text, detail);
    }

    private static Mark MessageMark(int row, int entry, in MachineEvent e)
    {
        var vector = e.B & 0xFFFF;
        return (MsiResult)e.C switch
        {
            MsiResult.Delivered => new(row, entry, Look.Msi, "triangle-up", $"Message of entry {e.A} → CPU {e.B >> 16} vector {vector}: delivered"),
            MsiResult.LatchedIrr => new(row, entry, Look.Msi, "triangle-up-open", $"Message of entry {e.A} waits in IRR, vector {vector}: interrupts are off"),
            MsiResult.PendingMasked => new(row, entry, Look.Msi, "circle-open", $"Entry {e.A} is masked: its pending bit remembers the event"),
            MsiResult.UnassignedVector => new(row, entry, Look.Dead, "x", $"Vector {vector} belongs to nobody"),
            MsiResult.Aliased => new(row, entry, Look.Dead, "diamond-open", $"Vector {vector} belongs to somebody else by now"),
            MsiResult.RemapFault => new(row, entry, Look.Dead, "cross", $"Vector {vector}: interrupt remapping has no entry for it, a DMAR fault"),
            MsiResult.WrongMode => new(row, entry, Look.Dead, "cross-open", "The adapter's firmware still sends messages, but its driver waits on the pin"),
            MsiResult.DroppedD3hot => new(row, entry, Look.Neutral, "triangle-down-open", "The function is in D3hot and may send nothing"),
            MsiResult.LatchedBme => new(row, entry, Look.Neutral, "triangle-down-open", "Bus Master Enable is 0: the device keeps the message"),
            _ => new(row, entry, Look.Neutral, "x-thin-open", "Bus Master Enable is 0: the message is lost"),
        };
    }

    private void AddLine(MachineLine line)
    {
        if (Row(LaneKind.Line, line.Index) is not { } row)
        {
            return;
        }

        var deliveries = Row(LaneKind.Deliveries, line.Index)!.Value;
        var entries = run.Recording.Entries;
        var edges = new List<int>();
        var deadFrom = -1;
        for (var i = 0; i < entries.Length; i++)
        {
            var e = entries[i].Event;
            if (e.Kind == EventKind.RequestIrq && e.D == line.Index && e.B == 1 && deadFrom >= 0)
            {
                bands.Add(DeadBand(row, deadFrom, i, line));
                deadFrom = -1;
            }

            if (e.Subject != line.Index)
            {
                continue;
            }

            switch (e.Kind)
            {
                case EventKind.Line:
                    edges.Add(i);
                    break;
                case EventKind.IrqDelivered:
                    AddDelivery(deliveries, i, e, line);
                    break;
                case EventKind.NobodyCared:
                    marks.Add(new Mark(row, i, Look.Dead, "x", $"irq {line.Gsi}: nobody cared: {e.B:N0} of {e.A:N0} interrupts unhandled") { Callout = "✕ nobody cared" });
                    break;
                case EventKind.IrqDisabled:
                    deadFrom = i;
                    break;
                case EventKind.IrqPolled:
                    marks.Add(new Mark(deliveries, i, Look.Run, "square-open", $"The poller runs the handlers of irq {line.Gsi} once"));
                    break;
            }
        }

        if (deadFrom >= 0)
        {
            bands.Add(DeadBand(row, deadFrom, End, line));
        }

        waves.Add(new Wave(row, edges, run.At(-1).After.Line(line.Index).Asserted));
    }

    private static Band DeadBand(int row, int from, int to, MachineLine line) =>
        new(row, from, to, Look.Dead, "disabled", $"irq {line.Gsi} is disabled: no handler on it is called any more, but for the poller");

    private void AddDelivery(int row, int i, in MachineEvent e, MachineLine line)
    {
        var lazy = (DeliveryOutcome)e.C == DeliveryOutcome.LazyMasked;
        if (run.Recording.FoldOf(i) is { } fold)
        {
            bands.Add(new Band(row, i, i, Look.Intx, $"×{fold.Rounds:N0}", $"{fold.Rounds:N0} deliveries of irq {line.Gsi} in {new SimTime(fold.Rounds * fold.PeriodNs)}, one every {new SimTime(fold.PeriodNs)}") { IsFold = true });
            return;
        }

        marks.Add(new Mark(
            row, i, lazy ? Look.Dead : Look.Intx, lazy ? "line-ns-open" : "line-ns-open",
            lazy ? $"The irq is disabled: this one delivery masks pin {line.Gsi}, since the disable is lazy" : $"irq {line.Gsi} delivered to CPU {e.A}"));
    }
}
