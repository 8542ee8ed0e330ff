using System.Runtime.CompilerServices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Simulation;

/// <summary>What became of a function or a line in a run.</summary>
public enum OutcomeKind
{
    /// <summary>No interrupt of it after its shutdown began.</summary>
    Silent,

    /// <summary>Its interrupts found their handlers.</summary>
    Handled,

    /// <summary>Its message hit a vector of nobody.</summary>
    UnknownVector,

    /// <summary>Its message hit somebody else's vector.</summary>
    Aliased,

    /// <summary>"nobody cared": a storm that the kernel ended by disabling the irq.</summary>
    StormDisabled,

    /// <summary>A storm that the kernel did not end: handled ones hide it, or noirqdebug.</summary>
    StormHidden,

    /// <summary>After the disable its sharers are served ten times a second.</summary>
    PolledSharer,

    /// <summary>It is asserted, and its pin masked: nobody sees it.</summary>
    PendingMasked,

    /// <summary>A message was lost because Bus Master Enable was 0, here or above.</summary>
    LostBusMaster,

    /// <summary>A handler of MSI and one of INTx of the same function ran at once.</summary>
    BothHandlers,

    /// <summary>A message was lost because a bridge above had Bus Master Enable 0.</summary>
    LostBridge,

    /// <summary>Its driver waits on the pin, but INTx-Disable is still set from before.</summary>
    LostIntxDisable,

    /// <summary>Its line is up and its pin open, but the IO-APIC waits for an EOI that never comes.</summary>
    LostRemoteIrr,

    /// <summary>The adapter's firmware sends messages while the driver waits on the pin.</summary>
    LostMode,

    /// <summary>Interrupt remapping blocked its messages; each is a DMAR fault.</summary>
    RemapFault,

    /// <summary>A handler or a thread of its driver used it after its shutdown had torn it down.</summary>
    TornDown,

    /// <summary>A bridge did not forward its request: Unsupported Request.</summary>
    UnsupportedRequest,

    /// <summary>Its driver accessed legacy config at an offset that had moved.</summary>
    ConfigMisaddressed,

    /// <summary>It wrote memory of a kernel that did not give it any.</summary>
    DmaNextKernel,

    /// <summary>At the hand-over its registers were not as firmware had given them.</summary>
    HandOffDiffers,
}

/// <summary>An outcome, with the event that brought it about.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Function">The function concerned, or -1.</param>
/// <param name="Line">The line concerned, or -1.</param>
/// <param name="Why">Raw number of the causing event, or -1.</param>
/// <param name="Count">How many interrupts or messages it is about.</param>
public readonly record struct Outcome(OutcomeKind Kind, int Function, int Line, long Why, long Count)
{
    /// <summary>The irq of a vector of <see cref="Function"/>, where it is about that one; null otherwise.</summary>
    public IrqNumber? Irq { get; init; }
}

/// <summary>Tells the outcomes of a run apart (design section 4, domain 10).</summary>
public static class Outcomes
{
    /// <summary>
    /// Unhandled interrupts in a row which are called a storm though the kernel went on: as many as disable an irq that has no other
    /// handled ones.
    /// </summary>
    public const int StormLength = 10_000;

    private static readonly ConditionalWeakTable<Run, IReadOnlyList<Outcome>> Known = [];

    /// <summary>The outcomes, lines first, by index. A run is looked through once for all who ask.</summary>
    public static IReadOnlyList<Outcome> Of(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Known.GetValue(run, Find);
    }

    private static List<Outcome> Find(Run run)
    {
        var m = run.Machine;
        var entries = run.Recording.Entries;
        // Those of vectors after those of lines.
        var irqs = new IrqTally[m.Lines.Count + m.VectorCount];
        var functions = new FunctionTally[m.Functions.Count];
        var inHandler = new (int Function, bool Edge)[Math.Max(1, m.CpuCount)];
        Array.Fill(inHandler, (-1, false));
        Array.Fill(irqs, IrqTally.New);

        var start = new MachineView(m, InitialState.Of(m));
        for (var i = 0; i < m.Functions.Count; i++)
        {
            var at = start.Function(i);
            functions[i] = FunctionTally.New with { Command = at.Command, Msi = at.MsiEnable, Msix = at.MsixEnable, Pin = at.PinAsserted };
        }

        var boot = 0;
        var folds = run.Recording.Folds;
        var fold = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            while (fold < folds.Count && folds[fold].EndEntry <= i)
            {
                fold++;
            }

            var n = fold < folds.Count && folds[fold].FirstEntry <= i ? folds[fold].Rounds : 1;
            Tally(m, entries[i], n, boot, irqs, functions, inHandler);
            boot = entries[i].Event.Kind == EventKind.Phase ? entries[i].Event.B : boot;
        }

