using System.Diagnostics;
using System.Globalization;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Scenarios;

namespace PciDash.Benchmarks;

/// <summary>The search over all orderings beside SPIN: first that both see the same states and violations, then how long each takes.</summary>
internal static class SpinTable
{
    private const int Missing = 2;
    private const int Differs = 1;
    private const int Runs = 3;
    private const int Shown = 5;

    private static readonly SearchBudget Budget = new(60_000_000, 12_000_000_000, TimeSpan.FromMinutes(10));
    private static readonly string[] Compiler = ["-O2", "-DSAFETY", "-DNOBOUNDCHECK", "-DMEMLIM=12000"];
    private static readonly string[] Depth = ["-E", "-n", "-m1000000"];
    private static readonly string[] Breadth = ["-E", "-n"];

    // What the model asserts, by the name that asks for it.
    private static readonly (string Name, Property Property)[] Asserted =
        [("SPURIOUS_DISABLE", Property.NoSpuriousDisable), ("LIVE_SHARER", Property.LiveSharerServed), ("LATE_MSI", Property.NoLateMsi)];

    // Those that the patch of May 2015 keeps: it leaves messages on.
    private static readonly (string Name, Property Property)[] Kept = Asserted[..2];

    /// <summary>Prints it, or one of its parts (compare, time), or only some machines, by id; 0 = equal, 1 = a difference was found, 2 = spin or gcc is not there.</summary>
    public static int Print(TextWriter to, TextWriter error, IReadOnlyCollection<string> only)
    {
        if (SpinTools.Missing() is { } missing)
        {
            error.WriteLine(missing);
            return Missing;
        }

        to.WriteLine(Text($"{SpinTools.Version("spin", "-V")}; {SpinTools.Version("gcc", "--version")}, gcc {string.Join(' ', Compiler)}; .NET {Environment.Version}, {Environment.ProcessorCount} processors."));
        using var tools = new SpinTools();
        bool IsPart(string part) => only.Contains(part) || !only.Any(o => o is "compare" or "time");
        bool IsChosen(Scenario scenario) => only.Contains(scenario.Id) || only.All(o => o is "compare" or "time");
        if (IsPart("compare") && !CompareAll([.. Compared().Where(IsChosen)], tools, to, error))
        {
            return Differs;
        }

        if (IsPart("time"))
        {
            RaceAll(IsChosen, to);
        }

        return 0;
    }

    private static bool CompareAll(IReadOnlyList<Scenario> scenarios, SpinTools tools, TextWriter to, TextWriter error)
    {
        to.WriteLine();
        to.WriteLine("A pair is ours, SPIN's; of a property it is the steps of a shortest way to a violation.");
        to.WriteLine();
        to.WriteLine($"| machine | states | of them seen by SPIN too | by SPIN alone | transitions | {string.Join(" | ", Asserted.Select(a => a.Property.Id))} |");
        to.WriteLine($"|---|---|---|---|---|{string.Concat(Asserted.Select(_ => "---|"))}");
        var equal = true;
        foreach (var scenario in scenarios)
        {
            equal &= Compare(scenario, tools, to, error);
        }

        return equal;
    }

