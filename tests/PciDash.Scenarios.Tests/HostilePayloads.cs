using System.Diagnostics;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Tests;

/// <summary>What it costs to refuse a link.</summary>
public class HostilePayloads
{
    private const long MostBytes = 2_000_000;

    // The goal is 5 ms, and the benchmarks say what it is; here other tests share the processors.
    private static readonly TimeSpan MostTime = TimeSpan.FromMilliseconds(40);

    public static TheoryData<string> Kinds => [.. HostileLinks.All().Select(p => p.Kind)];

    [Theory, MemberData(nameof(Kinds))]
    public void Each_is_refused_at_once_and_in_2_MB(string kind)
    {
        var link = HostileLinks.All().Single(p => p.Kind == kind).Link;
        var (time, bytes) = (TimeSpan.MaxValue, long.MaxValue);

        // The shortest of several: other tests run at the same time, and the first compiles the code.
        for (var i = 0; i < 30; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            var refused = Assert.Throws<ScenarioException>(() => ShareLink.Decode(link));
            (time, bytes) = (TimeSpan.FromTicks(Math.Min(time.Ticks, watch.Elapsed.Ticks)), Math.Min(bytes, GC.GetAllocatedBytesForCurrentThread() - before));
            Assert.InRange(refused.Problems.Count, 1, 100);
        }

        Assert.True(time < MostTime && bytes < MostBytes, FormattableString.Invariant($"{time.TotalMilliseconds:0.00} ms, {bytes:N0} bytes"));
    }
}
