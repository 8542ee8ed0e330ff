using System.CommandLine;
using System.Globalization;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;
using PciDash.Scenarios.Comparison;

namespace PciDash.Cli;

/// <summary><c>pcidash compare</c>: two policies, two kernels or two scenarios, where their runs part, and what comes of each.</summary>
internal static class CompareCommand
{
    public static Command Create(Streams streams)
    {
        var options = new ScenarioOptions();
        var policies = new Option<string?>("--policies") { Description = "two policies, such as P4,P5" };
        var kernels = new Option<string?>("--kernels") { Description = "two releases, such as 4.1,6.12, each with its own policy" };
        var with = new Option<string?>("--with") { Description = "another scenario: a preset, a file or a share link" };
        var timeLimit = new TimeLimitOption();
        var json = new Option<bool>("--json") { Description = "as JSON" };
        var command = new Command("compare", "Run a scenario with two policies or two kernels, or beside another scenario, and say where the runs part and what comes of each. A link that is a comparison needs neither.");
        options.AddTo(command);
        command.Add(policies);
        command.Add(kernels);
        command.Add(with);
        timeLimit.AddTo(command);
        command.Add(json);
        command.SetAction(result =>
        {
            var document = options.Read(result, streams);
            var (first, second, names, notice) = Sides(document, result.GetValue(policies), result.GetValue(kernels), result.GetValue(with), streams);
            var limits = timeLimit.Read(result);
            if (notice is not null)
            {
                streams.Error.WriteLine("pcidash: warning: " + notice);
            }

            var (a, b) = (RunOf(first, limits), RunOf(second, limits));
            var report = names is [var one, var other] ? CompareReport.Named(new(one, first, a), new(other, second, b)) : CompareReport.Of((first, a), (second, b));
            streams.Write(result.GetValue(json) ? CheckCommand.Indent(CompareText.ToJson(report)) : CompareText.Plain(report));
            return 0;
        });
        return command;
    }

    private static (RunDocument First, RunDocument Second, string[] Names, string? Notice) Sides(RunDocument document, string? policies, string? kernels, string? with, Streams streams)
    {
        var asked = new[] { policies, kernels, with }.Count(o => o is not null);
        if (asked == 0 && ComparePartner.Pair(document) is { } linked)
        {
            return (linked.First, linked.Second, [], linked.Notice);
        }

        if (asked != 1)
        {
            throw new ScenarioException(["compare: one of --policies A,B and --kernels A,B and --with SCENARIO is needed"]);
        }

        if (with is not null)
        {
            var other = ComparePartner.Pair(document, RunDocument.Parse(ScenarioSource.Read(with, streams.Input)));
            return (other.First, other.Second, [], other.Notice);
        }

        var names = (policies ?? kernels)!.Split(',', StringSplitOptions.TrimEntries);
        if (names.Length != 2)
        {
            throw new ScenarioException([string.Create(CultureInfo.InvariantCulture, $"compare: {names.Length} names in '{policies ?? kernels}'; two are needed, such as {(policies is null ? "4.1,6.12" : "P4,P5")}")]);
        }

        // Choices are keyed by the steps of one run, and neither of these is that run.
        var plain = document with { Choices = [] };
        var sides = names.Select(n => plain with { Scenario = policies is not null ? document.Scenario.WithPolicy(Policy(n)) : document.Scenario.WithKernel(Kernel(n)) }).ToList();
        return (sides[0], sides[1], names, document.Choices.Count > 0 ? "choices: both runs are compared without them, in the order that time gives" : null);
    }

    private static Run RunOf(RunDocument document, RunLimits limits)
    {
        var machine = CompiledMachine.Compile(document.Scenario);
        return Run.Of(machine, document.Seed, document.ResolveChoices(machine, out _), limits);
    }

    private static ShutdownPolicy Policy(string id) => ShutdownPolicy.Find(id)
        ?? throw new ScenarioException([$"--policies: unknown policy '{id}'; {string.Join(", ", ShutdownPolicy.All.Select(p => p.Id))} are possible"]);

    private static KernelRelease Kernel(string version) => KernelRelease.Find(version)
        ?? throw new ScenarioException([$"--kernels: unknown kernel '{version}'; {string.Join(", ", KernelRelease.All.Select(k => k.Version))} are possible"]);
}
