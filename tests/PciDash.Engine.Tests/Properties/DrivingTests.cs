using CsCheck;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Properties;

/// <summary>Timed runs: deterministic, verified against the relation, equal when accelerated, reachable at any event.</summary>
public class DrivingTests
{
    private static readonly RunLimits Short = new(4 * Millisecond, 60_000);

    [Fact]
    public void The_same_seed_gives_the_same_recording() =>
        RandomScenario.With(10, 9).Sample(
            r =>
            {
                var a = Run.Of(CompiledMachine.Compile(r.Scenario), r.Seed, limits: Short, verify: true);
                var b = Run.Of(CompiledMachine.Compile(r.Scenario), r.Seed, limits: Short);
                Assert.True(a.Recording.Entries.SequenceEqual(b.Recording.Entries));
                Assert.Equal(a.Recording.Folds, b.Recording.Folds);
                Assert.Equal((a.End, a.EndNs, a.Steps), (b.End, b.EndNs, b.Steps));
            },
            iter: 60, threads: 1, print: r => r.ToString());

    [Fact]
    public void Runs_that_use_the_same_memory_one_after_the_other_are_what_they_are_alone()
    {
        var buffer = new RunBuffer();
        RandomScenario.With(10, 9).Sample(
            r =>
            {
                var machine = CompiledMachine.Compile(r.Scenario);
                var alone = Run.Of(machine, r.Seed, limits: Short);
                var after = Run.Of(machine, r.Seed, limits: Short, buffer: buffer);
                Assert.True(alone.Recording.Entries.SequenceEqual(after.Recording.Entries));
                Assert.Equal(alone.Recording.Folds, after.Recording.Folds);
                Assert.Equal(Outcomes.Of(alone), Outcomes.Of(after));
            },
            iter: 60, threads: 1, print: r => r.ToString());
    }

    [Fact]
    public void Another_seed_gives_other_times_where_there_is_jitter()
    {
        var machine = CompiledMachine.Compile(Live(
            Platform.AcpiPc, [Function("00:01.0", "uhci", 21, Every(Millisecond) with { JitterPercent = 50 })], [Wait(20 * Millisecond)]));
        Assert.False(Run.Of(machine, 1).Recording.Entries.SequenceEqual(Run.Of(machine, 2).Recording.Entries));
    }

    // Design section 2: chance is counter-based.
    [Fact]
    public void An_unrelated_device_leaves_the_times_of_the_others_as_they_were()
    {
        var usb = At("00:01.0");
        List<FunctionSpec> one = [Function("00:01.0", "uhci", 21, Every(Millisecond) with { JitterPercent = 50 })];
        List<FunctionSpec> two =
        [
            Function("00:00.0", "host-bridge", null), Function("00:05.0", "e1000", 17, Every(300 * Microsecond) with { JitterPercent = 80 }) with { Cpu = 1 },
            .. one,
        ];

        List<long> Times(IReadOnlyList<FunctionSpec> functions)
        {
            var seen = Seen.Of(Live(Platform.AcpiPc, functions, [Wait(200 * Millisecond)], boot: b => b with { Cpus = 2 }), seed: 77);
            return [.. seen.Of(EventKind.DeviceEvent, usb).Select(e => e.At.TimeNs)];
        }

        var alone = Times(one);
        Assert.InRange(alone.Count, 150, 300);
        Assert.Equal(alone, Times(two));
    }

    [Fact]
    public void Two_policies_see_the_same_world_until_their_causes_differ()
    {
        Seen With(string policy) => Seen.Of(Story.Of(policy: policy, net: f => f with { Events = [Every(Millisecond) with { JitterPercent = 50 }] }), seed: 5);
        var (a, b) = (With("P4"), With("seed"));
        var first = a.Of(EventKind.DriverShutdown, Story.Net).First().At.Raw;
        for (var raw = 0L; raw <= first; raw++)
        {
            Assert.Equal(a.Run.Recording.EventAt(raw), b.Run.Recording.EventAt(raw));
        }
    }

    [Theory]
    [InlineData(10, 9, 120)]
    [InlineData(200, 190, 120)]
    [InlineData(2_000, 1_900, 60)]
    public void Acceleration_equals_stepping(int cutoff, int threshold, int machines) =>
        RandomScenario.With(cutoff, threshold).Sample(
            r =>
            {
                var machine = CompiledMachine.Compile(r.Scenario);
                var limits = new RunLimits(4 * Millisecond, 1_000_000);
                AssertEqual(Run.Of(machine, r.Seed, limits: limits, verify: true), Run.Of(machine, r.Seed, limits: limits, accelerate: false));
            },
            iter: machines, threads: 1, print: r => r.ToString());

