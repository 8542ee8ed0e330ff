using PciDash.Engine.Machine;

namespace PciDash.Engine.Simulation;

/// <summary>The causes of an event, back along both of them.</summary>
public static class CauseChain
{
    private const int Longest = 12;
    private const int MostCauses = 2_000;

    /// <summary>
    /// The event and what led to it, by number; at most twelve, the last ones. A storm's own rounds are told once, and a device's earlier
    /// events do not explain this one.
    /// </summary>
    /// <param name="recording">The recording.</param>
    /// <param name="raw">Raw number of the event.</param>
    public static IReadOnlyList<RecordedEvent> Of(Recording recording, long raw)
    {
        ArgumentNullException.ThrowIfNull(recording);
        var e = recording.EventAt(raw);
        var chain = new SortedDictionary<long, RecordedEvent> { [e.Raw] = e };
        var seen = new HashSet<long> { e.Raw };
        var told = new HashSet<(EventKind, int)>();
        var open = new Queue<RecordedEvent>([e]);
        while (open.TryDequeue(out var at) && seen.Count < MostCauses)
        {
            foreach (var cause in new[] { at.Why, at.Also })
            {
                var first = FirstRound(recording, cause);
                if (cause < 0 || at.Event.Kind == EventKind.DeviceEvent || !seen.Add(first))
                {
                    continue;
                }

                var because = recording.EventAt(first);
                open.Enqueue(because);
                if (because.Event.Kind is EventKind.Eoi || (because.Event.Kind is EventKind.IrqDelivered or EventKind.Handler && !told.Add((because.Event.Kind, because.Event.C & 1))))
                {
                    continue;
                }

                chain[first] = because;
            }
        }

        return [.. chain.Values.TakeLast(Longest)];
    }

    private static long FirstRound(Recording recording, long raw)
    {
        var entry = raw < 0 ? -1 : recording.EntryOf(raw);
        return entry < 0 ? raw : recording.Entries[entry].Raw;
    }
}
