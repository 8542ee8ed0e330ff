using System.Threading.Tasks.Dataflow;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Import;
using PciDash.Scenarios.Matrix;

namespace PciDash.Scenarios.Audit;

/// <summary>One machine of a fleet.</summary>
/// <param name="Name">Its file.</param>
/// <param name="Report">Its audit; null if it has none.</param>
/// <param name="Failure">Why it has none: one line.</param>
public sealed record FleetMachine(string Name, AuditReport? Report, string Failure)
{
    /// <summary>Verdicts over all orderings for the same kernels and paths; null = not asked for.</summary>
    public MatrixReport? Orderings { get; init; }
}

/// <summary>A device under which the same went wrong on several machines.</summary>
/// <param name="Device">The device that is at the bottom of it, or what shares the line if none holds it.</param>
/// <param name="Driver">Its driver; empty = none.</param>
/// <param name="Kind">What went wrong.</param>
public sealed record FleetKey(string Device, string Driver, OutcomeKind Kind);

/// <summary>On how many machines, and where.</summary>
/// <param name="Key">Device, driver and outcome.</param>
/// <param name="Machines">Machines on which it was seen.</param>
/// <param name="Where">Kernel and path, with the number of machines of each; most first.</param>
public sealed record FleetRow(FleetKey Key, int Machines, IReadOnlyList<(string Cell, int Machines)> Where);

/// <summary>What all orderings say of a property, by machines: each is counted once, with the worst that any of its kernels and paths has.</summary>
/// <param name="Property">The property.</param>
/// <param name="Violated">A timed run violates it.</param>
/// <param name="OnlyIf">It is violated only if a window lasts longer than measured.</param>
/// <param name="NotFinished">Some search of it was not finished, and no violation is known.</param>
/// <param name="Holds">It holds wherever it applies.</param>
/// <param name="Where">Kernel and path where it is violated, with the number of machines of each; most first.</param>
public sealed record FleetVerdict(Property Property, int Violated, int OnlyIf, int NotFinished, int Holds, IReadOnlyList<(string Cell, int Machines)> Where);

/// <summary>What came of a fleet. It grows with the kinds of devices, not with the number of machines.</summary>
public sealed class FleetSummary
{
    private const int MostReasons = 1_000;
    private const int MostNames = 5;

    private readonly Dictionary<FleetKey, (int Machines, Dictionary<string, int> Where)> rows = [];
    private readonly Dictionary<string, (int Files, List<string> First)> failures = new(StringComparer.Ordinal);
    private readonly Dictionary<OutcomeWeight, int> byWorst = [];
    private readonly Dictionary<Property, (Dictionary<VerdictKind, int> Machines, Dictionary<string, int> Where)> verdicts = [];

    /// <summary>Machines that were audited.</summary>
    public int Machines { get; private set; }

    /// <summary>Files that gave no machine.</summary>
    public int Failed { get; private set; }

    /// <summary>Why they gave none: each reason with the number of files and the names of the first of them; most files first.</summary>
    public IReadOnlyList<(string Why, int Files, IReadOnlyList<string> First)> Failures =>
        [.. failures.Select(f => (f.Key, f.Value.Files, (IReadOnlyList<string>)f.Value.First)).OrderByDescending(f => f.Files).ThenBy(f => f.Key, StringComparer.Ordinal)];

    /// <summary>Functions of all machines.</summary>
    public long Functions { get; private set; }

    /// <summary>Seeded runs of all machines.</summary>
    public long Runs { get; private set; }

    /// <summary>How many machines have this as their worst.</summary>
    public int WithWorst(OutcomeWeight weight) => byWorst.GetValueOrDefault(weight);

    /// <summary>What went wrong, by device; worst and most machines first.</summary>
    public IReadOnlyList<FleetRow> Rows =>
        [.. rows.Select(r => new FleetRow(r.Key, r.Value.Machines, MostFirst(r.Value.Where)))
            .OrderByDescending(r => OutcomeText.WeightOf(r.Key.Kind)).ThenByDescending(r => r.Machines).ThenBy(r => r.Key.Device, StringComparer.Ordinal).ThenBy(r => r.Key.Kind)];

    /// <summary>What all orderings say, in the order of the properties; empty if that was not asked for, or of no machine.</summary>
    public IReadOnlyList<FleetVerdict> Verdicts =>
        [.. Property.All.Where(verdicts.ContainsKey).Select(p => (Property: p, Of: verdicts[p])).Select(v => new FleetVerdict(
            v.Property, v.Of.Machines.GetValueOrDefault(VerdictKind.Violated), v.Of.Machines.GetValueOrDefault(VerdictKind.ViolatedOnlyIf), v.Of.Machines.GetValueOrDefault(VerdictKind.NotFinished),
            v.Of.Machines.GetValueOrDefault(VerdictKind.Holds), MostFirst(v.Of.Where)))];

