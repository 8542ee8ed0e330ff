namespace PciDash.Scenarios.Import;

/// <summary>Collects notes. Lines that were not understood are counted all and told up to a bound, so that a wrong file says little.</summary>
internal sealed class NoteList
{
    private const int MostUnread = 100;
    private const int MostWarnings = 1_000;
    private const int MostText = 100;

    private readonly List<ImportNote> notes = [];
    private int warnings;

    /// <summary>The file that is being read.</summary>
    public string File { get; set; } = "";

    public int Unread { get; private set; }

    public bool HasErrors { get; private set; }

    public void Warn(int line, string what, string right = "")
    {
        if (++warnings <= MostWarnings)
        {
            notes.Add(new ImportNote(File, line, NoteSeverity.Warning, what, right));
        }
    }

    public void Error(int line, string what, string right = "")
    {
        HasErrors = true;
        notes.Add(new ImportNote(File, line, NoteSeverity.Error, what, right));
    }

    public void NotUnderstood(int line, ReadOnlySpan<char> text)
    {
        if (++Unread <= MostUnread)
        {
            notes.Add(new ImportNote(File, line, NoteSeverity.Unread, $"not understood: {Shown(text)}", ""));
        }
    }

    /// <summary>All notes in the order of their lines.</summary>
    public IReadOnlyList<ImportNote> ToList()
    {
        var all = notes.OrderBy(n => n.File, StringComparer.Ordinal).ThenBy(n => n.Line).ToList();
        if (Unread > MostUnread)
        {
            all.Add(new ImportNote("", 0, NoteSeverity.Unread, Node.Invariant($"{Unread - MostUnread} further lines were not understood"), ""));
        }

        if (warnings > MostWarnings)
        {
            all.Add(new ImportNote("", 0, NoteSeverity.Warning, Node.Invariant($"{warnings - MostWarnings} further warnings"), ""));
        }

        return all;
    }

    // A line of a picture must not reach a terminal as it is.
    private static string Shown(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        var cut = text[..Math.Min(text.Length, MostText)];
        Span<char> shown = stackalloc char[MostText];
        for (var i = 0; i < cut.Length; i++)
        {
            shown[i] = cut[i] == '\t' ? ' ' : char.IsControl(cut[i]) || char.IsSurrogate(cut[i]) ? '?' : cut[i];
        }

        return string.Concat("'", shown[..cut.Length], text.Length > MostText ? "…'" : "'");
    }
}
