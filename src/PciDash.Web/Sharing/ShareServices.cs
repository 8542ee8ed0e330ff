using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using PciDash.Web.Hosting;

namespace PciDash.Web.Sharing;

/// <summary>Short ids, as services.</summary>
internal static class ShareServices
{
    public static void AddSharing(this IServiceCollection services)
    {
        services.TryAddTime();
        // A path is meant from the app's folder, wherever it was started from.
        services.AddOptions<ServerOptions>().PostConfigure<IHostEnvironment>((options, host) =>
            options.ShareFile = options.ShareFile.Length > 0 ? Path.Combine(host.ContentRootPath, options.ShareFile) : "");
        services.AddDbContextFactory<ShareContext>((s, options) => ShareDatabase.Use(options, s.GetRequiredService<ServerOptions>().ShareFile));
        services.AddSingleton<ShareStore>();
        services.AddHealthChecks().AddCheck<StoreCheck>("short ids", tags: [Health.Ready]);
    }

    private static void TryAddTime(this IServiceCollection services)
    {
        if (services.All(s => s.ServiceType != typeof(TimeProvider)))
        {
            services.AddSingleton(TimeProvider.System);
        }
    }

    private sealed class StoreCheck(ShareStore store) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await store.ProbeAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                return HealthCheckResult.Unhealthy("the store cannot be read", e);
            }
        }
    }
}
