using System.Text;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Web.Sharing;

namespace PciDash.Web.Keeping;

/// <summary>
/// The reader's own runs, in his browser: what he has saved, and what he opened last. A run's key is made from its content, so that the same
/// one is never there twice.
/// </summary>
/// <param name="store">The browser.</param>
/// <param name="time">The clock; the system's if none is given.</param>
public sealed class Library(IBrowserStore store, TimeProvider? time = null)
{
    /// <summary>Most runs in a library.</summary>
    public const int Most = 1_000;

    /// <summary>How many of what was opened last are remembered.</summary>
    public const int MostRecent = 8;

    // A browser answers many questions at once; a long way to it is then paid once.
    private const int AtOnce = 16;

    private DateTimeOffset Now => (time ?? TimeProvider.System).GetUtcNow();

    /// <summary>What is kept, what was saved last first.</summary>
    public async Task<Kept<IReadOnlyList<LibraryEntry>>> ListAsync(KeptIn where)
    {
        var (entries, problem) = await store.ListAsync(where);
        return new([.. entries.Select(e => new LibraryEntry(e.Key, LibraryNote.Of(e), e.Bytes)).OrderByDescending(e => e.Note.Saved)], problem);
    }

    /// <summary>A kept run; null if there is none, or what is there is none.</summary>
    public async Task<Kept<(RunDocument Document, LibraryNote Note)?>> FindAsync(KeptIn where, string key)
    {
        var (kept, problem) = await store.GetAsync(where, key);
        if (kept is null)
        {
            return new(null, problem);
        }

        try
        {
            return new((RunDocument.Parse(kept.Text), LibraryNote.Of(kept.Entry)), null);
        }
        catch (ScenarioException e)
        {
            return new(null, "It cannot be opened: " + string.Join("; ", e.Problems.Take(3)));
        }
    }

    /// <summary>The key of a run: the same content has the same.</summary>
    public static string KeyOf(RunDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return ShortId.Of(document.Write());
    }

    /// <summary>Saves a run under a name.</summary>
    /// <param name="document">The run.</param>
    /// <param name="name">What to call it.</param>
    /// <param name="shows">What it shows.</param>
    /// <param name="isMachine">It comes from the workbench.</param>
    /// <param name="instead">Key of the one that it replaces; null = none.</param>
    /// <returns>Why it was not saved; null = it was.</returns>
    public async Task<string?> SaveAsync(RunDocument document, string name, string shows, bool isMachine = false, string? instead = null)
    {
        ArgumentNullException.ThrowIfNull(document);
        var text = document.Write();
        var key = ShortId.Of(text);
        var (known, unread) = await store.ListAsync(KeptIn.Library);
        if (unread is not null)
        {
            return unread;
        }

        if (known.Count >= Most && known.All(e => e.Key != key && e.Key != instead))
        {
            return FormattableString.Invariant($"The library has {Most:N0} entries, which is the most that is possible. Delete what you need no more.");
        }

        var problem = await store.PutTextAsync(KeptIn.Library, key, new LibraryNote(LibraryNote.Cut(name, LibraryNote.MostName), shows, Now, isMachine).Write(), text);
        return problem ?? (instead is not null && instead != key ? await store.DeleteAsync(KeptIn.Library, instead) : null);
    }

    /// <summary>Remembers that a run was opened. What was looked at makes no other one of it.</summary>
    public Task<string?> RememberAsync(RunDocument document, string shows)
    {
        ArgumentNullException.ThrowIfNull(document);
        var run = document with { View = RunView.None, Fingerprint = "", Forks = [] };
        var note = new LibraryNote(LibraryNote.NameFor(document), shows, Now);
        return store.PutTextAsync(KeptIn.Recent, ShortId.Of(run.Write()), note.Write(), document.Write(), MostRecent);
    }

    /// <summary>Forgets what was opened last.</summary>
    public async Task<string?> ForgetAsync()
    {
        var (entries, problem) = await store.ListAsync(KeptIn.Recent);
        foreach (var entry in entries)
        {
            problem ??= await store.DeleteAsync(KeptIn.Recent, entry.Key);
        }

        return problem;
    }

