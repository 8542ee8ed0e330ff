using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PciDash.Engine.Exploration;

/// <summary>
/// The visited states, whole: a table of indices over an arena of packed words. Equality is over all words, never over a fingerprint alone.
/// </summary>
internal sealed class StateStore
{
    private const int ChunkBits = 14;
    private const int ChunkStates = 1 << ChunkBits;
    private const int FirstTableBits = 14;

    private readonly int width;
    private readonly List<ulong[]> chunks = [];
    private readonly List<(int Parent, int Move)[]> origins = [];

    // High half: the hash, whose upper bits say where in the table it belongs; low half: index + 1. Zero = free.
    private ulong[] table = new ulong[1 << FirstTableBits];
    private int shift = 64 - FirstTableBits;

    public StateStore(int width) => this.width = width;

    public int Count { get; private set; }

    public long Bytes => ((long)chunks.Count * ChunkStates * ((width * 8) + 8)) + (table.Length * 8L);

    public ReadOnlySpan<ulong> this[int index] => chunks[index >> ChunkBits].AsSpan((index & (ChunkStates - 1)) * width, width);

    public (int Parent, int Move) OriginOf(int index) => origins[index >> ChunkBits][index & (ChunkStates - 1)];

    /// <summary>Adds a state unless it is known; true if it is new.</summary>
    public bool Add(ReadOnlySpan<ulong> state, int parent, int move) => Add(state, Hash(state), parent, move);

    /// <summary>The same with a hash that is known, and announced by <see cref="Expect"/> where that helps.</summary>
    public bool Add(ReadOnlySpan<ulong> state, ulong hash, int parent, int move)
    {
        if (Count >= table.Length - (table.Length >> 2))
        {
            Grow();
        }

        var mask = table.Length - 1;
        var at = (int)(hash >> shift);
        for (var entry = table[at]; entry != 0; entry = table[at])
        {
            if (entry >> 32 == hash >> 32 && this[(int)(uint)entry - 1].SequenceEqual(state))
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

    /// <summary>The index of a state that was added.</summary>
    public int IndexOf(ReadOnlySpan<ulong> state)
    {
        var hash = Hash(state);
        var mask = table.Length - 1;
        for (var at = (int)(hash >> shift); table[at] != 0; at = (at + 1) & mask)
        {
            if (table[at] >> 32 == hash >> 32 && this[(int)(uint)table[at] - 1].SequenceEqual(state))
            {
                return (int)(uint)table[at] - 1;
            }
        }

        throw new ArgumentException("This state was not added", nameof(state));
    }

    private void Grow()
    {
        var old = table;
        table = new ulong[old.Length * 2];
        shift--;
        var mask = table.Length - 1;
        foreach (var entry in old)
        {
            if (entry == 0)
            {
                continue;
            }

            var at = (int)(entry >> shift);
            while (table[at] != 0)
            {
                at = (at + 1) & mask;
            }

            table[at] = entry;
        }
    }

    /// <summary>A state with this hash will be added soon: its place in the table is brought into the cache meanwhile.</summary>
    public unsafe void Expect(ulong hash)
    {
        if (Sse.IsSupported)
        {
            // A hint only: it does not matter if the collector moves the table at this moment.
            Sse.Prefetch0(Unsafe.AsPointer(ref table[(int)(hash >> shift)]));
        }
    }

    /// <summary>Two lanes, so that the multiplications of one need not wait for those of the other.</summary>
    public static ulong Hash(ReadOnlySpan<ulong> state)
    {
        var a = 0x9E3779B97F4A7C15UL;
        var b = 0xC2B2AE3D27D4EB4FUL;
        var i = 0;
        for (; i + 1 < state.Length; i += 2)
        {
            a = Mix(a ^ state[i]);
            b = Mix(b ^ state[i + 1]);
        }

        if (i < state.Length)
        {
            a = Mix(a ^ state[i]);
        }

        var h = a ^ BitOperations.RotateLeft(b, 32);
        h ^= h >> 32;
        h *= 0xE7037ED1A0B428DBUL;
        return h ^ (h >> 29);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong word)
    {
        var high = Math.BigMul(word, 0xD6E8FEB86659FD93UL, out var low);
        return high ^ low ^ 0xA0761D6478BD642FUL;
    }
}
