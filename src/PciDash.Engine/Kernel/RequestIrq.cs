namespace PciDash.Engine.Machine;

// request_irq and free_irq (kernel/irq/manage.c, domain 4). Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
    /// <summary>request_irq on a shared line: the first action starts the irq up, any later one revives an irq that was given up.</summary>
    private void RequestLine(int f, int request, int origin, long why)
    {
        var line = m.F[f].Line;
        if (line < 0)
        {
            return;
        }

        var first = NextAction(line, 0) < 0;
        if (!IsSet(f, FunctionBits.LineAction))
        {
            s[m.FunctionWord + f] |= FunctionBits.LineAction | ((ulong)request << FunctionBits.RequestShift);
        }

        TouchSources(f);
        ref var word = ref s[m.LineWord + line];
        var revived = !first && (word & LineBits.SpuriousDisabled) != 0;

        // __setup_irq: "Reset broken irq detection when installing new handler", any handler.
        word &= ~LineBits.Counter;
        if (TClock.Timed)
        {
            ConcreteClock.Store(m, s, line, default);
        }

        word &= ~(LineBits.SpuriousDisabled | LineBits.Disabled);
        var raw = Emit(EventKind.RequestIrq, f, m.L[line].Gsi.Value, revived ? 1 : 0, 0, line, origin, why);
        if (first || revived)
        {
            ProgramPin(line, origin, raw);
        }
    }

    /// <summary>free_irq: the last action shuts the irq down, which masks its pin.</summary>
    private void FreeLine(int f, int origin, long why)
    {
        var line = m.F[f].Line;
        if (!IsSet(f, FunctionBits.LineAction))
        {
            return;
        }

        s[m.FunctionWord + f] &= ~(FunctionBits.LineAction | FunctionBits.Request);
        TouchSources(f);
        var raw = Emit(EventKind.FreeIrq, f, m.L[line].Gsi.Value, 0, 0, line, origin, why);
        if (NextAction(line, 0) < 0)
        {
            // The counters and the note that it was given up stay until the next request.
            s[m.LineWord + line] |= LineBits.Disabled;
            SetPinMask(line, true, origin, raw);
            if (Release.ResetsFreedPin)
            {
                ClearPin(line, origin, raw);
            }
        }
    }

    /// <summary>Every vector gets an irq of its own, and its address and data are written for this boot, before messages are enabled or their entries open (domain 2.5).</summary>
    private void WriteMessages(int f)
    {
        var function = m.F[f];
        for (var entry = 0; entry < function.VectorCount; entry++)
        {
            if (BootTables.VectorSlot[function.FirstVector + entry] >= 0)
            {
                SetVector(function.FirstVector + entry, VectorBits.Owner, (ulong)(Boot + 1) << VectorBits.OwnerShift);
                ForgetIrq(function.FirstVector + entry);
            }
        }
    }

    // A new descriptor, or that of another kernel.
    private void ForgetIrq(int vector)
    {
        SetVector(vector, VectorBits.KernelBits, 0);
        if (TClock.Timed)
        {
            ConcreteClock.Store(m, s, m.L.Length + vector, default);
            s[ConcreteClock.At(m, m.L.Length + vector)] = 0;
        }
    }

    /// <summary>The handlers of every allocated vector are registered and its entries unmasked.</summary>
    private void RequestVectors(int f, int origin, long why)
    {
        var function = m.F[f];
        s[m.FunctionWord + f] |= FunctionBits.VectorActions;
        TouchSources(f);
        for (var entry = 0; entry < function.VectorCount; entry++)
        {
            var vector = function.FirstVector + entry;
            if (BootTables.VectorSlot[vector] < 0)
            {
                continue;
            }

            if (BootTables.Driver[f] is { RemembersMsix: true } && BootTables.Modes[f] == InterruptMode.Msix)
            {
                s[m.FunctionWord + f] |= FunctionBits.DriverMsix;
            }

            // __setup_irq: the first action resets what spurious.c knows and starts the irq up.
            var was = VectorOf(vector);
            var resends = (was & VectorBits.KernelPending) != 0 && Release.ResendsAtStartup;
            SetVector(vector, VectorBits.Masked | VectorBits.GivenUp | (LineBits.Counter >> VectorBits.NoteShift) | (resends ? VectorBits.KernelPending : 0), 0);
            if (TClock.Timed)
            {
                ConcreteClock.Store(m, s, m.L.Length + vector, default);
            }

            var raw = Emit(EventKind.RequestIrq, f, IrqOfVector(vector), 0, 0, m.L.Length + vector, origin, why);
            if ((was & VectorBits.Masked) != 0 && HasMasks(f))
            {
                Emit(EventKind.VectorMask, f, entry, 0, 0, 0, origin, raw);
            }

            if (resends)
            {
                // check_irq_resend → apic_retrigger_irq: the CPU sends itself the vector.
                Accept(BootTables.VectorSlot[vector], raw);
            }
        }

        SendPending(f, why);
    }

    private void FreeVectors(int f, int origin, long why)
    {
        var function = m.F[f];
        if (!IsSet(f, FunctionBits.VectorActions))
        {
            return;
        }

        var masks = Release.FreeMasksEntry;
        s[m.FunctionWord + f] &= ~(FunctionBits.VectorActions | FunctionBits.DriverMsix);
        TouchSources(f);
        for (var entry = 0; entry < function.VectorCount; entry++)
        {
            var raw = Emit(EventKind.FreeIrq, f, IrqOfVector(function.FirstVector + entry), 0, 0, m.L.Length + function.FirstVector + entry, origin, why);
            if (masks && BootTables.VectorSlot[function.FirstVector + entry] >= 0)
            {
                MaskEntry(function.FirstVector + entry, raw, origin);
            }
        }
    }
}