    private static void RaceAll(Func<Scenario, bool> isChosen, TextWriter to)
    {
        to.WriteLine();
        to.WriteLine(Text($"Times are the shortest of {Runs} runs of each (1 for the second machine), taken in turn after one of ours that is not counted; bytes are all that is in use: states, table, and SPIN's stack. SPIN uses one thread. The last columns are the time of each by that of ours on one."));
        to.WriteLine();
        to.WriteLine("| machine | search | states | transitions | wall time | CPU time | states a second | bytes a state | wall | CPU |");
        to.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var seed in new[] { false, true })
        {
            if (Machines.ScaledTwin(seed) is var scenario && isChosen(scenario))
            {
                Race(scenario, to, seed ? 1 : Runs, verdicts: seed);
            }
        }
    }

    private static IEnumerable<Scenario> Compared()
    {
        foreach (var variant in new[] { "", "-seed", "-busy-sharer", "-no-sharer", "-two-cpus" })
        {
            yield return ScenarioPresets.Find(Machines.PresetId + variant)!.Scenario;
        }

        yield return Machines.Scaled();
        yield return Machines.ScaledTwin(seed: false);
        yield return Machines.ScaledTwin(seed: true);
    }

    private static bool Compare(Scenario scenario, SpinTools tools, TextWriter to, TextWriter error)
    {
        var m = CompiledMachine.Compile(scenario);
        var header = SpinMachine.Header(m);
        var explorer = new Explorer(m, []);
        var ours = explorer.Search(Budget with { Threads = Environment.ProcessorCount });
        var states = ObservedStates.Of(m, explorer.Store);
        tools.Build(header, ["-DOBSERVE"], [.. Compiler, "-DNOREDUCE"]);
        var theirs = tools.Run(Depth, states.SeenBySpin);
        var counted = ours.States == theirs.States && ours.Transitions == theirs.Transitions && states.Distinct == ours.States;
        var violations = Violation.Shortest(m, explorer.Store, [.. Asserted.Select(a => a.Property)]);
        var spins = Asserted.Select(a => ShortestOfSpin(header, a.Name, tools)).ToArray();
        to.WriteLine(Text(
            $"| {scenario.Id} | {ours.States:N0}{(ours.Complete ? "" : ", cut off")} | {states.Common:N0} | {states.SpinAlone:N0} | {ours.Transitions:N0}, {theirs.Transitions:N0} | {string.Join(" | ", violations.Zip(spins, (v, s) => $"{Steps(v)}, {Steps(s)}"))} |"));
        if (counted && states.Common == ours.States && states.SpinAlone == 0 && violations.SequenceEqual(spins))
        {
            return true;
        }

        error.WriteLine(Text($"{scenario.Id}: {states.Distinct:N0} observable states of {ours.States:N0} here, {theirs.States:N0} states of SPIN"));
        foreach (var line in states.FirstAlone(m, explorer.Store, Shown))
        {
            error.WriteLine("here only:  " + line);
        }

        foreach (var line in states.FirstOfSpin.Take(Shown))
        {
            error.WriteLine("SPIN only:  " + line);
        }

        return false;
    }

    // SPIN's first step starts the machine; the depth of a violation is that of the state before it.
    private static int ShortestOfSpin(string header, string property, SpinTools tools)
    {
        tools.Build(header, ["-DONE_PROCESS", "-DBREADTH_FIRST", "-D" + property], [.. Compiler, "-DNOREDUCE", "-DBFS"]);
        var report = tools.Run(Breadth);
        return report.Errors == 0 ? -1 : report.ErrorDepth - 1;
    }

    private static string Steps(int steps) => steps < 0 ? "none" : Text($"{steps}");

    private static void Race(Scenario scenario, TextWriter to, int runs, bool verdicts)
    {
        var m = CompiledMachine.Compile(scenario);
        var header = SpinMachine.Header(m);
        string[] asserted = verdicts ? [.. Kept.Select(a => "-D" + a.Name)] : [];
        (string Name, string[] Model, string[] Options)[] peers =
        [
            ("SPIN, a process for each actor, no reduction", [], ["-DNOREDUCE"]),
            ("the same, partial-order reduction", [], []),
            ("SPIN, one process, no reduction", ["-DONE_PROCESS"], ["-DNOREDUCE"]),
            ("the same, partial-order reduction", ["-DONE_PROCESS"], []),
        ];
        var built = new List<SpinTools>();
        foreach (var peer in peers)
        {
            built.Add(new SpinTools());
            built[^1].Build(header, [.. peer.Model, .. asserted], [.. Compiler, .. peer.Options]);
        }

        // SPIN's verifier is compiled before it is timed; so is ours.
        var ours = Ours(m, verdicts, 1);
        var threads = Environment.ProcessorCount;
        var parallel = ours;
        var reports = new PanReport?[peers.Length];
        for (var run = 0; run < runs; run++)
        {
            ours = Better(run, ours, Ours(m, verdicts, 1));
            parallel = Better(run, parallel, Ours(m, verdicts, threads));
            for (var i = 0; i < peers.Length; i++)
            {
                var report = built[i].Run(Depth);
                reports[i] = reports[i] is not { } before ? report
                    : report with { WallSeconds = Math.Min(before.WallSeconds, report.WallSeconds), CpuSeconds = Math.Min(before.CpuSeconds, report.CpuSeconds) };
            }
        }

        built.ForEach(b => b.Dispose());
        var (wall, cpu, result) = ours;
        var said = verdicts ? ": " + string.Join(", ", result.Verdicts.Select(v => $"{v.Property.Id} {v.Kind.ToString().ToLowerInvariant()}")) : "";
        foreach (var (name, (w, c, r)) in new[] { (Text($"{scenario.Id}, {m.F.Length} functions, {m.L.Length} lines, {m.CpuCount} CPUs | ours{said}"), ours), (Text($" | the same on {threads} threads"), parallel) })
        {
            to.WriteLine(Text(
                $"| {name} | {r.States:N0}{(r.Complete ? "" : ", cut off")} | {r.Transitions:N0} | {w:0.00} s | {c:0.00} s | {r.States / w / 1e6:0.00} M | {(double)r.Bytes / r.States:0} | {w / wall:0.00} | {c / cpu:0.00} |"));
        }

        for (var i = 0; i < peers.Length; i++)
        {
            var r = reports[i]!;
            to.WriteLine(Text(
                $"| | {peers[i].Name}{(verdicts ? Text($": {r.Errors} violations") : "")} | {r.States:N0} | {r.Transitions:N0} | {r.WallSeconds:0.00} s | {r.CpuSeconds:0.00} s | {r.States / r.WallSeconds / 1e6:0.00} M | {r.Megabytes * 1e6 / r.States:0} | {r.WallSeconds / wall:0.00} | {r.CpuSeconds / cpu:0.00} |"));
        }
    }

    private static (double Wall, double Cpu, SearchResult Result) Better(int run, (double Wall, double Cpu, SearchResult Result) before, (double Wall, double Cpu, SearchResult Result) now) =>
        run == 0 ? now : (Math.Min(before.Wall, now.Wall), Math.Min(before.Cpu, now.Cpu), now.Result);

    private static (double Wall, double Cpu, SearchResult Result) Ours(CompiledMachine m, bool verdicts, int threads)
    {
        GC.Collect();
        var clock = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        var result = new Explorer(m, verdicts ? [.. Kept.Select(a => a.Property)] : []).Search(Budget with { Threads = threads });
        return (clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds, result);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
