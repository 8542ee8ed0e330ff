using PciDash.Engine.Devices;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Tests.Twin;

// Flow handlers, the actions of a line, spurious.c and its poller: domain 4.
internal sealed partial class TwinMachine
{
    // A vector is given to an irq when it is requested, not before, and stays with it until the next kernel.
    private int? OwnerOf(int slot)
    {
        var owner = Tables.SlotOwners[slot];
        if (owner < 0)
        {
            return null;
        }

        if (owner < Lines.Count)
        {
            return Lines[owner].Requested ? owner : null;
        }

        var f = OwnerOfVector(owner - Lines.Count);
        return f.Entries[owner - Lines.Count - f.FirstVector].WrittenBy == Boot ? owner : null;
    }

    private TwinFunction OwnerOfVector(int vector) => Functions.Single(x => vector >= x.FirstVector && vector < x.FirstVector + x.Entries.Count);

    private void Take(TwinCpu cpu)
    {
        var vector = cpu.Requests.Keys.Max();
        var slot = cpu.Requests[vector];
        cpu.Requests.Remove(vector);
        if (OwnerOf(slot) is not { } owner)
        {
            return;
        }

        if (owner < Lines.Count)
        {
            TakeLevel(cpu, Lines[owner]);
            return;
        }

        TakeEdge(cpu, OwnerOfVector(owner - Lines.Count), owner - Lines.Count);
    }

    // handle_edge_irq: without action or disabled, the irq remembers the message and masks the entry; nothing is counted, by any release.
    private void TakeEdge(TwinCpu cpu, TwinFunction f, int vector)
    {
        var entry = f.Entries[vector - f.FirstVector];
        if (!f.VectorActions || entry.SpuriousDisabled)
        {
            entry.Remembered = true;
            entry.Masked |= f.MaskBitsWork;
            return;
        }

        entry.Remembered = false;
        entry.Interrupts++;
        cpu.Interrupt = new TwinContext { Entry = entry, Action = new TwinAction(f, Tables.Drivers[f.Index]!.VectorHandler), At = TwinStage.BeforeHandler };
    }

    private void TakeLevel(TwinCpu cpu, TwinLine line)
    {
        var dead = line.Disabled || line.FirstAction(null) is null;
        if (!dead || Kernel.Release.LazyDeliveryCounted)
        {
            line.Interrupts++;
        }

        if (dead)
        {
            Mask(line, true);
            cpu.Interrupt = new TwinContext { Line = line, At = TwinStage.BeforeEoi };
            return;
        }

        if (IsOneshot(line))
        {
            Mask(line, true);
        }

        cpu.Interrupt = new TwinContext { Line = line, Action = line.FirstAction(null), At = TwinStage.BeforeHandler };
    }

    // What a handler returns from the interrupt itself.
    private IrqReturn Call(TwinAction action, TwinEntry? entry = null) => ThreadOf(action.Handler) switch
    {
        HandlerThread.Oneshot => IrqReturn.WakeThread,
        HandlerThread.Threaded => Look(action, entry) ? IrqReturn.WakeThread : IrqReturn.None,
        _ => Look(action, entry) | action.Handler.Blind ? IrqReturn.Handled : IrqReturn.None,
    };

    // The access of a handler to its device; true if the device wanted it.
    private bool Look(TwinAction action, TwinEntry? entry = null)
    {
        var f = action.Function;
        if (action.Handler.ReadsConfig && f.NotLookedAt.Any(c => f.IsOf(c, "config-change")))
        {
            AccessConfig(f);
        }

        return action.Handler.LeavesToGuest ? LeaveToGuest(f) : Serve(f, action.Handler.ClearsCause, entry);
    }

    // The handler of a vector looks at what signals its vector, any other at all of the device.
    private bool Serve(TwinFunction f, bool clears, TwinEntry? entry = null)
    {
        bool Looked(int source) => entry is null || f.Entries[EntryFor(f, source)] == entry;
        var mine = f.Causes.Any(Looked);
        if (f.Awaiting && f.NotLookedAt.Contains(f.Sources.Count - 1) && Looked(f.Sources.Count - 1))
        {
            f.Awaiting = false;
        }

        f.NotLookedAt.RemoveWhere(Looked);
        if (clears)
        {
            f.Causes.RemoveWhere(Looked);
            f.Notified = false;
        }

        PinMayHaveChanged(f);
        return mine;
    }

