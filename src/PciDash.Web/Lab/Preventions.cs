using PciDash.Engine.Simulation;
using PciDash.Scenarios.Audit;
using PciDash.Web.Hosting;

namespace PciDash.Web.Lab;

/// <summary>Tries what would have prevented what went wrong, for a few readers at a time.</summary>
/// <param name="options">What the server may spend.</param>
public sealed class Preventions(ServerOptions? options = null) : IDisposable
{
    private readonly SemaphoreSlim places = new((options ?? ServerOptions.Default).RunsAtOnce);

    /// <summary>What would have prevented it, computed in the background.</summary>
    /// <exception cref="OperationCanceledException">The reader has left, or looks at another run.</exception>
    public async Task<PreventionReport> OfAsync(Run run, CancellationToken cancel)
    {
        await places.WaitAsync(cancel);
        try
        {
            return await Task.Run(() => PreventionReport.Of(run, cancel), cancel);
        }
        finally
        {
            places.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => places.Dispose();
}
