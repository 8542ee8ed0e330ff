using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Matrix;
using PciDash.Scenarios.Reports;

namespace PciDash.Cli;

/// <summary><c>pcidash check</c>: all orderings. 0 if every property holds, 1 if one is violated, 2 if the search could not be finished.</summary>
internal static class CheckCommand
{
    private const int Violated = 1;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(Streams streams)
    {
        var options = new ScenarioOptions();
        var properties = new Option<string[]>("--property") { Description = "check only this one; may be repeated: " + Names() + "; or your own, such as \"never line 21 disabled while 00:01.0 active\"" };
        var states = new Option<int?>("--states") { Description = "most states that are visited, 1 to 100,000,000" };
        var seconds = new Option<int?>("--seconds") { Description = "longest time, 1 to 86,400" };
        var threads = new Option<int?>("--threads") { Description = "threads of a large search; without it as many as there are processors. What is found does not depend on them" };
        var nearest = new Option<bool>("--nearest") { Description = "how close it came, of what holds: the state nearest to a violation, with a run that shows it" };
        var reduced = new Option<bool>("--reduced") { Description = "take steps that nobody else sees alone: fewer states, but perhaps not the shortest way; not where can-end or your own property is asked" };
        var json = new Option<bool>("--json") { Description = "verdicts as JSON" };
        var command = new Command("check", "Try all orderings of a scenario and say which properties hold.");
        options.AddTo(command);
        command.Add(properties);
        command.Add(states);
        command.Add(seconds);
        command.Add(threads);
        command.Add(nearest);
        command.Add(reduced);
        command.Add(json);
        command.SetAction(result =>
        {
            var document = options.Read(result, streams);
            var budget = Budget(result.GetValue(states), result.GetValue(seconds)) with { Threads = SearchOptions.Threads(result.GetValue(threads)) };
            var machine = CompiledMachine.Compile(document.Scenario);
            var found = MachineSearch.Of(
                machine, Asked(result.GetValue(properties) ?? []), budget, () => Engine.Simulation.Run.Of(machine, document.Seed, limits: MachineMatrix.SeededLimits(machine)),
                extras: new SearchExtras(result.GetValue(nearest), result.GetValue(reduced)));
            streams.Write(result.GetValue(json) ? Indent(VerdictJson.Of(document, machine, found)) : AsText(document, machine, found));
            return ExitCode(found, streams);
        });
        return command;
    }

    internal static string Indent(JsonNode json) => json.ToJsonString(Indented) + "\n";

    private static string Names() => string.Join(", ", Property.All.Select(p => p.Id));

    internal static IReadOnlyList<Property> Asked(string[] ids) => ids.Length == 0 ? Property.All
        : [.. ids.Select(id => Property.Find(id) ?? (id.Contains(' ', StringComparison.Ordinal) ? PropertyText.Parse(id)
            : throw new ScenarioException([$"--property '{id}': {Names()} are possible, or your own: never or always and what"])))];

    private static SearchBudget Budget(int? states, int? seconds)
    {
        if (states is < 1 or > 100_000_000)
        {
            throw new ScenarioException([FormattableString.Invariant($"--states {states}: 1 to 100000000 are possible")]);
        }

        if (seconds is < 1 or > 86_400)
        {
            throw new ScenarioException([FormattableString.Invariant($"--seconds {seconds}: 1 to 86400 are possible")]);
        }

        var budget = SearchBudget.Default;
        return budget with { States = states ?? budget.States, Time = seconds is { } s ? TimeSpan.FromSeconds(s) : budget.Time };
    }

    private static int ExitCode(SearchResult found, Streams streams)
    {
        if (found.Verdicts.Any(v => v.Kind is VerdictKind.Violated or VerdictKind.ViolatedOnlyIf))
        {
            return Violated;
        }

        if (found.Verdicts.FirstOrDefault(v => v.Kind == VerdictKind.NotFinished) is { } open)
        {
            streams.Error.WriteLine($"pcidash: {open.Property.Id}: not finished. {(found.Advice.Length > 0 ? found.Advice : "More --states or --seconds, or a smaller machine, may finish it.")}");
            return CommandLineApp.Error;
        }

        return 0;
    }

    private static string AsText(RunDocument document, CompiledMachine machine, SearchResult found)
    {
        using var text = new StringWriter(System.Globalization.CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine(FormattableString.Invariant(
            $"{document.Scenario.Id}: {found.States:N0} states, {found.Transitions:N0} transitions, {(found.Complete ? "complete" : found.Bound.Length > 0 ? "stopped at " + found.Bound : "every property was decided before the end")}{(found.IsReduced ? "; reduced by steps that nobody else sees" : "")}"));
        foreach (var verdict in found.Verdicts)
        {
            text.WriteLine();
            text.WriteLine($"{verdict.Property.Id}: {VerdictJson.Word(verdict.Kind)}");
            text.WriteLine($"  {verdict.Property.Statement}");
            text.WriteLine($"  {verdict.Explanation}");
            if (verdict.Nearest is { } near)
            {
                text.WriteLine($"  How close it came: {near.Explanation}");
                if (VerdictJson.LinkOf(document, machine, near) is { } run)
                {
                    text.WriteLine(FormattableString.Invariant($"  As a timed run ({near.Choices.Count} choices), event {near.At}: {run}"));
                }
            }

            if (verdict.Path.Count == 0)
            {
                continue;
            }

            text.WriteLine(FormattableString.Invariant($"  {(found.IsReduced ? "A way there" : "The shortest way there")}, {verdict.Path.Count} actions:"));
            foreach (var line in PathTable.Of(machine, verdict.Path))
            {
                text.WriteLine("    " + line);
            }

            if (VerdictJson.LinkOf(document, machine, verdict) is { } link)
            {
                text.WriteLine(FormattableString.Invariant($"  As a timed run ({verdict.Choices.Count} choices), event {verdict.ViolatedAt}: {link}"));
            }
        }

        return text.ToString();
    }
}
