using System.CommandLine;
using System.Globalization;
using System.Text;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;

namespace PciDash.Cli;

/// <summary><c>pcidash run</c>: one timed run, written out.</summary>
internal static class RunCommand
{
    public static Command Create(Streams streams)
    {
        var options = new ScenarioOptions();
        var format = new Option<string>("--format") { Description = "text, jsonl, csv, vcd (waveform viewers) or perfetto (ui.perfetto.dev)", DefaultValueFactory = _ => "text" };
        var timeLimit = new TimeLimitOption();
        var command = new Command("run", "Run a scenario and write what happens.");
        options.AddTo(command);
        command.Add(format);
        timeLimit.AddTo(command);
        command.SetAction(result => Run(options.Read(result, streams), result.GetRequiredValue(format), timeLimit.Read(result), streams));
        return command;
    }

    private static int Run(RunDocument document, string format, RunLimits limits, Streams streams)
    {
        if (format is not ("text" or "jsonl" or "csv" or "vcd" or "perfetto"))
        {
            throw new ScenarioException([$"--format '{format}': text, jsonl, csv, vcd, perfetto are possible"]);
        }

        var run = Of(document, limits, streams);
        var outcomes = OutcomeWords.Of(run);
        using var writer = new StreamWriter(streams.Output, new UTF8Encoding(false), 1 << 16, leaveOpen: true);
        switch (format)
        {
            case "jsonl":
                RecordingWriter.WriteJsonLines(run, streams.Output, outcomes);
                break;
            case "csv":
                RecordingWriter.WriteCsv(run, writer, outcomes);
                break;
            case "vcd":
                VcdWriter.Write(run, writer);
                break;
            case "perfetto":
                PerfettoWriter.Write(run, streams.Output);
                break;
            default:
                RecordingTable.Write(run, writer, outcomes);
                break;
        }

        return 0;
    }

    /// <summary>The run of a document; a choice that it could not follow is told.</summary>
    public static Run Of(RunDocument document, RunLimits limits, Streams streams)
    {
        var machine = CompiledMachine.Compile(document.Scenario);
        var choices = document.ResolveChoices(machine, out var unknown);
        var run = Engine.Simulation.Run.Of(machine, document.Seed, choices, limits);
        if (unknown is not null)
        {
            streams.Error.WriteLine($"pcidash: warning: choices: this machine has no action '{unknown.Action}'; the run follows the choices before it");
        }

        if (run.RefusedChoice is { } refused)
        {
            streams.Error.WriteLine($"pcidash: warning: choices: '{ActionNames.Of(machine, refused.Action)}' could not happen at step {refused.Step}; time went its own way there");
        }

        if (run.End == RunEnd.EventLimit)
        {
            streams.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"pcidash: warning: the run was stopped at {new SimTime(run.EndNs)}, after {run.Recording.Count:N0} recorded events and {run.SingleSteps:N0} steps, and what would come later is missing: at most {limits.Events:N0} and {limits.Steps:N0} are possible; fewer or slower events, or shorter waits, would fit"));
        }

        return run;
    }
}
