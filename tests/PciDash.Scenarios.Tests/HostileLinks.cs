using System.Buffers.Text;
using System.IO.Compression;
using System.Text;

namespace PciDash.Scenarios.Tests;

/// <summary>Links made to cost as much as can be.</summary>
internal static class HostileLinks
{
    /// <summary>The payloads by name.</summary>
    public static IEnumerable<(string Kind, string Link)> All()
    {
        yield return ("a bomb of one text", Packed("{\"L\":\"" + new string('a', 64 << 20) + "\"}"));
        yield return ("a bomb of spaces", Packed(new string(' ', 64 << 20)));
        yield return ("a mebibyte of brackets", Packed(new string('[', (1 << 20) - 1)));
        yield return ("a mebibyte of one array", Packed("{\"L\":[" + string.Join(',', Enumerable.Repeat("1", 500_000)) + "]}"));
        yield return ("a mebibyte of empty objects", Packed("[" + string.Join(',', Enumerable.Repeat("{}", 340_000)) + "]"));
        yield return ("a mebibyte of one member", Packed("{\"L\":{" + string.Join(',', Enumerable.Repeat("\"a\":1", 160_000)) + "}}"));
        yield return ("many functions that are none", Packed("{\"L\":{\"f\":[" + string.Join(',', Enumerable.Repeat("{}", 300_000)) + "]}}"));
        yield return ("many changes of a preset", Packed("{\"L\":{\"W\":\"q35-virtio\",\"X\":[" + string.Join(',', Enumerable.Repeat("[\"boots/0/cpus\",9]", 50_000)) + "]}}"));
        yield return ("many choices", Packed("{\"L\":\"q35-virtio\",\"N\":[" + string.Join(',', Enumerable.Repeat("{\"Q\":1,\"R\":\"x\"}", 60_000)) + "]}"));
        yield return ("a text of escapes", Packed("{\"L\":\"" + string.Concat(Enumerable.Repeat("\\u0041", 170_000)) + "\"}"));
        yield return ("noise", "/s/1" + Base64Url.EncodeToString(Noise()));
        yield return ("8,000 letters", "/s/1" + new string('A', ShareLink.MaxLength - 4));
        yield return ("a megabyte of letters", "/s/1" + new string('A', 1 << 20));
    }

    private static byte[] Noise()
    {
        var noise = new byte[5_900];
        new Random(4).NextBytes(noise);
        return noise;
    }

    private static string Packed(string json)
    {
        var text = Encoding.UTF8.GetBytes(json);
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(text.Length)];
        if (!BrotliEncoder.TryCompress(text, packed, out var length, 9, 22))
        {
            throw new InvalidOperationException("It does not fit.");
        }

        return "/s/1" + Base64Url.EncodeToString(packed.AsSpan(0, length));
    }
}
