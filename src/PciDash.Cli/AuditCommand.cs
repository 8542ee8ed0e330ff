using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Audit;
using PciDash.Scenarios.Import;
using PciDash.Scenarios.Matrix;

namespace PciDash.Cli;

/// <summary><c>pcidash audit</c>: what a machine does on each path under several kernels, worst first; or a whole folder of machines.</summary>
internal static class AuditCommand
{
    private static readonly TimeSpan BetweenProgress = TimeSpan.FromSeconds(2);

    private static readonly string[] Formats = ["text", "json", "markdown"];

    public static Command Create(Streams streams)
    {
        var what = new Argument<string>("FILE|DIR") { Description = "what a machine printed (see import), a preset, a scenario file, a link or -; a folder has one machine a file" };
        var kernels = new Option<string?>("--kernels") { Description = "releases, such as 4.1,6.12; without it the machine's own, 4.1, 6.1 and the newest" };
        var paths = new Option<string?>("--paths") { Description = "of reboot,poweroff,kexec,kdump; without it all" };
        var runs = new Option<int?>("--runs") { Description = "seeded runs of each kernel and path; without it 4, or 1 for each machine of a folder" };
        var format = new Option<string?>("--format") { Description = "text, json or markdown; a folder's json has one machine a line, the summary last" };
        var noFixes = new Option<bool>("--no-fixes") { Description = "do not try what would help (a folder: never tried, unless --fixes)" };
        var fixes = new Option<bool>("--fixes") { Description = "try for each machine of a folder what would help" };
        var threads = new Option<int?>("--threads") { Description = "machines or kernels at once; without it as many as there are processors" };
        var orderings = new Option<bool>("--orderings") { Description = "also try every order of events: what holds in all of them; clusters that look alike are searched once for a folder" };
        var search = new SearchOptions();
        var command = new Command("audit", "Run a machine on every path under several kernels, and say what was seen, why, and what would help.");
        command.Add(what);
        command.Add(kernels);
        command.Add(paths);
        command.Add(runs);
        command.Add(format);
        command.Add(fixes);
        command.Add(noFixes);
        command.Add(threads);
        command.Add(orderings);
        search.AddBudgetTo(command);
        command.SetAction(result =>
        {
            var name = result.GetRequiredValue(what);
            var isFolder = name != "-" && Directory.Exists(name);
            var options = new AuditOptions
            {
                Kernels = result.GetValue(kernels) is { } k ? [.. Split(k).Select(Kernel)] : null,
                Paths = result.GetValue(paths) is { } p ? [.. Split(p).Select(Path)] : new AuditOptions().Paths,
                Runs = Within("--runs", result.GetValue(runs) ?? (isFolder ? 1 : new AuditOptions().Runs), AuditOptions.MostRuns),
                Fixes = isFolder ? result.GetValue(fixes) : !result.GetValue(noFixes),
                Threads = Within("--threads", result.GetValue(threads) ?? Math.Min(64, Environment.ProcessorCount), 64),
            };
            var as_ = result.GetValue(format) ?? "text";
            if (!Formats.Contains(as_))
            {
                throw new ScenarioException([$"--format '{as_}': {string.Join(", ", Formats)} are possible"]);
            }

            SearchBudget? budget = result.GetValue(orderings) ? search.Read(result, new MatrixOptions().Budget) : null;
            return isFolder ? Fleet(name, options, as_, budget, streams) : One(name, options, as_, budget, streams);
        });
        return command;
    }

    private static int One(string name, AuditOptions options, string format, SearchBudget? budget, Streams streams)
    {
        var report = MachineAudit.Of(Read(name, streams), options);
        var orderings = budget is { } most ? AuditOrderings.Of(report.Scenario, report.Cells, most, options.Threads) : null;
        var called = ShareLink.IsLink(name) ? report.Scenario.Id : name == "-" ? "standard input" : System.IO.Path.GetFileName(name);
        streams.Write(format switch
        {
            "json" => CheckCommand.Indent(WithOrderings(AuditText.Json(report, called), orderings)),
            "markdown" => AuditText.Markdown(report, called) + (orderings is null ? "" : "\n## All orderings\n\n```\n" + MatrixText.ByKernels(orderings) + "```\n"),
            _ => AuditText.Plain(report, called) + (orderings is null ? "" : "\nAll orderings\n\n" + MatrixText.ByKernels(orderings)),
        });
        return 0;
    }

