using System.CommandLine;
using PciDash.Scenarios.Matrix;

namespace PciDash.Cli;

/// <summary><c>pcidash sweep</c>: one machine and path over all releases, and where what happens changes.</summary>
internal static class SweepCommand
{
    public static Command Create(Streams streams)
    {
        var options = new ScenarioOptions();
        var budget = new SearchOptions();
        var runsOnly = new Option<bool>("--runs-only") { Description = "compare what one seeded run of each does, without the search over all orderings" };
        var threads = new Option<int?>("--threads") { Description = "releases at once; without it as many as there are processors" };
        var json = new Option<bool>("--json") { Description = "as JSON, with every release" };
        var command = new Command("sweep", "Run a machine under every kernel release, and say between which of them what happens changes, and by which commits.");
        options.AddTo(command);
        budget.AddTo(command);
        command.Add(runsOnly);
        command.Add(threads);
        command.Add(json);
        command.SetAction(result =>
        {
            var document = options.Read(result, streams);
            SearchOptions.WarnOfChoices(document, streams);
            var asked = new MatrixOptions();
            asked = asked with { Budget = budget.Read(result, asked.Budget), Seed = document.Seed, Threads = SearchOptions.Threads(result.GetValue(threads)) };
            var report = KernelSweep.Of(document.Scenario, asked, result.GetValue(runsOnly) ? [] : budget.Properties(result));
            streams.Write(result.GetValue(json) ? CheckCommand.Indent(SweepText.Json(report)) : SweepText.Plain(report));
            return 0;
        });
        return command;
    }
}
