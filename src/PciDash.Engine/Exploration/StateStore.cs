using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PciDash.Engine.Exploration;

/// <summary>
/// The visited states, whole: a table of indices over an arena of packed words. Equality is over all bits in which any two of them differ,
/// never over a fingerprint alone.
/// </summary>
internal sealed class StateStore
{
    private const int ChunkBits = 14;
    private const int ChunkStates = 1 << ChunkBits;
    private const int FirstTableBits = 14;

    private readonly ulong[] first;
    private readonly ulong[] varying;
    private readonly ulong[] unpacked;
    private readonly ulong[] row;
    private StatePacking packing;
    private ulong[][] chunks = [];
    private (int Parent, int Move)[][] origins = [];

    // High half: the hash, whose upper bits say where in the table it belongs; low half: index + 1. Zero = free.
    private ulong[] table = new ulong[1 << FirstTableBits];
    private int shift = 64 - FirstTableBits;

    /// <summary>An empty store.</summary>
    /// <param name="first">Any state of the machine: the bits that it shares with all others are not stored.</param>
    public StateStore(ReadOnlySpan<ulong> first)
    {
        this.first = first.ToArray();
        varying = new ulong[first.Length];
        unpacked = new ulong[first.Length];
        row = new ulong[first.Length];
        packing = new StatePacking(first, varying);
    }

    public int Count { get; private set; }

    public long Bytes => ((long)chunks.Length * ChunkStates * ((packing.Width * 8) + 8)) + (table.Length * 8L);

    /// <summary>Changes when a state came that differs in a bit in which none before it did: what was prepared until then is void.</summary>
    public int Layout { get; private set; }

    /// <summary>A visited state; the next one that is asked for takes its place in memory.</summary>
    public ReadOnlySpan<ulong> this[int index]
    {
        get
        {
            packing.Unpack(Row(index), unpacked);
            return unpacked;
        }
    }

    public (int Parent, int Move) OriginOf(int index) => origins[index >> ChunkBits][index & (ChunkStates - 1)];

    /// <summary>Adds a state unless it is known; true if it is new.</summary>
    public bool Add(ReadOnlySpan<ulong> state, int parent, int move) => Add(row, Prepare(state, row), parent, move);

    /// <summary>Packs a state that will be added soon and returns its hash; its place in the table is brought into the cache meanwhile.</summary>
    public ulong Prepare(ReadOnlySpan<ulong> state, Span<ulong> packed)
    {
        if (!packing.TryPack(state, packed))
        {
            Learn(state);
            packing.TryPack(state, packed);
        }

        return HashOf(packed);
    }

    /// <summary>The same for a successor of a visited state, which is quicker.</summary>
    public ulong Prepare(ReadOnlySpan<ulong> state, int fromIndex, ReadOnlySpan<ulong> from, Span<ulong> packed) =>
        packing.TryPack(state, from, Row(fromIndex), packed) ? HashOf(packed) : Prepare(state, packed);

    private ulong HashOf(ReadOnlySpan<ulong> packed)
    {
        var hash = Hash(packed[..packing.Width]);
        Fetch(ref table[(int)(hash >> shift)]);
        return hash;
    }

    /// <summary>The second half of that: the state that is in that place already is brought into the cache.</summary>
    public void Expect(ulong hash)
    {
        var entry = table[(int)(hash >> shift)];
        if (entry != 0)
        {
            var index = (int)(uint)entry - 1;
            Fetch(ref chunks[index >> ChunkBits][(index & (ChunkStates - 1)) * packing.Width]);
        }
    }

