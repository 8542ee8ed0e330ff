using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Audit;

/// <summary>
/// Runs a machine on every path under several kernels, with several seeds each, and tells what was seen. It says nothing about what was
/// not: only the search over all orderings does.
/// </summary>
public sealed class MachineAudit
{
    private readonly Scenario scenario;
    private readonly AuditOptions options;
    private readonly CompiledMachine machine;
    private readonly AuditCell[] cells;
    private readonly Action<int, int>? progress;
    private readonly CancellationToken cancel;
    private int done;

    private MachineAudit(Scenario scenario, AuditOptions options, Action<int, int>? progress, CancellationToken cancel)
    {
        this.scenario = scenario;
        this.options = options;
        this.progress = progress;
        this.cancel = cancel;
        machine = CompiledMachine.Compile(scenario);
        cells = [.. (options.Kernels ?? AuditOptions.KernelsFor(scenario)).SelectMany(k => options.Paths.Select(p => new AuditCell(k, p)))];
    }

    /// <summary>Audits a machine.</summary>
    /// <param name="scenario">The machine; its first boot's drivers and options are taken for every kernel.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="progress">Told after each kernel and path: how many are done, of how many.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="ScenarioException">The scenario contradicts itself.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static AuditReport Of(Scenario scenario, AuditOptions? options = null, Action<int, int>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        options ??= new AuditOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Runs, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Runs, AuditOptions.MostRuns);
        return new MachineAudit(scenario, options, progress, cancel).Report();
    }

    private AuditReport Report()
    {
        var runs = new CellRuns[cells.Length];
        var depends = new HashSet<OutcomeKey>[cells.Length];
        var fixes = new IReadOnlyList<(Remedy Remedy, OutcomeKey Key)>[cells.Length];
        var unknown = AuditVariants.Unknown(scenario);
        Parallel.For(0, cells.Length, new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancel }, c =>
        {
            var variant = AuditVariants.Of(scenario, cells[c]);
            runs[c] = CellRuns.Of(variant, options.Runs, cancel);
            var wrong = runs[c].Seen.Keys.Where(k => OutcomeText.WeightOf(k.Kind) >= OutcomeWeight.Risk).ToHashSet();
            depends[c] = [];
            // A crash calls no .shutdown, so there nothing depends on what one does.
            if (unknown.Count > 0 && wrong.Count > 0 && cells[c].Path != ShutdownPath.Kdump)
            {
                var known = CellRuns.Of(AuditVariants.WithProper(variant, [.. unknown.Keys]), options.Runs, cancel);
                depends[c] = [.. wrong.Where(k => !known.Seen.ContainsKey(k))];
            }

            fixes[c] = options.Fixes && wrong.Count > 0 ? Remedies.That(variant, wrong, runs[c], cancel) : [];
            progress?.Invoke(Interlocked.Increment(ref done), cells.Length);
        });

        return new AuditReport(scenario, options, cells, Subjects(runs), Findings(runs, depends, fixes, unknown))
        {
            Runs = runs.Sum(r => r.Runs), Stopped = runs.Sum(r => r.Stopped), Unknowns = Listed(unknown, unknown.Keys),
        };
    }

    private List<AuditSubject> Subjects(CellRuns[] runs)
    {
        var subjects = new List<AuditSubject>();
        foreach (var line in machine.Lines)
        {
            subjects.Add(new AuditSubject(Name(true, line.Index), true, string.Join(", ", line.Functions.Select(f => Who(machine.Functions[f]))), Seen(true, line.Index, runs)));
        }

        foreach (var f in machine.Functions)
        {
            subjects.Add(new AuditSubject(Name(false, f.Index), false, $"{f.Device.Title}{(Driver(f.Spec) is { Length: > 0 } d ? $" ({d})" : "")}", Seen(false, f.Index, runs)));
        }

        return subjects;
    }

    private static List<IReadOnlyList<AuditOutcome>> Seen(bool isLine, int index, CellRuns[] runs) =>
        [.. runs.Select(r => r.Seen.Where(s => s.Key.IsLine == isLine && s.Key.Index == index)
            .Select(s => new AuditOutcome(s.Key.Kind, s.Value.Count)).OrderByDescending(o => OutcomeText.WeightOf(o.Kind)).ThenBy(o => o.Kind).ToList())];

    private List<AuditFinding> Findings(
        CellRuns[] runs, HashSet<OutcomeKey>[] depends, IReadOnlyList<(Remedy Remedy, OutcomeKey Key)>[] fixes, IReadOnlyDictionary<Bdf, DriverModel> unknown)
    {
        var findings = new List<AuditFinding>();
        var keys = runs.SelectMany(r => r.Seen.Keys).Distinct().Where(k => OutcomeText.WeightOf(k.Kind) > OutcomeWeight.Fine);
        foreach (var key in keys)
        {
            var where = Enumerable.Range(0, cells.Length).Where(c => runs[c].Seen.ContainsKey(key)).ToList();
            var evidence = runs[where[0]].Seen[key].Evidence;
            findings.Add(new AuditFinding([Name(key.IsLine, key.Index)], key.IsLine, key.Kind, [.. where.Select(c => Sighting(c, key, runs[c]))])
            {
                Why = evidence.Why,
                Culprits = [.. evidence.Culprits.Select(f => new AuditCulprit(f.Bdf, f.Device.Title, Driver(f.Spec)))],
                DependsOn = where.Exists(c => depends[c].Contains(key)) ? Listed(unknown, Concerned(evidence.Culprits, unknown)) : [],
                Fixes = [.. where.SelectMany(c => fixes[c].Where(f => f.Key == key).Select(f => (f.Remedy, Cell: cells[c])))
                    .GroupBy(f => (f.Remedy.Kind, f.Remedy.What)).Select(g => new AuditFix(g.Key.Kind, g.Key.What, [.. g.Select(f => f.Cell)]))
                    .OrderByDescending(f => f.Cells.Count).ThenBy(f => f.Kind)],
            });
        }

        return [.. Together(findings).OrderByDescending(f => f.Weight).ThenBy(f => f.Kind).ThenByDescending(f => f.Seen.Sum(s => s.SeenIn))
            .ThenBy(f => f.Subjects[0], StringComparer.Ordinal)];
    }

    private static IEnumerable<AuditFinding> Together(List<AuditFinding> findings) =>
        findings.OrderBy(f => f.Subjects[0], StringComparer.Ordinal).GroupBy(f => f.IsLine ? f.Subjects[0] + f.Kind : string.Join('|',
            [f.Kind.ToString(), .. f.Seen.Select(s => s.Cell.ToString()), .. f.DependsOn.Select(d => d.Driver), .. f.Fixes.Where(x => x.Kind != AuditFixKind.Driver).Select(x => x.What)]))
        .Select(g => g.Count() == 1 ? g.First() : g.First() with
        {
            Subjects = [.. g.SelectMany(f => f.Subjects)], Culprits = [.. g.SelectMany(f => f.Culprits)],
            Fixes = [.. g.First().Fixes.Where(x => x.Kind != AuditFixKind.Driver)],
        });

    // The drivers at the bottom of it, if they are among the unknown ones; else any of them may be.
    private static IEnumerable<Bdf> Concerned(IReadOnlyList<MachineFunction> culprits, IReadOnlyDictionary<Bdf, DriverModel> unknown)
    {
        var own = culprits.Select(f => f.Bdf).Where(unknown.ContainsKey).ToList();
        return own.Count > 0 ? own : unknown.Keys;
    }

    private static IReadOnlyList<AuditUnknown> Listed(IReadOnlyDictionary<Bdf, DriverModel> unknown, IEnumerable<Bdf> functions) =>
        [.. functions.GroupBy(f => unknown[f].Id).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new AuditUnknown(g.Key, [.. g.Order()], unknown[g.First()].Unknown))];

    private AuditSighting Sighting(int cell, OutcomeKey key, CellRuns runs)
    {
        var sighted = runs.Seen[key];
        var sentence = key.Kind == OutcomeKind.StormHidden && sighted.IsStopped
            ? Node.Invariant($"{Name(true, key.Index)} still storms after {sighted.Outcome.Count:N0} interrupts, where the run was stopped")
            : OutcomeText.Sentence(machine, sighted.Outcome) ?? OutcomeWords.Of(key.Kind);
        return new AuditSighting(cells[cell], sighted.Count, runs.Runs, sentence, sighted.Seed, sighted.Outcome.Why >= 0 ? sighted.Outcome.Why : null);
    }

    private string Name(bool isLine, int index) => isLine ? $"IRQ {machine.Lines[index].Gsi}" : machine.Functions[index].Bdf.ToString();

    private string Who(MachineFunction f) => $"{f.Bdf}{(Driver(f.Spec) is { Length: > 0 } d ? " " + d : "")}";

    private string Driver(FunctionSpec f) => scenario.DriverOf(0, f)?.Id ?? "";
}
