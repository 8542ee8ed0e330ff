using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;
using PciDash.Scenarios.Audit;
using PciDash.Scenarios.Import;
using PciDash.Scenarios.Matrix;
using PciDash.Scenarios.Tests;

namespace PciDash.Benchmarks;

/// <summary>The project's numbers as a Markdown table, each beside its goal and, where there is one, a peer that was measured in the same run.</summary>
internal static class NumbersTable
{
    private const long PlainEvents = 4_000_000;
    private const int Runs = 5;
    private const int Seeks = 200;
    private const double RecordingGoal = 2e6;
    private const double SilentGoal = 5e6;
    private const double SeekGoalMs = 16;
    private const double ImportGoal = 20;

    internal static readonly RunLimits Million = RunLimits.Default with { Steps = 700_000 };

    /// <summary>Prints it, or only some of its groups: runs, preset, matrix, large, seek, search, sizes, import, links, fleet, window, orderings.</summary>
    public static void Print(TextWriter to, IReadOnlyCollection<string> only)
    {
        to.WriteLine(Text($"{Environment.ProcessorCount} processors, .NET {Environment.Version}, {Runs} runs each; CPU time is the shortest."));
        to.WriteLine();
        to.WriteLine("| what | measured | against |");
        to.WriteLine("|---|---|---|");
        var row = new Row(to);
        (string Name, Action Measure)[] groups =
        [
            ("runs", () => TimedRuns(row, Plain(row))), ("preset", () => Preset(row)), ("matrix", () => Matrix(row)), ("large", () => LargeMachine(row)),
            ("seek", () => SeekTimes(row)), ("search", () => Search(row)), ("sizes", () => Sizes(row)), ("import", () => Import(row)), ("links", () => Links(row)), ("fleet", () => Fleet(row)),
            ("window", () => Windows.Print(row.Add)), ("orderings", () => Orderings(row)),
        ];
        foreach (var group in groups.Where(g => only.Count == 0 || only.Contains(g.Name)))
        {
            group.Measure();
        }
    }

