using System.Security.Cryptography;
using System.Text;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Import;
using PciDash.Web.Hosting;

namespace PciDash.Web.Machines;

/// <summary>What became of a paste.</summary>
/// <param name="Address">Where its machine's audit is; null if there is no machine.</param>
/// <param name="Problems">Why there is none, one line each.</param>
public sealed record ImportAnswer(string? Address, IReadOnlyList<string> Problems);

/// <summary>
/// Imports what is pasted, a few at a time, and remembers for a while what was guessed or not understood: a link holds the machine, not
/// those. A machine too large for a link is remembered too. Nothing is written to a disk.
/// </summary>
/// <param name="options">What the server may spend.</param>
public sealed class Imports(ServerOptions? options = null) : IDisposable
{
    private const int MostRemembered = 64;
    private const int MostProblems = 20;

    private readonly SemaphoreSlim places = new((options ?? ServerOptions.Default).ImportsAtOnce);
    private readonly Recent<ImportedMachine> recent = new(MostRemembered);

    /// <summary>Reads files, which together are one machine.</summary>
    /// <exception cref="OperationCanceledException">The reader has left.</exception>
    public async Task<ImportAnswer> TakeAsync(IReadOnlyList<ImportFile> files, CancellationToken cancel)
    {
        await places.WaitAsync(cancel);
        try
        {
            return await Task.Run(() => Take(files), cancel);
        }
        finally
        {
            places.Release();
        }
    }

    /// <summary>What the import of that machine said, if it was not long ago.</summary>
    public ImportedMachine? Of(Scenario scenario) => recent.Find(KeyOf(scenario));

    /// <summary>The machine of that key, if it was imported not long ago.</summary>
    public ImportedMachine? Of(string key) => recent.Find(key);

    private ImportAnswer Take(IReadOnlyList<ImportFile> files)
    {
        // A scenario file is a machine too, if it is the only one.
        if (files.Count == 1 && files[0].Bytes.Span.TrimStart(" \t\r\n"u8) is [(byte)'{', ..])
        {
            try
            {
                return Answer(RunDocument.Parse(Encoding.UTF8.GetString(files[0].Bytes.Span)).Scenario, new ImportedMachine(null, [], [], []));
            }
            catch (ScenarioException e)
            {
                return Refusal(e.Problems);
            }
        }

        var machine = MachineImport.Read(files);
        if (machine.Scenario is not { } scenario)
        {
            return Refusal([.. machine.Notes.Where(n => n.Severity == NoteSeverity.Error).Select(n => n.ToString())]);
        }

        return Answer(scenario, machine);
    }

    private ImportAnswer Answer(Scenario scenario, ImportedMachine machine)
    {
        var link = ShareLink.TryEncode(new RunDocument(scenario));
        var key = KeyOf(scenario);
        if (link is null || machine.Scenario is not null)
        {
            recent.Keep(key, machine with { Scenario = scenario });
        }

        return new ImportAnswer(link is not null ? "audit" + link : "audit/w/" + key, []);
    }

    private static ImportAnswer Refusal(IReadOnlyList<string> problems) =>
        new(null, problems.Count <= MostProblems ? problems : [.. problems.Take(MostProblems), FormattableString.Invariant($"and {problems.Count - MostProblems} more")]);

    private static string KeyOf(Scenario scenario) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ScenarioDocument.Write(scenario))).AsSpan(0, 12));

    /// <inheritdoc/>
    public void Dispose() => places.Dispose();
}
