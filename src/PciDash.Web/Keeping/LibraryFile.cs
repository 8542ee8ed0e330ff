using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PciDash.Engine.Machine;
using PciDash.Scenarios;

namespace PciDash.Web.Keeping;

/// <summary>A kept run in a file.</summary>
/// <param name="Note">What there is to say of it.</param>
/// <param name="Run">Its run file, in canonical form.</param>
public sealed record LibraryLine(LibraryNote Note, string Run);

/// <summary>
/// A library as one file: JSON lines. The first is <c>{"pcidash_library":1}</c>, each other one an entry with <c>name</c>, <c>shows</c>,
/// <c>saved</c> (ISO 8601), <c>machine</c> and <c>run</c>, a scenario or run file. One that is damaged takes nothing of the others.
/// </summary>
public static class LibraryFile
{
    /// <summary>Largest file, bytes.</summary>
    public const int MostBytes = 16 << 20;

    private const string Head = "pcidash_library";
    private const int Version = 1;

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes entries.</summary>
    public static string Write(IEnumerable<LibraryLine> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{{\"{Head}\":{Version}}}\n");
        foreach (var (note, run) in entries)
        {
            var line = new JsonObject { ["name"] = note.Name, ["shows"] = note.Shows, ["saved"] = note.Saved.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture) };
            if (note.IsMachine)
            {
                line["machine"] = true;
            }

            line["run"] = JsonNode.Parse(run);
            text.Append(line.ToJsonString(Compact)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Reads entries, each with the number of its line; or what is wrong with the line. A file that is no library has one line, and it is wrong.</summary>
    /// <param name="file">UTF-8.</param>
    /// <param name="now">When an entry was saved that does not say it.</param>
    public static async IAsyncEnumerable<(int Number, LibraryLine? Line, string Says)> ReadAsync(Stream file, DateTimeOffset now)
    {
        using var reader = new StreamReader(file, new UTF8Encoding(false));
        if (await reader.ReadLineAsync() is not { } head || VersionOf(head) is not { } version)
        {
            yield return (1, null, $"this is no library; a file that 'Export' has written is needed, which begins with {{\"{Head}\":{Version}}}");
            yield break;
        }

        if (version != Version)
        {
            yield return (1, null, FormattableString.Invariant($"a library of version {version}; this program reads version {Version}"));
            yield break;
        }

        for (var number = 2; await reader.ReadLineAsync() is { } text; number++)
        {
            if (!string.IsNullOrWhiteSpace(text))
            {
                var (line, says) = Read(text, now);
                yield return (number, line, says);
            }
        }
    }

    private static int? VersionOf(string line)
    {
        try
        {
            return JsonNode.Parse(line) is JsonObject head && head[Head] is JsonValue value && value.TryGetValue<int>(out var version) ? version : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static (LibraryLine? Line, string Says) Read(string text, DateTimeOffset now)
    {
        try
        {
            using var line = JsonDocument.Parse(text);
            if (line.RootElement.ValueKind != JsonValueKind.Object || !line.RootElement.TryGetProperty("run", out var run))
            {
                return (null, "it has no run; {\"name\":…,\"run\":{…}} is needed");
            }

            var document = RunDocument.Parse(run.GetRawText());
            var name = Text(line.RootElement, "name").Trim();
            var shows = Text(line.RootElement, "shows");
            var note = new LibraryNote(
                name.Length > 0 ? LibraryNote.Cut(name, LibraryNote.MostName) : LibraryNote.NameFor(document),
                line.RootElement.TryGetProperty("shows", out _) ? LibraryNote.Cut(shows, LibraryNote.MostShows) : LibraryNote.ShownBy(document),
                DateTimeOffset.TryParse(Text(line.RootElement, "saved"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var saved) ? saved : now,
                line.RootElement.TryGetProperty("machine", out var machine) && machine.ValueKind == JsonValueKind.True);
            return (new LibraryLine(note, document.Write()), "");
        }
        catch (JsonException)
        {
            return (null, "it is not JSON, or only a part of it");
        }
        catch (InvalidOperationException)
        {
            return (null, "a text in it is broken");
        }
        catch (ScenarioException e)
        {
            return (null, "run: " + string.Join("; ", e.Problems.Take(3)));
        }
    }

    private static string Text(JsonElement line, string name) =>
        line.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
