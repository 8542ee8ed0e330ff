using System.Globalization;
using System.Text.Json;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Reports;

namespace PciDash.Web.Keeping;

/// <summary>What lists say of a kept run; it stands beside the content, so that a list reads none.</summary>
/// <param name="Name">What its reader calls it.</param>
/// <param name="Shows">What it is, and what comes of it, in a sentence.</param>
/// <param name="Saved">When it was saved, by the browser's reader: a rename or a way through a file changes nothing of it.</param>
/// <param name="IsMachine">It comes from the workbench, and goes back there: it may be one that cannot be run yet.</param>
public sealed record LibraryNote(string Name, string Shows, DateTimeOffset Saved, bool IsMachine = false)
{
    /// <summary>Longest name.</summary>
    public const int MostName = 120;

    /// <summary>Longest sentence.</summary>
    public const int MostShows = 300;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>As text.</summary>
    public string Write() => JsonSerializer.Serialize(this, Json);

    /// <summary>What was written; whatever else stands there is a name.</summary>
    public static LibraryNote Of(KeptEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        try
        {
            if (JsonSerializer.Deserialize<LibraryNote>(entry.Note, Json) is { Name: { Length: > 0 } name, Shows: { } shows } note)
            {
                return note with { Name = Cut(name, MostName), Shows = Cut(shows, MostShows) };
            }
        }
        catch (JsonException)
        {
            // Not written here.
        }

        return new LibraryNote(entry.Note.Length > 0 ? Cut(entry.Note, MostName) : entry.Key, "", entry.At);
    }

    /// <summary>What a run shows: machine, kernel, path, and what comes of it where that is known.</summary>
    public static string ShownBy(RunDocument document, string headline = "")
    {
        ArgumentNullException.ThrowIfNull(document);
        var scenario = document.Scenario;
        var boot = scenario.Boots[0];
        var functions = scenario.Functions.Count == 1 ? "one function" : scenario.Functions.Count.ToString(CultureInfo.InvariantCulture) + " functions";
        return Cut($"Linux {boot.Release.Version}, {(boot.Path == ShutdownPath.None ? "keeps running" : boot.Path.ToString().ToLowerInvariant())}, {functions}{(headline.Length > 0 ? ": " + headline : "")}", MostShows);
    }

    /// <summary>The name that is proposed for a run.</summary>
    public static string NameFor(RunDocument document) => Cut(RunTitle.Of(document), MostName);

    internal static string Cut(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";
}

/// <summary>A kept run in a list.</summary>
/// <param name="Key">Its key: the same content has the same.</param>
/// <param name="Note">What there is to say of it.</param>
/// <param name="Bytes">Size of its file.</param>
public sealed record LibraryEntry(string Key, LibraryNote Note, long Bytes);
