using System.IO.Compression;
using System.Text;
using Microsoft.JSInterop;
using PciDash.Engine.Machine;
using PciDash.Scenarios;

namespace PciDash.Web.Keeping;

/// <summary>
/// What is being worked on, in the reader's browser: runs too large for a link, under the name that their address <c>/w/…</c> has, and of
/// each tab what a page needs to come back as it was. After the server was restarted, it is all there is.
/// </summary>
/// <param name="browser">The browser's store.</param>
/// <param name="memory">What this server remembers.</param>
/// <param name="js">The page.</param>
internal sealed class Drafts(IBrowserStore browser, LargeRuns memory, IJSRuntime js)
{
    /// <summary>What the path of a run too large for a link begins with.</summary>
    public const string Prefix = "/w/";

    private const string Runs = "run/";
    private const string Tabs = "tab/";
    private const int MostRuns = 60;
    private const int MostTabs = 100;

    private Task<Tab?>? tab;

    /// <summary>The run of that name, if this server remembers it.</summary>
    public RunDocument? Known(string key) => memory.Find(key);

    /// <summary>The run of that name, from wherever it is; what only this server has is kept in the browser too.</summary>
    /// <returns>The run, or why there is none.</returns>
    public async Task<(RunDocument? Run, string Problem)> OpenAsync(string key)
    {
        if (memory.Find(key) is { } known)
        {
            await WriteAsync(Runs + key, known.Title, known.Write(), MostRuns, Runs);
            return (known, "");
        }

        var (text, problem) = await ReadAsync(Runs + key);
        try
        {
            if (text is not null && RunDocument.Parse(text) is var run && LargeRuns.KeyOf(run) == key)
            {
                memory.Keep(run);
                return (run, "");
            }
        }
        catch (ScenarioException)
        {
            // Somebody else has written there: it is not what was kept.
        }

        return (null, problem ?? "It is too large for a link, and neither this browser nor this server has it (any more). Open the file that you saved, or paste the machine again.");
    }

    /// <summary>Names a run too large for a link; <see cref="KeepAsync"/> makes it last.</summary>
    public string Name(RunDocument run) => memory.Keep(run);

    /// <summary>Keeps a run too large for a link in the browser.</summary>
    /// <returns>Why it was not kept; null = it was.</returns>
    public Task<string?> KeepAsync(RunDocument run) => WriteAsync(Runs + memory.Keep(run), run.Title, run.Write(), MostRuns, Runs);

    /// <summary>What this tab has kept of a page; null if nothing.</summary>
    public async Task<string?> ReadTabAsync(string page)
    {
        if (await TabAsync() is not { } mine)
        {
            return null;
        }

        return (await ReadAsync($"{Tabs}{mine.Id}/{page}")).Text ?? (mine.From is { } from ? (await ReadAsync($"{Tabs}{from}/{page}")).Text : null);
    }

    /// <summary>Keeps what a page of this tab needs to come back.</summary>
    /// <returns>Why it was not kept; null = it was.</returns>
    public async Task<string?> WriteTabAsync(string page, string text) =>
        await TabAsync() is { } mine ? await WriteAsync($"{Tabs}{mine.Id}/{page}", "", text, MostTabs, Tabs) : "This browser does not tell its tabs apart.";

    private Task<Tab?> TabAsync() => tab ??= AskAsync();

    private async Task<Tab?> AskAsync()
    {
        try
        {
            await using var module = await js.InvokeAsync<IJSObjectReference>("import", "./js/tab.js");
            return await module.InvokeAsync<Tab?>("tab") is { Id.Length: > 0 } mine ? mine : null;
        }
        catch (Exception e) when (e is JSException or JSDisconnectedException or InvalidOperationException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<(string? Text, string? Problem)> ReadAsync(string key)
    {
        var (kept, problem) = await browser.GetAsync(KeptIn.Drafts, key);
        return kept is null ? (null, problem) : (Unpack(kept.Content), null);
    }

    private async Task<string?> WriteAsync(string key, string note, string text, int most, string among) =>
        await browser.PutAsync(KeptIn.Drafts, key, note, Pack(text), most, among);

    private static byte[] Pack(string text)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest))
        {
            brotli.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    // What a browser hands over is bounded before it is believed.
    private static string? Unpack(ReadOnlyMemory<byte> packed)
    {
        try
        {
            using var brotli = new BrotliStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
            using var bytes = new MemoryStream();
            var part = new byte[64 * 1024];
            for (int read; (read = brotli.Read(part)) > 0;)
            {
                bytes.Write(part, 0, read);
                if (bytes.Length > MostUnpacked)
                {
                    return null;
                }
            }

            return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            return null;
        }
    }

    private static readonly long MostUnpacked = 2L * ScenarioDocument.MaxBytes;

    /// <summary>What tab.js answers: this tab, and the one that it is a copy of.</summary>
    internal sealed record Tab(string Id, string? From);
}
