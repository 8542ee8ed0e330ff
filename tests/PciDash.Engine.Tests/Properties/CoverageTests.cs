using CsCheck;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using Xunit.Abstractions;

namespace PciDash.Engine.Tests.Properties;

/// <summary>The random machines must get to what the properties are about, or the properties say nothing.</summary>
public class CoverageTests(ITestOutputHelper output)
{
    [Fact]
    public void Random_machines_reach_every_verb_and_every_kind_of_event()
    {
        var verbs = new Dictionary<Verb, int>();
        var kinds = new Dictionary<EventKind, int>();
        var results = new Dictionary<MsiResult, int>();
        var outcomes = new Dictionary<DeliveryOutcome, int>();
        var resets = new Dictionary<ResetKind, int>();
        var transfers = new Dictionary<DmaTarget, int>();
        var remappings = new Dictionary<RemappingStep, int>();
        var (tripsOfLines, tripsOfVectors, tripsByThreads, resent, movedInChain) = (0, 0, 0, 0, 0);
        var revived = 0;
        var bothCpus = 0;
        var ended = 0;
        var steps = 0L;
        var gen = RandomScenario.With(10, 9);
        for (var machine = 0UL; machine < 2_500; machine++)
        {
            // Always the same machines: what they reach is a fact about the generator, not a matter of luck.
            var r = gen.Generate(new PCG(1, machine), null, out _);
            var events = new List<MachineEvent>();
            var walk = new Walk<ListSink>(r, new ListSink(events));
            var step = 0;
            for (; step < 4_000 && walk.Next() is { } action; step++)
            {
                events.Clear();
                var view = new MachineView(walk.Machine, walk.State);
                var before = Enumerable.Range(0, walk.Machine.VectorCount).Select(v => view.Vector(v).Pending).ToArray();
                var context = action.Actor < walk.Machine.CpuCount ? walk.State[walk.Machine.IrqWord + action.Actor] : 0;
                if (action.Verb == Verb.EnterHandler && (int)((context & ContextBits.Descriptor) >> ContextBits.DescriptorShift) is var line && line < walk.Machine.Lines.Count)
                {
                    var chain = walk.Machine.Boots[view.Boot].Chains[line];
                    movedInChain += action.Actor < walk.Machine.CpuCount && chain.AsSpan(0, action.Operand).Contains(chain[action.Operand]) ? 1 : 0;
                }

                walk.Take(action);
                verbs[action.Verb] = verbs.GetValueOrDefault(action.Verb) + 1;
                tripsOfLines += action.Verb == Verb.Trip && action.Operand < walk.Machine.Lines.Count ? 1 : 0;
                tripsOfVectors += action.Verb == Verb.Trip && action.Operand >= walk.Machine.Lines.Count ? 1 : 0;
                tripsByThreads += action.Verb == Verb.Trip && action.Actor >= walk.Machine.ThreadActor ? 1 : 0;
                if (walk.Machine.CpuCount == 2 && Enumerable.Range(0, 2).All(c => (walk.State[walk.Machine.IrqWord + c] & ContextBits.Stage) == (ulong)Stage.Exit))
                {
                    bothCpus++;
                }

                foreach (var e in events)
                {
                    kinds[e.Kind] = kinds.GetValueOrDefault(e.Kind) + 1;
                    if (e.Kind == EventKind.MsiWrite)
                    {
                        results[(MsiResult)e.C] = results.GetValueOrDefault((MsiResult)e.C) + 1;
                    }
                    else if (e.Kind == EventKind.IrqDelivered)
                    {
                        outcomes[(DeliveryOutcome)e.C] = outcomes.GetValueOrDefault((DeliveryOutcome)e.C) + 1;
                    }
                    else if (e.Kind == EventKind.Reset)
                    {
                        resets[(ResetKind)e.A] = resets.GetValueOrDefault((ResetKind)e.A) + 1;
                    }
                    else if (e.Kind == EventKind.Dma)
                    {
                        transfers[(DmaTarget)e.A] = transfers.GetValueOrDefault((DmaTarget)e.A) + 1;
                    }
                    else if (e.Kind == EventKind.Remapping)
                    {
                        remappings[(RemappingStep)e.A] = remappings.GetValueOrDefault((RemappingStep)e.A) + 1;
                    }
                    else if (e.Kind == EventKind.RequestIrq)
                    {
                        revived += e.B;
                        resent += e.D >= walk.Machine.Lines.Count && before[e.D - walk.Machine.Lines.Count] && !view.Vector(e.D - walk.Machine.Lines.Count).Pending ? 1 : 0;
                    }
                }
            }

            steps += step;
            ended += walk.Next() is null ? 1 : 0;
        }

        output.WriteLine($"{steps} steps, {ended} ended, both {bothCpus}, revived {revived}, resent {resent}, trips of lines {tripsOfLines}, of vectors {tripsOfVectors}, by threads {tripsByThreads}, moved in their chain {movedInChain}\n{string.Join(", ", verbs)}\n{string.Join(", ", kinds)}\n{string.Join(", ", results)}\n{string.Join(", ", outcomes)}\n{string.Join(", ", resets)}\n{string.Join(", ", transfers)}\n{string.Join(", ", remappings)}");
        Assert.Equal(Enum.GetValues<Verb>().Order(), verbs.Keys.Order());
        Assert.Equal(Enum.GetValues<EventKind>().Order(), kinds.Keys.Order());
        Assert.Equal(Enum.GetValues<MsiResult>().Order(), results.Keys.Order());
        Assert.Equal(Enum.GetValues<DeliveryOutcome>().Order(), outcomes.Keys.Order());

        // A hot reset of the bus is nobody's instruction.
        Assert.Equal(Enum.GetValues<ResetKind>().Except([ResetKind.Bus]).Order(), resets.Keys.Order());
        Assert.Equal(Enum.GetValues<DmaTarget>().Order(), transfers.Keys.Order());
        Assert.Equal(Enum.GetValues<RemappingStep>().Order(), remappings.Keys.Order());
        Assert.True(revived > 0 && bothCpus > 0 && ended > 100);
        Assert.True(tripsOfLines > 0 && tripsOfVectors > 0 && tripsByThreads > 0 && resent > 0 && movedInChain > 0);
    }
}
