using PciDash.Engine.Devices;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

// The task that shuts the machine down and boots the next kernel: one instruction is one step. Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
    private int TaskChoices(int actor, Span<MachineAction> into)
    {
        var cpu = actor - m.TaskActor;
        var word = s[m.TaskWord + cpu];
        var pc = word & TaskBits.Pc;

        // An interrupt that can be taken is taken before the next instruction: a level storm starves the task.
        if (pc == TaskBits.NoTask || (word & TaskBits.Stopped) != 0 || StageOf(s[m.IrqWord + cpu]) != Stage.Idle || WillInterrupt(cpu)
            || (cpu == PollerCpu && PollerRuns))
        {
            return 0;
        }

        ref readonly var instruction = ref m.Code[pc];
        if (MustWait(instruction, cpu))
        {
            return 0;
        }

        var timesOut = instruction.Op == Op.Await && IsSet(instruction.Function, FunctionBits.Awaiting);
        into[0] = new MachineAction(actor, timesOut ? Verb.TimeOut : Verb.Step, (int)pc);
        return 1;
    }

    /// <summary>True while other CPUs must finish first: a handler that free_irq waits for, an interrupt that a CPU finishes before it stops.</summary>
    private bool MustWait(in Instruction instruction, int cpu)
    {
        switch (instruction.Op)
        {
            case Op.FreeLine:
                // synchronize_irq
                var line = m.F[instruction.Function].Line;
                return line >= 0 && ((s[m.LineWord + line] & (LineBits.InProgress | LineBits.PollInProgress)) != 0 || ThreadsWokenOn(line));
            case Op.FreeVectors:
                return IsSet(instruction.Function, FunctionBits.VectorActions)
                    && (IsSet(instruction.Function, FunctionBits.ThreadWoken) || HandlesVectorOf(instruction.Function, cpu));
            case Op.StopOtherCpus when instruction.A == 0:
                for (var other = 0; other < m.CpuCount; other++)
                {
                    if (other != cpu && StageOf(s[m.IrqWord + other]) != Stage.Idle)
                    {
                        return true;
                    }
                }

                return false;
            default:
                return false;
        }
    }

    private bool HandlesVectorOf(int f, int butOn)
    {
        for (var cpu = 0; cpu < m.CpuCount; cpu++)
        {
            var word = s[m.IrqWord + cpu];
            if (cpu != butOn && StageOf(word) != Stage.Idle && DescriptorOf(word) >= m.L.Length && ActionOf(word) == f)
            {
                return true;
            }
        }

        return false;
    }

    private void TimeOutTask(int cpu)
    {
        var pc = (int)(s[m.TaskWord + cpu] & TaskBits.Pc);
        s[m.FunctionWord + m.Code[pc].Function] &= ~FunctionBits.Awaiting;
        AdvanceTask(cpu, pc + 1);
    }

    private void AdvanceTask(int cpu, int pc)
    {
        while (!GuardHolds(m.Code[pc]))
        {
            pc++;
        }

        ref var word = ref s[m.TaskWord + cpu];
        word = (word & ~TaskBits.Pc) | (uint)pc;
        TouchCpu(cpu);
    }

    private bool GuardHolds(in Instruction instruction)
    {
        if (instruction.If == Guard.Always)
        {
            return true;
        }

        var word = s[m.FunctionWord + instruction.Function];
        return instruction.If switch
        {
            Guard.KernelMsi => (word & FunctionBits.KernelMsi) != 0,
            Guard.KernelMsix => (word & FunctionBits.KernelMsix) != 0,
            Guard.KernelIntx => (word & (FunctionBits.KernelMsi | FunctionBits.KernelMsix)) == 0,
            Guard.HardwareMsi => (word & FunctionBits.MsiEnable) != 0,
            Guard.HardwareMsix => (word & FunctionBits.MsixEnable) != 0,
            _ => (word & FunctionBits.BusMaster) != 0,
        };
    }

    private void StepTask(int cpu)
    {
        var pc = (int)(s[m.TaskWord + cpu] & TaskBits.Pc);
        Execute(m.Code[pc], cpu);
        if (!HasEnded)
        {
            AdvanceTask(cpu, pc + 1);
        }
    }

    private void Execute(in Instruction i, int cpu)
    {
        var f = i.Function;
        var why = Cause(m.CauseOfTask);
        switch (i.Op)
        {
            case Op.Phase:
                ref var global = ref s[CompiledMachine.GlobalWord];
                global = (global & ~CompiledMachine.PhaseMask) | ((ulong)i.A << CompiledMachine.PhaseShift);
                SetCause(m.CauseOfTask, Emit(EventKind.Phase, -1, i.A, Boot, 0, 0, i.Origin, -1));
                break;
            case Op.ShutdownEnter:
                s[m.FunctionWord + f] |= FunctionBits.ShutdownEntered;
                SetCause(m.CauseOfTask, Emit(EventKind.DriverShutdown, f, 0, 0, 0, 0, i.Origin, why));
                break;
            case Op.ShutdownExit:
                s[m.FunctionWord + f] |= FunctionBits.ShutdownReturned;
                Emit(EventKind.DriverShutdown, f, 1, 0, 0, 0, i.Origin, why);
                break;
            case Op.Stimulus:
                SetCause(m.CauseOfTask, Emit(EventKind.Stimulus, f, i.A, 0, 0, 0, i.Origin, -1));
                break;
            case Op.MaskVectors:
                MaskVectors(f, i.A != 0, i.Origin, why);
                break;
            case Op.MsixEnable:
                WriteMsix(f, i.A != 0, i.B != 0 || IsSet(f, FunctionBits.MsixFunctionMask), i.Origin, why);
                break;
            case Op.MsixFunctionMask:
                WriteMsix(f, IsSet(f, FunctionBits.MsixEnable), i.A != 0, i.Origin, why);
                break;
            case Op.MsiEnable:
                WriteMsi(f, i.A != 0, i.Origin, why);
                break;
            case Op.IntxDisable:
                if (i.B != 0 || !m.F[f].Device.MsiIntxDisableBug)
                {
                    WriteCommand(f, FunctionBits.IntxDisable, i.A != 0, i.Origin, why);
                }

                break;
            case Op.ToggleIntxDisable:
                WriteCommand(f, FunctionBits.IntxDisable, !IsSet(f, FunctionBits.IntxDisable), i.Origin, why);
                break;
            case Op.BusMaster:
                WriteCommand(f, FunctionBits.BusMaster, i.A != 0, i.Origin, why);
                break;
            case Op.NoteMsi:
                SetFunctionBit(f, FunctionBits.KernelMsi, i.A != 0);
                break;
            case Op.NoteMsix:
                SetFunctionBit(f, FunctionBits.KernelMsix, i.A != 0);
                break;
            case Op.RequestVectors:
                RequestVectors(f, i.Origin, why);
                break;
            case Op.FreeVectors:
                FreeVectors(f, i.Origin, why);
                break;
            case Op.RequestLine:
                RequestLine(f, i.Origin, why);
                break;
            case Op.FreeLine:
                FreeLine(f, i.Origin, why);
                break;
            case Op.Quiesce:
                Silence(f, i.Origin, why);
                break;
            case Op.Acknowledge:
                Service(f, clearsCause: true, why);
                break;
            case Op.DeviceReset:
                if (i.A != 0)
                {
                    s[m.FunctionWord + f] |= FunctionBits.Broken;
                }

                s[m.FunctionWord + f] &= ~FunctionBits.FirmwareSendsMessages;
                why = Emit(EventKind.Reset, f, (int)ResetKind.DeviceStatus, 0, 0, 0, i.Origin, why);
                if (m.F[f].Device.IsVirtio)
                {
                    why = Emit(EventKind.VirtioStatus, f, 0, 0, 0, 0, i.Origin, why);
                }

                Silence(f, i.Origin, why);
                break;
            case Op.FunctionReset:
                ResetFunction(f, (ResetKind)i.A, i.Origin, why);
                break;
            case Op.PowerState:
                SetPowerState(f, i.A == 3, i.Origin, why);
                break;
            case Op.Traffic:
                SetFunctionBit(f, FunctionBits.Idle, i.A != 0);
                TouchSources(f);
                break;
            case Op.Remapping:
                SetRemapping(i.A != 0, i.Origin, why);
                break;
            case Op.BootInterruptsOff:
                s[CompiledMachine.GlobalWord] |= CompiledMachine.BootInterruptsOff;
                for (var line = 0; line < m.L.Length; line++)
                {
                    EvaluateLine(line, why);
                }

                break;
            case Op.Start:
                StartDevice(f, i.Origin, why);
                break;
            case Op.Command:
                SetFunctionBit(f, FunctionBits.Awaiting, true);
                SetFunctionBit(f, 1UL << (FunctionBits.CommandedShift + m.F[f].Source.Length - 1), true);
                TouchSources(f);
                break;
            case Op.Await:
                break;
            case Op.MaskPin:
                SetPinMask(i.A, true, i.Origin, why);
                break;
            case Op.WriteOtherPin:
                OtherPinWritten();
                break;
            case Op.ClearPin:
                ClearPin(i.A, i.Origin, why);
                break;
            case Op.LocalIrqDisable:
                s[m.TaskWord + cpu] |= TaskBits.IrqsOff;
                TouchCpu(cpu);
                break;
            case Op.LocalIrqEnable:
                s[m.TaskWord + cpu] &= ~TaskBits.IrqsOff;
                TouchCpu(cpu);
                break;
            case Op.StopOtherCpus:
                StopOtherCpus(cpu);
                break;
            case Op.StartOtherCpus:
                for (var other = 1; other < BootTables.Spec.Cpus; other++)
                {
                    // INIT resets its local APIC.
                    Array.Clear(s, m.IrrWord + (other * m.IrrWordsPerCpu), m.IrrWordsPerCpu);
                    s[m.TaskWord + other] &= ~TaskBits.Stopped;
                    TouchCpu(other);
                }

                break;
            case Op.Jump:
                JumpToNextKernel();
                break;
            case Op.PlatformReset:
                ResetPlatform(i.Origin, why);
                break;
            case Op.End:
                s[CompiledMachine.GlobalWord] |= CompiledMachine.Ended;
                TouchEverything();
                break;
            default:
                break;
        }
    }

    private void SetFunctionBit(int f, ulong bit, bool on)
    {
        ref var word = ref s[m.FunctionWord + f];
        word = on ? word | bit : word & ~bit;
    }

    /// <summary>Writes one bit of Command, if it changes (pci_intx and pci_clear_master look first).</summary>
    private void WriteCommand(int f, ulong bit, bool on, int origin, long why)
    {
        ref var word = ref s[m.FunctionWord + f];
        if (((word & bit) != 0) == on || (bit == FunctionBits.IntxDisable && m.F[f].Device.IntxDisableBit == IntxDisableBit.Absent))
        {
            return;
        }

        var old = m.F[f].Command(word);
        word ^= bit;
        var raw = Emit(EventKind.CfgCommand, f, old, m.F[f].Command(word), 0, 0, origin, why, Cause(m.CauseOfConfig(f)));
        SetCause(m.CauseOfConfig(f), raw);
        if (bit == FunctionBits.BusMaster)
        {
            BusMasterChanged(f, on, origin, raw);
        }
        else
        {
            EvaluatePin(f, origin, raw, Cause(m.CauseOfFunction(f)));
            foreach (var line in m.F[f].LinesOfItsPins)
            {
                EvaluateLine(line, raw);
            }
        }
    }

    private void WriteMsix(int f, bool enable, bool functionMask, int origin, long why)
    {
        ref var word = ref s[m.FunctionWord + f];
        var was = word & (FunctionBits.MsixEnable | FunctionBits.MsixFunctionMask);
        SetFunctionBit(f, FunctionBits.MsixEnable, enable);
        SetFunctionBit(f, FunctionBits.MsixFunctionMask, functionMask);
        if ((word & (FunctionBits.MsixEnable | FunctionBits.MsixFunctionMask)) == was)
        {
            return;
        }

        var raw = Emit(EventKind.CfgMsix, f, enable ? 1 : 0, functionMask ? 1 : 0, 0, 0, origin, why);
        EnableChanged(f, enable && (was & FunctionBits.MsixEnable) == 0, origin, raw);
        SendPending(f, raw);
    }

    private void WriteMsi(int f, bool enable, int origin, long why)
    {
        if (IsSet(f, FunctionBits.MsiEnable) == enable)
        {
            return;
        }

        SetFunctionBit(f, FunctionBits.MsiEnable, enable);
        var raw = Emit(EventKind.CfgMsi, f, enable ? 1 : 0, 0, 0, 0, origin, why);
        EnableChanged(f, enable, origin, raw);
        SendPending(f, raw);
    }

    private void EnableChanged(int f, bool turnedOn, int origin, long raw)
    {
        if (turnedOn && m.F[f].Device.IntxCondition == IntxCondition.LatchedAtNotify)
        {
            // pci_device_deassert_intx: what was latched for the wire is forgotten.
            s[m.FunctionWord + f] &= ~FunctionBits.Notified;
        }

        SetCause(m.CauseOfConfig(f), raw);
        EvaluatePin(f, origin, raw, Cause(m.CauseOfFunction(f)));
    }

    private void MaskVectors(int f, bool masked, int origin, long why)
    {
        var function = m.F[f];
        if (function.Device is { MsixTableSize: 0, MsiPerVectorMask: false })
        {
            return;
        }

        for (var entry = 0; entry < function.VectorCount; entry++)
        {
            var vector = function.FirstVector + entry;
            if (((VectorOf(vector) & VectorBits.Masked) != 0) != masked)
            {
                SetVector(vector, VectorBits.Masked, masked ? VectorBits.Masked : 0);
                Emit(EventKind.VectorMask, f, entry, masked ? 1 : 0, 0, 0, origin, why);
            }
        }

        SendPending(f, why);
    }

    private void StartDevice(int f, int origin, long why)
    {
        ref var word = ref s[m.FunctionWord + f];
        word = (word & ~FunctionBits.DmaOwner) | FunctionBits.Running | FunctionBits.DriverStarted | ((ulong)(Boot + 1) << FunctionBits.DmaOwnerShift);
        if ((word & (FunctionBits.MsiEnable | FunctionBits.MsixEnable)) != 0 && m.F[f].Device.FirmwareKeepsMode)
        {
            word |= FunctionBits.FirmwareSendsMessages;
        }

        if (m.F[f].Device.IsVirtio)
        {
            why = Emit(EventKind.VirtioStatus, f, VirtioStatusDriverOk, 0, 0, 0, origin, why);
        }

        SetCause(m.CauseOfFunction(f), why);
        TouchSources(f);
    }

    private void StopOtherCpus(int cpu)
    {
        for (var other = 0; other < m.CpuCount; other++)
        {
            if (other != cpu)
            {
                s[m.TaskWord + other] |= TaskBits.Stopped;
                s[m.IrqWord + other] = 0;
                TouchCpu(other);
            }
        }
    }

    /// <summary>Rule 12: after a function's reset Command, MSI, MSI-X and every condition are 0.</summary>
    private void ResetFunction(int f, ResetKind kind, int origin, long why)
    {
        var word = s[m.FunctionWord + f];
        why = Emit(EventKind.Reset, f, (int)kind, 0, 0, 0, origin, why);
        SetCause(m.CauseOfConfig(f), why);
        ForgetFunction(f);
        var old = m.F[f].Command(word);
        if (m.F[f].Command(s[m.FunctionWord + f]) is var now && now != old)
        {
            Emit(EventKind.CfgCommand, f, old, now, 0, 0, origin, why);
        }

        if ((word & FunctionBits.MsiEnable) != 0)
        {
            Emit(EventKind.CfgMsi, f, 0, 0, 0, 0, origin, why);
        }

        if ((word & (FunctionBits.MsixEnable | FunctionBits.MsixFunctionMask)) != 0)
        {
            Emit(EventKind.CfgMsix, f, 0, 0, 0, 0, origin, why);
        }

        TouchSources(f);
        EvaluatePin(f, origin, why);
    }

    // What a reset leaves: the kernel's own notes, what comes from outside, and the pin until it is looked at.
    private void ForgetFunction(int f)
    {
        s[m.FunctionWord + f] &= FunctionBits.KernelBits | FunctionBits.Pin | FunctionBits.Idle;
        for (var entry = 0; entry < m.F[f].VectorCount; entry++)
        {
            SetVector(m.F[f].FirstVector + entry, VectorBits.Pending | VectorBits.Owner | VectorBits.Masked | VectorBits.Latched, m.F[f].MaskedAtReset);
        }
    }

    /// <summary>Rule 12: in D3hot a function sends nothing; on its way back it is reset unless No_Soft_Reset says otherwise.</summary>
    private void SetPowerState(int f, bool d3hot, int origin, long why)
    {
        if (IsSet(f, FunctionBits.D3hot) == d3hot)
        {
            return;
        }

        SetFunctionBit(f, FunctionBits.D3hot, d3hot);
        var raw = Emit(EventKind.PowerState, f, d3hot ? 3 : 0, 0, 0, 0, origin, why);
        SetCause(m.CauseOfConfig(f), raw);
        if (!d3hot && !m.F[f].Device.NoSoftReset)
        {
            ResetFunction(f, ResetKind.D3hot, origin, raw);
            return;
        }

        TouchSources(f);
        EvaluatePin(f, origin, raw, Cause(m.CauseOfFunction(f)));
    }

    // What firmware sets up before it starts a kernel.
    private void HandOver(int f)
    {
        var spec = m.F[f].Spec;
        s[m.FunctionWord + f] |= (spec.FirmwareBusMaster ? FunctionBits.BusMaster : 0) | (spec.LeftRunning ? FunctionBits.Running : 0);
    }

    /// <summary>Kernel words are gone; what the hardware holds stays as it is.</summary>
    private void JumpToNextKernel()
    {
        if (BootTables.Spec.Path == ShutdownPath.Reboot)
        {
            for (var f = 0; f < m.F.Length; f++)
            {
                HandOver(f);
            }
        }

        for (var f = 0; f < m.F.Length; f++)
        {
            s[m.FunctionWord + f] &= ~FunctionBits.KernelBits;
        }

        for (var line = 0; line < m.L.Length; line++)
        {
            s[m.LineWord + line] = (s[m.LineWord + line] & ~LineBits.KernelBits) | LineBits.Disabled;
            if (TClock.Timed)
            {
                ConcreteClock.Store(m, s, line, default);
            }
        }

        s[m.PollerWord] = 0;
        s[CompiledMachine.GlobalWord]++;
        for (var cpu = 0; cpu < m.CpuCount; cpu++)
        {
            s[m.IrqWord + cpu] = 0;
            if (cpu > 0)
            {
                s[m.TaskWord + cpu] |= TaskBits.Stopped;
            }
        }

        if (TClock.Timed)
        {
            Array.Clear(s, m.InterruptCountWord, m.L.Length + m.VectorCount);
        }

        TouchEverything();
    }

    private void ResetPlatform(int origin, long why)
    {
        var raw = Emit(EventKind.Reset, -1, (int)ResetKind.Platform, 0, 0, 0, origin, why);
        s[CompiledMachine.GlobalWord] &= ~(CompiledMachine.RemappingOn | CompiledMachine.RemappingEntries | CompiledMachine.BootInterruptsOff);
        for (var f = 0; f < m.F.Length; f++)
        {
            ForgetFunction(f);
            EvaluatePin(f, origin, raw);
        }

        for (var line = 0; line < m.L.Length; line++)
        {
            ref var word = ref s[m.LineWord + line];
            word = (word & ~(LineBits.RemoteIrr | LineBits.LevelMode | LineBits.Latch | LineBits.Paused)) | LineBits.Masked;
        }

        Array.Clear(s, m.IrrWord, m.CpuCount * m.IrrWordsPerCpu);
        TouchEverything();
    }
}
