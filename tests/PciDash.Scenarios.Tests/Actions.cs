using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Tests;

public class Actions
{
    private static readonly string[] Shapes =
    [
        "^cpu[01]:(take|enter|exit|note|trip|eoi|eoi-pause):\\d+$", "^task0:(step|timeout):\\d+$", "^gsi21:resume$", "^poller:(poll|enter:\\d+|exit:\\d+)$",
        "^00:0[19]\\.0/(rx|completion)(#2)?:fire$",
    ];

    // Every action that any moment of a run offers, there and back.
    [Theory]
    [InlineData("virtio-nobody-cared-2015")]
    [InlineData("virtio-nobody-cared-2015-two-cpus")]
    [InlineData("live-msix-off")]
    public void Every_action_has_a_name_that_finds_it(string preset)
    {
        var run = Recorded.Of(preset).Run;
        var names = new Dictionary<string, MachineAction>();
        foreach (var raw in Enumerable.Range(0, run.Recording.Count).Select(e => run.Recording.Entries[e].Raw).Where((_, i) => i % 3 == 0))
        {
            foreach (var action in run.EnabledAt(run.At(raw)))
            {
                names.TryAdd(ActionNames.Of(run.Machine, action), action);
            }
        }

        Assert.All(names, n =>
        {
            Assert.Equal(n.Value, ActionNames.Find(run.Machine, n.Key));
            Assert.Contains(Shapes, s => System.Text.RegularExpressions.Regex.IsMatch(n.Key, s));
        });
        Assert.Contains("00:09.0/rx:fire", names.Keys);
        Assert.Contains(names.Keys, k => k.StartsWith("task0:step:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("rx")]
    [InlineData("cpu0:take")]
    [InlineData("cpu1:take:0")]
    [InlineData("cpu0:take:-1")]
    [InlineData("cpu0:take:007")]
    [InlineData("cpu0:fire")]
    [InlineData("00:09.0/tx:fire")]
    [InlineData("00:08.0/rx:fire")]
    [InlineData("gsi20:resume")]
    [InlineData("task0:jump:1")]
    [InlineData("task0:step:99999999999")]
    public void A_name_of_nothing_finds_nothing(string name) =>
        Assert.Null(ActionNames.Find(CompiledMachine.Compile(ScenarioPresets.All[0].Scenario), name));

    [Fact]
    public void Two_sources_of_one_kind_have_different_names()
    {
        var s = ScenarioPresets.All[0].Scenario;
        var twice = s with { Functions = [s.Functions[0], s.Functions[1] with { Events = [new("rx", 1_000_000), new("rx", 2_000_000)] }] };
        var machine = CompiledMachine.Compile(twice);
        Assert.Equal(1, ActionNames.Find(machine, "00:09.0/rx#2:fire")!.Value.Operand);
        Assert.Equal(0, ActionNames.Find(machine, "00:09.0/rx:fire")!.Value.Operand);
        Assert.Null(ActionNames.Find(machine, "00:09.0/rx#3:fire"));
    }

    [Fact]
    public void A_named_choice_happens_and_an_unknown_one_ends_the_list()
    {
        var machine = CompiledMachine.Compile(ScenarioPresets.All[0].Scenario);
        var document = new RunDocument(machine.Scenario) { Choices = [new(0, "00:09.0/rx:fire"), new(5, "cpu7:take:1"), new(6, "00:09.0/rx:fire")] };
        var choices = document.ResolveChoices(machine, out var unknown);
        Assert.Single(choices);
        Assert.Equal("cpu7:take:1", unknown!.Action);
        var run = Run.Of(machine, choices: choices);
        Assert.Null(run.RefusedChoice);
        Assert.Equal((EventKind.DeviceEvent, -5_000_000L), (run.Recording.Entries[0].Event.Kind, run.Recording.Entries[0].TimeNs));
        Assert.NotEqual(EventKind.DeviceEvent, Run.Of(machine).Recording.Entries[0].Event.Kind);
    }
}
