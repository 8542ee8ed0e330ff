namespace PciDash.Benchmarks;

/// <summary>CPU time of this process (all of its threads: the garbage collector's work counts).</summary>
internal static class Measure
{
    private const int Warmups = 3;

    /// <summary>Shortest CPU time of several runs, in seconds: the one that others on the machine disturbed least.</summary>
    public static double Shortest(int runs, Action work)
    {
        for (var i = 0; i < Warmups; i++)
        {
            work();
        }

        var shortest = double.MaxValue;
        for (var i = 0; i < runs; i++)
        {
            shortest = Math.Min(shortest, Cpu(work));
        }

        return shortest;
    }

    /// <summary>CPU time of one run, in seconds.</summary>
    public static double Cpu(Action work)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Now();
        work();
        return Now() - before;
    }

    /// <summary>CPU time of each of several pieces of work, in milliseconds, sorted.</summary>
    public static double[] Each(int pieces, Action<int> work)
    {
        var times = new double[pieces];
        for (var i = 0; i < pieces; i++)
        {
            var before = Now();
            work(i);
            times[i] = (Now() - before) * 1e3;
        }

        Array.Sort(times);
        return times;
    }

    private static double Now() => Environment.CpuUsage.TotalTime.TotalSeconds;
}
