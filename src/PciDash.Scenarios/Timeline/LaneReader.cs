using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Timeline;

/// <summary>Fills the lanes of a run: one way through its entries, however many functions and lines there are.</summary>
internal sealed class LaneReader
{
    private readonly Run run;
    private readonly CompiledMachine m;
    private readonly Func<LaneKind, int, int?> row;
    private readonly IReadOnlyList<LaneTrack> tracks;
    private readonly List<Callout> callouts;
    private readonly FunctionLanes?[] functions;
    private readonly LineLanes?[] lines;
    private readonly CpuLane[] cpus;
    private int phaseFrom = -1;

    public LaneReader(Run run, Func<LaneKind, int, int?> row, IReadOnlyList<LaneTrack> tracks, List<Callout> callouts)
    {
        (this.run, m, this.row, this.tracks, this.callouts) = (run, run.Machine, row, tracks, callouts);
        var before = run.At(-1).After;
        functions = [.. m.Functions.Select(f => row(LaneKind.Mode, f.Index) is { } mode ? new FunctionLanes(this, f, mode, before.Function(f.Index)) : null)];
        lines = [.. m.Lines.Select(l => row(LaneKind.Line, l.Index) is { } level ? new LineLanes(this, l, level, before.Line(l.Index).Asserted) : null)];
        cpus = [.. Enumerable.Range(0, m.CpuCount).Select(cpu => new CpuLane(cpu, row(LaneKind.Cpu, cpu)!.Value))];
    }

    public void Read()
    {
        var entries = run.Recording.Entries;
        for (var i = 0; i < entries.Length; i++)
        {
            var e = entries[i].Event;
            switch (e.Kind)
            {
                case EventKind.Phase:
                    Phase(i, e);
                    break;
                case EventKind.Reset when e.Subject < 0:
                    foreach (var f in functions)
                    {
                        f?.PlatformReset(i);
                    }

                    break;
                case EventKind.CfgMsix or EventKind.CfgMsi or EventKind.CfgCommand or EventKind.MsiWrite or EventKind.Intx or EventKind.Dma or EventKind.PowerState or EventKind.IrqThread:
                    functions[e.Subject]?.Take(i, e);
                    break;
                case EventKind.IrqDelivered:
                    Delivered(i, e);
                    break;
                case EventKind.Line or EventKind.NobodyCared or EventKind.IrqDisabled or EventKind.IrqPolled or EventKind.Eoi when e.Subject >= 0 && e.Subject < lines.Length:
                    lines[e.Subject]?.Take(i, e);
                    break;
                case EventKind.NobodyCared or EventKind.IrqDisabled when m.FunctionOf(e.Subject) is { } owner:
                    functions[owner.Index]?.GivenUp(i, e);
                    break;
                case EventKind.RequestIrq when e.D >= lines.Length:
                    functions[e.Subject]?.Revived(i, e.D);
                    break;
                case EventKind.Handler or EventKind.RequestIrq when e.D >= 0 && e.D < lines.Length:
                    lines[e.D]?.Take(i, e);
                    break;
            }
        }

        var end = entries.Length;
        ClosePhase(end);
        foreach (var f in functions)
        {
            f?.Close(end);
        }

        foreach (var line in lines)
        {
            line?.Close(end);
        }

        foreach (var cpu in cpus)
        {
            tracks[cpu.Row].BandList.Add(cpu.Band(end));
        }
    }

    private void Phase(int i, in MachineEvent e)
    {
        ClosePhase(i);
        phaseFrom = i;
        if (m.Names[e.A] == "early-boot")
        {
            foreach (var f in functions)
            {
                f?.NextKernel(i);
            }
        }

        // CPU 0 shuts the machine down and boots the next kernel; the others only take interrupts.
        if (m.Names[e.A] is "device_shutdown" or "machine_crash_shutdown")
        {
            tracks[cpus[0].Row].BandList.Add(cpus[0].Becomes(i, "shutdown task", "The task that shuts the machine down runs on this CPU"));
        }
        else if (m.Names[e.A] == "early-boot")
        {
            tracks[cpus[0].Row].BandList.Add(cpus[0].Becomes(i, $"kernel {e.B + 1}", "The next kernel boots on this CPU"));
        }
    }

    private void ClosePhase(int at)
    {
        if (phaseFrom < 0)
        {
            return;
        }

        var lane = row(LaneKind.Phases, -1)!.Value;
        var e = run.Recording.Entries[phaseFrom].Event;
        var name = m.Names[e.A];
        var kernel = e.B > 0 ? $"kernel {e.B + 1}: " : "";
        var origin = e.Origin >= 0 ? m.Origins[e.Origin].Source : "";
        tracks[lane].BandList.Add(new Band(lane, phaseFrom, at, Look.Neutral, kernel + name, origin.Length > 0 ? $"{kernel}{name} · {origin}" : kernel + name));
    }

