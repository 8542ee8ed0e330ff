using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace PciDash.Benchmarks;

/// <summary>What pan, SPIN's verifier, says of a search.</summary>
/// <param name="Stored">States stored, SPIN's own start before the machine's included.</param>
/// <param name="Matched">Steps into a state that was known.</param>
/// <param name="Errors">Violated assertions.</param>
/// <param name="ErrorDepth">Steps to the first of them; -1 = none.</param>
/// <param name="VectorBytes">Size of a state vector.</param>
/// <param name="Megabytes">All memory in use: states, hash table and stack.</param>
/// <param name="WallSeconds">From start to end of the process.</param>
/// <param name="CpuSeconds">CPU time of the process.</param>
internal sealed record PanReport(long Stored, long Matched, int Errors, int ErrorDepth, int VectorBytes, double Megabytes, double WallSeconds, double CpuSeconds)
{
    /// <summary>States of the machine: without the one in which SPIN starts its processes.</summary>
    public long States => Stored - 1;

    /// <summary>Steps of the machine: every step but the one of SPIN's start leads to a stored or a known state.</summary>
    public long Transitions => Stored + Matched - 2;
}

/// <summary>Runs spin, gcc and the verifier they make, in a folder of its own that goes with this object.</summary>
internal sealed partial class SpinTools : IDisposable
{
    private const int VersionSeconds = 20;

    // "times" of the shell prints its own user and system time, and on the next line those of what it ran.
    private const string Timed = "\"$0\" \"$@\"; status=$?; times; exit $status";

    private readonly string folder = Directory.CreateTempSubdirectory("pcidash-spin-").FullName;

    /// <summary>What is missing, and how to get it; null = nothing.</summary>
    public static string? Missing()
    {
        var missing = new[] { ("spin", "-V"), ("gcc", "--version") }.Where(t => !Answers(t.Item1, t.Item2)).Select(t => t.Item1).ToList();
        return missing.Count == 0 ? null
            : $"--spin needs {string.Join(" and ", missing)}, which cannot be run here; on Debian: apt-get install {string.Join(' ', missing)}";
    }

    /// <summary>First line of what <c>spin -V</c> or <c>gcc --version</c> prints.</summary>
    public static string Version(string tool, string option)
    {
        using var process = Start(tool, [option], null);
        var line = process.StandardOutput.ReadLine() ?? tool;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return line;
    }

    /// <summary>Makes a verifier of the model for one machine.</summary>
    /// <param name="header">machine.h.</param>
    /// <param name="model">Options of spin.</param>
    /// <param name="compiler">Options of gcc.</param>
    public void Build(string header, string[] model, string[] compiler)
    {
        foreach (var file in new[] { "shutdown.pml", "observe.h" })
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Spin", file), Path.Combine(folder, file), overwrite: true);
        }

        File.WriteAllText(Path.Combine(folder, "machine.h"), header);
        Demand("spin", [.. model, "-a", "shutdown.pml"]);
        Demand("gcc", [.. compiler, "-o", "pan", "pan.c"]);
    }

    /// <summary>Runs it; every line that the model prints goes to <paramref name="observed"/>.</summary>
    public PanReport Run(string[] options, Action<string>? observed = null)
    {
        var clock = Stopwatch.StartNew();
        using var process = Start("sh", ["-c", Timed, Path.Combine(folder, "pan"), .. options], folder);
        var report = new List<string>();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith('='))
            {
                observed?.Invoke(line);
            }
            else
            {
                report.Add(line);
            }
        }

        process.WaitForExit();
        var wall = clock.Elapsed.TotalSeconds;
        var all = string.Join('\n', report);
        if (process.ExitCode != 0 || all.Contains("max search depth too small", StringComparison.Ordinal) || all.Contains("memory limit", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"pan did not finish its search: {all} {process.StandardError.ReadToEnd()}");
        }

        return new PanReport(
            Number(StoredPattern(), all), Number(MatchedPattern(), all), (int)Number(ErrorsPattern(), all),
            DepthPattern().IsMatch(all) ? (int)Number(DepthPattern(), all) : -1, (int)Number(VectorPattern(), all),
            Number(MemoryPattern().Match(all), 1), wall,
            ClockPattern().Matches(report[^1]).Sum(t => Number(t, 1) * 60 + Number(t, 2)));
    }

    private static double Number(Match match, int group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private void Demand(string tool, string[] arguments)
    {
        using var process = Start(tool, arguments, folder);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{tool} {string.Join(' ', arguments)}: {output} {error.Result}");
        }
    }

    private static bool Answers(string tool, string option)
    {
        try
        {
            using var process = Start(tool, [option], null);
            process.StandardOutput.ReadToEnd();
            return process.WaitForExit(TimeSpan.FromSeconds(VersionSeconds)) && process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static Process Start(string tool, string[] arguments, string? folder) => Process.Start(new ProcessStartInfo(tool, arguments)
    {
        WorkingDirectory = folder ?? "",
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
    })!;

    private static long Number(Regex pattern, string text) => pattern.Match(text) is { Success: true } match
        ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        : throw new InvalidOperationException($"pan's report has no line like {pattern}: {text}");

    [GeneratedRegex(@"(\d+) states, stored")]
    private static partial Regex StoredPattern();

    [GeneratedRegex(@"(\d+) states, matched")]
    private static partial Regex MatchedPattern();

    [GeneratedRegex(@"errors: (\d+)")]
    private static partial Regex ErrorsPattern();

    [GeneratedRegex(@"assertion violated .*\(at depth (\d+)\)")]
    private static partial Regex DepthPattern();

    [GeneratedRegex(@"State-vector (\d+) byte")]
    private static partial Regex VectorPattern();

    [GeneratedRegex(@"(\d+)m([\d.]+)s")]
    private static partial Regex ClockPattern();

    [GeneratedRegex(@"([\d.]+)\s+total actual memory usage")]
    private static partial Regex MemoryPattern();
}
