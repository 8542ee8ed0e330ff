using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>What happens along a path of the untimed relation.</summary>
public static class PathEvents
{
    /// <summary>The events of each action, in order; some actions cause none.</summary>
    public static IReadOnlyList<(MachineAction Action, IReadOnlyList<MachineEvent> Events)> Of(CompiledMachine machine, IReadOnlyList<MachineAction> path)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(path);
        var events = new List<MachineEvent>();
        var walk = new Execution<UntimedClock, CollectingSink>(machine, InitialState.Untimed(machine), new CollectingSink(events));
        var steps = new List<(MachineAction, IReadOnlyList<MachineEvent>)>(path.Count);
        foreach (var action in path)
        {
            events.Clear();
            walk.Apply(action);
            steps.Add((action, [.. events]));
        }

        return steps;
    }

    private readonly struct CollectingSink(List<MachineEvent> events) : IEventSink
    {
        public static bool Records => false;

        public long Emit(in MachineEvent e, long why, long also)
        {
            events.Add(e);
            return -1;
        }
    }
}
