using CsCheck;
using PciDash.Engine.Devices;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Tests.Properties;

/// <summary>What holds after each step of any run.</summary>
public class InvariantTests
{
    [Fact]
    public void Rules_that_hold_after_every_step() =>
        RandomScenario.With(25, 20).Sample(Check, iter: 250, threads: 1, print: r => r.ToString());

    private static void Check(RandomScenario random)
    {
        var events = new List<MachineEvent>();
        var walk = new Walk<ListSink>(random, new ListSink(events));
        var m = walk.Machine;
        var before = (ulong[])walk.State.Clone();
        for (var step = 0; step < 6_000 && walk.Next() is { } action; step++)
        {
            walk.State.CopyTo(before, 0);
            events.Clear();
            walk.Take(action);
            var was = new MachineView(m, before);
            var now = new MachineView(m, walk.State);
            for (var f = 0; f < m.Functions.Count; f++)
            {
                AssertFunction(was.Function(f), now.Function(f), events.Where(e => e.Subject == f), $"step {step} {action} function {m.Functions[f].Bdf}");
            }

            for (var line = 0; line < m.Lines.Count; line++)
            {
                AssertLine(m, line, was, now, action, events, $"step {step} {action} line {line}");
            }

            if (was.Boot == now.Boot)
            {
                Assert.True(now.NowNs >= was.NowNs);
            }
        }
    }

    private static void AssertFunction(in FunctionView was, in FunctionView now, IEnumerable<MachineEvent> events, string where)
    {
        // Rule 5.3: never MSI and INTx from one function at once.
        Assert.False(now.PinAsserted && (now.MsiEnable || now.MsixEnable || now.IntxDisable), where);
        Assert.False(now.MsiEnable && now.MsixEnable, where);
        foreach (var e in events)
        {
            if (e.Kind == EventKind.MsiWrite)
            {
                Assert.True(now.MsiEnable || now.MsixEnable, where);
                Assert.False(now.PinAsserted, where);

                // Rule 5.1: what got past the function had its Bus Master Enable.
                Assert.True(now.BusMaster || (MsiResult)e.C is MsiResult.DroppedBme or MsiResult.LatchedBme or MsiResult.PendingMasked, where);
            }
        }

        // Rule 5.2: clearing Bus Master Enable changes no pin.
        if (was.BusMaster && !now.BusMaster && was.IntxDisable == now.IntxDisable && was.InterruptStatus == now.InterruptStatus && was.MsixEnable == now.MsixEnable && was.MsiEnable == now.MsiEnable)
        {
            Assert.Equal(was.PinAsserted, now.PinAsserted);
        }
    }

    private static void AssertLine(CompiledMachine m, int line, MachineView was, MachineView now, in MachineAction action, List<MachineEvent> events, string where)
    {
        var (before, after) = (was.Line(line), now.Line(line));
        var release = m.Boots[now.Boot].Spec.Release;

        // The line is the OR of its pins.
        Assert.Equal(m.Lines[line].Functions.Any(f => now.Function(f).PinAsserted), after.Asserted);

        // A masked pin accepts nothing.
        Assert.False(!before.RemoteIrr && after.RemoteIrr && after.Masked, where);
        Assert.False(!before.RemoteIrr && after.RemoteIrr && !after.Asserted && m.Scenario.Platform.Id == "acpi-pc", where);

        // Counters never pass their bounds.
        Assert.InRange(after.IrqCount, 0, release.SpuriousCutoff - 1);
        Assert.InRange(after.Unhandled, 0, release.SpuriousCutoff - 1);

        // Given up means disabled, and no handler of it begins except by the poller.
        Assert.True(!after.SpuriousDisabled || after.Disabled, where);
        var begins = events.Any(e => e.Kind == EventKind.Handler && (e.C & 1) == 0 && e.D == line);
        if (begins && before.SpuriousDisabled)
        {
            Assert.Equal(m.PollerActor, action.Actor);
        }

        if (begins && m.CpuCount == 1 && before.Disabled)
        {
            Assert.Equal(m.PollerActor, action.Actor);
        }

        // The poller touches only what was given up.
        if (begins && action.Actor == m.PollerActor)
        {
            Assert.True(before.SpuriousDisabled, where);
        }

        // noirqdebug: no such message.
        Assert.DoesNotContain(events, e => e.Kind == EventKind.NobodyCared && m.Boots[now.Boot].Spec.NoIrqDebug);

        // What a flow handler starts is neither disabled nor without an action.
        if (events.Any(e => e.Kind == EventKind.IrqDelivered && e.Subject == line && e.C == (int)DeliveryOutcome.FlowHandler))
        {
            Assert.False(before.Disabled, where);
            Assert.Contains(m.Lines[line].Functions, f => was.Function(f).LineAction);
        }
    }
}
