using System.Globalization;
using System.Numerics;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>How far a search is.</summary>
/// <param name="States">States visited.</param>
/// <param name="Frontier">States still to be expanded.</param>
/// <param name="Transitions">Actions carried out.</param>
public readonly record struct SearchProgress(int States, int Frontier, long Transitions);

/// <summary>
/// Tries every ordering, breadth first, over the untimed clock: the first path found to a violation is a shortest one. A path counts as a
/// violation only when a timed run shows it; a search that was cut short proves nothing.
/// </summary>
public sealed class Explorer
{
    // Distinct places of the task in which a violation is looked at: more would only repeat the same windows.
    private const int MaxCandidates = 48;

    private readonly CompiledMachine m;
    private readonly IReadOnlyList<Property> properties;
    private readonly string?[] silent;
    private readonly ulong wanted;
    private readonly OpenPlaces open;
    private readonly BreadthFirst search;
    private readonly StateStore store;
    private readonly List<(int Property, int State, int Move)> candidates = [];
    private readonly Dictionary<int, Verdict> decided = [];
    private readonly Concretizer concretizer;
    private (int State, int Move, List<MachineAction> Path) way = (-1, -1, []);
    private readonly SearchExtras extras;
    private readonly StepsAlone? reduction;

    /// <summary>What was visited, in the order of distance from the start.</summary>
    internal StateStore Store => store;

    /// <summary>How it visits them.</summary>
    internal BreadthFirst InBreadth => search;

    /// <summary>Prepares a search.</summary>
    public Explorer(CompiledMachine machine, IReadOnlyList<Property>? asked = null, SearchExtras extras = default)
    {
        ArgumentNullException.ThrowIfNull(machine);
        this.extras = extras;
        m = machine;
        properties = asked ?? Property.All;
        silent = [.. properties.Select(p => p.SilentOn(machine))];
        for (var i = 0; i < Math.Min(properties.Count, PropertyWatch.Most); i++)
        {
            wanted |= silent[i] is null ? 1UL << i : 0;
        }

        open = new OpenPlaces(machine, wanted, MaxCandidates);
        reduction = extras is { Reduced: true, Nearest: false } ? StepsAlone.For(machine, properties) : null;
        search = new BreadthFirst(machine, properties, open, reduction);
        store = search.Store;
        concretizer = new Concretizer(machine);
    }

    /// <summary>Searches until every property is decided, everything was visited, or a bound is hit.</summary>
    public SearchResult Search(SearchBudget? budget = null, Action<SearchProgress>? progress = null, CancellationToken cancel = default)
    {
        var found = SearchOnce(budget, progress, cancel);

        // A longer way is now and then one that no timed run follows, or one with another window: then the shortest are needed after all.
        return reduction is not null && found.Verdicts.Any(v => v.Kind == VerdictKind.ViolatedOnlyIf || v is { Kind: VerdictKind.NotFinished, Path.Count: > 0 }) && !cancel.IsCancellationRequested
            ? new Explorer(m, properties, extras with { Reduced = false }).Search(budget, progress, cancel)
            : found;
    }

    private SearchResult SearchOnce(SearchBudget? budget, Action<SearchProgress>? progress, CancellationToken cancel)
    {
        var (limits, started) = (budget ?? SearchBudget.Default, TimeProvider.System.GetTimestamp());
        var bound = search.Search(
            limits, started, violated => AtTheStart(violated & wanted),
            (property, state, move) => IsEnough(property, state, move, cancel), progress, cancel);
        var complete = search.IsComplete;
        if (complete && Enumerable.Range(0, properties.Count).Any(i => properties[i].IsReachability && silent[i] is null))
        {
            DecideReachability(cancel);
        }

        var verdicts = properties.Select((_, i) => Decide(i, complete, bound, cancel)).ToList();
        if (extras.Nearest && complete)
        {
            verdicts = WithNearest(verdicts, () => cancel.IsCancellationRequested || TimeProvider.System.GetElapsedTime(started) > limits.Time);
        }

        return new SearchResult(verdicts, store.Count, search.Transitions, store.Bytes, complete, bound) { IsReduced = reduction is not null };
    }

    // Before anything has happened: there is no way to it that could be shown. True if nothing is left to find.
    private bool AtTheStart(ulong violated)
    {
        for (var left = violated; left != 0; left &= left - 1)
        {
            var i = BitOperations.TrailingZeroCount(left);
            decided[i] = new Verdict(properties[i], VerdictKind.Violated, "It does not hold at the start, before anything has happened.") { Run = Run.Of(m), ViolatedAt = 0 };
            open.Close(i);
        }

        return decided.Count > 0 && decided.Count == BitOperations.PopCount(wanted);
    }