    private void Exit(int actor, TwinContext context)
    {
        var action = context.Action!;
        Returned(context);
        if (action.Handler.Masks && ThreadOf(action.Handler) != HandlerThread.Oneshot)
        {
            Serve(action.Function, action.Handler.ClearsCause, context.Entry);
        }

        if (context.Returned == IrqReturn.WakeThread)
        {
            action.Function.ThreadWoken = true;
            context.Entry?.ThreadWoken = true;
        }

        if (context.Line is null)
        {
            Note(context);
            Cpus[actor].Interrupt = null;
            return;
        }

        context.Action = context.Line.FirstAction(action);
        if (context.Action is not null)
        {
            context.At = TwinStage.BeforeHandler;
        }
        else if (context == poller)
        {
            Say(EventKind.IrqPolled, context.Line.Index, (context.Handled ? 1 : 0) | (context.Woke ? 2 : 0));
            PollFrom(context.Line.Index + 1);
        }
        else
        {
            context.At = TwinStage.BeforeNote;
        }
    }

    private static TwinContext Returned(TwinContext context)
    {
        context.Handled |= context.Returned == IrqReturn.Handled;
        context.Woke |= context.Returned == IrqReturn.WakeThread;
        return context;
    }

    private bool SpuriousLooks(TwinContext context) => !Kernel.NoIrqDebug && (context.Line is null || poller?.Line != context.Line);

    private bool WouldTrip(TwinContext context)
    {
        // Step 1 of domain 4 is the last word: while the irq is polled nothing is decided, nor by noirqdebug.
        return SpuriousLooks(context) && Judge(context) is { } result && Count(context.Irq, result, TriedElsewhere(context, result, pretend: true), pretend: true);
    }

    private void Note(TwinContext context)
    {
        context.At = TwinStage.BeforeEoi;
        if (!SpuriousLooks(context))
        {
            return;
        }

        if (Judge(context) is not { } result)
        {
            context.Irq.Deferred = !ThreadsCallNoteInterrupt;
            return;
        }

        if (context.Woke && context.Handled)
        {
            context.Irq.Deferred = false;
        }
        else if (context.Woke)
        {
            context.Irq.ThreadsHandledLast = context.Irq.ThreadsHandled;
        }

        var helped = TriedElsewhere(context, result, pretend: false);
        if (Count(context.Irq, result, helped, pretend: false))
        {
            Say(EventKind.NobodyCared, context.Irq.Descriptor);
            context.Irq.SpuriousDisabled = true;
            if (context.Line is { } line)
            {
                line.Disabled = true;
            }

            pollerArmed = true;
        }
    }

    // Step 3: null = put off until the next interrupt.
    private IrqReturn? Judge(TwinContext context)
    {
        if (!context.Woke || context.Handled)
        {
            return context.Handled ? IrqReturn.Handled : IrqReturn.None;
        }

        if (Kernel.Release.Version is "2.6.24" or "2.6.32")
        {
            return IrqReturn.Handled;
        }

        if (ThreadsCallNoteInterrupt)
        {
            return null;
        }

        return !context.Irq.Deferred ? null
            : context.Irq.ThreadsHandled != context.Irq.ThreadsHandledLast ? IrqReturn.Handled
            : IrqReturn.None;
    }

    // Step 5: irqfixup calls the handlers of every other irq once; true if one of them had something to do.
    private bool TriedElsewhere(TwinContext context, IrqReturn result, bool pretend)
    {
        if (Kernel.IrqFixup == IrqFixup.Off || result != IrqReturn.None)
        {
            return false;
        }

        var helped = false;
        foreach (var line in Lines.Where(l => l != context.Line && !l.Disabled && poller?.Line != l && !IsInProgress(l) && l.FirstAction(null) is not null))
        {
            var handled = false;
            foreach (var action in line.Chain.Where(a => a.Registered).ToList())
            {
                if (pretend)
                {
                    handled |= ThreadOf(action.Handler) == HandlerThread.None
                        && (action.Handler.Blind || (action.Handler.LeavesToGuest ? WantsGuest(action.Function) : action.Function.Causes.Count > 0));
                    continue;
                }

                var returned = Call(action);
                handled |= returned == IrqReturn.Handled;
                action.Function.ThreadWoken |= returned == IrqReturn.WakeThread;
            }

            helped |= handled;
            if (!pretend)
            {
                Say(EventKind.IrqPolled, line.Index, handled ? 1 : 0);
            }
        }

        return helped;
    }

    // Steps 4 to 8, true if the irq is given up.
    private bool Count(TwinIrq irq, IrqReturn result, bool helped, bool pretend)
    {
        var (count, unhandled, last) = (irq.IrqCount, irq.Unhandled, irq.LastUnhandled);
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
            (irq.IrqCount, irq.Unhandled, irq.LastUnhandled) = (count, unhandled, last);
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

    private bool IsInProgress(TwinLine line) => Cpus.Any(c => c.Interrupt is { At: not TwinStage.BeforeEoi } context && context.Line == line);
}