    /// <summary>Counts one machine.</summary>
    public void Add(FleetMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        if (machine.Report is not { } report)
        {
            Failed++;
            if (failures.TryGetValue(machine.Failure, out var reason) || failures.Count < MostReasons)
            {
                var first = reason.First ?? [];
                if (first.Count < MostNames)
                {
                    first.Add(machine.Name);
                }

                failures[machine.Failure] = (reason.Files + 1, first);
            }

            return;
        }

        Judge(machine.Orderings);
        Machines++;
        Functions += report.Scenario.Functions.Count;
        Runs += report.Runs;
        byWorst[report.Worst] = byWorst.GetValueOrDefault(report.Worst) + 1;
        var here = new Dictionary<FleetKey, HashSet<string>>();
        foreach (var finding in report.Findings.Where(f => f.Weight >= OutcomeWeight.Risk))
        {
            var culprits = finding.Culprits.Count > 0 ? finding.Culprits.Select(c => (c.Device, c.Driver))
                : [($"sharers of the line: {report.Subjects.First(s => s.Name == finding.Subjects[0]).Title}", "")];
            foreach (var (device, driver) in culprits)
            {
                var key = new FleetKey(device, driver, finding.Kind);
                (here.TryGetValue(key, out var cells) ? cells : here[key] = []).UnionWith(finding.Seen.Select(s => s.Cell.ToString()));
            }
        }

        foreach (var (key, cells) in here)
        {
            var (n, where) = rows.TryGetValue(key, out var row) ? row : (0, []);
            rows[key] = (n + 1, where);
            foreach (var cell in cells)
            {
                where[cell] = where.GetValueOrDefault(cell) + 1;
            }
        }
    }

    private void Judge(MatrixReport? orderings)
    {
        foreach (var of in (orderings?.Answers ?? []).SelectMany(a => a.Verdicts.Select(v => (a.Cell, Verdict: v))).GroupBy(v => v.Verdict.Property))
        {
            if (!verdicts.TryGetValue(of.Key, out var counted))
            {
                verdicts[of.Key] = counted = ([], []);
            }

            var worst = of.MinBy(v => MatrixWords.Rank(v.Verdict)).Verdict.Kind;
            counted.Machines[worst] = counted.Machines.GetValueOrDefault(worst) + 1;
            foreach (var (cell, _) in of.Where(v => v.Verdict.Kind == VerdictKind.Violated))
            {
                var where = $"{cell.Kernel!.Version} {Vocabulary.Paths.Of(cell.Path)}";
                counted.Where[where] = counted.Where.GetValueOrDefault(where) + 1;
            }
        }
    }

    private static IReadOnlyList<(string Cell, int Machines)> MostFirst(Dictionary<string, int> where) =>
        [.. where.Select(w => (w.Key, w.Value)).OrderByDescending(w => w.Value).ThenBy(w => w.Key, StringComparer.Ordinal)];
}

/// <summary>Audits many machines, several at once, and keeps none.</summary>
public static class FleetAudit
{
    private const int AheadOfTheSlowest = 16;

    /// <summary>The machines in order, each as soon as it and those before it are done. One that cannot be read is told and stops nothing.</summary>
    /// <param name="files">Names, and what reads them: at most a byte more than <see cref="MachineImport.MaxBytes"/> is needed.</param>
    /// <param name="options">What is asked of each; its threads are those that work at once.</param>
    /// <param name="orderings">What the search of all orderings of each kernel and path may use; null = they are run only. Clusters that look alike are searched once for all.</param>
    /// <param name="cancel">Ends it.</param>
    public static IEnumerable<FleetMachine> Of(IEnumerable<(string Name, Func<ReadOnlyMemory<byte>> Read)> files, AuditOptions options, SearchBudget? orderings = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(options);
        return Each(files, options with { Threads = 1 }, orderings, Math.Max(1, options.Threads), cancel);
    }

    // As many as are begun, not yet told or told out of order are held, whatever the number of machines is.
    private static IEnumerable<FleetMachine> Each(IEnumerable<(string Name, Func<ReadOnlyMemory<byte>> Read)> files, AuditOptions each, SearchBudget? orderings, int threads, CancellationToken cancel)
    {
        var clusters = new ClusterCache();
        var work = new TransformBlock<(string Name, Func<ReadOnlyMemory<byte>> Read), FleetMachine>(
            f => One(f.Name, f.Read, each, orderings, clusters, cancel),
            new ExecutionDataflowBlockOptions { MaxDegreeOfParallelism = threads, BoundedCapacity = threads * AheadOfTheSlowest, EnsureOrdered = true, CancellationToken = cancel });
        foreach (var file in files)
        {
            while (!work.Post(file))
            {
                yield return work.Receive(cancel);
            }
        }

        work.Complete();
        while (work.OutputAvailableAsync(cancel).GetAwaiter().GetResult())
        {
            yield return work.Receive(cancel);
        }

        work.Completion.GetAwaiter().GetResult();
    }

    /// <summary>The machine of a file: a scenario, or what a machine printed.</summary>
    /// <exception cref="ScenarioException">It is neither.</exception>
    public static Scenario Machine(string name, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Span.TrimStart(" \t\r\n"u8) is [(byte)'{', ..])
        {
            return RunDocument.Parse(System.Text.Encoding.UTF8.GetString(bytes.Span)).Scenario;
        }

        var machine = MachineImport.Read([new ImportFile(name, bytes)]);
        return machine.Scenario ?? throw new ScenarioException([.. machine.Notes.Where(n => n.Severity == NoteSeverity.Error).Select(n => n.ToString())]);
    }

    private static FleetMachine One(
        string name, Func<ReadOnlyMemory<byte>> read, AuditOptions options, SearchBudget? orderings, ClusterCache clusters, CancellationToken cancel)
    {
        try
        {
            var report = MachineAudit.Of(Machine(name, read()), options, cancel: cancel);
            return new FleetMachine(name, report, "")
            {
                Orderings = orderings is { } budget ? AuditOrderings.Of(report.Scenario, report.Cells, budget, clusters: clusters, cancel: cancel) : null,
            };
        }
        catch (ScenarioException e)
        {
            return new FleetMachine(name, null, e.Problems.Count == 1 ? e.Problems[0] : Node.Invariant($"{e.Problems[0]}; and {e.Problems.Count - 1} more"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new FleetMachine(name, null, e.Message);
        }
    }
}
