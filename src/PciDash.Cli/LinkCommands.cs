using System.CommandLine;
using PciDash.Engine.Machine;
using PciDash.Scenarios;

namespace PciDash.Cli;

/// <summary><c>pcidash link</c>, <c>open</c> and <c>schema</c>: documents from one form to another.</summary>
internal static class LinkCommands
{
    public static Command Link(Streams streams)
    {
        var options = new ScenarioOptions();
        var command = new Command("link", "Write the share link of a scenario.");
        options.AddTo(command);
        command.SetAction(result =>
        {
            var run = options.Read(result, streams);

            // A link to something that cannot be run helps nobody.
            CompiledMachine.Compile(run.Scenario);
            var link = ShareLink.TryEncode(run)
                ?? throw new ScenarioException([$"the link would be longer than {ShareLink.MaxLength} characters; send the scenario file instead"]);
            streams.Write(link + "\n");
            return 0;
        });
        return command;
    }

    public static Command Open(Streams streams)
    {
        var options = new ScenarioOptions();
        var command = new Command("open", "Write a scenario or a run as a file: a share link, a preset, or either with changes.");
        options.AddTo(command);
        command.SetAction(result =>
        {
            streams.Write(options.Read(result, streams).Write());
            return 0;
        });
        return command;
    }

    public static Command Schema(Streams streams)
    {
        var of = new Argument<string>("OF") { Description = "scenario or recording", DefaultValueFactory = _ => "scenario" };
        of.AcceptOnlyFromAmong("scenario", "recording");
        var command = new Command("schema", "Write the JSON Schema of scenario files, or of a recording's lines.") { of };
        command.SetAction(result =>
        {
            streams.Write(result.GetValue(of) == "recording" ? RecordingSchema.Text : ScenarioSchema.Text);
            return 0;
        });
        return command;
    }
}
