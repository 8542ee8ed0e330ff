using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PciDash.Scenarios;

/// <summary>
/// A link's content on its way to a run file: letters become names, in one pass that builds nothing. What no run can be (more values than the
/// largest has, a text longer than any) ends it at once.
/// </summary>
internal static class LinkContent
{
    // The most choices of a run take six tokens each; the largest machine has fewer.
    private const int MostTokens = 100_000;
    private const int MostText = DocumentLimits.Lanes;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <exception cref="JsonException">It is no JSON, too deep, or more than any run.</exception>
    /// <exception cref="ArgumentException">A field is given twice at the top.</exception>
    /// <exception cref="InvalidOperationException">A text holds half a character.</exception>
    public static void Lengthen(ReadOnlySpan<byte> utf8, IBufferWriter<byte> to)
    {
        Measure(utf8);
        using var writer = new Utf8JsonWriter(to, Plain);
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = DocumentLimits.Depth });
        var top = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    writer.WriteStartObject();
                    if (reader.CurrentDepth == 0)
                    {
                        writer.WriteNumber("version", DocumentLimits.Version);
                    }

                    break;
                case JsonTokenType.EndObject:
                    writer.WriteEndObject();
                    break;
                case JsonTokenType.StartArray:
                    writer.WriteStartArray();
                    break;
                case JsonTokenType.EndArray:
                    writer.WriteEndArray();
                    break;
                case JsonTokenType.PropertyName:
                    WriteName(ref reader, writer, top);
                    break;
                case JsonTokenType.String when !reader.ValueIsEscaped && Ascii.IsValid(reader.ValueSpan):
                    writer.WriteStringValue(reader.ValueSpan);
                    break;
                case JsonTokenType.String:
                    writer.WriteStringValue(reader.GetString());
                    break;
                default:
                    writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                    break;
            }
        }
    }

    /// <summary>Whether it would be read: a link that nobody can open is none.</summary>
    public static bool IsTaken(ReadOnlySpan<byte> utf8)
    {
        try
        {
            Measure(utf8);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Measure(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = DocumentLimits.Depth });

        // How many values each open list or object has.
        Span<int> counts = stackalloc int[DocumentLimits.Depth + 1];
        for (var tokens = 0; reader.Read(); tokens++)
        {
            if (tokens > MostTokens || reader.ValueSpan.Length > MostText)
            {
                throw new JsonException();
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    if (++counts[reader.CurrentDepth] > DocumentLimits.Choices)
                    {
                        throw new JsonException();
                    }

                    counts[reader.CurrentDepth + 1] = 0;
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    break;
                default:
                    if (++counts[reader.CurrentDepth] > DocumentLimits.Choices * 2)
                    {
                        throw new JsonException();
                    }

                    break;
            }
        }
    }

    private static void WriteName(ref Utf8JsonReader reader, Utf8JsonWriter writer, HashSet<string> top)
    {
        var name = ShortKeys.Lengthen(ref reader);
        if (reader.CurrentDepth == 1)
        {
            if (!top.Add(name))
            {
                throw new ArgumentException("given twice");
            }

            // What is read is said by the link's own version.
            if (name == "version")
            {
                reader.Skip();
                return;
            }
        }

        writer.WritePropertyName(name);
    }
}
