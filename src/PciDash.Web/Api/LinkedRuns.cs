using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;
using PciDash.Scenarios.Pictures;
using PciDash.Scenarios.Reports;
using PciDash.Web.Hosting;
using PciDash.Web.Lab;
using PciDash.Web.Machines;
using PciDash.Web.Sharing;

namespace PciDash.Web.Api;

/// <summary>The runs behind links, for who asks without a page. A few are computed at once, and who waits blocks no thread.</summary>
/// <param name="lab">Opens documents.</param>
/// <param name="shares">Holds what is behind short ids.</param>
/// <param name="options">What the server may spend.</param>
internal sealed class LinkedRuns(LabState lab, ShareStore shares, ServerOptions options) : IDisposable
{
    private const int PicturesKept = 64;

    private readonly SemaphoreSlim places = new(options.RunsAtOnce);
    private readonly Recent<byte[]> pictures = new(PicturesKept);

    /// <summary>The document of a link: what follows /s/, or i- and a short id.</summary>
    /// <exception cref="ScenarioException">There is none.</exception>
    public async Task<RunDocument> DocumentAsync(string link, CancellationToken cancel) =>
        !link.StartsWith(ShortId.Mark, StringComparison.Ordinal) ? ShareLink.Decode(ShareLink.Prefix + link)
            : await shares.FindAsync(link[ShortId.Mark.Length..], cancel) ?? throw new ScenarioException(["link: there is no such short id; it was deleted, is over its time, or was made on another server"]);

    /// <summary>Opens a link and makes something of its run.</summary>
    /// <exception cref="ScenarioException">There is no such run.</exception>
    /// <exception cref="OperationCanceledException">Whoever asked has left.</exception>
    public async Task<T> UseAsync<T>(string link, Func<Opened, T> use, CancellationToken cancel)
    {
        var document = await DocumentAsync(link, cancel);
        await places.WaitAsync(cancel);
        try
        {
            return await Task.Run(() => use(lab.Open(document)), cancel);
        }
        finally
        {
            places.Release();
        }
    }

    /// <summary>The picture of a link's run; the last ones are remembered, for a chat asks once for each of its readers.</summary>
    public async Task<byte[]> PictureAsync(string link, bool png, CancellationToken cancel)
    {
        var key = (png ? "png " : "svg ") + link;
        if (pictures.Find(key) is { } known)
        {
            return known;
        }

        var made = await UseAsync(link, open => png ? TimelinePicture.Png(RunTitle.Of(open.Document), open.Run) : TimelinePicture.Svg(RunTitle.Of(open.Document), open.Run), cancel);
        pictures.Keep(key, made);
        return made;
    }

    /// <summary>A run written out.</summary>
    public static byte[] Written(Run run, string format)
    {
        using var stream = new MemoryStream();
        var outcomes = OutcomeWords.Of(run);
        using (var text = new StreamWriter(stream, new System.Text.UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" })
        {
            switch (format)
            {
                case "jsonl": RecordingWriter.WriteJsonLines(run, stream, outcomes); break;
                case "csv": RecordingWriter.WriteCsv(run, text, outcomes); break;
                case "vcd": VcdWriter.Write(run, text); break;
                case "perfetto": PerfettoWriter.Write(run, stream); break;
                default: RecordingTable.Write(run, text, outcomes); break;
            }
        }

        return stream.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose() => places.Dispose();
}
