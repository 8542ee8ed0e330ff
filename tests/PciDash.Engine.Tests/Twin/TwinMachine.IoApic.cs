namespace PciDash.Engine.Tests.Twin;

// Lines, the IO-APIC's pins, the chipset that raises another line (5.13), and the local APICs' requests.
internal sealed partial class TwinMachine
{
    private void Request(int slot) => Cpus[compiled.Slots[slot].Cpu].Requests[compiled.Slots[slot].Vector.Value] = slot;

    private void PinMayHaveChanged(TwinFunction f)
    {
        if (f.Line is { } line && f.Pin != f.PinWas)
        {
            f.PinWas = f.Pin;
            LevelLookedAt(line);
        }
    }

    private void LevelLookedAt(TwinLine line)
    {
        if (!Qemu)
        {
            LookAtPin(line);
        }
        else
        {
            if (line.LevelMode)
            {
                line.Remembered = line.Level;
            }
            else if (line.Level && !line.Masked)
            {
                line.Remembered = true;
            }

            LookAtAllPins();
        }

        if (line.RaisedAs is { } other)
        {
            LevelLookedAt(other);
        }
    }

    private bool Up(TwinLine line) => Qemu ? line.Remembered : line.Level;

    private void LookAtPin(TwinLine line)
    {
        if (Up(line) && line.LevelMode && !line.Masked && !line.RemoteIrr)
        {
            line.Paused = false;
            line.RemoteIrr = true;
            Request(Tables.LineSlots[line.Index]);
        }
    }

    private void LookAtAllPins() => Lines.ForEach(LookAtPin);

    private void Mask(TwinLine line, bool masked)
    {
        var changes = line.Masked != masked;
        line.Masked = masked;
        if (changes && line.RaisedAs is { } other)
        {
            LevelLookedAt(other);
        }

        if (Qemu)
        {
            LookAtAllPins();
        }
        else
        {
            LookAtPin(line);
        }
    }

    // 3.3: masked, edge; remote IRR is forced clear, but not by releases before that was done (8, wilck-irr-2007).
    // QEMU does so with every entry that is written in edge mode (hw/intc/ioapic.c).
    private void ClearPin(TwinLine line)
    {
        line.LevelMode = line.Paused = false;
        line.RemoteIrr &= !Kernel.Release.ClearsRemoteIrr && !Qemu;
        Mask(line, true);
    }

    private void SilenceChipset()
    {
        foreach (var line in Lines)
        {
            line.ChipsetReroutes = false;
        }

        Lines.ForEach(LevelLookedAt);
    }

    private bool WouldPause(TwinLine line) =>
        Up(line) && !line.Masked && compiled.Scenario.Platform.PausesAfterSuccessive is > 0 and var limit && line.InARow + 1 >= limit;

    private void EndOfInterrupt(TwinLine line, bool pause)
    {
        line.RemoteIrr = false;
        if (!Up(line) || line.Masked)
        {
            line.InARow = 0;
        }
        else if (pause)
        {
            line.InARow = 0;
            line.Paused = true;
        }
        else
        {
            line.InARow++;
            if (Qemu)
            {
                // hw/intc/ioapic.c: ioapic_eoi_broadcast calls ioapic_service, which looks at all of them.
                LookAtAllPins();
            }
            else
            {
                LookAtPin(line);
            }
        }

        // cond_unmask_eoi_irq
        OpenIfNoThreadHasWork(line);
    }
}
