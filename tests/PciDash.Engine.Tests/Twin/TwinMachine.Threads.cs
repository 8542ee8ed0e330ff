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

    private void RunThread(TwinFunction f)
    {
        f.ThreadWoken = false;
        var onLine = f.LineAction;
        if (!onLine && !f.VectorActions)
        {
            return;
        }

        var driver = Tables.Drivers[f.Index]!;
        var handler = onLine ? driver.IntxHandler : driver.VectorHandler;
        // A handler of its own in the interrupt has seen that there is something; after the default one the thread must look.
        var handled = ThreadOf(handler) != HandlerThread.Oneshot || Look(new TwinAction(f, handler)) | handler.Blind;
        Say(EventKind.IrqThread, f.Index, c: (int)(handled ? IrqReturn.Handled : IrqReturn.None));
        if (!onLine)
        {
            // One thread for all vectors of a function.
            f.Entries.ForEach(e => e.ThreadsHandled += handled ? 1 : 0);
        }
        else
        {
            f.Line!.ThreadsHandled += handled ? 1 : 0;
            OpenIfNoThreadHasWork(f.Line);
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
