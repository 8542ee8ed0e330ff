using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.JSInterop;
using PciDash.Web.Components.Lab;
using PciDash.Web.Components.Timeline;

namespace PciDash.Web.Tests.Timeline;

/// <summary>A reader may leave while the page is still being connected.</summary>
public class LeavingTests : BunitContext
{
    private readonly SlowScript script = new();

    public LeavingTests() => Services.AddSingleton<IJSRuntime>(script);

    [Fact]
    public async Task Timeline_that_was_left_before_its_script_came_attaches_nothing()
    {
        Render<TimelineView>(p => p.Add(t => t.Run, Runs.Story).Add(t => t.OnSeek, (long _) => { }));
        await LeaveAndAnswerAsync();
    }

    [Fact]
    public async Task Table_that_was_left_before_its_script_came_scrolls_nothing()
    {
        Render<EventTable>(p => p.Add(t => t.Run, Runs.Story).Add(t => t.Step, 3));
        await LeaveAndAnswerAsync();
    }

    private async Task LeaveAndAnswerAsync()
    {
        Assert.True(script.Asked);
        await DisposeComponentsAsync();
        var module = new Module();
        script.Answer.SetResult(module);
        await module.Gone.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(module.Called);
    }

    private sealed class SlowScript : IJSRuntime
    {
        public TaskCompletionSource<IJSObjectReference> Answer { get; } = new();

        public bool Asked { get; private set; }

        public ValueTask<T> InvokeAsync<T>(string identifier, object?[]? args) => InvokeAsync<T>(identifier, default, args);

        public async ValueTask<T> InvokeAsync<T>(string identifier, CancellationToken cancellationToken, object?[]? args)
        {
            if (typeof(T) != typeof(IJSObjectReference))
            {
                return default!;
            }

            Asked = true;
            return (T)await Answer.Task;
        }
    }

    private sealed class Module : IJSObjectReference
    {
        public TaskCompletionSource Gone { get; } = new();

        public List<string> Called { get; } = [];

        public ValueTask<T> InvokeAsync<T>(string identifier, object?[]? args) => InvokeAsync<T>(identifier, default, args);

        public ValueTask<T> InvokeAsync<T>(string identifier, CancellationToken cancellationToken, object?[]? args)
        {
            Called.Add(identifier);
            return default;
        }

        public ValueTask DisposeAsync()
        {
            Gone.TrySetResult();
            return default;
        }
    }
}
