using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Tests;

/// <summary>Named bugs show the symptom that their commit log or mail tells of, computed.</summary>
public class BugPresetTests
{
    [Fact]
    public void Mpt_fusion_2008_the_next_kernels_driver_is_never_called()
    {
        var run = Of("mpt-fusion-2008");
        var card = run.Machine.Functions.Single(f => f.Device.Id == "mptsas").Index;
        var second = run.Recording.Entries.ToArray().First(e => e.Event is { Kind: EventKind.Phase, B: 1 }).Raw;
        var probe = run.Recording.Entries.ToArray().First(e => e.Event.Kind == EventKind.RequestIrq && e.Event.Subject == card && e.Raw > second).Raw;

        Assert.DoesNotContain(run.Recording.Entries.ToArray(), e => e.Event.Kind == EventKind.Handler && e.Event.Subject == card && e.Raw > probe);
        Assert.Contains(run.Recording.Entries.ToArray(), e => e.Event.Kind == EventKind.MsiWrite && e.Event.Subject == card && e.Raw > probe && e.Event.D == 1);
        Assert.True(run.Final.Function(card).IntxDisable);
    }

    [Theory]
    [InlineData("screaming-msi-2011")]
    [InlineData("piccoli-gen9-2018")]
    public void After_a_crash_messages_of_the_old_kernel_hit_vectors_of_nobody(string id) =>
        Assert.Contains(Outcomes.Of(Of(id)), o => o.Kind == OutcomeKind.UnknownVector && o.Count > 100);

    // E0 has no remedy; E3 has one at the bus scan.
    [Theory]
    [InlineData("screaming-msi-2011", true)]
    [InlineData("piccoli-gen9-2018", false)]
    public void Only_a_scan_that_clears_MSI_ends_it(string id, bool goesOn)
    {
        var run = Of(id);
        var probe = run.Recording.Entries.ToArray().Last(e => e.Event.Kind == EventKind.Phase && run.Machine.Names[e.Event.A] == "probe").Raw;
        Assert.Equal(goesOn, run.Recording.Entries.ToArray().Any(e => e.Event.Kind == EventKind.MsiWrite && e.Raw > probe));
    }

    [Fact]
    public void Console_2017_dies_with_its_line()
    {
        Assert.Contains(Outcomes.Of(Of("console-2017")), o => o.Kind == OutcomeKind.StormDisabled);
        var patched = Run.Of(CompiledMachine.Compile(ScenarioPresets.Find("console-2017")!.Scenario.WithPolicy(PciDash.Engine.Kernel.ShutdownPolicy.P5)));
        Assert.DoesNotContain(Outcomes.Of(patched), o => o.Kind == OutcomeKind.StormDisabled);
    }

    private static Run Of(string id) => Run.Of(CompiledMachine.Compile(ScenarioPresets.Find(id)!.Scenario));
}
