using MudBlazor.Services;
using PciDash.Web.Components;
using PciDash.Web.Hosting;
using PciDash.Web.Lab;
using PciDash.Web.Machines;

var builder = WebApplication.CreateBuilder(args);

builder.Logging.UseRedactedConsole();

// A share link is at most 8,000 characters, and must also survive a proxy that percent-encodes it.
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestLineSize = 16 * 1024);

// The web root is not a folder of this project: without this, only Development and published output find it.
builder.WebHost.UseStaticWebAssets();

builder.Services.AddRazorComponents().AddInteractiveServerComponents();
builder.Services.AddMudServices();
builder.Services.AddHealthChecks();
builder.Services.AddLab();

var app = builder.Build();

app.UseSecurityHeaders();
if (!app.Environment.IsDevelopment())
    app.UseExceptionHandler("/error", createScopeForErrors: true);
app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
app.UseAntiforgery();

app.MapHealthChecks("/healthz");
app.MapStaticAssets();
app.MapImport();
app.MapRazorComponents<App>()
    .AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = "'none'");

app.Run();
