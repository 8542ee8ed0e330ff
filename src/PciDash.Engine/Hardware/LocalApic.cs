using System.Numerics;

namespace PciDash.Engine.Machine;

// The local APICs: a request bit for each vector, the highest first. Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
    /// <summary>Accepts a message: its bit in IRR is set (one, however many arrive).</summary>
    private void Accept(int slot, long why)
    {
        var at = m.Slot[slot];
        s[m.IrrWord + (at.Cpu * m.IrrWordsPerCpu) + (at.Bit >> 6)] |= 1UL << (at.Bit & 63);
        SetCause(m.CauseOfSlot(slot), why);
        TouchCpu(at.Cpu);
    }

    /// <summary>The slot that the CPU would take next, or -1.</summary>
    private int HighestRequest(int cpu)
    {
        var at = m.IrrWord + (cpu * m.IrrWordsPerCpu);
        for (var w = m.IrrWordsPerCpu - 1; w >= 0; w--)
        {
            var word = s[at + w];
            if (word != 0)
            {
                return m.SlotOfCpuBit[cpu][(w << 6) + BitOperations.Log2(word)];
            }
        }

        return -1;
    }

    /// <summary>The descriptor that has this vector in the running kernel: a line, or a vector after all lines; -1 = nobody, or nobody yet.</summary>
    private int OwnerOf(int slot)
    {
        var owner = BootTables.SlotOwner[slot];
        if (owner < 0)
        {
            return -1;
        }

        var given = owner < m.L.Length
            ? (s[m.LineWord + owner] & LineBits.Started) != 0
            : (VectorOf(owner - m.L.Length) & VectorBits.Owner) >> VectorBits.OwnerShift == (ulong)Boot + 1;
        return given ? owner : -1;
    }

    private void ClearRequest(int slot)
    {
        var at = m.Slot[slot];
        s[m.IrrWord + (at.Cpu * m.IrrWordsPerCpu) + (at.Bit >> 6)] &= ~(1UL << (at.Bit & 63));
    }

    private bool InterruptsEnabled(int cpu) => (s[m.TaskWord + cpu] & (TaskBits.IrqsOff | TaskBits.Stopped)) == 0;

    private bool WillInterrupt(int cpu) => InterruptsEnabled(cpu) && HighestRequest(cpu) >= 0;
}
