using PciDash.Engine.Devices;

namespace PciDash.Engine.Machine;

/// <summary>What keeps a function's message from arriving, bridges above it not counted.</summary>
[Flags]
internal enum MessageGates : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The device does not work.</summary>
    Stopped = 1,

    /// <summary>Neither MSI nor MSI-X Enable is set.</summary>
    NotEnabled = 2,

    /// <summary>Function Mask, or the mask of the entry.</summary>
    Masked = 4,

    /// <summary>D3hot.</summary>
    D3hot = 8,

    /// <summary>Bus Master Enable is 0.</summary>
    BusMaster = 16,

    /// <summary>Interrupt remapping has no valid entry for it.</summary>
    Remapping = 32,
}

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

    /// <summary>The function signals the vector of one of its sources.</summary>
    private void Signal(int f, int source, long why)
    {
        if (m.F[f].VectorCount > 0)
        {
            SignalEntry(f, EntryOf(m.F[f], source, LastEntry(m.F[f], s[m.FunctionWord + f])), why);
        }
    }

    // Fewer vectors than sources: they share the last one, as virtio's queues do.
    private static int EntryOf(MachineFunction function, int source, int last) => Math.Min(function.Source[source].Entry ?? function.Device.EventEntry, last);

    private int LastEntry(MachineFunction function, ulong word) =>
        ((word & FunctionBits.MsixEnable) != 0 ? EntriesGiven(function, word) : MessagesGiven(function)) - 1;

    // A bit for each source that signals this vector.
    private ulong SourcesOf(int f, int entry)
    {
        var function = m.F[f];
        var last = LastEntry(function, s[m.FunctionWord + f]);
        var sources = 0UL;
        for (var i = 0; i < function.Source.Length; i++)
        {
            sources |= EntryOf(function, i, last) == entry ? 1UL << i : 0;
        }

        return sources;
    }

    /// <summary>A masked vector becomes pending, any other is sent (rule 6).</summary>
    private void SignalEntry(int f, int entry, long why)
    {
        var function = m.F[f];
        var word = s[m.FunctionWord + f];
        var vector = function.FirstVector + entry;
        if (IsMasked(f, word, vector))
        {
            SetVector(vector, 0, VectorBits.Pending);
            Emit(EventKind.MsiWrite, f, entry, 0, (int)MsiResult.PendingMasked, 0, -1, why);
            return;
        }

        Send(f, entry, why);
    }

    // The entries that the driver which started it gave to its queues; one that nobody started knows of all.
    private int EntriesGiven(MachineFunction function, ulong word)
    {
        var starter = (int)((word & FunctionBits.DmaOwner) >> FunctionBits.DmaOwnerShift) - 1;
        return starter >= 0 && m.B[starter].Vectors[function.Index] is > 0 and var given ? given : function.VectorCount;
    }

    // Multiple Message Enable, as the kernel that wrote the message set it.
    private int MessagesGiven(MachineFunction function)
    {
        var owner = (int)((VectorOf(function.FirstVector) & VectorBits.Owner) >> VectorBits.OwnerShift) - 1;
        return owner < 0 ? 1 : Math.Max(1, m.B[owner].Vectors[function.Index]);
    }

    // MSI has masks only where its capability says so (rule 6).
    private bool IsMasked(int f, ulong word, int vector) => (word & FunctionBits.MsixEnable) != 0
        ? (word & FunctionBits.MsixFunctionMask) != 0 || (VectorOf(vector) & VectorBits.Masked) != 0
        : m.F[f].Device.MsiPerVectorMask && (VectorOf(vector) & VectorBits.Masked) != 0;

    private bool HasMasks(int f) => IsSet(f, FunctionBits.MsixEnable) || (IsSet(f, FunctionBits.MsiEnable) && m.F[f].Device.MsiPerVectorMask);

    /// <summary>The memory write: gated by the function's Bus Master Enable and by that of every bridge above (rule 1).</summary>
    private void Send(int f, int entry, long why)
    {
        var function = m.F[f];
        if (IsSet(f, FunctionBits.D3hot))
        {
            Emit(EventKind.MsiWrite, f, entry, 0, (int)MsiResult.DroppedD3hot, 0, -1, why, Cause(m.CauseOfConfig(f)));
            return;
        }

        if (!IsSet(f, FunctionBits.BusMaster))
        {
            var latch = function.Device.OnBusMasterOff == BusMasterReaction.Latch;
            if (latch)
            {
                ForgetLatchedMessage(f);
                s[m.FunctionWord + f] |= FunctionBits.MessageLatched;
                SetVector(function.FirstVector + entry, 0, VectorBits.Latched);
            }

            Emit(EventKind.MsiWrite, f, entry, 0, (int)(latch ? MsiResult.LatchedBme : MsiResult.DroppedBme), 0, -1, why, Cause(m.CauseOfConfig(f)));
            return;
        }

        if (BridgeThatBlocks(f) is >= 0 and var bridge)
        {
            Refuse(f, bridge, Emit(EventKind.MsiWrite, f, entry, 0, (int)MsiResult.DroppedBridge, 0, -1, why, Cause(m.CauseOfConfig(bridge))));
            return;
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
        if (IsRemappingFault(owner))
        {
            Emit(EventKind.MsiWrite, f, entry, (target.Cpu << 16) | target.Vector.Value, (int)MsiResult.RemapFault, Boot - owner, -1, why);
            return;
        }

        var receiver = OwnerOf(slot);
        var result = !InterruptsEnabled(target.Cpu) ? MsiResult.LatchedIrr
            : receiver < 0 ? MsiResult.UnassignedVector
            : receiver != m.L.Length + function.FirstVector + entry ? MsiResult.Aliased
            : MsiResult.Delivered;
        var raw = Emit(EventKind.MsiWrite, f, entry, (target.Cpu << 16) | target.Vector.Value, (int)result, Boot - owner, -1, why);
        Accept(slot, raw);
    }

    /// <summary>What would stop a message of this entry now, if the device had one to send (rule 1, rule 6).</summary>
    internal MessageGates GatesOf(int f, int entry)
    {
        var word = s[m.FunctionWord + f];
        var vector = m.F[f].FirstVector + entry;
        var owner = (int)((VectorOf(vector) & VectorBits.Owner) >> VectorBits.OwnerShift) - 1;
        return ((word & FunctionBits.Running) == 0 ? MessageGates.Stopped : 0)
            | ((word & (FunctionBits.MsiEnable | FunctionBits.MsixEnable)) == 0 ? MessageGates.NotEnabled : 0)
            | (IsMasked(f, word, vector) ? MessageGates.Masked : 0)
            | ((word & FunctionBits.D3hot) != 0 ? MessageGates.D3hot : 0)
            | ((word & FunctionBits.BusMaster) == 0 ? MessageGates.BusMaster : 0)
            | (owner >= 0 && IsRemappingFault(owner) ? MessageGates.Remapping : 0);
    }

    /// <summary>Number of the boot that programmed the message of this entry, from 0; -1 = none did.</summary>
    internal int BootOfMessage(int f, int entry) => (int)((VectorOf(m.F[f].FirstVector + entry) & VectorBits.Owner) >> VectorBits.OwnerShift) - 1;

    /// <summary>The entry whose message waits for Bus Master Enable, which waits no more; -1 = none does.</summary>
    private int ForgetLatchedMessage(int f)
    {
        var function = m.F[f];
        ref var word = ref s[m.FunctionWord + f];
        if ((word & FunctionBits.MessageLatched) == 0)
        {
            return -1;
        }

        word &= ~FunctionBits.MessageLatched;
        var entry = 0;
        while ((VectorOf(function.FirstVector + entry) & VectorBits.Latched) == 0)
        {
            entry++;
        }

        SetVector(function.FirstVector + entry, VectorBits.Latched, 0);
        return entry;
    }

    /// <summary>A mask was lifted: what was pending is sent (rule 6).</summary>
    private void SendPending(int f, long why)
    {
        var function = m.F[f];
        if (!HasMasks(f) || (IsSet(f, FunctionBits.MsixEnable) && IsSet(f, FunctionBits.MsixFunctionMask)))
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

    /// <summary>
    /// Interrupt remapping (domain 3.5): a message in the remappable format needs an entry of its boot in the table in force, one in the
    /// compatibility format is blocked while remapping is on.
    /// </summary>
    private bool IsRemappingFault(int owner)
    {
        var global = s[CompiledMachine.GlobalWord];
        if ((global & CompiledMachine.RemappingOn) == 0)
        {
            return false;
        }

        return !m.B[owner].UsesRemapping || (global & (1UL << (CompiledMachine.RemappingEntriesShift + owner))) == 0;
    }

    /// <summary>A booting kernel takes remapping over: with an empty table, or with a copy of the one it finds.</summary>
    private void SetRemapping(bool copied, int origin, long why)
    {
        ref var global = ref s[CompiledMachine.GlobalWord];
        if (!copied || (global & CompiledMachine.RemappingOn) == 0)
        {
            global &= ~CompiledMachine.RemappingEntries;
        }

        global |= CompiledMachine.RemappingOn | (1UL << (CompiledMachine.RemappingEntriesShift + Boot));
        Emit(EventKind.Remapping, -1, (int)(copied ? RemappingStep.Copied : RemappingStep.New), 0, 0, 0, origin, why);
    }
}
