using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

/// <summary>Integer nanoseconds and the kernel's real counters.</summary>
public readonly struct ConcreteClock : IClock
{
    /// <inheritdoc/>
    public static bool Timed => true;

    /// <inheritdoc/>
    public static bool MayGoOn(CompiledMachine machine, ulong[] state, int descriptor, IrqReturn sum, bool fixedUp) => !MayTrip(machine, state, descriptor, sum, fixedUp);

    /// <inheritdoc/>
    public static bool MayTrip(CompiledMachine machine, ulong[] state, int descriptor, IrqReturn sum, bool fixedUp)
    {
        var counters = Counters(machine, state, descriptor);
        return Spurious.Count(Release(machine, state), ref counters, sum, Now(machine, state), fixedUp) == Spurious.Verdict.Disable;
    }

    /// <inheritdoc/>
    public static void Count(CompiledMachine machine, ulong[] state, int descriptor, IrqReturn sum, bool fixedUp)
    {
        var counters = Counters(machine, state, descriptor);
        Spurious.Count(Release(machine, state), ref counters, sum, Now(machine, state), fixedUp);
        Store(machine, state, descriptor, counters);
    }

    /// <inheritdoc/>
    public static bool MayRedeliver(CompiledMachine machine, ulong[] state, int line) => !MayPause(machine, state, line);

    /// <inheritdoc/>
    public static bool MayPause(CompiledMachine machine, ulong[] state, int line)
    {
        var limit = machine.Scenario.Platform.PausesAfterSuccessive;
        return limit > 0 && (long)(state[At(machine, line)] >> CounterBits.OthersShift) + 1 >= limit;
    }

    internal static int At(CompiledMachine machine, int descriptor) => machine.CounterWord + (descriptor * CompiledMachine.CounterWordsPerIrq);

    internal static SpuriousCounters Counters(CompiledMachine machine, ulong[] state, int descriptor)
    {
        var at = At(machine, descriptor);
        var counts = state[at];
        return new SpuriousCounters(
            (int)((counts >> CounterBits.IrqCountShift) & CounterBits.Count), (int)((counts >> CounterBits.UnhandledShift) & CounterBits.Count),
            (long)state[at + CompiledMachine.LastUnhandled]);
    }

    internal static void Store(CompiledMachine machine, ulong[] state, int descriptor, in SpuriousCounters counters)
    {
        var at = At(machine, descriptor);
        state[at] = (state[at] & CounterBits.Others) | ((ulong)counters.IrqCount << CounterBits.IrqCountShift)
            | ((ulong)counters.Unhandled << CounterBits.UnhandledShift);
        state[at + CompiledMachine.LastUnhandled] = (ulong)counters.LastUnhandledNs;
    }

    /// <summary>An irq's line in /proc/interrupts.</summary>
    internal static long Interrupts(CompiledMachine machine, ulong[] state, int descriptor) =>
        (long)(descriptor < machine.L.Length ? state[machine.InterruptCountWord + descriptor] : state[At(machine, descriptor)] >> CounterBits.OthersShift);

    internal static long Now(CompiledMachine machine, ulong[] state) => (long)state[machine.NowWord];

    private static KernelRelease Release(CompiledMachine machine, ulong[] state) =>
        machine.B[(int)(state[CompiledMachine.GlobalWord] & CompiledMachine.BootMask)].Spec.Release;
}
