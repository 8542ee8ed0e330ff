using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>kernel/irq/spurious.c and the flow handlers: domain 4 and 12.</summary>
public class SpuriousTests
{
    private static readonly Bdf Net = Story.Net;
    private static readonly Bdf Usb = Story.Usb;

    [Theory]
    [InlineData(IrqReturn.None, false, 99_951)]
    [InlineData(IrqReturn.Handled, false, 99_950)]
    [InlineData(IrqReturn.None, true, 99_950)]
    public void The_last_of_the_window_counts_as_unhandled_only_if_nobody_handled_it(IrqReturn sum, bool fixedUp, int unhandled) =>
        Assert.Equal((100_000, unhandled), Spurious.AtDisable(new SpuriousCounters { IrqCount = 99_999, Unhandled = 99_950 }, sum, fixedUp));

    // Domain 12: "The cutoff, computed, with N handled interrupts before the storm."
    [Theory]
    [Trait("Rule", "4.7")]
    [Trait("Rule", "12")]
    [InlineData("4.1", 0, 100_000, 100_000)]
    [InlineData("4.1", 50, 99_950, 99_950)]
    [InlineData("4.1", 200, 199_800, 100_000)]
    [InlineData("6.1", 50, 99_950, 99_950)]
    [InlineData("6.12", 0, 100_000, 100_000)]
    [InlineData("6.12", 50, 100_000, 100_000)]
    [InlineData("6.12", 200, 100_000, 100_000)]
    public void The_irq_is_given_up_after_that_many_unhandled_interrupts(string kernel, int handledBefore, int unhandled, int counter)
    {
        var seen = Seen.Of(Story.Of(
            kernel, "P4", platform: Platform.AcpiPc, boot: b => b with { HandledBefore = new Dictionary<Gsi, int> { [new Gsi(21)] = handledBefore } }));

        var nobody = Assert.Single(seen.NobodyCared(21));
        Assert.Equal(unhandled, seen.Deliveries(21, DeliveryOutcome.FlowHandler));
        Assert.Equal(100_000, nobody.Event.A);
        Assert.Equal(counter, nobody.Event.B);
        Assert.Equal(1, seen.Deliveries(21, DeliveryOutcome.LazyMasked));
    }

    // Section 4, step 2: a bogus value would be reported and not counted; no handler of the model has one to return.
    [Fact]
    [Trait("Rule", "4.2")]
    public void No_handler_returns_a_bogus_value() => Assert.Equal([IrqReturn.None, IrqReturn.Handled, IrqReturn.WakeThread], Enum.GetValues<IrqReturn>());

    // Section 4, steps 4-8, at the edges: more than 99,900 of 100,000.
    [Theory]
    [Trait("Rule", "4.8")]
    [InlineData(99, Spurious.Verdict.Disable)]
    [InlineData(100, Spurious.Verdict.NewWindow)]
    public void A_hundred_handled_ones_in_a_window_hide_a_storm(int handled, Spurious.Verdict expected)
    {
        var release = Release("4.1");
        var counters = default(SpuriousCounters);
        for (var i = 1; i < 100_000; i++)
        {
            Assert.Equal(Spurious.Verdict.GoOn, Spurious.Count(release, ref counters, i <= handled ? IrqReturn.Handled : IrqReturn.None, i));
        }

        Assert.Equal(expected, Spurious.Count(release, ref counters, IrqReturn.None, 100_000));
        Assert.Equal((0, 0), (counters.IrqCount, counters.Unhandled));
    }

    // Section 12: a gap of more than HZ/10 resets irqs_unhandled, not irq_count; exactly HZ/10 does not.
    [Theory]
    [Trait("Rule", "4.4")]
    [InlineData(100_000_000, 11)]
    [InlineData(100_000_001, 1)]
    public void Only_a_gap_of_more_than_a_tenth_of_a_second_starts_the_unhandled_count_anew(long gap, int unhandled)
    {
        var counters = default(SpuriousCounters);
        for (var i = 0; i < 10; i++)
        {
            Spurious.Count(Release("4.1"), ref counters, IrqReturn.None, i);
        }

        Spurious.Count(Release("4.1"), ref counters, IrqReturn.None, 9 + gap);
        Assert.Equal((11, unhandled), (counters.IrqCount, counters.Unhandled));
    }

