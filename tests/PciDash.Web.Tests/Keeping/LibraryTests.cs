using System.Text;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Web.Keeping;

namespace PciDash.Web.Tests.Keeping;

/// <summary>The reader's library: nothing is there twice, nothing of it is lost on its way through a file, and a bad line takes nothing of the others.</summary>
public class LibraryTests
{
    private readonly MemoryStore browser = new();
    private readonly Clock clock = new();
    private readonly Library library;

    public LibraryTests() => library = new Library(browser, clock);

    private static RunDocument Document(string id, ulong seed = 1) => new(ScenarioPresets.Find(id)!.Scenario) { Seed = seed };

    private static MemoryStream File(string text) => new MemoryStream(Encoding.UTF8.GetBytes(text));

    private async Task<IReadOnlyList<LibraryEntry>> EntriesAsync() => (await library.ListAsync(KeptIn.Library)).Value;

    private async Task<string> FilledAsync()
    {
        Assert.Null(await library.SaveAsync(Document(Runs.StoryId), "the story", "IRQ 21 dies"));
        clock.Now += TimeSpan.FromHours(1);
        Assert.Null(await library.SaveAsync(Document("q35-virtio"), "a “machine” → more", "", isMachine: true));
        return (await library.ExportAsync()).Value;
    }

    [Fact]
    public async Task What_was_saved_is_listed_the_newest_first_and_opens()
    {
        await FilledAsync();
        var entries = await EntriesAsync();
        Assert.Equal(["a “machine” → more", "the story"], entries.Select(e => e.Note.Name));
        Assert.Equal([true, false], entries.Select(e => e.Note.IsMachine));
        Assert.Equal(clock.Now - TimeSpan.FromHours(1), entries[1].Note.Saved);
        var (found, problem) = await library.FindAsync(KeptIn.Library, entries[1].Key);
        Assert.Null(problem);
        Assert.Equal(Document(Runs.StoryId).Write(), found!.Value.Document.Write());
    }

    [Fact]
    public async Task The_same_run_is_there_once_and_one_takes_the_place_of_another()
    {
        await library.SaveAsync(Document(Runs.StoryId), "a", "");
        await library.SaveAsync(Document(Runs.StoryId), "b", "");
        var old = Assert.Single(await EntriesAsync());
        Assert.Equal("b", old.Note.Name);
        await library.SaveAsync(Document(Runs.StoryId, seed: 2), "b", "", instead: old.Key);
        Assert.NotEqual(old.Key, Assert.Single(await EntriesAsync()).Key);
    }

    [Fact]
    public async Task A_library_comes_back_whole_from_its_file()
    {
        var file = await FilledAsync();
        Assert.StartsWith("{\"pcidash_library\":1}\n", file, StringComparison.Ordinal);
        Assert.Equal(3, file.TrimEnd('\n').Split('\n').Length);
        var other = new Library(new MemoryStore(), new Clock());
        var merge = await other.ImportAsync(File(file));
        Assert.Equal("2 added.", merge.Says);
        Assert.Null(merge.Problem);
        Assert.Equal(file, (await other.ExportAsync()).Value);
        Assert.Equal((await EntriesAsync()).Select(e => e.Key), (await other.ListAsync(KeptIn.Library)).Value.Select(e => e.Key));
    }

    [Fact]
    public async Task What_is_there_stays_and_a_known_name_gets_a_number()
    {
        var file = await FilledAsync();
        var entry = (await EntriesAsync())[1];
        await library.RenameAsync(entry, "mine");
        Assert.Equal("0 added, 2 there already.", (await library.ImportAsync(File(file))).Says);
        Assert.Equal("mine", (await EntriesAsync())[1].Note.Name);

        var again = new Library(new MemoryStore(), clock);
        await again.SaveAsync(Document(Runs.StoryId, seed: 9), "the story", "");
        Assert.Equal("2 added.", (await again.ImportAsync(File(file))).Says);
        Assert.Contains("the story (2)", (await again.ListAsync(KeptIn.Library)).Value.Select(e => e.Note.Name));
    }

    [Theory]
    [InlineData("{\"name\":\"x\"}", "line 3: it has no run")]
    [InlineData("[]", "line 3: it has no run")]
    [InlineData("{\"name\":\"x\",\"run\":{\"version\"", "line 3: it is not JSON")]
    [InlineData("{\"run\":{\"version\":1,\"platform\":\"q35\",\"functions\":[],\"boots\":[]}}", "line 3: run: functions: ")]
    [InlineData("{\"name\":\"\\ud800\",\"run\":{\"version\":1,\"platform\":\"q35\",\"functions\":[],\"boots\":[]}}", "line 3: ")]
    public async Task A_bad_line_is_told_by_its_place_and_takes_nothing_of_the_others(string bad, string says)
    {
        var lines = (await FilledAsync()).Split('\n').ToList();
        lines.Insert(2, bad);
        var merge = await new Library(new MemoryStore(), clock).ImportAsync(File(string.Join("\r\n", lines)));
        Assert.Equal("2 added, 1 not read.", merge.Says);
        Assert.StartsWith(says, Assert.Single(merge.Wrong), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "line 1: this is no library")]
    [InlineData("{\"version\":1}", "line 1: this is no library")]
    [InlineData("PK\u0003\u0004", "line 1: this is no library")]
    [InlineData("{\"pcidash_library\":2}", "line 1: a library of version 2; this program reads version 1")]
    public async Task What_is_no_library_is_told_at_its_first_line(string file, string says)
    {
        var merge = await library.ImportAsync(File(file));
        Assert.StartsWith(says, Assert.Single(merge.Wrong), StringComparison.Ordinal);
        Assert.Empty(await EntriesAsync());
    }

