using System.Globalization;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>
/// All orderings of a machine of any size: of the whole machine at once, which shows the shortest ways, as far as that goes; and cluster by
/// cluster where it is too much.
/// </summary>
public static class MachineSearch
{
    // Part of the states that may go into the search of the whole machine where clusters could tell as well.
    private const int WholeShare = 20;

    // Functions from which on the whole machine is not worth a look: one action each is a product too large to be seen.
    private const int TooManyForWhole = 100;

    /// <summary>Searches.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="properties">What is asked, at most 64.</param>
    /// <param name="budget">How much it may use.</param>
    /// <param name="seeded">Makes a timed run of the whole machine, which shows what clusters alone can not.</param>
    /// <param name="cache">What is known of clusters; null = nothing yet.</param>
    /// <param name="thorough">What clusters do not tell of may have all the states of the budget; otherwise it stays open.</param>
    /// <param name="progress">Told of the search of the whole machine.</param>
    /// <param name="extras">What it does beside deciding.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="ScenarioException">A property names what the machine does not have.</exception>
    public static SearchResult Of(
        CompiledMachine machine, IReadOnlyList<Property> properties, SearchBudget budget, Func<Run> seeded, ClusterCache? cache = null, bool thorough = true,
        Action<SearchProgress>? progress = null, SearchExtras extras = default, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(properties);
        ArgumentNullException.ThrowIfNull(seeded);
        var started = TimeProvider.System.GetTimestamp();
        SearchBudget Left() => budget with { Time = Max(TimeSpan.FromMilliseconds(1), budget.Time - TimeProvider.System.GetElapsedTime(started)) };
        var clusters = new ClusterSearch(machine, properties, cache, extras);
        var (count, largest) = (clusters.Clusters.Count, clusters.Clusters.Count == 0 ? 0 : clusters.Clusters.Max(c => c.Count));
        var canSplit = count > 1;
        var isLarge = canSplit && machine.Functions.Count > TooManyForWhole;

        // Whatever is searched first: a name that the machine does not have is told.
        _ = new PropertyWatch(machine, properties);
        var found = isLarge ? null : new Explorer(machine, properties, extras).Search(canSplit ? budget with { States = Math.Max(1, budget.States / WholeShare) } : budget, progress, cancel);
        if (canSplit && found is null or { Complete: false } && (found is null || IsOpen(found)) && !cancel.IsCancellationRequested)
        {
            found = Together(found, clusters.Search(Left(), seeded(), cancel));
        }

        if (canSplit && !isLarge && thorough && IsOpen(found!) && !found!.Complete && !cancel.IsCancellationRequested)
        {
            // What is about the machine as a whole.
            var open = properties.Where((_, i) => found.Verdicts[i].Kind == VerdictKind.NotFinished).ToList();
            var rest = new Explorer(machine, open, extras).Search(Left(), progress, cancel);
            found = found with
            {
                Verdicts = [.. found.Verdicts.Select(v => v.Kind == VerdictKind.NotFinished ? rest.Verdicts[open.IndexOf(v.Property)] : v)],
                States = found.States + rest.States, Transitions = found.Transitions + rest.Transitions, Bytes = Math.Max(found.Bytes, rest.Bytes), Complete = rest.Complete, Bound = rest.Bound,
            };
        }

        return IsOpen(found!) ? found! with { Advice = Advice(found!, budget, count, largest) } : found!;
    }

    /// <summary>A property is not decided.</summary>
    public static bool IsOpen(SearchResult found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return found.Verdicts.Any(v => v.Kind == VerdictKind.NotFinished);
    }

    private static SearchResult Together(SearchResult? whole, SearchResult parts) => whole is null ? parts : parts with
    {
        Verdicts = [.. whole.Verdicts.Zip(parts.Verdicts).Select(v => v.First.Kind == VerdictKind.NotFinished ? v.Second : v.First)],
    };

    private static string Advice(SearchResult found, SearchBudget budget, int clusters, int largest)
    {
        if (found.Bound.Length == 0)
        {
            return "";
        }

        var bytes = found.States > 0 ? Math.Max(1, found.Bytes / Math.Max(1, found.States)) : 1;
        var what = clusters > 1 ? Invariant($"; {clusters:N0} clusters of functions can meet, the largest has {largest:N0}") : "";
        return Invariant($"It would need more than {found.States:N0} states of about {bytes} bytes and {budget.Time.TotalSeconds:0.#} s{what}. A smaller question: fewer sharers on a line, fewer CPUs, devices with fewer events, one property, or the command line with more --states and --seconds.");
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
