using CsCheck;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Tests.Properties;

/// <summary>Steps that nobody else sees are taken alone: the same verdicts, by fewer states.</summary>
public class ReductionTests
{
    private static readonly SearchBudget Budget = new(8_000, 100_000_000, TimeSpan.FromSeconds(20));

    private static readonly IReadOnlyList<Property> Asked = [.. Property.All.Where(p => !p.IsReachability)];

    [Fact]
    public void A_reduced_search_says_what_the_whole_one_says_of_random_machines()
    {
        var (held, violated, other) = (0, 0, 0);
        var (states, less) = (0L, 0L);
        RandomScenario.With(10, 9).Sample(
            random =>
            {
                var m = CompiledMachine.Compile(random.Scenario);
                var whole = new Explorer(m, Asked).Search(Budget);
                var reduced = new Explorer(m, Asked, new SearchExtras(Reduced: true)).Search(Budget);
                if (!whole.Complete)
                {
                    return;
                }

                Assert.True(reduced.Complete && reduced.States <= whole.States, $"{reduced.States} of {whole.States}");
                (states, less) = (states + whole.States, less + reduced.States);
                foreach (var (one, all) in reduced.Verdicts.Zip(whole.Verdicts))
                {
                    held += all.Kind == VerdictKind.Holds ? 1 : 0;
                    violated += all.Kind == VerdictKind.Violated ? 1 : 0;
                    other += all.Kind is VerdictKind.NotFinished or VerdictKind.ViolatedOnlyIf ? 1 : 0;
                    Assert.Equal((all.Property.Id, all.Kind), (one.Property.Id, one.Kind));
                    if (one is { Kind: VerdictKind.Violated, Path.Count: > 0 })
                    {
                        // A counterexample is a real one, and no shorter than the shortest.
                        Assert.True(one.Path.Count >= all.Path.Count, $"{one.Path.Count} / {all.Path.Count}");
                        Assert.Equal(one.ViolatedAt, PropertyCheck.FirstViolation(Run.Of(m, one.Run!.Seed, one.Choices, one.Run.Limits), one.Property));
                    }
                }
            },
            iter: 700, threads: 1, print: r => r.ToString());
        Assert.True(held > 1_000 && violated > 150, $"{held} held, {violated} violated, {other} otherwise: too few to mean anything");
        Assert.True(less * 20 < states * 19, $"{less} of {states} states");
    }

    [Fact]
    public void What_needs_every_order_is_not_reduced()
    {
        var m = CompiledMachine.Compile(Story.Of());
        SearchResult Of(params Property[] asked) => new Explorer(m, asked, new SearchExtras(Reduced: true)).Search();
        Assert.True(Of(Property.NoSpuriousDisable).IsReduced);
        Assert.False(Of(Property.NoSpuriousDisable, Property.CanEnd).IsReduced);
        Assert.False(Of(PropertyText.Parse("never 00:09.0 in-shutdown while line 21 asserted")).IsReduced);
        Assert.False(Of().IsReduced);
        Assert.False(new Explorer(m, [Property.NoSpuriousDisable], new SearchExtras(Nearest: true, Reduced: true)).Search().IsReduced);
        Assert.False(new Explorer(m, [Property.NoSpuriousDisable]).Search().IsReduced);
    }

    [Fact]
    public void Clusters_are_reduced_if_asked_to_and_say_so()
    {
        var scenario = new Scenario(
            "apart", Hardware.Platform.AcpiPc,
            [Make.Function("00:03.0", "virtio-net", 16) with { Events = [new EventSource("rx", 1_000_000)] }, Make.Function("00:04.0", "uhci", 16), Make.Function("00:05.0", "uhci", 17)],
            [new BootSpec(Make.Release("4.1"), Make.Policy("P4"), Kernel.ShutdownPath.Reboot)]);
        var m = CompiledMachine.Compile(scenario);
        var cache = new ClusterCache();
        var reduced = new ClusterSearch(m, Asked, cache, new SearchExtras(Reduced: true)).Search(Budget);

        // What is known of a reduced search is no answer where shortest ways are wanted.
        var whole = new ClusterSearch(m, Asked, cache).Search(Budget);
        Assert.Equal((true, false), (reduced.IsReduced, whole.IsReduced));
        Assert.True(reduced.States < whole.States, $"{reduced.States} of {whole.States}");
        Assert.Equal(whole.Verdicts.Select(v => v.Kind), reduced.Verdicts.Select(v => v.Kind));
        Assert.Contains("states that must be told apart", reduced.Verdicts.First(v => v.Kind == VerdictKind.Holds).Explanation, StringComparison.Ordinal);
    }
}
