using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Tests.Properties;

/// <summary>Steps a random machine one action at a time: mostly what time brings, now and then what chance picks.</summary>
internal sealed class Walk<TSink>
    where TSink : struct, IEventSink
{
    private readonly MachineAction[] enabled;
    private readonly int choicePercent;
    private readonly ulong seed;
    private ulong draws;

    public Walk(RandomScenario random, TSink sink, CompiledMachine? machine = null)
    {
        Machine = machine ?? CompiledMachine.Compile(random.Scenario);
        Simulator = new Simulator<TSink>(Machine, random.Seed, InitialState.Of(Machine), sink, accelerate: false) { NextRaw = static () => 0, Verify = true };
        enabled = new MachineAction[Machine.ActorCount * Execution<ConcreteClock, TSink>.MaxChoices];
        choicePercent = random.ChoicePercent;
        seed = random.Seed;
    }

    public CompiledMachine Machine { get; }

    public Simulator<TSink> Simulator { get; }

    public ulong[] State => Simulator.Execution.State;

    /// <summary>The next action, or null at the end.</summary>
    public MachineAction? Next()
    {
        if (Chance.Below(seed, 1UL << 40, draws++, 100) < choicePercent)
        {
            var n = Simulator.Execution.Enabled(enabled);
            if (n > 0)
            {
                var pick = enabled[Chance.Below(seed, 2UL << 40, draws++, n)];
                if (Simulator.CanHappenNow(pick))
                {
                    return pick;
                }
            }
        }

        return Simulator.Peek();
    }

    /// <summary>Carries it out.</summary>
    public void Take(in MachineAction action)
    {
        if (Simulator.Peek() == action)
        {
            Assert.True(Simulator.Step());
        }
        else
        {
            Assert.True(Simulator.Step(action));
        }
    }
}

/// <summary>Keeps what the last action emitted.</summary>
internal readonly struct ListSink(List<MachineEvent> events) : IEventSink
{
    public static bool Records => true;

    public long Emit(in MachineEvent e, long why, long also)
    {
        events.Add(e);
        return events.Count;
    }
}
