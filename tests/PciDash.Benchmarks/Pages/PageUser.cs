using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace PciDash.Benchmarks.Pages;

/// <summary>
/// Somebody with the lab open, as the server sees it: gets the page, opens its circuit as blazor.web.js does, answers what the page's
/// scripts would answer, lets the table of events be drawn and scrolled, and presses the step button. It only does not paint.
/// </summary>
internal sealed partial class PageUser : IAsyncDisposable
{
    private const float TableHeight = 343;
    private const float RowHeight = 25;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly HubConnection hub;
    private readonly string components;
    private readonly string state;
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource drawn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> problems = [];
    private TaskCompletionSource<long>? stepped;
    private ulong step;
    private ulong first;
    private int renderer;
    private int table = -1;
    private float scrolled;
    private int objects;
    private int calls;
    private bool leaving;

    private PageUser(Uri site, string components, string state)
    {
        (this.components, this.state) = (components, state);
        var builder = new HubConnectionBuilder().WithUrl(new Uri(site, "_blazor"), HttpTransportType.WebSockets);
        builder.Services.AddSingleton<IHubProtocol, BlazorPack>();
        hub = builder.Build();
        hub.On<long, string, string, int, long, int>("JS.BeginInvokeJS", (id, name, arguments, _, _, _) => AnswerAsync(id, name, arguments));
        hub.On<int, byte[]>("JS.RenderBatch", DrawnAsync);
        hub.On<string, bool, string>("JS.EndInvokeDotNet", (_, done, answer) => Note(done ? null : "refused: " + answer));
        hub.On<string>("JS.Error", error => Note("error: " + error));
        hub.On<int, string>("JS.AttachComponent", (_, _) => { });
        hub.On<string>("JS.EndUpdateRootComponents", _ => { });
        hub.Closed += e =>
        {
            Note(leaving ? null : "dropped: " + (e?.Message ?? "closed"));
            return Task.CompletedTask;
        };
    }

    /// <summary>What went wrong so far: a circuit that was dropped, an exception of the page, a step without an answer.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>Where the cursor is, as the page last said: "event 5 of 90".</summary>
    public string At { get; private set; } = "";

    /// <summary>Bytes that the server has sent to draw.</summary>
    public long Bytes { get; private set; }

    /// <summary>Opens a page of the lab and waits until it has drawn itself and can be stepped.</summary>
    /// <param name="http">The dashboard.</param>
    /// <param name="path">The page.</param>
    /// <param name="bare">It has no run, and is only waited for until it is drawn.</param>
    public static async Task<PageUser> OpenAsync(HttpClient http, string path, bool bare = false)
    {
        var page = await http.GetStringAsync(new Uri(path, UriKind.Relative));
        var operations = Markers().Matches(page).Where(m => m.Value.Contains("descriptor", StringComparison.Ordinal))
            .Select((m, i) => $$$"""{"type":"add","ssrComponentId":{{{i + 1}}},"marker":{{{m.Groups[1].Value[..^1]}}},"uniqueId":{{{i}}}}}""");
        var user = new PageUser(http.BaseAddress!, $$$"""{"batchId":1,"operations":[{{{string.Join(',', operations)}}}]}""", State().Match(page).Groups[1].Value);
        await user.hub.StartAsync();
        var circuit = await user.hub.InvokeAsync<string?>("StartCircuit", http.BaseAddress!.ToString(), new Uri(http.BaseAddress, path).ToString(), "[]", user.state);
        if (circuit is null)
        {
            throw new InvalidOperationException($"The server opened no circuit: {string.Join("; ", user.problems)}");
        }

        await (bare ? user.drawn : user.ready).Task.WaitAsync(Patience);
        return user;
    }

