using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Conformance;

namespace PciDash.Scenarios.Tests;

/// <summary>What many events that a recording counts together allow, and what its trace still knows of them.</summary>
public class FoldsOfRecordings
{
    private const int Gsi = 21;

    private static ObservedEvent Fold(ObservedKind kind, int value, double t, double last, long times) => new("a fold", kind, null, Gsi, value, t, last, times) { Vector = 37 };

    private static FunctionSpec Card(int device) =>
        new(new Bdf(0, device, 0), DeviceModel.Find("e1000")!) { Gsi = new Gsi(Gsi), Events = [new EventSource("rx", 1_000_000)] };

    // Two devices share the line: one may be served by a handler that was running already (a rise without a delivery), or hold the line up when
    // the other's EOI comes (a delivery without a rise). One alone can do neither.
    [Theory]
    [InlineData(2, 10, 10, true)]
    [InlineData(2, 10, 7, true)]
    [InlineData(2, 10, 12, true)]
    [InlineData(1, 10, 10, true)]
    [InlineData(1, 10, 7, false)]
    [InlineData(1, 10, 12, false)]
    public void Rises_and_deliveries_of_a_fold_differ_only_where_a_line_is_shared(int cards, int rises, int deliveries, bool explained)
    {
        var release = KernelRelease.Find("6.12")!;
        var boot = new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, ShutdownPath.None);
        var scenario = new Scenario("shared", Platform.Q35, [.. Enumerable.Range(5, cards).Select(Card)], [boot]);
        ObservedEvent[] events =
        [
            Fold(ObservedKind.Line, 1, 1.0, 1.9, rises), Fold(ObservedKind.Delivered, 0, 1.0, 1.9, deliveries),
            Fold(ObservedKind.Line, 0, 1.0, 1.95, rises), Fold(ObservedKind.Eoi, 0, 1.0, 1.99, deliveries),
        ];
        var recorded = new RecordedRun { Name = "folds", Events = events, Functions = [], Ignored = new Dictionary<string, int>(), Problems = [] };
        var result = ConformanceCheck.Check(recorded, scenario, 1_000_000);
        Assert.Equal(explained, result.Verdict == ConformanceVerdict.Explained);
    }

    // The trace lacks the beginning of the storm, but has the fall that ended it and all that came then.
    [Fact]
    public void A_storm_and_the_interrupts_after_it_are_parted_where_the_line_changes()
    {
        ObservedEvent[] events =
        [
            Fold(ObservedKind.Delivered, 0, 1.0, 3.2, 5_002), Fold(ObservedKind.Line, 0, 2.0, 3.3, 3), Fold(ObservedKind.Line, 1, 3.0, 3.19, 2),
        ];
        var parts = TraceUnfold.Apply(events, [.. Trace]).Where(e => e.Kind == ObservedKind.Delivered).ToList();
        Assert.Equal([5_000, 1, 1], parts.Select(p => p.Times));
        Assert.Equal([1.0, 3.0, 3.2], parts.Select(p => p.T));
        Assert.Equal(1.99, parts[0].TLast);

        // A change that the trace does not have, or a storm that goes on: it stays one fold.
        ObservedEvent[] more = [events[0], events[1] with { Times = 4 }, events[2]];
        Assert.Single(TraceUnfold.Apply(more, [.. Trace]), e => e.Kind == ObservedKind.Delivered);
        Assert.Single(TraceUnfold.Apply(events, [.. Trace, Delivery("3.2")]), e => e.Kind == ObservedKind.Delivered);
    }

    private static readonly string[] Trace =
    [
        Level("0.5", 1), Delivery("1.98"), Delivery("1.99"), Level("2.0", 0), Level("3.0", 1), Delivery("3.0"), Level("3.1", 0), Level("3.19", 1), Delivery("3.2"), Level("3.3", 0),
    ];

    private static string Level(string t, int level) => Node.Invariant($"{t} x86_gsi_interrupt GSI interrupt #{Gsi} level:{level}");

    private static string Delivery(string t) => t + " apic_deliver_irq dest 1 dest_mode 1 delivery_mode 0 vector 37 trigger_mode 1";
}