    // Wall time, as the goal is one for a machine of two processors; the heap is looked at on the way, to see whether it grows.
    private static void Fleet(Row row)
    {
        const int machines = 1_000;
        const double goalSeconds = 60;
        var options = new AuditOptions { Fixes = false, Runs = 1, Threads = Environment.ProcessorCount, Kernels = [.. FleetKernels.Select(v => KernelRelease.Find(v)!)] };
        var files = Enumerable.Range(1, machines).Select(n => ($"server-{n}", new Func<ReadOnlyMemory<byte>>(() => Encoding.UTF8.GetBytes(Machines.Server(n)))));
        var summary = new FleetSummary();
        var heap = new List<double>();
        var clock = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        foreach (var machine in FleetAudit.Of(files, options))
        {
            summary.Add(machine);
            if (summary.Machines % (machines / 4) == 0)
            {
                heap.Add(GC.GetTotalMemory(forceFullCollection: true) / 1e6);
            }
        }

        var (wall, cpu) = (clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
        row.Add(
            Text($"audit of {summary.Machines:N0} machines, {summary.Functions:N0} functions, 4 paths x {FleetKernels.Length} kernels: {summary.Runs:N0} runs"),
            Text($"{wall:0.0} s, {cpu:0.0} s of CPU time"), Against(goalSeconds / wall, "as fast as the goal of 60 s"));
        row.Add("heap after each quarter of them", Text($"{string.Join(", ", heap.Select(h => h.ToString("0.0", CultureInfo.InvariantCulture)))} MB"), "");
    }

    private static readonly string[] FleetKernels = ["4.1", "6.1", "6.18"];

    private static void Import(Row row)
    {
        var text = Machines.Listing(1_000, MachineImport.MaxBytes);
        var cpu = Measure.Shortest(Runs, () => MachineImport.Read(text));
        var functions = MachineImport.Read(text).Scenario!.Functions.Count;
        row.Add(Text($"{text.Length / 1e6:0.0} MB of lspci -vvv, {functions:N0} functions, imported"), Text($"{text.Length / 1e6 / cpu:0} MB per CPU-second"),
            Against(text.Length / 1e6 / cpu / ImportGoal, "the goal of 20 MB"));
    }

    private static (double Silent, double Recording) Plain(Row row)
    {
        var silent = PlainEvents / Measure.Shortest(Runs, static () => new PlainLoop(records: false).Run(PlainEvents));
        var recording = PlainEvents / Measure.Shortest(Runs, static () => new PlainLoop(records: true).Run(PlainEvents));
        row.Add("peer: a bare event loop over PriorityQueue, 64 pending", Rate(silent, "events"), "");
        row.Add("the same, each event kept in a list of 64-byte entries", Rate(recording, "events"), "");
        return (silent, recording);
    }

    private static void TimedRuns(Row row, (double Silent, double Recording) plain)
    {
        var machine = CompiledMachine.Compile(Machines.Busy());
        var run = Run.Of(machine, limits: Million, accelerate: false);
        var events = run.Recording.RawCount;
        var on = Measure.Shortest(Runs, () => Run.Of(machine, limits: Million, accelerate: false));
        var off = Measure.Shortest(Runs, () => Silent(machine));
        row.Add(
            Text($"timed run, {machine.Functions.Count} functions on {machine.Lines.Count} lines, {machine.CpuCount} CPUs, {events:N0} events stepped singly, recorded"),
            Rate(events / on, "events") + ", " + Rate(run.Steps / on, "steps"),
            Against(events / on / RecordingGoal, "the goal of 2 M events") + "; " + Against(events / on / plain.Recording, "the peer"));
        var usual = Measure.Shortest(Runs, () => Run.Of(machine, limits: Million));
        row.Add("the same as the page runs it: watched for storms", Rate(events / usual, "events"), Against(on / usual, "as fast as without watching"));
        row.Add(
            "the same, not recorded", Rate(events / off, "events") + ", " + Rate(run.Steps / off, "steps"),
            Against(events / off / SilentGoal, "the goal of 5 M events") + "; " + Against(events / off / plain.Silent, "the peer"));
    }

    private static void Silent(CompiledMachine machine)
    {
        var simulator = new Simulator<NullSink>(machine, 1, InitialState.Of(machine), default, accelerate: false) { NextRaw = static () => 0 };
        simulator.Run([], Million);
    }

    private static void Preset(Row row)
    {
        const int times = 20;
        var scenario = Machines.Preset;
        var machine = CompiledMachine.Compile(scenario);
        var run = Run.Of(machine);
        var compile = Measure.Shortest(Runs, Many(times, () => CompiledMachine.Compile(scenario))) / times;
        var fast = Measure.Shortest(Runs, Many(times, () => Run.Of(machine))) / times;
        var slow = Measure.Shortest(Runs, () => Run.Of(machine, accelerate: false));
        row.Add(Machines.PresetId + ": compile", Milliseconds(compile), "");
        row.Add(
            Text($"run it ({run.Steps:N0} steps, {run.SingleSteps:N0} of them singly, {run.Recording.RawCount:N0} events)"), Milliseconds(fast),
            Text($"{slow / fast:0} x as fast as stepping all of it ({slow * 1e3:0} ms)"));
        var each = ScenarioPresets.All.Select(p => (p.Id, Cpu: Measure.Shortest(3, () => Run.Of(CompiledMachine.Compile(p.Scenario))))).ToList();
        var (slowest, longest) = each.MaxBy(p => p.Cpu);
        row.Add(Text($"compile and run each of the {each.Count} presets"), Text($"{each.Sum(p => p.Cpu) * 1e3:0.0} ms in all"), Text($"{slowest} takes longest: {longest * 1e3:0.0} ms"));
        var document = new RunDocument(scenario) { View = new RunView { Step = 700_024 }, Title = "nobody cared" };
        var link = ShareLink.TryEncode(document)!;
        var encode = Measure.Shortest(Runs, Many(times, () => ShareLink.TryEncode(document))) / times;
        var decode = Measure.Shortest(Runs, Many(times, () => ShareLink.Decode(link))) / times;
        row.Add("its link: encode, decode", Milliseconds(encode) + ", " + Milliseconds(decode), Text($"{link.Length} characters; the goal is under 400"));
    }

    private static void Matrix(Row row)
    {
        var runs = 0;
        var refused = 0;
        var cut = 0;
        var cpu = Measure.Cpu(() =>
        {
            foreach (var preset in ScenarioPresets.All)
            {
                foreach (var path in (ShutdownPath[])[ShutdownPath.Reboot, ShutdownPath.Poweroff, ShutdownPath.Kexec, ShutdownPath.Kdump])
                {
                    foreach (var policy in ShutdownPolicy.All)
                    {
                        try
                        {
                            var run = Run.Of(CompiledMachine.Compile(preset.Scenario.WithPath(path).WithPolicy(policy)));
                            cut += run.End == RunEnd.Complete ? 0 : 1;
                            runs++;
                        }
                        catch (ScenarioException)
                        {
                            refused++;
                        }
                    }
                }
            }
        });
        row.Add(
            Text($"every preset on every path under every policy, compiled and run: {runs:N0} runs, {cut} cut off, {refused} refused"), Text($"{cpu:0.00} s"), Against(2 / cpu, "as fast as the goal of 2 s"));
    }

    private static void LargeMachine(Row row)
    {
        var all = 0.0;
        foreach (var path in (ShutdownPath[])[ShutdownPath.Reboot, ShutdownPath.Poweroff, ShutdownPath.Kexec, ShutdownPath.Kdump])
        {
            Run run = null!;
            var cpu = Measure.Cpu(() => run = Run.Of(CompiledMachine.Compile(Machines.Large(path))));
            all += cpu;
            row.Add(
                Text($"compile and run {run.Machine.Functions.Count:N0} functions on {run.Machine.Lines.Count} lines, {run.Machine.CpuCount} CPUs, {path}: {run.Recording.RawCount:N0} events, {run.SingleSteps:N0} steps singly"),
                Text($"{cpu:0.00} s"), Text($"{all:0.00} s so far of the goal of 1 s for all paths; state {run.Machine.TotalWords * 8:N0} bytes"));
        }
    }

    private static void SeekTimes(Row row)
    {
        SeekTime(row, Machines.PresetId, Run.Of(CompiledMachine.Compile(Machines.Preset)));
        SeekTime(row, "the 1,000-function run", Run.Of(CompiledMachine.Compile(Machines.Large(ShutdownPath.Kexec)), accelerate: false));
        SeekTime(row, "the 20-function run", Run.Of(CompiledMachine.Compile(Machines.Busy()), limits: Million, accelerate: false));
    }

    private static void SeekTime(Row row, string name, Run run)
    {
        for (var i = 0; i < Seeks; i++)
        {
            run.At(run.Recording.RawCount * i / Seeks);
        }

        // Anywhere, in no order that would help: multiples of a large prime.
        var times = Measure.Each(Seeks, i => run.At((long)((ulong)(i + 1) * 2_654_435_761UL % (ulong)run.Recording.RawCount)));
        row.Add(
            Text($"seek to any event of {name} ({run.Recording.RawCount:N0} events)"), Text($"{times[Seeks / 2]:0.00} ms, at most {times[^1]:0.00} ms"),
            Against(SeekGoalMs / times[^1], "as fast as the goal of 16 ms"));
    }

    private static void Search(Row row)
    {
        var machine = CompiledMachine.Compile(Machines.Scaled());
        var budget = new SearchBudget(3_000_000, 4_000_000_000, TimeSpan.FromMinutes(5));
        SearchResult result = null!;
        var best = double.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            best = Math.Min(best, Measure.Cpu(() => result = new Explorer(machine, []).Search(budget)));
        }

        row.Add(
            Text($"all orderings, {machine.Functions.Count} functions on {machine.Lines.Count} lines, {machine.CpuCount} CPUs: {result.States:N0} states, {result.Transitions:N0} transitions{(result.Complete ? "" : ", cut off")}"),
            Rate(result.States / best, "states") + ", " + Rate(result.Transitions / best, "transitions"),
            Text($"{(double)result.Bytes / result.States:0} bytes a state, {machine.ControlWords * 8} of them its own"));
    }