    // Section 12: 6.1.192 and 6.12 count only while irqs_unhandled is not zero.
    [Fact]
    [Trait("Rule", "4.6")]
    public void Newer_releases_count_from_the_first_unhandled_one_older_ones_count_all()
    {
        foreach (var (kernel, before, after) in new[] { ("4.1", 5, 7), ("6.1", 5, 7), ("6.1.192", 0, 2), ("6.12", 0, 2) })
        {
            var counters = default(SpuriousCounters);
            for (var i = 0; i < 5; i++)
            {
                Spurious.Count(Release(kernel), ref counters, IrqReturn.Handled, i);
            }

            Assert.Equal(before, counters.IrqCount);
            Spurious.Count(Release(kernel), ref counters, IrqReturn.None, 6);
            Spurious.Count(Release(kernel), ref counters, IrqReturn.Handled, 7);
            Assert.Equal(after, counters.IrqCount);
        }
    }

    // The same on a machine: the gate of a level device is opened twice, on a CPU of its own so that the task goes on.
    [Theory]
    [Trait("Rule", "4.4")]
    [InlineData(50, false)]
    [InlineData(150, true)]
    public void Two_bursts_far_apart_do_not_add_up(int gapMs, bool apart)
    {
        Step[] burst = [new(Op.IntxDisable, 0), Pause(Millisecond), new(Op.IntxDisable, 1)];
        var seen = Seen.Of(Live(
            Platform.AcpiPc,
            [Function("00:09.0", "pci-endpoint", 21, Every(100 * Microsecond, count: 1)) with { Cpu = 1 }, Function("00:01.0", "uhci") with { Cpu = 1 }],
            [Do(Net, [new(Op.Start), new(Op.IntxDisable, 1), Pause(Millisecond), .. burst, Pause(gapMs * Millisecond), .. burst, Pause(Millisecond)])],
            "4.1", b => b with { Cpus = 2 }));

        var line = seen.Line(21);
        var deliveries = seen.Deliveries(21);
        Assert.InRange(deliveries, 200, 1_000);
        Assert.Equal(deliveries, line.IrqCount);
        Assert.Equal(apart, line.Unhandled < deliveries);
        Assert.InRange(line.Unhandled, deliveries / 3, deliveries);
    }

    // Section 4: "More than 99 handled interrupts per 100000 -> never trips". The storm starves the task for as long as one looks.
    [Fact]
    public void A_busy_sharer_hides_a_storm()
    {
        static Scenario With(long everyNs) => Live(
            Platform.AcpiPc, [Function("00:09.0", "virtio-net", 21, Every(Millisecond)), Function("00:01.0", "e1000", 21, Every(everyNs))],
            [MsixShutdown(Net), Wait(Second)]);

        // 0.72 s for 100,000: 720 handled ones, or 7.
        var busy = Seen.Of(With(Millisecond), limits: new RunLimits(5 * Second, 2_000_000));
        Assert.Empty(busy.NobodyCared(21));
        Assert.True(busy.Deliveries(21) > 400_000);
        Assert.Equal(RunEnd.TimeLimit, busy.Run.End);

        var idle = Seen.Of(With(100 * Millisecond), limits: new RunLimits(5 * Second, 2_000_000));
        Assert.Single(idle.NobodyCared(21));
    }

    // Section 4: a handler that says HANDLED blindly hides a storm for ever.
    [Fact]
    public void A_blind_handler_hides_a_storm_for_ever()
    {
        var blind = Driver("uhci_hcd") with { Id = "blind", IntxHandler = new("blind_interrupt", ClearsCause: false, Blind: true) };
        var seen = Seen.Of(
            Story.Of(platform: Platform.AcpiPc, boot: b => b with { Drivers = new Dictionary<Bdf, DriverModel?> { [Usb] = blind } }),
            limits: new RunLimits(3 * Second, 2_000_000));

        Assert.Empty(seen.NobodyCared(21));
        Assert.True(seen.Deliveries(21) > 300_000);
        Assert.Equal(0, seen.Line(21).Unhandled);
    }

