using System.Numerics;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;

namespace PciDash.Benchmarks;

/// <summary>Violations in the relation itself, before any of them is made a timed run: what SPIN's assertions see as well.</summary>
internal static class Violation
{
    /// <summary>Actions of a shortest way to a violation of each property; -1 = there is none.</summary>
    public static int[] Shortest(CompiledMachine m, StateStore store, IReadOnlyList<Property> properties)
    {
        var found = Enumerable.Repeat(-1, properties.Count).ToArray();
        var watch = new PropertyWatch(m, properties);
        var after = new ulong[m.ControlWords];
        var x = new Execution<UntimedClock, WatchSink>(m, after, new WatchSink(watch));
        var actions = new MachineAction[m.ActorCount * Execution<UntimedClock, WatchSink>.MaxChoices];
        var from = new ulong[m.ControlWords];

        // The store is in breadth-first order.
        for (var i = 0; i < store.Count; i++)
        {
            store[i].CopyTo(from);
            from.CopyTo(after, 0);
            var n = x.Enabled(actions);
            for (var a = 0; a < n; a++)
            {
                from.CopyTo(after, 0);
                watch.Begin();
                x.Apply(actions[a]);
                for (var left = watch.InEvents(after) | watch.InState(after); left != 0; left &= left - 1)
                {
                    var property = BitOperations.TrailingZeroCount(left);
                    found[property] = found[property] < 0 ? DepthOf(store, i) + 1 : found[property];
                }
            }
        }

        return found;
    }

    private static int DepthOf(StateStore store, int index)
    {
        var depth = 0;
        for (; store.OriginOf(index) is (>= 0 and var parent, _); depth++)
        {
            index = parent;
        }

        return depth;
    }
}
