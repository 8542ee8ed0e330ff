namespace PciDash.Engine.Simulation;

/// <summary>
/// States of a run to go back to, evenly spread over its steps and under a byte budget: when they would exceed it, every second one is
/// dropped and the distance doubles.
/// </summary>
internal sealed class Checkpoints
{
    // A run at its limit of events, with a state at its limit of 64 KB, keeps 250 of them: the way to any event is then below 100,000 steps.
    private const long Budget = 16_000_000;

    private readonly List<(long Raw, long Steps, ulong[] State)> kept = [];
    private int distance = 1;
    private int offered;

    /// <summary>Keeps a copy of the state, if it is its turn.</summary>
    public void Offer(long raw, long steps, ulong[] state)
    {
        if (offered++ % distance != 0)
        {
            return;
        }

        kept.Add((raw, steps, (ulong[])state.Clone()));
        if (kept.Count > 2 && kept.Count * 8L * state.Length > Budget)
        {
            var half = (kept.Count + 1) / 2;
            for (var i = 1; i < half; i++)
            {
                kept[i] = kept[2 * i];
            }

            kept.RemoveRange(half, kept.Count - half);
            distance *= 2;
        }
    }

    /// <summary>The last one at or before a raw event.</summary>
    public (long Raw, long Steps, ulong[] State) Before(long raw)
    {
        var low = 0;
        var high = kept.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) >> 1;
            if (kept[middle].Raw <= raw)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return kept[low];
    }
}
