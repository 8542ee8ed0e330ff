using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Tests.Twin;

/// <summary>
/// The machine of domain.md once more, as plain objects: slow, obvious, and written from that page. It takes from the compiled machine
/// only what is a matter of numbering or of the scenario: the program, the wiring, and which vector was given to whom.
/// </summary>
internal sealed class TwinMachine
{
    private readonly CompiledMachine compiled;

    public TwinMachine(CompiledMachine compiled)
    {
        this.compiled = compiled;
        foreach (var f in compiled.Functions)
        {
            Functions.Add(new TwinFunction(f));
        }

        foreach (var f in compiled.Functions.Where(f => f.Parent >= 0))
        {
            Functions[f.Index].Bridge = Functions[f.Parent];
        }

        foreach (var line in compiled.Lines)
        {
            var twin = new TwinLine(line.Index);
            Lines.Add(twin);
            foreach (var f in line.Functions)
            {
                twin.Wires.Add(Functions[f]);
                Functions[f].Line = twin;
            }
        }

        for (var cpu = 0; cpu < compiled.CpuCount; cpu++)
        {
            Cpus.Add(new TwinCpu(cpu) { Stopped = cpu >= compiled.Boots[0].Spec.Cpus });
        }

        while (Pc != compiled.StartPc)
        {
            StepTask();
        }

        foreach (var line in Lines)
        {
            if (compiled.Boots[0].Spec.HandledBefore.TryGetValue(compiled.Lines[line.Index].Gsi, out var handled))
            {
                for (var i = 0; i < handled; i++)
                {
                    NoteInterrupt(line, IrqReturn.Handled, helped: false, pretend: false);
                }

                line.Interrupts = handled;
            }
        }
    }

    public List<TwinFunction> Functions { get; } = [];

    public List<TwinLine> Lines { get; } = [];

    public List<TwinCpu> Cpus { get; } = [];

    public int Pc { get; private set; }

    public int Boot { get; private set; }

    public bool Over { get; private set; }

    public long Now { get; set; }

    private bool pollerArmed;
    private TwinContext? poller;

    private BootSpec Kernel => compiled.Boots[Boot].Spec;

    private bool Qemu => compiled.Scenario.Platform.ForgetsRiseWhileUnprogrammed;

    // ---- who may act

    /// <summary>Actor and verb of everything that may happen now.</summary>
    public List<(int Actor, Verb Verb)> Choices()
    {
        var choices = new List<(int, Verb)>();
        if (Over)
        {
            return choices;
        }

        foreach (var cpu in Cpus)
        {
            if (cpu.Interrupt is { } context)
            {
                choices.Add((cpu.Number, context.At switch
                {
                    TwinStage.BeforeHandler => Verb.EnterHandler,
                    TwinStage.InHandler => Verb.ExitHandler,
                    TwinStage.BeforeNote => WouldTrip(context) ? Verb.Trip : Verb.Note,
                    _ => WouldPause(context.Line!) ? Verb.EoiPause : Verb.Eoi,
                }));
            }
            else if (cpu.TakesInterrupts && cpu.Requests.Count > 0)
            {
                choices.Add((cpu.Number, Verb.Take));
            }
        }

        var first = Cpus[0];
        var busy = first.Interrupt is not null || (first.TakesInterrupts && first.Requests.Count > 0);
        if (!busy && !first.Stopped && poller is null && !MustWait(compiled.Program[Pc]))
        {
            var next = compiled.Program[Pc];
            choices.Add((compiled.CpuCount, next.Op == Op.Await && Functions[next.Function].Awaiting ? Verb.TimeOut : Verb.Step));
        }

        // A timer: it needs its CPU with interrupts on and no interrupt running there; one that is only pending does not keep it away.
        if (first.Interrupt is null && first.TakesInterrupts)
        {
            if (poller is not null)
            {
                choices.Add((2 * compiled.CpuCount, poller.At == TwinStage.BeforeHandler ? Verb.EnterHandler : Verb.ExitHandler));
            }
            else if (pollerArmed)
            {
                choices.Add((2 * compiled.CpuCount, Verb.Poll));
            }
        }

        foreach (var line in Lines.Where(l => l.Paused))
        {
            choices.Add(((2 * compiled.CpuCount) + 1 + line.Index, Verb.Resume));
        }

        foreach (var f in Functions)
        {
            for (var i = 0; i < f.Sources.Count; i++)
            {
                if (f.MayFire(i))
                {
                    choices.Add(((2 * compiled.CpuCount) + 1 + Lines.Count + f.FirstSource + i, Verb.Fire));
                }
            }
        }

        return choices;
    }