        var outcomes = new List<Outcome>();
        for (var l = 0; l < m.Lines.Count; l++)
        {
            AddLine(outcomes, l, irqs[l], run);
        }

        for (var f = 0; f < functions.Length; f++)
        {
            AddFunction(outcomes, f, functions[f], run);
            for (var entry = 0; entry < m.Functions[f].VectorCount; entry++)
            {
                AddVector(outcomes, f, irqs[m.Lines.Count + m.Functions[f].FirstVector + entry], m.IrqOf(m.Lines.Count + m.Functions[f].FirstVector + entry));
            }
        }

        return outcomes;
    }

    private static void Tally(
        CompiledMachine m, in RecordedEvent e, long n, int boot, IrqTally[] irqs, FunctionTally[] functions, (int Function, bool Edge)[] inHandler)
    {
        var subject = e.Event.Subject;
        switch (e.Event.Kind)
        {
            case EventKind.DriverShutdown when e.Event.A == 0:
                functions[subject].ShutdownBegun = true;
                break;
            case EventKind.DriverShutdown:
                functions[subject].TornDown = m.Boots[boot].Drivers[subject]?.Shutdown(m.Boots[boot].Spec.Release).Count > 0;
                break;
            case EventKind.DriverAccess when e.Event.A != 0:
                functions[subject].First(OutcomeKind.TornDown, e.Raw, n);
                break;
            case EventKind.UnsupportedRequest:
                functions[subject].First(OutcomeKind.UnsupportedRequest, e.Raw, n);
                break;
            case EventKind.VirtioConfig when e.Event.A != e.Event.B:
                functions[subject].First(OutcomeKind.ConfigMisaddressed, e.Raw, n);
                break;
            case EventKind.Dma when (DmaTarget)e.Event.A == DmaTarget.NextKernel:
                functions[subject].First(OutcomeKind.DmaNextKernel, e.Raw, n);
                break;
            case EventKind.RequestIrq when e.Event.D < m.Lines.Count:
                functions[subject].WaitsOnLine = true;
                break;
            case EventKind.FreeIrq when e.Event.D < m.Lines.Count:
                functions[subject].WaitsOnLine = false;
                break;
            case EventKind.DeviceEvent:
                functions[subject].LastEvent = e.Raw;
                break;
            case EventKind.CfgCommand:
                functions[subject].Command = e.Event.B;
                break;
            case EventKind.CfgMsi:
                functions[subject].Msi = e.Event.A != 0;
                break;
            case EventKind.CfgMsix:
                functions[subject].Msix = e.Event.A != 0;
                break;
            case EventKind.Intx:
                functions[subject].Pin = e.Event.A != 0;
                break;
            case EventKind.Phase:
                if (m.Names[e.Event.A] == "machine_kexec")
                {
                    AtHandOver(m, functions, e.Raw);
                }
                else if (e.Event.B != boot)
                {
                    Forget(irqs, functions);
                }

                break;
            case EventKind.MsiWrite:
                TallyMessage(ref functions[subject], e, n);
                break;
            case EventKind.Handler when e.Event.C == 0:
                TallyHandler(m, e, functions, inHandler);
                break;
            case EventKind.Handler:
                inHandler[e.Event.B] = (-1, false);
                // A thread that is woken serves no line that is up, but it serves a message.
                if ((e.Event.C >> 4) == (int)IrqReturn.Handled || ((e.Event.C >> 4) == (int)IrqReturn.WakeThread && e.Event.D >= m.Lines.Count))
                {
                    irqs[e.Event.D].Handled += n;
                }

                break;
            case EventKind.IrqDelivered when subject >= 0 && (DeliveryOutcome)e.Event.C == DeliveryOutcome.FlowHandler:
                irqs[subject].Delivered += n;
                irqs[subject].InThisBoot += n;
                if (irqs[subject].FirstDelivery < 0)
                {
                    irqs[subject].FirstDelivery = e.Raw;
                }

                break;
            case EventKind.NobodyCared:
                irqs[subject].NobodyCared = e.Raw;
                irqs[subject].CountAtDisable = irqs[subject].Delivered;
                break;
            case EventKind.IrqPolled:
                irqs[subject].Polled += n;
                irqs[subject].LastPoll = e.Raw;
                break;
            case EventKind.Line:
                irqs[subject].LastChange = e.Raw;
                break;
        }
    }

    private static void TallyMessage(ref FunctionTally function, in RecordedEvent e, long n)
    {
        function.LastMessage = e.Raw;
        switch ((MsiResult)e.Event.C)
        {
            case MsiResult.UnassignedVector:
                function.Unknown = Math.Max(function.Unknown, 0) + n;
                function.UnknownAt = e.Raw;
                break;
            case MsiResult.Aliased:
                function.AliasedAt = e.Raw;
                break;
            case MsiResult.DroppedBme:
                function.Lost += n;
                function.LostAt = e.Raw;
                break;
            case MsiResult.DroppedBridge:
                function.First(OutcomeKind.LostBridge, e.Raw, n);
                break;
            case MsiResult.RemapFault:
                function.First(OutcomeKind.RemapFault, e.Raw, n);
                break;
            case MsiResult.WrongMode when function.WaitsOnLine:
                function.First(OutcomeKind.LostMode, e.Raw, n);
                break;
            case MsiResult.Delivered or MsiResult.LatchedIrr when function.ShutdownBegun:
                function.AfterShutdown += n;
                break;
        }
    }

    private static void TallyHandler(CompiledMachine m, in RecordedEvent e, FunctionTally[] functions, (int Function, bool Edge)[] inHandler)
    {
        var edge = e.Event.D >= m.Lines.Count;
        foreach (var (function, otherEdge) in inHandler)
        {
            if (function == e.Event.Subject && otherEdge != edge)
            {
                functions[function].BothAt = e.Raw;
            }
        }

        inHandler[e.Event.B] = (e.Event.Subject, edge);
        if (functions[e.Event.Subject].TornDown && edge)
        {
            functions[e.Event.Subject].First(OutcomeKind.TornDown, e.Raw, 1);
        }
    }

    // What firmware gave: no MSI, INTx allowed, nothing asserted, Bus Master Enable as it left it.
    private static void AtHandOver(CompiledMachine m, FunctionTally[] functions, long raw)
    {
        for (var f = 0; f < functions.Length; f++)
        {
            var bme = m.Functions[f].Spec.FirmwareBusMaster ? 0x0004 : 0;
            if ((functions[f].Command & 0x0404) != bme || functions[f].Msi || functions[f].Msix || functions[f].Pin)
            {
                functions[f].First(OutcomeKind.HandOffDiffers, raw, 1);
            }
        }
    }

    // What belongs to one kernel only.
    private static void Forget(IrqTally[] irqs, FunctionTally[] functions)
    {
        foreach (ref var irq in irqs.AsSpan())
        {
            irq.InThisBoot = 0;
        }

        foreach (ref var function in functions.AsSpan())
        {
            function.TornDown = false;
            function.WaitsOnLine = false;
        }
    }

    private static void AddLine(List<Outcome> outcomes, int l, in IrqTally line, Run run)
    {
        if (line.NobodyCared >= 0)
        {
            outcomes.Add(new Outcome(OutcomeKind.StormDisabled, -1, l, line.NobodyCared, line.CountAtDisable));
            if (line.Polled > 0)
            {
                outcomes.Add(new Outcome(OutcomeKind.PolledSharer, -1, l, line.LastPoll, line.Polled));
            }
        }
        else if (line.Delivered - line.Handled >= StormLength)
        {
            outcomes.Add(new Outcome(OutcomeKind.StormHidden, -1, l, line.FirstDelivery, line.Delivered));
        }
        else if (line.Delivered > 0)
        {
            outcomes.Add(new Outcome(OutcomeKind.Handled, -1, l, line.FirstDelivery, line.Delivered));
        }

        var final = run.Final.Line(l);
        if (final is { Asserted: true, Masked: true })
        {
            outcomes.Add(new Outcome(OutcomeKind.PendingMasked, -1, l, line.LastChange, 1));
        }
        else if (final is { Asserted: true, RemoteIrr: true, Disabled: false } && line.InThisBoot == 0)
        {
            outcomes.Add(new Outcome(OutcomeKind.LostRemoteIrr, -1, l, line.LastChange, 1));
        }
        else if (line.Delivered == 0)
        {
            outcomes.Add(new Outcome(OutcomeKind.Silent, -1, l, -1, 0));
        }
    }

    // Of a vector that works the function's own outcomes tell.
    private static void AddVector(List<Outcome> outcomes, int f, in IrqTally irq, IrqNumber number)
    {
        if (irq.NobodyCared >= 0)
        {
            outcomes.Add(new Outcome(OutcomeKind.StormDisabled, f, -1, irq.NobodyCared, irq.CountAtDisable) { Irq = number });
        }
        else if (irq.Delivered - irq.Handled >= StormLength)
        {
            outcomes.Add(new Outcome(OutcomeKind.StormHidden, f, -1, irq.FirstDelivery, irq.Delivered) { Irq = number });
        }
    }

    private static void AddFunction(List<Outcome> outcomes, int f, in FunctionTally function, Run run)
    {
        var final = run.Final.Function(f);
        if (final is { LineAction: true, InterruptStatus: true, IntxDisable: true, MsiEnable: false, MsixEnable: false, Running: true })
        {
            outcomes.Add(new Outcome(OutcomeKind.LostIntxDisable, f, -1, function.LastEvent, 1));
        }

        foreach (var (kind, at, count) in function.Firsts ?? [])
        {
            outcomes.Add(new Outcome(kind, f, -1, at, count));
        }

        if (function.UnknownAt >= 0)
        {
            outcomes.Add(new Outcome(OutcomeKind.UnknownVector, f, -1, function.UnknownAt, function.Unknown));
        }

        if (function.AliasedAt >= 0)
        {
            outcomes.Add(new Outcome(OutcomeKind.Aliased, f, -1, function.AliasedAt, 1));
        }

        if (function.LostAt >= 0)
        {
            outcomes.Add(new Outcome(OutcomeKind.LostBusMaster, f, -1, function.LostAt, function.Lost));
        }

        if (function.BothAt >= 0)
        {
            outcomes.Add(new Outcome(OutcomeKind.BothHandlers, f, -1, function.BothAt, 1));
        }

        if (function.AfterShutdown > 0)
        {
            outcomes.Add(new Outcome(OutcomeKind.Handled, f, -1, function.LastMessage, function.AfterShutdown));
        }
    }

    private struct IrqTally
    {
        public long Delivered;
        public long InThisBoot;
        public long Handled;
        public long FirstDelivery;
        public long NobodyCared;
        public long CountAtDisable;
        public long Polled;
        public long LastPoll;
        public long LastChange;

        public static IrqTally New => new() { FirstDelivery = -1, NobodyCared = -1, LastPoll = -1, LastChange = -1 };
    }

    private struct FunctionTally
    {
        public bool ShutdownBegun;
        public long AfterShutdown;
        public long Unknown;
        public long UnknownAt;
        public long AliasedAt;
        public long Lost;
        public long LostAt;
        public long LastMessage;
        public long BothAt;
        public bool TornDown;
        public bool WaitsOnLine;
        public long LastEvent;
        public int Command;
        public bool Msi;
        public bool Msix;
        public bool Pin;

        // What needs no more than its first event and a count.
        public List<(OutcomeKind Kind, long At, long Count)>? Firsts;

        public void First(OutcomeKind kind, long raw, long n)
        {
            Firsts ??= [];
            var at = Firsts.FindIndex(o => o.Kind == kind);
            if (at < 0)
            {
                Firsts.Add((kind, raw, n));
            }
            else
            {
                Firsts[at] = Firsts[at] with { Count = Firsts[at].Count + n };
            }
        }

        public static FunctionTally New => new() { UnknownAt = -1, AliasedAt = -1, LostAt = -1, LastMessage = -1, BothAt = -1, LastEvent = -1 };
    }
}
