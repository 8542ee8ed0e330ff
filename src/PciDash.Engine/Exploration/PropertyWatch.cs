using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>Keeps the events of one action that a property may be about, and nothing else.</summary>
internal struct WatchSink(PropertyWatch watch) : IEventSink
{
    public static bool Records => false;

    public readonly long Emit(in MachineEvent e, long why, long also)
    {
        watch?.Saw(e, -1);
        return -1;
    }
}

/// <summary>The same for a timed run, whose events have numbers.</summary>
internal struct CountingWatchSink(PropertyWatch watch) : IEventSink
{
    public static bool Records => true;

    /// <summary>Raw number of the next event.</summary>
    public long Next { get; set; }

    public long Emit(in MachineEvent e, long why, long also)
    {
        watch?.Saw(e, Next);
        return Next++;
    }
}

/// <summary>
/// Holds properties against one action after the other: the same for a search over all orderings and for a timed run. A property that is
/// about states is violated by the action after which it first is.
/// </summary>
internal sealed class PropertyWatch
{
    /// <summary>Most properties: each has a bit.</summary>
    public const int Most = 64;

    private readonly EventRule?[] ofEvent;
    private readonly StateRule?[] ofState;
    private readonly ulong[] wantedBy = new ulong[64];
    private readonly ulong states;
    private readonly List<(MachineEvent Event, long Raw)> seen = [];

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
        for (var i = 0; i < properties.Count; i++)
        {
            foreach (var kind in properties[i].Kinds)
            {
                wantedBy[(int)kind] |= 1UL << i;
            }

            states |= ofState[i] is not null ? 1UL << i : 0;
        }
    }

    /// <summary>An event of the action that is being carried out.</summary>
    public void Saw(in MachineEvent e, long raw)
    {
        if (wantedBy[(int)e.Kind] != 0)
        {
            seen.Add((e, raw));
        }
    }

    /// <summary>An action begins.</summary>
    public void Begin() => seen.Clear();

    /// <summary>Properties that a state by itself violates.</summary>
    public ulong InState(ReadOnlySpan<ulong> state)
    {
        var violated = 0UL;
        for (var left = states; left != 0; left &= left - 1)
        {
            var i = System.Numerics.BitOperations.TrailingZeroCount(left);
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
        foreach (var (e, raw) in seen)
        {
            for (var left = wantedBy[(int)e.Kind] & ~violated; left != 0; left &= left - 1)
            {
                var i = System.Numerics.BitOperations.TrailingZeroCount(left);
                if (ofEvent[i]!(e, after))
                {
                    violated |= 1UL << i;
                    found?.Invoke(i, raw);
                }
            }
        }

        return violated;
    }
}