    /// <summary>Gives another name.</summary>
    public Task<string?> RenameAsync(LibraryEntry entry, string name)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return store.NoteAsync(KeptIn.Library, entry.Key, (entry.Note with { Name = LibraryNote.Cut(name, LibraryNote.MostName) }).Write());
    }

    /// <summary>Deletes an entry, and hands it over, so that it can be put back.</summary>
    public async Task<Kept<KeptContent?>> DeleteAsync(LibraryEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var (kept, problem) = await store.GetAsync(KeptIn.Library, entry.Key);
        problem ??= await store.DeleteAsync(KeptIn.Library, entry.Key);
        return new(kept, problem);
    }

    /// <summary>Puts back what was deleted, as it was.</summary>
    public Task<string?> PutBackAsync(KeptContent deleted)
    {
        ArgumentNullException.ThrowIfNull(deleted);
        return store.PutAsync(KeptIn.Library, deleted.Entry.Key, deleted.Entry.Note, deleted.Content);
    }

    /// <summary>The whole library as one file: <see cref="LibraryFile"/>.</summary>
    public async Task<Kept<string>> ExportAsync()
    {
        var (entries, problem) = await ListAsync(KeptIn.Library);
        var lines = new List<LibraryLine>();
        foreach (var some in entries.Chunk(AtOnce))
        {
            var answers = await Task.WhenAll(some.Select(e => store.GetAsync(KeptIn.Library, e.Key)));
            foreach (var (entry, (kept, unread)) in some.Zip(answers))
            {
                problem ??= unread;
                if (kept is not null)
                {
                    lines.Add(new LibraryLine(entry.Note, kept.Text));
                }
            }
        }

        return new(problem is null ? LibraryFile.Write(lines) : "", problem);
    }

    /// <summary>
    /// Adds what a file holds to what is there. What is there already stays as it is; another run of a known name gets a number behind it; a line
    /// that cannot be read is told by its number and takes nothing of the others.
    /// </summary>
    public async Task<LibraryMerge> ImportAsync(Stream file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var (known, problem) = await ListAsync(KeptIn.Library);
        if (problem is not null)
        {
            return new(0, 0, [], problem);
        }

        var keys = known.Select(e => e.Key).ToHashSet(StringComparer.Ordinal);
        var names = known.Select(e => e.Note.Name).ToHashSet(StringComparer.CurrentCultureIgnoreCase);
        var (added, had, wrong, waiting) = (0, 0, new List<string>(), new List<Task<string?>>());
        await foreach (var (number, line, says) in LibraryFile.ReadAsync(file, Now))
        {
            if (line is null)
            {
                wrong.Add(FormattableString.Invariant($"line {number}: {says}"));
                continue;
            }

            var key = ShortId.Of(line.Run);
            if (!keys.Add(key))
            {
                had++;
                continue;
            }

            if (keys.Count > Most)
            {
                keys.Remove(key);
                wrong.Add(FormattableString.Invariant($"line {number}: the library has {Most:N0} entries, which is the most that is possible; this one and what follows was left out"));
                break;
            }

            var name = Free(line.Note.Name, names);
            waiting.Add(store.PutTextAsync(KeptIn.Library, key, (line.Note with { Name = name }).Write(), line.Run));
            if (waiting.Count == AtOnce)
            {
                added += await SettleAsync();
                if (problem is not null)
                {
                    break;
                }
            }
        }

        added += await SettleAsync();
        return new(added, had, wrong, problem);

        async Task<int> SettleAsync()
        {
            var answers = await Task.WhenAll(waiting);
            waiting.Clear();
            problem ??= answers.FirstOrDefault(a => a is not null);
            return answers.Count(a => a is null);
        }
    }

    /// <summary>A name that none of them has: the same with a number behind it, if it must be.</summary>
    public static string FreeName(string name, IEnumerable<LibraryEntry> entries) =>
        Free(name, entries.Select(e => e.Note.Name).ToHashSet(StringComparer.CurrentCultureIgnoreCase));

    private static string Free(string name, HashSet<string> taken)
    {
        for (var n = 1; ; n++)
        {
            var free = n == 1 ? name : FormattableString.Invariant($"{LibraryNote.Cut(name, LibraryNote.MostName - 7)} ({n})");
            if (taken.Add(free))
            {
                return free;
            }
        }
    }
}

/// <summary>What came of an import.</summary>
/// <param name="Added">How many were added.</param>
/// <param name="Had">How many were there already.</param>
/// <param name="Wrong">Lines that could not be read, each with its number and what is wrong.</param>
/// <param name="Problem">Why the browser took no more; null = it took all.</param>
public sealed record LibraryMerge(int Added, int Had, IReadOnlyList<string> Wrong, string? Problem)
{
    /// <summary>In a sentence.</summary>
    public string Says => Added + Had + Wrong.Count == 0 ? "There is nothing in this file."
        : string.Join(", ", new[] { $"{Added} added", Had > 0 ? $"{Had} there already" : "", Wrong.Count > 0 ? $"{Wrong.Count} not read" : "" }.Where(s => s.Length > 0)) + ".";
}
