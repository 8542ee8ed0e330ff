using System.Buffers;
using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>
/// A run in the address bar: <c>/s/1</c> and base64url of Brotli of its canonical JSON with short names. A run of a preset holds the
/// preset's id and what differs from it. The same run gives the same link; a link of this version opens for ever.
/// </summary>
public static class ShareLink
{
    /// <summary>What a link's path begins with.</summary>
    public const string Prefix = "/s/";

    /// <summary>Longest link with its path, characters.</summary>
    public const int MaxLength = 8_000;

    /// <summary>Largest content, bytes: 1 MiB, but for what a window of it does not reach back.</summary>
    public const int MaxInflated = (1 << 20) - 16;

    private const char Version = '1';
    // A preset has fewer than a hundred values; what changes more than these is written in full.
    private const int MostChanges = 500;
    private const int InflateStep = 16 * 1024;

    // The best packing takes more than a millisecond for each kilobyte; the next one a seventh of that, for one or two characters in a hundred.
    // Part of the version: what is moved here changes links, and the same run is to give the same one.
    private const int BestPacking = 11;
    private const int FastPacking = 10;
    private const int BestPackingUpTo = 2_048;
    private const int Window = 22;

    /// <summary>True if the text has a link in it, alone or at the end of an address.</summary>
    public static bool IsLink(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(Prefix, StringComparison.Ordinal)
            || (text.Contains("://", StringComparison.Ordinal) && text.Contains(Prefix, StringComparison.Ordinal));
    }

    /// <summary>The link of a run, or null if it would be longer than <see cref="MaxLength"/>: then a file is the way.</summary>
    /// <exception cref="ScenarioException">The scenario holds something that no document can name.</exception>
    public static string? TryEncode(RunDocument run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var json = run.ToJson();
        json.Remove("version");
        var scenario = (JsonObject)json["scenario"]!;
        if (ScenarioPresets.Find(run.Scenario.Id) is { } preset)
        {
            var changes = DocumentDifference.Between(ScenarioWriter.Write(preset.Scenario), scenario);
            JsonNode reference = changes.Count == 0 ? preset.Id : new JsonObject { ["preset"] = preset.Id, ["changes"] = changes };
            if (changes.Count <= MostChanges && reference.ToJsonString().Length < scenario.ToJsonString().Length)
            {
                json["scenario"] = reference;
            }
        }

        var text = Encoding.UTF8.GetBytes(ShortKeys.Shorten(json)!.ToJsonString(ScenarioDocument.Compact));
        if (text.Length > MaxInflated || !LinkContent.IsTaken(text))
        {
            return null;
        }

        // What is a little too long is worth the time.
        return (text.Length > BestPackingUpTo ? Pack(text, FastPacking) : null) ?? Pack(text, BestPacking);
    }

    private static string? Pack(byte[] text, int quality)
    {
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(text.Length)];
        if (!BrotliEncoder.TryCompress(text, packed, out var length, quality, Window))
        {
            return null;
        }

