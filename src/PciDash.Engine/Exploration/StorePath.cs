using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>How a search came to a state that it visited.</summary>
internal static class StorePath
{
    /// <summary>The actions from the start to a visited state, and one more from there.</summary>
    public static List<MachineAction> To(CompiledMachine m, StateStore store, int index, int move)
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
}
