namespace PciDash.Engine.Simulation;

/// <summary>
/// Counter-based chance: a draw is a function of seed, actor and the number of the draw, in integers. Adding an unrelated device changes
/// nothing for the others, and two policies see the same world until their causes differ.
/// </summary>
public static class Chance
{
    /// <summary>A draw from 0 to <paramref name="bound"/> - 1.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="stream">Stable number of the actor: its requester id and source, not its index.</param>
    /// <param name="draw">How many draws this actor had before.</param>
    /// <param name="bound">Exclusive upper bound, above 0.</param>
    public static long Below(ulong seed, ulong stream, ulong draw, long bound)
    {
        // splitmix64 over the three inputs; multiply-shift keeps it in range without a modulo's bias.
        var z = Mix(Mix(seed + 0x9E3779B97F4A7C15UL) ^ Mix(stream + 0xD1B54A32D192ED03UL) ^ (draw * 0x8CB92BA72F3D8DD7UL));
        return (long)Math.BigMul(z, (ulong)bound, out _);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
