using Microsoft.AspNetCore.Components;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Web.Hosting;
using PciDash.Web.Keeping;
using PciDash.Web.Machines;

namespace PciDash.Web.Components.Machines;

/// <summary>A page that computes a report of one machine: opens it by its address, tells its progress, and ends the work when it goes.</summary>
/// <typeparam name="TReport">The report, with its links.</typeparam>
public abstract class MachineJob<TReport> : ComponentBase, IDisposable
    where TReport : class
{
    private CancellationTokenSource? _cancel;
    private string? _opened;
    private long _toldAt;

    /// <summary>A share link's version and payload.</summary>
    [Parameter] public string? Payload { get; set; }

    /// <summary>A machine too large for a link, which the reader's browser keeps.</summary>
    [Parameter] public string? Key { get; set; }

    [Inject] internal Drafts Drafts { get; set; } = null!;

    [Inject] protected Matrices Jobs { get; set; } = null!;

    [Inject] protected Visitor Visitor { get; set; } = null!;

    [Inject] protected NavigationManager Nav { get; set; } = null!;

    /// <summary>What is open; null = it cannot be opened.</summary>
    protected RunDocument? Document { get; private set; }

    /// <summary>What came of it; null = not yet, cancelled or failed.</summary>
    protected TReport? Report { get; private set; }

    /// <summary>What went wrong, a line each.</summary>
    protected IReadOnlyList<string> Error { get; private set; } = [];

    /// <summary>What went wrong, in a few words.</summary>
    protected string ErrorTitle { get; private set; } = "";

    /// <summary>Parts that are done.</summary>
    protected int Done { get; private set; }

    /// <summary>Parts in all; 0 = it waits for its turn.</summary>
    protected int Of { get; private set; }

    /// <summary>The reader has ended it.</summary>
    protected bool IsCancelled { get; private set; }

    /// <summary>The address below the page's own name.</summary>
    protected string Place => Payload is not null ? $"s/{Payload}" : $"w/{Key}";

    /// <summary>What the address asks beside the machine.</summary>
    protected abstract string Question { get; }

    /// <summary>Reads what the address asks.</summary>
    protected abstract void ReadQuestion(Scenario scenario);

    /// <summary>Does it.</summary>
    protected abstract Task<TReport> ComputeAsync(RunDocument document, Action<int, int> progress, CancellationToken cancel);

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        var opened = $"{Payload}|{Key}|{Question}";
        if (opened == _opened)
        {
            return;
        }

        _opened = opened;
        _cancel?.Cancel();
        (Document, Report, Error) = (null, null, []);
        try
        {
            var document = Payload is not null ? ShareLink.Decode(ShareLink.Prefix + Payload) : Drafts.Known(Key ?? "");
            if (document is null)
            {
                if (!RendererInfo.IsInteractive)
                {
                    return;
                }

                (document, var problem) = await Drafts.OpenAsync(Key ?? "");
                if (opened != _opened)
                {
                    return;
                }

                _ = document ?? throw new ScenarioException([problem]);
            }

            Document = document;
            ReadQuestion(Document.Scenario);
        }
        catch (ScenarioException problem)
        {
            (ErrorTitle, Error) = ("This machine cannot be opened", problem.Problems);
        }

        if (Document is not null && RendererInfo.IsInteractive)
        {
            _ = RunAsync(Document);
        }
    }

    /// <summary>Begins again after it was cancelled.</summary>
    protected Task Restart() => Document is null ? Task.CompletedTask : RunAsync(Document);

    /// <summary>Ends it.</summary>
    protected void Cancel()
    {
        _cancel?.Cancel();
        IsCancelled = Report is null;
    }

    private async Task RunAsync(RunDocument document)
    {
        using var cancel = new CancellationTokenSource();
        _cancel = cancel;
        (Done, Of, IsCancelled) = (0, 0, false);
        try
        {
            var report = await ComputeAsync(document, (done, of) => Tell(done, of, cancel.Token), cancel.Token);
            if (!cancel.IsCancellationRequested)
            {
                Report = report;
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (ScenarioException problem)
        {
            (ErrorTitle, Error) = ("This machine cannot be run", problem.Problems);
        }
        finally
        {
            _cancel = _cancel == cancel ? null : _cancel;
        }

        await InvokeAsync(StateHasChanged);
    }

    // A few times a second is enough.
    private void Tell(int done, int of, CancellationToken cancel)
    {
        var now = Environment.TickCount64;
        if (!cancel.IsCancellationRequested && (now - Interlocked.Read(ref _toldAt) > 200 || done == of))
        {
            Interlocked.Exchange(ref _toldAt, now);
            _ = InvokeAsync(() =>
            {
                // What was under way is over: there is nothing to draw again.
                if (!cancel.IsCancellationRequested && Report is null)
                {
                    (Done, Of) = (Math.Max(Done, done), of);
                    StateHasChanged();
                }
            });
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends what is under way.</summary>
    protected virtual void Dispose(bool disposing) => _cancel?.Cancel();
}
