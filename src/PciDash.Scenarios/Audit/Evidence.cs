using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Audit;

/// <summary>What one run tells of something that went wrong in it.</summary>
/// <param name="Culprits">Functions that hold the line, or the function itself.</param>
/// <param name="Why">What led to it: events in words, each with the kernel function behind it.</param>
internal sealed record Evidence(IReadOnlyList<MachineFunction> Culprits, IReadOnlyList<string> Why)
{
    private const int MostWhy = 6;

    /// <summary>Of nothing grave.</summary>
    public static Evidence None { get; } = new([], []);

    /// <summary>Looks for it in the run.</summary>
    public static Evidence Of(Run run, OutcomeKey key, in Outcome outcome)
    {
        var culprits = CulpritsOf(run, key, outcome.Why);
        return new Evidence(culprits, WhyOf(run, key.IsLine, culprits, outcome.Why));
    }

    // Who holds the line: at the event, or if that was too early at the end.
    private static IReadOnlyList<MachineFunction> CulpritsOf(Run run, OutcomeKey key, long why)
    {
        var m = run.Machine;
        if (!key.IsLine)
        {
            return [m.Functions[key.Index]];
        }

        IReadOnlyList<MachineFunction> Holding(MachineView view) => [.. m.Lines[key.Index].Functions.Where(f => view.Function(f).PinAsserted).Select(f => m.Functions[f])];
        var then = why >= 0 && key.Kind == OutcomeKind.StormDisabled ? Holding(run.At(why).After) : [];
        return then.Count > 0 ? then : Holding(run.Final);
    }

    // What raised the pins that hold the line, and the event itself.
    private static List<string> WhyOf(Run run, bool isLine, IReadOnlyList<MachineFunction> culprits, long raw)
    {
        if (raw < 0)
        {
            return [];
        }

        var chain = new SortedDictionary<long, RecordedEvent>();
        foreach (var f in isLine ? culprits : [])
        {
            if (LastRise(run.Recording, f.Index, raw) is { } rise)
            {
                foreach (var e in CauseChain.Of(run.Recording, rise))
                {
                    chain.TryAdd(e.Raw, e);
                }
            }
        }

        foreach (var e in CauseChain.Of(run.Recording, raw).TakeLast(chain.Count == 0 ? MostWhy : 1))
        {
            chain.TryAdd(e.Raw, e);
        }

        var words = new EventText(run.Machine);
        return [.. chain.Values.Where(e => e.Event.Kind is not EventKind.Phase).TakeLast(MostWhy).Select(e =>
            $"{words.Where(e.Event)}: {words.What(e.Event)}{(e.Event.Origin >= 0 && run.Machine.Origins[e.Event.Origin] is { Where.Length: > 0 } o ? $" [{o.Where}]" : "")}")];
    }

    private static long? LastRise(Recording recording, int function, long raw)
    {
        var entries = recording.Entries;
        long? found = null;
        for (var i = 0; i < entries.Length && (entries[i].Raw <= raw || found is null); i++)
        {
            ref readonly var e = ref entries[i];
            if (e.Event.Kind == EventKind.Intx && e.Event.A == 1 && e.Event.Subject == function)
            {
                found = e.Raw;
            }
        }

        return found;
    }
}
