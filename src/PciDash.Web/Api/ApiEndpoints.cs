using System.ComponentModel;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Pictures;
using PciDash.Scenarios.Reports;
using PciDash.Web.Hosting;
using PciDash.Web.Lab;

namespace PciDash.Web.Api;

/// <summary>Why there is no answer, one line each.</summary>
/// <param name="Problems">What is wrong, where, and what would be right.</param>
internal sealed record ApiProblems(IReadOnlyList<string> Problems);

/// <summary>What became of a function or an irq.</summary>
/// <param name="Subject">A function's address, or an irq's number.</param>
/// <param name="Irq">The subject is an irq.</param>
/// <param name="Kind">One of the outcomes that are told apart.</param>
/// <param name="Why">Number of the event that brought it about; -1 = none.</param>
internal sealed record ApiOutcome(string Subject, bool Irq, string Kind, long Why);

/// <summary>What came of a run.</summary>
/// <param name="Title">What it is called.</param>
/// <param name="Summary">Sentences, the worst first.</param>
/// <param name="End">complete, time-limit, event-limit or stuck.</param>
/// <param name="Events">Raw events.</param>
/// <param name="Fingerprint">A short name for the outcomes; another one tells that the engine has changed its mind.</param>
/// <param name="Notices">What a reader must know: a choice that is no longer enabled, outcomes that changed, words read over.</param>
/// <param name="Outcomes">What became of each function and irq.</param>
internal sealed record ApiOutcomes(
    string Title, IReadOnlyList<string> Summary, string End, long Events, string Fingerprint, IReadOnlyList<string> Notices, IReadOnlyList<ApiOutcome> Outcomes);

/// <summary>GET /api/…: what a link shows, for a bot or a CI job. The same words and bytes as from the command line.</summary>
internal static class ApiEndpoints
{
    private const string LinkHelp = "What follows /s/ in a share link; or i- and a short id.";
    private const int MostEntries = 200_000;

    private static readonly Dictionary<string, (string Type, string Extension)> Recordings = new(StringComparer.Ordinal)
    {
        ["jsonl"] = ("application/jsonl", ".jsonl"),
        ["csv"] = ("text/csv", ".csv"),
        ["vcd"] = ("text/plain", ".vcd"),
        ["perfetto"] = ("application/json", ".trace.json"),
        ["text"] = ("text/plain", ".txt"),
    };

