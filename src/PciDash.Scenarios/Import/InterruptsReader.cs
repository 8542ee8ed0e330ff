using System.Globalization;
using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Import;

/// <summary>What an irq of /proc/interrupts is.</summary>
internal enum IrqKind : byte
{
    /// <summary>Neither a line of an IO-APIC or PIC nor a message.</summary>
    Other,

    /// <summary>A line of an IO-APIC or PIC, level triggered.</summary>
    Line,

    /// <summary>MSI or MSI-X: the older kernels do not say which.</summary>
    Message,

    /// <summary>MSI.</summary>
    Msi,

    /// <summary>MSI-X.</summary>
    Msix,
}

/// <summary>One irq of /proc/interrupts.</summary>
/// <param name="Irq">Its number.</param>
/// <param name="Line">Line of the text.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Count">How often it came, on all CPUs.</param>
/// <param name="Actions">Names of its handlers.</param>
internal sealed record InterruptRow(int Irq, int Line, IrqKind Kind, long Count, IReadOnlyList<string> Actions)
{
    /// <summary>The function, where the row names it.</summary>
    public Bdf? Function { get; init; }

    /// <summary>Entry of the MSI-X table, or number of the message, where the row says it.</summary>
    public int Entry { get; init; }
}

/// <summary>
/// Reads /proc/interrupts of 2.6 to 6.x. Its chip names: IO-APIC-level, IO-APIC-fasteoi, "IO-APIC 16-fasteoi"; PCI-MSI-edge,
/// "PCI-MSI 512000-edge" (the function's id shifted by 11, pci_msi_domain_calc_hwirq), "PCI-MSIX-0000:00:14.0 0-edge"; all also with IR-.
/// </summary>
internal sealed class InterruptsReader
{
    // More CPUs than any machine has, with two columns in a line.
    private const int MostJoined = 64;

    private string? open;
    private int openLine;
    private int joined;
    private int headLine;

    /// <summary>CPUs with a column; 0 if no heading was seen.</summary>
    public int Cpus { get; private set; }

    /// <summary>Line of the heading.</summary>
    public int HeadLine => headLine;

    public List<InterruptRow> Rows { get; } = [];

    /// <summary>Takes a line; <paramref name="inTable"/> tells that the line before was one of these.</summary>
    public bool Take(ReadOnlySpan<char> line, int number, bool inTable)
    {
        var text = line.Trim();
        if (text.StartsWith("CPU") && IsHeading(text, out var cpus))
        {
            // A heading that was wrapped goes on in the next line.
            Cpus = inTable && headLine == number - 1 ? Cpus + cpus : cpus;
            headLine = number;
            open = null;
            return true;
        }

        var colon = text[..Math.Min(text.Length, 6)].IndexOf(':');
        if (colon > 0 && IsName(text[..colon]) && HasCounts(text[(colon + 1)..], inTable))
        {
            open = null;
            joined = 0;
            Row(text, colon, number);
            return true;
        }

        // The rest of a wrapped row: it ended in counts, or in a comma.
        if (inTable && open is not null && joined < MostJoined && !text.IsEmpty)
        {
            joined++;
            var whole = open + " " + text.ToString();
            open = null;
            if (Rows.Count > 0 && Rows[^1].Line == openLine)
            {
                Rows.RemoveAt(Rows.Count - 1);
            }

            Row(whole, whole.IndexOf(':', StringComparison.Ordinal), openLine);
            return true;
        }

        return false;
    }

    private void Row(ReadOnlySpan<char> text, int colon, int number)
    {
        var rest = text[(colon + 1)..].TrimStart();
        var total = 0L;
        var counts = 0;
        while ((Cpus == 0 || counts < Cpus) && LspciWords.TryDigits(rest, out _, out var length) && (length == rest.Length || rest[length] == ' '))
        {
            total += long.Parse(rest[..length], NumberStyles.None, CultureInfo.InvariantCulture);
            rest = rest[length..].TrimStart();
            counts++;
        }

        if (rest.IsEmpty || rest[^1] == ',')
        {
            (open, openLine) = (text.ToString(), number);
        }

        if (!LspciWords.TryDigits(text[..colon], out var irq, out var digits) || digits != colon || rest.IsEmpty)
        {
            return;
        }

        var (kind, function, entry, names) = Chip(rest);
        Rows.Add(new InterruptRow(irq, number, kind, total, Names(names)) { Function = function, Entry = entry });
    }