    // Section 4: noirqdebug skips the call.
    [Fact]
    public void With_noirqdebug_nothing_is_counted_and_nothing_is_disabled()
    {
        var seen = Seen.Of(
            Story.Of(platform: Platform.AcpiPc, boot: b => b with { NoIrqDebug = true }), limits: new RunLimits(3 * Second, 2_000_000));

        Assert.Empty(seen.NobodyCared(21));
        Assert.True(seen.Deliveries(21) > 300_000);
        Assert.Equal((0, 0, false), (seen.Line(21).IrqCount, seen.Line(21).Unhandled, seen.Line(21).Disabled));
    }

    // Section 4: irq_disable is lazy; sections 4 and 12: who counts the extra delivery in /proc/interrupts.
    [Theory]
    [Trait("Rule", "4.8")]
    [InlineData("4.1", 100_001)]
    [InlineData("6.1", 100_000)]
    [InlineData("6.12", 100_000)]
    public void The_disable_is_lazy_and_one_more_delivery_masks_the_pin(string kernel, long inProcInterrupts)
    {
        var seen = Seen.Of(Story.Of(kernel, "P4"));
        var disabled = seen.OfLine(EventKind.IrqDisabled, 21).Single().At.Raw;
        var lazy = seen.OfLine(EventKind.IrqDelivered, 21).Single(e => e.At.Event.C == (int)DeliveryOutcome.LazyMasked).At.Raw;
        var mask = seen.OfLine(EventKind.IoapicPin, 21).First(e => e.At.Raw > disabled).At;

        Assert.True(disabled < lazy && lazy < mask.Raw);
        Assert.Equal(1, mask.Event.A);
        Assert.Equal(lazy, mask.Why);
        Assert.False(seen.Run.At(disabled).After.Line(0).Masked);
        Assert.True(seen.Run.At(disabled).After.Line(0).Disabled);
        Assert.Equal(inProcInterrupts, seen.Run.At(mask.Raw).After.Line(0).Interrupts);
        Assert.Equal(100_001, seen.Deliveries(21));
    }

    private static Scenario Storm(Platform platform, IReadOnlyList<Stimulus> after, IReadOnlyList<EventSource>? usbEvents = null, params FunctionSpec[] more) =>
        Live(
            platform,
            [Function("00:09.0", "virtio-net", 21, Every(Millisecond)), Function("00:01.0", "uhci") with { Events = usbEvents ?? [] }, .. more],
            [MsixShutdown(Net), Wait(Second), .. after], boot: b => b with { Drivers = NoDriver([.. more.Select(m => m.Bdf)]) });

    // Section 4: the poller serves sharers ten times a second; the line is never enabled by it; it does not count.
    [Fact]
    [Trait("Rule", "4.1")]
    public void After_the_disable_a_sharer_is_served_ten_times_a_second()
    {
        var seen = Seen.Of(Storm(Platform.Q35, [Wait(3 * Second)], [Every(10 * Millisecond)]));
        var disabled = seen.OfLine(EventKind.IrqDisabled, 21).Single().At;
        var served = seen.Of(EventKind.Handler, Usb).Where(e => e.At.Raw > disabled.Raw && (e.At.Event.C & 1) == 0).ToList();
        var polled = seen.OfLine(EventKind.IrqPolled, 21).ToList();

        var seconds = (seen.Run.EndNs - disabled.TimeNs) / 1e9;
        Assert.InRange(polled.Count, (int)(seconds * 10) - 1, (int)(seconds * 10) + 1);
        Assert.Equal(polled.Count, served.Count);
        Assert.All(polled, p => Assert.Equal((int)IrqReturn.Handled, p.At.Event.A));
        Assert.All(polled.Zip(polled.Skip(1)), p => Assert.InRange(p.Second.At.TimeNs - p.First.At.TimeNs, 100 * Millisecond, 101 * Millisecond));
        Assert.True(seen.Line(21) is { Disabled: true, Masked: true, SpuriousDisabled: true, IrqCount: 0, Unhandled: 0 });
    }

