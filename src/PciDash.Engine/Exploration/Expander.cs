using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>Computes successors, and what is new or wrong among them. Each thread of a search has one.</summary>
internal sealed class Expander
{
    // So many successors later the place of one in the table has come from memory.
    private const int Later = 12;

    private readonly CompiledMachine m;
    private readonly StateStore store;
    private readonly PropertyWatch watch;
    private readonly OpenPlaces open;
    private readonly Execution<UntimedClock, WatchSink> x;
    private readonly MachineAction[] actions;
    private readonly ulong[] from;
    private readonly StepsAlone? reduction;

    public Expander(CompiledMachine machine, StateStore visited, IReadOnlyList<Property> properties, OpenPlaces places, StepsAlone? steps)
    {
        reduction = steps;
        m = machine;
        store = visited;
        open = places;
        watch = new PropertyWatch(machine, properties);
        from = new ulong[machine.ControlWords];
        x = new Execution<UntimedClock, WatchSink>(machine, new ulong[machine.ControlWords], new WatchSink(watch));
        actions = new MachineAction[machine.ActorCount * Execution<UntimedClock, WatchSink>.MaxChoices];
    }

    /// <summary>What is known is looked up here already, and dropped, which saves the thread that adds the work. For a search on several threads.</summary>
    public bool LooksUp { get; set; }

    /// <summary>Properties that a state by itself violates.</summary>
    public ulong InState(ReadOnlySpan<ulong> state) => watch.InState(state);

    /// <summary>
    /// Computes a batch. First all successors are computed, then they are looked up, here or where they are added: the memory that the look-up
    /// needs is on its way meanwhile.
    /// </summary>
    public void Compute(Batch batch)
    {
        batch.Layout = -1;
        batch.Begin(store.Width);
        for (var i = 0; i < batch.Count; i++)
        {
            if (!TryExpand(batch, batch.First + i, i))
            {
                return;
            }
        }

        for (var i = Math.Max(0, batch.Kept - Later); i < batch.Kept; i++)
        {
            store.Expect(batch[i].Hash);
        }

        if (LooksUp)
        {
            DropKnown(batch);
        }

        batch.Layout = store.Layout;
    }

    private void DropKnown(Batch batch)
    {
        var kept = 0;
        for (var i = 0; i < batch.Kept; i++)
        {
            ref var successor = ref batch[i];
            successor.IsKnown = store.Knows(batch.Packed(i), successor.Hash);
            if (!successor.IsKnown || successor.Violated != 0)
            {
                batch.Move(i, kept++);
            }
        }

        batch.Cut(kept);
    }

    private bool TryExpand(Batch batch, int index, int place)
    {
        store.Unpack(index, from);
        var packed = store.Packed(index);
        from.CopyTo(x.State, 0);
        var before = watch.InState(from);
        var n = x.Enabled(actions);
        var asked = open.At(from);
        var (first, end) = reduction?.Only(actions.AsSpan(0, n)) is >= 0 and var only ? (only, only + 1) : (0, n);
        for (var move = first; move < end; move++)
        {
            if (move > first)
            {
                from.CopyTo(x.State, 0);
            }

            watch.Begin();
            x.Apply(actions[move]);
            ref var successor = ref batch.Add();
            successor.From = index;
            successor.Move = move;
            successor.IsKnown = false;
            successor.Violated = (watch.InEvents(x.State) | (watch.InState(x.State, from, before) & ~before)) & asked;
            if (!store.TryPrepare(x.State, from, packed, batch.Packed(batch.Kept - 1), out successor.Hash))
            {
                return false;
            }

            if (batch.Kept > Later)
            {
                store.Expect(batch[batch.Kept - 1 - Later].Hash);
            }
        }

        batch.Actions[place] = end - first;
        return true;
    }

    /// <summary>Learns in which bits the successors of a batch differ. Nobody else may use the store meanwhile.</summary>
    public void Learn(Batch batch)
    {
        for (var index = batch.First; index < batch.First + batch.Count; index++)
        {
            store.Unpack(index, from);
            from.CopyTo(x.State, 0);
            var n = x.Enabled(actions);
            for (var move = 0; move < n; move++)
            {
                from.CopyTo(x.State, 0);
                watch.Begin();
                x.Apply(actions[move]);
                store.Learn(x.State);
            }
        }
    }

    /// <summary>
    /// Walks about without looking where: which bits ever change is known early, so that those of a word are packed together. What it does not
    /// meet is learned when it comes.
    /// </summary>
    public void Foresee(int steps)
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
    }
}