    // The sentence of a file is its author's: it stays as long as a list takes.
    [Fact]
    public async Task Long_words_of_a_file_are_cut()
    {
        var run = Document(Runs.StoryId).Write().ReplaceLineEndings(" ");
        var merge = await library.ImportAsync(File($"{{\"pcidash_library\":1}}\n{{\"name\":\"{new string('n', 5_000)}\",\"shows\":\"{new string('s', 5_000)}\",\"run\":{run}}}\n"));
        Assert.Equal("1 added.", merge.Says);
        var note = Assert.Single(await EntriesAsync()).Note;
        Assert.Equal((LibraryNote.MostName, LibraryNote.MostShows), (note.Name.Length, note.Shows.Length));
    }

    [Fact]
    public async Task There_is_a_most_and_what_is_over_it_is_told()
    {
        var run = Document(Runs.StoryId).Write();
        var file = LibraryFile.Write(Enumerable.Range(0, Library.Most + 5).Select(i => new LibraryLine(new($"n{i}", "", clock.Now), Document(Runs.StoryId, (ulong)i + 1).Write())));
        var merge = await library.ImportAsync(File(file));
        Assert.Equal(Library.Most, merge.Added);
        Assert.StartsWith($"line {Library.Most + 2}: the library has 1,000 entries", Assert.Single(merge.Wrong), StringComparison.Ordinal);
        Assert.Contains("1,000 entries", await library.SaveAsync(Document("q35-virtio"), "one more", ""), StringComparison.Ordinal);
        Assert.Null(await library.SaveAsync(RunDocument.Parse(run), "known", ""));
    }

    [Fact]
    public async Task What_was_deleted_comes_back_as_it_was()
    {
        await FilledAsync();
        var before = await EntriesAsync();
        clock.Now += TimeSpan.FromDays(1);
        var (deleted, problem) = await library.DeleteAsync(before[1]);
        Assert.Null(problem);
        Assert.Equal([before[0]], await EntriesAsync());
        Assert.Null(await library.PutBackAsync(deleted!));
        Assert.Equal(before, await EntriesAsync());
    }

    [Fact]
    public async Task Only_the_last_few_are_remembered_and_a_look_makes_no_other_run()
    {
        for (var i = 0; i < Library.MostRecent + 4; i++)
        {
            await library.RememberAsync(Document(Runs.StoryId, (ulong)i + 1), "");
        }

        await library.RememberAsync(Document(Runs.StoryId, 12) with { View = new RunView { Step = 5 } }, "again");
        var recent = (await library.ListAsync(KeptIn.Recent)).Value;
        Assert.Equal(Library.MostRecent, recent.Count);
        Assert.Single(recent, e => e.Note.Shows == "again");
        await library.ForgetAsync();
        Assert.Empty((await library.ListAsync(KeptIn.Recent)).Value);
    }

    [Fact]
    public async Task A_browser_that_keeps_nothing_says_so_everywhere()
    {
        var file = await FilledAsync();
        var entry = (await EntriesAsync())[0];
        browser.Problem = "This browser keeps nothing.";
        Assert.Equal(browser.Problem, await library.SaveAsync(Document(Runs.StoryId), "x", ""));
        Assert.Equal(browser.Problem, (await library.ListAsync(KeptIn.Library)).Problem);
        Assert.Equal(browser.Problem, (await library.FindAsync(KeptIn.Library, entry.Key)).Problem);
        Assert.Equal(browser.Problem, (await library.ImportAsync(File(file))).Problem);
        Assert.Equal(browser.Problem, (await library.ExportAsync()).Problem);
        Assert.Equal(browser.Problem, (await library.DeleteAsync(entry)).Problem);
        Assert.Equal(browser.Problem, await library.RenameAsync(entry, "y"));
    }

    [Fact]
    public async Task What_else_lies_in_the_store_is_shown_as_a_name_and_not_opened()
    {
        await browser.PutTextAsync(KeptIn.Library, "k", "{\"name\":5}", "no run");
        Assert.Equal("{\"name\":5}", Assert.Single(await EntriesAsync()).Note.Name);
        Assert.StartsWith("It cannot be opened: document: ", (await library.FindAsync(KeptIn.Library, "k")).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_is_shown_by_its_machine_and_what_came_of_it()
    {
        var shown = LibraryNote.ShownBy(Document(Runs.StoryId), "IRQ 21 dies.");
        Assert.Equal("Linux 4.1, reboot, 2 functions: IRQ 21 dies.", shown);
        Assert.Equal("Linux 4.1, kexec, 2 functions", LibraryNote.ShownBy(new RunDocument(ScenarioPresets.Find(Runs.StoryId)!.Scenario.WithPath(ShutdownPath.Kexec))));
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
