using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using PciDash.Scenarios;
using PciDash.Web.Hosting;
using PciDash.Web.Sharing;

namespace PciDash.Web.Tests.Sharing;

public sealed class ShareStoreTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("pcidash-shares-");
    private readonly Clock clock = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        folder.Delete(recursive: true);
    }

    private string Database => Path.Combine(folder.FullName, "ids.db");

    private ShareStore Open(Action<ServerOptions>? configure = null)
    {
        var options = new ServerOptions { ShareFile = Database };
        configure?.Invoke(options);
        return new ShareStore(new Factory(options.ShareFile), options, clock);
    }

    private static RunDocument Document(string title = "") => new(ScenarioPresets.Find(Runs.StoryId)!.Scenario) { Title = title };

    [Fact]
    public async Task What_was_kept_is_found_as_it_was_also_after_a_restart()
    {
        string id;
        var document = Document("mine") with { Seed = 7, View = new RunView { Step = 5 } };
        using (var store = Open())
        {
            Assert.False(File.Exists(Database), "Nothing is made before it is needed.");
            id = (await store.SaveAsync(document, default)).Id;
        }

        using var again = Open();
        Assert.Equal(document.Write(), (await again.FindAsync(id, default))!.Write());
        Assert.True(ShortId.IsOne(id));
    }

    [Fact]
    public async Task The_same_content_has_one_id_and_goes_with_the_last_key()
    {
        using var store = Open();
        var (mine, yours) = (await store.SaveAsync(Document("a"), default), await store.SaveAsync(Document("a"), default));
        Assert.Equal(mine.Id, yours.Id);
        Assert.NotEqual(mine.Key, yours.Key);
        Assert.NotEqual(mine.Id, (await store.SaveAsync(Document("b"), default)).Id);

        Assert.False(await store.DeleteAsync(mine.Id, "guessed", default));
        Assert.True(await store.DeleteAsync(mine.Id, mine.Key, default));
        Assert.NotNull(await store.FindAsync(mine.Id, default));
        Assert.False(await store.DeleteAsync(mine.Id, mine.Key, default));
        Assert.True(await store.DeleteAsync(mine.Id, yours.Key, default));
        Assert.Null(await store.FindAsync(mine.Id, default));
    }

    [Fact]
    public async Task Another_run_is_never_taken_for_the_one_of_an_id()
    {
        using var store = Open();
        var (one, other) = (await store.SaveAsync(Document("one"), default), await store.SaveAsync(Document("other"), default));
        await using (var inside = new Factory(Database).CreateDbContext())
        {
            var foreign = await inside.Runs.Where(r => r.Id == other.Id).Select(r => r.Content).SingleAsync();
            Assert.Equal(1, await inside.Runs.Where(r => r.Id == one.Id).ExecuteUpdateAsync(set => set.SetProperty(r => r.Content, foreign)));
        }

        Assert.Null(await store.FindAsync(one.Id, default));
        Assert.Contains("Another run", (await Assert.ThrowsAsync<ShareRefusedException>(() => store.SaveAsync(Document("one"), default))).Message, StringComparison.Ordinal);
        Assert.NotNull(await store.FindAsync(other.Id, default));
    }

    [Fact]
    public async Task The_key_is_not_in_the_file()
    {
        using var store = Open();
        var saved = await store.SaveAsync(Document("a"), default);
        SqliteConnection.ClearAllPools();
        foreach (var file in folder.GetFiles())
        {
            Assert.DoesNotContain(saved.Key, System.Text.Encoding.Latin1.GetString(await ReadAsync(file.FullName)), StringComparison.Ordinal);
        }

        static async Task<byte[]> ReadAsync(string file)
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes);
            return bytes.ToArray();
        }
    }

    [Fact]
    public async Task What_is_too_large_or_too_much_is_refused_in_words_and_not_kept()
    {
        using var small = Open(o => o.ShareBytes = 1_024);
        var choices = Enumerable.Range(0, 100).Select(i => new NamedChoice(i, "cpu0:take:1")).ToList();
        Assert.Contains("at most 1,024 are kept", (await Assert.ThrowsAsync<ShareRefusedException>(() => small.SaveAsync(Document() with { Choices = choices }, default))).Message, StringComparison.Ordinal);

        using var full = Open(o => o.ShareTotalBytes = 400);
        var kept = new List<string>();
        var refused = await Assert.ThrowsAsync<ShareRefusedException>(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                kept.Add((await full.SaveAsync(Document("number " + i), default)).Id);
            }
        });
        Assert.Contains("is full", refused.Message, StringComparison.Ordinal);
        Assert.InRange(kept.Count, 1, 9);
        Assert.All(kept, id => Assert.NotNull(full.FindAsync(id, default).Result));

        // The same again needs no more room.
        Assert.Equal(kept[0], (await full.SaveAsync(Document("number 0"), default)).Id);
    }

    [Fact]
    public async Task Its_time_is_over_after_the_days_that_the_operator_says_and_asking_again_renews_it()
    {
        using var store = Open(o => o.ShareDays = 30);
        var (old, renewed) = (await store.SaveAsync(Document("old"), default), await store.SaveAsync(Document("renewed"), default));
        clock.Now += TimeSpan.FromDays(29);
        await store.SaveAsync(Document("renewed"), default);
        Assert.NotNull(await store.FindAsync(old.Id, default));
        clock.Now += TimeSpan.FromDays(2);
        Assert.Null(await store.FindAsync(old.Id, default));
        Assert.NotNull(await store.FindAsync(renewed.Id, default));

        await store.SaveAsync(Document("another"), default);
        using var text = new StringWriter();
        Assert.Equal(2, await store.ExportAsync(text));
    }

    [Fact]
    public async Task A_run_has_so_many_keys_and_no_more()
    {
        using var store = Open();
        for (var i = 0; i < 64; i++)
        {
            await store.SaveAsync(Document("a"), default);
        }

        Assert.Contains("kept already", (await Assert.ThrowsAsync<ShareRefusedException>(() => store.SaveAsync(Document("a"), default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_is_exported()
    {
        using var store = Open();
        var ids = new List<string>();
        foreach (var title in new[] { "a", "b", "c" })
        {
            ids.Add((await store.SaveAsync(Document(title), default)).Id);
        }

        using var text = new StringWriter();
        Assert.Equal(3, await store.ExportAsync(text));
        var lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(ids.Order(StringComparer.Ordinal), lines.Select(l => l.GetProperty("id").GetString()));
        Assert.All(lines, l => Assert.Equal(l.GetProperty("id").GetString(), ShortId.Of(RunDocument.Parse(l.GetProperty("run").GetRawText()).Write())));
    }

    [Fact]
    public async Task Many_who_save_at_once_all_get_theirs()
    {
        using var store = Open();
        var saved = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => store.SaveAsync(Document("n" + (i % 50)), default))));
        Assert.Equal(50, saved.Select(s => s.Id).Distinct().Count());
        Assert.Equal(100, saved.Select(s => s.Key).Distinct().Count());
        Assert.All(saved, s => Assert.NotNull(store.FindAsync(s.Id, default).Result));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../etc/passwd")]
    [InlineData("' OR 1=1 --aaaaa")]
    [InlineData("0123456789ABCDEF")]
    [InlineData("0123456789abcdeu")]
    public async Task What_is_no_id_finds_nothing(string id)
    {
        using var store = Open();
        await store.SaveAsync(Document(), default);
        Assert.Null(await store.FindAsync(id, default));
        Assert.False(await store.DeleteAsync(id, "x", default));
    }

    [Fact]
    public async Task Without_a_file_nothing_is_kept()
    {
        using var store = Open(o => o.ShareFile = "");
        Assert.Contains("keeps nothing", (await Assert.ThrowsAsync<ShareRefusedException>(() => store.SaveAsync(Document(), default))).Message, StringComparison.Ordinal);
        Assert.Null(await store.FindAsync("0123456789abcdef", default));
        await store.ProbeAsync(default);
    }

    [Fact]
    public async Task A_file_that_is_no_store_is_told_to_who_asks_whether_it_is_ready()
    {
        await File.WriteAllTextAsync(Database, new string('x', 5_000));
        using var store = Open();
        await Assert.ThrowsAnyAsync<Exception>(() => store.ProbeAsync(default));
        using var nowhere = Open(o => o.ShareFile = Path.Combine(folder.FullName, "no", "ids.db"));
        await Assert.ThrowsAsync<IOException>(() => nowhere.ProbeAsync(default));
    }

    [Fact]
    public void An_id_is_made_of_the_content() => Assert.Equal(ShortId.Of("a"), ShortId.Of("a"));

    // The SHA-256 of nothing begins e3b0c44298fc1c149afb; in base 32: 11100 01110 11000 01100 and so on.
    [Fact]
    public void An_id_never_changes_its_making() => Assert.StartsWith("wer", ShortId.Of(""), StringComparison.Ordinal);

    private sealed class Factory(string file) : IDbContextFactory<ShareContext>
    {
        public ShareContext CreateDbContext()
        {
            var options = new DbContextOptionsBuilder<ShareContext>();
            ShareDatabase.Use(options, file);
            return new ShareContext(options.Options);
        }
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