    /// <summary>Adds a prepared state unless it is known; true if it is new.</summary>
    public bool Add(ReadOnlySpan<ulong> packed, ulong hash, int parent, int move)
    {
        if (Count >= table.Length - (table.Length >> 2))
        {
            Grow();
        }

        var at = Find(packed, hash);
        if (table[at] != 0)
        {
            return false;
        }

        if (Count >> ChunkBits == chunks.Length)
        {
            chunks = [.. chunks, GC.AllocateUninitializedArray<ulong>(ChunkStates * packing.Width)];
            origins = [.. origins, GC.AllocateUninitializedArray<(int, int)>(ChunkStates)];
        }

        packed[..packing.Width].CopyTo(Row(Count));
        origins[Count >> ChunkBits][Count & (ChunkStates - 1)] = (parent, move);
        Count++;
        table[at] = (hash & 0xFFFF_FFFF_0000_0000) | (uint)Count;
        return true;
    }

    /// <summary>The index of a state that was added.</summary>
    public int IndexOf(ReadOnlySpan<ulong> state)
    {
        var index = packing.TryPack(state, row) ? (int)(uint)table[Find(row, Hash(row.AsSpan(0, packing.Width)))] - 1 : -1;
        return index >= 0 ? index : throw new ArgumentException("This state was not added", nameof(state));
    }

    /// <summary>Bits in which this state differs from the first one are stored from here on; what is stored is packed anew if they were not.</summary>
    public void Learn(ReadOnlySpan<ulong> state)
    {
        var more = 0UL;
        for (var word = 0; word < first.Length; word++)
        {
            var differs = (state[word] ^ first[word]) & ~varying[word];
            varying[word] |= differs;
            more |= differs;
        }

        if (more != 0)
        {
            PackAnew();
        }
    }

    private void PackAnew()
    {
        Layout++;
        var old = packing;
        packing = new StatePacking(first, varying);
        var whole = new ulong[first.Length];
        Array.Clear(table);
        for (var c = 0; c < chunks.Length; c++)
        {
            var was = chunks[c];
            chunks[c] = GC.AllocateUninitializedArray<ulong>(ChunkStates * packing.Width);
            for (var index = c << ChunkBits; index < Math.Min(Count, (c + 1) << ChunkBits); index++)
            {
                old.Unpack(was.AsSpan((index & (ChunkStates - 1)) * old.Width, old.Width), whole);
                packing.TryPack(whole, Row(index));
                var hash = Hash(Row(index));
                table[FreePlace((int)(hash >> shift))] = (hash & 0xFFFF_FFFF_0000_0000) | (uint)(index + 1);
            }
        }
    }

    private Span<ulong> Row(int index) => chunks[index >> ChunkBits].AsSpan((index & (ChunkStates - 1)) * packing.Width, packing.Width);

    // Where the state is, or the free place where it belongs.
    private int Find(ReadOnlySpan<ulong> packed, ulong hash)
    {
        var mask = table.Length - 1;
        var at = (int)(hash >> shift);
        for (var entry = table[at]; entry != 0; entry = table[at])
        {
            if (entry >> 32 == hash >> 32 && IsAt((int)(uint)entry - 1, packed))
            {
                break;
            }

            at = (at + 1) & mask;
        }

        return at;
    }

    private bool IsAt(int index, ReadOnlySpan<ulong> packed)
    {
        var known = Row(index);
        var differs = 0UL;
        for (var word = 0; word < known.Length; word++)
        {
            differs |= known[word] ^ packed[word];
        }

        return differs == 0;
    }

    private int FreePlace(int at)
    {
        while (table[at] != 0)
        {
            at = (at + 1) & (table.Length - 1);
        }

        return at;
    }

    private void Grow()
    {
        var old = table;
        table = new ulong[old.Length * 2];
        shift--;
        foreach (var entry in old)
        {
            if (entry != 0)
            {
                table[FreePlace((int)(entry >> shift))] = entry;
            }
        }
    }

    private static unsafe void Fetch(ref ulong word)
    {
        if (Sse.IsSupported)
        {
            // A hint only: it does not matter if the collector moves the array at this moment.
            Sse.Prefetch0(Unsafe.AsPointer(ref word));
        }
    }

    /// <summary>Two lanes, so that the multiplications of one need not wait for those of the other.</summary>
    private static ulong Hash(ReadOnlySpan<ulong> state)
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
