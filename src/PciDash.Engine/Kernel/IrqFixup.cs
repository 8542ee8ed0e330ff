using PciDash.Engine.Devices;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

// irqfixup and irqpoll: after an unhandled interrupt the handlers of every other shared irq are tried (domain 4, step 5). Part of the
// transition relation.
public sealed partial class Execution<TClock, TSink>
{
    private bool TriesOthers(IrqReturn sum) => BootTables.Spec.IrqFixup != IrqFixup.Off && sum == IrqReturn.None;

    // Not a disabled one, and not one whose handlers run already (try_one_irq).
    private bool IsTried(int line, int other) =>
        other != line && (s[m.LineWord + other] & (LineBits.Disabled | LineBits.InProgress | LineBits.PollInProgress)) == 0;

    private bool WouldHandle(int f)
    {
        var handler = BootTables.Drivers[f]!.IntxHandler;
        // try_one_irq takes only IRQ_HANDLED for an answer: a thread that was woken is none.
        return BootTables.ThreadOf(handler) == HandlerThread.None && WouldClaim(f, handler, -1);
    }

    // What a handler that looks at its device now would say; an entry below 0 is its line.
    private bool WouldClaim(int f, HandlerModel handler, int entry) => handler.Blind
        || (handler.LeavesToGuest ? IsUpForGuest(f) : (s[m.FunctionWord + f] & (LookedAt(f, entry) << FunctionBits.CauseShift)) != 0);

    private bool WouldBeFixedUp(int line, IrqReturn sum)
    {
        if (!TriesOthers(sum))
        {
            return false;
        }

        for (var other = 0; other < m.L.Length; other++)
        {
            if (!IsTried(line, other))
            {
                continue;
            }

            for (var at = NextAction(other, 0); at >= 0; at = NextAction(other, at + 1))
            {
                if (WouldHandle(BootTables.Chain[other][at]))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>misrouted_irq: one call of every other handler, within note_interrupt.</summary>
    private bool MisroutedIrq(int line, IrqReturn sum, long why)
    {
        if (!TriesOthers(sum))
        {
            return false;
        }

        var fixedUp = false;
        for (var other = 0; other < m.L.Length; other++)
        {
            if (!IsTried(line, other))
            {
                continue;
            }

            var handled = false;
            for (var at = NextAction(other, 0); at >= 0; at = NextAction(other, at + 1))
            {
                var f = BootTables.Chain[other][at];
                var ret = Handle(f, BootTables.Drivers[f]!.IntxHandler, why);
                handled |= ret == IrqReturn.Handled;
                if (ret == IrqReturn.WakeThread)
                {
                    WakeThread(f, other);
                }
            }

            Emit(EventKind.IrqPolled, other, (int)(handled ? IrqReturn.Handled : IrqReturn.None), 0, 0, 0, -1, why);
            fixedUp |= handled;
        }

        return fixedUp;
    }

    /// <summary>Handlers that note_interrupt tries when a context leaves the handler of a vector, whose irq that may be.</summary>
    internal int HandlersTriedAtExit(int actor)
    {
        var word = s[ContextWord(actor)];
        return DescriptorOf(word) >= m.L.Length && ReturnOf(word) == IrqReturn.None ? HandlersTriedBy(DescriptorOf(word)) : 0;
    }

    /// <summary>The same of a handler's thread, where that calls note_interrupt.</summary>
    internal int HandlersTriedByThread(int actor)
    {
        var f = m.ThreadFunction[actor - m.ThreadActor];
        return Release.WokenThread != WokenThread.ByItsReturn || ThreadWouldHandle(f) ? 0 : HandlersTriedBy(DescriptorOfThread(f));
    }

    /// <summary>Handlers that an unhandled interrupt of this irq has run beside its own.</summary>
    internal int HandlersTriedBy(int line)
    {
        if (BootTables.Spec.IrqFixup == IrqFixup.Off)
        {
            return 0;
        }

        var handlers = 0;
        for (var other = 0; other < m.L.Length; other++)
        {
            if (!IsTried(line, other))
            {
                continue;
            }

            for (var at = NextAction(other, 0); at >= 0; at = NextAction(other, at + 1))
            {
                handlers++;
            }
        }

        return handlers;
    }
}
