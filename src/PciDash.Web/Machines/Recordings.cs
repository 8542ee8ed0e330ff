using System.Security.Cryptography;
using System.Text;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Conformance;
using PciDash.Scenarios.Import;
using PciDash.Web.Hosting;

namespace PciDash.Web.Machines;

/// <summary>
/// Recordings of real kernels that were sent, laid over the model, a few at a time; the last ones are remembered for a while. Nothing is
/// written to a disk.
/// </summary>
/// <param name="options">What the server may spend.</param>
public sealed class Recordings(ServerOptions? options = null) : IDisposable
{
    private const int MostRemembered = 16;

    // Some ten storms of 100,000: the command line takes more.
    private const long MostSteps = 10_000_000;

    private readonly SemaphoreSlim places = new((options ?? ServerOptions.Default).ImportsAtOnce);
    private readonly Recent<ConformanceReport> recent = new(MostRemembered);

    /// <summary>Reads the files of one recording and looks for the run that explains it.</summary>
    /// <exception cref="OperationCanceledException">The reader has left.</exception>
    public async Task<ImportAnswer> TakeAsync(IReadOnlyList<ImportFile> files, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(files);
        try
        {
            var key = KeyOf(files);
            await DoAsync(key, "the recording", files, cancel);
            return new ImportAnswer("believe/r/" + key, []);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return new ImportAnswer(null, [e.Message]);
        }
        catch (ScenarioException e)
        {
            return new ImportAnswer(null, e.Problems);
        }
    }

    /// <summary>A recording that the program brings along; null if there is none of that name.</summary>
    /// <exception cref="OperationCanceledException">The reader has left.</exception>
    public async Task<ConformanceReport?> ExampleAsync(string name, CancellationToken cancel) =>
        RecordedExamples.Files(name) is { } files ? await DoAsync("example " + name, name, files, cancel) : null;

    /// <summary>What was said of a recording that was sent, if it was not long ago.</summary>
    public ConformanceReport? Of(string key) => recent.Find(key);

    private async Task<ConformanceReport> DoAsync(string key, string name, IReadOnlyList<ImportFile> files, CancellationToken cancel)
    {
        if (recent.Find(key) is { } known)
        {
            return known;
        }

        await places.WaitAsync(cancel);
        try
        {
            var report = await Task.Run(() => ConformanceReport.Of(RecordedRunReader.Read(name, files), withMutants: false, MostSteps), cancel);
            recent.Keep(key, report);
            return report;
        }
        finally
        {
            places.Release();
        }
    }

    private static string KeyOf(IReadOnlyList<ImportFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{file.Name}\n{file.Bytes.Length}\n")));
            hash.AppendData(file.Bytes.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }

    /// <inheritdoc/>
    public void Dispose() => places.Dispose();
}
