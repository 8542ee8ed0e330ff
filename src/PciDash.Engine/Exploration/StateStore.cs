using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PciDash.Engine.Exploration;

/// <summary>
/// The visited states, whole: a table of indices over an arena of packed words. Equality is over all bits in which any two of them differ,
/// never over a fingerprint alone. One thread adds; others may unpack states and ask for some meanwhile, but not while a bit is learned.
/// </summary>
internal sealed class StateStore
{
    // States are kept in arrays: a small first one, each of the next twice the one before it, and from some size on all of that size.
    private const int FirstBits = 12;
    private const int MostBits = 20;
    private const int FirstTableBits = 13;

    private readonly ulong[] first;
    private readonly ulong[] varying;
    private readonly ulong[] unpacked;
    private readonly ulong[] row;
    private StatePacking packing;
    private ulong[][] chunks = [];
    private (int Parent, int Move)[][] origins = [];
    private Table table = new(FirstTableBits);
    private int count;

    // High half of an entry: that of the hash, whose upper bits say where in the table it belongs; low half: index + 1. Zero = free.
    private sealed class Table(int bits)
    {
        public readonly ulong[] Entries = new ulong[1 << bits];
        public readonly int Bits = bits;

        public int PlaceOf(ulong hash) => (int)(hash >> (64 - Bits));
    }

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

    public int Count => count;

    /// <summary>Words of a packed state.</summary>
    public int Width => packing.Width;

    /// <summary>Bytes in use: states, where each comes from, and the table.</summary>
    public long Bytes => ((long)count * ((packing.Width * 8) + 8)) + (table.Entries.Length * 8L);

    /// <summary>Changes when a state came that differs in a bit in which none before it did: what was prepared until then is void.</summary>
    public int Layout { get; private set; }

    /// <summary>A visited state; the next one that is asked for takes its place in memory.</summary>
    public ReadOnlySpan<ulong> this[int index]
    {
        get
        {
            Unpack(index, unpacked);
            return unpacked;
        }
    }

    /// <summary>A visited state.</summary>
    public void Unpack(int index, Span<ulong> state) => packing.Unpack(Row(index), state);

    public (int Parent, int Move) OriginOf(int index)
    {
        var (chunk, at) = PlaceOf(index);
        return origins[chunk][at];
    }

    private static (int Chunk, int At) PlaceOf(int index)
    {
        if (index >= 1 << MostBits)
        {
            return ((index >> MostBits) + MostBits - FirstBits, index & ((1 << MostBits) - 1));
        }

        var bits = BitOperations.Log2((uint)index | ((1U << FirstBits) - 1));
        return (bits - FirstBits + 1, index - ((1 << bits) & -(1 << FirstBits)));
    }

    // States of an array.
    private static int SizeOf(int chunk) => 1 << Math.Min(MostBits, chunk == 0 ? FirstBits : FirstBits + chunk - 1);

    /// <summary>Adds a state unless it is known; true if it is new.</summary>
    public bool Add(ReadOnlySpan<ulong> state, int parent, int move)
    {
        if (!packing.TryPack(state, row))
        {
            Learn(state);
            packing.TryPack(state, row);
        }

        return Add(row, Hash(row.AsSpan(0, packing.Width)), parent, move);
    }

    /// <summary>The packed words of a visited state.</summary>
    public ReadOnlySpan<ulong> Packed(int index) => Row(index);

    /// <summary>
    /// Packs a successor of a visited state and gives its hash; its place in the table is brought into the cache meanwhile. False if it
    /// differs in a bit that has to be learned before.
    /// </summary>
    public bool TryPrepare(ReadOnlySpan<ulong> state, ReadOnlySpan<ulong> from, ReadOnlySpan<ulong> fromPacked, Span<ulong> packed, out ulong hash)
    {
        if (!packing.TryPack(state, from, fromPacked, packed))
        {
            hash = 0;
            return false;
        }

        hash = Hash(packed[..packing.Width]);
        var entries = Volatile.Read(ref table);
        Fetch(ref entries.Entries[entries.PlaceOf(hash)]);
        return true;
    }

    /// <summary>The second half of that: the state that is in that place already is brought into the cache.</summary>
    public void Expect(ulong hash)
    {
        var entries = Volatile.Read(ref table);
        var entry = Volatile.Read(ref entries.Entries[entries.PlaceOf(hash)]);
        if (entry != 0)
        {
            var (chunk, place) = PlaceOf((int)(uint)entry - 1);
            Fetch(ref Volatile.Read(ref chunks)[chunk][place * packing.Width]);
        }
    }

    /// <summary>A prepared state is known. If another thread adds states meanwhile, one that was added just now may be missed.</summary>
    public bool Knows(ReadOnlySpan<ulong> packed, ulong hash)
    {
        // What was seen at that place counts: by now another state may lie in a free one.
        Find(Volatile.Read(ref table), packed, hash, out var entry);
        return entry != 0;
    }

    /// <summary>Adds a prepared state unless it is known; true if it is new.</summary>
    public bool Add(ReadOnlySpan<ulong> packed, ulong hash, int parent, int move)
    {
        if (count >= table.Entries.Length - (table.Entries.Length >> 2))
        {
            Grow();
        }

        var at = Find(table, packed, hash, out var known);
        if (known != 0)
        {
            return false;
        }

        var (chunk, place) = PlaceOf(count);
        if (chunk == chunks.Length)
        {
            origins = [.. origins, GC.AllocateUninitializedArray<(int, int)>(SizeOf(chunk))];
            Volatile.Write(ref chunks, [.. chunks, GC.AllocateUninitializedArray<ulong>(SizeOf(chunk) * packing.Width)]);
        }

        packed[..packing.Width].CopyTo(chunks[chunk].AsSpan(place * packing.Width));
        origins[chunk][place] = (parent, move);
        count++;

        // The state is there before anybody can find it.
        Volatile.Write(ref table.Entries[at], (hash & 0xFFFF_FFFF_0000_0000) | (uint)count);
        return true;
    }

