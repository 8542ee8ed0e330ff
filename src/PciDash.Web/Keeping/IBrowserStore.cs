using System.Text;

namespace PciDash.Web.Keeping;

/// <summary>Which part of what a browser keeps.</summary>
public enum KeptIn
{
    /// <summary>What is being worked on, by tab, and machines too large for a link.</summary>
    Drafts,

    /// <summary>What the reader has saved.</summary>
    Library,

    /// <summary>What was opened last.</summary>
    Recent,
}

/// <summary>What there is to say of an entry without reading it.</summary>
/// <param name="Key">Its name within the store.</param>
/// <param name="Note">What was written beside it, such as its title: small, for lists read all of them.</param>
/// <param name="Bytes">Size of its content.</param>
/// <param name="At">When it was kept, by the browser's clock.</param>
public sealed record KeptEntry(string Key, string Note, long Bytes, DateTimeOffset At);

/// <summary>An entry and its content.</summary>
/// <param name="Entry">What there is to say of it.</param>
/// <param name="Content">What was kept.</param>
public sealed record KeptContent(KeptEntry Entry, ReadOnlyMemory<byte> Content)
{
    /// <summary>The content as text.</summary>
    public string Text => Encoding.UTF8.GetString(Content.Span);
}

/// <summary>What a browser answered: a result, or why there is none. Never an exception: a browser that keeps nothing must break no page.</summary>
/// <typeparam name="T">The result.</typeparam>
/// <param name="Value">The result; null or empty if there is a problem.</param>
/// <param name="Problem">What is wrong, in a sentence for the reader; null = nothing.</param>
public readonly record struct Kept<T>(T Value, string? Problem);

/// <summary>
/// What is kept in the reader's own browser (IndexedDB), and nowhere else. Entries are written as a whole or not at all. Nothing can be asked
/// before the page is interactive; then the answer is a problem too.
/// </summary>
public interface IBrowserStore
{
    /// <summary>An entry; null if there is none of that key.</summary>
    Task<Kept<KeptContent?>> GetAsync(KeptIn store, string key);

    /// <summary>Keeps an entry in place of any of the same key.</summary>
    /// <param name="store">Where.</param>
    /// <param name="key">Its name.</param>
    /// <param name="note">What lists shall say of it.</param>
    /// <param name="content">Its content; it may have megabytes.</param>
    /// <param name="most">If above 0, only so many entries stay whose keys begin with <paramref name="among"/>: this one and the newest.</param>
    /// <param name="among">Beginning of the keys that are counted; empty = all of the store.</param>
    /// <returns>Why it was not kept; null = it was.</returns>
    Task<string?> PutAsync(KeptIn store, string key, string note, ReadOnlyMemory<byte> content, int most = 0, string among = "");

    /// <summary>Writes another note beside an entry; its content and time stay. Nothing happens if there is none.</summary>
    /// <returns>Why it could not be written; null = it was.</returns>
    Task<string?> NoteAsync(KeptIn store, string key, string note);

    /// <summary>Removes an entry, if it is there.</summary>
    /// <returns>Why it could not be removed; null = it is gone.</returns>
    Task<string?> DeleteAsync(KeptIn store, string key);

    /// <summary>What is kept, without content, the newest first.</summary>
    Task<Kept<IReadOnlyList<KeptEntry>>> ListAsync(KeptIn store);
}

/// <summary>What is often asked.</summary>
public static class BrowserStoreExtensions
{
    /// <summary>Keeps a text: see <see cref="IBrowserStore.PutAsync"/>.</summary>
    public static Task<string?> PutTextAsync(this IBrowserStore browser, KeptIn store, string key, string note, string text, int most = 0, string among = "")
    {
        ArgumentNullException.ThrowIfNull(browser);
        return browser.PutAsync(store, key, note, Encoding.UTF8.GetBytes(text), most, among);
    }
}
