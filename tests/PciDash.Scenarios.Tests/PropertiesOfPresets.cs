using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Tests;

/// <summary>Each property: a machine that violates it, shown by a timed run, and one where the whole search finds nothing.</summary>
public class PropertiesOfPresets
{
    private const string Story = "virtio-nobody-cared-2015";

    private static Verdict Check(Scenario scenario, Property property) => new Explorer(CompiledMachine.Compile(scenario), [property]).Search().Verdicts[0];

    private static Scenario Preset(string id) => ScenarioPresets.Find(id)!.Scenario;

    [Theory]
    [InlineData("no-spurious-disable", Story, Story + "-seed", EventKind.NobodyCared)]
    [InlineData("live-sharer-served", "live-msix-off", Story + "-seed", EventKind.IrqDisabled)]
    [InlineData("no-stale-msi", "mpt-fusion-2008", Story + "-kexec-seed", EventKind.MsiWrite)]
    [InlineData("no-unknown-vector", "screaming-msi-2011", Story + "-kexec-seed", EventKind.MsiWrite)]
    [InlineData("no-stale-dma", "ena-2020", Story + "-kexec-seed", EventKind.Dma)]
    [InlineData("no-moved-config", "claim-legacy-layout", Story, EventKind.VirtioConfig)]
    [InlineData("quiet-hand-over", "wilck-irr-2007", Story + "-kexec-seed", EventKind.Phase)]
    [InlineData("hand-over-as-given", Story + "-kexec-seed", null, EventKind.Phase)]
    [InlineData("no-endless-storm", Story + "-noirqdebug", Story, EventKind.Handler)]
    public void A_property_is_violated_here_and_holds_there(string id, string violates, string? holds, EventKind by)
    {
        var property = Property.Find(id)!;
        var verdict = Check(Preset(violates), property);
        Assert.Equal(VerdictKind.Violated, verdict.Kind);

        // The run that shows it is an ordinary one: played again by its choices it violates the property at the same event.
        var again = Run.Of(CompiledMachine.Compile(Preset(violates)), verdict.Run!.Seed, verdict.Choices, verdict.Run.Limits);
        Assert.Equal(verdict.ViolatedAt, PropertyCheck.FirstViolation(again, property));
        Assert.Equal(by, again.Recording.EventAt(verdict.ViolatedAt).Event.Kind);
        if (holds is not null)
        {
            Assert.Equal(VerdictKind.Holds, Check(Preset(holds), property).Kind);
        }
    }

    [Fact]
    public void Hand_over_as_given_holds_where_nothing_was_switched_on()
    {
        var scenario = Preset(Story + "-kexec-seed");
        var none = scenario with { Boots = [.. scenario.Boots.Select(b => b with { Drivers = scenario.Functions.ToDictionary(f => f.Bdf, _ => (Engine.Devices.DriverModel?)null) })] };
        Assert.Equal(VerdictKind.Holds, Check(none, Property.HandOverAsGiven).Kind);
    }

    [Fact]
    public void Without_a_next_kernel_nothing_is_said_of_it()
    {
        var verdict = Check(Preset(Story), Property.NoStaleMsi);
        Assert.Equal(VerdictKind.NotApplicable, verdict.Kind);
        Assert.Contains("No boot of this scenario hands over", verdict.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_preset_can_always_end() =>
        Assert.All(ScenarioPresets.All, p => Assert.Equal(VerdictKind.Holds, Check(p.Scenario, Property.CanEnd).Kind));

    [Fact]
    public void What_cannot_be_reached_backwards_is_what_cannot_be_reached_forwards()
    {
        var m = CompiledMachine.Compile(Preset(Story));
        var search = new Explorer(m, []);
        search.Search();
        var store = search.Store;

        // The end is put into the middle: what comes after it cannot come back.
        bool IsMiddle(ReadOnlySpan<ulong> s) => new MachineView(m, [.. s, .. new ulong[m.TotalWords - m.ControlWords]]).Phase == "machine_shutdown";
        var reaches = new EndReachability(m, store).Compute(IsMiddle, CancellationToken.None);
        Assert.Contains(true, reaches);
        Assert.Contains(false, reaches);
        for (var from = 0; from < store.Count; from++)
        {
            Assert.Equal(ReachesForwards(m, store, from, IsMiddle), reaches[from]);
        }
    }

    private static bool ReachesForwards(CompiledMachine m, StateStore store, int from, StateRule isEnd)
    {
        var known = new HashSet<int> { from };
        var open = new Queue<int>([from]);
        var state = new ulong[m.ControlWords];
        var x = new Execution<UntimedClock, NullSink>(m, state, default);
        var actions = new MachineAction[m.ActorCount * Execution<UntimedClock, NullSink>.MaxChoices];
        while (open.TryDequeue(out var at))
        {
            if (isEnd(store[at]))
            {
                return true;
            }

            store[at].CopyTo(state);
            var n = x.Enabled(actions);
            for (var i = 0; i < n; i++)
            {
                store[at].CopyTo(state);
                x.Apply(actions[i]);
                if (known.Add(store.IndexOf(state)))
                {
                    open.Enqueue(store.IndexOf(state));
                }
            }
        }

        return false;
    }

    [Theory]
    [InlineData("never line 21 disabled", true)]
    [InlineData("never line 21 disabled while 00:09.0 msix", false)]
    [InlineData("always 00:09.0 bus-master", true)] // The platform's reset.
    [InlineData("always 00:09.0 bus-master while phase device_shutdown", false)]
    [InlineData("never (line 21 asserted and not 00:01.0 listening) or boot 1", false)]
    [InlineData("never 00:09.0 asserted while 00:09.0 msix", false)]
    [InlineData("never 00:09.0 asserted", true)]
    [InlineData("never line 21 asserted", true)]
    [InlineData("always line 21 requested", false)]
    public void Ones_own_property_means_what_it_says(string text, bool violated)
    {
        var verdict = Check(Preset(Story), PropertyText.Parse(text));
        Assert.Equal(violated ? VerdictKind.Violated : VerdictKind.Holds, verdict.Kind);
    }

    [Fact]
    public void A_property_that_does_not_hold_at_the_start_is_violated_there()
    {
        var verdict = Check(Preset(Story), PropertyText.Parse("never 00:09.0 msix"));
        Assert.Equal((VerdictKind.Violated, 0L), (verdict.Kind, verdict.ViolatedAt));
        Assert.Contains("at the start", verdict.Explanation, StringComparison.Ordinal);
    }
}
