using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>Threaded and ONESHOT handlers, threadirqs, and note_interrupt's deferral: domain 4, step 3 and "Flow handlers".</summary>
public class ThreadedTests
{
    private static readonly Bdf Card = At("00:09.0");
    private static readonly Bdf Other = At("00:0a.0");

    private static DriverModel With(string driver, HandlerThread thread) =>
        Driver(driver) is var d ? d with { IntxHandler = d.IntxHandler with { Thread = thread } } : throw new InvalidOperationException();

    private static Seen One(HandlerThread thread, Func<BootSpec, BootSpec>? boot = null) => Seen.Of(Live(
        Platform.AcpiPc, [Function("00:09.0", "e1000", 21, Every(Millisecond, count: 2))], [Wait(5 * Millisecond)],
        boot: b => (boot?.Invoke(b) ?? b) with { Drivers = new Dictionary<Bdf, DriverModel?> { [Card] = With("e1000", thread) } }));

    // ONESHOT: masked from the flow handler on until the thread has run, once for each interrupt.
    [Fact]
    public void ONESHOT_masks_the_pin_until_its_thread_has_run()
    {
        var seen = One(HandlerThread.Oneshot);
        Assert.Equal("1010", seen.Masks(21));
        var threads = seen.Of(EventKind.IrqThread, Card).Select(e => e.At).ToList();
        var opened = seen.OfLine(EventKind.IoapicPin, 21).Where(e => e.At.Event.A == 0).Select(e => e.At).ToList();
        Assert.Equal(2, threads.Count);
        Assert.Equal(threads.Select(t => t.Raw), opened.Select(o => o.Why));

        // The thread, not the interrupt, serves the device.
        Assert.Equal("1010", seen.Pin(Card));
        Assert.All(seen.Of(EventKind.Intx, Card).Where(e => e.At.Event.A == 0), e => Assert.True(e.At.Raw < threads[^1].Raw));
        Assert.All(seen.Of(EventKind.Handler, Card).Where(e => (e.At.Event.C & 1) != 0), e => Assert.Equal((int)IrqReturn.WakeThread, e.At.Event.C >> 4));
        Assert.Equal(2, seen.Deliveries(21));
    }

    // A handler with a part of its own silences the device itself, and its pin stays open.
    [Fact]
    public void A_threaded_handler_without_ONESHOT_leaves_its_pin_open()
    {
        var seen = One(HandlerThread.Threaded);
        Assert.Equal("", seen.Masks(21));
        Assert.Equal(2, seen.Of(EventKind.IrqThread, Card).Count());
        Assert.Equal(2, seen.Deliveries(21));
    }

    // threadirqs (irq_setup_forced_threading): every handler becomes ONESHOT.
    [Theory]
    [InlineData(true, "1010", 2)]
    [InlineData(false, "", 0)]
    public void Threadirqs_makes_every_handler_a_thread(bool option, string masks, int threads)
    {
        var seen = One(HandlerThread.None, b => b with { ThreadIrqs = option });
        Assert.Equal(masks, seen.Masks(21));
        Assert.Equal(threads, seen.Of(EventKind.IrqThread, Card).Count());
    }

    // threadirqs and MSI: no mask (IRQCHIP_ONESHOT_SAFE), but the thread runs the handler.
    [Fact]
    public void Threadirqs_runs_the_handlers_of_messages_in_threads_too()
    {
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:09.0", "e1000e", 21, Every(Millisecond, count: 2))], [Wait(5 * Millisecond)], boot: b => b with { ThreadIrqs = true }));
        Assert.Equal(2, seen.Of(EventKind.IrqThread, Card).Count());
        Assert.Equal(0UL, seen.Function(Card).MaskedEntries & 0b010);
    }

    // A masking handler (NAPI) does so in its thread: the default primary handler does not touch the device.
    [Fact]
    public void With_threadirqs_nothing_of_a_handler_touches_its_device_in_the_interrupt()
    {
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:09.0", "rtl8139", 21, Every(Millisecond, count: 1))], [Wait(5 * Millisecond)], boot: b => b with { ThreadIrqs = true }));
        var fell = seen.Of(EventKind.Intx, Card).Single(e => e.At.Event.A == 0).At;
        Assert.True(fell.Raw > seen.Of(EventKind.Handler, Card).Last().At.Raw);
    }

