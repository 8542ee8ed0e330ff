using System.Buffers.Binary;
using System.Text;

namespace PciDash.Benchmarks.Pages;

/// <summary>
/// What a server has drawn anew, as far as it is needed here: its texts, and who listens to an element. The form is that of
/// RenderBatchWriter.cs in dotnet/aspnetcore: tables, then their offsets in the last 20 bytes.
/// </summary>
internal readonly ref struct RenderBatch(ReadOnlySpan<byte> data)
{
    private const int FrameBytes = 20;
    private const int AttributeFrame = 3;
    private const int OffsetsBytes = 20;

    private readonly ReadOnlySpan<byte> data = data;

    private int Frames => Int(data.Length - OffsetsBytes + 4);

    private int Texts => Int(data.Length - 4);

    /// <summary>The first text of a form, or null.</summary>
    public string? Find(Func<string, bool> form)
    {
        for (var at = Texts; at < data.Length - OffsetsBytes; at += 4)
        {
            if (TextAt(Int(at)) is var text && form(text))
            {
                return text;
            }
        }

        return null;
    }

    /// <summary>The number by which a click on an element with such an attribute is told to the server, or null.</summary>
    public ulong? ClickHandler(string attribute, string value)
    {
        var (start, count) = (Frames + 4, Int(Frames));
        for (var i = 0; i < count; i++)
        {
            if (!Attribute(start, i, attribute, value))
            {
                continue;
            }

            // The attributes of an element follow each other.
            for (var other = i - 1; other >= 0 && Kind(start, other) == AttributeFrame; other--)
            {
                if (Attribute(start, other, "onclick", null))
                {
                    return Handler(start, other);
                }
            }

            for (var other = i + 1; other < count && Kind(start, other) == AttributeFrame; other++)
            {
                if (Attribute(start, other, "onclick", null))
                {
                    return Handler(start, other);
                }
            }
        }

        return null;
    }

    private bool Attribute(int start, int frame, string name, string? value) =>
        Kind(start, frame) == AttributeFrame && Text(Int(start + (frame * FrameBytes) + 4)) == name
        && (value is null || Text(Int(start + (frame * FrameBytes) + 8)) == value);

    private int Kind(int start, int frame) => Int(start + (frame * FrameBytes));

    private ulong Handler(int start, int frame) => BinaryPrimitives.ReadUInt64LittleEndian(data[(start + (frame * FrameBytes) + 12)..]);

    private string? Text(int number) => number < 0 ? null : TextAt(Int(Texts + (4 * number)));

    private string TextAt(int at)
    {
        var (length, shift) = (0, 0);
        byte part;
        do
        {
            part = data[at++];
            length |= (part & 0x7f) << shift;
            shift += 7;
        }
        while (part >= 0x80);
        return Encoding.UTF8.GetString(data.Slice(at, length));
    }

    private int Int(int at) => BinaryPrimitives.ReadInt32LittleEndian(data[at..]);
}
