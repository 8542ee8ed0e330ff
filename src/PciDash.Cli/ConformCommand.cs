using System.CommandLine;
using PciDash.Scenarios.Conformance;

namespace PciDash.Cli;

/// <summary><c>pcidash conform DIR</c>: does the model explain a recording of a real kernel?</summary>
internal static class ConformCommand
{
    public static Command Create(Streams streams)
    {
        var folder = new Argument<string>("DIR") { Description = "folder of one recording: events.jsonl, kexec-window.log or a kit's trace.gz, and what lies beside it" };
        var json = new Option<bool>("--json") { Description = "as JSON" };
        var command = new Command("conform", "Say whether the model explains a recording of a real kernel: exit 0 if it does, 1 if not, 2 if no scenario can be derived.")
        {
            folder, json,
        };
        command.SetAction(result =>
        {
            var report = ConformanceReport.Of(result.GetValue(folder)!);
            streams.Write(result.GetValue(json) ? report.Json : report.Text);
            if (report.ExitCode == CommandLineApp.Error)
            {
                streams.Error.WriteLine("pcidash: " + report.Summary);
            }

            return report.ExitCode;
        });
        return command;
    }
}
