using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>
/// What came of clusters that were searched before: two that are the same but for their addresses and line numbers, in one machine or in
/// two of a fleet, are searched once. May be used by several searches at the same time.
/// </summary>
public sealed class ClusterCache
{
    private const int MostRemembered = 1_000;
    private const int MostRows = 10_000;

    private readonly ConcurrentDictionary<string, Searched> known = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly Dictionary<object, int> numbers = [];
    private int nextNumber;
    private int hits;

    /// <summary>How often a cluster was known already.</summary>
    public int Hits => hits;

    /// <summary>A complete search of a cluster.</summary>
    /// <param name="Asked">Bit n: property n of the search's list was looked at.</param>
    /// <param name="Ways">For a property that can be violated the ways to it, in the slice's own numbers.</param>
    /// <param name="States">States visited.</param>
    /// <param name="Transitions">Actions carried out.</param>
    /// <param name="Bytes">Bytes of visited states.</param>
    /// <param name="Nearest">For a property that holds how near it came, in the slice's own numbers; null = it was not looked for.</param>
    /// <param name="IsReduced">Its ways are perhaps not the shortest.</param>
    internal sealed record Searched(
        ulong Asked, IReadOnlyDictionary<int, List<List<MachineAction>>> Ways, int States, long Transitions, long Bytes, IReadOnlyDictionary<int, NearestFound>? Nearest = null,
        bool IsReduced = false);

    internal Searched? Find(string key, ulong asked, in SearchExtras extras)
    {
        if (!known.TryGetValue(key, out var searched) || (searched.Asked & asked) != asked || (extras.Nearest && searched.Nearest is null) || (!extras.Reduced && searched.IsReduced))
        {
            return null;
        }

        Interlocked.Increment(ref hits);
        return searched;
    }

    internal void Keep(string key, Searched searched)
    {
        if (known.Count >= MostRemembered)
        {
            known.Clear();
        }

        known.AddOrUpdate(key, searched, (_, old) => (old.Asked & searched.Asked) == searched.Asked && (searched.Nearest is null || old.Nearest is not null) && (searched.IsReduced || !old.IsReduced) ? old : searched);
    }

    /// <summary>
    /// What two slices must agree in to be the same machine without time: functions, lines, vectors and program, but no address, no line's number
    /// no length of time and nothing of how the first boot came to be where the search begins.
    /// </summary>
    internal string KeyOf(CompiledMachine m, IReadOnlyList<Property> properties)
    {
        var words = new List<int>(1_024)
        {
            NumberOf(m.Scenario.Platform), m.CpuCount, m.StartPc, NumberOf(string.Join('\n', m.Names)), NumberOf(string.Join('\n', properties.Select(p => p.Id))),
            m.F.Length, m.L.Length, m.VectorCount, m.Slot.Length, m.Code.Length,
        };
        foreach (var f in m.F)
        {
            words.AddRange([NumberOf(f.Device), (int)f.Spec.Mode, f.Spec.Cpu, f.Spec.FirmwareBusMaster ? 1 : 0, f.Spec.LeftRunning ? 1 : 0, f.Parent, f.Line, f.VectorCount, f.Source.Length]);
            words.Add(f.LinesOfItsPins.Length);
            words.AddRange(f.LinesOfItsPins);
            foreach (var source in f.Source)
            {
                words.Add(NumberOf(source with { EveryNs = 0, JitterPercent = 0, FirstNs = null }));
            }
        }

        words.AddRange(m.RaisedInstead);
        foreach (var slot in m.Slot)
        {
            words.AddRange([slot.Cpu, slot.Bit]);
        }

        foreach (var b in m.B)
        {
            // The policy is in the program, and so is what is done to it from outside.
            words.Add(NumberOf(b.Spec with { Policy = ShutdownPolicy.P0, Drivers = NoDrivers, ProbeOrder = [], Closed = [], Stimuli = [], HandledBefore = NoneHandled }));
            words.Add(b.UsesRemapping ? 1 : 0);
            words.AddRange(b.Driver.Select(d => d is null ? -1 : NumberOf(d)));
            words.AddRange(b.Modes.Select(mode => (int)mode));
            words.AddRange(b.Chain.SelectMany(c => c.Append(-1)));
            words.AddRange(b.LineSlot);
            words.AddRange(b.VectorSlot);
            words.AddRange(b.Vectors);
            words.AddRange(b.Oneshot.Select(o => o ? 1 : 0));
            words.AddRange(b.SlotOwner);
        }

        // Of what came before the search it only matters where it led.
        foreach (var word in InitialState.Untimed(m).AsSpan(m.LineWord))
        {
            words.AddRange([(int)word, (int)(word >> 32)]);
        }

        foreach (ref readonly var i in m.Code.AsSpan(m.StartPc))
        {
            words.AddRange([(int)i.Op, i.Function, i.A, i.B, (int)i.If]);
        }

        return Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(words))));
    }

    private static readonly Dictionary<Bdf, Devices.DriverModel?> NoDrivers = [];
    private static readonly Dictionary<Gsi, int> NoneHandled = [];

    // Rows are equal by value, or are the very same one. No number is given twice, not even after all were forgotten: it never means another row.
    private int NumberOf(object row)
    {
        lock (gate)
        {
            if (numbers.TryGetValue(row, out var number))
            {
                return number;
            }

            if (numbers.Count >= MostRows)
            {
                numbers.Clear();
                known.Clear();
            }

            numbers[row] = nextNumber;
            return nextNumber++;
        }
    }
}
