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
        return limit > 0 && (long)state[At(machine, line) + CompiledMachine.Successive] + 1 >= limit;
    }

    internal static int At(CompiledMachine machine, int descriptor) => machine.CounterWord + (descriptor * CompiledMachine.CounterWordsPerLine);

    internal static SpuriousCounters Counters(CompiledMachine machine, ulong[] state, int descriptor)
    {
        var at = At(machine, descriptor);
        return new SpuriousCounters(
            (int)state[at + CompiledMachine.IrqCount], (int)state[at + CompiledMachine.Unhandled], (long)state[at + CompiledMachine.LastUnhandled]);
    }

    internal static void Store(CompiledMachine machine, ulong[] state, int descriptor, in SpuriousCounters counters)
    {
        var at = At(machine, descriptor);
        state[at + CompiledMachine.IrqCount] = (ulong)counters.IrqCount;
        state[at + CompiledMachine.Unhandled] = (ulong)counters.Unhandled;
        state[at + CompiledMachine.LastUnhandled] = (ulong)counters.LastUnhandledNs;
    }

    internal static long Now(CompiledMachine machine, ulong[] state) => (long)state[machine.NowWord];

    private static KernelRelease Release(CompiledMachine machine, ulong[] state) =>
        machine.B[(int)(state[CompiledMachine.GlobalWord] & CompiledMachine.BootMask)].Spec.Release;
}
