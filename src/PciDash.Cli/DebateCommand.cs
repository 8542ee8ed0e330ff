using System.CommandLine;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Debate;

namespace PciDash.Cli;

/// <summary><c>pcidash debate</c>: the claims of the mails of May 2015, with what is true of each over all orderings.</summary>
internal static class DebateCommand
{
    public static Command Create(Streams streams)
    {
        var id = new Argument<string?>("CLAIM") { Description = "only this one", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "as JSON, with a link for each run that shows something" };
        var command = new Command("debate", "Say of each claim of the mails of May 2015 for which machines it is true.");
        command.Add(id);
        command.Add(json);
        command.SetAction(result =>
        {
            var claims = result.GetValue(id) is { } only
                ? [Claims.Find(only) ?? throw new ScenarioException([$"CLAIM '{only}': {string.Join(", ", Claims.All.Select(c => c.Id))} are possible"])]
                : Claims.All;
            var results = DebateRun.Compute(claims);
            streams.Write(result.GetValue(json) ? CheckCommand.Indent(DebateText.Json(results)) : DebateText.Plain(results));
            return 0;
        });
        return command;
    }
}
