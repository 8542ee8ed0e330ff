using PciDash.Engine.Machine;

namespace PciDash.Engine.Simulation;

/// <summary>A function's registers at a moment.</summary>
/// <param name="Command">Command register.</param>
/// <param name="InterruptStatus">Status.Interrupt: the condition, whatever the gates say.</param>
/// <param name="PinAsserted">Its INTx is up.</param>
/// <param name="MsiEnable">MSI Enable.</param>
/// <param name="MsixEnable">MSI-X Enable.</param>
/// <param name="MsixFunctionMask">MSI-X Function Mask.</param>
/// <param name="MaskedEntries">Bit n: entry n of the allocated ones is masked (the first 64).</param>
/// <param name="PendingEntries">Bit n: entry n is pending (the first 64).</param>
/// <param name="Running">The device works.</param>
/// <param name="LineAction">Its driver's handler is in the chain of its line.</param>
/// <param name="VectorActions">Its driver's handlers of its vectors are registered.</param>
/// <param name="ShutdownEntered">Its shutdown has begun.</param>
/// <param name="ShutdownReturned">Its shutdown has returned.</param>
public readonly record struct FunctionView(
    int Command, bool InterruptStatus, bool PinAsserted, bool MsiEnable, bool MsixEnable, bool MsixFunctionMask, ulong MaskedEntries,
    ulong PendingEntries, bool Running, bool LineAction, bool VectorActions, bool ShutdownEntered, bool ShutdownReturned)
{
    /// <summary>Bus Master Enable.</summary>
    public bool BusMaster => (Command & 0x0004) != 0;

    /// <summary>INTx-Disable.</summary>
    public bool IntxDisable => (Command & 0x0400) != 0;

    /// <summary>In D3hot (PMCSR).</summary>
    public bool D3hot { get; init; }

    /// <summary>The thread of its handler was woken and has not run yet.</summary>
    public bool ThreadWoken { get; init; }

    /// <summary>The host keeps its INTx masked until the guest has served it.</summary>
    public bool MaskedForGuest { get; init; }
}

/// <summary>A line at a moment.</summary>
/// <param name="Asserted">The OR of its pins.</param>
/// <param name="Masked">Its IO-APIC pin is masked.</param>
/// <param name="RemoteIrr">A delivery waits for its EOI.</param>
/// <param name="Disabled">The irq is disabled.</param>
/// <param name="SpuriousDisabled">It was given up by note_interrupt.</param>
/// <param name="IrqCount">irq_count.</param>
/// <param name="Unhandled">irqs_unhandled.</param>
/// <param name="Interrupts">Its line in /proc/interrupts.</param>
public readonly record struct LineView(
    bool Asserted, bool Masked, bool RemoteIrr, bool Disabled, bool SpuriousDisabled, int IrqCount, int Unhandled, long Interrupts);

/// <summary>The edge-triggered irq of a vector at a moment.</summary>
/// <param name="Pending">A message came while it had no action or was disabled (IRQS_PENDING).</param>
/// <param name="SpuriousDisabled">It was given up by note_interrupt, and is disabled.</param>
/// <param name="IrqCount">irq_count.</param>
/// <param name="Unhandled">irqs_unhandled.</param>
/// <param name="Interrupts">Its line in /proc/interrupts.</param>
public readonly record struct VectorView(bool Pending, bool SpuriousDisabled, int IrqCount, int Unhandled, long Interrupts);

/// <summary>A timed state, to be looked at.</summary>
public sealed class MachineView(CompiledMachine machine, ulong[] state)
{
    /// <summary>The machine.</summary>
    public CompiledMachine Machine => machine;

    /// <summary>Simulated time, ns.</summary>
    public long NowNs => (long)state[machine.NowWord];

    /// <summary>Index of the running boot.</summary>
    public int Boot => (int)(state[CompiledMachine.GlobalWord] & CompiledMachine.BootMask);

    /// <summary>Name of the phase.</summary>
    public string Phase => machine.Names[(int)((state[CompiledMachine.GlobalWord] & CompiledMachine.PhaseMask) >> CompiledMachine.PhaseShift)];

