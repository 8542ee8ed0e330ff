using PciDash.Engine.Machine;

namespace PciDash.Engine.Simulation;

/// <summary>
/// Rounds of a storm for who drives the relation along something else than time: where two rounds have done the same and no other actor
/// acted, more of them may be taken at once, up to where a counter decides something.
/// </summary>
public sealed class StormRounds
{
    private readonly StormWatch watch;

    /// <summary>For timed states of a machine.</summary>
    public StormRounds(CompiledMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        watch = new StormWatch(machine);
    }

    /// <summary>The state is another one: nothing is known of rounds.</summary>
    public void Forget() => watch.Forget();

    /// <summary>An actor is about to act.</summary>
    public void Saw(int actor) => watch.Saw(actor);

    /// <summary>
    /// After a CPU's EOI: takes up to <paramref name="most"/> more rounds like the one before, if that is what would happen, and says how many.
    /// </summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="state">A timed state, changed in place.</param>
    /// <param name="most">At most so many.</param>
    public long AfterEoi(int cpu, ulong[] state, long most)
    {
        ArgumentNullException.ThrowIfNull(state);
        var rounds = watch.AfterEoi(cpu, state, 0, 0) is null ? 0 : Math.Max(0, Math.Min(most, watch.RoundsToThreshold(state)));
        if (rounds > 0)
        {
            watch.Repeat(state, rounds);
        }

        watch.Remember(state, 0, 0);
        return rounds;
    }
}
