using System.Globalization;
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
    private const int LookUpEvery = 4_096;

    // Distinct places of the task in which a violation is looked at: more would only repeat the same windows.
    private const int MaxCandidates = 48;

    private readonly CompiledMachine m;
    private readonly IReadOnlyList<Property> properties;
    private readonly StateStore store;
    private readonly Execution<UntimedClock, PropertySink> x;
    private readonly Dictionary<(Violations, ulong), (int State, int Move)> candidates = [];
    private readonly Successor[] successors;
    private long transitions;

    private struct Successor
    {
        public ulong[] State;
        public ulong Hash;
        public Violations Seen;
    }

    /// <summary>Prepares a search.</summary>
    public Explorer(CompiledMachine machine, IReadOnlyList<Property>? asked = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        m = machine;
        properties = asked ?? Property.All;
        store = new StateStore(machine.ControlWords);
        successors = new Successor[machine.ActorCount * Execution<UntimedClock, PropertySink>.MaxChoices];
        for (var i = 0; i < successors.Length; i++)
        {
            successors[i].State = new ulong[machine.ControlWords];
        }

        x = new Execution<UntimedClock, PropertySink>(machine, successors[0].State, default);
    }

    /// <summary>Searches until every property is decided, everything was visited, or a bound is hit.</summary>
    public SearchResult Search(SearchBudget? budget = null, Action<SearchProgress>? progress = null, CancellationToken cancel = default)
    {
        var limits = budget ?? SearchBudget.Default;
        var started = TimeProvider.System.GetTimestamp();
        var applicable = properties.Where(p => p.AppliesTo(m)).ToList();
        var asked = applicable.Aggregate(Violations.None, (all, p) => all | p.Violation);
        var decided = new Dictionary<Violations, Verdict>();
        var concretizer = new Concretizer(m);
        var actions = new MachineAction[m.ActorCount * Execution<UntimedClock, PropertySink>.MaxChoices];
        var bound = "";
        store.Add(InitialState.Untimed(m), -1, -1);
        var next = 0;
        for (; next < store.Count && bound.Length == 0; next++)
        {
            Expand(next, actions, asked, decided, concretizer);
            if (asked != Violations.None && decided.Count > 0 && applicable.All(p => decided.ContainsKey(p.Violation)))
            {
                break;
            }

            if (next % LookUpEvery == 0)
            {
                progress?.Invoke(new SearchProgress(store.Count, store.Count - next, transitions));
                bound = cancel.IsCancellationRequested ? "cancelled"
                    : TimeProvider.System.GetElapsedTime(started) > limits.Time ? Invariant($"{limits.Time.TotalSeconds:0} s")
                    : bound;
            }

            bound = store.Count > limits.States ? Invariant($"{limits.States:N0} states")
                : store.Bytes > limits.Bytes ? Invariant($"{limits.Bytes / 1_000_000:N0} MB")
                : bound;
        }

        var complete = next >= store.Count && bound.Length == 0;
        var verdicts = properties.Select(p => Decide(p, decided, concretizer, complete, bound)).ToList();
        return new SearchResult(verdicts, store.Count, transitions, store.Bytes, complete, bound);
    }

    private void Expand(int index, MachineAction[] actions, Violations asked, Dictionary<Violations, Verdict> decided, Concretizer concretizer)
    {
        var from = store[index];
        from.CopyTo(successors[0].State);
        x.State = successors[0].State;
        var before = Property.OfState(m, from);
        var n = x.Enabled(actions);

        // First all successors, then the visited states: the table's memory is on its way while the next successor is computed.
        for (var i = 0; i < n; i++)
        {
            ref var successor = ref successors[i];
            from.CopyTo(successor.State);
            x.State = successor.State;
            x.Sink.Seen = Violations.None;
            x.Apply(actions[i]);
            successor.Seen = (x.Sink.Seen | (Property.OfState(m, successor.State) & ~before)) & asked;
            successor.Hash = StateStore.Hash(successor.State);
            store.Expect(successor.Hash);
        }

        transitions += n;
        for (var i = 0; i < n; i++)
        {
            ref readonly var successor = ref successors[i];
            store.Add(successor.State, successor.Hash, index, i);
            if (successor.Seen != Violations.None)
            {
                Consider(successor.Seen, index, i, decided, concretizer);
            }
        }
    }

    /// <summary>A violation was reached: the first at each place of the task is tried as a timed run.</summary>
    private void Consider(Violations seen, int index, int move, Dictionary<Violations, Verdict> decided, Concretizer concretizer)
    {
        var pc = store[index][m.TaskWord] & TaskBits.Pc;
        foreach (var property in properties)
        {
            if ((seen & property.Violation) == 0 || decided.ContainsKey(property.Violation)
                || candidates.Keys.Count(k => k.Item1 == property.Violation) >= MaxCandidates
                || !candidates.TryAdd((property.Violation, pc), (index, move)))
            {
                continue;
            }

            var path = PathTo(index, move);
            if (concretizer.Show(property, path) is { } shown)
            {
                decided[property.Violation] = shown;
            }
        }
    }

    private Verdict Decide(Property property, Dictionary<Violations, Verdict> decided, Concretizer concretizer, bool complete, string bound)
    {
        if (!property.AppliesTo(m))
        {
            return new Verdict(property, VerdictKind.NotApplicable, "No boot of this scenario hands over to another kernel.");
        }

        if (decided.TryGetValue(property.Violation, out var verdict))
        {
            return verdict;
        }

        var open = candidates.Where(c => c.Key.Item1 == property.Violation).Select(c => PathTo(c.Value.State, c.Value.Move)).ToList();
        if (open.Count == 0)
        {
            return complete
                ? new Verdict(property, VerdictKind.Holds, Invariant($"All {store.Count:N0} reachable states were visited; none violates it."))
                : new Verdict(property, VerdictKind.NotFinished, Invariant($"Not violated in {store.Count:N0} states; the search stopped at {bound}."));
        }

        // No timed run shows any of the paths: is there a window that would have to last longer? An instruction that takes no time is none.
        var windows = open.Where(path => !concretizer.TripsInNoTime(path)).Select(path => concretizer.FindWindow(property, path)).ToList();
        var shortest = windows.Where(w => w is not null).MinBy(w => w!.Window!.NeededNs);
        if (shortest is not null && complete && windows.All(w => w is not null))
        {
            return shortest;
        }

        return new Verdict(
            property, VerdictKind.NotFinished,
            complete
                ? "An ordering violates it, but no timed run that shows it was found."
                : Invariant($"An ordering violates it, but no timed run that shows it was found before the search stopped at {bound}."))
        {
            Path = open[0],
        };
    }

    private List<MachineAction> PathTo(int index, int move)
    {
        var moves = new List<(int State, int Move)> { (index, move) };
        while (store.OriginOf(index) is (>= 0 and var parent, var taken))
        {
            moves.Add((parent, taken));
            index = parent;
        }

        moves.Reverse();
        var walk = new Execution<UntimedClock, NullSink>(m, new ulong[m.ControlWords], default);
        var actions = new MachineAction[m.ActorCount * Execution<UntimedClock, NullSink>.MaxChoices];
        var path = new List<MachineAction>(moves.Count);
        foreach (var (at, taken) in moves)
        {
            store[at].CopyTo(walk.State);
            walk.Enabled(actions);
            path.Add(actions[taken]);
        }

        return path;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
