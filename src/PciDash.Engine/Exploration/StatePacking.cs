using System.Diagnostics;
using System.Numerics;
using System.Runtime.Intrinsics.X86;

namespace PciDash.Engine.Exploration;

/// <summary>
/// Visited states without the bits that are the same in all of them: of a state's words most bits never change on one machine. What is kept
/// is how a state differs from the first one, so that a bit which is found to vary later is zero in all that was packed before, and nothing
/// need be packed anew. Lossless for states that differ from the first one in no other bits than those it was made for; it says so of each.
/// </summary>
internal sealed class StatePacking
{
    private const int WordBits = 64;

    // Before this family AMD's processors did these instructions in microcode, slower than shifts do it.
    private const int FirstFastAmdFamily = 0x19;

    private static readonly bool HasFastExtract = Bmi2.X64.IsSupported && IsFast();

    private readonly ulong[] first;
    private readonly ulong[] same;

    // In the order of words, and where those of each word begin.
    private readonly Field[] fields;
    private readonly int[] fieldsOf;
    private readonly Field[] firstOf;
    private readonly int[] used;

    // Varying bits of one word, and where among the packed words they lie.
    private readonly record struct Field(int Word, ulong Bits, int Target, int Shift);

    /// <summary>Makes it for states that differ from <paramref name="first"/> in bits of <paramref name="varying"/> only.</summary>
    public StatePacking(ReadOnlySpan<ulong> first, ReadOnlySpan<ulong> varying)
        : this(first, varying, [], [])
    {
    }

    private StatePacking(ReadOnlySpan<ulong> first, ReadOnlySpan<ulong> varying, IEnumerable<Field> before, IEnumerable<int> usedBefore)
    {
        this.first = first.ToArray();
        same = new ulong[first.Length];
        var placed = before.ToList();
        var room = usedBefore.ToList();
        var words = new List<(int Word, ulong Bits)>();
        for (var word = 0; word < first.Length; word++)
        {
            same[word] = ~varying[word];
            var bits = placed.Where(f => f.Word == word).Aggregate(varying[word], (left, f) => left & ~f.Bits);
            if (bits != 0)
            {
                words.Add((word, bits));
            }
        }

        // The widest first, each into the first packed word that has room.
        foreach (var (word, bits) in words.OrderByDescending(w => BitOperations.PopCount(w.Bits)).ThenBy(w => w.Word))
        {
            Place(word, bits, placed, room);
        }

        used = [.. room];
        Width = Math.Max(1, used.Length);
        fields = [.. placed.OrderBy(f => f.Word)];
        firstOf = [.. Enumerable.Range(0, first.Length).Select(word => fields.FirstOrDefault(f => f.Word == word))];
        fieldsOf = [.. Enumerable.Range(0, first.Length + 1).Select(word => fields.Count(f => f.Word < word))];
    }

    private void Place(int word, ulong bits, List<Field> placed, List<int> room)
    {
        while (bits != 0)
        {
            var needed = BitOperations.PopCount(bits);
            var target = room.FindIndex(u => u + needed <= WordBits);
            if (target < 0 && room.Count < first.Length)
            {
                target = room.Count;
                room.Add(0);
            }

            var part = bits;
            if (target < 0)
            {
                // As many words as a state has, none with room for all of these: they are taken apart.
                target = room.FindIndex(u => u < WordBits);
                part = DepositByRuns(Ones(WordBits - room[target]), bits);
            }

            placed.Add(new Field(word, part, target, room[target]));
            room[target] += BitOperations.PopCount(part);
            bits &= ~part;
        }
    }

    /// <summary>Words of a packed state, at most as many as the state has.</summary>
    public int Width { get; }

    /// <summary>The same for states that vary in more bits: what this one has packed is the same there, with zeros behind it.</summary>
    public StatePacking With(ReadOnlySpan<ulong> varying) => new(first, varying, fields, used);

    /// <summary>Packs a state; false if it varies in a bit that this packing leaves out.</summary>
    public bool TryPack(ReadOnlySpan<ulong> state, Span<ulong> packed)
    {
        packed[..Width].Clear();
        return TryChange(state, first, packed);
    }