    /// <summary>The index of a state that was added.</summary>
    public int IndexOf(ReadOnlySpan<ulong> state)
    {
        var entry = 0UL;
        if (packing.TryPack(state, row))
        {
            Find(table, row, Hash(row.AsSpan(0, packing.Width)), out entry);
        }

        return entry != 0 ? (int)(uint)entry - 1 : throw new ArgumentException("This state was not added", nameof(state));
    }

    /// <summary>Bits in which this state differs from the first one are stored from here on. True if they were not.</summary>
    public bool Learn(ReadOnlySpan<ulong> state)
    {
        var more = 0UL;
        for (var word = 0; word < first.Length; word++)
        {
            var differs = (state[word] ^ first[word]) & ~varying[word];
            varying[word] |= differs;
            more |= differs;
        }

        if (more == 0)
        {
            return false;
        }

        Layout++;
        var was = packing.Width;
        packing = packing.With(varying);
        if (packing.Width != was)
        {
            Widen(was);
        }

        return true;
    }

    /// <summary>
    /// Packs what is stored anew: bits of a word that were learned one after the other come together, which is quicker from here on. For a store
    /// that is small yet.
    /// </summary>
    public void PackAnew()
    {
        var (old, rows) = (packing, chunks);
        packing = new StatePacking(first, varying);
        Layout++;
        chunks = [.. rows.Select((_, c) => GC.AllocateUninitializedArray<ulong>(SizeOf(c) * packing.Width))];
        table = new Table(table.Bits);
        for (var index = 0; index < count; index++)
        {
            var (chunk, at) = PlaceOf(index);
            old.Unpack(rows[chunk].AsSpan(at * old.Width, old.Width), unpacked);
            packing.TryPack(unpacked, row);
            row.AsSpan(0, packing.Width).CopyTo(chunks[chunk].AsSpan(at * packing.Width));
            var hash = Hash(row.AsSpan(0, packing.Width));
            table.Entries[FreePlace(table, hash)] = (hash & 0xFFFF_FFFF_0000_0000) | (uint)(index + 1);
        }
    }

    // What is stored stays as it is, with zeros behind it; those make no difference to its hash.
    private void Widen(int was)
    {
        for (var c = 0; c < chunks.Length; c++)
        {
            var old = chunks[c];
            chunks[c] = new ulong[SizeOf(c) * packing.Width];
            for (var i = 0; i < SizeOf(c); i++)
            {
                old.AsSpan(i * was, was).CopyTo(chunks[c].AsSpan(i * packing.Width));
            }
        }
    }

    private ReadOnlySpan<ulong> Row(int index)
    {
        var (chunk, at) = PlaceOf(index);
        return Volatile.Read(ref chunks)[chunk].AsSpan(at * packing.Width, packing.Width);
    }

    // Where the state is, or the free place where it belongs, and what is there: 0 if it is free.
    private int Find(Table table, ReadOnlySpan<ulong> packed, ulong hash, out ulong known)
    {
        var entries = table.Entries;
        var mask = entries.Length - 1;
        var at = table.PlaceOf(hash);
        var entry = Volatile.Read(ref entries[at]);
        while (entry != 0 && (entry >> 32 != hash >> 32 || !IsAt((int)(uint)entry - 1, packed)))
        {
            at = (at + 1) & mask;
            entry = Volatile.Read(ref entries[at]);
        }

        known = entry;
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

    private void Grow()
    {
        var larger = new Table(table.Bits + 1);
        foreach (var entry in table.Entries)
        {
            if (entry != 0)
            {
                larger.Entries[FreePlace(larger, entry)] = entry;
            }
        }

        Volatile.Write(ref table, larger);
    }

    private static int FreePlace(Table table, ulong hash)
    {
        var at = table.PlaceOf(hash);
        while (table.Entries[at] != 0)
        {
            at = (at + 1) & (table.Entries.Length - 1);
        }

        return at;
    }

    private static unsafe void Fetch(ref ulong word)
    {
        if (Sse.IsSupported)
        {
            // A hint only: it does not matter if the collector moves the array at this moment.
            Sse.Prefetch0(Unsafe.AsPointer(ref word));
        }
    }

    /// <summary>Each word by itself, so that no multiplication waits for another and words of zeros behind it make no difference.</summary>
    private static ulong Hash(ReadOnlySpan<ulong> packed)
    {
        var h = 0UL;
        for (var i = 0; i < packed.Length; i++)
        {
            var high = Math.BigMul(packed[i], Factors[i & (FactorCount - 1)], out var low);
            h += high ^ low;
        }

        h ^= h >> 32;
        h *= 0xE7037ED1A0B428DBUL;
        h ^= h >> 29;
        h *= 0xD6E8FEB86659FD93UL;
        return h ^ (h >> 32);
    }

    private const int FactorCount = 128;
    private static readonly ulong[] Factors = [.. Enumerable.Range(1, FactorCount).Select(Factor)];

    // splitmix64, made odd.
    private static ulong Factor(int number)
    {
        var z = (ulong)number * 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31) | 1;
    }
}
