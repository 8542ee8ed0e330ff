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
            // ioapic_set_irq: in level mode the latch follows the level; in edge mode a masked pin ignores a rise.
            if ((word & LineBits.LevelMode) != 0)
            {
                word = level ? word | LineBits.Latch : word & ~LineBits.Latch;
            }
            else if (level && (word & LineBits.Masked) == 0)
            {
                word |= LineBits.Latch;
            }

            ServiceAllPins();
        }
        else
        {
            ServicePin(line);
        }
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

        if ((word & LineBits.Paused) != 0)
        {
            word &= ~LineBits.Paused;
            Touch(m.PauseActor + line);
        }

        word |= LineBits.RemoteIrr;
        Accept(BootTables.LineSlot[line], Cause(m.CauseOfLine(line)));
    }

    /// <summary>ioapic_service: QEMU looks at every pin whenever one is written or evaluated, which also ends a pause early.</summary>
    private void ServiceAllPins()
    {
        for (var line = 0; line < m.L.Length; line++)
        {
            ServicePin(line);
        }
    }

    private void PinWritten(int line)
    {
        Touch(m.PauseActor + line);
        if (looksAtEveryPin)
        {
            ServiceAllPins();
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
            ServiceAllPins();
        }
    }

    private void SetPinMask(int line, bool masked, int origin, long why)
    {
        ref var word = ref s[m.LineWord + line];
        if (masked != ((word & LineBits.Masked) != 0))
        {
            word ^= LineBits.Masked;
            var raw = Emit(EventKind.IoapicPin, line, masked ? 1 : 0, 0, 0, 0, origin, why);
            if (!masked)
            {
                SetCause(m.CauseOfLine(line), raw);
            }

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

        if (!again)
        {
            return;
        }

        if (pause)
        {
            word |= LineBits.Paused;
            Touch(m.PauseActor + line);
            return;
        }

        // ioapic_eoi_broadcast → ioapic_service: QEMU looks at every pin, which ends another's pause.
        if (looksAtEveryPin)
        {
            ServiceAllPins();
        }
        else
        {
            ServicePin(line);
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
        ServiceAllPins();
    }
}
