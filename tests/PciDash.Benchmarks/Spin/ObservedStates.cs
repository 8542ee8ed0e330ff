using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;

namespace PciDash.Benchmarks;

/// <summary>The set of observable states that our search visited, and which of them SPIN printed. Kept as the first 128 bits of their SHA-256.</summary>
internal sealed class ObservedStates
{
    private const int Kept = 20;

    private readonly Dictionary<UInt128, bool> states = [];
    private readonly HashSet<UInt128> alone = [];
    private readonly List<string> firstOfSpin = [];

    /// <summary>Every visited state, observed.</summary>
    public static ObservedStates Of(CompiledMachine m, StateStore store)
    {
        var observed = new ObservedStates();
        var text = new ObservableState(m);
        for (var i = 0; i < store.Count; i++)
        {
            observed.states.TryAdd(KeyOf(text.Of(store[i])), false);
        }

        return observed;
    }

    /// <summary>Distinct observable states of ours.</summary>
    public int Distinct => states.Count;

    /// <summary>Those of them that SPIN printed.</summary>
    public int Common { get; private set; }

    /// <summary>Distinct ones that SPIN alone printed.</summary>
    public int SpinAlone => alone.Count;

    /// <summary>The first of these, as text.</summary>
    public IReadOnlyList<string> FirstOfSpin => firstOfSpin;

    /// <summary>SPIN printed a state.</summary>
    public void SeenBySpin(string line)
    {
        var key = KeyOf(line);
        ref var seen = ref CollectionsMarshal.GetValueRefOrNullRef(states, key);
        if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref seen))
        {
            Common += seen ? 0 : 1;
            seen = true;
        }
        else if (alone.Add(key) && firstOfSpin.Count < Kept)
        {
            firstOfSpin.Add(line);
        }
    }

    /// <summary>The first states of ours that SPIN did not print, as text.</summary>
    public IEnumerable<string> FirstAlone(CompiledMachine m, StateStore store, int count)
    {
        var text = new ObservableState(m);
        return Enumerable.Range(0, store.Count).Select(i => text.Of(store[i])).Where(line => !states[KeyOf(line)]).Take(count);
    }

    private static UInt128 KeyOf(string line)
    {
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(line.Length)];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(line, bytes)], hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }
}
