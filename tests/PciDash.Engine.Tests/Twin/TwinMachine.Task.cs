using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Tests.Twin;

// The task: one instruction of the program is one step.
internal sealed partial class TwinMachine
{
    // free_irq waits for handlers of its irq and their threads; CPUs that are asked to stop finish their interrupt, unless an NMI asks.
    private bool MustWait(Instruction next) => next.Op switch
    {
        Op.FreeLine => Functions[next.Function].Line is { } line && (poller?.Line == line || IsInProgress(line) || AThreadHasWork(line)),
        Op.FreeVectors => Functions[next.Function] is { VectorActions: true } f
            && (f.ThreadWoken || Cpus.Any(c => c.Interrupt is { Line: null } context && context.Action!.Function == f)),
        Op.StopOtherCpus => next.A == 0 && Cpus.Skip(1).Any(c => c.Interrupt is not null),
        _ => false,
    };

    private void Advance()
    {
        do
        {
            Pc++;
        }
        while (!Runs(compiled.Program[Pc]));
    }

    private bool Runs(Instruction i) => i.If switch
    {
        Guard.Always => true,
        Guard.KernelMsi => Functions[i.Function].KernelMsi,
        Guard.KernelMsix => Functions[i.Function].KernelMsix,
        Guard.KernelIntx => !Functions[i.Function].KernelMsi && !Functions[i.Function].KernelMsix,
        Guard.HardwareMsi => Functions[i.Function].MsiEnable,
        Guard.HardwareMsix => Functions[i.Function].MsixEnable,
        Guard.BusMasterOn => Functions[i.Function].BusMaster,
        _ => throw new InvalidOperationException($"{i.If}"),
    };

    private void StepTask()
    {
        Execute(compiled.Program[Pc]);
        if (!Over)
        {
            Advance();
        }
    }

    private void Execute(Instruction i)
    {
        if (i.Function >= 0)
        {
            if (!OnFunction(i, Functions[i.Function], i.A != 0))
            {
                OnMachine(i);
            }
        }
        else
        {
            OnMachine(i);
        }
    }

    private bool OnFunction(Instruction i, TwinFunction f, bool on)
    {
        switch (i.Op)
        {
            case Op.ShutdownEnter:
                f.ShutdownEntered = true;
                return true;
            case Op.ShutdownExit:
                f.ShutdownReturned = true;
                return true;
            case Op.MaskVectors:
                MaskEntries(f, on);
                return true;
            case Op.MsixEnable:
                WriteMsix(f, on, f.FunctionMask || i.B != 0);
                return true;
            case Op.MsixFunctionMask:
                WriteMsix(f, f.MsixEnable, on);
                return true;
            case Op.MsiEnable:
                WriteMsi(f, on);
                return true;
            case Op.IntxDisable:
                // 2.4: Linux never writes it where it would stop MSI as well.
                if (!f.Device.MsiIntxDisableBug || i.B != 0)
                {
                    WriteIntxDisable(f, on);
                }

                return true;
            case Op.ToggleIntxDisable:
                WriteIntxDisable(f, !f.IntxDisable);
                return true;
            case Op.BusMaster:
                WriteBusMaster(f, on);
                return true;
            case Op.NoteMsi:
                f.KernelMsi = on;
                return true;
            case Op.NoteMsix:
                f.KernelMsix = on;
                return true;
            case Op.WriteMessages:
                foreach (var entry in f.Entries.Where((_, n) => Tables.VectorSlots[f.FirstVector + n] >= 0))
                {
                    // pci_enable_msi(x): an irq of its own for each.
                    entry.WrittenBy = Boot;
                    entry.ForgetKernel();
                }

                return true;
            case Op.RequestVectors:
                RequestVectors(f);
                return true;
            case Op.FreeVectors:
                // vp_del_vqs: the driver forgets that it used MSI-X.
                FreeVectors(f);
                return true;
            case Op.RequestLine:
                RequestLine(f);
                return true;
            case Op.FreeLine:
                FreeLine(f);
                return true;
            case Op.Quiesce:
                f.Silence();
                PinMayHaveChanged(f);
                return true;
            case Op.Acknowledge:
                Serve(f, true);
                return true;
            case Op.DeviceReset:
                f.Broken |= on;
                f.FirmwareSendsMessages = false;
                Say(EventKind.Reset, f.Index, (int)ResetKind.DeviceStatus);
                f.Silence();
                PinMayHaveChanged(f);
                return true;
            case Op.FunctionReset:
                Reset(f, (ResetKind)i.A);
                return true;
            case Op.PowerState:
                SetPower(f, i.A == 3);
                return true;
            case Op.Traffic:
                f.NoTraffic = on;
                return true;
            case Op.Start:
                Start(f);
                return true;
            case Op.Command:
                f.Awaiting = true;
                f.CommandUnderWay = true;
                return true;
            default:
                return false;
        }
    }

