using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Building;

namespace PciDash.Scenarios.Tests.Building;

/// <summary>A shutdown policy is changed step by step, and travels with its scenario.</summary>
public class PolicyPatches
{
    private static readonly Scenario Story = ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario;

    private static Scenario Patched(Scenario scenario, params ScriptLine[] script) => PolicyPatch.With(scenario, scenario.Boots[0].Policy, script, false);

    [Fact]
    public void It_begins_from_the_rows_words_and_becomes_a_policy_of_ones_own()
    {
        var patched = Patched(Story, [.. Story.Boots[0].Policy.Script, new ScriptLine("intx-off")]);
        var policy = patched.Boots[0].Policy;
        Assert.Equal((PolicyPatch.Id, "your patch: msi-shutdown, msix-shutdown, clear-master on kexec if enabled, intx-off"), (policy.Id, policy.Label));
    }

    [Fact]
    public void It_travels_in_the_link_whole()
    {
        var patched = Patched(Story, new ScriptLine("msix-shutdown") { If = ScriptCondition.Bound }, new ScriptLine("clear-master") { On = ShutdownPath.Kexec });
        var back = ShareLink.Decode(ShareLink.TryEncode(new RunDocument(patched))!).Scenario;
        Assert.Equal(patched.Boots[0].Policy.Script, back.Boots[0].Policy.Script);
        Assert.Equal(patched.Boots[0].Policy.Label, back.Boots[0].Policy.Label);
    }

    [Fact]
    public void The_steps_of_a_row_are_that_row_again()
    {
        var patched = Patched(Story, new ScriptLine("intx-off"));
        var back = Patched(patched, [.. Story.Boots[0].Policy.Script]);
        Assert.Equal("P4", back.Boots[0].Policy.Id);
        Assert.Empty(back.OwnPolicies);
    }

    [Fact]
    public void A_policy_that_a_file_brought_keeps_its_name_wherever_it_is_used()
    {
        var own = ShutdownPolicy.Own("mine", "mine", "a mail", [new ScriptLine("intx-off")]);
        var kexec = ScenarioPresets.All.Select(p => p.Scenario).First(s => s.Boots.Count == 2);
        var with = kexec.WithPolicy(own) with { OwnPolicies = [own] };
        var patched = PolicyPatch.With(with, own, [new ScriptLine("intx-on")], false);
        Assert.All(patched.Boots, b => Assert.Equal(("mine", "intx-on", "a mail"), (b.Policy.Id, b.Policy.Script.Single().Word, b.Policy.Source)));
        Assert.Equal("intx-on", ScenarioDocument.Parse(ScenarioDocument.Write(patched)).Scenario.Boots[1].Policy.Script.Single().Word);
    }

    [Fact]
    public void What_the_patch_does_is_what_happens()
    {
        static bool Disabled(Scenario s) => Engine.Simulation.Outcomes.Of(Engine.Simulation.Run.Of(CompiledMachine.Compile(s), 1)).Any(o => o.Kind == Engine.Simulation.OutcomeKind.StormDisabled);
        Assert.True(Disabled(Story));
        Assert.False(Disabled(Patched(Story, [.. Story.Boots[0].Policy.Script, new ScriptLine("intx-off")])));
        Assert.True(Disabled(Patched(Story, [new ScriptLine("intx-off"), .. Story.Boots[0].Policy.Script])));
    }

    [Fact]
    public void A_long_patch_has_a_label_that_a_document_takes()
    {
        var patched = Patched(Story, [.. Enumerable.Repeat(new ScriptLine("unmask-vectors"), 64)]);
        Assert.Equal(64, ScenarioDocument.Parse(ScenarioDocument.Write(patched)).Scenario.Boots[0].Policy.Script.Count);
    }
}
