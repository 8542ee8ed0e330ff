using CsCheck;
using PciDash.Engine.Exploration;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Tests.Properties;

/// <summary>How close a property that holds came to being violated: the nearest of all states, and no nearer.</summary>
public class NearestTests
{
    private static readonly SearchBudget Budget = new(20_000, 100_000_000, TimeSpan.FromSeconds(20));

    // Every reachable state and every action once more, in a search that shares nothing with the one that is tested but the relation.
    [Fact]
    public void It_is_the_nearest_of_all_states_by_a_shortest_way_and_its_run_is_as_near()
    {
        var (near, shown, nothing) = (0, 0, 0);
        RandomScenario.With(10, 9).Sample(
            random =>
            {
                var m = CompiledMachine.Compile(random.Scenario);
                var result = new Explorer(m, null, new SearchExtras(Nearest: true)).Search(Budget with { States = 3_000 });
                if (!result.Complete)
                {
                    Assert.All(result.Verdicts, v => Assert.Null(v.Nearest));
                    return;
                }

                var held = result.Verdicts.Where(v => v.Kind == VerdictKind.Holds).ToList();
                Assert.All(result.Verdicts.Except(held), v => Assert.Null(v.Nearest));
                Assert.All(held.Where(v => v.Property.Measure is null), v => Assert.Equal(("", v.Property.NoMeasure, 0), (v.Nearest!.Measure, v.Nearest.Explanation, v.Nearest.Path.Count)));
                List<Verdict> measured = [.. held.Where(v => v.Property.Measure is not null)];
                var slow = SlowNearest(m, [.. measured.Select(v => v.Property.Measure!)]);
                foreach (var (verdict, (level, distance)) in measured.Zip(slow))
                {
                    var found = verdict.Nearest!;
                    if (level == 0)
                    {
                        nothing++;
                        Assert.Equal((verdict.Property.Measure!.Nothing, 0), (found.Explanation, found.Path.Count));
                        continue;
                    }

                    near++;
                    Assert.Equal((verdict.Property.Id, level, distance), (verdict.Property.Id, LevelAtTheEnd(m, verdict.Property.Measure!, found.Path), found.Path.Count));
                    if (found.At >= 0)
                    {
                        shown++;
                        Assert.Equal((verdict.Property.Id, level), (verdict.Property.Id, LevelInTime(m, found, verdict.Property.Measure!)));
                    }
                }
            },
            iter: 250, threads: 1, print: r => r.ToString());
        Assert.True(near > 200 && shown > 150 && nothing > 200, $"{near} near, {shown} of them shown, {nothing} not near: too few to mean anything");
    }

    // Where no line is given up in any ordering, it never sees more than two unhandled interrupts: they are counted here by what handlers return.
    [Fact]
    public void Unhandled_interrupts_are_as_many_as_handlers_have_told()
    {
        var levels = new int[3];
        RandomScenario.With(10, 9).Sample(
            random =>
            {
                // Without what note_interrupt itself asks others, and without threads that answer for their handlers.
                var scenario = random.Scenario with
                {
                    Boots = [.. random.Scenario.Boots.Select(b => b with { IrqFixup = IrqFixup.Off, ThreadIrqs = false, NoIrqDebug = false })],
                };
                var m = CompiledMachine.Compile(scenario);
                var verdict = new Explorer(m, [Property.NoSpuriousDisable], new SearchExtras(Nearest: true)).Search(Budget with { States = 3_000 }).Verdicts[0];
                if (verdict.Kind != VerdictKind.Holds || m.VectorCount > 0 || m.ThreadFunction.Length > 0)
                {
                    return;
                }

                var level = LevelAtTheEnd(m, Measures.Unhandled, verdict.Nearest!.Path);
                levels[level]++;
                Assert.Equal(level, MostUnhandled(m));
            },
            iter: 1_500, threads: 1, print: r => r.ToString());
        // Some nine of them see one or two: that none does is a matter of one in ten thousand.
        Assert.True(levels[0] > 20 && levels[1] + levels[2] > 0, string.Join(" ", levels));
    }

