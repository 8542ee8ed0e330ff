using System.Runtime.CompilerServices;

namespace PciDash.Engine.Exploration;

/// <summary>
/// The visited states, whole: a table of indices over an arena of packed words. Equality is over all words, never over a fingerprint alone.
/// </summary>
internal sealed class StateStore
{
    private const int ChunkBits = 14;
    private const int ChunkStates = 1 << ChunkBits;

    private readonly int width;
    private readonly List<ulong[]> chunks = [];
    private readonly List<(int Parent, int Move)[]> origins = [];

    // High half: part of the hash; low half: index + 1. Zero = free.
    private ulong[] table = new ulong[1 << 14];

    public StateStore(int width) => this.width = width;

    public int Count { get; private set; }

    public long Bytes => ((long)chunks.Count * ChunkStates * ((width * 8) + 8)) + (table.Length * 8L);

    public ReadOnlySpan<ulong> this[int index] => chunks[index >> ChunkBits].AsSpan((index & (ChunkStates - 1)) * width, width);

    public (int Parent, int Move) OriginOf(int index) => origins[index >> ChunkBits][index & (ChunkStates - 1)];

    /// <summary>Adds a state unless it is known; true if it is new.</summary>
    public bool Add(ReadOnlySpan<ulong> state, int parent, int move)
    {
        if (Count >= table.Length - (table.Length >> 2))
        {
            Grow();
        }

        var hash = Hash(state);
        var mask = (uint)table.Length - 1;
        var at = (uint)hash & mask;
        while (table[at] != 0)
        {
            if (table[at] >> 32 == hash >> 32 && this[(int)(uint)table[at] - 1].SequenceEqual(state))
            {
                return false;
            }

            at = (at + 1) & mask;
        }

        if (Count >> ChunkBits == chunks.Count)
        {
            chunks.Add(new ulong[ChunkStates * width]);
            origins.Add(new (int, int)[ChunkStates]);
        }

        state.CopyTo(chunks[Count >> ChunkBits].AsSpan((Count & (ChunkStates - 1)) * width, width));
        origins[Count >> ChunkBits][Count & (ChunkStates - 1)] = (parent, move);
        Count++;
        table[at] = (hash & 0xFFFF_FFFF_0000_0000) | (uint)Count;
        return true;
    }

    private void Grow()
    {
        var old = table;
        table = new ulong[old.Length * 2];
        var mask = (uint)table.Length - 1;
        foreach (var entry in old)
        {
            if (entry == 0)
            {
                continue;
            }

            // The low half of the hash is not kept: it is computed again.
            var at = (uint)Hash(this[(int)(uint)entry - 1]) & mask;
            while (table[at] != 0)
            {
                at = (at + 1) & mask;
            }

            table[at] = entry;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Hash(ReadOnlySpan<ulong> state)
    {
        var h = 0x9E3779B97F4A7C15UL;
        foreach (var word in state)
        {
            var high = Math.BigMul(h ^ word, 0xD6E8FEB86659FD93UL, out var low);
            h = high ^ low ^ 0xA0761D6478BD642FUL;
        }

        h ^= h >> 32;
        h *= 0xE7037ED1A0B428DBUL;
        return h ^ (h >> 29);
    }
}
