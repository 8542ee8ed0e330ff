using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Import;

/// <summary>Reads lspci's listings: plain, -k, -n, -nn, -v to -vvv, -x to -xxxx, -mm and -vmm, also one after the other.</summary>
internal sealed class LspciReader(FunctionTable functions, NoteList notes)
{
    // A mail client wraps at 64 columns or later; a line that would have had room for the next word was not wrapped.
    private const int LeastWrap = 60;

    // Nobody's lspci prints a longer line; what goes on for ever is not put together for ever.
    private const int MostJoined = 1_000;

    private ImportedFunction? current;
    private bool skipping;
    private bool inDetails;
    private bool isRecord;
    private bool isIndented;
    private string? open;
    private int openLine;
    private int lastLine;
    private int lastWidth;

    /// <summary>Takes a line that begins a function, or is a field of -vmm.</summary>
    public bool TakeHead(ReadOnlySpan<char> line, int number, int width)
    {
        var text = line.TrimStart();
        if (IsField(text, out var key, out var value))
        {
            if (!TakeField(key, value, number))
            {
                return false;
            }
        }
        else if (LspciWords.TryAddress(text, out var segment, out var bdf, out var length) && IsHead(text[length..]))
        {
            Begin(segment, bdf, number, record: false);
            Head(text[length..].Trim(), number);
        }
        else
        {
            return false;
        }

        // After a head or a detail, what is indented belongs to it.
        Remember(text, number, width, keep: !isRecord);
        return true;
    }

    /// <summary>Takes a row of a hex dump.</summary>
    public bool TakeBytes(ReadOnlySpan<char> line, int number)
    {
        Span<byte> row = stackalloc byte[16];
        if ((current is null && !skipping) || !LspciWords.TryBytes(line.Trim(), row, out var offset, out var count))
        {
            return false;
        }

        inDetails = false;
        open = null;
        if (current is null)
        {
            return true;
        }

        current.Config ??= new ConfigSpace { Line = number };
        if (!current.Config.Put(offset, row[..count]))
        {
            notes.Warn(number, Node.Invariant($"{current.Bdf}: other bytes were given for offset {offset:x2} before"), "the first are used");
        }

        if (count < 16)
        {
            notes.Warn(number, Node.Invariant($"{current.Bdf}: {count} bytes at offset {offset:x2}"), "a row has 16");
        }

        return true;
    }

    /// <summary>Takes a detail of the current function, or the second half of a line that a mail client wrapped.</summary>
    public bool TakeDetail(ReadOnlySpan<char> line, int number, int width)
    {
        if (current is null && !skipping)
        {
            return false;
        }

        var text = line.TrimStart();
        var follows = inDetails && number == lastLine + 1;
        var indented = text.Length < line.Length;
        var isDetail = (indented || !isIndented) && LspciWords.IsDetail(text);
        if (follows && !isDetail && IsSecondHalf(text, indented))
        {
            if (open is not null)
            {
                Remember(open + " " + text.ToString(), number, width, keep: true);
                if (open is not null)
                {
                    Again();
                }
            }
            else
            {
                Remember(text, number, width, keep: false);
            }

            return true;
        }

        if (!isDetail && !(follows && indented))
        {
            return false;
        }

        // Where details are indented, a line that is not and begins like one ("Memory Controller 1") is the rest of a name.
        isIndented |= indented;

        if (current is not null)
        {
            openLine = number;
            Remember(text, number, width, keep: LspciDetails.Take(current, text, number, notes));
        }
        else
        {
            Remember(text, number, width, keep: false);
        }

        return true;
    }

    /// <summary>Something else begins: what is indented from here on is not lspci's.</summary>
    public void Leave() => inDetails = false;

    private void Begin(int segment, Bdf bdf, int number, bool record)
    {
        current = functions.At(segment, bdf, number);
        skipping = current is null;
        isRecord = record;
        openLine = number;
    }

