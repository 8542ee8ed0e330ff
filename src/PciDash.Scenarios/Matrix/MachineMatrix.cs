using System.Collections.Concurrent;
using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Audit;

namespace PciDash.Scenarios.Matrix;

/// <summary>
/// Searches all orderings of a machine under each policy on each path. Where a search is not finished the cell says so, and what one
/// seeded run shows.
/// </summary>
public sealed class MachineMatrix
{
    private readonly MatrixOptions options;
    private readonly IReadOnlyList<Property> properties;
    private readonly CancellationToken cancel;

    private MachineMatrix(MatrixOptions options, IReadOnlyList<Property> properties, CancellationToken cancel)
    {
        this.options = options;
        this.properties = properties;
        this.cancel = cancel;
    }

    /// <summary>The places of a matrix: by kernel, drivers, policy and path.</summary>
    public static IReadOnlyList<MatrixCell> Cells(Scenario scenario, MatrixOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        IReadOnlyList<KernelRelease?> asGiven = [null];
        var kernels = options.Kernels ?? asGiven;
        return [.. from kernel in kernels
                   from drivers in options.Drivers
                   from policy in options.Policies ?? MatrixOptions.PoliciesFor(scenario)
                   from path in options.Paths
                   select new MatrixCell(policy, path, kernel, drivers)];
    }

    /// <summary>The scenario of a cell. A cell changes nothing that it does not name.</summary>
    public static Scenario Of(Scenario scenario, MatrixCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        var made = (cell.Kernel is { } kernel ? scenario.WithKernel(kernel) : scenario).WithPolicy(cell.Policy).WithPath(cell.Path);
        return cell.Drivers == MatrixDrivers.AsGiven ? made : AuditVariants.WithProper(made, [.. made.Functions.Select(f => f.Bdf)]);
    }

    /// <summary>Computes a matrix.</summary>
    /// <param name="scenario">The machine.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="asked">Properties; null = all.</param>
    /// <param name="progress">Told after each cell that was searched: how many are done, of how many.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="ScenarioException">The scenario contradicts itself in every cell, or there are too many cells.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static MatrixReport Of(
        Scenario scenario, MatrixOptions? options = null, IReadOnlyList<Property>? asked = null, Action<int, int>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        options ??= new MatrixOptions();
        var cells = Cells(scenario, options);
        if (cells.Count is 0 or > MatrixOptions.MostCells)
        {
            throw new ScenarioException([Node.Invariant($"matrix: {cells.Count} cells; 1 to {MatrixOptions.MostCells} are possible")]);
        }

        return Of(scenario, options, asked, [.. cells.Select(c => (c, Of(scenario, c)))], progress, cancel);
    }

    /// <summary>Computes the cells given, each with its scenario.</summary>
    internal static MatrixReport Of(
        Scenario scenario, MatrixOptions options, IReadOnlyList<Property>? asked, IReadOnlyList<(MatrixCell Cell, Scenario Made)> cells, Action<int, int>? progress, CancellationToken cancel) =>
        new MachineMatrix(options, asked ?? Property.All, cancel).Report(scenario, cells, progress);

    private MatrixReport Report(Scenario scenario, IReadOnlyList<(MatrixCell Cell, Scenario Made)> cells, Action<int, int>? progress)
    {
        var answers = new MatrixAnswer[cells.Count];
        var groups = new Dictionary<string, List<(int Index, RunDocument Document)>>(StringComparer.Ordinal);
        ScenarioException? failure = null;
        for (var i = 0; i < cells.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            var document = new RunDocument(cells[i].Made) { Seed = options.Seed };
            try
            {
                // The machine is not kept: a thousand functions by forty cells would be a lot of program.
                var key = CellKey.Of(CompiledMachine.Compile(document.Scenario));
                (groups.TryGetValue(key, out var same) ? same : groups[key] = []).Add((i, document));
            }
            catch (ScenarioException e)
            {
                failure ??= e;
                answers[i] = new MatrixAnswer(cells[i].Cell, document, []) { Failure = e.Message };
            }
        }

        if (groups.Count == 0)
        {
            throw failure!;
        }

        // A cluster that no policy touches is the same in every cell.
        var cache = options.Clusters ?? new ClusterCache();
        var done = 0;
        progress?.Invoke(0, groups.Count);
        Parallel.ForEach(Partitioner.Create(groups.Values, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Threads), CancellationToken = cancel }, group =>
        {
            var machine = CompiledMachine.Compile(group[0].Document.Scenario);
            var (found, run) = Find(machine, options, properties, null, cache, cancel);
            foreach (var (index, document) in group)
            {
                answers[index] = Answer(cells[index].Cell, document, machine, found, run) with { SameAs = index == group[0].Index ? null : cells[group[0].Index].Cell };
            }

            progress?.Invoke(Interlocked.Increment(ref done), groups.Count);
        });
        return new MatrixReport(scenario, properties, answers) { Searched = groups.Count };
    }

    /// <summary>One cell, for which there is a seeded run already.</summary>
    internal static MatrixAnswer Search(
        MatrixCell cell, RunDocument document, CompiledMachine machine, MatrixOptions options, IReadOnlyList<Property> properties, Run seeded, CancellationToken cancel)
    {
        var (found, run) = Find(machine, options, properties, seeded, options.Clusters ?? new ClusterCache(), cancel);
        return Answer(cell, document, machine, found, run);
    }

    private static (SearchResult Found, Run? Run) Find(
        CompiledMachine machine, MatrixOptions options, IReadOnlyList<Property> properties, Run? seeded, ClusterCache cache, CancellationToken cancel)
    {
        var run = seeded;
        var found = MachineSearch.Of(
            machine, properties, options.Budget, () => run ??= Run.Of(machine, options.Seed, limits: SeededLimits(machine)), cache, thorough: false, cancel: cancel);
        cancel.ThrowIfCancellationRequested();
        return (found, MachineSearch.IsOpen(found) ? run ?? Run.Of(machine, options.Seed, limits: SeededLimits(machine)) : null);
    }

    private static MatrixAnswer Answer(MatrixCell cell, RunDocument document, CompiledMachine machine, SearchResult found, Run? run) =>
        new(cell, document, [.. found.Verdicts.Select(v => Verdict(document, machine, v, run))])
        {
            States = found.States, Complete = found.Complete, Bound = found.Bound, RunFollowed = run is null ? "" : Followed(run),
        };

    private static MatrixVerdict Verdict(RunDocument document, CompiledMachine machine, Verdict verdict, Run? run)
    {
        var told = new MatrixVerdict(verdict.Property, verdict.Kind, verdict.Explanation);
        if (verdict.Run is not null)
        {
            return told with { Shows = CounterexampleDocument.Of(document, machine, verdict) };
        }

        // That a run was stopped does not say that it had no end.
        return verdict.Kind == VerdictKind.NotFinished && run is not null && !verdict.Property.IsReachability && PropertyCheck.FirstViolation(run, verdict.Property) is >= 0 and var at
            ? told with { Shows = document with { View = new RunView { Step = at }, Fingerprint = OutcomeFingerprint.WithOutcomes(run) } }
            : told;
    }

    /// <summary>Longest of what the timing profiles have from the first callback to the second kernel's drivers; probes come on top.</summary>
    public static RunLimits SeededLimits(CompiledMachine machine) => new(6_000_000_000 + (20_000_000L * machine.Functions.Count), 2_000_000, 50_000);

    private static string Followed(Run run) =>
        run.End is RunEnd.TimeLimit or RunEnd.EventLimit ? $"for {new SimTime(run.EndNs)}, where it was stopped" : "to its end";
}
