using System.Reflection;
using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Matrix;

namespace PciDash.Scenarios.Tests.Matrix;

/// <summary>A sweep tells where releases part, and by which of their facts.</summary>
public class OverReleases
{
    private static readonly Scenario Story = ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario;

    private static readonly Lazy<SweepReport> OfStory = new(static () => KernelSweep.Of(Story, new MatrixOptions { Threads = 2 }));

    [Fact]
    public void The_storm_begins_with_its_first_commit_and_ends_with_the_patch()
    {
        var ends = OfStory.Value.Changes.Single(c => c.Before.Release.Version == "4.9");
        Assert.Equal("4.12", ends.After.Release.Version);
        Assert.Contains("irq 21 storm-disabled", ends.Gone);
        Assert.DoesNotContain("irq 21 storm-disabled", ends.New);
        Assert.Contains(ends.Verdicts, v => v.Before.Property == Property.NoSpuriousDisable && v is { Before.Kind: VerdictKind.Violated, After.Kind: VerdictKind.Holds });
        Assert.Equal(("shutdown policy", SweepEffect.Whole), (ends.Facts[0].Name, ends.Facts[0].Alone));
        Assert.Contains("fda78d7a0ead", ends.Facts[0].Source, StringComparison.Ordinal);
        var begins = OfStory.Value.Changes[0];
        Assert.Contains("d52877c7b1af", begins.Facts[0].Source, StringComparison.Ordinal);
        Assert.Equal(SweepEffect.None, begins.Facts.Single(f => f.Name == "machine_shutdown").Alone);
    }

    [Fact]
    public void Changes_are_told_where_neighbours_differ_and_nowhere_else()
    {
        var rows = OfStory.Value.Rows;
        Assert.Equal(KernelRelease.All, rows.Select(r => r.Release));
        for (var i = 1; i < rows.Count; i++)
        {
            var differ = rows[i].Fingerprint != rows[i - 1].Fingerprint || !rows[i].Verdicts.Select(v => v.Kind).SequenceEqual(rows[i - 1].Verdicts.Select(v => v.Kind));
            Assert.Equal(differ, OfStory.Value.Changes.Any(c => c.After == rows[i]));
        }

        Assert.All(OfStory.Value.Changes, c => Assert.NotEmpty(c.Facts));
        Assert.All(OfStory.Value.Changes, c => Assert.NotEmpty(SweepText.Difference(c)));
    }

    [Fact]
    public void Every_row_opens_as_its_run_at_what_matters()
    {
        foreach (var row in OfStory.Value.Rows)
        {
            var document = ShareLink.Decode(ShareLink.TryEncode(row.Document)!);
            var run = Run.Of(CompiledMachine.Compile(document.Scenario), document.Seed);
            Assert.Equal(row.Release, document.Scenario.Boots[0].Release);
            Assert.Equal(row.Fingerprint, OutcomeFingerprint.Of(run));
            Assert.InRange(document.View.Step!.Value, 0, run.Recording.RawCount - 1);
        }

        var storm = OfStory.Value.Rows.Single(r => r.Release.Version == "4.1").Document;
        var at = Run.Of(CompiledMachine.Compile(storm.Scenario), storm.Seed).Recording.EventAt(storm.View.Step!.Value);
        Assert.Equal(EventKind.NobodyCared, at.Event.Kind);
    }

    [Fact]
    public void Without_properties_only_runs_are_compared()
    {
        var report = KernelSweep.Of(Story, asked: []);
        Assert.All(report.Rows, r => Assert.Empty(r.Verdicts));
        Assert.Equal(OfStory.Value.Rows.Select(r => r.Fingerprint), report.Rows.Select(r => r.Fingerprint));
    }

    [Fact]
    public void A_path_on_which_nothing_changes_has_no_change_point()
    {
        var idle = ScenarioPresets.Find("igfx-e100-firmware")!.Scenario;
        var report = KernelSweep.Of(idle.WithKernel(KernelRelease.All[^1]), asked: []);
        var same = report.Rows.All(r => r.Fingerprint == report.Rows[0].Fingerprint);
        Assert.Equal(same, report.Changes.Count == 0);
        Assert.Equal(same, SweepText.Plain(report).Contains("all of them do the same", StringComparison.Ordinal));
    }

    // A fact that is added to the table and not here would make a change point without a reason.
    [Fact]
    public void Every_fact_of_a_release_is_one_that_a_sweep_can_name()
    {
        var row = KernelRelease.Find("4.1")!;
        foreach (var property in typeof(KernelRelease).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.Name is not ("Version" or "Source")))
        {
            if (!property.CanWrite)
            {
                Assert.Contains(KernelRelease.All.Zip(KernelRelease.All.Skip(1)), pair =>
                    !Equals(property.GetValue(pair.First), property.GetValue(pair.Second)) && Named(pair.First, pair.Second));
                continue;
            }

            var changed = row with { };
            property.SetValue(changed, property.GetValue(row) switch
            {
                bool b => !b,
                string policy => policy == "P4" ? "P5" : "P4",
                int n => n + 1,
                Enum e => Enum.ToObject(e.GetType(), (Convert.ToInt32(e, null) + 1) % Enum.GetValues(e.GetType()).Length),
                var other => throw new InvalidOperationException($"{property.Name}: {other}"),
            });
            Assert.True(Named(row, changed), $"{property.Name} is named by no field of a sweep");
            Assert.True(ReleaseField.All.Where(f => f.Read(row) != f.Read(changed)).All(f => f.Take is null || f.Take(row, changed) == changed), property.Name);
        }
    }

    private static bool Named(KernelRelease a, KernelRelease b) => ReleaseField.All.Any(f => f.Read(a) != f.Read(b));
}
