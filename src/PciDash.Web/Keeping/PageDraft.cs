using PciDash.Scenarios.Building;

namespace PciDash.Web.Keeping;

/// <summary>What a page of this tab has under hand, with all that can be undone; kept a moment after each change.</summary>
/// <param name="drafts">Where.</param>
/// <param name="page">The page's name.</param>
/// <param name="text">A history as text.</param>
/// <typeparam name="T">What is edited.</typeparam>
internal sealed class PageDraft<T>(Drafts drafts, string page, HistoryText<T> text) : IDisposable
    where T : class
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly SemaphoreSlim writing = new(1);
    private EditHistory<T>? next;
    private string? look;
    private bool pending;
    private bool disposed;

    /// <summary>What the browser answered last to being asked to keep something; null = it did.</summary>
    public string? Problem { get; private set; }

    /// <summary>The history as it was kept; null if there is none.</summary>
    public async Task<EditHistory<T>?> ReadAsync() => await drafts.ReadTabAsync(page) is { } kept ? await Task.Run(() => text.Read(kept)) : null;

    /// <summary>What was looked at last, as the page has written it; null if there is nothing.</summary>
    public Task<string?> ReadLookAsync() => drafts.ReadTabAsync(page + ".look");

    /// <summary>Keeps a history in a moment; if another one follows before, only that.</summary>
    public void Later(EditHistory<T> history)
    {
        next = history;
        _ = WriteAsync();
    }

    /// <summary>Keeps what is looked at in a moment: it changes often, and is small.</summary>
    public void LookLater(string what)
    {
        look = what;
        _ = WriteAsync();
    }

    private async Task WriteAsync()
    {
        if (pending || disposed)
        {
            return;
        }

        pending = true;
        await Task.Delay(Pause);
        pending = false;
        await writing.WaitAsync();
        try
        {
            if (disposed)
            {
                return;
            }

            var (history, seen) = (next, look);
            (next, look) = (null, null);
            if (history is not null)
            {
                Problem = await drafts.WriteTabAsync(page, await Task.Run(() => text.Write(history)));
            }

            if (seen is not null)
            {
                Problem = await drafts.WriteTabAsync(page + ".look", seen);
            }
        }
        finally
        {
            writing.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => disposed = true;
}
