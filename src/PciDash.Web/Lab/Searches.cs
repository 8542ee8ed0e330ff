using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Web.Hosting;

namespace PciDash.Web.Lab;

/// <summary>Searches over all orderings, a few at a time on this server; each ends with the page that asked for it.</summary>
/// <param name="options">What the server may spend.</param>
public sealed class Searches(ServerOptions? options = null) : IDisposable
{
    // A page is no place for a search of minutes: the command line is.
    private readonly SearchBudget budget = (options ?? ServerOptions.Default).SearchBudget;

    private readonly SemaphoreSlim places = new((options ?? ServerOptions.Default).SearchesAtOnce);

    /// <summary>Searches in the background, within the server's budget or a smaller one.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled while it waited for its place.</exception>
    /// <exception cref="ScenarioException">A property names what the machine does not have.</exception>
    public async Task<SearchResult> SearchAsync(CompiledMachine machine, IReadOnlyList<Property> asked, Action<SearchProgress> progress, CancellationToken cancel, SearchBudget? within = null)
    {
        await places.WaitAsync(cancel);
        try
        {
            return await Task.Run(() => new Explorer(machine, asked).Search(within ?? budget, progress, cancel), CancellationToken.None);
        }
        finally
        {
            places.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => places.Dispose();
}
