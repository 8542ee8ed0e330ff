namespace PciDash.Engine.Machine;

// The IO-APIC: one pin for each line. Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
    // QEMU's IO-APIC: a latch of its own for each input, and every pin is looked at whenever one is.
    private readonly bool looksAtEveryPin;

    /// <summary>The level at the input was looked at (its value may be the same as before).</summary>
    private void InputEvaluated(int line, bool level)
    {
        ref var word = ref s[m.LineWord + line];
        if (looksAtEveryPin)
        {
            // ioapic_set_irq: in level mode the latch follows the level; a pin in edge mode is masked, and ignores a rise.
            if ((word & LineBits.LevelMode) != 0)
            {
                word = level ? word | LineBits.Latch : word & ~LineBits.Latch;
            }
        }

        ServicePins(line);
    }

    /// <summary>Delivers if the input is up, the pin is open, and no earlier delivery still waits for its EOI.</summary>
    private void ServicePin(int line)
    {
        ref var word = ref s[m.LineWord + line];
        var up = looksAtEveryPin ? LineBits.Latch : LineBits.Level;
        if ((word & (up | LineBits.Masked | LineBits.RemoteIrr | LineBits.LevelMode)) != (up | LineBits.LevelMode))
        {
            return;
        }

        word = (word & ~LineBits.Paused) | LineBits.RemoteIrr;
        Touch(m.PauseActor + line);
        Accept(BootTables.LineSlot[line], Cause(m.CauseOfLine(line)));
    }

    /// <summary>ioapic_service: QEMU looks at every pin whenever one is written, evaluated or ended, which also ends another's pause early.</summary>
    private void ServicePins(int line)
    {
        if (looksAtEveryPin)
        {
            for (var each = 0; each < m.L.Length; each++)
            {
                ServicePin(each);
            }
        }
        else
        {
            ServicePin(line);
        }
    }

    private void OtherPinWritten()
    {
        if (looksAtEveryPin)
        {
            ServicePins(0);
        }
    }

    private void PinWritten(int line)
    {
        Touch(m.PauseActor + line);
        ServicePins(line);
    }

    private void SetPinMask(int line, bool masked, int origin, long why)
    {
        ref var word = ref s[m.LineWord + line];
        if (masked != ((word & LineBits.Masked) != 0))
        {
            word ^= LineBits.Masked;
            var raw = Emit(EventKind.IoapicPin, line, masked ? 1 : 0, 0, 0, 0, origin, why);
            SetCause(m.CauseOfLine(line), raw);
            if (m.RaisedInstead[line] >= 0)
            {
                EvaluateLine(m.RaisedInstead[line], raw);
            }
        }

        PinWritten(line);
    }

    /// <summary>Startup of an irq: the entry is programmed to level mode, then unmasked.</summary>
    private void ProgramPin(int line, int origin, long why)
    {
        s[m.LineWord + line] |= LineBits.LevelMode | LineBits.Started;
        SetPinMask(line, false, origin, why);
    }

    /// <summary>
    /// clear_IO_APIC for one pin: masked, edge, and (by later releases) remote IRR forced clear by an EOI. QEMU's IO-APIC clears it with any
    /// write of an entry in edge mode (ioapic_fix_edge_remote_irr).
    /// </summary>
    private void ClearPin(int line, int origin, long why)
    {
        ref var word = ref s[m.LineWord + line];
        word &= ~(LineBits.LevelMode | LineBits.Paused | (Release.ClearsRemoteIrr || looksAtEveryPin ? LineBits.RemoteIrr : 0));
        SetPinMask(line, true, origin, why);
    }

    /// <summary>The broadcast EOI of a level interrupt: remote IRR falls, and a line that is still up is delivered again.</summary>
    private void EoiPin(int line, bool pause, long why)
    {
        ref var word = ref s[m.LineWord + line];
        word &= ~LineBits.RemoteIrr;
        SetCause(m.CauseOfLine(line), why);
        var again = PinWantsDelivery(word);
        if (TClock.Timed)
        {
            ref var counts = ref s[ConcreteClock.At(m, line)];
            counts = again && !pause ? counts + CounterBits.OneOther : counts & ~CounterBits.Others;
        }

        if (pause)
        {
            word |= LineBits.Paused;
            Touch(m.PauseActor + line);
        }
        else if (again)
        {
            // ioapic_eoi_broadcast → ioapic_service
            ServicePins(line);
        }
    }

    private bool PinWantsDelivery(ulong word)
    {
        var up = looksAtEveryPin ? LineBits.Latch : LineBits.Level;
        return (word & (up | LineBits.Masked)) == up;
    }

    private int PauseChoices(int line, Span<MachineAction> into)
    {
        if ((s[m.LineWord + line] & LineBits.Paused) == 0)
        {
            return 0;
        }

        into[0] = new MachineAction(m.PauseActor + line, Verb.Resume, line);
        return 1;
    }

    private void ResumePin(int line)
    {
        s[m.LineWord + line] &= ~LineBits.Paused;
        ServicePins(line);
    }
}