    // A violation was reached, the first of this property at a place of the task: it is tried as a timed run. True if nothing is left to find.
    private bool IsEnough(int property, int state, int move, CancellationToken cancel)
    {
        candidates.Add((property, state, move));
        if ((way.State, way.Move) != (state, move))
        {
            way = (state, move, PathTo(state, move));
        }

        if (!cancel.IsCancellationRequested && concretizer.Show(properties[property], way.Path, cancel) is { } shown)
        {
            decided[property] = shown;
            open.Close(property);
        }

        return decided.Count == BitOperations.PopCount(wanted);
    }

    /// <summary>
    /// From which states the end can be reached, backwards from the end over the whole graph. The untimed relation allows all that a timed
    /// run does, so a run that has reached one of the others never ends.
    /// </summary>
    private void DecideReachability(CancellationToken cancel)
    {
        var reaches = new EndReachability(m, store).Compute(EndReachability.IsEnd, cancel);
        for (var i = 0; i < properties.Count; i++)
        {
            if (!properties[i].IsReachability || silent[i] is not null || decided.ContainsKey(i))
            {
                continue;
            }

            var lost = Array.IndexOf(reaches, false);
            if (lost < 0)
            {
                continue;
            }

            // The first is nearest to the start: states are in the order of their distance.
            var path = lost == 0 ? [] : PathTo(store.OriginOf(lost).Parent, store.OriginOf(lost).Move);
            decided[i] = concretizer.Show(properties[i], path, cancel) ?? new Verdict(
                properties[i], VerdictKind.NotFinished, "An ordering leads to where the end cannot be reached from, but no timed run that shows it was found.") { Path = path };
        }
    }

    private Verdict Decide(int index, bool complete, string bound, CancellationToken cancel)
    {
        var property = properties[index];
        if (silent[index] is { } why)
        {
            return new Verdict(property, VerdictKind.NotApplicable, why);
        }

        if (decided.TryGetValue(index, out var verdict))
        {
            return verdict;
        }

        var ways = candidates.Where(c => c.Property == index).Select(c => PathTo(c.State, c.Move)).ToList();
        if (ways.Count == 0)
        {
            return complete
                ? new Verdict(property, VerdictKind.Holds, Invariant($"All {store.Count:N0} {(reduction is null ? "reachable states" : "states that must be told apart")} were visited; none violates it."))
                : new Verdict(property, VerdictKind.NotFinished, Invariant($"Not violated in {store.Count:N0} states; the search stopped at {bound}."));
        }

        if (complete && WindowOf(property, ways, cancel) is { } window)
        {
            return window;
        }

        return new Verdict(
            property, VerdictKind.NotFinished,
            complete
                ? "An ordering violates it, but no timed run that shows it was found."
                : Invariant($"An ordering violates it, but no timed run that shows it was found before the search stopped at {bound}."))
        {
            Path = ways[0],
        };
    }

    // No timed run shows any of the paths: is there for each of them a window that would have to last longer? The one that needs least, or null.
    // An instruction that takes no time is none.
    private Verdict? WindowOf(Property property, List<List<MachineAction>> ways, CancellationToken cancel)
    {
        Verdict? shortest = null;
        foreach (var path in ways.Where(path => !concretizer.TripsInNoTime(path)))
        {
            if (cancel.IsCancellationRequested || concretizer.FindWindow(property, path) is not { } window)
            {
                return null;
            }

            shortest = shortest is null || window.Window!.NeededNs < shortest.Window!.NeededNs ? window : shortest;
        }

        return shortest;
    }

    private List<Verdict> WithNearest(List<Verdict> verdicts, Func<bool> isOver)
    {
        var held = verdicts.Where(v => v is { Kind: VerdictKind.Holds, Property.Measure: not null }).Select(v => v.Property).ToList();
        var found = held.Count == 0 ? [] : new NearestSearch(m, store).Find([.. held.Select(p => p.Measure!)], isOver);
        return [.. verdicts.Select(v => v.Kind != VerdictKind.Holds ? v : v with { Nearest = Nearest(v.Property) })];

        NearestState Nearest(Property property)
        {
            if (property.Measure is not { } measure)
            {
                return new NearestState("", property.NoMeasure);
            }

            var nearest = found?[held.IndexOf(property)];
            return nearest is null ? NearestState.NoTime(measure.What) : NearestRun.Show(m, measure, nearest, nearest.Says(m, measure));
        }
    }

    private List<MachineAction> PathTo(int index, int move) => StorePath.To(m, store, index, move);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
