using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>The nearest that a complete search came to a violation: the state or the action that a measure says most of, the first of those that are alike.</summary>
/// <param name="Near">How near.</param>
/// <param name="State">The state; after the action, if it is one.</param>
/// <param name="Event">The event that says it; null if the state does.</param>
/// <param name="Path">A shortest way there.</param>
internal sealed record NearestFound(Near Near, ulong[] State, MachineEvent? Event, IReadOnlyList<MachineAction> Path)
{
    /// <summary>One sentence of it, on the machine that it was found on or on one that is alike.</summary>
    public string Says(CompiledMachine m, Measure measure) => Near.Level == 0 ? measure.Nothing : measure.Says(new Measured(m, Near, State, Event));
}

/// <summary>
/// Looks for it over the visited states, after a complete search. The search itself knows nothing of it: who does not ask does not pay. What
/// only events tell of needs every action carried out once more.
/// </summary>
internal sealed class NearestSearch(CompiledMachine m, StateStore store)
{
    private const int LookUpEvery = 4_096;

    /// <summary>The nearest by each measure, in their order; null if there was no time left.</summary>
    public IReadOnlyList<NearestFound>? Find(IReadOnlyList<Measure> measures, Func<bool> isOver)
    {
        var ofState = measures.Select(measure => measure.OfState?.Invoke(m)).ToArray();
        var ofEvent = measures.Select(measure => measure.OfEvent?.Invoke(m)).ToArray();
        var wanted = measures.SelectMany(measure => measure.Kinds).Aggregate(0UL, static (all, kind) => all | (1UL << (int)kind));
        var best = new (Near Near, int State, int Move, MachineEvent? Event)[measures.Count];
        Array.Fill(best, (Near.Nothing, 0, -1, null));
        var events = new List<MachineEvent>();
        var state = new ulong[m.ControlWords];
        var x = new Execution<UntimedClock, KindSink>(m, state, new KindSink(events, wanted));
        var actions = new MachineAction[m.ActorCount * Execution<UntimedClock, KindSink>.MaxChoices];
        for (var at = 0; at < store.Count; at++)
        {
            if (at % LookUpEvery == 0 && isOver())
            {
                return null;
            }

            store[at].CopyTo(state);
            for (var i = 0; i < ofState.Length; i++)
            {
                if (ofState[i]?.Invoke(state) is { } near && near.Level > best[i].Near.Level)
                {
                    best[i] = (near, at, -1, null);
                }
            }

            var n = wanted == 0 ? 0 : x.Enabled(actions);
            for (var move = 0; move < n; move++)
            {
                store[at].CopyTo(state);
                events.Clear();
                x.Apply(actions[move]);
                foreach (var e in events)
                {
                    for (var i = 0; i < ofEvent.Length; i++)
                    {
                        if (measures[i].Kinds.Contains(e.Kind) && ofEvent[i]!(e, state) is var near && near.Level > best[i].Near.Level)
                        {
                            best[i] = (near, at, move, e);
                        }
                    }
                }
            }
        }

        return [.. best.Select(b => Found(b.Near, b.State, b.Move, b.Event))];
    }

    private NearestFound Found(Near near, int at, int move, MachineEvent? e)
    {
        IReadOnlyList<MachineAction> path = move >= 0 ? StorePath.To(m, store, at, move)
            : store.OriginOf(at) is (>= 0 and var parent, var taken) ? StorePath.To(m, store, parent, taken) : [];
        var walk = new Execution<UntimedClock, NullSink>(m, InitialState.Untimed(m), default);
        foreach (var action in path)
        {
            walk.Apply(action);
        }

        return new NearestFound(near, walk.State, e, path);
    }
}

/// <summary>Keeps the events of some kinds.</summary>
internal readonly struct KindSink(List<MachineEvent> events, ulong kinds) : IEventSink
{
    public static bool Records => false;

    public long Emit(in MachineEvent e, long why, long also)
    {
        if ((kinds & (1UL << (int)e.Kind)) != 0)
        {
            events.Add(e);
        }

        return -1;
    }
}
