using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Web.Lab;

namespace PciDash.Web.Tests.Lab;

/// <summary>Many who search at once: everybody's turn comes, and who leaves gives the place back.</summary>
public class SearchesTests
{
    // Nine sharers of one line on two CPUs: more states than any of these searches may visit.
    private static readonly CompiledMachine Large = CompiledMachine.Compile(ScenarioDocument.Parse("""
        {
          "version": 1, "platform": "acpi-pc",
          "functions": [
            { "bdf": "00:01.0", "device": "virtio-net", "gsi": 16, "events": [ { "what": "rx", "every_us": 500 } ] },
            { "bdf": "00:02.0", "device": "virtio-net", "gsi": 16, "cpu": 1, "events": [ { "what": "rx", "every_us": 500 } ] },
            { "bdf": "00:03.0", "device": "ahci", "gsi": 16, "events": [ { "what": "completion", "every_us": 500 } ] },
            { "bdf": "00:04.0", "device": "ahci", "gsi": 16, "cpu": 1, "events": [ { "what": "completion", "every_us": 500 } ] },
            { "bdf": "00:05.0", "device": "uhci", "gsi": 16, "events": [ { "what": "completion", "every_us": 500 } ] },
            { "bdf": "00:06.0", "device": "uhci", "gsi": 16, "events": [ { "what": "completion", "every_us": 500 } ] },
            { "bdf": "00:07.0", "device": "virtio-net", "gsi": 16, "events": [ { "what": "rx", "every_us": 500 } ] },
            { "bdf": "00:08.0", "device": "ahci", "gsi": 16, "cpu": 1, "events": [ { "what": "completion", "every_us": 500 } ] },
            { "bdf": "00:09.0", "device": "uhci", "gsi": 16, "events": [ { "what": "completion", "every_us": 500 } ] }
          ],
          "boots": [ { "kernel": "4.1", "path": "kexec", "cpus": 2 } ]
        }
        """).Scenario);

    [Fact]
    public async Task Ten_at_once_share_the_time_and_all_are_answered()
    {
        var searches = new Searches();
        var budget = new SearchBudget(50_000_000, 400_000_000, TimeSpan.FromSeconds(4));
        var all = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => searches.SearchAsync("", Large, Property.All, _ => { }, CancellationToken.None, budget)));
        Assert.All(all, found => Assert.Equal(Property.All.Count, found.Verdicts.Count));

        // The first two found nobody waiting; those after them had less than the whole.
        Assert.All(all, f => Assert.False(f.Complete));
        Assert.DoesNotContain(all.Skip(2).Take(6), f => f.Bound == "4 s");
        Assert.All(all, f => Assert.NotEmpty(f.Advice));
    }

    [Fact]
    public async Task Who_asks_for_one_has_its_whole_time_beside_somebody_who_asks_for_nine()
    {
        var searches = new Searches();
        var budget = new SearchBudget(50_000_000, 400_000_000, TimeSpan.FromSeconds(3));
        var greedy = Enumerable.Range(0, 9).Select(_ => searches.SearchAsync("many pages", Large, Property.All, _ => { }, CancellationToken.None, budget)).ToList();
        var one = await searches.SearchAsync("one page", Large, Property.All, _ => { }, CancellationToken.None, budget);
        Assert.Equal("3 s", one.Bound);
        Assert.True(greedy.Count(g => g.IsCompleted) < 8, "it waited for all of the nine");
        Assert.All(await Task.WhenAll(greedy), found => Assert.Equal(Property.All.Count, found.Verdicts.Count));
    }

    [Fact]
    public async Task Who_leaves_gives_the_place_back_at_once()
    {
        var searches = new Searches();
        using var leaving = new CancellationTokenSource();
        var budget = new SearchBudget(100_000_000, 2_000_000_000, TimeSpan.FromSeconds(60));
        var begun = new TaskCompletionSource();
        var abandoned = Enumerable.Range(0, 4).Select(_ => searches.SearchAsync("", Large, Property.All, _ => begun.TrySetResult(), leaving.Token, budget)).ToList();
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await leaving.CancelAsync();
        foreach (var search in abandoned)
        {
            try
            {
                Assert.Equal("cancelled", (await search.WaitAsync(TimeSpan.FromSeconds(20))).Bound);
            }
            catch (OperationCanceledException)
            {
                // It had no place yet.
            }
        }

        var next = await searches.SearchAsync("", CompiledMachine.Compile(ScenarioPresets.Find(Runs.StoryId)!.Scenario), Property.All, _ => { }, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(next.Complete);
    }
}
