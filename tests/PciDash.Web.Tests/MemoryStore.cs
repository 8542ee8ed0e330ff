using System.Collections.Concurrent;
using PciDash.Web.Keeping;

namespace PciDash.Web.Tests;

/// <summary>A browser's store for tests of pages; what store.js does is tested in a browser.</summary>
internal sealed class MemoryStore : IBrowserStore
{
    private readonly ConcurrentDictionary<(KeptIn Store, string Key), KeptContent> kept = new();
    private long clock;

    /// <summary>What every answer says is wrong; null = nothing.</summary>
    public string? Problem { get; set; }

    public Task<Kept<KeptContent?>> GetAsync(KeptIn store, string key) =>
        Task.FromResult(Problem is null ? new Kept<KeptContent?>(kept.GetValueOrDefault((store, key)), null) : new(null, Problem));

    public Task<string?> PutAsync(KeptIn store, string key, string note, ReadOnlyMemory<byte> content, int most = 0, string among = "")
    {
        if (Problem is null)
        {
            kept[(store, key)] = new(new(key, note, content.Length, DateTimeOffset.FromUnixTimeMilliseconds(Interlocked.Increment(ref clock))), content.ToArray());
            foreach (var old in most > 0 ? Of(store).Where(e => e.Key != key && e.Key.StartsWith(among, StringComparison.Ordinal)).Skip(most - 1) : [])
            {
                kept.TryRemove((store, old.Key), out _);
            }
        }

        return Task.FromResult(Problem);
    }

    public Task<string?> NoteAsync(KeptIn store, string key, string note)
    {
        if (Problem is null && kept.TryGetValue((store, key), out var known))
        {
            kept[(store, key)] = known with { Entry = known.Entry with { Note = note } };
        }

        return Task.FromResult(Problem);
    }

    public Task<string?> DeleteAsync(KeptIn store, string key)
    {
        if (Problem is null)
        {
            kept.TryRemove((store, key), out _);
        }

        return Task.FromResult(Problem);
    }

    public Task<Kept<IReadOnlyList<KeptEntry>>> ListAsync(KeptIn store) => Task.FromResult(Problem is null ? new Kept<IReadOnlyList<KeptEntry>>(Of(store), null) : new([], Problem));

    private List<KeptEntry> Of(KeptIn store) => [.. kept.Where(k => k.Key.Store == store).Select(k => k.Value.Entry).OrderByDescending(e => e.At)];
}
