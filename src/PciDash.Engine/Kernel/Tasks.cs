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
        if (pc == TaskBits.NoTask || StageOf(s[m.IrqWord + cpu]) != Stage.Idle || WillInterrupt(cpu)
            || (cpu == PollerCpu && PollerRuns))
        {
            return 0;
        }

        ref readonly var instruction = ref m.Code[pc];
        if (MustWait(instruction))
        {
            return 0;
        }

        var timesOut = instruction.Op == Op.Await && IsSet(instruction.Function, FunctionBits.Awaiting);
        into[0] = new MachineAction(actor, timesOut ? Verb.TimeOut : Verb.Step, (int)pc);
        return 1;
    }

    /// <summary>True while other CPUs must finish first: a handler that free_irq waits for, an interrupt that a CPU finishes before it stops.</summary>
    private bool MustWait(in Instruction instruction)
    {
        switch (instruction.Op)
        {
            case Op.FreeLine:
                // synchronize_irq
                var line = m.F[instruction.Function].Line;
                return line >= 0 && ((s[m.LineWord + line] & (LineBits.InProgress | LineBits.PollInProgress)) != 0 || ThreadsWokenOn(line));
            case Op.FreeVectors:
                return IsSet(instruction.Function, FunctionBits.VectorActions)
                    && (IsSet(instruction.Function, FunctionBits.ThreadWoken) || HandlesVectorOf(instruction.Function));
            case Op.StopOtherCpus when instruction.A == 0:
                for (var other = 0; other < m.CpuCount; other++)
                {
                    if (StageOf(s[m.IrqWord + other]) != Stage.Idle)
                    {
                        return true;
                    }
                }

                return false;
            default:
                return false;
        }
    }

    // Not the CPU that asks: its task would not run.
    private bool HandlesVectorOf(int f)
    {
        for (var cpu = 0; cpu < m.CpuCount; cpu++)
        {
            var word = s[m.IrqWord + cpu];
            if (StageOf(word) != Stage.Idle && DescriptorOf(word) >= m.L.Length && ActionOf(word) == f)
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
        var why = Cause(CompiledMachine.CauseOfTask);
        switch (i.Op)
        {
            case Op.Phase:
                ref var global = ref s[CompiledMachine.GlobalWord];
                global = (global & ~CompiledMachine.PhaseMask) | ((ulong)i.A << CompiledMachine.PhaseShift);
                SetCause(CompiledMachine.CauseOfTask, Emit(EventKind.Phase, -1, i.A, Boot, 0, 0, i.Origin, -1));
                break;
            case Op.ShutdownEnter:
                s[m.FunctionWord + f] |= FunctionBits.ShutdownEntered;
                SetCause(CompiledMachine.CauseOfTask, Emit(EventKind.DriverShutdown, f, 0, 0, 0, 0, i.Origin, why));
                break;
            case Op.ShutdownExit:
                s[m.FunctionWord + f] |= FunctionBits.ShutdownReturned;
                Emit(EventKind.DriverShutdown, f, 1, 0, 0, 0, i.Origin, why);
                break;
            case Op.Stimulus:
                SetCause(CompiledMachine.CauseOfTask, Emit(EventKind.Stimulus, f, i.A, 0, 0, 0, i.Origin, -1));
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
            case Op.WriteMessages:
                WriteMessages(f);
                break;
            case Op.RequestVectors:
                RequestVectors(f, i.Origin, why);
                break;
            case Op.FreeVectors:
                FreeVectors(f, i.Origin, why);
                break;
            case Op.RequestLine:
                RequestLine(f, i.B, i.Origin, why);
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
                // __ioapic_write_entry writes the upper half first: the inputs are looked at while the pin is still as it was.
                OtherPinWritten();
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
}
