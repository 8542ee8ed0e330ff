using System.Reflection;
using PciDash.EndToEnd;

namespace PciDash.Benchmarks.Pages;

/// <summary>The dashboard of this build, as a process of its own that no rate limit keeps from being measured.</summary>
internal static class Dashboard
{
    public static Task<WebProcess> StartAsync(params (string Key, string Value)[] settings) => WebProcess.StartAsync(
        typeof(Dashboard).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "WebAssembly").Value!,
        settings: settings.Concat([("PciDash:WarmUps", "4"), ("PciDash:PagesPerMinute", "0"), ("PciDash:ApiPerMinute", "0"), ("PciDash:SharesPerHour", "0")]).ToDictionary(s => s.Item1, s => s.Item2));
}
