using CsCheck;
using PciDash.Engine.Devices;
using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Tests.Properties;

/// <summary>Design section 8: what the search of clusters says "holds" of, holds on the whole machine.</summary>
public class ClusterTests
{
    private static readonly SearchBudget Budget = new(60_000, 100_000_000, TimeSpan.FromSeconds(20));

    // The same verdicts as the whole search wherever both are finished: a slice that allowed less would hold too often, one that allowed much
    // more would hold too seldom.
    [Fact]
    public void Clusters_say_what_the_whole_search_says_of_small_random_machines()
    {
        var (held, violated, loose) = (0, 0, 0);
        RandomScenario.With(10, 9).Sample(
            random =>
            {
                var m = CompiledMachine.Compile(Apart(random.Scenario));
                var search = new ClusterSearch(m);
                if (search.Clusters.Count < 2)
                {
                    return;
                }

                var parts = search.Search(Budget);
                var whole = new Explorer(m).Search(Budget);
                foreach (var (part, all) in parts.Verdicts.Zip(whole.Verdicts))
                {
                    if (part.Kind == VerdictKind.Holds)
                    {
                        held++;
                        Assert.True(all.Kind == VerdictKind.Holds || (all.Kind == VerdictKind.NotFinished && all.Path.Count == 0), $"{all.Property.Id}: the clusters hold, the whole search says {all.Kind}: {all.Explanation}");
                    }
                    else if (part.Kind == VerdictKind.Violated)
                    {
                        violated++;
                        Assert.NotEqual(VerdictKind.Holds, all.Kind);
                    }
                    else if (part.Kind == VerdictKind.NotApplicable)
                    {
                        Assert.Equal(VerdictKind.NotApplicable, all.Kind);
                    }
                    else if (parts.Bound.Length == 0 && all.Kind == VerdictKind.Holds && !all.Property.IsReachability)
                    {
                        loose++;
                    }
                }
            },
            iter: 250, threads: 1, print: r => r.ToString());
        Assert.True(held > 300 && violated > 20, $"{held} held, {violated} violated: too few to mean anything");
        Assert.True(loose * 50 <= held, $"{loose} of {held + loose} that hold are not seen to hold cluster by cluster");
    }

    // Whole as far as it goes, then cluster by cluster, then what is left: the answer does not depend on which of them gave it.
    [Fact]
    public void The_search_of_a_machine_of_any_size_says_what_the_whole_search_says()
    {
        var (decided, byClusters) = (0, 0);
        var cache = new ClusterCache();
        RandomScenario.With(10, 9).Sample(
            random =>
            {
                var m = CompiledMachine.Compile(Apart(random.Scenario));
                var whole = new Explorer(m).Search(Budget);
                if (!whole.Complete || new ClusterSearch(m).Clusters.Count < 2)
                {
                    return;
                }

                // A twentieth of these is for the whole machine.
                var found = MachineSearch.Of(m, Property.All, Budget with { States = Math.Max(40, whole.States) }, () => Run.Of(m, 1, limits: new RunLimits(50_000_000, 20_000)), cache, thorough: random.Seed % 2 == 0);
                foreach (var (one, all) in found.Verdicts.Zip(whole.Verdicts))
                {
                    decided += one.Kind is VerdictKind.Holds or VerdictKind.Violated ? 1 : 0;
                    byClusters += one.Explanation.Contains("clusters", StringComparison.Ordinal) ? 1 : 0;
                    Assert.False(one.Kind == VerdictKind.Holds && all.Kind is not (VerdictKind.Holds or VerdictKind.NotFinished), $"{all.Property.Id}: {one.Explanation} {all.Explanation}");
                    Assert.False(one.Kind == VerdictKind.Violated && all.Kind == VerdictKind.Holds, $"{all.Property.Id}: {one.Explanation} {all.Explanation}");
                }
            },
            iter: 150, threads: 1, print: r => r.ToString());
        Assert.True(decided > 300 && byClusters > 50, $"{decided} decided, {byClusters} by clusters: too few to mean anything");
    }

    // Two clusters that differ in addresses and lines only are one question, and its answer leads to runs of either.
    [Fact]
    public void Clusters_that_are_alike_are_searched_once_and_each_is_shown_on_its_own_functions()
    {
        var scenario = new Scenario(
            "alike", Hardware.Platform.AcpiPc,
            [.. Enumerable.Range(0, 6).SelectMany(i => new[] { Make.Function($"00:{(2 * i) + 3:x2}.0", "virtio-net", 16 + i), Make.Function($"00:{(2 * i) + 4:x2}.0", "uhci", 16 + i) })],
            [new BootSpec(Make.Release("4.1"), Make.Policy("P4"), ShutdownPath.Reboot)]);
        var cache = new ClusterCache();
        var found = new ClusterSearch(CompiledMachine.Compile(scenario), null, cache).Search(Budget);
        Assert.True(cache.Hits >= 4, $"{cache.Hits} of 6 were known");
        Assert.Equal("", found.Bound);
    }