    // Step 3: at the first interrupt that only woke a thread nothing is decided; from the next one on what threads did counts. A thread that
    // handles nothing is unhandled, and a storm of those gives the irq up: one interrupt later than one without threads.
    [Fact]
    [Trait("Rule", "4.3")]
    public void A_storm_that_threads_do_not_handle_disables_the_irq_one_interrupt_later()
    {
        var plain = Storm(HandlerThread.None);
        var threaded = Storm(HandlerThread.Oneshot);

        Assert.Single(plain.NobodyCared(21));
        var cared = Assert.Single(threaded.NobodyCared(21));
        long Before(Seen seen) => seen.OfLine(EventKind.IrqDelivered, 21).Where(e => e.At.Raw < seen.NobodyCared(21)[0].Raw).Sum(e => e.Times);
        Assert.Equal(Before(plain) + 1, Before(threaded));
        Assert.Equal(plain.NobodyCared(21)[0].Event.A, cared.Event.A);
    }

    // Before 1e77d0a1ed74 (trees 3.3.8, 3.6, 3.13.10) note_interrupt returned at IRQ_WAKE_THREAD and each thread called it with what it returned;
    // before that (2.6.32) a woken thread was as good as handled.
    [Theory]
    [Trait("Rule", "4.3")]
    [InlineData("2.6.32", null)]
    [InlineData("3.3", 0)]
    [InlineData("3.13", 0)]
    [InlineData("3.14", 1)]
    [InlineData("6.12", 1)]
    public void What_threads_return_is_counted_by_them_until_3_13_and_an_interrupt_later_since(string kernel, int? later)
    {
        var seen = Storm(HandlerThread.Oneshot, kernel);
        Assert.Equal(later is null ? 0 : 1, seen.NobodyCared(21).Count);
        if (later is null)
        {
            Assert.True(seen.Of(EventKind.IrqThread, Other).Sum(e => e.Times) > 200);
            Assert.Equal(0, seen.Line(21).Unhandled);
            return;
        }

        var cared = seen.NobodyCared(21)[0];
        var before = seen.OfLine(EventKind.IrqDelivered, 21).Where(e => e.At.Raw < cared.Raw).Sum(e => e.Times);
        Assert.Equal(100L + later.Value, before);
        Assert.Equal(later == 0 ? EventKind.IrqThread : EventKind.Handler, seen.Run.Recording.EventAt(cared.Why).Event.Kind);
    }

