using CsCheck;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Engine.Tests.Properties;

namespace PciDash.Engine.Tests.Twin;

/// <summary>The packed engine and its slow, obvious twin do the same, action by action.</summary>
public class TwinTests
{
    [Theory]
    [InlineData(10, 9, 2500)]
    [InlineData(60, 50, 1000)]
    public void The_engine_does_what_its_twin_does(int cutoff, int threshold, int machines) =>
        RandomScenario.With(cutoff, threshold).Sample(Check, iter: machines, threads: 1, print: r => r.ToString());

    // Stale messages whose vector is somebody else's in the next kernel, which random machines seldom have: they are counted, given up, kept and
    // sent again, with threads and without.
    [Fact]
    public void The_engine_does_what_its_twin_does_with_aliased_messages()
    {
        var (trips, kept) = (0, 0);
        AliasedScenario.Any.Sample(
            r => Check(r, (action, m, view) =>
            {
                trips += action.Verb == Verb.Trip ? 1 : 0;
                kept += view.Vector(m.Functions[1].FirstVector).Pending ? 1 : 0;
            }),
            iter: 120, threads: 1, print: r => r.ToString());
        Assert.True(trips > 10 && kept > 500, $"{trips} trips, {kept} states with a message that was kept");
    }

    private static void Check(RandomScenario random) => Check(random, (_, _, _) => { });

    private static void Check(RandomScenario random, Action<MachineAction, CompiledMachine, MachineView> look)
    {
        var events = new List<MachineEvent>();
        var walk = new Walk<ListSink>(random, new ListSink(events));
        var m = walk.Machine;
        var twin = new TwinMachine(m);
        var enabled = new MachineAction[m.ActorCount * 2];
        Compare(walk, twin, enabled, "at the start");
        for (var step = 0; step < 5_000 && walk.Next() is { } action; step++)
        {
            events.Clear();
            walk.Take(action);
            twin.Now = walk.Simulator.NowNs;
            twin.Do(action);
            var when = $"after step {step}, {action}{(action.Verb == Verb.Step ? $" {m.Program[action.Operand]}" : "")}";
            CompareEvents(events, twin, when);
            Compare(walk, twin, enabled, when);
            look(action, m, new MachineView(m, walk.State));
        }
    }

    // What became of messages, transfers and the like: it is in no state.
    private static void CompareEvents(List<MachineEvent> events, TwinMachine twin, string when)
    {
        var engine = events.Where(e => e.Kind is EventKind.MsiWrite or EventKind.Dma or EventKind.UnsupportedRequest or EventKind.VirtioConfig
            or EventKind.DriverAccess or EventKind.IrqThread or EventKind.Remapping or EventKind.PowerState or EventKind.Reset or EventKind.IrqPolled or EventKind.NobodyCared);
        var (said, expected) = (Text(engine), Text(twin.Said));
        if (said != expected)
        {
            Assert.Fail($"{when}\n engine {said}\n twin   {expected}");
        }

        static string Text(IEnumerable<MachineEvent> events) => string.Join(", ", events.Select(e => e.Kind switch
        {
            EventKind.MsiWrite => $"{e.Kind} of {e.Subject} entry {e.A} {(MsiResult)e.C} age {e.D}",
            EventKind.IrqThread => $"{e.Kind} of {e.Subject} {(IrqReturn)e.C}",
            EventKind.NobodyCared => $"{e.Kind} {e.Subject}",
            _ => $"{e.Kind} of {e.Subject} {e.A} {e.B}",
        }).Order(StringComparer.Ordinal));
    }

    private static void Compare(Walk<ListSink> walk, TwinMachine twin, MachineAction[] enabled, string when)
    {
        var m = walk.Machine;
        var view = new MachineView(m, walk.State);
        Assert.Equal(view.Boot, twin.Boot);
        if (!twin.Over)
        {
            Assert.Equal((int)(walk.State[m.TaskWord] & TaskBits.Pc), twin.Pc);
        }

        foreach (var f in twin.Functions)
        {
            var expected = new FunctionView(
                f.Device.BaseCommand | (f.BusMaster ? 4 : 0) | (f.IntxDisable ? 0x400 : 0), f.Condition, f.Pin, f.MsiEnable, f.MsixEnable, f.FunctionMask,
                Bits(f, e => e.Masked), Bits(f, e => e.Pending), f.Running, f.LineAction, f.VectorActions, f.ShutdownEntered, f.ShutdownReturned)
            {
                D3hot = f.D3hot, ThreadWoken = f.ThreadWoken, MaskedForGuest = f.MaskedForGuest,
            };
            if (view.Function(f.Index) != expected)
            {
                Assert.Fail($"{when}: function {m.Functions[f.Index].Bdf}\n engine {view.Function(f.Index)}\n twin   {expected}");
            }
        }

        foreach (var (entry, vector) in twin.Functions.SelectMany(f => f.Entries.Select((e, n) => (e, f.FirstVector + n))))
        {
            var expected = new VectorView(entry.Remembered, entry.SpuriousDisabled, entry.IrqCount, entry.Unhandled, entry.Interrupts);
            if (view.Vector(vector) != expected)
            {
                Assert.Fail($"{when}: vector {vector}\n engine {view.Vector(vector)}\n twin   {expected}");
            }
        }

        foreach (var line in twin.Lines)
        {
            var expected = new LineView(
                line.Level, line.Masked, line.RemoteIrr, line.Disabled, line.SpuriousDisabled, line.IrqCount, line.Unhandled, line.Interrupts);
            if (view.Line(line.Index) != expected)
            {
                Assert.Fail($"{when}: line {m.Lines[line.Index].Gsi}\n engine {view.Line(line.Index)}\n twin   {expected}");
            }
        }

        foreach (var cpu in twin.Cpus)
        {
            var pending = m.Slots.Where((s, _) => s.Cpu == cpu.Number && (walk.State[m.IrrWord + (s.Cpu * m.IrrWordsPerCpu) + (s.Bit >> 6)] >> (s.Bit & 63) & 1) != 0);
            Assert.Equal(pending.Select(s => s.Vector.Value).Order(), cpu.Requests.Keys.Order());
        }

        var may = enabled[..walk.Simulator.Execution.Enabled(enabled)].Select(a => (a.Actor, a.Verb)).Order();
        var twinMay = twin.Choices().Order();
        if (!may.SequenceEqual(twinMay))
        {
            Assert.Fail($"{when}: who may act\n engine {string.Join(' ', may)}\n twin   {string.Join(' ', twinMay)}");
        }
    }

    private static ulong Bits(TwinFunction f, Func<TwinEntry, bool> has) =>
        f.Entries.Select((e, i) => has(e) ? 1UL << i : 0).Aggregate(0UL, (a, b) => a | b);
}
