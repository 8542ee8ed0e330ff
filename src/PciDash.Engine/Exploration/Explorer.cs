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
    private const int LookUpEvery = 4_096;

    // States whose successors are computed before any of these is looked up; a divisor of the above.
    private const int AtOnce = 8;

    // A small search is over before a long look ahead would be.
    private const int ForeseenSteps = 500;
    private const int ForeseenStepsIfLarge = 20_000;
    private const int Large = 10_000;

    // Distinct places of the task in which a violation is looked at: more would only repeat the same windows.
    private const int MaxCandidates = 48;

    private readonly CompiledMachine m;
    private readonly IReadOnlyList<Property> properties;
    private readonly StateStore store;
    private readonly Execution<UntimedClock, WatchSink> x;
    private readonly PropertyWatch watch;
    private readonly Dictionary<(int Property, ulong Pc), (int State, int Move)> candidates = [];
    private Successor[] successors = new Successor[64];
    private readonly string?[] silent;
    private readonly Dictionary<int, Verdict> decided = [];
    private readonly Concretizer concretizer;
    private long transitions;

    /// <summary>What was visited, in the order of distance from the start.</summary>
    internal StateStore Store => store;

    private struct Successor
    {
        public int From;
        public int Move;
        public ulong[] Packed;
        public ulong Hash;
        public ulong Violated;
    }

    /// <summary>Prepares a search.</summary>
    public Explorer(CompiledMachine machine, IReadOnlyList<Property>? asked = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        m = machine;
        properties = asked ?? Property.All;
        watch = new PropertyWatch(machine, properties);
        silent = [.. properties.Select(p => p.SilentOn(machine))];
        store = new StateStore(InitialState.Untimed(machine));
        concretizer = new Concretizer(machine);
        x = new Execution<UntimedClock, WatchSink>(machine, new ulong[machine.ControlWords], new WatchSink(watch));
    }

    /// <summary>Searches until every property is decided, everything was visited, or a bound is hit.</summary>
    public SearchResult Search(SearchBudget? budget = null, Action<SearchProgress>? progress = null, CancellationToken cancel = default)
    {
        var limits = budget ?? SearchBudget.Default;
        var started = TimeProvider.System.GetTimestamp();
        var asked = 0UL;
        for (var i = 0; i < properties.Count; i++)
        {
            asked |= silent[i] is null ? 1UL << i : 0;
        }

        var actions = new MachineAction[m.ActorCount * Execution<UntimedClock, WatchSink>.MaxChoices];
        var bound = "";
        Foresee(actions, ForeseenSteps);
        var isLarge = false;
        store.Add(InitialState.Untimed(m), -1, -1);
        AtTheStart(asked & watch.InState(store[0]));
        var next = 0;
        for (var count = 0; next < store.Count && bound.Length == 0; next += count)
        {
            if (store.Count > Large && !isLarge)
            {
                isLarge = true;
                Foresee(actions, ForeseenStepsIfLarge);
            }

            count = Math.Min(AtOnce, store.Count - next);
            Expand(next, count, actions, asked);
            if (decided.Count > 0 && decided.Count == BitOperations.PopCount(asked))
            {
                break;
            }

            if (next / LookUpEvery != (next + count) / LookUpEvery || next == 0)
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
        if (complete && Enumerable.Range(0, properties.Count).Any(i => properties[i].IsReachability && silent[i] is null))
        {
            DecideReachability(cancel);
        }

        var verdicts = properties.Select((_, i) => Decide(i, complete, bound)).ToList();
        return new SearchResult(verdicts, store.Count, transitions, store.Bytes, complete, bound);
    }

    // Before anything has happened: there is no way to it that could be shown.
    private void AtTheStart(ulong violated)
    {
        for (var left = violated; left != 0; left &= left - 1)
        {
            var i = BitOperations.TrailingZeroCount(left);
            decided[i] = new Verdict(properties[i], VerdictKind.Violated, "It does not hold at the start, before anything has happened.") { Run = Run.Of(m), ViolatedAt = 0 };
        }
    }

    /// <summary>
    /// Walks about without looking where: which bits ever change is known early, and the visited states need not be packed anew later. What it
    /// does not meet is learned when it comes.
    /// </summary>
    private void Foresee(MachineAction[] actions, int steps)
    {
        var start = InitialState.Untimed(m);
        start.CopyTo(x.State, 0);
        var draw = 1UL;
        for (var i = 0; i < steps; i++)
        {
            var n = x.Enabled(actions);
            if (n == 0)
            {
                start.CopyTo(x.State, 0);
                continue;
            }

            // Every other time the task goes on if it can, so that the walk comes to the end and begins again.
            draw = (draw * 6364136223846793005) + 1442695040888963407;
            var task = (draw >> 63) == 0 ? Array.FindIndex(actions, 0, n, a => a.Actor == m.TaskActor) : -1;
            watch.Begin();
            x.Apply(actions[task >= 0 ? task : (int)((draw >> 33) % (ulong)n)]);
            store.Learn(x.State);
        }

        watch.Begin();
    }

    /// <summary>
    /// The successors of some states that follow each other. First all of them are computed, then they are looked up: the memory that the
    /// look-up needs is on its way meanwhile.
    /// </summary>
    private void Expand(int first, int count, MachineAction[] actions, ulong asked)
    {
        var layout = store.Layout;
        var found = Compute(first, count, actions, asked);
        while (layout != store.Layout)
        {
            // A bit that was the same in all states before: what was packed until then lacks it.
            layout = store.Layout;
            found = Compute(first, count, actions, asked);
        }

        for (var i = 0; i < found; i++)
        {
            store.Expect(successors[i].Hash);
        }

        transitions += found;
        for (var i = 0; i < found; i++)
        {
            ref readonly var successor = ref successors[i];
            store.Add(successor.Packed, successor.Hash, successor.From, successor.Move);
            if (successor.Violated != 0)
            {
                Consider(successor.Violated, successor.From, successor.Move);
            }
        }
    }

    private int Compute(int first, int count, MachineAction[] actions, ulong asked)
    {
        var found = 0;
        for (var index = first; index < first + count; index++)
        {
            var from = store[index];
            from.CopyTo(x.State);
            var before = watch.InState(from);
            var n = x.Enabled(actions);
            for (var i = 0; i < n; i++)
            {
                if (i > 0)
                {
                    from.CopyTo(x.State);
                }

                watch.Begin();
                x.Apply(actions[i]);
                ref var successor = ref Room(found++);
                successor.From = index;
                successor.Move = i;
                successor.Violated = (watch.InEvents(x.State) | (watch.InState(x.State) & ~before)) & asked;
                successor.Hash = store.Prepare(x.State, index, from, successor.Packed);
            }
        }

        return found;
    }

    // Of a large machine few actors can do anything at once.
    private ref Successor Room(int index)
    {
        if (index == successors.Length)
        {
            Array.Resize(ref successors, 2 * index);
        }

        ref var room = ref successors[index];
        room.Packed ??= new ulong[m.ControlWords];
        return ref room;
    }

    /// <summary>A violation was reached: the first at each place of the task is tried as a timed run.</summary>
    private void Consider(ulong violated, int index, int move)
    {
        var pc = store[index][m.TaskWord] & TaskBits.Pc;
        for (var left = violated; left != 0; left &= left - 1)
        {
            var i = BitOperations.TrailingZeroCount(left);
            if (decided.ContainsKey(i) || candidates.Keys.Count(k => k.Property == i) >= MaxCandidates || !candidates.TryAdd((i, pc), (index, move)))
            {
                continue;
            }

            if (concretizer.Show(properties[i], PathTo(index, move)) is { } shown)
            {
                decided[i] = shown;
            }
        }
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
            decided[i] = concretizer.Show(properties[i], path) ?? new Verdict(
                properties[i], VerdictKind.NotFinished, "An ordering leads to where the end cannot be reached from, but no timed run that shows it was found.") { Path = path };
        }
    }

    private Verdict Decide(int index, bool complete, string bound)
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

        var open = candidates.Where(c => c.Key.Property == index).Select(c => PathTo(c.Value.State, c.Value.Move)).ToList();
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
