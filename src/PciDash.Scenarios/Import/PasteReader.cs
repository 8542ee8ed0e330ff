namespace PciDash.Scenarios.Import;

/// <summary>Tells for each line of a text whose it is, and gives it to the reader of that kind. The order of the kinds is free.</summary>
internal sealed class PasteReader
{
    private readonly NoteList notes;
    private readonly LspciReader lspci;
    private Section section;

    public PasteReader(FunctionTable functions, NoteList notes)
    {
        this.notes = notes;
        lspci = new LspciReader(functions, notes);
        Tree = new TreeReader(functions, notes);
    }

    private enum Section : byte
    {
        None,
        Lspci,
        Tree,
        Interrupts,
        Kernel,
    }

    public TreeReader Tree { get; }

    public InterruptsReader Interrupts { get; } = new();

    public KernelReader Kernel { get; } = new();

    /// <summary>Reads a whole text.</summary>
    /// <exception cref="ImportLimitException">It names more functions than are possible.</exception>
    public void Read(string text)
    {
        section = Section.None;
        var lines = new PasteLines(PasteLines.Plain(text));
        while (lines.Next())
        {
            var line = lines.Line;
            var start = line.IndexOfAnyExcept(' ', '\t');
            if (start < 0)
            {
                lspci.Leave();
                continue;
            }

            section = Classify(line, line[start], lines.Number, lines.Width);
            if (section == Section.None)
            {
                lspci.Leave();
                if (!Kernel.TakePrompt(line))
                {
                    notes.NotUnderstood(lines.Number, line);
                }
            }
        }
    }

    // What begins with a character that rules a kind out is not shown to that kind.
    private Section Classify(ReadOnlySpan<char> line, char first, int number, int width)
    {
        if (section == Section.Interrupts && Interrupts.Take(line, number, inTable: true))
        {
            return Section.Interrupts;
        }

        var inLspci = section == Section.Lspci;
        if (char.IsAsciiHexDigit(first) || first is 'S' or 'C' or 'V' or 'D' or 'R' or 'P' or 'M' or 'N' or 'I')
        {
            if (lspci.TakeHead(line, number, width))
            {
                return Section.Lspci;
            }

            if (lspci.TakeBytes(line, number))
            {
                return Section.Lspci;
            }
        }

        if ((char.IsAsciiDigit(first) || first == 'C') && Interrupts.Take(line, number, inTable: false))
        {
            return Section.Interrupts;
        }

        // Without an empty line between them, what a kernel says must not be taken for the second half of a wrapped line.
        if (inLspci && line[0] == first && KernelReader.Begins(line))
        {
            inLspci = false;
        }

        if (inLspci && lspci.TakeDetail(line, number, width))
        {
            return Section.Lspci;
        }

        if (first is '-' or '+' or '\\' or '|' && Tree.Take(line, number))
        {
            return Section.Tree;
        }

        // Before the log: a handler that is listed there may begin with anything.
        if (Kernel.Take(line, number))
        {
            return Section.Kernel;
        }

        return section != Section.Lspci && lspci.TakeDetail(line, number, width) ? Section.Lspci : Section.None;
    }
}
