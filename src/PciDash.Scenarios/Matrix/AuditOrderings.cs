using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Audit;

namespace PciDash.Scenarios.Matrix;

/// <summary>
/// Verdicts over all orderings for what an audit runs: each kernel, with its own shutdown policy, on each path. The runs of an audit tell
/// what was seen; this tells what cannot be.
/// </summary>
public static class AuditOrderings
{
    // Of the seeds that an audit runs, the first has the traffic as any other: an ordering is not bound to it.
    private const ulong Seed = 1;

    /// <summary>Searches.</summary>
    /// <param name="scenario">The machine as it was audited.</param>
    /// <param name="cells">Kernels and paths.</param>
    /// <param name="budget">How much the search of one of them may use.</param>
    /// <param name="threads">Searches at once.</param>
    /// <param name="progress">Told after each search: how many are done, of how many.</param>
    /// <param name="clusters">Clusters that were searched before: those of a fleet's machines that look alike are searched once. Null = none.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="ScenarioException">The scenario contradicts itself on every path.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static MatrixReport Of(
        Scenario scenario, IReadOnlyList<AuditCell> cells, SearchBudget budget, int threads = 1, Action<int, int>? progress = null, ClusterCache? clusters = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(cells);
        return MachineMatrix.Of(
            scenario, new MatrixOptions { Budget = budget, Threads = threads, Seed = Seed, Clusters = clusters }, null,
            [.. cells.Select(c => (CellOf(c), AuditVariants.WithTraffic(AuditVariants.Of(scenario, c), Seed)))], progress, cancel);
    }

    /// <summary>The cell of a matrix that an audit's is.</summary>
    public static MatrixCell CellOf(AuditCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return new MatrixCell(ShutdownPolicy.Find(cell.Kernel.ShutdownPolicy)!, cell.Path, cell.Kernel, MatrixDrivers.AsGiven);
    }
}