    /// <summary>Carries out what the engine carried out.</summary>
    public void Do(in MachineAction action)
    {
        var actor = action.Actor;
        switch (action.Verb)
        {
            case Verb.Step:
                StepTask();
                break;
            case Verb.TimeOut:
                Functions[compiled.Program[Pc].Function].Awaiting = false;
                Advance();
                break;
            case Verb.Take:
                Take(Cpus[actor]);
                break;
            case Verb.EnterHandler:
                Enter(ContextOf(actor));
                break;
            case Verb.ExitHandler:
                Exit(actor, ContextOf(actor));
                break;
            case Verb.Note or Verb.Trip:
                Note(Cpus[actor]);
                break;
            case Verb.Eoi or Verb.EoiPause:
                var line = Cpus[actor].Interrupt!.Line!;
                var pause = WouldPause(line);
                Cpus[actor].Interrupt = null;
                EndOfInterrupt(line, pause);
                break;
            case Verb.Resume:
                Lines[actor - (2 * compiled.CpuCount) - 1].Paused = false;
                LookAtAllPins();
                break;
            case Verb.Poll:
                PollFrom(0);
                break;
            default:
                Fire(Functions.Last(f => f.FirstSource <= actor - (2 * compiled.CpuCount) - 1 - Lines.Count && f.Sources.Count > 0), action.Operand);
                break;
        }
    }

    // free_irq waits for handlers of its line; CPUs that are asked to stop finish their interrupt, unless it is an NMI that asks.
    private bool MustWait(Instruction next) => next.Op switch
    {
        Op.FreeLine => Functions[next.Function].Line is { } line && (poller?.Line == line || Cpus.Any(c => RunsActionsOf(c.Interrupt, line))),
        Op.StopOtherCpus => next.A == 0 && Cpus.Skip(1).Any(c => c.Interrupt is not null),
        _ => false,
    };

    private static bool RunsActionsOf(TwinContext? context, TwinLine line) =>
        context is { At: TwinStage.BeforeHandler or TwinStage.InHandler or TwinStage.BeforeNote } && context.Line == line;

    private TwinContext ContextOf(int actor) => actor == 2 * compiled.CpuCount ? poller! : Cpus[actor].Interrupt!;

    // ---- devices and messages (5.3-5.7, 6.2)

    private void Fire(TwinFunction f, int source)
    {
        f.Causes.Add(source);
        f.NotLookedAt.Add(source);
        f.Fired[source]++;
        if (source == f.Sources.Count - 1)
        {
            f.CommandUnderWay = false;
        }

        if (f.MsixEnable)
        {
            Signal(f, f.Sources[source].Entry ?? f.Device.EventEntry);
        }
        else if (f.MsiEnable)
        {
            Signal(f, 0);
        }
        else
        {
            f.Notified = true;
        }

        PinMayHaveChanged(f);
    }

    private void Signal(TwinFunction f, int number)
    {
        if (f.Entries.Count == 0)
        {
            return;
        }

        var entry = f.Entries[Math.Min(number, f.Entries.Count - 1)];
        if (f.MsixEnable && (f.FunctionMask || entry.Masked))
        {
            entry.Pending = true;
        }
        else
        {
            Send(f, entry);
        }
    }

    private void Send(TwinFunction f, TwinEntry entry)
    {
        if (!f.BusMaster)
        {
            f.Latched |= f.Device.OnBusMasterOff == BusMasterReaction.Latch;
            return;
        }

        for (var bridge = f.Bridge; bridge is not null; bridge = bridge.Bridge)
        {
            if (!bridge.BusMaster)
            {
                return;
            }
        }

        if (entry.WrittenBy is { } boot && compiled.Boots[boot].VectorSlots[f.FirstVector + f.Entries.IndexOf(entry)] is >= 0 and var slot)
        {
            Request(slot);
        }
    }

