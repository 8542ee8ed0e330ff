using System.Globalization;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Audit;
using PciDash.Web.Hosting;

namespace PciDash.Web.Machines;

/// <summary>Audits, a few at a time on this server; the last ones are remembered. Each ends with the page that asked for it.</summary>
/// <param name="options">What the server may spend.</param>
public sealed class Audits(ServerOptions? options = null)
{
    private const int MostRemembered = 32;

    private readonly ServerOptions limits = options ?? ServerOptions.Default;
    private readonly Turns turns = new((options ?? ServerOptions.Default).AuditsAtOnce);
    private readonly Recent<AuditReport> recent = new(MostRemembered);

    /// <summary>The audit of a machine, if it was made not long ago.</summary>
    public AuditReport? Known(Scenario scenario, AuditOptions options) => recent.Find(KeyOf(scenario, options));

    /// <summary>Audits a machine in the background.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ScenarioException">The scenario contradicts itself.</exception>
    public async Task<AuditReport> AuditAsync(string visitor, Scenario scenario, AuditOptions options, Action<int, int> progress, CancellationToken cancel)
    {
        using var turn = await turns.TakeAsync(visitor, cancel);
        var report = await Task.Run(() => MachineAudit.Of(limits.Taken(scenario), options, progress, cancel), CancellationToken.None);
        recent.Keep(KeyOf(scenario, options), report);
        return report;
    }

    private static string KeyOf(Scenario scenario, AuditOptions options) => string.Create(CultureInfo.InvariantCulture,
        $"{ScenarioDocument.Write(scenario)}|{string.Join(',', (options.Kernels ?? []).Select(k => k.Version))}|{string.Join(',', options.Paths)}|{options.Runs}|{options.Fixes}");
}
