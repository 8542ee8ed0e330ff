using CsCheck;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Tests.Properties;

/// <summary>What is said to be in a message's way is what stops it.</summary>
public class MessageGatesTests
{
    [Fact]
    public void What_is_in_the_way_of_a_message_is_what_its_function_shows_and_what_comes_of_it()
    {
        var seen = new int[(int)MsiResult.WrongMode];
        RandomScenario.With(10, 9).Sample(
            random =>
            {
                // With remapping more often than chance has it, and a later kernel without.
                var machine = CompiledMachine.Compile(random.Scenario with { InterruptRemapping = random.Seed % 2 == 0 || random.Scenario.InterruptRemapping });
                var events = new List<MachineEvent>();
                var walk = new Walk<ListSink>(random, new ListSink(events), machine);
                var view = new MachineView(machine, walk.State);
                for (var step = 0; step < 400 && walk.Next() is { } action; step++)
                {
                    var gates = machine.Functions.Select(f => Enumerable.Range(0, f.VectorCount).Select(e => walk.Simulator.Execution.GatesOf(f.Index, e)).ToArray()).ToArray();
                    foreach (var f in machine.Functions)
                    {
                        Assert.All(gates[f.Index].Select((g, e) => (g, e)), x => Assert.Equal(Shown(f, view.Function(f.Index), x.e), x.g & ~MessageGates.Remapping));
                        var closed = 0;
                        for (var bridge = f.Parent; bridge >= 0; bridge = machine.Functions[bridge].Parent)
                        {
                            closed += view.Function(bridge).BusMaster ? 0 : 1;
                        }

                        Assert.Equal(closed, walk.Simulator.Execution.BridgesThatBlock(f.Index));
                    }

                    events.Clear();
                    walk.Take(action);
                    if (action.Verb != Verb.Fire)
                    {
                        continue; // A step may change what is in the way before it sends.
                    }

                    // A firmware in a mode that its driver does not use sends nothing that a gate could stop.
                    foreach (var e in events.Where(e => e.Kind == EventKind.MsiWrite && (MsiResult)e.C != MsiResult.WrongMode))
                    {
                        var result = (MsiResult)e.C;
                        seen[(int)result]++;
                        var way = gates[e.Subject][e.A] & ~MessageGates.Stopped;
                        Assert.Equal(Expected(result, way), way);
                    }
                }
            },
            iter: 1_000, threads: 1, print: r => r.ToString());
        Assert.True(seen.Count(n => n > 0) >= 5, string.Join(' ', seen));
    }

    private static MessageGates Shown(MachineFunction f, in FunctionView x, int entry) =>
        (x.Running ? 0 : MessageGates.Stopped)
        | (x.MsiEnable || x.MsixEnable ? 0 : MessageGates.NotEnabled)
        | ((x.MsixEnable ? x.MsixFunctionMask || (x.MaskedEntries >> entry & 1) != 0 : f.Device.MsiPerVectorMask && (x.MaskedEntries >> entry & 1) != 0) ? MessageGates.Masked : 0)
        | (x.D3hot ? MessageGates.D3hot : 0)
        | (x.BusMaster ? 0 : MessageGates.BusMaster);

    // The first that stops it is what came of it; behind it there may be more.
    private static MessageGates Expected(MsiResult result, MessageGates way) => result switch
    {
        MsiResult.PendingMasked => way | MessageGates.Masked,
        MsiResult.DroppedD3hot => (way | MessageGates.D3hot) & ~MessageGates.Masked,
        MsiResult.DroppedBme or MsiResult.LatchedBme => (way | MessageGates.BusMaster) & ~(MessageGates.Masked | MessageGates.D3hot),
        MsiResult.RemapFault => MessageGates.Remapping,
        MsiResult.DroppedBridge => way & MessageGates.Remapping,
        _ => MessageGates.None,
    };
}
