using System.Globalization;
using CsCheck;
using PciDash.Engine.Devices;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using Xunit.Abstractions;

namespace PciDash.Engine.Tests.Properties;

/// <summary>What holds after each step of any run.</summary>
public class InvariantTests(ITestOutputHelper output)
{
    private const int Machines = 25_000;
    private const int RunsOfEach = 4;
    private const int Steps = 1_200;

    /// <summary>100,000 runs: cutoffs are small, so that a run of some hundred steps sees storms end.</summary>
    [Fact]
    public void Rules_that_hold_after_every_step()
    {
        var (runs, steps) = (0L, 0L);
        RandomScenario.With(8, 6).Sample(
            random =>
            {
                var machine = CompiledMachine.Compile(random.Scenario);
                for (var run = 0; run < RunsOfEach; run++)
                {
                    // The first as drawn; the others by time alone or with more and more of chance.
                    var other = run == 0 ? random : random with { Seed = random.Seed + (ulong)run, ChoicePercent = 15 * (run - 1) };
                    var check = new Check(machine, other);
                    check.Run();
                    Interlocked.Increment(ref runs);
                    Interlocked.Add(ref steps, check.Step);
                }
            },
            iter: Machines, print: r => r.ToString());
        output.WriteLine($"{runs} runs, {steps} steps");
        Assert.True(runs >= 100_000);
    }

    private sealed class Check
    {
        private readonly CompiledMachine m;
        private readonly List<MachineEvent> events = [];
        private readonly Walk<ListSink> walk;
        private readonly MachineView view;
        private readonly FunctionView[] was;
        private readonly FunctionView[] now;
        private readonly LineView[] lineWas;
        private readonly LineView[] lineNow;
        private MachineAction action;

        public Check(CompiledMachine machine, RandomScenario random)
        {
            m = machine;
            walk = new Walk<ListSink>(random, new ListSink(events), machine);
            view = new MachineView(m, walk.State);
            was = new FunctionView[m.Functions.Count];
            now = new FunctionView[m.Functions.Count];
            lineWas = new LineView[m.Lines.Count];
            lineNow = new LineView[m.Lines.Count];
        }

        public int Step { get; private set; }

        public void Run()
        {
            Look();
            for (; Step < Steps && walk.Next() is { } next; Step++)
            {
                now.CopyTo(was, 0);
                lineNow.CopyTo(lineWas, 0);
                var (boot, time) = (view.Boot, view.NowNs);
                action = next;
                events.Clear();
                walk.Take(action);
                Look();
                if (view.Boot == boot && view.NowNs < time)
                {
                    Fail("time went back");
                }

                for (var f = 0; f < now.Length; f++)
                {
                    AboutFunction(f);
                }

                for (var line = 0; line < lineNow.Length; line++)
                {
                    AboutLine(line);
                }

                foreach (var e in events)
                {
                    AboutEvent(e);
                }
            }
        }

        private void Look()
        {
            for (var f = 0; f < now.Length; f++)
            {
                now[f] = view.Function(f);
            }

            for (var line = 0; line < lineNow.Length; line++)
            {
                lineNow[line] = view.Line(line);
            }
        }

