using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Matrix;
using PciDash.Web.Hosting;

namespace PciDash.Web.Lab;

/// <summary>
/// Searches over all orderings, a few at a time on this server; each ends with the page that asked for it. The time is shared: when many
/// visitors ask at once each has less of it, and who asks for many at once divides that, so that nobody waits for many whole ones.
/// </summary>
/// <param name="options">What the server may spend.</param>
public sealed class Searches(ServerOptions? options = null)
{
    // Less than this tells of small machines only.
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    // A page is no place for a search of minutes: the command line is.
    private readonly SearchBudget budget = (options ?? ServerOptions.Default).SearchBudget;

    private readonly int threads = (options ?? ServerOptions.Default).SearchThreads;
    private readonly Turns turns = new((options ?? ServerOptions.Default).SearchesAtOnce);

    // Equal clusters of machines that look alike are searched once for everybody.
    private readonly ClusterCache clusters = new();

    /// <summary>Searches in the background, within the server's budget or a smaller one.</summary>
    /// <param name="visitor">Who asks: <see cref="Visitor.Key"/>.</param>
    /// <param name="machine">What is searched.</param>
    /// <param name="asked">The properties.</param>
    /// <param name="progress">Told a few times a second, on another thread.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="within">null = the server's budget.</param>
    /// <param name="extras">What it does beside deciding.</param>
    /// <exception cref="OperationCanceledException">It was cancelled while it waited for its place.</exception>
    /// <exception cref="ScenarioException">A property names what the machine does not have.</exception>
    public async Task<SearchResult> SearchAsync(
        string visitor, CompiledMachine machine, IReadOnlyList<Property> asked, Action<SearchProgress> progress, CancellationToken cancel, SearchBudget? within = null,
        SearchExtras extras = default)
    {
        using var turn = await turns.TakeAsync(visitor, cancel);
        var share = Share(within ?? budget, turns.Share(visitor));
        return await Task.Run(
            () => MachineSearch.Of(machine, asked, share, () => Run.Of(machine, limits: MachineMatrix.SeededLimits(machine)), clusters, progress: progress, extras: extras, cancel: cancel),
            CancellationToken.None);
    }

    private SearchBudget Share(SearchBudget of, double part) => of with
    {
        // What is found does not depend on them.
        Threads = turns.Jobs > 1 ? 1 : Math.Min(threads, Environment.ProcessorCount),
        Time = new TimeSpan(Math.Max(Math.Min(Least.Ticks, of.Time.Ticks), (long)(of.Time.Ticks * part))),
    };
}
