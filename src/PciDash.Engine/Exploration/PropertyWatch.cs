using System.Numerics;
using System.Runtime.CompilerServices;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>Keeps the events of one action that a property may be about, and nothing else.</summary>
internal readonly struct WatchSink(PropertyWatch watch) : IEventSink
{
    private readonly ulong kinds = watch.Kinds;

    public static bool Records => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Emit(in MachineEvent e, long why, long also)
    {
        if ((kinds & (1UL << (int)e.Kind)) != 0)
        {
            watch.Keep(e, -1);
        }

        return -1;
    }
}

/// <summary>The same for a timed run, whose events have numbers.</summary>
internal struct CountingWatchSink(PropertyWatch watch) : IEventSink
{
    private readonly ulong kinds = watch.Kinds;

    public static bool Records => true;

    /// <summary>Raw number of the next event.</summary>
    public long Next { get; set; }

    public long Emit(in MachineEvent e, long why, long also)
    {
        if ((kinds & (1UL << (int)e.Kind)) != 0)
        {
            watch.Keep(e, Next);
        }

        return Next++;
    }
}

/// <summary>
/// Holds properties against one action after the other: the same for a search over all orderings and for a timed run. A property that is
/// about states is violated by the action after which it first is. A watch serves one thread.
/// </summary>
internal sealed class PropertyWatch
{
    /// <summary>Most properties: each has a bit.</summary>
    public const int Most = 64;

    private readonly EventRule?[] ofEvent;
    private readonly StateRule?[] ofState;
    private readonly ulong[] wantedBy = new ulong[64];
    private readonly ulong states;

    // What properties of states look at: bits of a word, and which properties do. Others than these cannot be decided by what an action changes.
    private readonly (int Word, ulong Bits, ulong Properties)[] looked;
    private (MachineEvent Event, long Raw)[] seen = new (MachineEvent, long)[16];
    private int count;

    /// <summary>Prepares to watch; a property's bit is its place in the list.</summary>
    /// <exception cref="ScenarioException">A property names what the machine does not have, or there are too many.</exception>
    public PropertyWatch(CompiledMachine m, IReadOnlyList<Property> properties)
    {
        if (properties.Count > Most)
        {
            throw new ScenarioException([$"{properties.Count} properties: at most {Most} are possible at once"]);
        }

        ofEvent = [.. properties.Select(p => p.OfEvent?.Invoke(m))];
        ofState = [.. properties.Select(p => p.OfState?.Invoke(m))];
        var words = new Dictionary<(int, ulong), ulong>();
        for (var i = 0; i < properties.Count; i++)
        {
            foreach (var kind in properties[i].Kinds)
            {
                wantedBy[(int)kind] |= 1UL << i;
                Kinds |= 1UL << (int)kind;
            }

            if (ofState[i] is null)
            {
                continue;
            }

            states |= 1UL << i;
            foreach (var read in properties[i].Reads?.Invoke(m) ?? Enumerable.Range(0, m.ControlWords).Select(word => (word, ulong.MaxValue)))
            {
                words[read] = words.GetValueOrDefault(read) | (1UL << i);
            }
        }

        looked = [.. words.Select(w => (w.Key.Item1, w.Key.Item2, w.Value)).OrderBy(w => w.Item1)];
    }

    /// <summary>A bit for each kind of event that a property is about.</summary>
    public ulong Kinds { get; }

    /// <summary>An event of the action that is being carried out, of one of those kinds.</summary>
    public void Keep(in MachineEvent e, long raw)
    {
        if (count == seen.Length)
        {
            Array.Resize(ref seen, 2 * count);
        }

        seen[count++] = (e, raw);
    }

    /// <summary>An action begins.</summary>
    public void Begin() => count = 0;

    /// <summary>Properties that a state by itself violates.</summary>
    public ulong InState(ReadOnlySpan<ulong> state) => InState(state, states);

    /// <summary>The same after an action.</summary>
    /// <param name="after">The state after it.</param>
    /// <param name="from">The state before it.</param>
    /// <param name="before">What that one violates.</param>
    public ulong InState(ReadOnlySpan<ulong> after, ReadOnlySpan<ulong> from, ulong before)
    {
        var touched = 0UL;
        foreach (ref readonly var look in looked.AsSpan())
        {
            touched |= ((after[look.Word] ^ from[look.Word]) & look.Bits) != 0 ? look.Properties : 0;
        }

        return touched == 0 ? before : (before & ~touched) | InState(after, touched);
    }

    private ulong InState(ReadOnlySpan<ulong> state, ulong asked)
    {
        var violated = 0UL;
        for (var left = asked; left != 0; left &= left - 1)
        {
            var i = BitOperations.TrailingZeroCount(left);
            violated |= ofState[i]!(state) ? 1UL << i : 0;
        }

        return violated;
    }

    /// <summary>Properties that the events of the action violate.</summary>
    /// <param name="after">The state after it.</param>
    /// <param name="found">Told of each, with the raw number of the event.</param>
    public ulong InEvents(ReadOnlySpan<ulong> after, Action<int, long>? found = null)
    {
        var violated = 0UL;
        for (var at = 0; at < count; at++)
        {
            ref readonly var e = ref seen[at].Event;
            for (var left = wantedBy[(int)e.Kind] & ~violated; left != 0; left &= left - 1)
            {
                var i = BitOperations.TrailingZeroCount(left);
                if (ofEvent[i]!(e, after))
                {
                    violated |= 1UL << i;
                    found?.Invoke(i, seen[at].Raw);
                }
            }
        }

        return violated;
    }
}
