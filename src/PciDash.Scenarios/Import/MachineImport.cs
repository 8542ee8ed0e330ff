using System.Text;

namespace PciDash.Scenarios.Import;

/// <summary>A file to import from.</summary>
/// <param name="Name">Its name; that of a configuration space must end in <c>0000:00:1f.2/config</c>.</param>
/// <param name="Bytes">Its content: text, a tar of configuration spaces, or one of them.</param>
public sealed record ImportFile(string Name, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// Makes a scenario of what a real machine printed: lspci in all its forms, /proc/interrupts, configuration spaces, the kernel's log with
/// "nobody cared", uname and /proc/cmdline; several at once, in any order, as mail clients leave them. Nothing is thrown for what a text
/// contains: what is wrong with it is in the notes.
/// </summary>
public static class MachineImport
{
    /// <summary>Most that is read in all, bytes.</summary>
    public static int MaxBytes => DocumentLimits.Bytes;

    /// <summary>Reads pasted text.</summary>
    public static ImportedMachine Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Read((_, _, paste) => ReadText(text, paste));
    }

    /// <summary>Reads files, each of which may be of any kind.</summary>
    public static ImportedMachine Read(IReadOnlyList<ImportFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Read((notes, functions, paste) =>
        {
            if (files.Sum(f => (long)f.Bytes.Length) is > 0 and var total && total > MaxBytes)
            {
                throw TooLong(total, "bytes");
            }

            foreach (var file in files)
            {
                notes.File = files.Count > 1 ? file.Name : "";
                ReadFile(file, functions, paste, notes);
            }
        });
    }

    private static ImportedMachine Read(Action<NoteList, FunctionTable, PasteReader> read)
    {
        var notes = new NoteList();
        var functions = new FunctionTable(notes);
        var paste = new PasteReader(functions, notes);
        try
        {
            read(notes, functions, paste);
        }
        catch (ImportLimitException e)
        {
            notes.Error(e.Line, e.Message);
            return new ImportedMachine(null, [], [], notes.ToList()) { LinesUnread = notes.Unread };
        }

        notes.File = "";
        return new MachineAssembler(functions, paste, notes).Assemble();
    }

    private static void ReadFile(ImportFile file, FunctionTable functions, PasteReader paste, NoteList notes)
    {
        var bytes = file.Bytes;
        try
        {
            // A vendor id of 8b1f would look like gzip: a function's config file is told by its name.
            if (!ConfigArchive.IsConfig(file.Name, out _, out _) && ConfigArchive.IsGzip(bytes.Span))
            {
                bytes = ConfigArchive.Unpack(bytes);
            }

            if (!ConfigArchive.IsConfig(file.Name, out _, out _) && ConfigArchive.IsTar(bytes.Span))
            {
                foreach (var (name, content) in ConfigArchive.Entries(bytes))
                {
                    ReadMember(name, content, functions, paste, notes);
                }

                return;
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            notes.Warn(0, $"{file.Name} is damaged: {e.Message}", "what came before that was read");
            return;
        }

        ReadMember(file.Name, bytes, functions, paste, notes);
    }

    private static void ReadMember(string name, ReadOnlyMemory<byte> bytes, FunctionTable functions, PasteReader paste, NoteList notes)
    {
        if (!ConfigArchive.IsConfig(name, out var segment, out var bdf))
        {
            if (name.EndsWith("cmdline", StringComparison.Ordinal))
            {
                paste.Kernel.TakePrompt("$ cat /proc/cmdline");
            }

            ReadText(Decode(bytes.Span), paste);
        }
        else if (functions.At(segment, bdf, 0) is { } f)
        {
            f.Config ??= new ConfigSpace();
            if (!f.Config.Put(0, bytes.Span[..Math.Min(bytes.Length, ConfigSpace.Size)]))
            {
                notes.Warn(0, $"{bdf}: {name} differs from bytes that were given before", "the first are used");
            }
        }
    }

    private static void ReadText(string text, PasteReader paste)
    {
        if (text.Length > MaxBytes)
        {
            throw TooLong(text.Length, "characters", text.AsSpan(0, MaxBytes).Count('\n') + 1);
        }

        paste.Read(text);
    }

    // What PowerShell redirects is UTF-16.
    private static string Decode(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith((ReadOnlySpan<byte>)[0xff, 0xfe]) ? Encoding.Unicode.GetString(bytes[2..])
            : bytes.StartsWith((ReadOnlySpan<byte>)[0xfe, 0xff]) ? Encoding.BigEndianUnicode.GetString(bytes[2..])
            : Encoding.UTF8.GetString(bytes);

    private static ImportLimitException TooLong(long given, string unit, int line = 0) =>
        new(line, Node.Invariant($"{given} {unit} given; at most {DocumentLimits.Bytes} are possible"));
}
