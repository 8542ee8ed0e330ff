using System.Text.Json;
using Microsoft.JSInterop;

namespace PciDash.Web.Keeping;

/// <summary>
/// The store behind js/store.js. Content comes back as a stream, for one message of a page may have 32 KB only; it goes there as bytes, which
/// have no such limit: a stream that a busy page does not ask for within ten seconds ends the page. What is large goes in parts, so that
/// what is drawn meanwhile need not wait behind all of it.
/// </summary>
/// <param name="js">The page's browser.</param>
internal sealed class BrowserStore(IJSRuntime js) : IBrowserStore, IAsyncDisposable
{
    /// <summary>Largest content that is read back, bytes: what a hostile page has put there shall not fill the server.</summary>
    public const int MostBytes = 64 << 20;

    /// <summary>Bytes of content in one message to the browser.</summary>
    public const int PartBytes = 64 << 10;

    private const string NoAnswer = "This browser does not answer, so nothing was kept.";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private Task lastPut = Task.CompletedTask;
    private IJSObjectReference? module;
    private int puts;

    public async Task<Kept<KeptContent?>> GetAsync(KeptIn store, string key)
    {
        var (reply, problem) = await AskAsync("get", NameOf(store), key);
        if (reply is not { Entry: { } entry, Content: { } content })
        {
            return new(null, problem);
        }

        var (bytes, unread) = await ReadAsync(content);
        return unread is null ? new(new KeptContent(entry.ToEntry(), bytes), null) : new(null, unread);
    }

    public Task<string?> PutAsync(KeptIn store, string key, string note, ReadOnlyMemory<byte> content, int most = 0, string among = "")
    {
        var put = PutAfterAsync(lastPut, ++puts, store, key, note, content, most, among);
        lastPut = put;
        return put;
    }

    // What is small must not overtake the parts of what came before it.
    private async Task<string?> PutAfterAsync(Task before, int id, KeptIn store, string key, string note, ReadOnlyMemory<byte> content, int most, string among)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        for (; content.Length > PartBytes; content = content[PartBytes..])
        {
            if ((await AskAsync("part", id, content[..PartBytes].ToArray())).Problem is { } problem)
            {
                return problem;
            }
        }

        return (await AskAsync("put", NameOf(store), key, note, content.ToArray(), most, among, id)).Problem;
    }

    public async Task<string?> NoteAsync(KeptIn store, string key, string note) => (await AskAsync("note", NameOf(store), key, note)).Problem;

    public async Task<string?> DeleteAsync(KeptIn store, string key) => (await AskAsync("remove", NameOf(store), key)).Problem;

    public async Task<Kept<IReadOnlyList<KeptEntry>>> ListAsync(KeptIn store)
    {
        var (reply, problem) = await AskAsync("list", NameOf(store));
        if (reply?.Content is not { } content)
        {
            return new([], problem ?? NoAnswer);
        }

        var (bytes, unread) = await ReadAsync(content);
        return unread is null ? new([.. JsonSerializer.Deserialize<List<Entry>>(bytes, Json)!.Select(e => e.ToEntry())], null) : new([], unread);
    }

    private static string NameOf(KeptIn store) => store.ToString().ToLowerInvariant();

    private async Task<(Reply? Reply, string? Problem)> AskAsync(string what, params object?[] with)
    {
        try
        {
            // The import map leads from this name to the file of this build.
            module ??= await js.InvokeAsync<IJSObjectReference>("import", "./js/store.js");
            return await module.InvokeAsync<Reply?>(what, with) is { } reply ? (reply, reply.Problem) : (null, NoAnswer);
        }
        catch (Exception e) when (IsOfThePage(e))
        {
            return (null, NoAnswer);
        }
    }

    private static async Task<(byte[] Bytes, string? Problem)> ReadAsync(IJSStreamReference content)
    {
        try
        {
            await using (content)
            {
                if (content.Length > MostBytes)
                {
                    return ([], FormattableString.Invariant($"What this browser has kept has {content.Length:N0} bytes; at most {MostBytes:N0} are read."));
                }

                await using var stream = await content.OpenReadStreamAsync(MostBytes);
                using var bytes = new MemoryStream((int)content.Length);
                await stream.CopyToAsync(bytes);
                return (bytes.ToArray(), null);
            }
        }
        catch (Exception e) when (IsOfThePage(e))
        {
            return ([], NoAnswer);
        }
    }

    // The page is not interactive yet, has gone, or its script failed: nothing of it is a fault of who asked.
    private static bool IsOfThePage(Exception e) =>
        e is JSException or JSDisconnectedException or InvalidOperationException or OperationCanceledException or IOException or TimeoutException;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (module is not null)
            {
                await module.DisposeAsync();
            }
        }
        catch (Exception e) when (IsOfThePage(e))
        {
            // The browser is gone.
        }
    }

    /// <summary>What store.js answers.</summary>
    internal sealed record Reply(string? Problem = null, Entry? Entry = null, IJSStreamReference? Content = null);

    /// <summary>An entry as store.js writes it.</summary>
    internal sealed record Entry(string Key, string Note, long Bytes, double At)
    {
        public KeptEntry ToEntry() => new(Key, Note, Bytes, DateTimeOffset.FromUnixTimeMilliseconds((long)At));
    }
}
