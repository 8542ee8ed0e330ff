using System.Globalization;
using System.Numerics;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>
/// Tries every ordering of each cluster of functions alone, where the whole machine is too large. A property that is about one function,
/// one line or one handler at a time holds on the machine if it holds in every cluster; a way to a violation counts only if a timed run of
/// the whole machine shows it.
/// </summary>
public sealed class ClusterSearch
{
    // Distinct places of the task in which a violation is noted, and how many of them are tried on the whole machine: the latest first,
    // since a storm needs time.
    private const int MostPlaces = 16;
    private const int MostTries = 6;

    private readonly CompiledMachine m;
    private readonly IReadOnlyList<Property> properties;
    private readonly IReadOnlyList<IReadOnlyList<int>> clusters;
    private readonly ProgramIndex program;
    private readonly bool[] told;
    private readonly ClusterCache cache;
    private readonly Dictionary<int, (IReadOnlyList<int> Cluster, List<List<MachineAction>> Paths)> ways = [];
    private readonly Dictionary<int, (CompiledMachine Slice, NearestFound Found)> nearest = [];
    private readonly SearchExtras extras;
    private readonly Concretizer concretizer;
    private bool knowsNearest = true;
    private bool isReduced;
    private int states;
    private long transitions;
    private long bytes;

    /// <summary>Prepares a search.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="asked">Properties, at most 64; null = all.</param>
    /// <param name="cache">What is known of clusters; null = nothing yet.</param>
    /// <param name="extras">What it does beside deciding.</param>
    public ClusterSearch(CompiledMachine machine, IReadOnlyList<Property>? asked = null, ClusterCache? cache = null, SearchExtras extras = default)
    {
        ArgumentNullException.ThrowIfNull(machine);
        this.extras = extras;
        concretizer = new Concretizer(machine);
        program = new ProgramIndex(machine);
        m = machine;
        properties = asked ?? Property.All;
        this.cache = cache ?? new ClusterCache();
        clusters = Exploration.Clusters.Of(machine);
        told = [.. properties.Select(p => IsLocal(p) && p.SilentOn(machine) is null)];
    }

    /// <summary>The clusters: addresses of the functions that can meet.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Clusters => clusters;

    /// <summary>Searches cluster by cluster, the smallest first, each within the budget's states and bytes, all of them within its time.</summary>
    /// <param name="limits">The budget.</param>
    /// <param name="seeded">A timed run of the whole machine, if there is one already: what it violates need not be looked for.</param>
    /// <param name="cancel">Ends it.</param>
    public SearchResult Search(SearchBudget limits, Run? seeded = null, CancellationToken cancel = default)
    {
        var started = TimeProvider.System.GetTimestamp();
        var bound = "";
        foreach (var cluster in clusters.OrderBy(c => c.Count))
        {
            bound = Explore(cluster, limits, started, cancel) is { Length: > 0 } hit && bound.Length == 0 ? hit : bound;
            if (cancel.IsCancellationRequested)
            {
                break;
            }
        }

        var verdicts = properties.Select((p, i) => Decide(p, i, bound, seeded)).ToList();
        return new SearchResult(verdicts, states, transitions, bytes, bound.Length == 0 && Array.TrueForAll(told, t => t), bound) { IsReduced = isReduced };
    }

    // What is said of all functions, lines or handlers, one at a time: each is in one cluster. One's own property may name several, and that
    // the end can be reached is a matter of all of them.
    private static bool IsLocal(Property p) => !p.IsReachability && Property.All.Contains(p);

    private string Explore(IReadOnlyList<int> cluster, SearchBudget limits, long started, CancellationToken cancel)
    {
        var places = Enumerable.Range(0, properties.Count).Where(i => told[i] && !ways.ContainsKey(i)).ToArray();
        if (places.Length == 0)
        {
            return "";
        }

        var slice = Slice.Of(m, cluster, program);
        var asked = places.Aggregate(0UL, (all, i) => all | (1UL << i));
        var key = cache.KeyOf(slice.Machine, properties);
        var bound = "";
        if (cache.Find(key, asked, extras) is not { } searched)
        {
            (searched, bound) = Visit(slice.Machine, places, limits, started, cancel);
            if (bound.Length == 0)
            {
                cache.Keep(key, searched);
            }
        }

        foreach (var (place, paths) in searched.Ways)
        {
            ways.TryAdd(place, (cluster, [.. paths.Select(slice.InWhole)]));
        }

        foreach (var (place, found) in searched.Nearest ?? new Dictionary<int, NearestFound>())
        {
            if (!nearest.TryGetValue(place, out var other) || (found.Near.Level, -found.Path.Count).CompareTo((other.Found.Near.Level, -other.Found.Path.Count)) > 0)
            {
                nearest[place] = (slice.Machine, found with { Path = slice.InWhole(found.Path) });
            }
        }

        isReduced |= searched.IsReduced;
        knowsNearest &= searched.Nearest is not null;
        states += searched.States;
        transitions += searched.Transitions;
        bytes = Math.Max(bytes, searched.Bytes);
        return bound;
    }

