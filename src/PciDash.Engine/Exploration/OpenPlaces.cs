using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>
/// Of which properties a violation is still of interest, for each place of the task: of each property the first at each place is looked at,
/// and only some in all. One thread closes; the others may see it later, and then look in vain.
/// </summary>
internal sealed class OpenPlaces
{
    private readonly int taskWord;
    private readonly ulong[] open;
    private readonly int[] taken;
    private readonly int most;

    /// <summary>All of them.</summary>
    /// <param name="m">The machine.</param>
    /// <param name="asked">A bit for each property.</param>
    /// <param name="mostPlaces">Most places of one property.</param>
    public OpenPlaces(CompiledMachine m, ulong asked, int mostPlaces)
    {
        taskWord = m.TaskWord;
        open = new ulong[m.Code.Length + 1];
        Array.Fill(open, asked);
        taken = new int[PropertyWatch.Most];
        most = mostPlaces;
    }

    /// <summary>Properties of which a violation is of interest if it comes right after this state.</summary>
    public ulong At(ReadOnlySpan<ulong> state) => Volatile.Read(ref open[PlaceOf(state)]);

    /// <summary>A violation of a property comes right after this state. True if it is of interest; the next one here is not.</summary>
    public bool Take(int property, ReadOnlySpan<ulong> state)
    {
        ref var here = ref open[PlaceOf(state)];
        if ((here & (1UL << property)) == 0)
        {
            return false;
        }

        Volatile.Write(ref here, here & ~(1UL << property));
        if (++taken[property] == most)
        {
            Close(property);
        }

        return true;
    }

    /// <summary>No violation of it is of interest any more.</summary>
    public void Close(int property)
    {
        for (var place = 0; place < open.Length; place++)
        {
            Volatile.Write(ref open[place], open[place] & ~(1UL << property));
        }
    }

    /// <summary>So many places of a property were taken.</summary>
    public int Taken(int property) => taken[property];

    private int PlaceOf(ReadOnlySpan<ulong> state) => (int)Math.Min((ulong)open.Length - 1, state[taskWord] & TaskBits.Pc);
}
