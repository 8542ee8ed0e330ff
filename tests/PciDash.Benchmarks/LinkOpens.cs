using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using PciDash.Engine.Kernel;
using PciDash.Scenarios;
using PciDash.Scenarios.Import;

namespace PciDash.Benchmarks;

/// <summary>
/// How many links a dashboard opens in a minute: each is another run, so that none is remembered, asked for as a browser asks first (the page
/// with its preview, drawn on the server) and as a bot does (what came of it). The one who asks works on the same processors.
/// </summary>
internal static partial class LinkOpens
{
    private const int Links = 2_000;
    private const int AtOnce = 8;
    private const double Goal = 2_000;

    /// <summary>Prints it; 1 if fewer links were opened in a minute than the goal.</summary>
    public static int Print(TextWriter to, TextWriter error)
    {
        if (Dashboard() is not { } assembly)
        {
            error.WriteLine("The dashboard is not built: dotnet build src/PciDash.Web -c Release");
            return 2;
        }

        using var server = Start(assembly);
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All }) { BaseAddress = AddressOf(server) };
            var links = AllLinks();
            OpenAsync(http, "/s/", links[Links..], server).GetAwaiter().GetResult();
            OpenAsync(http, "/api/outcomes/", links[Links..], server).GetAwaiter().GetResult();
            to.WriteLine(Text($"{Environment.ProcessorCount} processors, .NET {Environment.Version}; {Links:N0} different links, {AtOnce} asked for at once, the one who asks on the same processors."));
            to.WriteLine();
            to.WriteLine("| what | a minute | each, half and 99 of 100 below | processor time of the server | against |");
            to.WriteLine("|---|---|---|---|---|");
            var pages = OpenAsync(http, "/s/", links[..Links], server).GetAwaiter().GetResult();
            // Other links: what the pages have computed would be at hand.
            var outcomes = OpenAsync(http, "/api/outcomes/", [.. links[..Links].Select(OtherSeed)], server).GetAwaiter().GetResult();
            pages.Print(to, "pages of links");
            outcomes.Print(to, "outcomes of links");
            return pages.PerMinute < Goal || outcomes.PerMinute < Goal ? 1 : 0;
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
        }
    }

    // Presets under policies, kernels and paths, and machines of 20 functions as they are pasted: each once.
    private static List<string> AllLinks()
    {
        var machine = MachineImport.Read(Machines.Listing(20, 40_000)).Scenario!;
        var scenarios = ScenarioPresets.All.Select(p => p.Scenario).Append(machine).ToList();
        ShutdownPath[] paths = [ShutdownPath.Reboot, ShutdownPath.Poweroff, ShutdownPath.Kexec];
        var links = new List<string>();
        for (var i = 0; links.Count < Links + (Links / 10); i++)
        {
            var scenario = scenarios[i % scenarios.Count].WithPath(paths[i % paths.Length]).WithPolicy(ShutdownPolicy.All[i % ShutdownPolicy.All.Count]);
            links.Add(ShareLink.TryEncode(new RunDocument(scenario) { Seed = (ulong)i + 2, View = new RunView { Step = i % 50 } })!);
        }

        return links;
    }

    private static string OtherSeed(string link) => ShareLink.Decode(link) is var run ? ShareLink.TryEncode(run with { Seed = run.Seed + 1_000_000 })! : link;

    private static async Task<Measured> OpenAsync(HttpClient http, string what, IReadOnlyList<string> links, Process server)
    {
        var times = new double[links.Count];
        var next = -1;
        server.Refresh();
        var (cpu, clock) = (server.TotalProcessorTime, Stopwatch.StartNew());
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref next); i < links.Count; i = Interlocked.Increment(ref next))
            {
                var one = Stopwatch.StartNew();
                using var answer = await http.GetAsync(new Uri(what + links[i][ShareLink.Prefix.Length..], UriKind.Relative));
                var body = await answer.Content.ReadAsStringAsync();
                if (answer.StatusCode != HttpStatusCode.OK || !body.Contains(what == "/s/" ? "id=\"headline\"" : "\"outcomes\":", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"{links[i]}: {answer.StatusCode}\n{body[..Math.Min(2_000, body.Length)]}");
                }

                times[i] = one.Elapsed.TotalMilliseconds;
            }
        })));
        var wall = clock.Elapsed;
        server.Refresh();
        Array.Sort(times);
        return new(links.Count / wall.TotalMinutes, times[times.Length / 2], times[times.Length * 99 / 100], (server.TotalProcessorTime - cpu).TotalMilliseconds / links.Count);
    }

    private static string? Dashboard()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "PciDash.sln")))
            {
                var built = Path.Combine(at.FullName, "src", "PciDash.Web", "bin", "Release", "net10.0", "PciDash.Web.dll");
                return File.Exists(built) ? built : null;
            }
        }

        return null;
    }

    private static Process Start(string assembly)
    {
        var start = new ProcessStartInfo("dotnet", [assembly, "--urls", "http://127.0.0.1:0"]) { RedirectStandardOutput = true, WorkingDirectory = Path.GetDirectoryName(assembly) };
        foreach (var (key, value) in new[] { ("PagesPerMinute", "0"), ("ApiPerMinute", "0"), ("ShareFile", "") })
        {
            start.Environment["PciDash__" + key] = value;
        }

        return Process.Start(start)!;
    }

    private static Uri AddressOf(Process server)
    {
        while (server.StandardOutput.ReadLine() is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                _ = server.StandardOutput.ReadToEndAsync(); // What it prints later is read and forgotten: a full pipe would stop it.
                return new Uri(match.Groups[1].Value);
            }
        }

        throw new InvalidOperationException("The dashboard did not start.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Measured(double PerMinute, double Half, double Most, double Cpu)
    {
        public void Print(TextWriter to, string what) =>
            to.WriteLine(Text($"| {what} | {PerMinute:N0} | {Half:0} ms, {Most:0} ms | {Cpu:0.0} ms | {PerMinute / Goal:0.0} x the goal of {Goal:N0} |"));
    }

    [GeneratedRegex(@"Now listening on: (http://\S+)")]
    private static partial Regex Listening();
}
