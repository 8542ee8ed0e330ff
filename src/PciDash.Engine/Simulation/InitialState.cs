using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Simulation;

/// <summary>Where a run begins.</summary>
public static class InitialState
{
    /// <summary>The running state of the first boot: its probes have run, no time has passed.</summary>
    public static ulong[] Of(CompiledMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var state = new ulong[machine.TotalWords];
        PowerOn(machine, state);
        var probe = new Execution<ConcreteClock, NullSink>(machine, state, default);
        while ((int)(state[machine.TaskWord] & TaskBits.Pc) != machine.StartPc)
        {
            probe.Apply(new MachineAction(machine.TaskActor, Verb.Step, (int)(state[machine.TaskWord] & TaskBits.Pc)));
        }

        var boot = machine.Boots[0];
        for (var line = 0; line < machine.Lines.Count; line++)
        {
            if (boot.Spec.HandledBefore.TryGetValue(machine.Lines[line].Gsi, out var handled))
            {
                var counters = ConcreteClock.Counters(machine, state, line);
                for (var i = 0; i < handled; i++)
                {
                    Spurious.Count(boot.Spec.Release, ref counters, IrqReturn.Handled, 0);
                }

                ConcreteClock.Store(machine, state, line, counters);
                state[machine.InterruptCountWord + line] = (ulong)handled;
            }
        }

        for (var actor = 0; actor < machine.ActorCount; actor++)
        {
            state[machine.DueWord + actor] = DueTimes.Never;
        }

        for (var held = 0; held < machine.HeldCount; held++)
        {
            state[machine.RemainingWord + held] = ulong.MaxValue;
        }

        Array.Clear(state, machine.CauseWord, machine.TotalWords - machine.CauseWord);
        state[machine.NowWord] = (ulong)-machine.Scenario.Timing.RunningNs;
        return state;
    }

    // Power-on: every register zero but what firmware left, every MSI-X entry and pin masked, no irq has an action.
    private static void PowerOn(CompiledMachine machine, ulong[] state)
    {
        for (var cpu = 1; cpu < machine.CpuCount; cpu++)
        {
            state[machine.TaskWord + cpu] = TaskBits.NoTask | (cpu < machine.Boots[0].Spec.Cpus ? 0 : TaskBits.Stopped);
        }

        for (var f = 0; f < machine.Functions.Count; f++)
        {
            state[machine.FunctionWord + f] = (machine.Functions[f].Spec.FirmwareBusMaster ? FunctionBits.BusMaster : 0)
                | (machine.Functions[f].Spec.LeftRunning ? FunctionBits.Running : 0);
        }

        for (var line = 0; line < machine.Lines.Count; line++)
        {
            state[machine.LineWord + line] = LineBits.Masked | LineBits.Disabled;
        }

        for (var vector = 0; vector < machine.VectorCount; vector++)
        {
            state[machine.VectorWord + (vector >> 2)] |= machine.F[machine.VectorOwner[vector]].MaskedAtReset << ((vector & 3) * 16);
        }
    }

    /// <summary>The same without its clock part: where the search over all orderings begins.</summary>
    public static ulong[] Untimed(CompiledMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return Of(machine)[..machine.ControlWords];
    }
}