    // Section 4 and finding 14: a later request_irq on a shared line gives the irq another chance.
    [Fact]
    public void A_later_request_on_the_shared_line_revives_the_irq_and_the_storm()
    {
        var third = Function("00:0d.0", "e1000");
        var seen = Seen.Of(Storm(Platform.Q35, [Load(third.Bdf, "e1000"), Wait(Second)], null, third));

        var nobody = seen.NobodyCared(21);
        Assert.Equal(2, nobody.Count);
        var request = seen.Of(EventKind.RequestIrq, third.Bdf).Single().At;
        Assert.Equal(1, request.Event.B);
        Assert.InRange(request.Raw, nobody[0].Raw, nobody[1].Raw);
        Assert.Equal("101", seen.Masks(21));
        Assert.Equal(200_002, seen.Deliveries(21));
    }

    // kernel/irq/manage.c, __setup_irq: "Reset broken irq detection when installing new handler", whether or not the irq was given up.
    [Fact]
    public void Every_request_resets_the_counters_of_the_line()
    {
        var third = At("00:0d.0");
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:01.0", "uhci", 21, Every(Millisecond)), Function("00:0d.0", "e1000")],
            [Wait(10 * Millisecond), Load(third, "e1000"), Wait(100 * Microsecond)], "4.1",
            b => b with { Drivers = NoDriver(third), HandledBefore = new Dictionary<Gsi, int> { [new Gsi(21)] = 5_000 } }));

        var request = seen.Of(EventKind.RequestIrq, third).Single().At;
        Assert.Equal(0, request.Event.B);
        Assert.True(seen.Run.At(request.Raw).Before.Line(0).IrqCount > 5_000);
        Assert.Equal(0, seen.Run.At(request.Raw).After.Line(0).IrqCount);
    }

    // Section 4 and finding 11: no handler, no interrupt, no message.
    [Fact]
    public void A_line_without_a_handler_is_masked_and_silent()
    {
        var seen = Seen.Of(Story.Of(platform: Platform.AcpiPc, sharer: null));
        var up = seen.OfLine(EventKind.Line, 21).First().At;

        Assert.Equal(1, up.Event.A);
        Assert.True(seen.Run.At(up.Raw).After.Line(0).Masked);
        Assert.True(seen.Run.At(up.Raw).After.Function(0).InterruptStatus);
        Assert.Equal(0, seen.Deliveries(21));
        Assert.Empty(seen.NobodyCared(21));
    }

    // Section 3.5: the last free_irq masks the pin, an earlier one does not.
    [Theory]
    [Trait("Rule", "3.5")]
    [InlineData("e1000", null, true)]
    [InlineData("e1000", "uhci", false)]
    public void Only_the_last_free_irq_masks_the_pin(string freeing, string? keeping, bool masks)
    {
        List<FunctionSpec> functions = [Function("00:09.0", freeing)];
        if (keeping is not null)
        {
            functions.Add(Function("00:01.0", keeping));
        }

        var seen = Seen.Of(Live(Platform.AcpiPc, functions, [Do(Net, new Step(Op.FreeLine))]));

        Assert.Single(seen.Of(EventKind.FreeIrq, Net));
        Assert.Equal(masks, seen.Line(21).Masked);
        Assert.Equal(masks ? "1" : "", seen.Masks(21));
    }

    // Section 4, handle_fasteoi_irq: no action means mask and EOI, and nothing is counted.
    [Fact]
    public void An_interrupt_that_finds_no_action_masks_the_pin_without_being_counted()
    {
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:09.0", "e1000", 21, Every(Millisecond, count: 1, first: Millisecond))],
            [Do(Net, new Step(Op.LocalIrqDisable), Pause(2 * Millisecond), new(Op.FreeLine), new(Op.LocalIrqEnable), Pause(Millisecond))], "6.12"));

        Assert.Equal(1, seen.Deliveries(21, DeliveryOutcome.LazyMasked));
        Assert.Equal(0, seen.Deliveries(21, DeliveryOutcome.FlowHandler));
        Assert.Equal(0, seen.HandlerRuns(Net));
        Assert.Single(seen.OfLine(EventKind.Eoi, 21));
        Assert.True(seen.Line(21) is { Masked: true, RemoteIrr: false, IrqCount: 0, Interrupts: 0, Asserted: true });
    }

    // Section 12: a level storm starves the task on its CPU until the cutoff; other CPUs go on.
    [Fact]
    [Trait("Rule", "12")]
    public void A_storm_starves_the_task_on_its_own_CPU()
    {
        var seen = Seen.Of(Story.Of(platform: Platform.AcpiPc));
        var up = seen.OfLine(EventKind.Line, 21).First().At.Raw;
        var cut = seen.NobodyCared(21).Single().Raw;

        Assert.DoesNotContain(
            seen.Events(),
            e => e.At.Raw > up && e.At.Raw < cut && e.At.Event.Kind is EventKind.Phase or EventKind.DriverShutdown or EventKind.CfgCommand or EventKind.IoapicPin);

        // The wait between the phases is what it stood in: it ends later by the length of the storm.
        var calm = Seen.Of(Story.Of(platform: Platform.AcpiPc, net: f => f with { Events = [] }));
        long TimeOf(Seen s) => s.Run.Recording.EventAt(s.RawOfPhase("machine_shutdown")).TimeNs;
        Assert.InRange(TimeOf(seen) - TimeOf(calm), 500 * Millisecond, 600 * Millisecond);
    }

    [Fact]
    public void A_storm_on_another_CPU_leaves_the_task_alone_which_then_masks_the_pin_before_the_cutoff()
    {
        var seen = Seen.Of(Story.Of(
            platform: Platform.AcpiPc, net: f => f with { Cpu = 1 }, usb: f => f with { Cpu = 1 }, boot: b => b with { Cpus = 2 }));
        var masked = seen.OfLine(EventKind.IoapicPin, 21).First(e => e.At.Event.A == 1).At;

        Assert.Empty(seen.NobodyCared(21));
        Assert.InRange(seen.Deliveries(21), 1_000, 50_000);
        Assert.All(seen.OfLine(EventKind.IrqDelivered, 21), e => Assert.Equal(1, e.At.Event.A));
        Assert.True(masked.Raw > seen.RawOfPhase("machine_shutdown"));
        Assert.True(seen.Run.At(masked.Raw).After.Line(0).Asserted);
    }

    // Section 1.4, point 3: handlers of two irqs run at once on two CPUs.
    [Fact]
    [Trait("Rule", "1.4.3")]
    public void An_MSI_handler_and_an_INTx_handler_can_run_at_once_on_two_CPUs()
    {
        var seen = Seen.Of(Story.Of(
            path: ShutdownPath.Reboot, policy: "seed", net: f => f with { Cpu = 1, Events = [Every(Millisecond, first: Millisecond)] },
            usb: f => f with { Events = [Every(Millisecond, first: Millisecond)] }, boot: b => b with { Cpus = 2, Stimuli = [Wait(5 * Millisecond)] }));

        var running = new int[2];
        var together = false;
        foreach (var (at, _) in seen.Events().Where(e => e.At.Event.Kind == EventKind.Handler))
        {
            running[at.Event.B] = (at.Event.C & 1) == 0 ? at.Event.A : 0;
            together |= running[0] == 21 && running[1] > 21;
        }

        Assert.True(together);
    }

    // README of the recordings, artefacts: only the platform that has them shows them.
    [Theory]
    [InlineData("q35", 10)]
    [InlineData("acpi-pc", 0)]
    public void Only_q35_pauses_after_ten_thousand_interrupts_in_a_row(string platform, int pauses)
    {
        var seen = Seen.Of(Storm(Platform.Find(platform)!, []));
        var flow = seen.OfLine(EventKind.IrqDelivered, 21).ToList();
        var took = flow.Max(e => e.At.TimeNs) - flow.Min(e => e.At.TimeNs);

        Assert.Equal(100_001, seen.Deliveries(21));
        var perInterrupt = (took - (pauses * 10.0 * Millisecond)) / 100_000;
        Assert.InRange(perInterrupt, 5_000, 6_500);
    }
}