    [Theory]
    [InlineData("4.1", "q35", 0)]
    [InlineData("4.1", "acpi-pc", 200)]
    [InlineData("6.12", "q35", 50)]
    public void Acceleration_equals_stepping_at_the_real_cutoff(string kernel, string platform, int handledBefore)
    {
        var machine = CompiledMachine.Compile(Story.Of(
            kernel, "P4", platform: Platform.Find(platform), net: f => f with { Events = [Every(Millisecond) with { JitterPercent = 40 }] },
            boot: b => b with { HandledBefore = new Dictionary<Gsi, int> { [new Gsi(21)] = handledBefore } }));
        var fast = Run.Of(machine);
        Assert.True(fast.SingleSteps < fast.Steps / 50);
        AssertEqual(fast, Run.Of(machine, accelerate: false));
    }

    private static void AssertEqual(Run fast, Run slow)
    {
        Assert.Empty(slow.Recording.Folds);
        Assert.Equal((slow.End, slow.EndNs, slow.Steps, slow.Recording.RawCount), (fast.End, fast.EndNs, fast.Steps, fast.Recording.RawCount));
        for (var raw = 0; raw < slow.Recording.RawCount; raw++)
        {
            var expected = slow.Recording.Entries[raw];
            var actual = fast.Recording.EventAt(raw);
            if (expected != actual)
            {
                Assert.Fail($"raw event {raw}: stepped {expected}, accelerated {actual}");
            }
        }

        Assert.Equal(slow.Final.CopyOfState(), fast.Final.CopyOfState());
    }

    [Fact]
    public void Any_event_is_reached_in_any_order_in_the_state_that_going_forward_has_there() =>
        RandomScenario.With(60, 55).Sample(
            r =>
            {
                var machine = CompiledMachine.Compile(r.Scenario);
                var run = Run.Of(machine, r.Seed, limits: Short);

                // Forward, one action at a time.
                var events = new List<MachineEvent>();
                var simulator = new Simulator<ListSink>(machine, r.Seed, InitialState.Of(machine), new ListSink(events), accelerate: false) { NextRaw = () => events.Count };
                var states = new List<(int Events, ulong[] State)> { (0, (ulong[])simulator.Execution.State.Clone()) };
                while (states.Count < 4_000 && simulator.Step(Short.TimeNs))
                {
                    states.Add((events.Count, (ulong[])simulator.Execution.State.Clone()));
                }

                for (var i = 0UL; i < 25 && events.Count > 0; i++)
                {
                    var raw = Chance.Below(r.Seed, 99, i, events.Count);
                    var at = states.FindIndex(s => s.Events > raw);
                    var moment = run.At(raw);
                    Assert.Equal(at, moment.Step);
                    AssertSame(machine, states[at].State, moment.After);
                    AssertSame(machine, states[at - 1].State, moment.Before);
                    Assert.Equal(states[at - 1].Events, moment.FirstRaw);
                }
            },
            iter: 60, threads: 1, print: r => r.ToString());

    private static void AssertSame(CompiledMachine machine, ulong[] expected, MachineView actual)
    {
        var view = new MachineView(machine, expected);
        Assert.True(view.Control.SequenceEqual(actual.Control));
        Assert.Equal((view.NowNs, view.Boot, view.Phase), (actual.NowNs, actual.Boot, actual.Phase));
        for (var f = 0; f < machine.Functions.Count; f++)
        {
            Assert.Equal(view.Function(f), actual.Function(f));
        }

        for (var line = 0; line < machine.Lines.Count; line++)
        {
            Assert.Equal(view.Line(line), actual.Line(line));
        }
    }

    // A choice: this enabled action happens now, and the run can be replayed with it.
    [Fact]
    public void A_choice_makes_an_enabled_action_happen_at_its_step()
    {
        var machine = CompiledMachine.Compile(Story.Of());
        var plain = Run.Of(machine);
        var moment = plain.At(plain.Recording.Entries.ToArray().First(e => e.Event is { Kind: EventKind.CfgCommand, B: 0x0107 }).Raw);
        var fire = plain.EnabledAt(moment).First(a => a.Verb == Verb.Fire);
        var chosen = Run.Of(machine, choices: [new Choice(moment.Step, fire)]);

        Assert.Null(chosen.RefusedChoice);
        var next = chosen.Recording.EventAt(moment.FirstRaw + 1);
        Assert.Equal(EventKind.DeviceEvent, next.Event.Kind);
        Assert.Equal(moment.After.NowNs, next.TimeNs);
        Assert.NotEqual(next, plain.Recording.EventAt(moment.FirstRaw + 1));

        var stale = Run.Of(machine, choices: [new Choice(moment.Step, new MachineAction(0, Verb.Eoi, 0))]);
        Assert.NotNull(stale.RefusedChoice);
        Assert.True(stale.Recording.Entries.SequenceEqual(plain.Recording.Entries));
    }
}