    public static void AddApi(this IServiceCollection services)
    {
        services.AddSingleton<LinkedRuns>();
        services.AddOpenApi("v1", options =>
        {
            options.ShouldInclude = description => description.RelativePath?.StartsWith("api/", StringComparison.Ordinal) == true;
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "PciDash";
                document.Info.Description = "What a share link shows: the run, its outcomes, verdicts over all orderings, a report, a picture. Rate limited by address.";
                document.Info.Version = "1";
                document.Servers?.Clear();
                return Task.CompletedTask;
            });
        });
    }

    public static void MapApi(this WebApplication app)
    {
        app.MapOpenApi().RequireRateLimiting(RateLimits.Pages);
        var api = app.MapGroup("/api").RequireRateLimiting(RateLimits.Api).AddEndpointFilter(TellProblems).WithTags("runs");
        Describe(api.MapGet("/recording/{link}", Recording), "recording", "The run, event by event.", "application/jsonl", "text/csv", "text/plain", "application/json");
        api.MapGet("/outcomes/{link}", OutcomesOf).WithName("outcomes").WithSummary("What came of the run.")
            .Produces<ApiOutcomes>().Produces<ApiProblems>(StatusCodes.Status400BadRequest).Produces(StatusCodes.Status429TooManyRequests);
        Describe(api.MapGet("/verdict/{link}", VerdictAsync), "verdict", "Which properties hold over all orderings, within the server's budget.", "application/json");
        Describe(api.MapGet("/scenario/{link}", ScenarioOf), "scenario", "The scenario or run file; its schema is printed by `pcidash schema`.", "application/json");
        Describe(api.MapGet("/report/{link}", ReportAsync), "report", "What happens, for people.", "text/plain", "text/markdown");
        Describe(api.MapGet("/picture/{link}", PictureAsync), "picture", "The timeline, 1200 by 630 pixels.", "image/svg+xml", "image/png");
    }

    private static void Describe(RouteHandlerBuilder endpoint, string name, string summary, string type, params string[] others) =>
        endpoint.WithName(name).WithSummary(summary).Produces<string>(StatusCodes.Status200OK, type, others)
            .Produces<ApiProblems>(StatusCodes.Status400BadRequest).Produces(StatusCodes.Status429TooManyRequests);

    private static async ValueTask<object?> TellProblems(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (ScenarioException e)
        {
            return Refused(StatusCodes.Status400BadRequest, [.. e.Problems]);
        }
        catch (OperationCanceledException) when (context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            return Results.Empty;
        }
    }

    private static IResult Refused(int status, params string[] problems) => Results.Json(new ApiProblems(problems), statusCode: status);

    private static async Task<IResult> Recording(
        LinkedRuns runs, [Description(LinkHelp)] string link, [Description("jsonl, csv, vcd, perfetto or text")] string format = "jsonl", CancellationToken cancel = default)
    {
        if (!Recordings.TryGetValue(format, out var as_))
        {
            return Refused(StatusCodes.Status400BadRequest, $"format: '{Shown(format)}' given; {string.Join(", ", Recordings.Keys)} are possible");
        }

        var (bytes, name) = await runs.UseAsync(link, open => (open.Run.Recording.Count > MostEntries ? null : LinkedRuns.Written(open.Run, format), open.Document.Scenario.Id), cancel);
        return bytes is null
            ? Refused(StatusCodes.Status413PayloadTooLarge, FormattableString.Invariant($"the run has more than {MostEntries} events; 'pcidash run' writes it"))
            : Results.File(bytes, as_.Type + "; charset=utf-8", name + as_.Extension);
    }

    private static Task<ApiOutcomes> OutcomesOf(LinkedRuns runs, [Description(LinkHelp)] string link, CancellationToken cancel) =>
        runs.UseAsync(link, open => new ApiOutcomes(
            RunTitle.Of(open.Document), RunSummary.Of(open.Run), RecordingWriter.End(open.Run), open.Run.Recording.RawCount, OutcomeFingerprint.Of(open.Run), open.Notices,
            [.. OutcomeWords.Of(open.Run).Select(o => new ApiOutcome(o.Subject, o.IsIrq, o.Kind, o.Why))]), cancel);

    private static async Task<IResult> VerdictAsync(
        LinkedRuns runs, Searches searches, Visitor visitor, ServerOptions options, [Description(LinkHelp)] string link,
        [Description("Only these properties, by id, or one's own such as \"never line 21 disabled\".")] string[]? property = null,
        [Description("Most states; the server's own limit at most.")] int? states = null,
        [Description("Longest time in seconds; the server's own limit at most.")] int? seconds = null, CancellationToken cancel = default)
    {
        if (states < 1 || states > options.SearchStates)
        {
            return Refused(StatusCodes.Status400BadRequest, FormattableString.Invariant($"states: {states} given; 1 to {options.SearchStates} are possible here"));
        }

        if (seconds < 1 || seconds > options.SearchSeconds)
        {
            return Refused(StatusCodes.Status400BadRequest, FormattableString.Invariant($"seconds: {seconds} given; 1 to {options.SearchSeconds} are possible here"));
        }

        var document = await runs.DocumentAsync(link, cancel);
        var asked = Asked(property ?? []);
        var machine = CompiledMachine.Compile(document.Scenario);
        var budget = options.SearchBudget with { States = states ?? options.SearchStates, Time = TimeSpan.FromSeconds(seconds ?? options.SearchSeconds) };
        var found = await searches.SearchAsync(visitor.Key, machine, asked, _ => { }, cancel, budget);
        cancel.ThrowIfCancellationRequested();
        return Results.Json(VerdictJson.Of(document, machine, found));
    }

    private static IReadOnlyList<Property> Asked(string[] ids) => ids.Length == 0 ? Property.All
        : [.. ids.Select(id => Property.Find(id) ?? (id.Contains(' ', StringComparison.Ordinal) ? PropertyText.Parse(id)
            : throw new ScenarioException([$"property: '{Shown(id)}' given; {string.Join(", ", Property.All.Select(p => p.Id))} are possible, or one's own: never or always and what"])))];

    private static async Task<IResult> ScenarioOf(LinkedRuns runs, [Description(LinkHelp)] string link, CancellationToken cancel) =>
        Results.Text((await runs.DocumentAsync(link, cancel)).Write(), "application/json", System.Text.Encoding.UTF8);

    private static async Task<IResult> ReportAsync(
        HttpRequest request, LinkedRuns runs, Searches searches, Visitor visitor, ServerOptions options, [Description(LinkHelp)] string link,
        [Description("text (72 columns of ASCII) or markdown")] string format = "text", [Description("Try all orderings too, and show the shortest counterexample.")] bool check = false, CancellationToken cancel = default)
    {
        if (format is not ("text" or "markdown"))
        {
            return Refused(StatusCodes.Status400BadRequest, $"format: '{Shown(format)}' given; text, markdown are possible");
        }

        var given = await runs.DocumentAsync(link, cancel);
        var found = check ? await searches.SearchAsync(visitor.Key, CompiledMachine.Compile(given.Scenario), Property.All, _ => { }, cancel) : null;
        cancel.ThrowIfCancellationRequested();
        var address = options.AddressOf(request);
        var text = await runs.UseAsync(link, open =>
        {
            var report = new RunReport(open.Document with { View = given.View }, open.Run, found, address);
            return format == "text" ? report.Plain() : report.Markdown();
        }, cancel);
        return Results.Text(text, format == "text" ? "text/plain" : "text/markdown", System.Text.Encoding.UTF8);
    }

    private static async Task<IResult> PictureAsync(
        HttpResponse response, LinkedRuns runs, [Description(LinkHelp)] string link, [Description("svg or png")] string format = "svg", CancellationToken cancel = default)
    {
        if (format is not ("svg" or "png"))
        {
            return Refused(StatusCodes.Status400BadRequest, $"format: '{Shown(format)}' given; svg, png are possible");
        }

        if (format == "png" && !PngPicture.IsPossible)
        {
            return Refused(StatusCodes.Status501NotImplemented, "format: this server has no font for png; svg is possible");
        }

        var picture = await runs.PictureAsync(link, format == "png", cancel);
        response.Headers.CacheControl = "private, max-age=3600";
        return Results.Bytes(picture, format == "png" ? "image/png" : "image/svg+xml");
    }

    private static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
