using System.Text;

namespace PciDash.Scenarios.Reports;

/// <summary>Plain text of <see cref="RunReport.Columns"/> columns, in ASCII.</summary>
internal static class PlainText
{
    private const int Indent = 2;

    /// <summary>With the signs that a mail program may break replaced, and any other by "?".</summary>
    public static string Ascii(string text)
    {
        var ascii = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            ascii.Append(rune.Value switch
            {
                >= ' ' and < 0x7F => ((char)rune.Value).ToString(),
                '→' => "->",
                'µ' or 0x3BC => "u",
                '×' => "x",
                '…' => "...",
                '–' or '—' or '−' => "-",
                '“' or '”' => "\"",
                '‘' or '’' => "'",
                '≥' => ">=",
                '≤' => "<=",
                '·' => ",",
                < ' ' or 0x7F or 0xA0 => " ",
                _ => "?",
            });
        }

        return ascii.ToString();
    }

    /// <summary>Lines of at most so many columns; a word that is longer is cut.</summary>
    public static IEnumerable<string> Wrap(string text, int columns)
    {
        var line = new StringBuilder();
        foreach (var whole in Ascii(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var word = whole;
            while (true)
            {
                if (line.Length > 0 && line.Length + 1 + word.Length <= columns)
                {
                    line.Append(' ').Append(word);
                    break;
                }

                if (line.Length > 0)
                {
                    yield return line.ToString();
                    line.Clear();
                }

                if (word.Length <= columns)
                {
                    line.Append(word);
                    break;
                }

                yield return word[..columns];
                word = word[columns..];
            }
        }

        if (line.Length > 0)
        {
            yield return line.ToString();
        }
    }

    public static void Paragraph(StringBuilder text, string words)
    {
        foreach (var line in Wrap(words, RunReport.Columns))
        {
            text.Append(line).Append('\n');
        }
    }

    /// <summary>A sentence as an item of a list.</summary>
    public static void Item(StringBuilder text, string words)
    {
        foreach (var (i, line) in Wrap(words + ".", RunReport.Columns - Indent).Index())
        {
            text.Append(i == 0 ? "* " : "  ").Append(line).Append('\n');
        }
    }

    /// <summary>A name, and what belongs to it beside it.</summary>
    public static void Field(StringBuilder text, string name, string value, int column)
    {
        foreach (var (i, line) in Wrap(value, RunReport.Columns - column).Index())
        {
            text.Append((i == 0 ? Ascii(name) : "").PadRight(column)).Append(line).Append('\n');
        }
    }

    /// <summary>A table whose last column is wrapped, so that it fits.</summary>
    public static void Table(StringBuilder text, string[] heads, IReadOnlyList<string[]> rows)
    {
        const int gap = 2;
        const int mostOfAColumn = 16;
        text.Append('\n');
        var ascii = rows.Select(r => r.Select(Ascii).ToArray()).ToList();
        var widths = heads.SkipLast(1).Select((h, c) => Math.Min(c == 0 && heads.Length == 2 ? 40 : mostOfAColumn, Math.Max(h.Length, ascii.Select(r => r[c].Length).DefaultIfEmpty().Max()))).ToArray();
        var before = widths.Sum(w => w + gap) + Indent;
        foreach (var row in ascii.Prepend(heads))
        {
            var lead = new StringBuilder().Append(' ', Indent);
            for (var c = 0; c < widths.Length; c++)
            {
                var cell = row[c].Length <= widths[c] ? row[c] : row[c][..widths[c]];
                lead.Append(cell.PadRight(widths[c] + gap));
            }

            foreach (var (i, line) in Wrap(row[^1], RunReport.Columns - before).DefaultIfEmpty("").Index())
            {
                text.Append((i == 0 ? lead.ToString() : new string(' ', before)) + line).Append('\n');
            }
        }
    }
}

/// <summary>Text within Markdown.</summary>
internal static class MarkdownText
{
    /// <summary>As text, on one line: no mark-up, no link, no tag comes out of it.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text.ReplaceLineEndings(" "))
        {
            switch (c)
            {
                case '<':
                    escaped.Append("&lt;");
                    break;
                case '>':
                    escaped.Append("&gt;");
                    break;
                case '&':
                    escaped.Append("&amp;");
                    break;
                case '\\' or '`' or '*' or '_' or '[' or ']' or '|' or '#' or '!' or '~' or '@':
                    escaped.Append('\\').Append(c);
                    break;
                // An address alone becomes a link in some dialects.
                case ':' when escaped.Length > 0 && text.Contains("://", StringComparison.Ordinal):
                    escaped.Append("&#58;");
                    break;
                default:
                    escaped.Append(char.IsControl(c) ? ' ' : c);
                    break;
            }
        }

        return escaped.ToString();
    }
}
