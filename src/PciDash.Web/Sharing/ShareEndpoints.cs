using System.ComponentModel;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Web.Api;
using PciDash.Web.Hosting;
using PciDash.Web.Machines;

namespace PciDash.Web.Sharing;

/// <summary>What somebody gets who asked for a short id.</summary>
/// <param name="Address">Where it opens.</param>
/// <param name="Id">The id.</param>
/// <param name="Key">With it the id can be deleted; it is shown this once.</param>
internal sealed record ShareAnswer(string Address, string Id, string Key);

/// <summary>The same as the page's own script hands it on.</summary>
/// <param name="Address">Where it opens; null = nothing was kept.</param>
/// <param name="Key">With it the id can be deleted.</param>
/// <param name="Problems">Why nothing was kept.</param>
internal sealed record KeptShare(string? Address, string? Key, IReadOnlyList<string> Problems);

/// <summary>POST /api/share keeps a run under a short id, DELETE gives it up. Only from this server's own pages, or from a program.</summary>
internal static class ShareEndpoints
{
    /// <summary>Header in which a key travels: not in an address, which gets into logs.</summary>
    public const string KeyHeader = "X-PciDash-Key";

    public static void MapSharing(this WebApplication app)
    {
        // What is read before it is measured; the options' limit is told in words.
        const int mostBody = (1 << 20) + 1;
        var share = app.MapGroup("/api/share").RequireRateLimiting(RateLimits.Shares).DisableAntiforgery().WithTags("short ids");
        share.MapPost("", SaveAsync).WithName("share").WithSummary("Keep a run under a short id. The body is a scenario or run file; the header X-PciDash is needed.")
            .WithMetadata(new RequestSizeLimitAttribute(mostBody)).Accepts<string>("application/json")
            .Produces<ShareAnswer>().Produces<ApiProblems>(StatusCodes.Status400BadRequest).Produces<ApiProblems>(StatusCodes.Status413PayloadTooLarge).Produces(StatusCodes.Status429TooManyRequests);
        share.MapDelete("/{id}", DeleteAsync).WithName("unshare").WithSummary("Give a short id up. The headers X-PciDash and X-PciDash-Key are needed.")
            .Produces(StatusCodes.Status204NoContent).Produces<ApiProblems>(StatusCodes.Status404NotFound).Produces(StatusCodes.Status429TooManyRequests);
    }

    /// <summary>
    /// It comes from a page of ours or from no page. Another site's script cannot set the header without asking first, which nobody here
    /// answers; and a browser says where a request comes from.
    /// </summary>
    internal static bool IsOwn(HttpRequest request) =>
        request.Headers.ContainsKey(ImportEndpoint.OwnHeader)
        && request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none"
        && (request.Headers.Origin.ToString() is "" || (Uri.TryCreate(request.Headers.Origin.ToString(), UriKind.Absolute, out var origin) && origin.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)));

    private static async Task<IResult> SaveAsync(HttpRequest request, ShareStore store, CancellationToken cancel)
    {
        if (!IsOwn(request))
        {
            return Refused(StatusCodes.Status400BadRequest, $"A request of this server's own page, or of a program with the header {ImportEndpoint.OwnHeader}, is needed.");
        }

        try
        {
            using var reader = new StreamReader(request.Body, new UTF8Encoding(false, throwOnInvalidBytes: true));
            var document = RunDocument.Parse(await reader.ReadToEndAsync(cancel));

            // What cannot be run helps nobody.
            CompiledMachine.Compile(document.Scenario);
            var saved = await store.SaveAsync(document, cancel);
            return Results.Json(new ShareAnswer("/i/" + saved.Id, saved.Id, saved.Key));
        }
        catch (ScenarioException e)
        {
            return Refused(StatusCodes.Status400BadRequest, [.. e.Problems.Take(20)]);
        }
        catch (DecoderFallbackException)
        {
            return Refused(StatusCodes.Status400BadRequest, "document: it is not UTF-8");
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Refused(StatusCodes.Status413PayloadTooLarge, FormattableString.Invariant($"More than {1 << 20} bytes; that is the most that is possible."));
        }
        catch (ShareRefusedException e)
        {
            return Refused(StatusCodes.Status413PayloadTooLarge, e.Message);
        }
    }

    private static async Task<IResult> DeleteAsync(HttpRequest request, ShareStore store, string id, [FromHeader(Name = KeyHeader), Description("The key that was shown once.")] string? key, CancellationToken cancel) =>
        IsOwn(request) && await store.DeleteAsync(id, key ?? "", cancel) ? Results.NoContent()
            : Refused(StatusCodes.Status404NotFound, "There is no such short id, or the key is another one's.");

    private static IResult Refused(int status, params string[] problems) => Results.Json(new ApiProblems(problems), statusCode: status);
}
