using System.IO.Compression;
using PciDash.Scenarios.Import;

namespace PciDash.Scenarios.Conformance;

/// <summary>The files of one recording, wherever they are; each may be packed.</summary>
internal abstract class RecordedFiles
{
    private const long MostBytes = 8 << 20;

    public List<string> Problems { get; } = [];

    /// <summary>As much of a trace is read.</summary>
    protected abstract long MostTraceBytes { get; }

    public bool Has(string file) => Exists(file) || Exists(file + ".gz");

    public List<string> Lines(string file) => Has(file) ? [.. Stream(file, MostBytes)] : [];

    /// <summary>The lines one by one, as far as the file is whole: a trace may be longer than what is kept.</summary>
    public IEnumerable<string> Stream(string file) => Stream(file, MostTraceBytes);

    protected abstract bool Exists(string file);

    protected abstract Stream Open(string file);

    private IEnumerable<string> Stream(string file, long mostBytes)
    {
        var packed = !Exists(file);
        using var raw = Open(packed ? file + ".gz" : file);
        using var stream = packed ? new GZipStream(raw, CompressionMode.Decompress) : raw;
        using var reader = new StreamReader(new LineBound(stream));
        var (bytes, count) = (0L, 0);
        while (Next(reader, file, count) is { } line)
        {
            bytes += line.Length + 1;
            if (bytes > mostBytes)
            {
                Problems.Add(Node.Invariant($"{file}:{count + 1}: longer than {mostBytes >> 20} MiB; the rest is not read"));
                break;
            }

            count++;
            yield return line;
        }
    }

    private string? Next(StreamReader reader, string file, int count)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (OverlongLineException)
        {
            Problems.Add(Node.Invariant($"{file}:{count + 1}: a line of more than {LineBound.Most >> 20} MiB; the rest is not read"));
            return null;
        }
        catch (InvalidDataException)
        {
            Problems.Add(Node.Invariant($"{file}.gz:{count + 1}: the packed file is damaged or cut; what came before is used"));
            return null;
        }
    }
}

/// <summary>A recording in a folder.</summary>
internal sealed class RecordedFolder(string path) : RecordedFiles
{
    protected override long MostTraceBytes => 4L << 30;

    protected override bool Exists(string file) => File.Exists(Path.Combine(path, file));

    protected override Stream Open(string file) => File.OpenRead(Path.Combine(path, file));
}

/// <summary>A recording that was sent, by the names of its files without their folders.</summary>
internal sealed class RecordedUpload(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files) : RecordedFiles
{
    // A line of a trace may be as long as a file packed to nothing makes it: what is sent is bounded more closely than what lies on a disk.
    protected override long MostTraceBytes => 128L << 20;

    /// <summary>Unpacks what was sent; of two files of one name the first counts, and that is told.</summary>
    /// <exception cref="InvalidDataException">A tar among them is damaged or larger than may be sent.</exception>
    public static RecordedUpload Of(IReadOnlyList<ImportFile> sent)
    {
        var files = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var problems = new List<string>();
        foreach (var file in sent)
        {
            foreach (var (name, bytes) in Unpacked(file))
            {
                var plain = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
                if (!files.TryAdd(plain, bytes))
                {
                    problems.Add($"{Node.Shown(plain)}: sent twice; the first is read");
                }
            }
        }

        var upload = new RecordedUpload(files);
        upload.Problems.AddRange(problems);
        return upload;
    }

    protected override bool Exists(string file) => files.ContainsKey(file);

    protected override Stream Open(string file) => new MemoryStream(files[file].ToArray(), writable: false);

    private static IEnumerable<(string Name, ReadOnlyMemory<byte> Bytes)> Unpacked(ImportFile file)
    {
        var bytes = file.Bytes;
        if (file.Name.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase) || file.Name.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase))
        {
            try
            {
                bytes = ConfigArchive.Unpack(bytes);
            }
            catch (Exception e) when (e is InvalidDataException or ImportLimitException)
            {
                throw new InvalidDataException($"{Node.Shown(file.Name)}: {(e is ImportLimitException ? e.Message : "it is damaged or no gzip file; its end may be missing")}");
            }
        }

        if (!ConfigArchive.IsTar(bytes.Span))
        {
            return [(file.Name, file.Bytes)];
        }

        try
        {
            return [.. ConfigArchive.Entries(bytes).Select(e => (e.Name, (ReadOnlyMemory<byte>)e.Bytes))];
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"{Node.Shown(file.Name)}: its tar is damaged or cut off");
        }
    }
}

/// <summary>A stream of text in which no line is longer than a reader may keep: a few packed bytes may unpack to gigabytes without a line's end.</summary>
internal sealed class LineBound(Stream inner) : Stream
{
    public const int Most = 4 << 20;

    private int since;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var n = inner.Read(buffer);
        var last = buffer[..n].LastIndexOf((byte)'\n');
        since = last < 0 ? since + n : n - 1 - last;
        return since <= Most ? n : throw new OverlongLineException();
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>A line is longer than a reader may keep.</summary>
internal sealed class OverlongLineException : IOException;
