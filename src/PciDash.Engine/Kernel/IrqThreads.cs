using PciDash.Engine.Devices;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

// Threaded handlers (kernel/irq/manage.c, domain 4 step 3): what is left of an interrupt for a thread. Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
    private int ThreadChoices(int index, Span<MachineAction> into)
    {
        var f = m.ThreadFunction[index];
        var word = s[m.FunctionWord + f];
        if ((word & FunctionBits.ThreadWoken) == 0 || !TaskLikeMayRun(m.F[f].Spec.Cpu))
        {
            return 0;
        }

        // irq_finalize_oneshot waits for the hard interrupt that may still be in progress elsewhere; it has nothing to do if the irq is not ONESHOT.
        if ((word & FunctionBits.LineAction) != 0 && BootTables.Oneshot[m.F[f].Line] && (s[m.LineWord + m.F[f].Line] & LineBits.InProgress) != 0)
        {
            return 0;
        }

        var run = new MachineAction(m.ThreadActor + index, Verb.RunThread, index);
        if (Release.WokenThread == WokenThread.ByItsReturn && HasHandler(f))
        {
            return NoteChoices(run, DescriptorOfThread(f), ThreadWouldHandle(f) ? IrqReturn.Handled : IrqReturn.None, into);
        }

        into[0] = run;
        return 1;
    }

    private bool HasHandler(int f) => (s[m.FunctionWord + f] & (FunctionBits.LineAction | FunctionBits.VectorActions)) != 0;

    // The irq whose thread runs next: the line's, or the first of the vectors whose handlers have woken theirs.
    private int DescriptorOfThread(int f) => IsSet(f, FunctionBits.LineAction) ? m.F[f].Line : m.L.Length + m.F[f].FirstVector + Math.Max(0, WokenEntry(f));

    private int WokenEntry(int f)
    {
        for (var entry = 0; entry < m.F[f].VectorCount; entry++)
        {
            if ((VectorOf(m.F[f].FirstVector + entry) & VectorBits.ThreadWoken) != 0)
            {
                return entry;
            }
        }

        return -1;
    }

    // What the thread will return. A handler with a part of its own has seen that there is something; the default one has not looked.
    private bool ThreadWouldHandle(int f)
    {
        var descriptor = DescriptorOfThread(f);
        var handler = descriptor < m.L.Length ? BootTables.Driver[f]!.IntxHandler : BootTables.Driver[f]!.VectorHandler;
        return BootTables.ThreadOf(handler) != HandlerThread.Oneshot || WouldClaim(f, handler, EntryOf(descriptor, f));
    }

    // A thread needs a CPU that is not in, and not about to take, an interrupt.
    private bool TaskLikeMayRun(int cpu) =>
        InterruptsEnabled(cpu) && StageOf(s[m.IrqWord + cpu]) == Stage.Idle && HighestRequest(cpu) < 0 && !(cpu == PollerCpu && PollerRuns);

    /// <summary>What a handler finds and says in the interrupt itself.</summary>
    private IrqReturn Handle(int f, HandlerModel handler, long why, int entry = -1)
    {
        switch (BootTables.ThreadOf(handler))
        {
            case HandlerThread.Oneshot:
                // irq_default_primary_handler
                return IrqReturn.WakeThread;
            case HandlerThread.Threaded:
                return Look(f, handler, why, entry) ? IrqReturn.WakeThread : IrqReturn.None;
            default:
                return Look(f, handler, why, entry) || handler.Blind ? IrqReturn.Handled : IrqReturn.None;
        }
    }

    /// <summary>A handler's access to its device; true if the device wanted it.</summary>
    private bool Look(int f, HandlerModel handler, long why, int entry = -1)
    {
        if (handler.ReadsConfig && (s[m.FunctionWord + f] & m.F[f].ConfigSources) != 0)
        {
            AccessConfig(f, why);
        }

        return handler.LeavesToGuest ? LeaveToGuest(f, why) : Service(f, handler.ClearsCause, why, entry);
    }

    private void WakeThread(int f, int descriptor)
    {
        s[m.FunctionWord + f] |= FunctionBits.ThreadWoken;
        if (descriptor >= m.L.Length)
        {
            SetVector(descriptor - m.L.Length, 0, VectorBits.ThreadWoken);
        }

        Touch(m.ThreadActor + m.ThreadOfFunction[f]);
    }

    private void TouchThreadsOf(int line)
    {
        foreach (var f in m.L[line].Member)
        {
            if (m.ThreadOfFunction[f] >= 0)
            {
                Touch(m.ThreadActor + m.ThreadOfFunction[f]);
            }
        }
    }

    private bool ThreadsWokenOn(int line)
    {
        foreach (var f in m.L[line].Member)
        {
            if (IsSet(f, FunctionBits.ThreadWoken) && IsSet(f, FunctionBits.LineAction))
            {
                return true;
            }
        }

        return false;
    }

    private void RunThread(int f, bool trips)
    {
        var descriptor = DescriptorOfThread(f);
        s[m.FunctionWord + f] &= ~FunctionBits.ThreadWoken;
        if (!HasHandler(f))
        {
            return;
        }

        var line = m.F[f].Line;
        var onLine = descriptor < m.L.Length;
        if (!onLine)
        {
            // Each vector has a thread of its own; on one CPU they run one after the other.
            SetVector(descriptor - m.L.Length, VectorBits.ThreadWoken, 0);
            s[m.FunctionWord + f] |= WokenEntry(f) >= 0 ? FunctionBits.ThreadWoken : 0;
        }

        var handler = onLine ? BootTables.Driver[f]!.IntxHandler : BootTables.Driver[f]!.VectorHandler;
        var why = Cause(m.CauseOfFunction(f));
        // A handler with a part of its own has seen that there is something; the default one has not looked.
        var handled = BootTables.ThreadOf(handler) != HandlerThread.Oneshot || Look(f, handler, why, EntryOf(descriptor, f)) || handler.Blind;
        var raw = Emit(
            EventKind.IrqThread, f, m.IrqOf(descriptor).Value, m.F[f].Spec.Cpu, (int)(handled ? IrqReturn.Handled : IrqReturn.None), descriptor, -1, why);
        TouchCpu(m.F[f].Spec.Cpu);
        if (handled && Release.WokenThread == WokenThread.AtNextInterrupt)
        {
            SetNoteBits(descriptor, 0, LineBits.ThreadHandled);
        }

        if (onLine)
        {
            FinishOneshot(line, raw);
        }

        if (Release.WokenThread == WokenThread.ByItsReturn)
        {
            Judge(descriptor, handled ? IrqReturn.Handled : IrqReturn.None, trips, raw);
        }
    }

    /// <summary>irq_finalize_oneshot, cond_unmask_eoi_irq: once no thread of the line has work left its pin is opened, unless the irq is disabled.</summary>
    private void FinishOneshot(int line, long why)
    {
        if (BootTables.Oneshot[line] && (s[m.LineWord + line] & (LineBits.Disabled | LineBits.Masked)) == LineBits.Masked && !ThreadsWokenOn(line))
        {
            SetPinMask(line, false, -1, why);
        }
    }

    /// <summary>
    /// note_interrupt's step 3: nothing is decided at the first of the interrupts that only woke threads; where threads call it themselves, at none
    /// of them.
    /// </summary>
    private bool IsDeferred(int descriptor, IrqReturn sum) => sum == IrqReturn.WakeThread && Release.WokenThread switch
    {
        WokenThread.AsHandled => false,
        WokenThread.ByItsReturn => true,
        _ => (m.NoteBits(s, descriptor) & LineBits.Deferred) == 0,
    };

    /// <summary>What note_interrupt makes of the handlers' returns: a woken thread counts by what threads did since the last interrupt.</summary>
    private IrqReturn Judged(int descriptor, IrqReturn sum) => sum switch
    {
        IrqReturn.None or IrqReturn.Handled => sum,
        IrqReturn.WakeThread when Release.WokenThread == WokenThread.AtNextInterrupt =>
            (m.NoteBits(s, descriptor) & LineBits.ThreadHandled) != 0 ? IrqReturn.Handled : IrqReturn.None,
        _ => IrqReturn.Handled,
    };

    private void ThreadsWereLookedAt(int descriptor, IrqReturn sum)
    {
        if (sum == IrqReturn.WakeThread)
        {
            SetNoteBits(descriptor, LineBits.ThreadHandled, 0);
        }
        else if (sum > IrqReturn.WakeThread)
        {
            SetNoteBits(descriptor, LineBits.Deferred, 0);
        }
    }
}
