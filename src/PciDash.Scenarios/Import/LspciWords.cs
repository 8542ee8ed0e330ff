using System.Globalization;
using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Import;

/// <summary>How lspci writes addresses, bytes and details.</summary>
internal static class LspciWords
{
    /// <summary>Reads an address, with or without its segment, at the beginning of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="segment">Segment; 0 if none is given.</param>
    /// <param name="bdf">Address in it.</param>
    /// <param name="length">Characters that it takes; 0 = there is none.</param>
    public static bool TryAddress(ReadOnlySpan<char> text, out int segment, out Bdf bdf, out int length)
    {
        (segment, bdf, length) = (0, default, 0);
        var colon = text[..Math.Min(text.Length, 9)].IndexOf(':');
        if (colon is < 2 or > 8)
        {
            return false;
        }

        var at = 0;
        if (colon >= 4)
        {
            if (!TryHex(text[..colon], out segment))
            {
                return false;
            }

            at = colon + 1;
        }
        else if (colon != 2)
        {
            return false;
        }

        // BB:DD.F
        var rest = text[at..];
        if (rest.Length < 7 || rest[2] != ':' || rest[5] != '.' || !TryHex(rest[..2], out var bus) || !TryHex(rest[3..5], out var device)
            || device > 31 || rest[6] is < '0' or > '7' || (rest.Length > 7 && char.IsAsciiLetterOrDigit(rest[7])))
        {
            return false;
        }

        bdf = new Bdf(bus, device, rest[6] - '0');
        length = at + 7;
        return true;
    }

    /// <summary>Reads "40: 05 a0 …": at most 16 bytes at an offset that is a multiple of 16.</summary>
    public static bool TryBytes(ReadOnlySpan<char> line, Span<byte> bytes, out int offset, out int count)
    {
        (offset, count) = (0, 0);
        var colon = line[..Math.Min(line.Length, 4)].IndexOf(':');
        if (colon is < 2 or > 3 || !TryHex(line[..colon], out offset) || offset % 16 != 0)
        {
            return false;
        }

        for (var rest = line[(colon + 1)..]; rest.Length > 0 && count < 16; count++, rest = rest[3..])
        {
            if (rest.Length < 3 || rest[0] != ' ' || !TryHex(rest[1..3], out var value) || (rest.Length > 3 && rest[3] != ' '))
            {
                return false;
            }

            bytes[count] = (byte)value;
        }

        return count > 0 && line.Length == colon + 1 + (3 * count);
    }

    public static bool TryHex(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiHexDigit(c) || value >> 27 != 0)
            {
                return false;
            }

            value = (value << 4) | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        }

        return text.Length > 0;
    }

    /// <summary>The number after a word, such as 8 after "Count="; false if the word is not there.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, string word, out int value)
    {
        value = 0;
        var at = text.IndexOf(word, StringComparison.Ordinal);
        return at >= 0 && TryDigits(text[(at + word.Length)..], out value, out _);
    }

    /// <summary>The digits at the beginning of a text.</summary>
    public static bool TryDigits(ReadOnlySpan<char> text, out int value, out int length)
    {
        length = text.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : text.Length;
        return int.TryParse(text[..length], NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>The bus in hexadecimal after a word, such as 01 after "secondary=".</summary>
    public static bool TryBus(ReadOnlySpan<char> text, string word, out int value)
    {
        value = 0;
        var at = text.IndexOf(word, StringComparison.Ordinal);
        return at >= 0 && text.Length >= at + word.Length + 2 && TryHex(text.Slice(at + word.Length, 2), out value);
    }

    /// <summary>True if the text has "word+", false if "word-", null if neither.</summary>
    public static bool? Sign(ReadOnlySpan<char> text, string word)
    {
        for (var from = 0; from < text.Length;)
        {
            var at = text[from..].IndexOf(word, StringComparison.Ordinal);
            if (at < 0)
            {
                return null;
            }

            at += from;
            var end = at + word.Length;
            if ((at == 0 || !char.IsAsciiLetterOrDigit(text[at - 1])) && end < text.Length && text[end] is '+' or '-')
            {
                return text[end] == '+';
            }

            from = end;
        }

        return null;
    }

    /// <summary>
    /// True if a line begins as a detail does. lspci indents its details; text that passed through a web form may have lost that.
    /// </summary>
    public static bool IsDetail(ReadOnlySpan<char> line) => FirstWords.Contains(line[..(line.IndexOfAny(' ', ':', '\t') is >= 0 and var end ? end : line.Length)]);

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> FirstWords = new HashSet<string>(StringComparer.Ordinal)
    {
        "Subsystem", "Control", "Status", "Latency", "Interrupt", "Region", "Capabilities", "Kernel", "Flags", "Memory", "I/O", "Bus", "Prefetchable",
        "Secondary", "BridgeCtl", "PriDiscTmr-", "Expansion", "[virtual]", "IOMMU", "NUMA", "DeviceName", "Physical", "DevCap", "DevCtl", "DevSta",
        "LnkCap", "LnkCtl", "LnkSta", "LnkCap2", "LnkCtl2", "LnkSta2", "DevCap2", "DevCtl2", "SltCap", "SltCtl", "SltSta", "RootCtl", "RootCap", "RootSta",
        "Address", "Masking", "Vector", "PBA", "UESta", "UEMsk", "UESvrt", "CESta", "CEMsk", "AERCap", "HeaderLog", "ExtTag-", "ExtTag+", "RlxdOrd-", "RlxdOrd+",
        "MaxPayload", "ClockPM-", "ClockPM+", "ExtSynch-", "ExtSynch+", "Driver", "!!!", "BIST", "Bridge", "Changed", "Arb", "Ctrl", "Caps",
    }.GetAlternateLookup<ReadOnlySpan<char>>();
}