    private void SendWhatIsPending(TwinFunction f)
    {
        if (f.MsixEnable && !f.FunctionMask)
        {
            foreach (var entry in f.Entries.Where(e => e.Pending && !e.Masked))
            {
                entry.Pending = false;
                Send(f, entry);
            }
        }
    }

    private void Request(int slot) => Cpus[compiled.Slots[slot].Cpu].Requests[compiled.Slots[slot].Vector.Value] = slot;

    private void PinMayHaveChanged(TwinFunction f)
    {
        if (f.Line is { } line && f.Pin != f.PinWas)
        {
            f.PinWas = f.Pin;
            LevelLookedAt(line);
        }
    }

    // ---- IO-APIC

    private void LevelLookedAt(TwinLine line)
    {
        if (!Qemu)
        {
            LookAtPin(line);
            return;
        }

        if (line.LevelMode)
        {
            line.Remembered = line.Level;
        }
        else if (line.Level && !line.Masked)
        {
            line.Remembered = true;
        }

        LookAtAllPins();
    }

    private bool Up(TwinLine line) => Qemu ? line.Remembered : line.Level;

    private void LookAtPin(TwinLine line)
    {
        if (Up(line) && line.LevelMode && !line.Masked && !line.RemoteIrr)
        {
            line.Paused = false;
            line.RemoteIrr = true;
            Request(compiled.Boots[Boot].LineSlots[line.Index]);
        }
    }

    private void LookAtAllPins() => Lines.ForEach(LookAtPin);

    private void AfterPinWrite(TwinLine line)
    {
        if (Qemu)
        {
            LookAtAllPins();
        }
        else
        {
            LookAtPin(line);
        }
    }

    private void Mask(TwinLine line, bool masked)
    {
        line.Masked = masked;
        AfterPinWrite(line);
    }

    private bool WouldPause(TwinLine line) =>
        Up(line) && !line.Masked && compiled.Scenario.Platform.PausesAfterSuccessive is > 0 and var limit && line.InARow + 1 >= limit;

    private void EndOfInterrupt(TwinLine line, bool pause)
    {
        line.RemoteIrr = false;
        if (!Up(line) || line.Masked)
        {
            line.InARow = 0;
        }
        else if (pause)
        {
            line.InARow = 0;
            line.Paused = true;
        }
        else
        {
            line.InARow++;
            LookAtPin(line);
        }
    }

    // ---- flow handlers and spurious.c (4)

    // A vector is given to an irq when it is requested, not before, and stays with it until the next kernel.
    private bool HasItsVector(int owner)
    {
        if (owner < Lines.Count)
        {
            return Lines[owner].Requested;
        }

        var vector = owner - Lines.Count;
        var f = Functions.Single(x => vector >= x.FirstVector && vector < x.FirstVector + x.Entries.Count);
        return f.Entries[vector - f.FirstVector].WrittenBy == Boot;
    }

    private void Take(TwinCpu cpu)
    {
        var vector = cpu.Requests.Keys.Max();
        var slot = cpu.Requests[vector];
        cpu.Requests.Remove(vector);
        var owner = compiled.Boots[Boot].SlotOwners[slot];
        if (owner < 0 || !HasItsVector(owner))
        {
            return;
        }

        if (owner < Lines.Count)
        {
            var line = Lines[owner];
            var dead = line.Disabled || line.FirstAction(null) is null;
            if (!dead || Kernel.Release.LazyDeliveryCounted)
            {
                line.Interrupts++;
            }

            if (dead)
            {
                Mask(line, true);
                cpu.Interrupt = new TwinContext { Line = line, At = TwinStage.BeforeEoi };
            }
            else
            {
                cpu.Interrupt = new TwinContext { Line = line, Action = line.FirstAction(null), At = TwinStage.BeforeHandler };
            }

            return;
        }

        var f = Functions.Single(x => owner - Lines.Count >= x.FirstVector && owner - Lines.Count < x.FirstVector + x.Entries.Count);
        if (f.VectorActions)
        {
            cpu.Interrupt = new TwinContext { Action = new TwinAction(f, compiled.Boots[Boot].Drivers[f.Index]!.VectorHandler), At = TwinStage.BeforeHandler };
        }
        else if (f.MsixEnable)
        {
            // Masked if maskable: these functions' MSI has no mask bits.
            f.Entries[owner - Lines.Count - f.FirstVector].Masked = true;
        }
    }