    /// <summary>Packs a state by what differs from another one, which is packed already: that is little after one action. False as above.</summary>
    public bool TryPack(ReadOnlySpan<ulong> state, ReadOnlySpan<ulong> other, ReadOnlySpan<ulong> otherPacked, Span<ulong> packed)
    {
        otherPacked.CopyTo(packed);
        return TryChange(state, other, packed);
    }

    // Moving bits together commutes with exclusive or.
    private bool TryChange(ReadOnlySpan<ulong> state, ReadOnlySpan<ulong> other, Span<ulong> packed)
    {
        Debug.Assert(state.Length == first.Length && other.Length == first.Length);
        var outside = 0UL;
        for (var word = 0; word < state.Length && word < other.Length; word++)
        {
            var differs = state[word] ^ other[word];
            if (differs != 0)
            {
                // Mostly the bits of a word lie together.
                ref readonly var one = ref firstOf[word];
                packed[one.Target] ^= Extract(differs, one.Bits) << one.Shift;
                var others = differs & ~one.Bits;
                if (others != 0)
                {
                    outside |= others & same[word];
                    ChangeOthers(word, others, packed);
                }
            }
        }

        return outside == 0;
    }

    private void ChangeOthers(int word, ulong differs, Span<ulong> packed)
    {
        for (var f = fieldsOf[word] + 1; f < fieldsOf[word + 1]; f++)
        {
            ref readonly var field = ref fields[f];
            packed[field.Target] ^= Extract(differs, field.Bits) << field.Shift;
        }
    }

    /// <summary>The state that was packed.</summary>
    public void Unpack(ReadOnlySpan<ulong> packed, Span<ulong> state)
    {
        first.CopyTo(state);
        foreach (ref readonly var field in fields.AsSpan())
        {
            state[field.Word] ^= Deposit(packed[field.Target] >> field.Shift, field.Bits);
        }
    }

    private static ulong Extract(ulong word, ulong bits) => HasFastExtract ? Bmi2.X64.ParallelBitExtract(word, bits) : ExtractByRuns(word, bits);

    private static ulong Deposit(ulong word, ulong bits) => HasFastExtract ? Bmi2.X64.ParallelBitDeposit(word, bits) : DepositByRuns(word, bits);

    /// <summary>The bits of <paramref name="word"/> that <paramref name="bits"/> names, moved together at the low end.</summary>
    internal static ulong ExtractByRuns(ulong word, ulong bits)
    {
        var result = 0UL;
        for (var at = 0; bits != 0;)
        {
            var (low, length) = LowestRun(bits);
            result |= ((word >> low) & Ones(length)) << at;
            at += length;
            bits &= ~(Ones(length) << low);
        }

        return result;
    }

    /// <summary>The other way round: the low bits of <paramref name="word"/> moved to where <paramref name="bits"/> are.</summary>
    internal static ulong DepositByRuns(ulong word, ulong bits)
    {
        var result = 0UL;
        while (bits != 0)
        {
            var (low, length) = LowestRun(bits);
            result |= (word & Ones(length)) << low;
            word = length == WordBits ? 0 : word >> length;
            bits &= ~(Ones(length) << low);
        }

        return result;
    }

    private static (int Low, int Length) LowestRun(ulong bits)
    {
        var low = BitOperations.TrailingZeroCount(bits);
        return (low, BitOperations.TrailingZeroCount(~(bits >> low)) is var length && low + length > WordBits ? WordBits - low : length);
    }

    private static ulong Ones(int length) => length == WordBits ? ulong.MaxValue : (1UL << length) - 1;

    private static bool IsFast()
    {
        var (_, b, c, d) = X86Base.CpuId(0, 0);
        var isAmd = (b, d, c) == (0x68747541, 0x69746E65, 0x444D4163);
        var version = X86Base.CpuId(1, 0).Eax;
        return !isAmd || ((version >> 8) & 0xF) + ((version >> 20) & 0xFF) >= FirstFastAmdFamily;
    }
}
