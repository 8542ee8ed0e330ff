using PciDash.Engine.Devices;

namespace PciDash.Engine.Machine;

// Writes of configuration space: Command, MSI and MSI-X control, and what follows from them (domain 2, 5). Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
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
}
