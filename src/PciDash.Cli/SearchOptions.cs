using System.CommandLine;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Scenarios;

namespace PciDash.Cli;

/// <summary>How much each of several searches may use.</summary>
internal sealed class SearchOptions
{
    private const int MostThreads = 64;

    private readonly Option<int?> states = new("--states") { Description = "most states that each search visits, 1 to 100,000,000; without it 400,000" };
    private readonly Option<int?> seconds = new("--seconds") { Description = "longest time of each search, 1 to 86,400; without it 5" };

    private readonly Option<string[]> property = new("--property") { Description = "only this one, as check has it; may be repeated" };

    public void AddTo(Command command)
    {
        command.Add(property);
        AddBudgetTo(command);
    }

    /// <summary>Without the choice of properties.</summary>
    public void AddBudgetTo(Command command)
    {
        command.Add(states);
        command.Add(seconds);
    }

    /// <summary>The budget of a search.</summary>
    /// <exception cref="ScenarioException">A number is out of range.</exception>
    public SearchBudget Read(ParseResult result, SearchBudget usual) => usual with
    {
        States = Within("--states", result.GetValue(states), 100_000_000) ?? usual.States,
        Bytes = result.GetValue(states) is null ? usual.Bytes : SearchBudget.Default.Bytes,
        Time = Within("--seconds", result.GetValue(seconds), 86_400) is { } s ? TimeSpan.FromSeconds(s) : usual.Time,
    };

    /// <summary>The properties that are asked; all if none is named.</summary>
    /// <exception cref="ScenarioException">There is no such property.</exception>
    public IReadOnlyList<Property> Properties(ParseResult result) => CheckCommand.Asked(result.GetValue(property) ?? []);

    /// <summary>How many work at once.</summary>
    /// <exception cref="ScenarioException">It is out of range.</exception>
    public static int Threads(int? given) => Within("--threads", given, MostThreads) ?? Math.Min(MostThreads, Environment.ProcessorCount);

    /// <summary>A search tries all orderings, so the choices of a run are not used.</summary>
    public static void WarnOfChoices(RunDocument document, Streams streams)
    {
        if (document.Choices.Count > 0)
        {
            streams.Error.WriteLine("pcidash: warning: choices: not used; every ordering is tried, and a seeded run goes as time has it");
        }
    }

    private static int? Within(string option, int? given, int most) => given is null or >= 1 && !(given > most) ? given
        : throw new ScenarioException([FormattableString.Invariant($"{option} {given}: 1 to {most} are possible")]);
}
