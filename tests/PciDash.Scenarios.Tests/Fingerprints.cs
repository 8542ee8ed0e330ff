using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Tests;

/// <summary>A link tells when the engine has changed its mind since, and about what.</summary>
public class Fingerprints
{
    private static readonly Run Story = Run.Of(CompiledMachine.Compile(ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario));

    private const string Differs = "This link was made when the engine came to other outcomes for this run. What you see is today's answer.";

    [Fact]
    public void A_fingerprint_of_today_differs_in_nothing()
    {
        var today = OutcomeFingerprint.WithOutcomes(Story);
        Assert.Equal(OutcomeFingerprint.Of(Story) + " irq21=storm-disabled", today);
        Assert.Null(OutcomeFingerprint.Difference(today, Story));
        Assert.Null(OutcomeFingerprint.Difference(OutcomeFingerprint.Of(Story), Story));
        Assert.Null(OutcomeFingerprint.Difference("", Story));
    }

    // Before the outcomes stood beside it.
    [Fact]
    public void An_older_one_says_that_they_differ() => Assert.Equal(Differs, OutcomeFingerprint.Difference("00000000", Story));

    [Theory]
    [InlineData("00000000 irq21=storm-hidden 00:09.0=torn-down", " Only then: IRQ 21 storm-hidden, 00:09.0 torn-down. Only now: IRQ 21 storm-disabled.")]
    [InlineData("00000000 irq21=storm-disabled", " None of those that matter differs.")]
    [InlineData("00000000 irq21=storm-disabled irq5=storm-hidden", " Only then: IRQ 5 storm-hidden.")]
    [InlineData("00000000 irq5=storm-hidden +", " Only then: IRQ 5 storm-hidden.")]
    public void One_with_outcomes_says_which(string then, string says) => Assert.Equal(Differs + says, OutcomeFingerprint.Difference(then, Story));

    // It comes with a link: only words of our own are said again.
    [Theory]
    [InlineData("00000000 <b>=storm-disabled irq21=storm-disabled")]
    [InlineData("00000000 irq21=buy-now irq21=storm-disabled")]
    [InlineData("00000000 irq999999=storm-disabled irq21=storm-disabled")]
    [InlineData("00000000 https://example.org irq21=storm-disabled")]
    public void What_is_no_outcome_is_not_said_again(string then) => Assert.Equal(Differs + " None of those that matter differs.", OutcomeFingerprint.Difference(then, Story));

    [Fact]
    public void It_is_short_however_many_there_are_and_travels_in_a_link()
    {
        Assert.All(ScenarioPresets.All, p =>
        {
            var run = new RunDocument(p.Scenario) { Fingerprint = OutcomeFingerprint.WithOutcomes(Run.Of(CompiledMachine.Compile(p.Scenario))) };
            Assert.InRange(run.Fingerprint.Length, 8, OutcomeFingerprint.MaxLength);
            var link = ShareLink.TryEncode(run)!;
            Assert.InRange(link.Length, 10, 399);
            Assert.Equal(run.Fingerprint, ShareLink.Decode(link).Fingerprint);
        });
    }
}