    private static (IrqKind Kind, Bdf? Function, int Entry, string Names) Chip(ReadOnlySpan<char> rest)
    {
        var chip = Word(ref rest);
        var message = chip.IndexOf("MSI", StringComparison.Ordinal);
        if (message < 0)
        {
            var isLine = NamesLine(chip) || chip.Contains("ioapic", StringComparison.Ordinal);
            var how = HasFlow(chip) ? chip : Flow(ref rest);
            return (isLine && !how.EndsWith("edge") ? IrqKind.Line : IrqKind.Other, null, 0, rest.ToString());
        }

        var kind = chip[message..].StartsWith("MSIX") || chip[message..].StartsWith("MSI-X") ? IrqKind.Msix : IrqKind.Message;
        Bdf? function = null;
        var entry = 0;
        var dash = chip[message..].IndexOf('-');
        if (dash > 0 && LspciWords.TryAddress(chip[(message + dash + 1)..], out var segment, out var bdf, out _) && segment == 0)
        {
            // Only kernels that tell the two apart name the function here (6.2, per-device MSI domains).
            (kind, function) = (kind == IrqKind.Message ? IrqKind.Msi : kind, bdf);
        }

        if (!HasFlow(chip))
        {
            var how = Flow(ref rest);
            if (LspciWords.TryDigits(how, out var hardware, out _) && function is null && hardware >> 27 == 0)
            {
                (function, entry) = (FromRequester((hardware >> 11) & 0xffff), hardware & 0x7ff);
            }
            else
            {
                entry = hardware;
            }
        }

        return (kind, function, entry, rest.ToString());
    }

    // "ahci[0000:00:1f.2]" and the like name the function as well.
    internal static Bdf? NamedIn(string action)
    {
        var bracket = action.IndexOf('[', StringComparison.Ordinal);
        return bracket >= 0 && LspciWords.TryAddress(action.AsSpan(bracket + 1), out var segment, out var bdf, out _) && segment == 0 ? bdf : null;
    }

    private static Bdf FromRequester(int id) => new(id >> 8, (id >> 3) & 31, id & 7);

    private static string[] Names(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool NamesLine(ReadOnlySpan<char> text) => text.Contains("IO-APIC", StringComparison.Ordinal) || text.Contains("XT-PIC", StringComparison.Ordinal);

    private static bool HasFlow(ReadOnlySpan<char> chip) => chip.EndsWith("-edge") || chip.EndsWith("-level") || chip.EndsWith("-fasteoi") || chip.EndsWith("XT-PIC");

    // "16-fasteoi", "524288 Edge", "45 Level"
    private static ReadOnlySpan<char> Flow(ref ReadOnlySpan<char> rest)
    {
        var how = Word(ref rest);
        if (rest.StartsWith("Edge") || rest.StartsWith("Level"))
        {
            Word(ref rest);
        }

        return how;
    }

    private static ReadOnlySpan<char> Word(ref ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOf(' ') is >= 0 and var space ? space : rest.Length;
        var word = rest[..end];
        rest = rest[end..].TrimStart();
        return word;
    }

    private static bool IsHeading(ReadOnlySpan<char> text, out int cpus)
    {
        cpus = 0;
        while (!text.IsEmpty)
        {
            var word = Word(ref text);
            if (!word.StartsWith("CPU") || !LspciWords.TryDigits(word[3..], out _, out var length) || length + 3 != word.Length)
            {
                return false;
            }

            cpus++;
        }

        return cpus > 0;
    }

    private static bool IsName(ReadOnlySpan<char> name) => name.IndexOfAnyExceptInRange('0', '9') < 0 || (name.Length >= 3 && char.IsAsciiLetterUpper(name[0]));

    // Outside the table only a row that names its chip is one: "16: 3 apples" is not.
    private static bool HasCounts(ReadOnlySpan<char> rest, bool inTable)
    {
        rest = rest.TrimStart();
        return !rest.IsEmpty && char.IsAsciiDigit(rest[0])
            && (inTable || NamesLine(rest) || rest.Contains("PCI-MSI", StringComparison.Ordinal));
    }
}
