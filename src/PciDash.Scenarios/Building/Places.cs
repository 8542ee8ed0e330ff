using System.Globalization;
using System.Text.RegularExpressions;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Building;

/// <summary>What is wrong with a machine, and where.</summary>
/// <param name="Functions">The functions concerned; none = the machine as a whole.</param>
/// <param name="Text">What is wrong and what would be right.</param>
public sealed record MachineProblem(IReadOnlyList<Bdf> Functions, string Text);

/// <summary>From the lines in which the reader and the engine tell what is wrong to the place where a page shows them.</summary>
public static partial class Places
{
    /// <summary>Everything that keeps a machine from being run; none for an empty one, which has nothing to be wrong.</summary>
    public static IReadOnlyList<MachineProblem> ProblemsOf(Scenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        if (scenario.Functions.Count == 0)
        {
            return [];
        }

        try
        {
            _ = CompiledMachine.Compile(scenario);
            return [];
        }
        catch (ScenarioException e)
        {
            return [.. e.Problems.Select(p => Of(scenario, p))];
        }
    }

    /// <summary>One problem with its place.</summary>
    internal static MachineProblem Of(Scenario scenario, string problem)
    {
        var text = InWords(scenario, problem);
        var known = scenario.Functions.Select(f => f.Bdf).ToHashSet();
        var own = Address().Match(text) is { Success: true, Index: 0 } first && text.AsSpan(first.Length).StartsWith(": ") ? first.Value : null;
        var places = (own is not null ? [own] : Address().Matches(text).Select(m => m.Value)).Select(m => Bdf.TryParse(m, out var at) ? at : default).Where(known.Contains);
        return new MachineProblem([.. places.Distinct()], own is null ? text : text[(own.Length + 2)..]);
    }

    /// <summary>Problems as sentences, with addresses instead of places in a list; that of the function at which they are told is left out.</summary>
    internal static string InWords(Scenario scenario, IReadOnlyList<string> problems, Bdf? told)
    {
        var own = told is { } at ? $"{at}: " : "";
        return string.Join(" ", problems.Take(3).Select(p => InWords(scenario, p) + ".").Select(w => own.Length > 0 && w.StartsWith(own, StringComparison.Ordinal) ? w[own.Length..] : w));
    }

    // functions[3].overrides.pin: … → the address of the fourth function in the order of a file; the member is where it is shown.
    private static string InWords(Scenario scenario, string problem) => Member().Replace(problem, m =>
    {
        var at = scenario.Functions.Select(f => f.Bdf).Order().ElementAtOrDefault(int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));
        return $"{at}: ";
    });

    [GeneratedRegex(@"[0-9a-f]{2}:[01][0-9a-f]\.[0-7]", RegexOptions.CultureInvariant)]
    private static partial Regex Address();

    [GeneratedRegex(@"^functions\[(\d+)\][^:]*: ", RegexOptions.CultureInvariant)]
    private static partial Regex Member();
}
