using PciDash.Engine.Devices;

namespace PciDash.Engine.Machine;

// MSI and MSI-X: messages, masks and what stops them (domain 5, rules 1, 6, 7). Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
    private ulong VectorOf(int vector) => (s[m.VectorWord + (vector >> 2)] >> ((vector & 3) * 16)) & 0xFFFF;

    private void SetVector(int vector, ulong clear, ulong set)
    {
        var shift = (vector & 3) * 16;
        ref var word = ref s[m.VectorWord + (vector >> 2)];
        word = (word & ~(clear << shift)) | (set << shift);
    }

    /// <summary>The function signals one of its vectors: masked ones become pending, the others are sent (rule 6).</summary>
    private void Signal(int f, int entry, long why)
    {
        var function = m.F[f];
        var word = s[m.FunctionWord + f];
        if (function.VectorCount == 0)
        {
            return;
        }

        // Fewer vectors than sources: they share the last one, as virtio's queues do.
        entry = Math.Min(entry, function.VectorCount - 1);
        var vector = function.FirstVector + entry;
        if ((word & FunctionBits.MsixEnable) != 0
            && ((word & FunctionBits.MsixFunctionMask) != 0 || (VectorOf(vector) & VectorBits.Masked) != 0))
        {
            SetVector(vector, 0, VectorBits.Pending);
            Emit(EventKind.MsiWrite, f, entry, 0, (int)MsiResult.PendingMasked, 0, -1, why);
            return;
        }

        Send(f, entry, why);
    }

    /// <summary>The memory write: gated by the function's Bus Master Enable and by that of every bridge above (rule 1).</summary>
    private void Send(int f, int entry, long why)
    {
        var function = m.F[f];
        if (!IsSet(f, FunctionBits.BusMaster))
        {
            var latch = function.Device.OnBusMasterOff == BusMasterReaction.Latch;
            if (latch)
            {
                s[m.FunctionWord + f] |= FunctionBits.MessageLatched;
            }

            Emit(EventKind.MsiWrite, f, entry, 0, (int)(latch ? MsiResult.LatchedBme : MsiResult.DroppedBme), 0, -1, why, Cause(m.CauseOfConfig(f)));
            return;
        }

        for (var bridge = function.Parent; bridge >= 0; bridge = m.F[bridge].Parent)
        {
            if (!IsSet(bridge, FunctionBits.BusMaster))
            {
                Emit(EventKind.MsiWrite, f, entry, 0, (int)MsiResult.DroppedBridge, 0, -1, why, Cause(m.CauseOfConfig(bridge)));
                return;
            }
        }

        var owner = (int)((VectorOf(function.FirstVector + entry) & VectorBits.Owner) >> VectorBits.OwnerShift) - 1;
        var slot = owner < 0 ? -1 : m.B[owner].VectorSlot[function.FirstVector + entry];
        if (slot < 0)
        {
            // Address and data were never written: the message goes to address 0 and hits nothing.
            Emit(EventKind.MsiWrite, f, entry, 0, (int)MsiResult.UnassignedVector, 0, -1, why);
            return;
        }

        var target = m.Slot[slot];
        var receiver = OwnerOf(slot);
        var result = !InterruptsEnabled(target.Cpu) ? MsiResult.LatchedIrr
            : receiver < 0 ? MsiResult.UnassignedVector
            : receiver != m.L.Length + function.FirstVector + entry ? MsiResult.Aliased
            : MsiResult.Delivered;
        var raw = Emit(EventKind.MsiWrite, f, entry, (target.Cpu << 16) | target.Vector.Value, (int)result, Boot - owner, -1, why);
        Accept(slot, raw);
    }

    /// <summary>A mask was lifted: what was pending is sent (rule 6).</summary>
    private void SendPending(int f, long why)
    {
        var function = m.F[f];
        if (!IsSet(f, FunctionBits.MsixEnable) || IsSet(f, FunctionBits.MsixFunctionMask))
        {
            return;
        }

        for (var entry = 0; entry < function.VectorCount; entry++)
        {
            var vector = function.FirstVector + entry;
            if ((VectorOf(vector) & (VectorBits.Pending | VectorBits.Masked)) == VectorBits.Pending)
            {
                SetVector(vector, VectorBits.Pending, 0);
                Send(f, entry, why);
            }
        }
    }
}
