using PciDash.Engine.Devices;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

// Interrupt entry, the flow handlers and note_interrupt (domain 4). Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
    // A context is a CPU in an interrupt (0 .. CPUs-1) or the poller (CPUs); their words and causes follow each other.
    private int ContextWord(int actor) => actor == m.PollerActor ? m.PollerWord : m.IrqWord + actor;

    private int ContextCause(int actor) => CompiledMachine.CauseOfContext(actor == m.PollerActor ? m.CpuCount : actor);

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
            case Stage.Exit when DescriptorOf(word) >= m.L.Length:
                // handle_irq_event: the only action of an edge irq returns and note_interrupt follows, in one step.
                return NoteChoices(new MachineAction(cpu, Verb.ExitHandler, ActionOf(word)), DescriptorOf(word), ReturnOf(word), into);
            case Stage.Exit:
                into[0] = new MachineAction(cpu, Verb.ExitHandler, ActionOf(word));
                return 1;
            case Stage.Note:
                return NoteChoices(new MachineAction(cpu, Verb.Note, DescriptorOf(word)), DescriptorOf(word), SumOf(word), into);
            default:
                return EoiChoices(cpu, DescriptorOf(word), into);
        }
    }

    private int NoteChoices(in MachineAction goOn, int descriptor, IrqReturn sum, Span<MachineAction> into)
    {
        if (!IsLookedAt(descriptor) || IsDeferred(descriptor, sum))
        {
            into[0] = goOn;
            return 1;
        }

        var n = 0;
        sum = Judged(descriptor, sum);
        var fixedUp = WouldBeFixedUp(descriptor, sum);
        if (TClock.MayGoOn(m, s, descriptor, sum, fixedUp))
        {
            into[n++] = goOn;
        }

        if (TClock.MayTrip(m, s, descriptor, sum, fixedUp))
        {
            into[n++] = new MachineAction(goOn.Actor, Verb.Trip, descriptor);
        }

        return n;
    }

    /// <summary>note_interrupt decides something: there is no noirqdebug, and the irq is not polled at this moment (step 1).</summary>
    private bool IsLookedAt(int descriptor) =>
        !BootTables.Spec.NoIrqDebug && (descriptor >= m.L.Length || (s[m.LineWord + descriptor] & LineBits.PollInProgress) == 0);

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
        var dead = (word & LineBits.Disabled) != 0; // As it is without an action, too.
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
        var dead = !IsSet(f, FunctionBits.VectorActions) || (VectorOf(v) & VectorBits.GivenUp) != 0;
        var raw = Emit(EventKind.IrqDelivered, descriptor, cpu, vector, (int)(dead ? DeliveryOutcome.LazyMasked : DeliveryOutcome.FlowHandler), 0, -1, why);
        if (dead)
        {
            // IRQS_PENDING and mask_ack_irq: the irq remembers the message, and the device's own entry is masked if it can be. No release
            // counts it in /proc/interrupts (trees 2.6.24, 2.6.32, 3.6, 4.9.88, 4.19).
            SetVector(v, 0, VectorBits.KernelPending);
            MaskEntry(v, raw);
            return;
        }

        SetVector(v, VectorBits.KernelPending, 0);
        CountInterrupt(descriptor);
        SetContext(cpu, Stage.Enter, descriptor, f, IrqReturn.None, IrqReturn.None, raw);
    }

    /// <summary>pci_msi_mask_irq; nothing where MSI has no masks.</summary>
    private void MaskEntry(int v, long why, int origin = -1)
    {
        var f = m.VectorOwner[v];
        if (HasMasks(f) && (VectorOf(v) & VectorBits.Masked) == 0)
        {
            SetVector(v, 0, VectorBits.Masked);
            Emit(EventKind.VectorMask, f, v - m.F[f].FirstVector, 1, 0, 0, origin, why);
        }
    }

    private void CountInterrupt(int descriptor)
    {
        if (TClock.Timed)
        {
            if (descriptor < m.L.Length)
            {
                s[m.InterruptCountWord + descriptor]++;
            }
            else
            {
                s[ConcreteClock.At(m, descriptor)] += CounterBits.OneOther;
            }
        }
    }

    /// <summary>The place in the chain, at or after <paramref name="position"/>, where a handler is registered now; or -1.</summary>
    private int NextAction(int line, int position)
    {
        var chain = BootTables.Chain[line];
        var there = BootTables.InChain[line];
        for (; position < chain.Length; position++)
        {
            if ((s[m.FunctionWord + chain[position]] & (FunctionBits.LineAction | FunctionBits.Request)) == there[position])
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

    // Below 0 for a line.
    private int EntryOf(int descriptor, int f) => descriptor - m.L.Length - m.F[f].FirstVector;

    private int IrqOfVector(int vector) => m.IrqOf(m.L.Length + vector).Value;

    /// <summary>The handler begins and makes its one access to the device: it reads (and so acknowledges) the status, or does not look.</summary>
    private void EnterHandler(int actor)
    {
        var word = s[ContextWord(actor)];
        var descriptor = DescriptorOf(word);
        var action = ActionOf(word);
        var (f, handler, irq) = HandlerAt(descriptor, action);
        var raw = Emit(EventKind.Handler, f, irq, ContextCpu(actor), 0, descriptor, -1, Cause(ContextCause(actor)));
        var ret = Handle(f, handler, raw, EntryOf(descriptor, f));
        SetContext(actor, Stage.Exit, descriptor, action, SumOf(word), ret, raw);
    }

    private int ContextCpu(int actor) => actor == m.PollerActor ? PollerCpu : actor;

    /// <summary>The handler returns; the next action of the chain follows, or note_interrupt.</summary>
    private void ExitHandler(int actor, bool trips = false)
    {
        var word = s[ContextWord(actor)];
        var descriptor = DescriptorOf(word);
        var action = ActionOf(word);
        var (f, handler, irq) = HandlerAt(descriptor, action);
        var ret = ReturnOf(word);
        var sum = (IrqReturn)((int)SumOf(word) | (int)ret);
        if (handler.Masks && BootTables.ThreadOf(handler) != HandlerThread.Oneshot)
        {
            Service(f, handler.ClearsCause, Cause(ContextCause(actor)), EntryOf(descriptor, f));
        }

        var raw = Emit(EventKind.Handler, f, irq, ContextCpu(actor), 1 | ((int)ret << 4), descriptor, -1, Cause(ContextCause(actor)));
        if (ret == IrqReturn.WakeThread)
        {
            WakeThread(f, descriptor);
        }

        if (descriptor >= m.L.Length)
        {
            raw = Judge(descriptor, sum, trips, raw);
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

    /// <summary>The actions of a line have run: note_interrupt.</summary>
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

        var why = Judge(line, sum, trips, Cause(CompiledMachine.CauseOfContext(cpu)));
        SetContext(cpu, Stage.Eoi, line, 0, IrqReturn.None, IrqReturn.None, why);
    }

    /// <summary>
    /// note_interrupt, of a line or a vector: counts, and gives the irq up if so decided. The disable is lazy: pin and entry stay open. Returns
    /// what explains the next event.
    /// </summary>
    private long Judge(int descriptor, IrqReturn sum, bool trips, long why)
    {
        if (!IsLookedAt(descriptor))
        {
            return why;
        }

        if (IsDeferred(descriptor, sum))
        {
            SetNoteBits(descriptor, 0, Release.WokenThread == WokenThread.AtNextInterrupt ? LineBits.Deferred : 0);
            return why;
        }

        var returned = sum;
        sum = Judged(descriptor, returned);
        ThreadsWereLookedAt(descriptor, returned);
        var before = TClock.Timed ? ConcreteClock.Counters(m, s, descriptor) : default;
        var fixedUp = MisroutedIrq(descriptor, sum, why);
        TClock.Count(m, s, descriptor, sum, fixedUp);
        CountRoughly(descriptor, sum);
        if (!trips)
        {
            return why;
        }

        var isLine = descriptor < m.L.Length;
        SetNoteBits(descriptor, LineBits.Counter, isLine ? LineBits.SpuriousDisabled | LineBits.Disabled : 0);
        if (!isLine)
        {
            SetVector(descriptor - m.L.Length, 0, VectorBits.GivenUp);
        }

        var (irqCount, unhandled) = TClock.Timed ? Spurious.AtDisable(before, sum, fixedUp) : (-1, -1);
        why = Emit(EventKind.NobodyCared, descriptor, irqCount, unhandled, 0, 0, -1, why);
        why = Emit(EventKind.IrqDisabled, descriptor, 0, 0, 0, 0, -1, why);
        s[m.PollerWord] |= ContextBits.Armed;
        Touch(m.PollerActor);
        return why;
    }

    // What the untimed clock remembers of irqs_unhandled. A line's storm feeds itself, so every unhandled interrupt of it counts. A vector
    // needs a message for each: of a window with so few handled ones some stretch has several unhandled in a row, and only that counts.
    // A device's own message is unhandled only where the handler of the one before it has seen its cause as well, and while that one is served
    // no more than one waits in IRR: never two in a row. So only those vectors are counted for which that does not hold (MayStayUnhandled).
    private void CountRoughly(int descriptor, IrqReturn sum)
    {
        if (descriptor >= m.L.Length && !m.MayStayUnhandled[descriptor - m.L.Length])
        {
            return;
        }

        var counter = m.NoteBits(s, descriptor) & LineBits.Counter;
        if (counter == LineBits.MayTrip || (sum != IrqReturn.None && (counter == 0 || descriptor < m.L.Length)))
        {
            return;
        }

        SetNoteBits(descriptor, LineBits.Counter, sum == IrqReturn.None ? counter + (1UL << LineBits.CounterShift) : 0);
    }

    private void SetNoteBits(int descriptor, ulong clear, ulong set)
    {
        if (descriptor < m.L.Length)
        {
            ref var word = ref s[m.LineWord + descriptor];
            word = (word & ~clear) | set;
        }
        else
        {
            SetVector(descriptor - m.L.Length, clear >> VectorBits.NoteShift, set >> VectorBits.NoteShift);
        }
    }

    private void EndOfInterrupt(int cpu, bool pause)
    {
        var line = DescriptorOf(s[m.IrqWord + cpu]);
        var raw = Emit(EventKind.Eoi, line, 0, 0, 0, 0, -1, Cause(CompiledMachine.CauseOfContext(cpu)));
        SetContext(cpu, Stage.Idle, 0, 0, IrqReturn.None, IrqReturn.None, raw);
        EoiPin(line, pause, raw);
        FinishOneshot(line, raw);
    }
}
