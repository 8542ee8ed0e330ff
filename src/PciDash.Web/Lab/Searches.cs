using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;

namespace PciDash.Web.Lab;

/// <summary>Searches over all orderings, two at a time on this server; each ends with the page that asked for it.</summary>
public sealed class Searches : IDisposable
{
    private const int AtOnce = 2;

    // A page is no place for a search of minutes: the command line is.
    private static readonly SearchBudget Budget = new(2_000_000, 500_000_000, TimeSpan.FromSeconds(20));

    private readonly SemaphoreSlim places = new(AtOnce);

    /// <summary>Searches in the background.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled while it waited for its place.</exception>
    /// <exception cref="ScenarioException">A property names what the machine does not have.</exception>
    public async Task<SearchResult> SearchAsync(CompiledMachine machine, IReadOnlyList<Property> asked, Action<SearchProgress> progress, CancellationToken cancel)
    {
        await places.WaitAsync(cancel);
        try
        {
            return await Task.Run(() => new Explorer(machine, asked).Search(Budget, progress, cancel), CancellationToken.None);
        }
        finally
        {
            places.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => places.Dispose();
}
