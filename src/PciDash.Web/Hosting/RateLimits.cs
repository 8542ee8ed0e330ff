using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.RateLimiting;

namespace PciDash.Web.Hosting;

/// <summary>How often one address may ask for what costs much.</summary>
internal static class RateLimits
{
    /// <summary>Pages, and the connections behind them.</summary>
    public const string Pages = "pages";

    /// <summary>What /api computes.</summary>
    public const string Api = "api";

    /// <summary>Machines that are pasted.</summary>
    public const string Imports = "imports";

    /// <summary>Short ids that are made.</summary>
    public const string Shares = "shares";

    public static void AddRateLimits(this IServiceCollection services) =>
        services.AddRateLimiter(_ => { }).AddOptions<RateLimiterOptions>().Configure<ServerOptions>((limiter, options) =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.OnRejected = TellAsync;
            Add(limiter, Pages, options.PagesPerMinute, TimeSpan.FromMinutes(1));
            Add(limiter, Api, options.ApiPerMinute, TimeSpan.FromMinutes(1));
            Add(limiter, Imports, options.ImportsPerMinute, TimeSpan.FromMinutes(1));
            Add(limiter, Shares, options.SharesPerHour, TimeSpan.FromHours(1));
        });

    /// <summary>Only a proxy that the operator names may say for whom it asks: anybody else could take a new address for every request.</summary>
    public static void UseTrustedProxies(this WebApplication app)
    {
        var proxies = ServerSettings.Addresses(app.Services.GetRequiredService<ServerOptions>().TrustedProxies)!;
        if (proxies.Count == 0)
        {
            return;
        }

        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost, ForwardLimit = proxies.Count };
        options.KnownIPNetworks.Clear();
        options.KnownProxies.Clear();
        foreach (var proxy in proxies)
        {
            options.KnownProxies.Add(proxy);
        }

        app.UseForwardedHeaders(options);
    }

    private static void Add(RateLimiterOptions limiter, string policy, int permits, TimeSpan window) =>
        limiter.AddPolicy(policy, http => permits == 0 ? RateLimitPartition.GetNoLimiter("")
            : RateLimitPartition.GetSlidingWindowLimiter(Visitor.KeyOf(http.Connection.RemoteIpAddress), _ => new SlidingWindowRateLimiterOptions { PermitLimit = permits, Window = window, SegmentsPerWindow = 6 }));

    private static async ValueTask TellAsync(OnRejectedContext context, CancellationToken cancel)
    {
        var wait = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromMinutes(1);
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        var response = context.HttpContext.Response;
        response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        response.ContentType = "text/plain; charset=utf-8";
        await response.WriteAsync(string.Create(CultureInfo.InvariantCulture,
            $"This address has asked too often. Try again in {seconds} s; a server of one's own, or the command line, has no such limit.\n"), cancel);
    }
}