    // A machine that is too large for the whole search has runs all the same: none may violate what is said to hold.
    [Fact]
    public void No_timed_run_violates_what_clusters_say_holds()
    {
        var checkedOff = 0;
        RandomScenario.With(200, 190).Sample(
            random =>
            {
                var m = CompiledMachine.Compile(Apart(random.Scenario));
                var search = new ClusterSearch(m);
                if (search.Clusters.Count < 2)
                {
                    return;
                }

                var held = search.Search(Budget).Verdicts.Where(v => v.Kind == VerdictKind.Holds).Select(v => v.Property).ToList();
                for (var seed = random.Seed; seed < random.Seed + 3; seed++)
                {
                    var run = Run.Of(m, seed, limits: new RunLimits(50_000_000, 20_000));
                    foreach (var (property, at) in held.Zip(PropertyCheck.FirstViolations(run, held)))
                    {
                        checkedOff++;
                        Assert.True(at < 0, $"{property.Id}: held, but event {at} of seed {seed} violates it");
                    }
                }
            },
            iter: 150, threads: 1, print: r => r.ToString());
        Assert.NotEqual(0, checkedOff);
    }

    // Most random machines are of QEMU, or poll: there all functions meet. Without that they fall apart.
    private static Scenario Apart(Scenario scenario) => scenario with
    {
        Platform = Hardware.Platform.AcpiPc, Boots = [.. scenario.Boots.Select(b => b with { IrqFixup = IrqFixup.Off })],
    };

    [Fact]
    public void Functions_meet_on_a_line_and_everywhere_if_the_kernel_polls_or_the_platform_looks_at_all_pins()
    {
        var apart = new Scenario(
            "apart", Hardware.Platform.AcpiPc, [Make.Function("00:03.0", "e1000", 16), Make.Function("00:04.0", "uhci", 16), Make.Function("00:05.0", "uhci", 17)],
            [new BootSpec(Make.Release("4.1"), Make.Policy("P4"), ShutdownPath.Reboot)]);
        IEnumerable<int> Sizes(Scenario s) => new ClusterSearch(CompiledMachine.Compile(s)).Clusters.Select(c => c.Count).Order();
        Assert.Equal([1, 2], Sizes(apart with { Platform = Hardware.Platform.AcpiPc }));
        Assert.Equal([3], Sizes(apart with { Platform = Hardware.Platform.Q35 }));
        Assert.Equal([3], Sizes(apart with { Platform = Hardware.Platform.AcpiPc, Boots = [.. apart.Boots.Select(b => b with { IrqFixup = IrqFixup.IrqPoll })] }));
        Assert.Equal([3], Sizes(apart with { Platform = Hardware.Platform.AcpiPc, BootInterrupts = [new BootInterrupt(new(16), new(17), null, "a test")] }));
    }

    // P1 turns MSI off, so that a device that still works raises the line; under P5 it never does. Without a handler nobody is called.
    [Theory]
    [InlineData("P1", true, new[] { 4 })]
    [InlineData("P1", false, new[] { 1, 1, 1 })]
    [InlineData("P5", true, new[] { 1, 1, 1, 1 })]
    public void Functions_on_a_line_meet_if_one_may_raise_it_and_another_is_called_for_it(string policy, bool withHandler, int[] sizes)
    {
        var scenario = new Scenario(
            "line", Hardware.Platform.AcpiPc,
            [
                .. Enumerable.Range(3, 3).Select(i => Make.Function($"00:{i:x2}.0", "virtio-net", 16) with { Mode = InterruptMode.Msix, Events = [new EventSource("rx", 1_000_000)] }),
                .. withHandler ? [Make.Function("00:08.0", "uhci", 16)] : Array.Empty<FunctionSpec>(),
            ],
            [new BootSpec(Make.Release("3.13"), Make.Policy(policy), ShutdownPath.Reboot)]);
        Assert.Equal(sizes, new ClusterSearch(CompiledMachine.Compile(scenario)).Clusters.Select(c => c.Count));
    }

    // Which CPU takes the interrupts, what a bridge has to do with a function that writes no memory, and the order of the first boot's probes do not matter.
    [Fact]
    public void Clusters_on_other_CPUs_are_alike()
    {
        var scenario = new Scenario(
            "cpus", Hardware.Platform.AcpiPc,
            [.. Enumerable.Range(0, 6).Select(i => Make.Function($"00:{i + 3:x2}.0", "e1000e", 16 + i) with { Mode = InterruptMode.Msi, Cpu = 1 + (i % 3), Events = [new EventSource("rx", 1_000_000)] })],
            [new BootSpec(Make.Release("4.1"), Make.Policy("P4"), ShutdownPath.Reboot) { Cpus = 4 }]);
        var cache = new ClusterCache();
        var m = CompiledMachine.Compile(scenario);
        Assert.Single(Exploration.Clusters.Of(m).Select(c => cache.KeyOf(Slice.Of(m, c).Machine, Property.All)).Distinct());

        // On the task's own CPU it is another question.
        var other = CompiledMachine.Compile(scenario with { Functions = [scenario.Functions[0] with { Cpu = 0 }, .. scenario.Functions.Skip(1)] });
        Assert.Equal(2, Exploration.Clusters.Of(other).Select(c => cache.KeyOf(Slice.Of(other, c).Machine, Property.All)).Distinct().Count());
    }
}
