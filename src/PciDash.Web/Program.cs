using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MudBlazor.Services;
using PciDash.Web.Api;
using PciDash.Web.Components;
using PciDash.Web.Hosting;
using PciDash.Web.Keeping;
using PciDash.Web.Lab;
using PciDash.Web.Machines;
using PciDash.Web.Sharing;

return args is ["probe", ..] ? await ServerCommands.ProbeAsync(args.ElementAtOrDefault(1), Console.Out)
    : args is ["export", ..] ? await ServerCommands.ExportAsync(() => Build(), args.ElementAtOrDefault(1) ?? "-", Console.Error)
    : await ServerCommands.ServeAsync(Build, Console.Error);

WebApplication Build()
{
    var builder = WebApplication.CreateBuilder(args);

    builder.Logging.UseRedactedConsole();
    builder.Services.AddServerOptions();

    // A share link is at most 8,000 characters, and must also survive a proxy that percent-encodes it.
    builder.Services.AddOptions<KestrelServerOptions>().Configure<ServerOptions>((kestrel, options) => kestrel.Limits.MaxRequestLineSize = options.RequestLineBytes);
    builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);

    // The web root is not a folder of this project: without this, only Development and published output find it.
    builder.WebHost.UseStaticWebAssets();

    builder.Services.AddRazorComponents().AddInteractiveServerComponents();
    builder.Services.AddOptions<CircuitOptions>().Configure<ServerOptions>((circuits, options) =>
    {
        circuits.DisconnectedCircuitMaxRetained = options.GonePages;
        circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromSeconds(options.GonePageSeconds);
    });
    builder.Services.AddOptions<HostOptions>().Configure<ServerOptions>((host, options) => host.ShutdownTimeout = TimeSpan.FromSeconds(options.StopSeconds));
    builder.Services.AddMudServices();
    builder.Services.AddHealth();
    builder.Services.AddRateLimits();
    builder.Services.AddLab();
    builder.Services.AddKeeping();
    builder.Services.AddSharing();
    builder.Services.AddApi();

    var app = builder.Build();

    app.UseTrustedProxies();
    app.UseSecurityHeaders();
    if (!app.Environment.IsDevelopment())
        app.UseExceptionHandler("/error", createScopeForErrors: true);
    app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
    app.UseRouting();
    app.UseRateLimiter();
    app.UseAntiforgery();

    app.MapHealth();
    OfferedFiles.Map(app);
    app.MapStaticAssets();
    app.MapImport();
    app.MapApi();
    app.MapSharing();
    app.MapRazorComponents<App>()
        .AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = "'none'")
        .RequireRateLimiting(RateLimits.Pages);
    return app;
}