        private void Fail(string rule, int subject = -1) =>
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"step {Step} {action}, {subject}: {rule}"));

        private void AboutFunction(int f)
        {
            var device = m.Functions[f].Device;
            ref readonly var x = ref now[f];
            ref readonly var old = ref was[f];

            // Rules 5.3 and 5.12: never MSI and INTx from one function at once, nothing in D3hot; 2.6: unless INTx-Disable gates nothing.
            if (x.PinAsserted && (x.MsiEnable || x.MsixEnable || x.D3hot || (x.IntxDisable && device.IntxDisableBit == IntxDisableBit.Works)))
            {
                Fail("the pin is up behind a gate", f);
            }

            if (x.PinAsserted && !x.InterruptStatus)
            {
                Fail("the pin is up without a condition", f);
            }

            if (x.IntxDisable && device.IntxDisableBit == IntxDisableBit.Absent)
            {
                Fail("a bit that is not there is set", f);
            }

            if (x.MsiEnable && x.MsixEnable)
            {
                Fail("MSI and MSI-X at once", f);
            }

            // Rule 5.6: what has no mask is never masked, and nothing waits behind a mask that is open.
            if (device is { MsixTableSize: 0, MsiPerVectorMask: false } && (x.MaskedEntries | x.PendingEntries) != 0)
            {
                Fail("MSI without masks is masked or pending", f);
            }

            if (((x.MsixEnable && !x.MsixFunctionMask) || (x.MsiEnable && device.MsiPerVectorMask)) && (x.PendingEntries & ~x.MaskedEntries) != 0)
            {
                Fail("a message is pending behind no mask", f);
            }

            // Rule 5.2: clearing Bus Master Enable changes no pin.
            if (old.BusMaster && !x.BusMaster && old.IntxDisable == x.IntxDisable && old.InterruptStatus == x.InterruptStatus && old.MsixEnable == x.MsixEnable
                && old.MsiEnable == x.MsiEnable && old.D3hot == x.D3hot && old.PinAsserted != x.PinAsserted)
            {
                Fail("Bus Master Enable moved a pin", f);
            }

            // The flow handler of a ONESHOT line masks its pin before a handler of it can wake a thread. Those that irqfixup and irqpoll try, within
            // the interrupt of another irq, get no mask: try_one_irq calls handle_irq_event at once (kernel/irq/spurious.c, trees 3.6 and 3.14.65).
            if (x.ThreadWoken && !old.ThreadWoken && action.Actor < m.CpuCount && x.LineAction && LeftHandlerOfLine(f)
                && m.Boots[view.Boot].OneshotLines[m.Functions[f].Line] && !lineNow[m.Functions[f].Line].Masked)
            {
                Fail("ONESHOT with an open pin", f);
            }
        }

        // In this step the function's handler returned, which the interrupt of its own line had called.
        private bool LeftHandlerOfLine(int f)
        {
            foreach (var e in events)
            {
                if (e.Kind == EventKind.Handler && (e.C & 1) != 0 && e.Subject == f && e.D == m.Functions[f].Line)
                {
                    return true;
                }
            }

            return false;
        }

        private void AboutLine(int line)
        {
            ref readonly var after = ref lineNow[line];
            ref readonly var before = ref lineWas[line];
            var release = m.Boots[view.Boot].Spec.Release;

            // The line is the OR of its pins, and of the lines that it is raised for (5.13).
            var pins = false;
            foreach (var f in m.Lines[line].Functions)
            {
                pins |= now[f].PinAsserted;
            }

            if (after.Asserted != pins && !(after.Asserted && IsRaisedForAnother(line)))
            {
                Fail("the line is not the OR of its pins", line);
            }

            // A masked pin accepts nothing, and where nothing is latched a line that is down gives nothing. QEMU looks at its pins once more before
            // clear_IO_APIC masks one.
            var qemu = m.Scenario.Platform.ForgetsRiseWhileUnprogrammed;
            if (!before.RemoteIrr && after.RemoteIrr && ((after.Masked && (before.Masked || !qemu)) || (!after.Asserted && !qemu)) && action.Verb != Verb.Take)
            {
                Fail("a delivery from a pin that is masked or down", line);
            }

            // Counters never pass their bounds.
            if (after.IrqCount < 0 || after.IrqCount >= release.SpuriousCutoff || after.Unhandled < 0 || after.Unhandled >= release.SpuriousCutoff)
            {
                Fail("a counter beyond its bounds", line);
            }

            // Given up means disabled.
            if (after.SpuriousDisabled && !after.Disabled)
            {
                Fail("given up and enabled", line);
            }
        }

        private bool IsRaisedForAnother(int line)
        {
            foreach (var alias in m.Scenario.BootInterrupts)
            {
                for (var from = 0; from < lineNow.Length; from++)
                {
                    if (m.Lines[from].Gsi == alias.From && m.Lines[line].Gsi == alias.To && lineNow[from] is { Asserted: true, Masked: true })
                    {
                        return true;
                    }
                }
            }

            return false;
        }

        private void AboutEvent(in MachineEvent e)
        {
            switch (e.Kind)
            {
                case EventKind.MsiWrite:
                    AboutMessage(e);
                    break;
                case EventKind.Dma when (DmaTarget)e.A != DmaTarget.Blocked:
                    // Rules 5.1, 5.11 and 5.12.
                    if (!now[e.Subject].BusMaster || now[e.Subject].D3hot || !BridgesForward(e.Subject))
                    {
                        Fail("a transfer got past Bus Master Enable", e.Subject);
                    }

                    if ((DmaTarget)e.A == DmaTarget.NextKernel != e.B > 0)
                    {
                        Fail("a transfer into the wrong kernel", e.Subject);
                    }

                    break;
                case EventKind.UnsupportedRequest:
                    if (m.Functions[e.Subject].Device.OnBusMasterOff != BusMasterReaction.UnsupportedRequest || now[e.A].BusMaster)
                    {
                        Fail("an Unsupported Request without cause", e.Subject);
                    }

                    break;
                case EventKind.DeviceEvent:
                    if (!was[e.Subject].Running || was[e.Subject].D3hot)
                    {
                        Fail("an event of a device that does not work", e.Subject);
                    }

                    break;
                case EventKind.VirtioConfig:
                    // 6.1: QEMU picks by the live bit.
                    if (e.B != (now[e.Subject].MsixEnable ? 24 : 20))
                    {
                        Fail("config where the device does not have it", e.Subject);
                    }

                    break;
                case EventKind.IrqThread:
                    // Another vector's thread may be left to run.
                    var left = m.Functions[e.Subject].VectorCount > 1 && now[e.Subject].VectorActions;
                    if (!was[e.Subject].ThreadWoken || (now[e.Subject].ThreadWoken && !left) || action.Actor < m.ThreadActor)
                    {
                        Fail("a thread that nobody woke", e.Subject);
                    }

                    break;
                case EventKind.Handler when (e.C & 1) == 0 && e.D < lineNow.Length:
                    // No handler of a line that was given up begins except by the poller, which touches only such lines.
                    if (lineWas[e.D].SpuriousDisabled != (action.Actor == m.PollerActor))
                    {
                        // An interrupt that was in progress when another CPU's note_interrupt gave the irq up goes on to its next handler.
                        if (action.Actor == m.PollerActor || m.CpuCount == 1)
                        {
                            Fail("a handler of a line that was given up, or polled without need", e.D);
                        }
                    }

                    if (m.CpuCount == 1 && lineWas[e.D].Disabled && action.Actor != m.PollerActor)
                    {
                        Fail("a handler of a disabled line", e.D);
                    }

                    break;
                case EventKind.NobodyCared:
                    // noirqdebug: no such message.
                    if (m.Boots[view.Boot].Spec.NoIrqDebug)
                    {
                        Fail("note_interrupt in spite of noirqdebug", e.Subject);
                    }

                    break;
                case EventKind.IrqDelivered when (DeliveryOutcome)e.C == DeliveryOutcome.FlowHandler && e.Subject >= 0 && e.Subject < lineNow.Length:
                    AboutFlowHandler(e.Subject);
                    break;
            }
        }

        // What a flow handler starts is neither disabled nor without an action, and ONESHOT begins with the mask.
        private void AboutFlowHandler(int line)
        {
            var actions = false;
            foreach (var f in m.Lines[line].Functions)
            {
                actions |= was[f].LineAction;
            }

            if (lineWas[line].Disabled || !actions)
            {
                Fail("handlers of a dead line", line);
            }

            if (m.Boots[view.Boot].OneshotLines[line] && !lineNow[line].Masked)
            {
                Fail("ONESHOT with an open pin", line);
            }
        }

        private void AboutMessage(in MachineEvent e)
        {
            var result = (MsiResult)e.C;
            ref readonly var f = ref now[e.Subject];
            if (result == MsiResult.WrongMode)
            {
                if (!m.Functions[e.Subject].Device.FirmwareKeepsMode || f.MsiEnable || f.MsixEnable)
                {
                    Fail("a message in the wrong mode", e.Subject);
                }

                return;
            }

            // Rule 5.3.
            if ((!f.MsiEnable && !f.MsixEnable) || f.PinAsserted)
            {
                Fail("a message of a function that is not in MSI mode", e.Subject);
            }

            if (result == MsiResult.RemapFault && !m.Scenario.InterruptRemapping)
            {
                Fail("a remapping fault without remapping", e.Subject);
            }

            // Rules 5.1, 5.11 and 5.12: what got past the function had its Bus Master Enable, and that of every bridge.
            if (result is not (MsiResult.DroppedBme or MsiResult.LatchedBme or MsiResult.PendingMasked or MsiResult.DroppedD3hot)
                && (!f.BusMaster || f.D3hot || (result != MsiResult.DroppedBridge) != BridgesForward(e.Subject)))
            {
                Fail("a message got past Bus Master Enable", e.Subject);
            }
        }

        private bool BridgesForward(int f)
        {
            for (var bridge = m.Functions[f].Parent; bridge >= 0; bridge = m.Functions[bridge].Parent)
            {
                if (!now[bridge].BusMaster)
                {
                    return false;
                }
            }

            return true;
        }
    }
}