    private void OnMachine(Instruction i)
    {
        switch (i.Op)
        {
            case Op.Remapping:
                // 3.5: a crash kernel copies what it finds, any other makes a table of its own.
                Say(EventKind.Remapping, -1, (int)(i.A != 0 ? RemappingStep.Copied : RemappingStep.New));
                remapped = i.A != 0 && remapped is not null ? [.. remapped, Boot] : [Boot];
                break;
            case Op.BootInterruptsOff:
                SilenceChipset();
                break;
            case Op.MaskPin:
                if (Qemu && !Lines[i.A].Masked)
                {
                    LookAtAllPins();
                }

                Mask(Lines[i.A], true);
                break;
            case Op.WriteOtherPin:
                if (Qemu)
                {
                    LookAtAllPins();
                }

                break;
            case Op.ClearPin:
                ClearPin(Lines[i.A]);
                break;
            case Op.LocalIrqDisable:
                Cpus[0].IrqsOff = true;
                break;
            case Op.LocalIrqEnable:
                Cpus[0].IrqsOff = false;
                break;
            case Op.StopOtherCpus:
                foreach (var cpu in Cpus.Skip(1))
                {
                    cpu.Stopped = true;
                    cpu.Interrupt = null;
                }

                break;
            case Op.StartOtherCpus:
                foreach (var cpu in Cpus.Skip(1).Take(Kernel.Cpus - 1))
                {
                    cpu.Stopped = false;
                    cpu.Requests.Clear();
                }

                break;
            case Op.Jump:
                Jump();
                break;
            case Op.PlatformReset:
                ResetPlatform();
                break;
            case Op.End:
                Over = true;
                break;
            case Op.Phase or Op.Stimulus or Op.Delay or Op.Sleep or Op.Await:
                break;
            default:
                throw new InvalidOperationException($"{i.Op}");
        }
    }

    private void RequestVectors(TwinFunction f)
    {
        f.VectorActions = true;
        foreach (var (entry, n) in f.Entries.Select((e, n) => (e, n)))
        {
            if (Tables.VectorSlots[f.FirstVector + n] >= 0)
            {
                entry.Masked = entry.SpuriousDisabled = false;
                entry.ForgetCounts();
                if (entry.Remembered && Kernel.Release.Version is not ("2.6.24" or "2.6.32"))
                {
                    // The IPI that apic_retrigger_irq sends.
                    entry.Remembered = false;
                    Request(Tables.VectorSlots[f.FirstVector + n]);
                }

                f.DriverMsix |= Tables.Drivers[f.Index]!.RemembersMsix && Tables.Modes[f.Index] == InterruptMode.Msix;
            }
        }

        SendWhatIsPending(f);
    }

    private void FreeVectors(TwinFunction f)
    {
        // irq_shutdown, which did nothing in 2.6.24.
        foreach (var entry in f.Entries.Where((_, n) => f.VectorActions && Kernel.Release.Version != "2.6.24" && Tables.VectorSlots[f.FirstVector + n] >= 0))
        {
            entry.Masked |= f.MaskBitsWork;
        }

        f.VectorActions = f.DriverMsix = false;
    }

    private void RequestLine(TwinFunction f)
    {
        if (f.Line is not { } line)
        {
            return;
        }

        var first = line.FirstAction(null) is null;
        var revive = !first && line.SpuriousDisabled;
        if (!f.LineAction)
        {
            // __setup_irq walks to the end of the list.
            line.Chain.RemoveAll(a => a.Function == f);
            line.Chain.Add(new TwinAction(f, Tables.Drivers[f.Index]!.IntxHandler) { Registered = true });
        }

        line.IrqCount = line.Unhandled = 0;
        line.LastUnhandled = 0;
        if (first || revive)
        {
            line.SpuriousDisabled = line.Disabled = false;
            line.LevelMode = line.Requested = true;
            Mask(line, false);
        }
    }

    private void FreeLine(TwinFunction f)
    {
        if (f.Line is { } line && line.Chain.SingleOrDefault(a => a.Function == f && a.Registered) is { } action)
        {
            action.Registered = false;
            if (line.FirstAction(null) is null)
            {
                line.Disabled = true;
                Mask(line, true);
                if (Kernel.Release.ResetsFreedPin)
                {
                    ClearPin(line);
                }
            }
        }
    }

    private void Jump()
    {
        if (Kernel.Path == ShutdownPath.Reboot)
        {
            Functions.ForEach(f => f.LeaveAsFirmwareDoes());
        }

        Boot++;
        Functions.ForEach(f => f.ForgetKernel());
        Lines.ForEach(l => l.ForgetKernel());
        poller = null;
        pollerArmed = false;
        foreach (var cpu in Cpus)
        {
            cpu.Interrupt = null;
            cpu.Stopped = cpu.Number > 0;
        }
    }

    private void ResetPlatform()
    {
        Say(EventKind.Reset, -1, (int)ResetKind.Platform);
        remapped = null;
        foreach (var line in Lines)
        {
            line.ChipsetReroutes = true;
        }

        foreach (var reset in Functions)
        {
            reset.Reset();
            PinMayHaveChanged(reset);
        }

        foreach (var line in Lines)
        {
            line.Masked = true;
            line.RemoteIrr = line.LevelMode = line.Remembered = line.Paused = false;
        }

        foreach (var cpu in Cpus)
        {
            cpu.Requests.Clear();
        }
    }
}
