using System.CommandLine;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Reports;

namespace PciDash.Cli;

/// <summary><c>pcidash report</c>: what happens, for people.</summary>
internal static class ReportCommand
{
    private static readonly SearchBudget Usual = new(2_000_000, 500_000_000, TimeSpan.FromSeconds(20));

    public static Command Create(Streams streams)
    {
        var options = new ScenarioOptions();
        var format = new Option<string>("--format") { Description = "text (72 columns of ASCII, for a mailing list) or markdown", DefaultValueFactory = _ => "text" };
        var check = new Option<bool>("--check") { Description = "try all orderings too (at most 2,000,000 states, 20 s), and show the shortest counterexample" };
        var address = new Option<string>("--address") { Description = "what goes before links, such as https://example.org", DefaultValueFactory = _ => "" };
        var timeLimit = new TimeLimitOption();
        var command = new Command("report", "Write what happens as a report: machine, outcomes, key events or counterexample, link.");
        options.AddTo(command);
        command.Add(format);
        command.Add(check);
        command.Add(address);
        timeLimit.AddTo(command);
        command.SetAction(result =>
        {
            var asked = result.GetRequiredValue(format);
            if (asked is not ("text" or "markdown"))
            {
                throw new ScenarioException([$"--format '{asked}': text, markdown are possible"]);
            }

            var base_ = result.GetRequiredValue(address).TrimEnd('/');
            if (base_.Length > 0 && !(Uri.TryCreate(base_, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            {
                throw new ScenarioException([$"--address '{base_}': an address such as https://example.org is needed"]);
            }

            var document = options.Read(result, streams);
            var run = RunCommand.Of(document, timeLimit.Read(result), streams);
            var found = result.GetValue(check) ? MachineSearch.Of(run.Machine, Property.All, Usual, () => run) : null;
            var report = new RunReport(document, run, found, base_);
            streams.Write(asked == "text" ? report.Plain() : report.Markdown());
            return 0;
        });
        return command;
    }
}
