namespace PciDash.Scenarios.Import;

/// <summary>The lines of a pasted text, without what a mail client or a terminal put around them.</summary>
internal ref struct PasteLines(ReadOnlySpan<char> text)
{
    private ReadOnlySpan<char> rest = text;

    /// <summary>Number of the line, from 1.</summary>
    public int Number { get; private set; }

    /// <summary>The line without line end, quoting and white space after it.</summary>
    public ReadOnlySpan<char> Line { get; private set; }

    /// <summary>Columns that the line took before it was cleaned, a tab counted as eight.</summary>
    public int Width { get; private set; }

    public bool Next()
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        var end = rest.IndexOfAny('\n', '\r');
        var raw = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(rest[end] == '\r' && end + 1 < rest.Length && rest[end + 1] == '\n' ? end + 2 : end + 1)..];
        Number++;
        raw = raw.TrimEnd();
        Width = raw.Length + (7 * raw.Count('\t'));
        Line = Unquoted(raw);
        return true;
    }

    // "> " in front, once or more. A status line that was wrapped before >TAbort, >SERR or >Reset begins like this by itself.
    private static ReadOnlySpan<char> Unquoted(ReadOnlySpan<char> line)
    {
        while (true)
        {
            var inner = line.TrimStart(' ');
            if (inner.IsEmpty || inner[0] != '>' || (inner.Length > 1 && inner[1] is 'T' or 'S' or 'R'))
            {
                return line;
            }

            line = inner[1..];
            line = line.StartsWith(" ") ? line[1..] : line;
        }
    }

    /// <summary>Text without marks that no terminal shows: byte order mark, colours, zero-width and hard spaces.</summary>
    public static string Plain(string text) =>
        text.AsSpan().IndexOfAny(Unseen) < 0 ? text : string.Create(text.Length, text, static (plain, text) =>
        {
            var to = 0;
            for (var i = 0; i < text.Length; i++)
            {
                switch (text[i])
                {
                    case '\u00a0':
                        plain[to++] = ' ';
                        break;
                    case '\ufeff' or '\u200b':
                        break;
                    case '\u001b' when i + 1 < text.Length && text[i + 1] == '[':
                        for (i += 2; i < text.Length && text[i] is (>= '0' and <= '9') or ';'; i++)
                        {
                        }

                        break;
                    default:
                        plain[to++] = text[i];
                        break;
                }
            }

            // The length is fixed before it is known: what is left over is white space after the last line.
            plain[to..].Fill(' ');
        });

    private static readonly System.Buffers.SearchValues<char> Unseen = System.Buffers.SearchValues.Create("\u00a0\ufeff\u200b\u001b");
}