    /// <summary>The control part, for comparison.</summary>
    public ReadOnlySpan<ulong> Control => state.AsSpan(0, machine.ControlWords);

    /// <summary>A copy of the whole state.</summary>
    public ulong[] CopyOfState() => (ulong[])state.Clone();

    /// <summary>What the task on CPU 0 still has to do of its instruction, ns; its whole cost if it has not begun.</summary>
    internal long TaskRemainingNs
    {
        get
        {
            var held = state[machine.RemainingWord];
            var due = (long)state[machine.DueWord + machine.TaskActor];
            return held != ulong.MaxValue ? (long)held : due != DueTimes.Never ? due - NowNs : NextInstruction.CostNs;
        }
    }

    /// <summary>Where the task on CPU 0 is in <see cref="CompiledMachine.Program"/>.</summary>
    public int TaskPc => (int)(state[machine.TaskWord] & TaskBits.Pc);

    /// <summary>The instruction that the task on CPU 0 executes next.</summary>
    public Instruction NextInstruction => machine.Code[(int)(state[machine.TaskWord] & TaskBits.Pc)];

    /// <summary>A function's registers.</summary>
    public FunctionView Function(int f)
    {
        var word = state[machine.FunctionWord + f];
        var function = machine.F[f];
        ulong masked = 0;
        ulong pending = 0;
        for (var entry = 0; entry < Math.Min(64, function.VectorCount); entry++)
        {
            var v = function.FirstVector + entry;
            var bits = (state[machine.VectorWord + (v >> 2)] >> ((v & 3) * 16)) & 0xFFFF;
            masked |= (bits & VectorBits.Masked) != 0 ? 1UL << entry : 0;
            pending |= (bits & VectorBits.Pending) != 0 ? 1UL << entry : 0;
        }

        return new FunctionView(
            function.Command(word), function.WantsAttention(word), Has(word, FunctionBits.Pin), Has(word, FunctionBits.MsiEnable), Has(word, FunctionBits.MsixEnable),
            Has(word, FunctionBits.MsixFunctionMask), masked, pending, Has(word, FunctionBits.Running), Has(word, FunctionBits.LineAction),
            Has(word, FunctionBits.VectorActions), Has(word, FunctionBits.ShutdownEntered), Has(word, FunctionBits.ShutdownReturned))
        {
            D3hot = Has(word, FunctionBits.D3hot), ThreadWoken = Has(word, FunctionBits.ThreadWoken), MaskedForGuest = Has(word, FunctionBits.WaitsForGuest),
        };
    }

    /// <summary>The CPU that a line's interrupts go to takes interrupts.</summary>
    public bool TakesInterrupts(int line)
    {
        var cpu = machine.Slot[machine.B[Boot].LineSlot[line]].Cpu;
        return (state[machine.TaskWord + cpu] & (TaskBits.IrqsOff | TaskBits.Stopped)) == 0;
    }

    /// <summary>A line's state.</summary>
    public LineView Line(int line)
    {
        var word = state[machine.LineWord + line];
        var counters = ConcreteClock.Counters(machine, state, line);
        return new LineView(
            Has(word, LineBits.Level), Has(word, LineBits.Masked), Has(word, LineBits.RemoteIrr), Has(word, LineBits.Disabled),
            Has(word, LineBits.SpuriousDisabled), counters.IrqCount, counters.Unhandled, ConcreteClock.Interrupts(machine, state, line));
    }

    /// <summary>The irq of a vector, in the machine's numbering.</summary>
    public VectorView Vector(int vector)
    {
        var bits = (state[machine.VectorWord + (vector >> 2)] >> ((vector & 3) * 16)) & 0xFFFF;
        var counters = ConcreteClock.Counters(machine, state, machine.L.Length + vector);
        return new VectorView(
            Has(bits, VectorBits.KernelPending), Has(bits, VectorBits.GivenUp), counters.IrqCount, counters.Unhandled,
            ConcreteClock.Interrupts(machine, state, machine.L.Length + vector));
    }

    private static bool Has(ulong word, ulong bit) => (word & bit) != 0;
}