    private void Delivered(int i, in MachineEvent e)
    {
        if (e.Subject < 0 || e.Subject >= lines.Length)
        {
            return;
        }

        lines[e.Subject]?.Take(i, e);
        if (e.A < cpus.Length && run.Recording.FoldOf(i) is { } fold && cpus[e.A].LastFold != fold.FirstEntry)
        {
            cpus[e.A].LastFold = fold.FirstEntry;
            tracks[cpus[e.A].Row].FoldList.Add(new Band(cpus[e.A].Row, i, i, Look.Intx, "", "") { IsFold = true });
        }
    }

    private sealed class CpuLane(int cpu, int row)
    {
        private int from;
        private string text = "running";
        private string detail = $"CPU {cpu} takes interrupts";

        public int Row => row;

        public int LastFold { get; set; } = -1;

        public Band Band(int to) => new(row, from, to, Look.Run, text, detail);

        public Band Becomes(int at, string nextText, string nextDetail)
        {
            var band = Band(at);
            (from, text, detail) = (at, nextText, nextDetail);
            return band;
        }
    }

    private sealed class FunctionLanes
    {
        private readonly LaneReader reader;
        private readonly MachineFunction f;
        private readonly int mode;
        private readonly int busMaster;
        private readonly int? messages;
        private readonly int? pin;
        private readonly int? dma;
        private readonly int? power;
        private readonly int? thread;
        private (bool Msix, bool Msi, bool IntxDisable) state;
        private bool master;
        private bool d3hot;
        private int modeFrom;
        private int masterFrom;
        private int powerFrom;

        // Irqs of its vectors that are given up.
        private readonly SortedSet<int> dead = [];
        private int deadFrom;

        public FunctionLanes(LaneReader reader, MachineFunction f, int mode, in FunctionView first)
        {
            (this.reader, this.f, this.mode) = (reader, f, mode);
            busMaster = reader.row(LaneKind.BusMaster, f.Index)!.Value;
            messages = reader.row(LaneKind.Messages, f.Index);
            pin = reader.row(LaneKind.Pin, f.Index);
            dma = reader.row(LaneKind.Dma, f.Index);
            power = reader.row(LaneKind.Power, f.Index);
            thread = reader.row(LaneKind.Thread, f.Index);
            state = (first.MsixEnable, first.MsiEnable, first.IntxDisable);
            master = first.BusMaster;
            d3hot = first.D3hot;
            if (pin is { } wave)
            {
                reader.tracks[wave].IsWave = true;
                reader.tracks[wave].StartsHigh = first.PinAsserted;
            }
        }

        public void PlatformReset(int i)
        {
            CloseMode(i);
            state = (false, false, false);
            if (master)
            {
                CloseMaster(i);
                master = false;
            }

            SetPower(i, false);
        }

        public void Take(int i, in MachineEvent e)
        {
            switch (e.Kind)
            {
                case EventKind.CfgMsix:
                    CloseMode(i);
                    state.Msix = e.A != 0;
                    break;
                case EventKind.CfgMsi:
                    CloseMode(i);
                    state.Msi = e.A != 0;
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

                    break;
                case EventKind.MsiWrite when messages is { } lane:
                    Mark(lane, LaneWords.OfMessage((MsiResult)e.C), i);
                    break;
                case EventKind.Dma when dma is { } lane:
                    Mark(lane, LaneWords.OfDma((DmaTarget)e.A), i);
                    break;
                case EventKind.IrqThread when thread is { } lane:
                    Mark(lane, (IrqReturn)e.C == IrqReturn.None ? (Look.Neutral, "square-open") : (Look.Run, "square"), i);
                    break;
                case EventKind.PowerState:
                    SetPower(i, e.A == 3);
                    break;
                case EventKind.Intx when pin is { } lane:
                    reader.tracks[lane].EdgeList.Add(i);
                    break;
            }
        }

        public void GivenUp(int i, in MachineEvent e)
        {
            if (messages is not { } lane)
            {
                return;
            }

            if (e.Kind == EventKind.NobodyCared)
            {
                reader.tracks[lane].Add(Look.Dead, "x", i);
                reader.callouts.Add(new Callout(lane, i, "✕ nobody cared"));
                return;
            }

            CloseDead(i);
            dead.Add(e.Subject);
        }

        /// <summary>A request of a disabled irq gives it another chance.</summary>
        public void Revived(int i, int descriptor)
        {
            if (dead.Contains(descriptor))
            {
                CloseDead(i);
                dead.Remove(descriptor);
            }
        }

        /// <summary>The next kernel begins anew.</summary>
        public void NextKernel(int i)
        {
            CloseDead(i);
            dead.Clear();
        }

        private void CloseDead(int to)
        {
            if (dead.Count > 0)
            {
                var irqs = string.Join(", ", dead.Select(d => reader.m.IrqOf(d)));
                reader.tracks[messages!.Value].BandList.Add(new Band(messages.Value, deadFrom, to, Look.Dead, "disabled", dead.Count == 1
                    ? $"irq {irqs} is disabled: its handler is not called any more, messages are kept pending"
                    : $"irqs {irqs} are disabled: their handlers are not called any more, messages are kept pending"));
            }

            deadFrom = to;
        }