    // The defect that 1e77d0a1ed74 cured: one interrupt of a shared line was counted once for each thread, unhandled where a sharer's thread found
    // nothing although the device's own did.
    [Theory]
    [Trait("Rule", "4.3")]
    [InlineData("3.13", 2, true)]
    [InlineData("3.14", 1, false)]
    public void A_sharers_thread_that_finds_nothing_counts_as_an_unhandled_interrupt_until_3_13(string kernel, int countsOfOne, bool unhandled)
    {
        var thread = With("e1000", HandlerThread.Oneshot);
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:09.0", "e1000", 21, Every(Millisecond, count: 50)), Function("00:0a.0", "e1000", 21)], [Wait(60 * Millisecond)], kernel,
            b => b with { Drivers = new Dictionary<Bdf, DriverModel?> { [Card] = thread, [Other] = thread } }));
        Assert.Equal(50, seen.Deliveries(21));
        Assert.Equal((countsOfOne * 50) - (unhandled ? 0 : 1), seen.Line(21).IrqCount);
        Assert.Equal(unhandled, seen.Line(21).Unhandled > 0);
    }

    // Each vector's action has a thread of its own: it looks at what signals its vector, and its irq is the one that is counted.
    [Theory]
    [InlineData("3.13")]
    [InlineData("6.12")]
    public void Each_vector_has_a_thread_of_its_own(string kernel)
    {
        var entries = new[] { Every(Millisecond, count: 1, first: Millisecond) with { Entry = 1 }, Every(Millisecond, count: 1, first: Millisecond) with { Entry = 2 } };
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:09.0", "e1000e", 21, entries) with { Cpu = 0 }],
            [Do(null, new Step(Op.LocalIrqDisable), Pause(2 * Millisecond), new(Op.LocalIrqEnable), Pause(5 * Millisecond))], kernel, b => b with { ThreadIrqs = true }));
        var threads = seen.Of(EventKind.IrqThread, Card).Select(e => (e.At.Event.D - seen.Machine.Lines.Count, (IrqReturn)e.At.Event.C)).ToList();
        Assert.Equal([(1, IrqReturn.Handled), (2, IrqReturn.Handled)], threads);
    }

    // Step 3: threads that handle are counted as handled, by what they did since the last interrupt.
    [Fact]
    [Trait("Rule", "4.3")]
    public void Interrupts_that_threads_handle_never_disable_the_irq()
    {
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:09.0", "e1000", 21, Every(20 * Microsecond))], [Wait(10 * Millisecond)],
            boot: b => b with { Drivers = new Dictionary<Bdf, DriverModel?> { [Card] = With("e1000", HandlerThread.Oneshot) } },
            release: r => r with { SpuriousCutoff = 50, SpuriousThreshold = 40 }));
        Assert.InRange(seen.Deliveries(21), 200, 2_000);
        Assert.Empty(seen.NobodyCared(21));
        Assert.Equal(0, seen.Line(21).Unhandled);
    }

    // "Flags mismatch irq", -EBUSY: all of a line must agree.
    [Fact]
    public void A_line_with_and_without_ONESHOT_is_refused_unless_threadirqs_makes_them_agree()
    {
        var functions = new[] { Function("00:09.0", "e1000", 21), Function("00:0a.0", "e1000", 21) };
        Scenario Of(bool threadIrqs) => Live(
            Platform.AcpiPc, functions, [],
            boot: b => b with { ThreadIrqs = threadIrqs, Drivers = new Dictionary<Bdf, DriverModel?> { [Card] = With("e1000", HandlerThread.Oneshot) } });

        Assert.Contains("-EBUSY", Assert.Throws<ScenarioException>(() => CompiledMachine.Compile(Of(false))).Problems.Single(), StringComparison.Ordinal);
        Assert.NotNull(CompiledMachine.Compile(Of(true)));
    }

    // free_irq waits for the thread: none that was woken is left behind.
    [Fact]
    public void Freeing_a_line_waits_for_its_threads()
    {
        var freedAfter = 0;
        for (var offset = 0; offset < 100; offset++)
        {
            var seen = Seen.Of(Live(
                Platform.AcpiPc, [Function("00:09.0", "e1000", 21, Every(Millisecond, count: 1, first: Millisecond)) with { Cpu = 1 }],
                [Wait(Millisecond), Do(Card, Pause(offset * 100), new Step(Op.FreeLine)), Wait(Millisecond)],
                boot: b => b with { Cpus = 2, Drivers = new Dictionary<Bdf, DriverModel?> { [Card] = With("e1000", HandlerThread.Oneshot) } }));
            Assert.Equal(seen.HandlerRuns(Card), seen.Of(EventKind.IrqThread, Card).Count());
            freedAfter += seen.HandlerRuns(Card) > 0 ? 1 : 0;
        }

        Assert.InRange(freedAfter, 50, 100);
    }

    // The same for messages: their handler returns, on whatever CPU, before its action is gone.
    [Fact]
    public void Freeing_vectors_waits_for_their_handlers()
    {
        var waited = 0;
        for (var offset = 0; offset < 40; offset++)
        {
            var seen = Seen.Of(Live(
                Platform.AcpiPc, [Function("00:09.0", "e1000e", 21, Every(Millisecond, count: 1, first: Millisecond)) with { Cpu = 1 }],
                [Wait(Millisecond), Do(Card, Pause(offset * 100), new Step(Op.FreeVectors)), Wait(Millisecond)], boot: b => b with { Cpus = 2 }));
            var freed = seen.Of(EventKind.FreeIrq, Card).First().At;
            Assert.DoesNotContain(seen.Of(EventKind.Handler, Card), e => e.At.Raw > freed.Raw);
            waited += seen.HandlerRuns(Card) > 0 && freed.TimeNs > Millisecond + (offset * 100) ? 1 : 0;
        }

        Assert.NotEqual(0, waited);
    }

    // The screaming function has no handler; its neighbour's finds nothing.
    private static Seen Storm(HandlerThread thread, string kernel = "6.1.192") => Seen.Of(Live(
        Platform.AcpiPc, [Function("00:09.0", "pci-endpoint", 21, Every(Millisecond, count: 1)), Function("00:0a.0", "e1000", 21)],
        [Do(Card, new Step(Op.Start)), Wait(50 * Millisecond)], kernel,
        boot: b => b with { Drivers = new Dictionary<Bdf, DriverModel?> { [Other] = With("e1000", thread) } },
        release: r => r with { SpuriousCutoff = 100, SpuriousThreshold = 90 }));
}
