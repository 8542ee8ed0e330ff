using System.Diagnostics;
using System.Globalization;

namespace PciDash.Scenarios.Tests.Import;

/// <summary>Time that this thread was on a CPU: what other tests do meanwhile is not counted.</summary>
internal static class CpuTime
{
    private const string Linux = "/proc/thread-self/schedstat";

    public static TimeSpan Of(Action action)
    {
        var start = Now();
        action();
        return Now() - start;
    }

    // Elsewhere than on Linux: the clock on the wall.
    private static TimeSpan Now() => File.Exists(Linux)
        ? TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText(Linux).Split(' ')[0], CultureInfo.InvariantCulture) / 1000.0)
        : Stopwatch.GetElapsedTime(0);
}
