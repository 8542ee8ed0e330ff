using Bunit;
using PciDash.Scenarios;
using PciDash.Web.Components.Lab;

namespace PciDash.Web.Tests.Lab;

/// <summary>What a run rests on: each fact with its source.</summary>
public class RunGroundsTests : ComponentTest
{
    private IRenderedComponent<RunGrounds> Of(RunDocument document)
    {
        var grounds = Render<RunGrounds>(p => p.Add(g => g.Document, document).Add(g => g.Run, Runs.Story));
        grounds.Find("details").TriggerEvent("ontoggle", EventArgs.Empty);
        return grounds;
    }

    private static Dictionary<string, string> Facts(IRenderedComponent<RunGrounds> of) => of.FindAll("dl > div").ToDictionary(d => d.QuerySelector("dt")!.TextContent, d => d.QuerySelector("dd")!.TextContent);

    [Fact]
    public void Platform_timing_kernel_and_policy_come_with_their_sources_and_a_preset_with_its_account()
    {
        var preset = ScenarioPresets.Find(Runs.StoryId)!;
        var boot = preset.Scenario.Boots[0];
        var facts = Facts(Of(new RunDocument(preset.Scenario) { Seed = 7 }));
        Assert.Equal(["Platform", "Timing", "Kernel", "Shutdown", "Scenario", "Run"], facts.Keys);
        Assert.Equal($"{preset.Scenario.Platform.Title}: {preset.Scenario.Platform.Source}", facts["Platform"]);
        Assert.Equal($"Linux {boot.Release.Version}: {boot.Release.Source}", facts["Kernel"]);
        Assert.Contains(boot.Policy.Source, facts["Shutdown"], StringComparison.Ordinal);
        Assert.Equal($"{preset.Account} ({preset.Source})", facts["Scenario"]);
        Assert.Equal($"{Runs.Story.Recording.RawCount:N0} events, seed 7", facts["Run"]);
    }

    [Fact]
    public void A_machine_of_ones_own_claims_no_account() =>
        Assert.DoesNotContain("Scenario", Facts(Of(new RunDocument(Runs.Story.Machine.Scenario with { Id = "mine" }))).Keys);
}
