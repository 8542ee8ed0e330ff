using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>What a scenario file says.</summary>
/// <param name="Scenario">The scenario; whether it can be compiled is the engine's to say.</param>
/// <param name="Warnings">What was read over, each with its place.</param>
public sealed record ParsedScenario(Scenario Scenario, IReadOnlyList<string> Warnings);

/// <summary>The scenario file: JSON, version 1. Strict in what it takes, canonical in what it gives.</summary>
public static class ScenarioDocument
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The version that is written, and the newest that is read.</summary>
    public static int Version => DocumentLimits.Version;

    /// <summary>Largest file, bytes.</summary>
    public static int MaxBytes => DocumentLimits.Bytes;

    /// <summary>Reads a scenario file.</summary>
    /// <exception cref="ScenarioException">Every problem, each with the path of its field and what would be right.</exception>
    public static ParsedScenario Parse(string text) => Parse(Utf8(text));

    /// <summary>Reads a scenario file.</summary>
    /// <exception cref="ScenarioException">Every problem, each with the path of its field and what would be right.</exception>
    public static ParsedScenario Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = Open(utf8);
        return Whole(document.RootElement, Parse);
    }

    /// <summary>The canonical file of a scenario: the same for every file that says the same.</summary>
    /// <exception cref="ScenarioException">It holds something that no file can name, such as a device that is in no catalogue.</exception>
    public static string Write(Scenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        return ToText(ScenarioWriter.Write(scenario));
    }

    internal static string ToText(JsonNode json) => json.ToJsonString(Indented) + "\n";

    internal static ParsedScenario Parse(JsonElement element)
    {
        var problems = new List<string>();
        var warnings = new List<string>();
        var scenario = ScenarioReader.Read(new Node(element, "", problems), warnings);
        return problems.Count > 0 || scenario is null ? throw new ScenarioException(problems) : new ParsedScenario(scenario, warnings);
    }

    internal static byte[] Utf8(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length > DocumentLimits.Bytes ? throw TooLong(text.Length) : Encoding.UTF8.GetBytes(text);
    }

    /// <summary>Opens JSON within the bounds of size and depth.</summary>
    internal static JsonDocument Open(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Length > DocumentLimits.Bytes)
        {
            throw TooLong(utf8.Length);
        }

        if (utf8.Span.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        try
        {
            return JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = DocumentLimits.Depth });
        }
        catch (JsonException e)
        {
            throw new ScenarioException([Describe(e, utf8.Span)]);
        }
    }

    /// <summary>Reads a whole document. A text with half a character in it is JSON by its grammar and breaks only when it is looked at.</summary>
    internal static T Whole<T>(JsonElement root, Func<JsonElement, T> read)
    {
        try
        {
            return read(root);
        }
        catch (InvalidOperationException)
        {
            throw new ScenarioException(["document: a text in it holds half a character; whole Unicode text in UTF-8 is needed"]);
        }
    }

    private static string Describe(JsonException e, ReadOnlySpan<byte> utf8)
    {
        var place = Node.Invariant($"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        return Nesting(utf8) > DocumentLimits.Depth
            ? Node.Invariant($"document: nested deeper than {DocumentLimits.Depth} at {place}; at most {DocumentLimits.Depth} levels are possible")
            : $"document: not JSON at {place}; a scenario file is one JSON object";
    }

    // Brackets outside texts: enough to tell "too deep" from "not JSON", whatever the reader's words are.
    private static int Nesting(ReadOnlySpan<byte> utf8)
    {
        var depth = 0;
        var deepest = 0;
        var inText = false;
        for (var i = 0; i < utf8.Length; i++)
        {
            switch (utf8[i])
            {
                case (byte)'\\' when inText:
                    i++;
                    break;
                case (byte)'"':
                    inText = !inText;
                    break;
                case (byte)'{' or (byte)'[' when !inText:
                    deepest = Math.Max(deepest, ++depth);
                    break;
                case (byte)'}' or (byte)']' when !inText:
                    depth--;
                    break;
            }
        }

        return deepest;
    }

    private static ScenarioException TooLong(long given) =>
        new([Node.Invariant($"document: {given} bytes given; at most {DocumentLimits.Bytes} are possible")]);
}
