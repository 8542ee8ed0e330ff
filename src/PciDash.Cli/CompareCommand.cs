using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;

namespace PciDash.Cli;

/// <summary><c>pcidash compare</c>: two policies or two kernels on one machine, where they part, and what comes of each.</summary>
internal static class CompareCommand
{
    public static Command Create(Streams streams)
    {
        var options = new ScenarioOptions();
        var policies = new Option<string?>("--policies") { Description = "two policies, such as P4,P5" };
        var kernels = new Option<string?>("--kernels") { Description = "two releases, such as 4.1,6.12, each with its own policy" };
        var timeLimit = new TimeLimitOption();
        var json = new Option<bool>("--json") { Description = "as JSON" };
        var command = new Command("compare", "Run a scenario with two policies or two kernels, and say where the runs part and what comes of each.");
        options.AddTo(command);
        command.Add(policies);
        command.Add(kernels);
        timeLimit.AddTo(command);
        command.Add(json);
        command.SetAction(result =>
        {
            var document = options.Read(result, streams);
            var (names, scenarios) = Sides(document.Scenario, result.GetValue(policies), result.GetValue(kernels));
            var limits = timeLimit.Read(result);
            if (document.Choices.Count > 0)
            {
                // They are keyed by the steps of one run, and the other has different ones.
                streams.Error.WriteLine("pcidash: warning: choices: both runs are compared without them, in the order that time gives");
            }

            var runs = scenarios.Select(s => Run.Of(CompiledMachine.Compile(s), document.Seed, [], limits)).ToList();
            streams.Write(result.GetValue(json) ? AsJson(document, names, runs) : AsText(document, names, runs));
            return 0;
        });
        return command;
    }

    private static (string[] Names, Scenario[] Scenarios) Sides(Scenario scenario, string? policies, string? kernels)
    {
        if ((policies is null) == (kernels is null))
        {
            throw new ScenarioException(["compare: one of --policies A,B and --kernels A,B is needed"]);
        }

        var names = (policies ?? kernels)!.Split(',', StringSplitOptions.TrimEntries);
        if (names.Length != 2)
        {
            throw new ScenarioException([string.Create(CultureInfo.InvariantCulture, $"compare: {names.Length} names in '{policies ?? kernels}'; two are needed, such as {(policies is null ? "4.1,6.12" : "P4,P5")}")]);
        }

        return (names, [.. names.Select(n => policies is not null ? scenario.WithPolicy(Policy(n)) : scenario.WithKernel(Kernel(n)))]);
    }

    private static ShutdownPolicy Policy(string id) => ShutdownPolicy.Find(id)
        ?? throw new ScenarioException([$"--policies: unknown policy '{id}'; {string.Join(", ", ShutdownPolicy.All.Select(p => p.Id))} are possible"]);

    private static KernelRelease Kernel(string version) => KernelRelease.Find(version)
        ?? throw new ScenarioException([$"--kernels: unknown kernel '{version}'; {string.Join(", ", KernelRelease.All.Select(k => k.Version))} are possible"]);

    private static string AsText(RunDocument document, string[] names, List<Run> runs)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine($"{document.Scenario.Id}: {names[0]} | {names[1]}");
        var width = Math.Max(names[0].Length, names[1].Length);
        if (Divergence.Of(runs[0], runs[1]) is { } at)
        {
            text.WriteLine(FormattableString.Invariant($"\nThe runs are the same up to event {at.Raw}; then"));
            text.WriteLine($"  {names[0].PadRight(width)}  {Line(runs[0], at.First)}");
            text.WriteLine($"  {names[1].PadRight(width)}  {Line(runs[1], at.Second)}");
        }
        else
        {
            text.WriteLine(runs.Exists(r => r.End is RunEnd.TimeLimit or RunEnd.EventLimit)
                ? "\nThe runs are the same as far as they were followed."
                : "\nThe runs are the same to the end.");
        }

        text.WriteLine("\nWhat comes of each");
        for (var i = 0; i < 2; i++)
        {
            text.WriteLine($"  {names[i].PadRight(width)}  {string.Join("; ", OutcomeWords.Of(runs[i]).Select(o => $"{(o.IsIrq ? "irq " : "")}{o.Subject} {o.Kind}"))}; {RecordingTable.End(runs[i])}");
        }

        return text.ToString();
    }

    private static string Line(Run run, RecordedEvent? e) => e is { } recorded ? $"{new SimTime(recorded.TimeNs),12}  {RecordingTable.Line(run, recorded)}" : RecordingTable.End(run);

    private static string AsJson(RunDocument document, string[] names, List<Run> runs)
    {
        var at = Divergence.Of(runs[0], runs[1]);
        return CheckCommand.Indent(new JsonObject
        {
            ["scenario"] = document.Scenario.Id,
            ["first_difference"] = at?.Raw,
            ["sides"] = new JsonArray([.. names.Select((name, i) => (JsonNode)new JsonObject
            {
                ["name"] = name,
                ["does"] = at is null ? null : Line(runs[i], i == 0 ? at.First : at.Second).Trim(),
                ["outcomes"] = new JsonArray([.. OutcomeWords.Of(runs[i]).Select(o => (JsonNode)new JsonObject
                {
                    [o.IsIrq ? "irq" : "bdf"] = o.Subject, ["kind"] = o.Kind, ["why"] = o.Why >= 0 ? o.Why : null,
                })]),
                ["end"] = RecordingWriter.End(runs[i]),
                ["fingerprint"] = OutcomeFingerprint.Of(runs[i]),
            })]),
        });
    }
}
