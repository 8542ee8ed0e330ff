using PciDash.Engine.Devices;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

// Interrupt entry, the flow handlers and note_interrupt (domain 4). Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
    // A context is a CPU in an interrupt (0 .. CPUs-1) or the poller (CPUs); their words and causes follow each other.
    private int ContextWord(int actor) => actor == m.PollerActor ? m.PollerWord : m.IrqWord + actor;

    private int ContextCause(int actor) => m.CauseOfContext(actor == m.PollerActor ? m.CpuCount : actor);

    private static Stage StageOf(ulong word) => (Stage)(word & ContextBits.Stage);

    private static int DescriptorOf(ulong word) => (int)((word & ContextBits.Descriptor) >> ContextBits.DescriptorShift);

    private static int ActionOf(ulong word) => (int)((word & ContextBits.Action) >> ContextBits.ActionShift);

    private static IrqReturn SumOf(ulong word) => (IrqReturn)((word & ContextBits.Sum) >> ContextBits.SumShift);

    private static IrqReturn ReturnOf(ulong word) => (IrqReturn)((word & ContextBits.Return) >> ContextBits.ReturnShift);

    private int InterruptChoices(int cpu, Span<MachineAction> into)
    {
        var word = s[m.IrqWord + cpu];
        switch (StageOf(word))
        {
            case Stage.Idle:
                if (!InterruptsEnabled(cpu))
                {
                    return 0;
                }

                var slot = HighestRequest(cpu);
                if (slot < 0)
                {
                    return 0;
                }

                into[0] = new MachineAction(cpu, Verb.Take, slot);
                return 1;
            case Stage.Enter:
                into[0] = new MachineAction(cpu, Verb.EnterHandler, ActionOf(word));
                return 1;
            case Stage.Exit:
                into[0] = new MachineAction(cpu, Verb.ExitHandler, ActionOf(word));
                return 1;
            case Stage.Note:
                return NoteChoices(cpu, DescriptorOf(word), SumOf(word), into);
            default:
                return EoiChoices(cpu, DescriptorOf(word), into);
        }
    }

    private int NoteChoices(int cpu, int line, IrqReturn sum, Span<MachineAction> into)
    {
        if (IsDeferred(line, sum) || (s[m.LineWord + line] & LineBits.PollInProgress) != 0)
        {
            into[0] = new MachineAction(cpu, Verb.Note, line);
            return 1;
        }

        var n = 0;
        sum = Judged(line, sum);
        var fixedUp = WouldBeFixedUp(line, sum);
        if (BootTables.Spec.NoIrqDebug || TClock.MayGoOn(m, s, line, sum, fixedUp))
        {
            into[n++] = new MachineAction(cpu, Verb.Note, line);
        }

        if (!BootTables.Spec.NoIrqDebug && TClock.MayTrip(m, s, line, sum, fixedUp))
        {
            into[n++] = new MachineAction(cpu, Verb.Trip, line);
        }

        return n;
    }

    private int EoiChoices(int cpu, int line, Span<MachineAction> into)
    {
        if (!PinWantsDelivery(s[m.LineWord + line]))
        {
            into[0] = new MachineAction(cpu, Verb.Eoi, line);
            return 1;
        }

        var n = 0;
        if (TClock.MayRedeliver(m, s, line))
        {
            into[n++] = new MachineAction(cpu, Verb.Eoi, line);
        }

        if (TClock.MayPause(m, s, line))
        {
            into[n++] = new MachineAction(cpu, Verb.EoiPause, line);
        }

        return n;
    }

    /// <summary>The CPU takes its highest request: do_IRQ finds the descriptor, and its flow handler decides.</summary>
    private void Take(int cpu)
    {
        var slot = HighestRequest(cpu);
        ClearRequest(slot);
        TouchCpu(cpu);
        var vector = m.Slot[slot].Vector.Value;
        var owner = OwnerOf(slot);
        var why = Cause(m.CauseOfSlot(slot));
        if (owner < 0)
        {
            // Not a descriptor: acknowledged and gone, never seen by note_interrupt (domain 3.5).
            Emit(EventKind.IrqDelivered, -1, cpu, vector, (int)DeliveryOutcome.UnknownVector, 0, -1, why);
            return;
        }

        if (owner < m.L.Length)
        {
            TakeLevel(cpu, owner, vector, why);
        }
        else
        {
            TakeEdge(cpu, owner, vector, why);
        }
    }

    /// <summary>handle_fasteoi_irq: no action, or disabled, means mask and EOI without counting; otherwise every action runs.</summary>
    private void TakeLevel(int cpu, int line, int vector, long why)
    {
        ref var word = ref s[m.LineWord + line];
        var first = NextAction(line, 0);
        var dead = first < 0 || (word & LineBits.Disabled) != 0;
        var raw = Emit(EventKind.IrqDelivered, line, cpu, vector, (int)(dead ? DeliveryOutcome.LazyMasked : DeliveryOutcome.FlowHandler), 0, -1, why);
        if (!dead || Release.LazyDeliveryCounted)
        {
            CountInterrupt(line);
        }

        if (dead)
        {
            SetPinMask(line, true, -1, raw);
            SetContext(cpu, Stage.Eoi, line, 0, IrqReturn.None, IrqReturn.None, raw);
            return;
        }

        word |= LineBits.InProgress;
        if (BootTables.Oneshot[line])
        {
            SetPinMask(line, true, -1, raw);
            TouchThreadsOf(line);
        }

        SetContext(cpu, Stage.Enter, line, first, IrqReturn.None, IrqReturn.None, raw);
    }

    /// <summary>handle_edge_irq: acknowledged first, so that the next message can be latched while the handler runs.</summary>
    private void TakeEdge(int cpu, int descriptor, int vector, long why)
    {
        var v = descriptor - m.L.Length;
        var f = m.VectorOwner[v];
        var registered = IsSet(f, FunctionBits.VectorActions);
        var raw = Emit(
            EventKind.IrqDelivered, descriptor, cpu, vector, (int)(registered ? DeliveryOutcome.FlowHandler : DeliveryOutcome.LazyMasked), 0, -1, why);
        if (!registered)
        {
            // mask_ack_irq: the message is remembered by the descriptor and masked at the device.
            if (HasMasks(f))
            {
                SetVector(v, 0, VectorBits.Masked);
                Emit(EventKind.VectorMask, f, v - m.F[f].FirstVector, 1, 0, 0, -1, raw);
            }

            return;
        }

        CountInterrupt(descriptor);
        SetContext(cpu, Stage.Enter, descriptor, f, IrqReturn.None, IrqReturn.None, raw);
    }

    private void CountInterrupt(int descriptor)
    {
        if (TClock.Timed)
        {
            s[m.InterruptCountWord + descriptor]++;
        }
    }

    /// <summary>The function at or after <paramref name="position"/> in the chain whose handler is registered; its position, or -1.</summary>
    private int NextAction(int line, int position)
    {
        var chain = BootTables.Chain[line];
        for (; position < chain.Length; position++)
        {
            if (IsSet(chain[position], FunctionBits.LineAction))
            {
                return position;
            }
        }

        return -1;
    }

    private void SetContext(int actor, Stage stage, int descriptor, int action, IrqReturn sum, IrqReturn ret, long cause)
    {
        ref var word = ref s[ContextWord(actor)];
        word = (word & ContextBits.Armed) | (ulong)stage | ((ulong)descriptor << ContextBits.DescriptorShift)
            | ((ulong)action << ContextBits.ActionShift) | ((ulong)sum << ContextBits.SumShift) | ((ulong)ret << ContextBits.ReturnShift);
        if (stage == Stage.Idle)
        {
            word &= ContextBits.Armed;
        }

        SetCause(ContextCause(actor), cause);
        TouchCpu(actor == m.PollerActor ? 0 : actor);
    }

    private (int Function, HandlerModel Handler, int Irq) HandlerAt(int descriptor, int action)
    {
        if (descriptor < m.L.Length)
        {
            var f = BootTables.Chain[descriptor][action];
            return (f, BootTables.Driver[f]!.IntxHandler, m.L[descriptor].Gsi.Value);
        }

        return (action, BootTables.Driver[action]!.VectorHandler, IrqOfVector(descriptor - m.L.Length));
    }

    private int IrqOfVector(int vector) => m.IrqOf(m.L.Length + vector).Value;

    /// <summary>The handler begins and makes its one access to the device: it reads (and so acknowledges) the status, or does not look.</summary>
    private void EnterHandler(int actor)
    {
        var word = s[ContextWord(actor)];
        var descriptor = DescriptorOf(word);
        var action = ActionOf(word);
        var (f, handler, irq) = HandlerAt(descriptor, action);
        var raw = Emit(EventKind.Handler, f, irq, ContextCpu(actor), 0, descriptor, -1, Cause(ContextCause(actor)));
        var ret = Handle(f, handler, raw);
        SetContext(actor, Stage.Exit, descriptor, action, SumOf(word), ret, raw);
    }

    private int ContextCpu(int actor) => actor == m.PollerActor ? PollerCpu : actor;

    /// <summary>The handler returns; the next action of the chain follows, or note_interrupt.</summary>
    private void ExitHandler(int actor)
    {
        var word = s[ContextWord(actor)];
        var descriptor = DescriptorOf(word);
        var action = ActionOf(word);
        var (f, handler, irq) = HandlerAt(descriptor, action);
        var ret = ReturnOf(word);
        var sum = (IrqReturn)((int)SumOf(word) | (int)ret);
        if (handler.Masks && BootTables.ThreadOf(handler) != HandlerThread.Oneshot)
        {
            Service(f, handler.ClearsCause, Cause(ContextCause(actor)));
        }

        var raw = Emit(EventKind.Handler, f, irq, ContextCpu(actor), 1 | ((int)ret << 4), descriptor, -1, Cause(ContextCause(actor)));
        if (ret == IrqReturn.WakeThread)
        {
            WakeThread(f);
        }

        if (descriptor >= m.L.Length)
        {
            SetContext(actor, Stage.Idle, 0, 0, IrqReturn.None, IrqReturn.None, raw);
            return;
        }

        var next = NextAction(descriptor, action + 1);
        if (next >= 0)
        {
            SetContext(actor, Stage.Enter, descriptor, next, sum, IrqReturn.None, raw);
        }
        else if (actor == m.PollerActor)
        {
            PolledLine(descriptor, sum, raw);
        }
        else
        {
            SetContext(actor, Stage.Note, descriptor, 0, sum, IrqReturn.None, raw);
        }
    }

    /// <summary>note_interrupt: counts, and gives the irq up if so decided. The disable is lazy: the pin stays open.</summary>
    private void NoteInterrupt(int cpu, bool trips)
    {
        var word = s[m.IrqWord + cpu];
        var line = DescriptorOf(word);
        var sum = SumOf(word);
        ref var lineWord = ref s[m.LineWord + line];
        lineWord &= ~LineBits.InProgress;
        if (BootTables.Oneshot[line])
        {
            TouchThreadsOf(line);
        }

        var why = Cause(m.CauseOfContext(cpu));
        if (!BootTables.Spec.NoIrqDebug && (lineWord & LineBits.PollInProgress) == 0 && IsDeferred(line, sum))
        {
            lineWord |= LineBits.Deferred;
        }
        else if (!BootTables.Spec.NoIrqDebug && (lineWord & LineBits.PollInProgress) == 0)
        {
            var returned = sum;
            sum = Judged(line, returned);
            ThreadsWereLookedAt(line, returned);
            var before = TClock.Timed ? ConcreteClock.Counters(m, s, line) : default;
            var fixedUp = MisroutedIrq(line, sum, why);
            TClock.Count(m, s, line, sum, fixedUp);
            if (sum == IrqReturn.None)
            {
                var counter = Math.Min(2, ((lineWord & LineBits.Counter) >> LineBits.CounterShift) + 1);
                lineWord = (lineWord & ~LineBits.Counter) | (counter << LineBits.CounterShift);
            }

            if (trips)
            {
                lineWord = (lineWord & ~LineBits.Counter) | LineBits.SpuriousDisabled | LineBits.Disabled;
                var (irqCount, unhandled) = TClock.Timed ? Spurious.AtDisable(before, fixedUp) : (-1, -1);
                why = Emit(EventKind.NobodyCared, line, irqCount, unhandled, 0, 0, -1, why);
                why = Emit(EventKind.IrqDisabled, line, 0, 0, 0, 0, -1, why);
                s[m.PollerWord] |= ContextBits.Armed;
                Touch(m.PollerActor);
            }
        }

        SetContext(cpu, Stage.Eoi, line, 0, IrqReturn.None, IrqReturn.None, why);
    }

    private void EndOfInterrupt(int cpu, bool pause)
    {
        var line = DescriptorOf(s[m.IrqWord + cpu]);
        var raw = Emit(EventKind.Eoi, line, 0, 0, 0, 0, -1, Cause(m.CauseOfContext(cpu)));
        SetContext(cpu, Stage.Idle, 0, 0, IrqReturn.None, IrqReturn.None, raw);
        EoiPin(line, pause, raw);
        FinishOneshot(line, raw);
    }
}