        var link = Prefix + Version + Base64Url.EncodeToString(packed.AsSpan(0, length));
        return link.Length <= MaxLength ? link : null;
    }

    /// <summary>The run behind a link; the text may be the link alone or an address that ends with it.</summary>
    /// <exception cref="ScenarioException">It is no such link, or damaged, or from a later version, or says something impossible.</exception>
    public static RunDocument Decode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var start = text.IndexOf(Prefix, 0, Math.Min(text.Length, MaxLength), StringComparison.Ordinal);
        if (start < 0)
        {
            throw Refused($"it does not contain {Prefix}; a share link is needed");
        }

        var payload = text.AsSpan(start + Prefix.Length);
        if (payload.IndexOfAny('?', '#') is var end and >= 0)
        {
            payload = payload[..end];
        }

        payload = payload.TrimEnd();
        if (payload.Length + Prefix.Length > MaxLength)
        {
            throw Refused(Node.Invariant($"{payload.Length + Prefix.Length} characters given; at most {MaxLength} are possible"));
        }

        if (payload.Length == 0 || payload[0] != Version)
        {
            throw Refused(payload.Length == 0 ? "nothing follows /s/; a version and a payload are needed"
                : $"version '{Node.Shown(payload[..1].ToString())}' given; this program reads version {Version}");
        }

        try
        {
            using var content = Inflate(payload[1..]);
            return Parse(content.Written.Span);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // A member given twice, or a text with half a character in it: JSON by its grammar, but nothing that was made here.
            throw Refused("a field is given twice or a text is broken; it is damaged or was not made here");
        }
    }

    private static RunDocument Parse(ReadOnlySpan<byte> utf8)
    {
        // The names are written out while it is read: what is far beyond any run is refused before anything is built of it.
        using var lengthened = new PooledBytes(Math.Min(MaxInflated, (utf8.Length * 2) + 256));
        try
        {
            LinkContent.Lengthen(utf8, lengthened);
        }
        catch (JsonException)
        {
            throw Refused(Node.Invariant($"its content is not JSON of at most {DocumentLimits.Depth} levels; it is damaged or was not made here"));
        }

        using var document = JsonDocument.Parse(lengthened.Written, new JsonDocumentOptions { MaxDepth = DocumentLimits.Depth });
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("scenario", out var scenario))
        {
            throw Refused("it holds no scenario; it is damaged or was not made here");
        }

        // Alone, a preset's id stands for it.
        var reference = scenario.ValueKind switch
        {
            JsonValueKind.Object when scenario.TryGetProperty("preset", out _) => JsonObject.Create(scenario),
            JsonValueKind.Object => null,
            _ => new JsonObject { ["preset"] = JsonNode.Parse(scenario.GetRawText()) },
        };
        using var preset = reference is null ? null : JsonDocument.Parse(OfPreset(reference).ToJsonString());
        try
        {
            return RunDocument.Parse(document.RootElement, preset?.RootElement);
        }
        catch (ScenarioException e)
        {
            throw new ScenarioException([.. e.Problems.Select(p => "link: " + p)]);
        }
    }

    private static JsonObject OfPreset(JsonObject reference)
    {
        var id = reference["preset"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
        if (ScenarioPresets.Find(id) is not { } preset)
        {
            throw Refused($"there is no preset '{Node.Shown(id)}'; 'pcidash presets' lists those that exist");
        }

        if (reference.FirstOrDefault(m => m.Key is not ("preset" or "changes")).Key is { } other)
        {
            throw Refused($"scenario.{Node.Shown(other)}: no such field; preset, changes are possible");
        }

        var scenario = ScenarioWriter.Write(preset.Scenario);
        return reference["changes"] switch
        {
            null => scenario,
            JsonArray { Count: <= MostChanges } changes when DocumentDifference.Apply(scenario, changes) => scenario,
            _ => throw Refused($"scenario.changes: they do not fit the preset {id}; it is damaged or was not made here"),
        };
    }

    private static PooledBytes Inflate(ReadOnlySpan<char> payload)
    {
        var packed = new byte[Base64Url.GetMaxDecodedLength(payload.Length)];
        if (Base64Url.DecodeFromChars(payload, packed, out _, out var length) != OperationStatus.Done)
        {
            throw Refused("it holds a character that is not of the base64url alphabet, or its end is missing; copy the whole link");
        }

        NarrowWindow(packed.AsSpan(0, length));
        using var decoder = new BrotliDecoder();
        var inflated = new PooledBytes(InflateStep);
        var source = packed.AsSpan(0, length);
        while (true)
        {
            var status = decoder.Decompress(source, inflated.GetSpan(InflateStep), out var consumed, out var written);
            inflated.Advance(written);
            source = source[consumed..];
            if (status == OperationStatus.Done && source.IsEmpty && inflated.Count <= MaxInflated)
            {
                return inflated;
            }

            if (status != OperationStatus.DestinationTooSmall || inflated.Count > MaxInflated)
            {
                var tooLarge = inflated.Count > MaxInflated;
                inflated.Dispose();
                throw Refused(tooLarge ? Node.Invariant($"its content is larger than {MaxInflated} bytes, which is the most that is possible")
                    : "its content cannot be unpacked; its end is missing or it is damaged: copy the whole link");
            }
        }
    }

    // A decoder fills its window before it gives anything away. Nothing that is taken is larger than the window made here, so that no text
    // reads otherwise; and what would be larger is known for it after so much, not after the 16 MiB that a stream may ask for.
    // RFC 7932, 9.1: windows of 2^18 to 2^24 are told by the first four bits, 1 and then the number above 17.
    private static void NarrowWindow(Span<byte> packed)
    {
        const int told = 0b1111;
        const int enough = 0b0111;
        if (packed.Length > 0 && (packed[0] & 1) == 1 && (packed[0] & told) > enough)
        {
            packed[0] = (byte)((packed[0] & ~told) | enough);
        }
    }

    private static ScenarioException Refused(string what) => new(["link: " + what]);
}
