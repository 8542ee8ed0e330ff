using System.Formats.Tar;
using System.IO.Compression;
using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Import;

/// <summary>
/// Configuration spaces as files: /sys/bus/pci/devices/0000:00:1f.2/config, one by one or in a tar, packed with gzip or not. The address
/// is taken from the folder's name.
/// </summary>
internal static class ConfigArchive
{
    private const int MagicOffset = 257;

    public static bool IsGzip(ReadOnlySpan<byte> bytes) => bytes.Length > 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;

    public static bool IsTar(ReadOnlySpan<byte> bytes) => bytes.Length > MagicOffset + 5 && bytes.Slice(MagicOffset, 5).SequenceEqual("ustar"u8);

    /// <summary>True if the name is that of a function's config file; gives its address.</summary>
    public static bool IsConfig(string name, out int segment, out Bdf bdf)
    {
        (segment, bdf) = (0, default);
        var parts = name.Split('/', '\\');
        return parts.Length >= 2 && parts[^1] == "config" && LspciWords.TryAddress(parts[^2], out segment, out bdf, out var length) && length == parts[^2].Length;
    }

    /// <summary>Unpacks at most as much as may be imported.</summary>
    /// <exception cref="ImportLimitException">There is more.</exception>
    public static byte[] Unpack(ReadOnlyMemory<byte> bytes)
    {
        using var packed = new GZipStream(new MemoryStream(bytes.ToArray()), CompressionMode.Decompress);
        var buffer = new byte[DocumentLimits.Bytes + 1];
        var length = packed.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return length <= DocumentLimits.Bytes ? buffer[..length]
            : throw new ImportLimitException(0, Node.Invariant($"more than {DocumentLimits.Bytes} bytes once unpacked; that is the most that is possible"));
    }

    /// <summary>The files of a tar, in its order; a link is no file.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> Entries(ReadOnlyMemory<byte> tar)
    {
        using var reader = new TarReader(new MemoryStream(tar.ToArray()));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && entry.DataStream is { } data)
            {
                var bytes = new byte[Math.Min(data.Length, DocumentLimits.Bytes)];
                data.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
                yield return (entry.Name, bytes);
            }
        }
    }
}
