using Bunit;
using Microsoft.JSInterop;
using PciDash.Web.Keeping;

namespace PciDash.Web.Tests.Keeping;

/// <summary>What the page asks of store.js, and what it makes of the answers.</summary>
public class BrowserStoreTests : BunitContext
{
    private readonly BunitJSModuleInterop module;
    private readonly BrowserStore store;

    public BrowserStoreTests()
    {
        module = JSInterop.SetupModule("./js/store.js");
        store = new BrowserStore(JSInterop.JSRuntime);
    }

    [Fact]
    public async Task An_entry_comes_with_its_content_which_travels_as_a_stream()
    {
        var large = new byte[3 << 20];
        new Random(1).NextBytes(large);
        module.Setup<BrowserStore.Reply?>("get", "library", "a").SetResult(new(null, new("a", "my machine", large.Length, 1_700_000_000_000), new Streamed(large)));
        var (kept, problem) = await store.GetAsync(KeptIn.Library, "a");
        Assert.Null(problem);
        Assert.Equal(new KeptEntry("a", "my machine", large.Length, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000)), kept!.Entry);
        Assert.True(large.AsSpan().SequenceEqual(kept.Content.Span));
    }

    [Fact]
    public async Task What_is_not_there_is_null_and_no_problem()
    {
        module.Setup<BrowserStore.Reply?>("get", "drafts", "none").SetResult(new());
        Assert.Equal(new(null, null), await store.GetAsync(KeptIn.Drafts, "none"));
    }

    [Fact]
    public async Task Content_is_put_as_bytes_with_how_many_may_stay()
    {
        var put = module.Setup<BrowserStore.Reply?>("put", _ => true);
        put.SetResult(new());
        Assert.Null(await store.PutTextAsync(KeptIn.Recent, "k", "a note", "Größe", 20, "k"));
        var asked = Assert.Single(put.Invocations).Arguments;
        Assert.Equal(["recent", "k", "a note", 20, "k"], asked.Where(a => a is not byte[]).Take(5));
        Assert.Equal("Größe"u8.ToArray(), asked[3]);
    }

    [Theory]
    [InlineData(BrowserStore.PartBytes, 0)]
    [InlineData(BrowserStore.PartBytes + 1, 1)]
    [InlineData((3 * BrowserStore.PartBytes) + 5, 3)]
    public async Task Large_content_goes_in_parts_of_which_each_is_a_small_message(int bytes, int parts)
    {
        var part = module.Setup<BrowserStore.Reply?>("part", _ => true);
        part.SetResult(new());
        var put = module.Setup<BrowserStore.Reply?>("put", _ => true);
        put.SetResult(new());
        var content = new byte[bytes];
        new Random(2).NextBytes(content);
        Assert.Null(await store.PutAsync(KeptIn.Recent, "k", "", content));
        Assert.Null(await store.PutAsync(KeptIn.Recent, "other", "", content));
        Assert.Equal(2 * parts, part.Invocations.Count);
        foreach (var last in put.Invocations)
        {
            var id = last.Arguments[6];
            var pieces = part.Invocations.Where(p => p.Arguments[0]!.Equals(id)).Select(p => (byte[])p.Arguments[1]!).Append((byte[])last.Arguments[3]!).ToList();
            Assert.All(pieces, p => Assert.InRange(p.Length, 1, BrowserStore.PartBytes));
            Assert.Equal(content, pieces.SelectMany(p => p));
        }
    }

    [Fact]
    public async Task What_is_put_later_does_not_overtake_the_parts_of_what_came_before()
    {
        var part = module.Setup<BrowserStore.Reply?>("part", _ => true);
        var put = module.Setup<BrowserStore.Reply?>("put", _ => true);
        put.SetResult(new());
        var large = store.PutAsync(KeptIn.Drafts, "k", "first", new byte[BrowserStore.PartBytes + 1]);
        var small = store.PutTextAsync(KeptIn.Drafts, "k", "second", "x");
        Assert.Empty(put.Invocations);
        part.SetResult(new());
        Assert.Null(await large);
        Assert.Null(await small);
        Assert.Equal(["first", "second"], put.Invocations.Select(p => p.Arguments[2]));
    }

    [Fact]
    public async Task A_part_that_cannot_be_sent_ends_it_with_its_problem()
    {
        module.Setup<BrowserStore.Reply?>("part", _ => true).SetResult(new("no room"));
        var put = module.Setup<BrowserStore.Reply?>("put", _ => true);
        Assert.Equal("no room", await store.PutAsync(KeptIn.Recent, "k", "", new byte[BrowserStore.PartBytes + 1]));
        Assert.Empty(put.Invocations);
    }

    [Fact]
    public async Task A_list_comes_as_a_stream_the_newest_first_as_the_browser_says()
    {
        module.Setup<BrowserStore.Reply?>("list", "library").SetResult(new(Content: new Streamed("""[{"key":"b","note":"B","bytes":2,"at":5},{"key":"a","note":"A","bytes":1,"at":4}]"""u8.ToArray())));
        var (entries, problem) = await store.ListAsync(KeptIn.Library);
        Assert.Null(problem);
        Assert.Equal(["b", "a"], entries.Select(e => e.Key));
        Assert.Equal(new KeptEntry("a", "A", 1, DateTimeOffset.FromUnixTimeMilliseconds(4)), entries[1]);
    }

    [Fact]
    public async Task What_the_browser_cannot_do_is_said_and_nothing_is_thrown()
    {
        const string full = "This browser's storage is full.";
        module.Setup<BrowserStore.Reply?>("put", _ => true).SetResult(new(full));
        module.Setup<BrowserStore.Reply?>("get", _ => true).SetResult(new(full));
        module.Setup<BrowserStore.Reply?>("list", _ => true).SetResult(new(full));
        module.Setup<BrowserStore.Reply?>("remove", _ => true).SetResult(new(full));
        module.Setup<BrowserStore.Reply?>("note", _ => true).SetResult(new(full));
        Assert.Equal(full, await store.PutTextAsync(KeptIn.Drafts, "k", "", "x"));
        Assert.Equal(new(null, full), await store.GetAsync(KeptIn.Drafts, "k"));
        var (entries, problem) = await store.ListAsync(KeptIn.Drafts);
        Assert.Empty(entries);
        Assert.Equal(full, problem);
        Assert.Equal(full, await store.DeleteAsync(KeptIn.Drafts, "k"));
        Assert.Equal(full, await store.NoteAsync(KeptIn.Drafts, "k", "n"));
    }

    public static TheoryData<Exception> Gone => [new JSDisconnectedException("gone"), new JSException("script"), new TaskCanceledException(), new InvalidOperationException("not interactive yet")];

    [Theory]
    [MemberData(nameof(Gone))]
    public async Task A_page_that_has_gone_or_is_not_interactive_is_a_problem_and_no_exception(Exception why)
    {
        module.Setup<BrowserStore.Reply?>("get", _ => true).SetException(why);
        module.Setup<BrowserStore.Reply?>("list", _ => true).SetException(why);
        module.Setup<BrowserStore.Reply?>("put", _ => true).SetException(why);
        Assert.NotNull((await store.GetAsync(KeptIn.Drafts, "k")).Problem);
        Assert.NotNull((await store.ListAsync(KeptIn.Drafts)).Problem);
        Assert.NotNull(await store.PutTextAsync(KeptIn.Drafts, "k", "", "x"));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_or_is_larger_than_is_read_is_a_problem()
    {
        var entry = new BrowserStore.Entry("k", "", 1, 0);
        module.Setup<BrowserStore.Reply?>("get", "drafts", "broken").SetResult(new(null, entry, new Streamed([1]) { Breaks = true }));
        module.Setup<BrowserStore.Reply?>("get", "drafts", "huge").SetResult(new(null, entry, new Streamed([1]) { Length = BrowserStore.MostBytes + 1 }));
        Assert.NotNull((await store.GetAsync(KeptIn.Drafts, "broken")).Problem);
        Assert.Contains("at most", (await store.GetAsync(KeptIn.Drafts, "huge")).Problem, StringComparison.Ordinal);
    }

    private sealed class Streamed(byte[] bytes) : IJSStreamReference
    {
        public bool Breaks { get; init; }

        public long Length { get; init; } = bytes.Length;

        public ValueTask<Stream> OpenReadStreamAsync(long maxAllowedSize = 512000, CancellationToken cancellationToken = default) =>
            Breaks ? throw new TimeoutException() : ValueTask.FromResult<Stream>(new MemoryStream(bytes));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