    private void Enter(TwinContext context)
    {
        context.Returned = LookAtDevice(context.Action!);
        context.At = TwinStage.InHandler;
    }

    // What a handler does: true if it had something to do, or says so without looking.
    private bool LookAtDevice(TwinAction action)
    {
        var (f, handler) = (action.Function, action.Handler);
        var mine = f.Causes.Count > 0;
        if (f.Awaiting && f.NotLookedAt.Contains(f.Sources.Count - 1))
        {
            f.Awaiting = false;
        }

        f.NotLookedAt.Clear();
        if (handler.ClearsCause)
        {
            f.Causes.Clear();
            f.Notified = false;
        }

        PinMayHaveChanged(f);
        return mine || handler.Blind;
    }

    private void Exit(int actor, TwinContext context)
    {
        context.Handled |= context.Returned;
        if (context.Action is { Handler.Masks: true } masking)
        {
            LookAtDevice(masking);
        }

        if (context.Line is null)
        {
            Cpus[actor].Interrupt = null;
            return;
        }

        context.Action = context.Line.FirstAction(context.Action);
        if (context.Action is not null)
        {
            context.At = TwinStage.BeforeHandler;
        }
        else if (context == poller)
        {
            PollFrom(context.Line.Index + 1);
        }
        else
        {
            context.At = TwinStage.BeforeNote;
        }
    }

    private bool WouldTrip(TwinContext context) =>
        !Kernel.NoIrqDebug && NoteInterrupt(context.Line!, context.Handled ? IrqReturn.Handled : IrqReturn.None, TriedElsewhere(context, pretend: true), pretend: true);

    private void Note(TwinCpu cpu)
    {
        var context = cpu.Interrupt!;
        context.At = TwinStage.BeforeEoi;
        if (Kernel.NoIrqDebug)
        {
            return;
        }

        var helped = TriedElsewhere(context, pretend: false);
        if (NoteInterrupt(context.Line!, context.Handled ? IrqReturn.Handled : IrqReturn.None, helped, pretend: false))
        {
            context.Line!.SpuriousDisabled = true;
            context.Line.Disabled = true;
            pollerArmed = true;
        }
    }

    // Step 5 of domain 4: irqfixup calls the handlers of every other irq once; true if one of them had something to do.
    private bool TriedElsewhere(TwinContext context, bool pretend)
    {
        if (Kernel.IrqFixup == IrqFixup.Off || context.Handled)
        {
            return false;
        }

        var helped = false;
        foreach (var line in Lines.Where(l => l != context.Line && !l.Disabled && poller?.Line != l && !Cpus.Any(c => RunsActionsOf(c.Interrupt, l))))
        {
            foreach (var action in line.Chain.Where(a => a.Registered).ToList())
            {
                helped |= action.Handler.Blind || action.Function.Causes.Count > 0;
                if (!pretend)
                {
                    LookAtDevice(action);
                }
            }
        }

        return helped;
    }

    // Steps 4 to 8 of domain 4, true if the irq is given up.
    private bool NoteInterrupt(TwinLine line, IrqReturn result, bool helped, bool pretend)
    {
        var (count, unhandled, last) = (line.IrqCount, line.Unhandled, line.LastUnhandled);
        var giveUp = false;
        if (result == IrqReturn.None)
        {
            unhandled = Now > last + 100_000_000 ? 1 : unhandled + 1;
            last = Now;
            unhandled -= helped ? 1 : 0;
        }

        if (unhandled > 0 || !Kernel.Release.CountsFromFirstUnhandled)
        {
            count++;
            if (count >= Kernel.Release.SpuriousCutoff)
            {
                count = 0;
                giveUp = unhandled > Kernel.Release.SpuriousThreshold;
                unhandled = 0;
            }
        }

        if (!pretend)
        {
            (line.IrqCount, line.Unhandled, line.LastUnhandled) = (count, unhandled, last);
        }

        return giveUp;
    }

