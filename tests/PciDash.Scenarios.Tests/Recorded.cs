using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Tests;

/// <summary>A run with its folds undone where a test counts, and with names where it compares.</summary>
internal sealed class Recorded
{
    private readonly Run run;

    private Recorded(Run run) => this.run = run;

    public static Recorded Of(string preset, Func<Scenario, Scenario>? change = null, ulong seed = 1)
    {
        var scenario = ScenarioPresets.Find(preset)?.Scenario ?? throw new ArgumentException("no preset " + preset);
        return new Recorded(Run.Of(CompiledMachine.Compile(change?.Invoke(scenario) ?? scenario), seed));
    }

    public Run Run => run;

    public IEnumerable<(long Raw, long TimeNs, MachineEvent Event, long Times)> All =>
        Enumerable.Range(0, run.Recording.Count).Select(e =>
        {
            var r = run.Recording.Entries[e];
            return (r.Raw, r.TimeNs, r.Event, run.Recording.Occurrences(e).Times);
        });

    public long Count(EventKind kind, Func<MachineEvent, bool>? only = null) =>
        All.Where(r => r.Event.Kind == kind && (only?.Invoke(r.Event) ?? true)).Sum(r => r.Times);

    public MachineEvent The(EventKind kind, Func<MachineEvent, bool>? only = null) =>
        Assert.Single(All, r => r.Event.Kind == kind && (only?.Invoke(r.Event) ?? true)).Event;

    public int Function(string bdf)
    {
        Assert.True(Bdf.TryParse(bdf, out var address));
        return run.Machine.Functions.Single(f => f.Bdf == address).Index;
    }

    public int Line(int gsi) => run.Machine.Lines.Single(l => l.Gsi.Value == gsi).Index;

    /// <summary>Deliveries of a line, those included that only mask it.</summary>
    public long Deliveries(int gsi, DeliveryOutcome? outcome = null)
    {
        var line = Line(gsi);
        return Count(EventKind.IrqDelivered, e => e.Subject == line && (outcome is null || e.C == (int)outcome));
    }

    public bool Asserted(int gsi)
    {
        var line = Line(gsi);
        return Count(EventKind.Line, e => e.Subject == line && e.A == 1) > 0;
    }

    public long TimeOf(EventKind kind, Func<MachineEvent, bool>? only = null) =>
        All.First(r => r.Event.Kind == kind && (only?.Invoke(r.Event) ?? true)).TimeNs;

    public IEnumerable<string> Phases => All.Where(r => r.Event.Kind == EventKind.Phase).Select(r => run.Machine.Names[r.Event.A]);
}
