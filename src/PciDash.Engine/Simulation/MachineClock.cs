using PciDash.Engine.Machine;

namespace PciDash.Engine.Simulation;

/// <summary>The clock of a timed state, for who drives the relation along something else than time.</summary>
public static class MachineClock
{
    /// <summary>Lets time pass in which nothing happens.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="state">A timed state of it, changed in place.</param>
    /// <param name="ns">How long, nanoseconds, not negative.</param>
    public static void Advance(CompiledMachine machine, ulong[] state, long ns)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentOutOfRangeException.ThrowIfNegative(ns);
        state[machine.NowWord] += (ulong)ns;
    }
}
