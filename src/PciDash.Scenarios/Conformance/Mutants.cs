using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Conformance;

/// <summary>A recording or a scenario with one thing wrong, which the check has to notice.</summary>
/// <param name="Name">What is wrong.</param>
/// <param name="Events">The recording.</param>
/// <param name="Scenario">The scenario.</param>
public sealed record Mutant(string Name, IReadOnlyList<ObservedEvent> Events, Scenario Scenario);

/// <summary>The mutants that a recording and its scenario allow.</summary>
public static class Mutants
{
    private const int Storm = 1_000;
    private const double OneStorm = 10;

    /// <summary>All of them; a recording without deliveries has none about deliveries, and so on.</summary>
    public static IReadOnlyList<Mutant> Of(RecordedRun recorded, Scenario scenario)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        ArgumentNullException.ThrowIfNull(scenario);
        var events = recorded.Events;
        var gsis = CompiledMachine.Compile(scenario).Lines.Select(l => l.Gsi.Value).ToHashSet();
        var all = new List<Mutant>();
        if (OtherPolicy(scenario, events) is { } policy)
        {
            all.Add(new Mutant("wrong policy: " + policy.Id, events, scenario with { Boots = [scenario.Boots[0] with { Policy = policy }, .. scenario.Boots.Skip(1)] }));
        }

        // A storm of one window of spurious.c, or else a single one. Other counts are not certain: within a fold of a few a device rises twice in one
        // service, a longer storm had some that were handled, and one that nobody gave up ends whenever the task comes that far.
        var delivered = events.Where(e => e.Kind == ObservedKind.Delivered && gsis.Contains(e.Gsi)).OrderByDescending(e => e.Times).ToList();
        var counted = delivered.FirstOrDefault(e => e.Times >= Storm && IsOneWindow(delivered, e, scenario)) ?? delivered.FirstOrDefault(e => e.Times == 1);
        if (counted is not null)
        {
            all.Add(new Mutant("one delivery more", Replace(events, counted, [counted with { Times = counted.Times + 1 }]), scenario));
            all.Add(new Mutant("one delivery less", Replace(events, counted, counted.Times > 1 ? [counted with { Times = counted.Times - 1 }] : []), scenario));
        }

        if ((counted ?? delivered.FirstOrDefault()) is { } some && Unbound(scenario, some.Gsi) is { } late)
        {
            all.Add(new Mutant("a handler that comes late", events, late));
        }

        if (Swapped(events) is { } swapped)
        {
            all.Add(new Mutant("MSI and Command writes swapped", swapped, scenario));
        }

        if (BusMasterOff(events) is { } off)
        {
            all.Add(new Mutant("the write of BME = 0 removed", Replace(events, off, []), scenario));
        }

        if (events.LastOrDefault(e => e.Kind == ObservedKind.Pin && e.Value == 1 && gsis.Contains(e.Gsi)) is { } masked)
        {
            var at = masked.TLast + 1e-7;
            all.Add(new Mutant("a delivery at a masked pin", Replace(events, masked, [masked, masked with { Kind = ObservedKind.Delivered, Value = 0, T = at, TLast = at, Times = 1 }]), scenario));
        }

        return all;
    }

    // The window, and the lazy one.
    private static bool IsOneWindow(List<ObservedEvent> delivered, ObservedEvent storm, Scenario scenario)
    {
        var all = delivered.Where(e => e.Gsi == storm.Gsi && e.Times >= Storm && Math.Abs(e.T - storm.T) < OneStorm).Sum(e => e.Times);
        return scenario.Boots.Any(b => all == b.Release.SpuriousCutoff + 1);
    }

    // One that does something else on this path to at least one function.
    private static ShutdownPolicy? OtherPolicy(Scenario scenario, IReadOnlyList<ObservedEvent> events)
    {
        var boot = scenario.Boots[0];
        if (boot.Path is ShutdownPath.Kdump or ShutdownPath.None || (events.Count > 0 && !events.Any(e => e.Kind is ObservedKind.Shutdown or ObservedKind.Command)))
        {
            return null;
        }

        var clears = boot.Policy.Steps.Any(s => s.Step.Op == Op.BusMaster && (!s.KexecOnly || boot.Path == ShutdownPath.Kexec));
        return clears ? ShutdownPolicy.P1 : ShutdownPolicy.P3;
    }

    private static ObservedEvent? BusMasterOff(IReadOnlyList<ObservedEvent> events)
    {
        var bus = new Dictionary<Bdf, int>();
        ObservedEvent? last = null;
        foreach (var e in events.Where(e => e.Kind == ObservedKind.Command))
        {
            var before = bus.GetValueOrDefault(e.Bdf!.Value, 4);
            bus[e.Bdf.Value] = e.Value & 4;
            last = last is null && before != 0 && (e.Value & 4) == 0 ? e : last;
        }

        return last;
    }

    private static List<ObservedEvent>? Swapped(IReadOnlyList<ObservedEvent> events)
    {
        for (var i = 0; i < events.Count; i++)
        {
            if (events[i].Kind is not (ObservedKind.Msi or ObservedKind.Msix))
            {
                continue;
            }

            var j = i + 1;
            while (j < events.Count && events[j].Bdf != events[i].Bdf)
            {
                j++;
            }

            if (j < events.Count && events[j].Kind == ObservedKind.Command)
            {
                var swapped = events.ToList();
                swapped[i] = events[j] with { T = events[i].T, TLast = events[i].TLast };
                swapped[j] = events[i] with { T = events[j].T, TLast = events[j].TLast };
                return swapped;
            }
        }

        return null;
    }

    // The drivers whose handlers are on the line from the start are not there: whoever delivers must have had one.
    private static Scenario? Unbound(Scenario scenario, int gsi)
    {
        var machine = CompiledMachine.Compile(scenario);
        var line = machine.Lines.FirstOrDefault(l => l.Gsi.Value == gsi);
        var boot = scenario.Boots[0];
        if (line is null)
        {
            return null;
        }

        var handlers = line.Functions.Where(f => machine.Boots[0].Modes[f] == InterruptMode.Intx && boot.Drivers.GetValueOrDefault(machine.Functions[f].Bdf) is not null)
            .Select(f => machine.Functions[f].Bdf).ToHashSet();
        return handlers.Count == 0 ? null : scenario with
        {
            Boots = [boot with { Drivers = boot.Drivers.ToDictionary(d => d.Key, d => handlers.Contains(d.Key) ? null : d.Value) }, .. scenario.Boots.Skip(1)],
        };
    }

    private static List<ObservedEvent> Replace(IReadOnlyList<ObservedEvent> events, ObservedEvent what, IReadOnlyList<ObservedEvent> with) =>
        [.. events.SelectMany(e => ReferenceEquals(e, what) ? with : [e])];
}