    [Fact]
    public void A_message_of_an_earlier_boot_is_so_many_registers_short()
    {
        var m = CompiledMachine.Compile(Story.Of(
            policy: "seed", path: ShutdownPath.Kexec, net: f => f with { Device = f.Device with { OnBusMasterOff = Devices.BusMasterReaction.Drop } }));
        var verdict = new Explorer(m, [Property.NoStaleMsi], new SearchExtras(Nearest: true)).Search().Verdicts[0];
        Assert.Equal(VerdictKind.Holds, verdict.Kind);
        Assert.Equal("In boot 1 00:09.0 holds a message that an earlier boot programmed; in its way is only: Bus Master Enable is 0.", verdict.Nearest!.Explanation);
        var moment = verdict.Nearest.RunOn(m).At(verdict.Nearest.At).Before;
        Assert.Equal((1, true, false), (moment.Boot, moment.Function(1).MsixEnable, moment.Function(1).BusMaster));
    }

    [Fact]
    public void Clusters_come_as_near_as_the_whole_machine()
    {
        var compared = 0;
        RandomScenario.With(10, 9).Sample(
            random =>
            {
                var scenario = random.Scenario with { Platform = Platform.AcpiPc, Boots = [.. random.Scenario.Boots.Select(b => b with { IrqFixup = IrqFixup.Off })] };
                var m = CompiledMachine.Compile(scenario);
                var clusters = new ClusterSearch(m, null, null, new SearchExtras(Nearest: true));
                var whole = clusters.Clusters.Count < 2 ? null : new Explorer(m, null, new SearchExtras(Nearest: true)).Search(Budget with { States = 3_000 });
                if (whole is not { Complete: true })
                {
                    return;
                }

                foreach (var (part, all) in clusters.Search(Budget).Verdicts.Zip(whole.Verdicts))
                {
                    if (part.Kind == VerdictKind.Holds && all.Kind == VerdictKind.Holds && part.Property.Measure is { } measure)
                    {
                        compared++;
                        var (one, other) = (LevelOf(part), LevelOf(all));

                        // A slice may allow more than the machine does, and never less.
                        Assert.True(one >= other, $"{part.Property.Id}: {part.Nearest!.Explanation} / {all.Nearest!.Explanation}");
                        if (part.Nearest!.At >= 0)
                        {
                            Assert.Equal(other, LevelInTime(m, part.Nearest, measure));
                        }
                    }
                }

                int LevelOf(Verdict v) => v.Nearest!.Explanation == v.Property.Measure!.Nothing ? 0
                    : v.Nearest.At >= 0 ? LevelInTime(m, v.Nearest, v.Property.Measure!) : v.Nearest.Path.Count == 0 ? 1 : LevelIfPossible(m, v.Property.Measure!, v.Nearest.Path);
            },
            iter: 150, threads: 1, print: r => r.ToString());
        Assert.True(compared > 100, $"{compared} compared: too few to mean anything");
    }

    private static List<(int Level, int Distance)> SlowNearest(CompiledMachine m, IReadOnlyList<Measure> measures)
    {
        var best = new (int Level, int Distance)[measures.Count];
        var seen = new HashSet<string>();
        var open = new Queue<(ulong[] State, int Distance)>();
        Visit(InitialState.Untimed(m), 0);
        var actions = new MachineAction[m.ActorCount * 2];
        while (open.TryDequeue(out var at))
        {
            var n = new Execution<UntimedClock, NullSink>(m, at.State, default).Enabled(actions);
            foreach (var action in actions[..n])
            {
                var events = new List<MachineEvent>();
                var x = new Execution<UntimedClock, KindSink>(m, (ulong[])at.State.Clone(), new KindSink(events, ulong.MaxValue));
                x.Apply(action);
                for (var i = 0; i < best.Length; i++)
                {
                    foreach (var e in events.Where(e => measures[i].Kinds.Contains(e.Kind)))
                    {
                        Take(i, measures[i].OfEvent!(m)(e, x.State).Level, at.Distance + 1);
                    }
                }

                Visit(x.State, at.Distance + 1);
            }
        }

        return [.. best];

        void Visit(ulong[] state, int distance)
        {
            if (seen.Add(string.Join(',', state)))
            {
                open.Enqueue((state, distance));
                for (var i = 0; i < best.Length; i++)
                {
                    Take(i, measures[i].OfState?.Invoke(m)(state).Level ?? 0, distance);
                }
            }
        }

        void Take(int i, int level, int distance)
        {
            if (level > best[i].Level || (level == best[i].Level && distance < best[i].Distance))
            {
                best[i] = (level, level == 0 ? 0 : distance);
            }
        }
    }