    private static JsonObject WithOrderings(JsonObject json, MatrixReport? orderings)
    {
        if (orderings is not null)
        {
            json["orderings"] = MatrixText.Json(orderings);
        }

        return json;
    }

    private static Scenario Read(string name, Streams streams)
    {
        if (ShareLink.IsLink(name))
        {
            return ShareLink.Decode(name).Scenario;
        }

        if (ScenarioPresets.Find(name) is { } preset)
        {
            return preset.Scenario;
        }

        var file = ImportCommand.Open(name, streams.Input);
        if (file.Bytes.Span.TrimStart(" \t\r\n"u8) is not [(byte)'{', ..])
        {
            var machine = MachineImport.Read([file]);
            foreach (var note in machine.Notes.Where(n => machine.Scenario is not null))
            {
                streams.Error.WriteLine(note.ToString());
            }
        }

        return FleetAudit.Machine(file.Name, file.Bytes);
    }

    private static int Fleet(string folder, AuditOptions options, string format, SearchBudget? budget, Streams streams)
    {
        var files = Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).Order(StringComparer.Ordinal).ToList();
        if (files.Count == 0)
        {
            throw new ScenarioException([$"DIR '{folder}': it has no files; one machine a file is needed"]);
        }

        var summary = new FleetSummary();
        var sinceTold = Stopwatch.StartNew();
        var done = 0;
        foreach (var machine in FleetAudit.Of(files.Select(f => (System.IO.Path.GetRelativePath(folder, f), new Func<ReadOnlyMemory<byte>>(() => ImportCommand.ReadFile(f)))), options, budget))
        {
            summary.Add(machine);
            done++;
            if (sinceTold.Elapsed > BetweenProgress)
            {
                sinceTold.Restart();
                streams.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done} of {files.Count} machines"));
            }

            if (format == "text")
            {
                streams.Write(FleetText.Line(machine) + "\n");
            }
            else if (format == "json")
            {
                streams.Write((machine.Report is { } report ? WithOrderings(AuditText.Json(report, machine.Name), machine.Orderings)
                    : new JsonObject { ["machine"] = machine.Name, ["failure"] = machine.Failure }).ToJsonString() + "\n");
            }
        }

        streams.Write(format switch
        {
            "json" => new JsonObject { ["summary"] = FleetText.Json(summary) }.ToJsonString() + "\n",
            "markdown" => FleetText.Markdown(summary),
            _ => "\n" + FleetText.Plain(summary),
        });
        return summary.Machines == 0 ? throw new ScenarioException([$"DIR '{folder}': none of its {files.Count} files gives a machine; {summary.Failures[0].First[0]}: {summary.Failures[0].Why}"]) : 0;
    }

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static KernelRelease Kernel(string version) => KernelRelease.Find(version)
        ?? throw new ScenarioException([$"--kernels: unknown kernel '{version}'; {string.Join(", ", KernelRelease.All.Select(k => k.Version))} are possible"]);

    private static ShutdownPath Path(string path) => new AuditOptions().Paths.Cast<ShutdownPath?>().FirstOrDefault(p => string.Equals(p.ToString(), path, StringComparison.OrdinalIgnoreCase))
        ?? throw new ScenarioException([$"--paths: unknown path '{path}'; reboot, poweroff, kexec, kdump are possible"]);

    private static int Within(string option, int given, int most) => given >= 1 && given <= most ? given
        : throw new ScenarioException([string.Create(CultureInfo.InvariantCulture, $"{option} {given}: 1 to {most} are possible")]);
}