        public void Close(int end)
        {
            CloseDead(end);
            CloseMode(end);
            CloseMaster(end);
            ClosePower(end);
        }

        private void Mark(int lane, (Look Look, string Symbol) shape, int i) => reader.tracks[lane].Add(shape.Look, shape.Symbol, i);

        private void SetPower(int i, bool toD3hot)
        {
            if (d3hot != toD3hot)
            {
                ClosePower(i);
                d3hot = toD3hot;
            }
        }

        private void ClosePower(int at)
        {
            if (power is not { } lane)
            {
                return;
            }

            reader.tracks[lane].BandList.Add(d3hot
                ? new Band(lane, powerFrom, at, Look.Dead, "D3hot", "In D3hot the function sends nothing, neither memory writes nor its pin")
                : new Band(lane, powerFrom, at, Look.Neutral, "D0", "The function is in D0: it works"));
            powerFrom = at;
        }

        private void CloseMaster(int at)
        {
            reader.tracks[busMaster].BandList.Add(new Band(
                busMaster, masterFrom, at, Look.Neutral, master ? "bus master on" : "off",
                master ? "Bus Master Enable is 1: the function may write to memory, MSI included" : "Bus Master Enable is 0: no memory write gets out; INTx is not affected"));
            masterFrom = at;
        }

        private void CloseMode(int at)
        {
            var (look, text, detail) = state switch
            {
                (true, _, _) => (Look.Msi, "MSI-X", "MSI-X Enable is 1: the function sends messages, its pin is silent"),
                (_, true, _) => (Look.Msi, "MSI", "MSI Enable is 1: the function sends messages, its pin is silent"),
                (_, _, true) => (Look.Neutral, "INTx disabled", "No MSI, and INTx-Disable is 1: the function cannot interrupt"),
                _ when f.Line < 0 => (Look.Neutral, "no interrupt", "No MSI, and no pin"),
                _ => (Look.Intx, "INTx", "No MSI, and INTx-Disable is 0: the function may pull its pin"),
            };
            reader.tracks[mode].BandList.Add(new Band(mode, modeFrom, at, look, text, detail));
            modeFrom = at;
        }
    }

    private sealed class LineLanes
    {
        private readonly LaneReader reader;
        private readonly MachineLine line;
        private readonly int level;
        private readonly int deliveries;
        private readonly LineRate? rate;
        private int deadFrom = -1;
        private int open = -1;
        private bool handled;

        public LineLanes(LaneReader reader, MachineLine line, int level, bool startsHigh)
        {
            (this.reader, this.line, this.level) = (reader, line, level);
            deliveries = reader.row(LaneKind.Deliveries, line.Index)!.Value;
            reader.tracks[level].IsWave = true;
            reader.tracks[level].StartsHigh = startsHigh;
            if (reader.row(LaneKind.Rate, line.Index) is { } lane)
            {
                reader.tracks[lane].Rate = rate = new LineRate(reader.run.Recording);
            }
        }

        public void Take(int i, in MachineEvent e)
        {
            switch (e.Kind)
            {
                case EventKind.RequestIrq when e.B == 1 && deadFrom >= 0:
                    CloseDead(i);
                    break;
                case EventKind.Line:
                    reader.tracks[level].EdgeList.Add(i);
                    break;
                case EventKind.IrqDelivered:
                    CloseDelivery();
                    (open, handled) = (i, false);
                    if (reader.run.Recording.FoldOf(i) is null)
                    {
                        reader.tracks[deliveries].Add((DeliveryOutcome)e.C == DeliveryOutcome.LazyMasked ? Look.Dead : Look.Intx, "line-ns-open", i);
                    }
                    else
                    {
                        reader.tracks[deliveries].FoldList.Add(new Band(deliveries, i, i, Look.Intx, "", "") { IsFold = true });
                    }

                    break;
                case EventKind.Handler when (e.C & 1) != 0:
                    handled |= (IrqReturn)(e.C >> 4) != IrqReturn.None;
                    break;
                case EventKind.Eoi:
                    // What handlers say after it was asked for by the poller.
                    CloseDelivery();
                    break;
                case EventKind.NobodyCared:
                    reader.tracks[level].Add(Look.Dead, "x", i);
                    reader.callouts.Add(new Callout(level, i, "✕ nobody cared"));
                    break;
                case EventKind.IrqDisabled:
                    deadFrom = i;
                    break;
                case EventKind.IrqPolled:
                    reader.tracks[deliveries].Add(Look.Run, "square-open", i);
                    break;
            }
        }

        public void Close(int end)
        {
            CloseDelivery();
            if (deadFrom >= 0)
            {
                CloseDead(end);
            }
        }

        private void CloseDelivery()
        {
            if (open >= 0)
            {
                rate?.Add(open, reader.run.Recording.Occurrences(open).Times, handled);
                open = -1;
            }
        }

        private void CloseDead(int to)
        {
            reader.tracks[level].BandList.Add(new Band(
                level, deadFrom, to, Look.Dead, "disabled", $"irq {line.Gsi} is disabled: no handler on it is called any more, but for the poller"));
            deadFrom = -1;
        }
    }
}
