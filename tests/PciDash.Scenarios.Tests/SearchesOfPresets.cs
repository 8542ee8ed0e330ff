using System.Globalization;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Tests;

/// <summary>The searches of a preset say the same however they are made: on one thread or on several, reduced or not.</summary>
public class SearchesOfPresets
{
    private static readonly SearchBudget Budget = new(40_000, 200_000_000, TimeSpan.FromMinutes(1));

    private static readonly IReadOnlyList<Property> Asked = [.. Property.All.Where(p => !p.IsReachability)];

    // By themselves several threads take part from some size on only.
    [Fact]
    public void On_several_threads_and_on_one()
    {
        var states = 0L;
        foreach (var preset in ScenarioPresets.All)
        {
            var m = CompiledMachine.Compile(preset.Scenario);
            var (alone, together) = (Result(m, Budget with { Threads = 1 }), Result(m, Budget with { Threads = 3 }));
            Assert.Equal((alone.States, alone.Transitions, alone.Complete, alone.Bound), (together.States, together.Transitions, together.Complete, together.Bound));
            Assert.Equal(Told(preset.Scenario.Id, alone), Told(preset.Scenario.Id, together));
            states += alone.States;
        }

        Assert.True(states > 10_000, $"{states} states in all");
    }

    [Fact]
    public void Reduced_and_not()
    {
        var (finished, fewer) = (0, 0);
        foreach (var preset in ScenarioPresets.All)
        {
            var m = CompiledMachine.Compile(preset.Scenario);
            var all = new Explorer(m, Asked).Search(Budget);
            if (!all.Complete)
            {
                continue;
            }

            var reduced = new Explorer(m, Asked, new SearchExtras(Reduced: true)).Search(Budget);
            Assert.Equal(all.Verdicts.Select(v => (preset.Scenario.Id, v.Property.Id, v.Kind)), reduced.Verdicts.Select(v => (preset.Scenario.Id, v.Property.Id, v.Kind)));
            finished++;
            fewer += reduced.States < all.States ? 1 : 0;
        }

        Assert.True(finished > 10 && fewer > 5, $"{finished} finished, {fewer} with fewer states");
    }

    private static SearchResult Result(CompiledMachine m, SearchBudget budget)
    {
        var explorer = new Explorer(m);
        explorer.InBreadth.LargeFrom = 1;
        return explorer.Search(budget);
    }

    private static IEnumerable<string> Told(string id, SearchResult found) => found.Verdicts.Select(v =>
        string.Create(CultureInfo.InvariantCulture, $"{id} {v.Property.Id}: {v.Kind} at {v.ViolatedAt} by {v.Path.Count} actions, {v.Choices.Count} choices. {v.Explanation}"));
}
