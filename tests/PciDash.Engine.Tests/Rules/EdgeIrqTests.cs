using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>The edge-triggered irqs of MSI and MSI-X vectors: handle_edge_irq, note_interrupt, check_irq_resend (domain 3.5 and 4).</summary>
public class EdgeIrqTests
{
    private static readonly Bdf Stale = At("00:09.0");
    private static readonly Bdf Innocent = At("00:0a.0");
    private static readonly Seen.Phase Next = new("probe", null, 1);

    // Domain 3.5: the vector of a stale message is somebody else's in the next kernel, and spurious.c counts it against that irq.
    [Fact]
    [Trait("Rule", "3.5")]
    [Trait("Rule", "4.8")]
    public void An_aliased_storm_of_messages_disables_the_irq_of_an_innocent_device()
    {
        var seen = Aliased();
        var irq = IrqOf(seen, Innocent);
        var nobody = Assert.Single(seen.Of(EventKind.NobodyCared, irq)).At;
        Assert.Equal((100_000, 100_000), (nobody.Event.A, nobody.Event.B));
        Assert.Single(seen.Of(EventKind.IrqDisabled, irq));
        Assert.Equal(100_000, seen.Messages(Stale, MsiResult.Aliased, Next) - Lazy(seen, irq));
        Assert.Equal(100_000, Handled(seen, Innocent, IrqReturn.None));

        // irq_disable is lazy, and MSI without masks has nothing to mask: whatever else comes is only remembered.
        Assert.NotEqual(0, Lazy(seen, irq));
        Assert.True(Vector(seen, Innocent) is { SpuriousDisabled: true, Pending: true, IrqCount: 0, Unhandled: 0 });
        var outcome = Assert.Single(Outcomes.Of(seen.Run), o => o.Kind == OutcomeKind.StormDisabled);
        Assert.Equal((seen.Index(Innocent), irq), (outcome.Function, seen.Machine.Lines.Count + seen.Machine.Functions[outcome.Function].FirstVector));
        Assert.Equal(seen.Machine.IrqOf(irq), outcome.Irq);
    }

    // Section 4: noirqdebug skips the call for an edge irq as for a line's.
    [Fact]
    public void With_noirqdebug_an_aliased_storm_disables_nothing()
    {
        var seen = Aliased(b => b with { NoIrqDebug = true });
        Assert.True(seen.Messages(Stale, MsiResult.Aliased, Next) > 100_000);
        Assert.DoesNotContain(seen.Events(), e => e.At.Event.Kind == EventKind.NobodyCared);
        Assert.True(Vector(seen, Innocent) is { SpuriousDisabled: false, IrqCount: 0, Unhandled: 0 });
    }

    // kernel/irq/spurious.c, try_one_irq: only an irq whose first action is IRQF_SHARED is polled, and that of a vector is not.
    [Fact]
    public void The_poller_serves_no_irq_of_a_vector()
    {
        var seen = Aliased();
        var given = seen.Of(EventKind.NobodyCared, IrqOf(seen, Innocent)).Single().At;
        Assert.True(seen.Run.EndNs - given.TimeNs > 300 * Millisecond);
        Assert.DoesNotContain(seen.Events(), e => e.At.Event.Kind == EventKind.IrqPolled);
        Assert.DoesNotContain(seen.Of(EventKind.Handler, Innocent), e => e.At.Raw > given.Raw);
    }

    // A device of its own behind the same storm: more than 99 handled ones of 100,000 hide it.
    [Fact]
    [Trait("Rule", "4.8")]
    public void Handled_messages_of_the_innocent_device_hide_the_storm()
    {
        var seen = Aliased(innocent: Every(Millisecond));
        Assert.True(Handled(seen, Innocent, IrqReturn.None) > 100_000);
        Assert.DoesNotContain(seen.Events(), e => e.At.Event.Kind == EventKind.NobodyCared);
    }