    private (ClusterCache.Searched Searched, string Bound) Visit(CompiledMachine machine, int[] places, SearchBudget limits, long started, CancellationToken cancel)
    {
        var found = new List<(int State, int Move)>[places.Length];
        for (var i = 0; i < found.Length; i++)
        {
            found[i] = [];
        }

        // A violation before anything has happened: the whole machine's own search tells of it.
        var open = new OpenPlaces(machine, ulong.MaxValue, MostPlaces);
        Property[] watched = [.. places.Select(i => properties[i])];
        var reduction = extras is { Reduced: true, Nearest: false } ? StepsAlone.For(machine, watched) : null;
        var search = new BreadthFirst(machine, watched, open, reduction);
        var atStart = 0UL;
        var bound = search.Search(
            limits, started,
            violated =>
            {
                atStart = violated;
                return false;
            },
            (property, state, move) =>
            {
                found[property].Add((state, move));
                return Array.TrueForAll(found, f => f.Count >= MostPlaces);
            },
            null, cancel);
        var to = new Dictionary<int, List<List<MachineAction>>>();
        for (var i = 0; i < places.Length; i++)
        {
            if (found[i].Count > 0 || (atStart & (1UL << i)) != 0)
            {
                to[places[i]] = [.. Enumerable.Reverse(found[i]).Take(MostTries).Select(w => StorePath.To(machine, search.Store, w.State, w.Move))];
            }
        }

        var near = extras.Nearest && bound.Length == 0 ? Nearest(machine, search.Store, [.. places.Where(i => !to.ContainsKey(i))], limits, started, cancel) : null;
        return (new ClusterCache.Searched(places.Aggregate(0UL, (all, i) => all | (1UL << i)), to, search.Store.Count, search.Transitions, search.Store.Bytes, near, reduction is not null), bound);
    }

    private Dictionary<int, NearestFound>? Nearest(CompiledMachine machine, StateStore store, int[] held, SearchBudget limits, long started, CancellationToken cancel)
    {
        var measured = held.Where(i => properties[i].Measure is not null).ToArray();
        return new NearestSearch(machine, store)
            .Find([.. measured.Select(i => properties[i].Measure!)], () => cancel.IsCancellationRequested || TimeProvider.System.GetElapsedTime(started) > limits.Time)
            ?.Select((found, i) => (found, i)).ToDictionary(p => measured[p.i], p => p.found);
    }

    private NearestState? NearestOf(Property property, int index) => !extras.Nearest ? null
        : property.Measure is not { } measure ? new NearestState("", property.NoMeasure)
        : knowsNearest && nearest.TryGetValue(index, out var near) ? NearestRun.Show(m, measure, near.Found, near.Found.Says(near.Slice, measure))
        : NearestState.NoTime(measure.What);

    private Verdict Decide(Property property, int index, string bound, Run? seeded)
    {
        if (property.SilentOn(m) is { } why)
        {
            return new Verdict(property, VerdictKind.NotApplicable, why);
        }

        if (!told[index])
        {
            return new Verdict(property, VerdictKind.NotFinished, "Clusters of functions do not tell: it is about the machine as a whole, and that is too large.");
        }

        if (!ways.TryGetValue(index, out var way))
        {
            return bound.Length == 0
                ? new Verdict(property, VerdictKind.Holds, Invariant($"In each of {clusters.Count:N0} clusters of functions that can meet all {(isReduced ? "states that must be told apart" : "reachable states")} were visited, {states:N0} in all; none violates it.")) { Nearest = NearestOf(property, index) }
                : new Verdict(property, VerdictKind.NotFinished, Invariant($"Not violated in {states:N0} states of {clusters.Count:N0} clusters of functions that can meet; the search stopped at {bound}."));
        }

        if (seeded is not null && PropertyCheck.FirstViolation(seeded, property) is >= 0 and var at)
        {
            return new Verdict(
                property, VerdictKind.Violated, Invariant($"Event {at} at {new SimTime(seeded.Recording.EventAt(at).TimeNs)} violates it, in phase {seeded.At(at).After.Phase}: time alone brings it about."))
            {
                Run = seeded, ViolatedAt = at, Choices = seeded.Choices,
            };
        }

        foreach (var path in way.Paths)
        {
            if (concretizer.Show(property, path) is { } shown)
            {
                return shown;
            }
        }

        return new Verdict(property, VerdictKind.NotFinished, Invariant($"An ordering violates it as far as {Names(way.Cluster)} {(way.Cluster.Count == 1 ? "alone is" : "alone are")} concerned, but no timed run of the whole machine that shows it was found."));
    }

    private string Names(IReadOnlyList<int> cluster)
    {
        const int most = 4;
        return string.Join(", ", cluster.Take(most).Select(f => m.F[f].Bdf)) + (cluster.Count > most ? Invariant($" and {cluster.Count - most} more") : "");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