    private static int LevelIfPossible(CompiledMachine m, Measure measure, IReadOnlyList<MachineAction> path)
    {
        var x = new Execution<UntimedClock, NullSink>(m, InitialState.Untimed(m), default);
        foreach (var action in path)
        {
            if (!x.IsEnabled(action))
            {
                // The slice's way is not one of the whole machine step by step: no less than anything.
                return int.MaxValue;
            }

            x.Apply(action);
        }

        return LevelAtTheEnd(m, measure, path);
    }

    private static int LevelAtTheEnd(CompiledMachine m, Measure measure, IReadOnlyList<MachineAction> path)
    {
        var events = new List<MachineEvent>();
        var x = new Execution<UntimedClock, KindSink>(m, InitialState.Untimed(m), new KindSink(events, ulong.MaxValue));
        foreach (var action in path)
        {
            events.Clear();
            Assert.True(x.IsEnabled(action));
            x.Apply(action);
        }

        return Math.Max(measure.OfState?.Invoke(m)(x.State).Level ?? 0, events.Where(e => measure.Kinds.Contains(e.Kind)).Select(e => measure.OfEvent!(m)(e, x.State).Level).DefaultIfEmpty(0).Max());
    }

    // The nearest between the event before and the one where it is shown: of an action that nobody sees the next event tells.
    private static int LevelInTime(CompiledMachine m, NearestState nearest, Measure measure)
    {
        var events = new List<MachineEvent>();
        var simulator = new Simulator<KindSink>(m, nearest.Seed, InitialState.Of(m), new KindSink(events, ulong.MaxValue), accelerate: false) { NextRaw = () => events.Count };
        var level = 0;
        for (var last = -1L; simulator.Steps != last && events.Count <= nearest.At + 1;)
        {
            last = simulator.Steps;
            var known = events.Count;
            simulator.Run(nearest.Choices, new RunLimits(long.MaxValue, simulator.SingleSteps + 1));
            // After the last event it may be an action that has none.
            if (events.Count >= nearest.At && (known <= nearest.At || events.Count == known))
            {
                var state = simulator.Execution.State;
                level = Math.Max(level, measure.OfState?.Invoke(m)(state).Level ?? 0);
                level = Math.Max(level, events.Skip(known).Where(e => measure.Kinds.Contains(e.Kind)).Select(e => measure.OfEvent!(m)(e, state).Level).DefaultIfEmpty(0).Max());
            }
        }

        return level;
    }

    // The most interrupts of one line that all its handlers have refused since an action was last installed there, over all ways: the search goes
    // over states and these numbers together.
    private static int MostUnhandled(CompiledMachine m)
    {
        var most = 0;
        var seen = new HashSet<string>();
        var open = new Queue<(ulong[] State, int[] Refused)>();
        open.Enqueue((InitialState.Untimed(m), new int[m.L.Length]));
        var actions = new MachineAction[m.ActorCount * 2];
        while (open.TryDequeue(out var at))
        {
            var n = new Execution<UntimedClock, NullSink>(m, at.State, default).Enabled(actions);
            foreach (var action in actions[..n])
            {
                var events = new List<MachineEvent>();
                var refused = (int[])at.Refused.Clone();
                var x = new Execution<UntimedClock, KindSink>(m, (ulong[])at.State.Clone(), new KindSink(events, ulong.MaxValue));
                if (action.Verb == Verb.Note && (at.State[m.IrqWord + action.Actor] & ContextBits.Sum) == 0 && (at.State[m.LineWord + action.Operand] & LineBits.PollInProgress) == 0)
                {
                    refused[action.Operand]++;
                }

                x.Apply(action);
                foreach (var e in events)
                {
                    if (e.Kind == EventKind.RequestIrq)
                    {
                        refused[e.D] = 0;
                    }
                }

                if ((x.State[0] & CompiledMachine.BootMask) != (at.State[0] & CompiledMachine.BootMask))
                {
                    Array.Clear(refused);
                }

                most = Math.Max(most, refused.DefaultIfEmpty(0).Max());
                if (seen.Add(string.Join(',', x.State) + ";" + string.Join(',', refused)))
                {
                    open.Enqueue((x.State, refused));
                }
            }
        }

        return most;
    }
}