    // handle_edge_irq keeps what comes while there is no action (IRQS_PENDING); irq_startup sends it again from 3.3 on.
    [Theory]
    [Trait("Rule", "4.8")]
    [InlineData("2.6.32", 0)]
    [InlineData("3.3", 1)]
    [InlineData("6.12", 1)]
    public void A_message_that_came_while_the_irq_had_no_action_is_sent_again_by_request_irq(string kernel, int handled)
    {
        // Without per-vector masks: free_irq cannot keep the message at the device.
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:09.0", "mptsas", 21, Every(Millisecond, count: 1, first: Millisecond))],
            [Do(Stale, new Step(Op.FreeVectors), Pause(2 * Millisecond)), Do(Stale, new Step(Op.RequestVectors), Pause(Millisecond))], kernel));

        var irq = IrqOf(seen, Stale);
        var lost = Assert.Single(seen.Of(EventKind.IrqDelivered, irq), e => e.At.Event.C == (int)DeliveryOutcome.LazyMasked).At;
        Assert.True(seen.Run.At(lost.Raw).After.Vector(0).Pending);
        Assert.Equal(1, seen.Messages(Stale));
        Assert.Equal(handled, seen.HandlerRuns(Stale));
        Assert.Equal(handled, Handled(seen, Stale, IrqReturn.Handled));
        Assert.Equal(handled == 0, Vector(seen, Stale).Pending);
        Assert.Equal(handled, Vector(seen, Stale).Interrupts);
    }

    // pci_disable_msi frees the descriptor: what it kept goes with it.
    [Fact]
    public void A_new_descriptor_has_nothing_to_send_again()
    {
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:09.0", "mptsas", 21, Every(Millisecond, count: 1, first: Millisecond))],
            [Do(Stale, new Step(Op.FreeVectors), Pause(2 * Millisecond)), Do(Stale, new Step(Op.WriteMessages), new Step(Op.RequestVectors), Pause(Millisecond))]));
        Assert.Equal(1, seen.Messages(Stale));
        Assert.Equal(0, seen.HandlerRuns(Stale));
        Assert.False(Vector(seen, Stale).Pending);
    }

    // Two kernels that leave MSI on: in the second one the first device has no driver, and its vector is the second device's.
    private static Seen Aliased(Func<BootSpec, BootSpec>? second = null, EventSource? innocent = null)
    {
        // Once every 10 us, whether or not it is served.
        var storm = Function("00:09.0", "mptsas", 21, Every(10 * Microsecond) with { OncePerService = false });
        var other = Function("00:0a.0", "mptsas", 22, innocent is null ? [] : [innocent]);
        var first = new BootSpec(Release("2.6.24"), Policy("P0"), ShutdownPath.Kexec) { Drivers = NoDriver(Innocent) };
        var next = new BootSpec(Release("2.6.24"), Policy("P0"), ShutdownPath.None) { Drivers = NoDriver(Stale), Stimuli = [Wait(1_500 * Millisecond)] };
        var seen = Seen.Of(
            new Scenario("aliased", Platform.AcpiPc, [storm, other], [first, second?.Invoke(next) ?? next]), limits: new RunLimits(20 * Second, 5_000_000));
        return seen;
    }

    private static int IrqOf(Seen seen, Bdf bdf) => seen.Machine.Lines.Count + seen.Machine.Functions[seen.Index(bdf)].FirstVector;

    private static VectorView Vector(Seen seen, Bdf bdf) => seen.Run.Final.Vector(seen.Machine.Functions[seen.Index(bdf)].FirstVector);

    private static long Lazy(Seen seen, int irq) =>
        seen.Of(EventKind.IrqDelivered, irq, Next).Where(e => e.At.Event.C == (int)DeliveryOutcome.LazyMasked).Sum(e => e.Times);

    private static long Handled(Seen seen, Bdf bdf, IrqReturn ret) =>
        seen.Of(EventKind.Handler, bdf).Where(e => (e.At.Event.C & 1) != 0 && e.At.Event.C >> 4 == (int)ret).Sum(e => e.Times);
}
