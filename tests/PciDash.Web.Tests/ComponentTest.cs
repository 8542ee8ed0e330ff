using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor.Services;
using PciDash.Web.Hosting;
using PciDash.Web.Keeping;
using PciDash.Web.Lab;

namespace PciDash.Web.Tests;

/// <summary>A renderer with MudBlazor's services, which can be disposed of asynchronously only.</summary>
public abstract class ComponentTest : BunitContext, IAsyncLifetime
{
    /// <summary>What the server may spend.</summary>
    protected ServerOptions Options { get; } = new();

    /// <summary>What the reader's browser keeps.</summary>
    internal MemoryStore Browser { get; set; } = new();

    /// <param name="more">Services that a test needs besides.</param>
    protected ComponentTest(Action<IServiceCollection>? more = null)
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddMudServices();
        Services.AddSingleton(Options);
        Services.AddLab();
        Services.AddKeeping();
        Services.AddSingleton<IBrowserStore>(_ => Browser);
        JSInterop.SetupModule("./js/tab.js").Setup<Drafts.Tab?>("tab", _ => true).SetResult(new("t1", null));
        more?.Invoke(Services);
        SetRendererInfo(new("Server", true));
    }

    /// <summary>What a page has laid down for its browser at an address, as text.</summary>
    protected string Offered(object? address) => System.Text.Encoding.UTF8.GetString(Services.GetRequiredService<OfferedFiles>().Take((string)address!)!.Value.Content);

    public Task InitializeAsync() => Task.CompletedTask;

    async Task IAsyncLifetime.DisposeAsync() => await base.DisposeAsync();
}
