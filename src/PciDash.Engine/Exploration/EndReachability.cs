using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>From which of all visited states the end of the run can be reached. It needs the whole graph, so it is for complete searches.</summary>
internal sealed class EndReachability(CompiledMachine m, StateStore store)
{
    /// <summary>The run is over.</summary>
    public static bool IsEnd(ReadOnlySpan<ulong> state) => (state[CompiledMachine.GlobalWord] & CompiledMachine.Ended) != 0;

    private const int LookUpEvery = 4_096;

    /// <summary>For each state whether one of those can be reached from it.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public bool[] Compute(StateRule isEnd, CancellationToken cancel)
    {
        // Backwards through the states: mostly the way to the end leads through later ones, and the first action that goes there is enough.
        var reaches = new bool[store.Count];
        var state = new ulong[m.ControlWords];
        var x = new Execution<UntimedClock, NullSink>(m, new ulong[m.ControlWords], default);
        var actions = new MachineAction[m.ActorCount * Execution<UntimedClock, NullSink>.MaxChoices];
        var left = new List<int>();
        for (var from = store.Count - 1; from >= 0; from--)
        {
            if (from % LookUpEvery == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            store.Unpack(from, state);
            reaches[from] = isEnd(state);
            var n = reaches[from] ? 0 : Enabled();
            for (var i = 0; i < n && !reaches[from]; i++)
            {
                reaches[from] = reaches[After(actions[i])];
            }

            if (!reaches[from])
            {
                left.Add(from);
            }
        }

        // Of what is left, every transition backwards.
        var before = new Dictionary<int, List<int>>();
        var open = new Stack<int>();
        for (var at = 0; at < left.Count; at++)
        {
            if (at % LookUpEvery == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            var from = left[at];
            store.Unpack(from, state);
            var n = Enabled();
            for (var i = 0; i < n; i++)
            {
                var to = After(actions[i]);
                if (!reaches[to])
                {
                    (before.TryGetValue(to, out var sources) ? sources : before[to] = []).Add(from);
                }
                else if (open.Count == 0 || open.Peek() != from)
                {
                    open.Push(from);
                }
            }
        }

        while (open.TryPop(out var at))
        {
            if (!reaches[at])
            {
                reaches[at] = true;
                foreach (var source in before.GetValueOrDefault(at) ?? [])
                {
                    open.Push(source);
                }
            }
        }

        return reaches;

        int Enabled()
        {
            state.CopyTo(x.State, 0);
            return x.Enabled(actions);
        }

        int After(in MachineAction action)
        {
            state.CopyTo(x.State, 0);
            x.Apply(action);
            return store.IndexOf(x.State);
        }
    }
}
