using System.Runtime.CompilerServices;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;
using PciDash.Scenarios.Timeline;

namespace PciDash.Web.Lab;

/// <summary>Which events of a run a table shows.</summary>
/// <param name="Lane">Only what this lane tells of; null = all.</param>
/// <param name="Kind">Only this kind; null = all.</param>
/// <param name="Text">Only what has all of these words.</param>
public sealed record EventFilter(Lane? Lane, EventKind? Kind, string Text)
{
    private static readonly ConditionalWeakTable<Run, int[]> AllOf = [];
    private static readonly ConditionalWeakTable<Run, IReadOnlyList<EventKind>> KindsOf = [];

    /// <summary>Everything.</summary>
    public static readonly EventFilter None = new(null, null, "");

    /// <summary>All entries of a run, shared by all who look at it.</summary>
    public static IReadOnlyList<int> All(Run run) => AllOf.GetValue(run, r => [.. Enumerable.Range(0, r.Recording.Count)]);

    /// <summary>The entries that pass, rising.</summary>
    /// <exception cref="OperationCanceledException">It is not wanted any more.</exception>
    public IReadOnlyList<int> Of(Run run, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var words = Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (Lane is null && Kind is null && words.Length == 0)
        {
            return All(run);
        }

        var text = new EventText(run.Machine);
        var entries = run.Recording.Entries;
        var found = new List<int>();
        for (var i = 0; i < entries.Length; i++)
        {
            if ((i & 0xFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            var e = entries[i].Event;
            if ((Kind is null || e.Kind == Kind) && (Lane is null || Stepping.IsOn(Lane, e)) && (words.Length == 0 || Has(text, e, words)))
            {
                found.Add(i);
            }
        }

        return found;
    }

    /// <summary>The kinds that happen in a run, shared as well.</summary>
    public static IReadOnlyList<EventKind> Kinds(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return KindsOf.GetValue(run, Find);
    }

    private static EventKind[] Find(Run run)
    {
        var seen = new bool[256];
        foreach (ref readonly var e in run.Recording.Entries)
        {
            seen[(byte)e.Event.Kind] = true;
        }

        return [.. Enum.GetValues<EventKind>().Where(k => seen[(byte)k])];
    }

    private static bool Has(EventText text, in MachineEvent e, string[] words)
    {
        var said = text.Where(e) + " " + text.What(e);
        return words.All(w => said.Contains(w, StringComparison.OrdinalIgnoreCase));
    }
}
