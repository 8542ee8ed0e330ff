using System.Buffers.Text;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Web.Hosting;

namespace PciDash.Web.Sharing;

/// <summary>What somebody gets who asked for a short id.</summary>
/// <param name="Id">The id; the same content has the same.</param>
/// <param name="Key">With it the id can be deleted. It is shown this once and kept nowhere.</param>
public sealed record SavedShare(string Id, string Key);

/// <summary>Why nothing was kept.</summary>
/// <param name="message">In a sentence.</param>
public sealed class ShareRefusedException(string message) : Exception(message);

/// <summary>
/// Runs under short ids: content-addressed and immutable, in a file that is made when the first is kept. Nothing gets here but by an explicit
/// press.
/// </summary>
/// <param name="contexts">Opens the store.</param>
/// <param name="options">Its limits.</param>
/// <param name="time">The clock.</param>
internal sealed class ShareStore(IDbContextFactory<ShareContext> contexts, ServerOptions options, TimeProvider time) : IDisposable
{
    private const int KeyBytes = 16;
    private const int MostKeys = 64;

    // SQLite takes one writer at a time; waiting here is fairer than its own retries.
    private readonly SemaphoreSlim writing = new(1);
    private volatile bool created;

    /// <summary>The operator has a file for it.</summary>
    public bool IsOn => options.ShareFile.Length > 0;

    /// <summary>Keeps a run. When this has returned, it is on the disk.</summary>
    /// <exception cref="ShareRefusedException">It is too large, or the store is full or switched off.</exception>
    public async Task<SavedShare> SaveAsync(RunDocument document, CancellationToken cancel)
    {
        RefuseIfOff();
        var canonical = document.Write();
        if (Encoding.UTF8.GetByteCount(canonical) is var size && size > options.ShareBytes)
        {
            throw new ShareRefusedException(FormattableString.Invariant($"The run has {size:N0} bytes; at most {options.ShareBytes:N0} are kept under a short id. Save it as a file."));
        }

        var id = ShortId.Of(canonical);
        var content = Pack(canonical);
        var key = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));
        await writing.WaitAsync(cancel);
        try
        {
            await using var store = Open(mayCreate: true)!;
            await PurgeAsync(store, cancel);
            if (await store.Runs.Include(r => r.Keys).SingleOrDefaultAsync(r => r.Id == id, cancel) is not { } known)
            {
                var total = await store.Runs.SumAsync(r => (long)r.Content.Length, cancel);
                if (total + content.Length > options.ShareTotalBytes)
                {
                    throw new ShareRefusedException("This server's store of short ids is full. Save the run as a file.");
                }

                known = new SharedRun { Id = id, Content = content };
                store.Runs.Add(known);
            }
            else if (Unpack(known.Content) != canonical)
            {
                throw new ShareRefusedException("Another run has this short id already. Save this one as a file.");
            }
            else if (known.Keys.Count >= MostKeys)
            {
                throw new ShareRefusedException($"This run is kept already, under /i/{id}; nobody else gets a key to delete it.");
            }

            known.KeptAt = time.GetUtcNow().ToUnixTimeSeconds();
            known.Keys.Add(new SharedKey { RunId = id, Hash = HashOf(key) });
            await store.SaveChangesAsync(CancellationToken.None);
            return new SavedShare(id, key);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>The run of a short id, or null.</summary>
    public async Task<RunDocument?> FindAsync(string id, CancellationToken cancel)
    {
        if (!IsOn || !ShortId.IsOne(id))
        {
            return null;
        }

        await using var store = Open(mayCreate: false);
        var oldest = Oldest;
        var content = store is null ? null : await store.Runs.Where(r => r.Id == id && r.KeptAt >= oldest).Select(r => r.Content).SingleOrDefaultAsync(cancel);
        // What is not what the id says was not put there by us.
        return content is not null && Unpack(content) is var text && ShortId.Of(text) == id ? RunDocument.Parse(text) : null;
    }

    /// <summary>Gives a key back; the run goes with the last one. Who has no key learns nothing, not even whether the id exists.</summary>
    public async Task<bool> DeleteAsync(string id, string key, CancellationToken cancel)
    {
        if (!IsOn || !ShortId.IsOne(id) || key.Length > 100)
        {
            return false;
        }

        var hash = HashOf(key);
        await writing.WaitAsync(cancel);
        try
        {
            await using var store = Open(mayCreate: false);
            var run = store is null ? null : await store.Runs.Include(r => r.Keys).SingleOrDefaultAsync(r => r.Id == id, cancel);
            if (run?.Keys.Find(k => CryptographicOperations.FixedTimeEquals(k.Hash, hash)) is not { } mine)
            {
                return false;
            }

            if (run.Keys.Count == 1)
            {
                store!.Runs.Remove(run);
            }
            else
            {
                store!.Keys.Remove(mine);
            }

            await store.SaveChangesAsync(CancellationToken.None);
            return true;
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Everything, as JSON lines: id, the day it was kept, and the run file. For the operator.</summary>
    public async Task<int> ExportAsync(TextWriter to)
    {
        RefuseIfOff();
        await using var store = Open(mayCreate: false);
        var count = 0;
        if (store is not null)
        {
            await foreach (var run in store.Runs.AsNoTracking().OrderBy(r => r.Id).AsAsyncEnumerable())
            {
                var line = new JsonObject { ["id"] = run.Id, ["kept_at"] = DateTimeOffset.FromUnixTimeSeconds(run.KeptAt).ToString("O"), ["run"] = JsonNode.Parse(Unpack(run.Content)) };
                await to.WriteLineAsync(line.ToJsonString(Compact));
                count++;
            }
        }

        return count;
    }

    /// <summary>Whether it can be read; where nothing was ever kept, there is nothing to read.</summary>
    public async Task ProbeAsync(CancellationToken cancel)
    {
        if (IsOn && Open(mayCreate: false) is { } store)
        {
            await using (store)
            {
                await store.Runs.Select(r => r.Id).FirstOrDefaultAsync(cancel);
            }
        }
        else if (IsOn && Path.GetDirectoryName(Path.GetFullPath(options.ShareFile)) is { } folder && !Directory.Exists(folder))
        {
            throw new IOException("its folder does not exist");
        }
    }

    private static readonly JsonSerializerOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private void RefuseIfOff()
    {
        if (!IsOn)
        {
            throw new ShareRefusedException("This server keeps nothing: it has no short ids. Save the run as a file.");
        }
    }

    private ShareContext? Open(bool mayCreate)
    {
        if (!created && !mayCreate && !File.Exists(options.ShareFile))
        {
            return null;
        }

        var store = contexts.CreateDbContext();
        if (!created)
        {
            ShareDatabase.Create(store);
            created = true;
        }

        return store;
    }

    private long Oldest => options.ShareDays == 0 ? long.MinValue : time.GetUtcNow().AddDays(-options.ShareDays).ToUnixTimeSeconds();

    private async Task PurgeAsync(ShareContext store, CancellationToken cancel)
    {
        if (options.ShareDays > 0)
        {
            var oldest = Oldest;
            await store.Runs.Where(r => r.KeptAt < oldest).ExecuteDeleteAsync(cancel);
        }
    }

    private static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private static byte[] Pack(string text)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Optimal))
        {
            brotli.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    private static string Unpack(byte[] content)
    {
        using var brotli = new BrotliStream(new MemoryStream(content), CompressionMode.Decompress);
        using var reader = new StreamReader(brotli, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <inheritdoc/>
    public void Dispose() => writing.Dispose();
}
