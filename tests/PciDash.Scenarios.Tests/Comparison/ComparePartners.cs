using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Comparison;

namespace PciDash.Scenarios.Tests.Comparison;

/// <summary>What a run is compared with, as a link and a file carry it.</summary>
public class ComparePartners
{
    private static readonly Scenario Story = ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario;

    private static RunDocument Reopened(RunDocument document) => ShareLink.Decode(ShareLink.TryEncode(document)!);

    [Fact]
    public void A_policy_or_a_kernel_is_said_by_its_name_and_comes_back_whole()
    {
        var run = new RunDocument(Story) { Seed = 7 };
        var policy = ComparePartner.With(run, run with { Scenario = Story.WithPolicy(ShutdownPolicy.Find("seed")!) });
        Assert.Equal("seed", policy.View.Compare);
        Assert.Equal(ScenarioDocument.Write(Story.WithPolicy(ShutdownPolicy.Find("seed")!)), ScenarioDocument.Write(ComparePartner.Of(Reopened(policy))!.Scenario));
        Assert.Equal(7UL, ComparePartner.Of(Reopened(policy))!.Seed);

        var kernel = ComparePartner.With(run, run with { Scenario = Story.WithKernel(KernelRelease.Find("6.12")!) });
        Assert.Equal("6.12", kernel.View.Compare);
        Assert.Equal("6.12", ComparePartner.Of(Reopened(kernel))!.Scenario.Boots[0].Release.Version);
    }

    public static TheoryData<string> Others => new(ScenarioPresets.All.Select(p => p.Id));

    [Theory]
    [MemberData(nameof(Others))]
    public void Any_other_scenario_seed_and_choices_come_back_whole_through_link_and_file(string preset)
    {
        var run = new RunDocument(Story) { View = new RunView { Step = 12 } };
        var other = new RunDocument(ScenarioPresets.Find(preset)!.Scenario) { Seed = 3, Choices = [new(4, "cpu 0")] };
        var compared = ComparePartner.With(run, other);
        foreach (var reopened in (RunDocument[])[Reopened(compared), RunDocument.Parse(compared.Write())])
        {
            Assert.Equal(other.Write(), ComparePartner.Of(reopened)!.Write());
            Assert.Equal(12, reopened.View.Step);
            Assert.Equal(compared.Write(), reopened.Write());
        }
    }

    [Fact]
    public void A_command_line_a_driver_or_a_path_alone_is_a_link_of_less_than_200_characters()
    {
        var run = new RunDocument(Story);
        foreach (var scenario in (Scenario[])[Story.WithOption(0, "irqpoll", true), Story.WithPath(ShutdownPath.Kexec), Story.WithDriver(0, Story.Functions[^1], null)])
        {
            var compared = ComparePartner.With(run, run with { Scenario = scenario });
            Assert.InRange(ShareLink.TryEncode(compared)!.Length, 20, 200);
            Assert.Equal(ScenarioDocument.Write(scenario), ScenarioDocument.Write(ComparePartner.Of(Reopened(compared))!.Scenario));
        }
    }

    [Fact]
    public void Without_a_partner_there_is_none_and_the_link_stays_as_it_was()
    {
        var run = new RunDocument(Story);
        Assert.Null(ComparePartner.Of(run));
        Assert.Null(ComparePartner.Pair(run));
        Assert.DoesNotContain("compare", run.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Swapped_twice_it_is_the_same_comparison()
    {
        var run = new RunDocument(Story);
        var there = ComparePartner.With(run, run with { Scenario = Story.WithPath(ShutdownPath.Kexec).WithOption(0, "irqpoll", true) });
        var other = ComparePartner.Of(there)!;
        var back = ComparePartner.With(other, run);
        Assert.Equal(ScenarioDocument.Write(Story), ScenarioDocument.Write(ComparePartner.Of(Reopened(back))!.Scenario));
        Assert.Equal(there.View.Compare, ComparePartner.With(ComparePartner.Of(back)!, other).View.Compare);
    }

    [Theory]
    [InlineData("\"P99\"", "compare: 'P99' is no policy and no kernel; P0, ")]
    [InlineData("[[\"scenario/boots/7/policy\",\"P5\"]]", "compare: its changes do not fit this run")]
    [InlineData("[5]", "compare: its changes do not fit this run")]
    [InlineData("[[\"scenario/boots/0/policy\",\"P99\"]]", "the other run: scenario.boots[0].policy: ")]
    [InlineData("[[\"\",1]]", "the other run: ")]
    [InlineData("[[\"scenario\"]]", "the other run: ")]
    public void What_does_not_fit_is_refused_when_it_is_asked_for_and_the_run_itself_opens(string partner, string message)
    {
        var run = RunDocument.Parse("{\"version\":1,\"scenario\":" + ScenarioDocument.Write(Story) + ",\"view\":{\"compare\":" + partner + "}}");
        Assert.Equal(ScenarioDocument.Write(Story), ScenarioDocument.Write(run.Scenario));
        var e = Assert.Throws<ScenarioException>(() => ComparePartner.Of(run));
        Assert.StartsWith(message, e.Problems[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "view.compare: ")]
    [InlineData("5", "view.compare: ")]
    [InlineData("\"[1\"", "view.compare: a text that begins with [")]
    [InlineData("[[\"a\",{\"b\":1,\"b\":2}]]", "view.compare: a field in it is given twice")]
    public void What_is_no_partner_at_all_is_refused_with_its_place(string partner, string message)
    {
        var e = Assert.Throws<ScenarioException>(() => RunDocument.Parse("{\"version\":1,\"scenario\":" + ScenarioDocument.Write(Story) + ",\"view\":{\"compare\":" + partner + "}}"));
        Assert.StartsWith(message, e.Problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Choices_that_were_only_brought_along_are_left_out_of_both_and_own_ones_stay()
    {
        var chosen = new RunDocument(Story) { Choices = [new(4, "cpu 0")] };
        var (first, second, notice) = ComparePartner.Pair(ComparePartner.With(chosen, chosen with { Scenario = Story.WithPolicy(ShutdownPolicy.P5) }))!.Value;
        Assert.Empty(first.Choices);
        Assert.Empty(second.Choices);
        Assert.Contains("without them", notice, StringComparison.Ordinal);

        // The same machine with and without a choice is a comparison of its own.
        (first, second, notice) = ComparePartner.Pair(ComparePartner.With(chosen, chosen with { Choices = [] }))!.Value;
        Assert.Equal(chosen.Choices, first.Choices);
        Assert.Empty(second.Choices);
        Assert.Null(notice);
    }
}
