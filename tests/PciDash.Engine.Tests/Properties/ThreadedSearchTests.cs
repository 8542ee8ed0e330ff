using System.Diagnostics;
using CsCheck;
using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Tests.Properties;

/// <summary>A search on several threads says, to the last number, what one on a single thread says.</summary>
public class ThreadedSearchTests
{
    private static readonly SearchBudget Budget = new(40_000, 100_000_000, TimeSpan.FromMinutes(1));

    // From the first state on, and with nothing foreseen: bits are learned while other threads are at work.
    private static (Explorer Explorer, SearchResult Found) Threaded(CompiledMachine m, SearchBudget budget, int foreseen)
    {
        var explorer = new Explorer(m);
        explorer.InBreadth.LargeFrom = 1;
        explorer.InBreadth.ForeseenSteps = foreseen;
        return (explorer, explorer.Search(budget with { Threads = 3 }));
    }

    [Fact]
    public void Threads_visit_the_same_states_in_the_same_order_and_show_the_same_runs()
    {
        var (states, violated, cut) = (0L, 0, 0);
        RandomScenario.With(10, 9).Sample(
            random =>
            {
                var m = CompiledMachine.Compile(random.Scenario);

                // Now and then it is cut off in the middle.
                var budget = random.Seed % 3 == 0 ? Budget with { States = 700 + (int)(random.Seed % 500) } : Budget;
                var one = new Explorer(m);
                var alone = one.Search(budget);
                var (many, together) = Threaded(m, budget, random.Seed % 2 == 0 ? 0 : 200);
                Assert.Equal((alone.States, alone.Transitions, alone.Complete, alone.Bound), (together.States, together.Transitions, together.Complete, together.Bound));
                for (var i = 0; i < alone.States; i++)
                {
                    Assert.Equal(one.Store.OriginOf(i), many.Store.OriginOf(i));
                    Assert.True(one.Store[i].SequenceEqual(many.Store[i]), $"state {i} is another one");
                }

                foreach (var (a, b) in alone.Verdicts.Zip(together.Verdicts))
                {
                    Assert.Equal((a.Property.Id, a.Kind, a.Explanation, a.ViolatedAt, a.Window), (b.Property.Id, b.Kind, b.Explanation, b.ViolatedAt, b.Window));
                    Assert.Equal(a.Path, b.Path);
                    Assert.Equal(a.Choices, b.Choices);
                    violated += a.Kind == VerdictKind.Violated ? 1 : 0;
                }

                states += alone.States;
                cut += alone.Complete ? 0 : 1;
            },
            iter: 100, threads: 1, print: r => r.ToString());
        Assert.True(states > 100_000 && violated > 20 && cut > 5, $"{states} states, {violated} violated, {cut} cut off: too little to mean anything");
    }

    // On its way it also tries timed runs, which take longer than states do.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_search_that_is_cancelled_ends_within_a_second(int threads)
    {
        using var cancel = new CancellationTokenSource();
        var clock = new Stopwatch();
        var found = new Explorer(CompiledMachine.Compile(Large)).Search(
            SearchBudget.Default with { Threads = threads },
            progress =>
            {
                if (progress.States > 50_000 && !clock.IsRunning)
                {
                    clock.Start();
                    cancel.Cancel();
                }
            },
            cancel.Token);
        Assert.True(clock.IsRunning, "it was over before");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"it went on for {clock.Elapsed}");
        Assert.Equal("cancelled", found.Bound);
        Assert.All(found.Verdicts, v => Assert.NotEqual(VerdictKind.Holds, v.Kind));
    }

    // The bound is in the states that are kept, whoever computes them.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_search_keeps_to_its_bytes(int threads)
    {
        const long bytes = 4_000_000;
        var found = new Explorer(CompiledMachine.Compile(Large)).Search(SearchBudget.Default with { Bytes = bytes, Threads = threads });
        Assert.Equal("4 MB", found.Bound);
        Assert.True(found.Bytes <= 2 * bytes, $"{found.Bytes} bytes");
    }

    private static Scenario Large => new(
        "large", Hardware.Platform.Q35,
        [
            Make.Function("00:01.0", "uhci", 21), Make.Function("00:02.0", "uhci", 22), Make.Function("00:09.0", "virtio-net", 21, Make.Every(1_000_000)),
            Make.Function("00:0a.0", "virtio-blk", 22, Make.Every(1_000_000)), Make.Function("00:0b.0", "virtio-net", 21, Make.Every(1_000_000)),
            Make.Function("00:0c.0", "ahci", 22, Make.Every(1_000_000)),
        ],
        [new BootSpec(Make.Release("4.1"), Make.Policy("P4"), ShutdownPath.Reboot) { Cpus = 2 }]);
}
