using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;
using PciDash.Web.Lab;

namespace PciDash.Web.Tests.Lab;

public class RunCacheTests
{
    // A link can ask for a card that interrupts every microsecond: it is cut off, and said so, before it fills the memory.
    [Fact]
    public void A_run_that_never_ends_is_cut_off_and_the_page_says_so()
    {
        using var runs = new RunCache();
        var scenario = ScenarioPresets.Find("live-msix-enable-only")!.Scenario;
        scenario = scenario with
        {
            Functions = [.. scenario.Functions.Select(f => f with { Events = [.. f.Events.Select(e => e with { EveryNs = 1_000, OncePerService = false })] })],
        };

        var opened = new LabState(runs).Open(new RunDocument(scenario));
        Assert.Equal(RunEnd.EventLimit, opened.Run.End);
        Assert.InRange(opened.Run.Recording.Count, 1, runs.Limits.Events + 10_000);
        Assert.Contains(opened.Notices, n => n.Contains("1,000,000", StringComparison.Ordinal));
    }

    [Fact]
    public void The_same_document_is_run_once_and_a_wrong_one_is_not_kept()
    {
        using var runs = new RunCache();
        var state = new LabState(runs);
        var document = new RunDocument(ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario);
        Assert.Same(state.Open(document).Run, state.Open(document with { View = new RunView { Step = 5 } }).Run);
        Assert.NotSame(state.Open(document).Run, state.Open(document with { Seed = 2 }).Run);

        var broken = document with { Scenario = document.Scenario with { Functions = [] } };
        Assert.Throws<ScenarioException>(() => state.Open(broken));
        Assert.Throws<ScenarioException>(() => state.Open(broken));
    }
}