    /// <summary>Presses the step button, or goes back to the beginning at the end.</summary>
    /// <returns>The moment at which what was drawn for it came, by <see cref="Stopwatch.GetTimestamp"/>; null = none came.</returns>
    public async Task<long?> StepAsync()
    {
        var answer = stepped = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var last = Cursor().Match(At) is { Success: true } m && Number(m.Groups[1]) >= Number(m.Groups[2]) - 1;
        await CallAsync(renderer, "DispatchEventAsync", $$"""[{"eventHandlerId":{{(last ? first : step)}},"eventName":"click","eventFieldInfo":null},{"detail":1,"button":0,"buttons":0,"type":"click"}]""");
        try
        {
            return await answer.Task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            Note($"no answer to a step at {At}");
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        leaving = true;
        await hub.DisposeAsync();
    }

    private static long Number(Group digits) => long.Parse(digits.Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private Task DrawnAsync(int number, byte[] data)
    {
        var now = Stopwatch.GetTimestamp();
        Bytes += data.Length;
        drawn.TrySetResult();
        var batch = new RenderBatch(data);
        step = batch.ClickHandler("aria-keyshortcuts", "ArrowRight") ?? step;
        first = batch.ClickHandler("aria-keyshortcuts", "Home") ?? first;
        if (batch.Find(static text => Cursor().IsMatch(text)) is { } at && at != At)
        {
            At = at;
            stepped?.TrySetResult(now);
        }

        return hub.SendAsync("OnRenderCompleted", (long)number, null);
    }

    private async Task AnswerAsync(long id, string name, string arguments)
    {
        var answer = name switch
        {
            "import" or "attach" => $$"""{"__jsObjectId":{{++objects}}}""",
            "window.hasOwnProperty" => "true",
            "mudpopoverHelper.countProviders" => "0",
            _ => "null",
        };
        if (name != "Blazor._internal.attachWebRendererInterop")
        {
            await hub.SendAsync("EndInvokeJSFromDotNet", id, true, $"[{id},true,{answer}]");
        }

        switch (name)
        {
            case "Blazor._internal.attachWebRendererInterop":
                renderer = Reference(arguments);
                await hub.SendAsync("UpdateRootComponents", components, state);
                await hub.SendAsync("EndInvokeJSFromDotNet", id, true, $"[{id},true,null]");
                break;
            case "pciDashTheme.watch":
                await CallAsync(Reference(arguments), "OnTheme", """["system",false]""");
                break;
            case "Blazor._internal.Virtualize.init":
                table = Reference(arguments);
                await ScrollAsync();
                break;
            case "reveal":
                await RevealAsync(arguments);
                ready.TrySetResult();
                break;
        }
    }

    // As timeline.js does: a row that is out of view comes to the middle.
    private async Task RevealAsync(string arguments)
    {
        using var given = JsonDocument.Parse(arguments);
        var top = given.RootElement[1].GetSingle();
        if (top < scrolled || top + (2 * RowHeight) > scrolled + TableHeight)
        {
            scrolled = Math.Max(0, top - (TableHeight / 2) + RowHeight);
            await ScrollAsync();
        }
    }

    private Task ScrollAsync() =>
        table < 0 ? Task.CompletedTask : CallAsync(table, "OnSpacerBeforeVisible", string.Create(CultureInfo.InvariantCulture, $"[{scrolled},0,{TableHeight}]"));

    private Task CallAsync(int target, string method, string arguments) =>
        hub.SendAsync("BeginInvokeDotNetFromJS", Interlocked.Increment(ref calls).ToString(CultureInfo.InvariantCulture), null, method, (long)target, arguments);

    private static int Reference(string arguments) => int.Parse(References().Match(arguments).Groups[1].Value, CultureInfo.InvariantCulture);

    private void Note(string? problem)
    {
        if (problem is not null)
        {
            lock (problems)
            {
                problems.Add(problem);
            }
        }
    }

    [GeneratedRegex("<!--Blazor:({.*?})-->")]
    private static partial Regex Markers();

    [GeneratedRegex("<!--Blazor-Server-Component-State:(.*?)-->")]
    private static partial Regex State();

    [GeneratedRegex("""__dotNetObject":(\d+)""")]
    private static partial Regex References();

    [GeneratedRegex("^event ([0-9,]+) of ([0-9,]+)$")]
    private static partial Regex Cursor();
}
