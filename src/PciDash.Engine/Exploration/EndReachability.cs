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
        // Every transition again: the search kept only the one by which a state was first found.
        var edges = new List<(int To, int From)>();
        var next = new ulong[m.ControlWords];
        var x = new Execution<UntimedClock, NullSink>(m, next, default);
        var actions = new MachineAction[m.ActorCount * Execution<UntimedClock, NullSink>.MaxChoices];
        for (var from = 0; from < store.Count; from++)
        {
            if (from % LookUpEvery == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            store[from].CopyTo(next);
            var n = x.Enabled(actions);
            for (var i = 0; i < n; i++)
            {
                store[from].CopyTo(next);
                x.Apply(actions[i]);
                edges.Add((store.IndexOf(next), from));
            }
        }

        var first = new int[store.Count + 1];
        foreach (var (to, _) in edges)
        {
            first[to + 1]++;
        }

        for (var i = 0; i < store.Count; i++)
        {
            first[i + 1] += first[i];
        }

        var sources = new int[edges.Count];
        var free = first.AsSpan(0, store.Count).ToArray();
        foreach (var (to, from) in edges)
        {
            sources[free[to]++] = from;
        }

        var reaches = new bool[store.Count];
        var open = new Stack<int>();
        for (var i = 0; i < store.Count; i++)
        {
            if (isEnd(store[i]))
            {
                reaches[i] = true;
                open.Push(i);
            }
        }

        while (open.TryPop(out var at))
        {
            for (var e = first[at]; e < first[at + 1]; e++)
            {
                if (!reaches[sources[e]])
                {
                    reaches[sources[e]] = true;
                    open.Push(sources[e]);
                }
            }
        }

        return reaches;
    }
}
