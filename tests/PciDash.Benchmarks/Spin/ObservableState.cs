using System.Globalization;
using System.Text;
using PciDash.Engine.Machine;

namespace PciDash.Benchmarks;

/// <summary>
/// A state of the engine in the words in which the Promela model prints its own (observe.h): where the task stands, the phase, each context,
/// each request, and every bit of a line and of a function that the machine's program can change. Two states that differ differ here.
/// </summary>
/// <param name="m">The machine.</param>
internal sealed class ObservableState(CompiledMachine m)
{
    private const string LineFlags = "mrvtupsdio";
    private const string FunctionFlags = "bxmtnprkKlvedco";
    private const string VectorFlags = "mpw";

    private static readonly ulong[] LineBit =
    [
        LineBits.Masked, LineBits.RemoteIrr, LineBits.LevelMode, LineBits.Latch, LineBits.Level, LineBits.Paused, LineBits.SpuriousDisabled,
        LineBits.Disabled, LineBits.InProgress, LineBits.PollInProgress,
    ];

    private static readonly ulong[] FunctionBit =
    [
        FunctionBits.BusMaster, FunctionBits.IntxDisable, FunctionBits.MsiEnable, FunctionBits.MsixEnable, FunctionBits.Notified, FunctionBits.Pin,
        FunctionBits.Running, FunctionBits.KernelMsi, FunctionBits.KernelMsix, FunctionBits.LineAction, FunctionBits.VectorActions,
        FunctionBits.ShutdownEntered, FunctionBits.ShutdownReturned, 1UL << FunctionBits.CauseShift, 1UL << FunctionBits.OutstandingShift,
    ];

    private readonly StringBuilder text = new();
    private readonly string[] steps = [.. m.Code.Select((_, pc) => StepName(m, pc))];

    /// <summary>One line of text, without its end.</summary>
    public string Of(ReadOnlySpan<ulong> s)
    {
        text.Clear();
        var task = s[m.TaskWord];
        var over = (s[CompiledMachine.GlobalWord] & CompiledMachine.Ended) != 0;
        text.Append('=').Append(over ? "over" : steps[task & TaskBits.Pc]).Append('|');
        text.Append(m.Names[(int)((s[CompiledMachine.GlobalWord] & CompiledMachine.PhaseMask) >> CompiledMachine.PhaseShift)]).Append('|');
        Flag((task & TaskBits.IrqsOff) != 0, 'i');
        if (m.CpuCount > 1)
        {
            Flag((s[m.TaskWord + 1] & TaskBits.Stopped) != 0, 's');
        }

        Flag((s[m.PollerWord] & ContextBits.Armed) != 0, 'a');
        for (var cpu = 0; cpu < m.CpuCount; cpu++)
        {
            Context(s[m.IrqWord + cpu]);
        }

        Context(s[m.PollerWord] & ~ContextBits.Armed);
        for (var cpu = 0; cpu < m.CpuCount; cpu++)
        {
            text.Append("|irr");
            Requests(s, cpu);
        }

        for (var line = 0; line < m.L.Length; line++)
        {
            var word = s[m.LineWord + line];
            Subject("|l", line);
            Flags(word, LineBit, LineFlags);
            text.Append((word & LineBits.Counter) >> LineBits.CounterShift);
        }

        foreach (var f in m.F)
        {
            Subject("|f", f.Index);
            Flags(s[m.FunctionWord + f.Index], FunctionBit, FunctionFlags);
            if (f.VectorCount > 0)
            {
                Vectors(s, f);
            }
        }

        return text.ToString();
    }

    private void Subject(string kind, int index) => text.Append(kind).Append(index).Append(' ');

    private void Flag(bool on, char name) => text.Append(on ? name : '-');

    private void Flags(ulong word, ulong[] bits, string names)
    {
        for (var i = 0; i < bits.Length; i++)
        {
            Flag((word & bits[i]) != 0, names[i]);
        }
    }

    private void Context(ulong word)
    {
        var stage = (Stage)(word & ContextBits.Stage);
        text.Append('|').Append(stage.ToString());
        if (word == 0)
        {
            return;
        }

        var descriptor = (int)((word & ContextBits.Descriptor) >> ContextBits.DescriptorShift);
        var action = (int)((word & ContextBits.Action) >> ContextBits.ActionShift);
        Descriptor(descriptor);
        if (stage is Stage.Enter or Stage.Exit)
        {
            text.Append(" f").Append(descriptor < m.L.Length ? m.Boots[0].Chains[descriptor][action] : action);
        }

        text.Append(' ').Append((word & ContextBits.Sum) >> ContextBits.SumShift).Append(' ').Append((word & ContextBits.Return) >> ContextBits.ReturnShift);
    }

    private void Descriptor(int descriptor)
    {
        if (descriptor < m.L.Length)
        {
            text.Append(" l").Append(descriptor);
            return;
        }

        var f = m.F[m.VectorOwner[descriptor - m.L.Length]];
        text.Append(" v").Append(f.Index);
        if (descriptor - m.L.Length != EventVector(f))
        {
            text.Append("!another entry");
        }
    }

    private static int EventVector(MachineFunction f) => f.FirstVector + Math.Min(f.Device.EventEntry, f.VectorCount - 1);

    private void Requests(ReadOnlySpan<ulong> s, int cpu)
    {
        var slots = m.SlotOfCpuBit[cpu];
        for (var bit = 0; bit < slots.Length; bit++)
        {
            if ((s[m.IrrWord + (cpu * m.IrrWordsPerCpu) + (bit >> 6)] & (1UL << (bit & 63))) != 0)
            {
                Descriptor(m.Boots[0].SlotOwners[slots[bit]]);
            }
        }
    }

    // All entries of a function are masked and written together; only the one that its events use is ever pending.
    private void Vectors(ReadOnlySpan<ulong> s, MachineFunction f)
    {
        var events = EventVector(f);
        var own = Vector(s, events);
        text.Append(' ');
        Flag((own & VectorBits.Masked) != 0, VectorFlags[0]);
        Flag((own & VectorBits.Pending) != 0, VectorFlags[1]);
        Flag((own & VectorBits.Owner) != 0, VectorFlags[2]);
        for (var v = f.FirstVector; v < f.FirstVector + f.VectorCount; v++)
        {
            if (v != events && Vector(s, v) != (own & ~(ulong)VectorBits.Pending))
            {
                text.Append("!another entry");
            }
        }
    }

    private ulong Vector(ReadOnlySpan<ulong> s, int vector) => (s[m.VectorWord + (vector >> 2)] >> ((vector & 3) * 16)) & 0xFFFF;

    private static string StepName(CompiledMachine m, int pc)
    {
        var i = m.Code[pc];
        var function = i.Function < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" f{i.Function}");
        return i.Op switch
        {
            Op.Phase => "Phase " + m.Names[i.A],
            Op.MsiEnable or Op.MsixEnable or Op.MaskVectors or Op.NoteMsi or Op.NoteMsix => string.Create(CultureInfo.InvariantCulture, $"{i.Op}={i.A}{function}"),
            Op.IntxDisable => string.Create(CultureInfo.InvariantCulture, $"{i.Op}={i.A} {i.If}{function}"),
            Op.MaskPin or Op.ClearPin => string.Create(CultureInfo.InvariantCulture, $"{i.Op} l{i.A}"),
            Op.WriteOtherPin => string.Create(CultureInfo.InvariantCulture, $"{i.Op} {m.Code.Take(pc).Count(p => p.Op == i.Op)}"),
            _ => i.Op + function,
        };
    }
}
