using PciDash.Engine.Devices;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Tests.Twin;

// Threads of handlers: request_threaded_irq, IRQF_ONESHOT, threadirqs (kernel/irq/manage.c; domain 4).
internal sealed partial class TwinMachine
{
    private HandlerThread ThreadOf(HandlerModel handler) => Kernel.ThreadIrqs ? HandlerThread.Oneshot : handler.Thread;

    private bool IsOneshot(TwinLine line) => line.Chain.Any(a => a.Registered && ThreadOf(a.Handler) == HandlerThread.Oneshot);

    private bool TaskMayRunOn(TwinCpu cpu) =>
        cpu.TakesInterrupts && cpu.Interrupt is null && cpu.Requests.Count == 0 && (cpu.Number > 0 || poller is null);

    private bool MayRunThread(TwinFunction f) =>
        // irq_finalize_oneshot waits for the hard interrupt that is still in progress, if the irq is ONESHOT.
        f.ThreadWoken && TaskMayRunOn(Cpus[f.Cpu]) && !(f.LineAction && IsOneshot(f.Line!) && IsInProgress(f.Line!));

    // Before 1e77d0a1ed74, from when threads were counted at all.
    private bool ThreadsCallNoteInterrupt => Kernel.Release.Version is "3.3" or "3.6" or "3.11" or "3.13";

    private bool ThreadTrips(TwinFunction f) =>
        ThreadsCallNoteInterrupt && (f.LineAction || f.VectorActions) && WouldTrip(Returns(f, EntryOfThread(f), pretend: true));

    private static TwinEntry? EntryOfThread(TwinFunction f) => f.LineAction ? null : f.Entries.Find(e => e.ThreadWoken) ?? f.Entries[0];

    // A handler of its own in the interrupt has seen that there is something; after the default one the thread must look.
    private TwinContext Returns(TwinFunction f, TwinEntry? entry, bool pretend)
    {
        var driver = Tables.Drivers[f.Index]!;
        var action = new TwinAction(f, entry is null ? driver.IntxHandler : driver.VectorHandler);
        var handled = ThreadOf(action.Handler) != HandlerThread.Oneshot || (pretend ? WouldFind(action, entry) : Look(action, entry)) | action.Handler.Blind;
        return new TwinContext { Line = entry is null ? f.Line : null, Entry = entry, Handled = handled };
    }

    private bool WouldFind(TwinAction action, TwinEntry? entry) => action.Handler.LeavesToGuest
        ? WantsGuest(action.Function)
        : action.Function.Causes.Any(c => entry is null || action.Function.Entries[EntryFor(action.Function, c)] == entry);

    private void RunThread(TwinFunction f)
    {
        f.ThreadWoken = false;
        if (!f.LineAction && !f.VectorActions)
        {
            return;
        }

        var entry = EntryOfThread(f);
        if (entry is not null)
        {
            entry.ThreadWoken = false;
            f.ThreadWoken = f.Entries.Exists(e => e.ThreadWoken);
        }

        var returned = Returns(f, entry, pretend: false);
        Say(EventKind.IrqThread, f.Index, c: (int)(returned.Handled ? IrqReturn.Handled : IrqReturn.None));
        returned.Irq.ThreadsHandled += returned.Handled ? 1 : 0;
        if (returned.Line is { } line)
        {
            OpenIfNoThreadHasWork(line);
        }

        if (ThreadsCallNoteInterrupt)
        {
            Note(returned);
        }
    }

    private static bool AThreadHasWork(TwinLine line) => line.Wires.Any(f => f.ThreadWoken && f.LineAction);

    private void OpenIfNoThreadHasWork(TwinLine line)
    {
        if (IsOneshot(line) && line is { Disabled: false, Masked: true } && !AThreadHasWork(line))
        {
            Mask(line, false);
        }
    }
}