    private void PollFrom(int index)
    {
        poller = null;
        foreach (var line in Lines.Skip(index).Where(l => l.SpuriousDisabled))
        {
            if (line.FirstAction(null) is { } action)
            {
                poller = new TwinContext { Line = line, Action = action, At = TwinStage.BeforeHandler };
                return;
            }
        }
    }

    // ---- the task

    private void Advance()
    {
        do
        {
            Pc++;
        }
        while (!Runs(compiled.Program[Pc]));
    }

    private bool Runs(Instruction i) => i.If switch
    {
        Guard.Always => true,
        Guard.KernelMsi => Functions[i.Function].KernelMsi,
        Guard.KernelMsix => Functions[i.Function].KernelMsix,
        Guard.KernelIntx => !Functions[i.Function].KernelMsi && !Functions[i.Function].KernelMsix,
        Guard.HardwareMsi => Functions[i.Function].MsiEnable,
        Guard.HardwareMsix => Functions[i.Function].MsixEnable,
        Guard.BusMasterOn => Functions[i.Function].BusMaster,
        _ => throw new InvalidOperationException($"{i.If}"),
    };

    private void StepTask()
    {
        Execute(compiled.Program[Pc]);
        if (!Over)
        {
            Advance();
        }
    }

    private void Execute(Instruction i)
    {
        var f = i.Function >= 0 ? Functions[i.Function] : null!;
        var on = i.A != 0;
        switch (i.Op)
        {
            case Op.ShutdownEnter:
                f.ShutdownEntered = true;
                break;
            case Op.ShutdownExit:
                f.ShutdownReturned = true;
                break;
            case Op.MaskVectors:
                f.Entries.ForEach(e => e.Masked = on);
                SendWhatIsPending(f);
                break;
            case Op.MsixEnable:
                WriteMsix(f, on, f.FunctionMask || i.B != 0);
                break;
            case Op.MsixFunctionMask:
                WriteMsix(f, f.MsixEnable, on);
                break;
            case Op.MsiEnable:
                if (on && !f.MsiEnable)
                {
                    ForgetLatched(f);
                }

                f.MsiEnable = on;
                PinMayHaveChanged(f);
                break;
            case Op.IntxDisable:
                if (!f.Device.MsiIntxDisableBug || i.B != 0)
                {
                    f.IntxDisable = on;
                    PinMayHaveChanged(f);
                }

                break;
            case Op.ToggleIntxDisable:
                f.IntxDisable = !f.IntxDisable;
                PinMayHaveChanged(f);
                break;
            case Op.BusMaster:
                WriteBusMaster(f, on);
                break;
            case Op.NoteMsi:
                f.KernelMsi = on;
                break;
            case Op.NoteMsix:
                f.KernelMsix = on;
                break;
            case Op.RequestVectors:
                f.VectorActions = true;
                foreach (var (entry, n) in f.Entries.Select((e, n) => (e, n)))
                {
                    if (compiled.Boots[Boot].VectorSlots[f.FirstVector + n] >= 0)
                    {
                        entry.WrittenBy = Boot;
                        entry.Masked = false;
                    }
                }

                SendWhatIsPending(f);
                break;
            case Op.FreeVectors:
                f.VectorActions = false;
                break;
            case Op.RequestLine:
                RequestLine(f);
                break;
            case Op.FreeLine:
                FreeLine(f);
                break;
            case Op.Quiesce or Op.DeviceReset:
                f.Silence();
                PinMayHaveChanged(f);
                break;
            case Op.Start:
                f.Running = true;
                break;
            case Op.Command:
                f.Awaiting = true;
                f.CommandUnderWay = true;
                break;
            case Op.MaskPin:
                Mask(Lines[i.A], true);
                break;
            case Op.WriteOtherPin:
                if (Qemu)
                {
                    LookAtAllPins();
                }

                break;
            case Op.ClearPin:
                Lines[i.A].LevelMode = Lines[i.A].RemoteIrr = Lines[i.A].Paused = false;
                Mask(Lines[i.A], true);
                break;
            case Op.LocalIrqDisable:
                Cpus[0].IrqsOff = true;
                break;
            case Op.LocalIrqEnable:
                Cpus[0].IrqsOff = false;
                break;
            case Op.StopOtherCpus:
                foreach (var cpu in Cpus.Skip(1))
                {
                    cpu.Stopped = true;
                    cpu.Interrupt = null;
                }

                break;
            case Op.StartOtherCpus:
                foreach (var cpu in Cpus.Skip(1).Take(Kernel.Cpus - 1))
                {
                    cpu.Stopped = false;
                    cpu.Requests.Clear();
                }

                break;
            case Op.Jump:
                Jump();
                break;
            case Op.PlatformReset:
                foreach (var reset in Functions)
                {
                    reset.Reset();
                    PinMayHaveChanged(reset);
                }

                foreach (var line in Lines)
                {
                    line.Masked = true;
                    line.RemoteIrr = line.LevelMode = line.Remembered = line.Paused = false;
                }

                foreach (var cpu in Cpus)
                {
                    cpu.Requests.Clear();
                }

                break;
            case Op.End:
                Over = true;
                break;
            case Op.Phase or Op.Stimulus or Op.Delay or Op.Await:
                break;
            default:
                throw new InvalidOperationException($"{i.Op}");
        }
    }

