namespace PciDash.Engine.Machine;

/// <summary>
/// No time: every actor may be any length behind any other, a counter is quiet, counting or may trip, a deadline may be due whenever it
/// is armed. Allows everything that the concrete clock allows; a property test holds it to that.
/// </summary>
public readonly struct UntimedClock : IClock
{
    /// <inheritdoc/>
    public static bool Timed => false;

    /// <inheritdoc/>
    public static bool MayGoOn(CompiledMachine machine, ulong[] state, int descriptor, IrqReturn sum, bool fixedUp) => true;

    /// <inheritdoc/>
    public static bool MayTrip(CompiledMachine machine, ulong[] state, int descriptor, IrqReturn sum, bool fixedUp) =>
        // Whatever this one returned: the interrupt that ends the window decides, and that may be one of the few handled ones.
        (machine.NoteBits(state, descriptor) & LineBits.Counter) == LineBits.MayTrip;

    /// <inheritdoc/>
    public static void Count(CompiledMachine machine, ulong[] state, int descriptor, IrqReturn sum, bool fixedUp)
    {
        // What this clock remembers of the counters is in the line's word or the vector's bits, which the shared code keeps.
    }

    /// <inheritdoc/>
    public static bool MayRedeliver(CompiledMachine machine, ulong[] state, int line) => true;

    /// <inheritdoc/>
    public static bool MayPause(CompiledMachine machine, ulong[] state, int line) => machine.Scenario.Platform.PausesAfterSuccessive > 0;
}
