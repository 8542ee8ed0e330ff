using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Matrix;
using PciDash.Web.Hosting;

namespace PciDash.Web.Lab;

/// <summary>
/// Searches over all orderings, a few at a time on this server; each ends with the page that asked for it. The time is shared: when many
/// ask at once each search has less of it, so that nobody waits for many whole ones.
/// </summary>
/// <param name="options">What the server may spend.</param>
public sealed class Searches(ServerOptions? options = null) : IDisposable
{
    // Less than this tells of small machines only.
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    // A page is no place for a search of minutes: the command line is.
    private readonly SearchBudget budget = (options ?? ServerOptions.Default).SearchBudget;

    private readonly int threads = (options ?? ServerOptions.Default).SearchThreads;
    private readonly int atOnce = (options ?? ServerOptions.Default).SearchesAtOnce;
    private readonly SemaphoreSlim places = new((options ?? ServerOptions.Default).SearchesAtOnce);

    // Equal clusters of machines that look alike are searched once for everybody.
    private readonly ClusterCache clusters = new();
    private int asking;

    /// <summary>Searches in the background, within the server's budget or a smaller one.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled while it waited for its place.</exception>
    /// <exception cref="ScenarioException">A property names what the machine does not have.</exception>
    public async Task<SearchResult> SearchAsync(CompiledMachine machine, IReadOnlyList<Property> asked, Action<SearchProgress> progress, CancellationToken cancel, SearchBudget? within = null)
    {
        Interlocked.Increment(ref asking);
        try
        {
            await places.WaitAsync(cancel);
            try
            {
                var share = Share(within ?? budget);
                return await Task.Run(
                    () => MachineSearch.Of(machine, asked, share, () => Run.Of(machine, limits: MachineMatrix.SeededLimits(machine)), clusters, progress: progress, cancel: cancel),
                    CancellationToken.None);
            }
            finally
            {
                places.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref asking);
        }
    }

    private SearchBudget Share(SearchBudget of)
    {
        var turns = Math.Max(1, (Volatile.Read(ref asking) + atOnce - 1) / atOnce);
        return of with
        {
            // What is found does not depend on them.
            Threads = Volatile.Read(ref asking) > 1 ? 1 : Math.Min(threads, Environment.ProcessorCount),
            Time = new TimeSpan(Math.Max(Math.Min(Least.Ticks, of.Time.Ticks), of.Time.Ticks / turns)),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => places.Dispose();
}