    private void Remember(ReadOnlySpan<char> text, int number, int width, bool keep)
    {
        inDetails = true;
        lastLine = number;
        lastWidth = width;
        open = keep && text.Length <= MostJoined ? text.ToString() : null;
    }

    private bool IsSecondHalf(ReadOnlySpan<char> text, bool indented)
    {
        var word = text.IndexOf(' ') is > 0 and var space ? space : text.Length;
        return indented ? open is not null && !text.Contains(':') && !text.Contains('@')
            : lastWidth + 1 + word > LeastWrap || (open is not null && open.EndsWith("driver in", StringComparison.Ordinal));
    }

    // The whole line takes the place of its first half.
    private void Again()
    {
        if (current is null)
        {
            return;
        }

        if (LspciWords.TryAddress(open, out _, out _, out var length))
        {
            Head(open.AsSpan(length).Trim(), openLine);
        }
        else
        {
            LspciDetails.Take(current, open, openLine, notes);
        }
    }

    // "00:1f.2 SATA controller: …", or -mm's quotes: an address in running text has neither.
    private static bool IsHead(ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart();
        return !rest.IsEmpty && (rest[0] == '"' || (rest.IndexOf(':') is > 0 and < 60 && (char.IsAsciiLetterUpper(rest[0]) || IsCode(rest[..rest.IndexOf(':')]))));
    }

    private void Head(ReadOnlySpan<char> rest, int number)
    {
        if (current is null)
        {
            return;
        }

        if (rest.StartsWith("\""))
        {
            Quoted(rest, number);
            return;
        }

        var colon = rest.IndexOf(':');
        LspciDetails.Class(current, rest[..colon].Trim(), number, notes);
        LspciDetails.Name(current, rest[(colon + 1)..].Trim(), number, notes);
    }

    // "Class" "Vendor" "Device" -rNN "SVendor" "SDevice"
    private void Quoted(ReadOnlySpan<char> rest, int number)
    {
        Span<Range> parts = stackalloc Range[8];
        var n = rest.Split(parts, '"');
        if (n >= 6)
        {
            LspciDetails.Class(current!, rest[parts[1]], number, notes);
            LspciDetails.Vendor(current!, rest[parts[3]], number, notes);
            LspciDetails.Device(current!, rest[parts[5]], number, notes);
        }
    }

    private static bool IsField(ReadOnlySpan<char> text, out ReadOnlySpan<char> key, out ReadOnlySpan<char> value)
    {
        key = value = default;
        var colon = text[..Math.Min(text.Length, 14)].IndexOf(':');
        if (colon < 3 || colon + 1 >= text.Length || text[colon + 1] is not ('\t' or ' '))
        {
            return false;
        }

        key = text[..colon];
        value = text[(colon + 1)..].Trim();
        return key is "Slot" or "Class" or "Vendor" or "Device" or "SVendor" or "SDevice" or "Rev" or "ProgIf" or "Driver" or "Module" or "NUMANode"
            or "IOMMUGroup" or "PhySlot" or "DTNode";
    }

    private bool TakeField(ReadOnlySpan<char> key, ReadOnlySpan<char> value, int number)
    {
        // -vm of old has "Device" for both the address and the name.
        if (key is "Slot" or "Device" && LspciWords.TryAddress(value, out var segment, out var bdf, out var length) && length == value.Length)
        {
            Begin(segment, bdf, number, record: true);
            return true;
        }

        if (!isRecord)
        {
            return false;
        }

        if (current is not null)
        {
            switch (key)
            {
                case "Class":
                    LspciDetails.Class(current, value, number, notes);
                    break;
                case "Vendor":
                    LspciDetails.Vendor(current, value, number, notes);
                    break;
                case "Device":
                    LspciDetails.Device(current, value, number, notes);
                    break;
                case "Driver":
                    new FactWriter(current, FactSource.Text, number, notes).Driver(value.ToString());
                    break;
            }
        }

        return true;
    }

    private static bool IsCode(ReadOnlySpan<char> text) => text.Length == 4 && LspciWords.TryHex(text, out _);
}
