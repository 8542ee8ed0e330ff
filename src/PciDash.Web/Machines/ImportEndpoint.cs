using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using PciDash.Scenarios.Import;
using PciDash.Web.Hosting;

namespace PciDash.Web.Machines;

/// <summary>
/// POST /import and /recording: what a machine printed, or what a kernel was seen to do, as files of a form. A paste is megabytes, and a circuit takes 32 KB: it comes by itself.
/// </summary>
internal static class ImportEndpoint
{
    /// <summary>A header that only the page's own script can send: another site's form cannot.</summary>
    public const string OwnHeader = "X-PciDash";

    private const int MostFiles = 2_048;
    private const int Envelope = 1 << 20;

    public static void MapImport(this WebApplication app)
    {
        app.Map<Imports>("/import", "Nothing was given: the output of lspci -vvv is needed, best with -xxxx and as root.", (imports, files, cancel) => imports.TakeAsync(files, cancel));
        app.Map<Recordings>("/recording", "Nothing was given: events.jsonl or trace.gz is needed, and what lies beside it.", (recordings, files, cancel) => recordings.TakeAsync(files, cancel));
    }

    private static void Map<TTaker>(this WebApplication app, string path, string nothing, Func<TTaker, IReadOnlyList<ImportFile>, CancellationToken, Task<ImportAnswer>> take)
        where TTaker : class =>
        app.MapPost(path, async (HttpRequest request, TTaker taker, ServerOptions limits, CancellationToken cancel) =>
        {
            if (!request.Headers.ContainsKey(OwnHeader) || !request.HasFormContentType)
            {
                return Refused(StatusCodes.Status400BadRequest, "A form that the page itself has sent is needed.");
            }

            if (request.ContentLength > limits.ImportBytes + Envelope)
            {
                return Refused(StatusCodes.Status413PayloadTooLarge, FormattableString.Invariant($"At most {limits.ImportBytes:N0} bytes are possible."));
            }

            // In memory, not in a temporary file: what is pasted is the reader's.
            var options = new FormOptions { MemoryBufferThreshold = limits.ImportBytes + Envelope, MultipartBodyLengthLimit = limits.ImportBytes + Envelope, ValueCountLimit = MostFiles };
            IFormCollection form;
            try
            {
                form = await request.ReadFormAsync(options, cancel);
            }
            catch (BadHttpRequestException e)
            {
                return Refused(e.StatusCode, "The form is longer than it says, or cut off.");
            }
            catch (InvalidDataException e)
            {
                return Results.Json(new ImportAnswer(null, [e.Message]));
            }

            var files = new List<ImportFile>();
            foreach (var file in form.Files.Where(f => f.Length > 0))
            {
                var bytes = new byte[file.Length];
                await using var stream = file.OpenReadStream();
                await stream.ReadExactlyAsync(bytes, cancel);
                files.Add(new ImportFile(file.FileName, bytes));
            }

            return Results.Json(files.Count == 0 ? new ImportAnswer(null, [nothing]) : await take(taker, files, cancel));
        }).WithMetadata(new RequestSizeLimitAttribute(MachineImport.MaxBytes + Envelope)).RequireRateLimiting(RateLimits.Imports).DisableAntiforgery();

    // With words: an empty answer would become the page for what is not found, for which a form is no request.
    private static IResult Refused(int status, string why) => Results.Text(why, statusCode: status);
}
