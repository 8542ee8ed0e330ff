using System.CommandLine;
using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Matrix;

namespace PciDash.Cli;

/// <summary>
/// <c>pcidash matrix</c>: verdicts for each policy on each path. 0 if every property holds in every cell, 1 if one is violated somewhere,
/// 2 if a search could not be finished.
/// </summary>
internal static class MatrixCommand
{
    private const int Violated = 1;

    private static readonly string[] Behaviours = ["as-given", "silenced"];

    public static Command Create(Streams streams)
    {
        var options = new ScenarioOptions();
        var policies = new Option<string?>("--policies") { Description = "such as P4,P5,EB-1; without it all, the scenario's own as well" };
        var paths = new Option<string?>("--paths") { Description = "of reboot,poweroff,kexec,kdump; without it all" };
        var kernels = new Option<string?>("--kernels") { Description = "releases, such as 4.1,6.12: a table for each; without it the scenario's own" };
        var drivers = new Option<string?>("--drivers") { Description = "of as-given,silenced: also with drivers that silence their device and free its irqs" };
        var budget = new SearchOptions();
        var threads = new Option<int?>("--threads") { Description = "cells at once; without it as many as there are processors" };
        var json = new Option<bool>("--json") { Description = "as JSON, each cell with a link" };
        var command = new Command("matrix", "Try all orderings of a machine under each shutdown policy on each path.");
        options.AddTo(command);
        command.Add(policies);
        command.Add(paths);
        command.Add(kernels);
        command.Add(drivers);
        budget.AddTo(command);
        command.Add(threads);
        command.Add(json);
        command.SetAction(result =>
        {
            var document = options.Read(result, streams);
            SearchOptions.WarnOfChoices(document, streams);
            var asked = new MatrixOptions();
            asked = asked with
            {
                Policies = result.GetValue(policies) is { } p ? [.. Split(p).Select(id => Policy(id, document.Scenario))] : null,
                Paths = result.GetValue(paths) is { } q ? [.. Split(q).Select(Path)] : asked.Paths,
                Kernels = result.GetValue(kernels) is { } k ? [.. Split(k).Select(Kernel)] : null,
                Drivers = result.GetValue(drivers) is { } d ? [.. Split(d).Select(Behaviour)] : asked.Drivers,
                Budget = budget.Read(result, asked.Budget),
                Seed = document.Seed,
                Threads = SearchOptions.Threads(result.GetValue(threads)),
            };
            var report = MachineMatrix.Of(document.Scenario, asked, budget.Properties(result));
            streams.Write(result.GetValue(json) ? CheckCommand.Indent(MatrixText.Json(report)) : MatrixText.Plain(report));
            return ExitCode(report, streams);
        });
        return command;
    }

    private static int ExitCode(MatrixReport report, Streams streams)
    {
        var verdicts = report.Answers.SelectMany(a => a.Verdicts).ToList();
        if (verdicts.Exists(v => v.Kind is VerdictKind.Violated or VerdictKind.ViolatedOnlyIf || v.SeenInRun))
        {
            return Violated;
        }

        var open = report.Answers.Count(a => a.Failure.Length > 0 || a.Verdicts.Any(v => v.Kind == VerdictKind.NotFinished));
        if (open > 0)
        {
            streams.Error.WriteLine($"pcidash: {open} of {report.Answers.Count} cells: not finished; more --states or --seconds, or a smaller machine, may finish them");
            return CommandLineApp.Error;
        }

        return 0;
    }

    internal static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static ShutdownPolicy Policy(string id, Scenario scenario) =>
        MatrixOptions.PoliciesFor(scenario).FirstOrDefault(p => string.Equals(p.Id, id, StringComparison.OrdinalIgnoreCase))
        ?? throw new ScenarioException([$"--policies: unknown policy '{id}'; {string.Join(", ", MatrixOptions.PoliciesFor(scenario).Select(p => p.Id))} are possible"]);

    private static ShutdownPath Path(string path) =>
        new MatrixOptions().Paths.Cast<ShutdownPath?>().FirstOrDefault(p => string.Equals(p.ToString(), path, StringComparison.OrdinalIgnoreCase))
        ?? throw new ScenarioException([$"--paths: unknown path '{path}'; reboot, poweroff, kexec, kdump are possible"]);

    private static KernelRelease Kernel(string version) => KernelRelease.Find(version)
        ?? throw new ScenarioException([$"--kernels: unknown kernel '{version}'; {string.Join(", ", KernelRelease.All.Select(k => k.Version))} are possible"]);

    private static MatrixDrivers Behaviour(string word) => Array.IndexOf(Behaviours, word) is >= 0 and var at ? (MatrixDrivers)at
        : throw new ScenarioException([$"--drivers '{word}': {string.Join(", ", Behaviours)} are possible"]);
}
