using System.Globalization;
using PciDash.Engine.Exploration;
using PciDash.Scenarios;
using PciDash.Scenarios.Audit;
using PciDash.Scenarios.Matrix;
using PciDash.Web.Hosting;

namespace PciDash.Web.Machines;

/// <summary>
/// Matrices and sweeps, a few at a time on this server; the last ones are remembered, with the links of their runs. Each ends with the page
/// that asked for it.
/// </summary>
/// <param name="options">What the server may spend.</param>
public sealed class Matrices(ServerOptions? options = null)
{
    private const int MostRemembered = 16;

    // A page is no place for a search of minutes, and two pages by two threads share the memory: the command line takes more.
    private readonly SearchBudget budget = (options ?? ServerOptions.Default).MatrixBudget;

    private readonly ServerOptions limits = options ?? ServerOptions.Default;
    private readonly Turns turns = new((options ?? ServerOptions.Default).MatricesAtOnce);
    private readonly Recent<Linked<MatrixReport>> matrices = new(MostRemembered);
    private readonly Recent<Linked<SweepReport>> sweeps = new(MostRemembered);

    /// <summary>Policies by paths.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ScenarioException">The scenario contradicts itself.</exception>
    public Task<Linked<MatrixReport>> MatrixAsync(string visitor, RunDocument document, MatrixOptions options, Action<int, int> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(options);
        var key = string.Create(CultureInfo.InvariantCulture,
            $"{KeyOf(document)}|{string.Join(',', (options.Policies ?? []).Select(p => p.Id))}|{string.Join(',', options.Paths)}|{string.Join(',', (options.Kernels ?? []).Select(k => k.Version))}|{string.Join(',', options.Drivers)}");
        return DoAsync(visitor, matrices, key, () => MachineMatrix.Of(limits.Taken(document.Scenario), Bounded(options, document), null, progress, cancel),
            report => report.Answers.SelectMany(a => a.Verdicts.Select(v => v.Shows).OfType<RunDocument>().Append(a.Document)), cancel);
    }

    /// <summary>Every release.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ScenarioException">The scenario contradicts itself.</exception>
    public Task<Linked<SweepReport>> SweepAsync(string visitor, RunDocument document, Action<int, int> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(document);
        return DoAsync(visitor, sweeps, KeyOf(document), () => KernelSweep.Of(limits.Taken(document.Scenario), Bounded(new MatrixOptions(), document), null, progress, cancel),
            report => report.Rows.SelectMany(r => r.Verdicts.Select(v => v.Shows).OfType<RunDocument>().Append(r.Document)), cancel);
    }

    // An audit has a dozen of these, and nobody has asked for them yet.
    private static readonly SearchBudget AuditBudget = new(200_000, 50_000_000, TimeSpan.FromSeconds(1));

    /// <summary>Verdicts over all orderings for the kernels and paths of an audit.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<Linked<MatrixReport>> OrderingsAsync(string visitor, AuditReport audit, Action<int, int> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(audit);
        return DoAsync(visitor, matrices, $"audit|{ScenarioDocument.Write(audit.Scenario)}|{string.Join(',', audit.Cells)}",
            () => AuditOrderings.Of(audit.Scenario, audit.Cells, AuditBudget, 2, progress, cancel: cancel),
            report => report.Answers.SelectMany(a => a.Verdicts.Select(v => v.Shows).OfType<RunDocument>().Append(a.Document)), cancel);
    }

    private async Task<Linked<T>> DoAsync<T>(string visitor, Recent<Linked<T>> recent, string key, Func<T> compute, Func<T, IEnumerable<RunDocument>> documents, CancellationToken cancel)
        where T : class
    {
        if (recent.Find(key) is { } known)
        {
            return known;
        }

        using var turn = await turns.TakeAsync(visitor, cancel);
        var linked = await Task.Run(() =>
        {
            var report = compute();
            var links = new Dictionary<RunDocument, string?>(ReferenceEqualityComparer.Instance);
            foreach (var document in documents(report))
            {
                cancel.ThrowIfCancellationRequested();
                links[document] = ShareLink.TryEncode(document);
            }

            return new Linked<T>(report, links);
        }, CancellationToken.None);
        recent.Keep(key, linked);
        return linked;
    }

    private MatrixOptions Bounded(MatrixOptions options, RunDocument document) => options with { Budget = budget, Threads = 2, Seed = document.Seed };

    // A search takes no choices, and what is looked at does not matter to it.
    private static string KeyOf(RunDocument document) => string.Create(CultureInfo.InvariantCulture, $"{ScenarioDocument.Write(document.Scenario)}|{document.Seed}");
}

/// <summary>A report with the links of its runs, which take longer to make than to draw.</summary>
/// <param name="Report">The report.</param>
/// <param name="Links">By the very document; null = too large for a link.</param>
public sealed record Linked<T>(T Report, IReadOnlyDictionary<RunDocument, string?> Links)
{
    /// <summary>The link of one of the report's documents, or null.</summary>
    public string? Of(RunDocument? document) => document is null ? null : Links.GetValueOrDefault(document);
}
