using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

// Resets, power states and the hand-over to another kernel (domain 3, domain 5 rule 12). Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
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

        for (var vector = 0; vector < m.VectorCount; vector++)
        {
            ForgetIrq(vector);
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
            Array.Clear(s, m.InterruptCountWord, m.L.Length);
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