    private static void ForgetLatched(TwinFunction f) => f.Notified &= f.Device.IntxCondition != IntxCondition.LatchedAtNotify;

    private void WriteMsix(TwinFunction f, bool enable, bool mask)
    {
        if (f.MsixEnable == enable && f.FunctionMask == mask)
        {
            return;
        }

        if (enable && !f.MsixEnable)
        {
            ForgetLatched(f);
        }

        f.MsixEnable = enable;
        f.FunctionMask = mask;
        PinMayHaveChanged(f);
        SendWhatIsPending(f);
    }

    private void WriteBusMaster(TwinFunction f, bool on)
    {
        if (f.BusMaster && !on && f.Device.OnBusMasterOff == BusMasterReaction.Stop)
        {
            f.Running = false;
        }

        var returns = !f.BusMaster && on;
        f.BusMaster = on;
        if (returns && f.Latched)
        {
            f.Latched = false;
            if (f.MsiEnable || f.MsixEnable)
            {
                Signal(f, f.Device.EventEntry);
            }
        }
    }

    private void RequestLine(TwinFunction f)
    {
        if (f.Line is not { } line)
        {
            return;
        }

        var first = line.FirstAction(null) is null;
        var revive = !first && line.SpuriousDisabled;
        var action = line.Chain.SingleOrDefault(a => a.Function == f);
        if (action is null)
        {
            action = new TwinAction(f, compiled.Boots[Boot].Drivers[f.Index]!.IntxHandler);
            line.Chain.Add(action);
        }

        action.Registered = true;
        line.IrqCount = line.Unhandled = 0;
        line.LastUnhandled = 0;
        if (first || revive)
        {
            line.SpuriousDisabled = line.Disabled = false;
            line.LevelMode = line.Requested = true;
            Mask(line, false);
        }
    }

    private void FreeLine(TwinFunction f)
    {
        if (f.Line is { } line && line.Chain.SingleOrDefault(a => a.Function == f && a.Registered) is { } action)
        {
            action.Registered = false;
            if (line.FirstAction(null) is null)
            {
                line.Disabled = true;
                Mask(line, true);
            }
        }
    }

    private void Jump()
    {
        Boot++;
        foreach (var f in Functions)
        {
            f.KernelMsi = f.KernelMsix = f.VectorActions = f.Awaiting = f.ShutdownEntered = f.ShutdownReturned = false;
        }

        foreach (var line in Lines)
        {
            line.Chain.Clear();
            line.SpuriousDisabled = line.Requested = false;
            line.Disabled = true;
            line.IrqCount = line.Unhandled = 0;
            line.LastUnhandled = 0;
            line.Interrupts = 0;
        }

        poller = null;
        pollerArmed = false;
        foreach (var cpu in Cpus)
        {
            cpu.Interrupt = null;
            cpu.Stopped = cpu.Number > 0;
        }
    }
}