    // Wall time, as the goals are for a machine of two processors. Nothing is known of any cluster when a matrix begins.
    private static void Orderings(Row row)
    {
        var policies = ShutdownPolicy.All.Take(6).ToList();
        for (var number = 1; number <= 3; number++)
        {
            Orderings(row, Text($"server {number}"), Imported(Machines.Server(number)), policies, 3);
        }

        const int many = 1_000;
        Orderings(row, "network cards with MSI-X", Imported(Machines.Listing(many, many * 500)), null, 1);
        Orderings(row, "cards of five kinds, old and new on each line", Machines.Large(ShutdownPath.Reboot), null, 1);
    }

    private static void Orderings(Row row, string name, Scenario scenario, IReadOnlyList<ShutdownPolicy>? policies, double goalSeconds)
    {
        var options = new MatrixOptions { Policies = policies ?? [scenario.Boots[0].Policy], Threads = Environment.ProcessorCount };
        MatrixReport report = null!;
        var best = double.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            var clock = Stopwatch.StartNew();
            report = MachineMatrix.Of(scenario, options);
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }

        var verdicts = report.Answers.SelectMany(a => a.Verdicts).Where(v => v.Kind != VerdictKind.NotApplicable).ToList();
        row.Add(
            Text($"all orderings of {name}, {scenario.Functions.Count:N0} functions: {options.Policies!.Count} policies x {options.Paths.Count} paths, {report.Answers.Max(a => a.States):N0} states the most of a cell"),
            Text($"{best:0.00} s; {verdicts.Count(v => v.Kind != VerdictKind.NotFinished)} of {verdicts.Count} verdicts, {verdicts.Count(v => v is { Kind: VerdictKind.NotFinished, Property.IsReachability: true })} of the others about the machine as a whole"),
            Against(goalSeconds / best, Text($"as fast as the goal of {goalSeconds} s")));
    }

    private static Scenario Imported(string listing) => MachineImport.Read(listing).Scenario!;

    private static void Sizes(Row row)
    {
        var machine = CompiledMachine.Compile(Machines.Busy());
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var run = Run.Of(machine, limits: Million, accelerate: false);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        row.Add(
            Text($"memory of that run's {run.Recording.RawCount:N0} events"), Text($"{bytes / 1e6:0.0} MB"),
            Text($"{(double)bytes / run.Recording.RawCount:0} bytes an event, {Unsafe.SizeOf<RecordedEvent>()} of them its entry"));
        row.Add("state of that run", Text($"{machine.TotalWords * 8:N0} bytes"), Against(65_536.0 / (machine.TotalWords * 8), "below the limit of 64 KB"));
        GC.KeepAlive(run);
    }

    private static void Links(Row row)
    {
        const int times = 20;
        const double goalMs = 5;
        const double goalBytes = 2e6;
        var story = new RunDocument(ScenarioPresets.All[0].Scenario) { Seed = 2, View = new RunView { Step = 100 } };
        var machine = new RunDocument(MachineImport.Read(Machines.Listing(20, 40_000)).Scenario!);
        foreach (var (name, document) in new[] { ("the story", story), (Text($"an imported machine of {machine.Scenario.Functions.Count} functions"), machine) })
        {
            var link = ShareLink.TryEncode(document)!;
            var encode = Measure.Shortest(Runs, Many(times, () => ShareLink.TryEncode(document))) / times * 1e3;
            var decode = Measure.Shortest(Runs, Many(times, () => ShareLink.Decode(link))) / times * 1e3;
            row.Add(Text($"link of {name}: {link.Length:N0} characters, made / read"), Text($"{encode:0.00} ms / {decode:0.00} ms"), Against(goalMs / Math.Max(encode, decode), "as fast as the goal of 5 ms"));
        }

        var (slowest, most, worst) = (0.0, 0L, "");
        var count = 0;
        foreach (var (kind, link) in HostileLinks.All())
        {
            var time = Measure.Shortest(Runs, Many(times, () => Refuse(link))) / times * 1e3;
            var before = GC.GetAllocatedBytesForCurrentThread();
            Refuse(link);
            (most, slowest, worst, count) = (Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before), Math.Max(slowest, time), time > slowest ? kind : worst, count + 1);
        }

        row.Add(Text($"hostile links refused, the worst of {count} ({worst})"), Text($"{slowest:0.00} ms, at most {most / 1e6:0.00} MB"),
            Against(goalMs / slowest, "as fast as the goal of 5 ms") + "; " + Against(goalBytes / most, "below the goal of 2 MB"));
    }

    private static void Refuse(string link)
    {
        try
        {
            ShareLink.Decode(link);
        }
        catch (ScenarioException)
        {
            return;
        }

        throw new InvalidOperationException("It was not refused.");
    }

    private static Action Many(int times, Action work) => () =>
    {
        for (var i = 0; i < times; i++)
        {
            work();
        }
    };

    private static string Rate(double perSecond, string what) => Text($"{perSecond / 1e6:0.00} M {what} per CPU-second");

    private static string Milliseconds(double seconds) => Text($"{seconds * 1e3:0.00} ms");

    private static string Against(double ratio, string what) => Text($"{ratio:0.00} x {what}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed class Row(TextWriter to)
    {
        public void Add(string what, string measured, string against) => to.WriteLine($"| {what} | {measured} | {against} |");
    }
}
