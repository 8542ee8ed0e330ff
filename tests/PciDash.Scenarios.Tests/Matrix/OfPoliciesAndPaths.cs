using PciDash.Engine.Exploration;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Matrix;

namespace PciDash.Scenarios.Tests.Matrix;

/// <summary>A cell of the matrix says what a search of its own would say, and links to the run that shows it.</summary>
public class OfPoliciesAndPaths
{
    private static readonly Scenario Story = ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario;

    private static readonly MatrixOptions Whole = new() { Budget = SearchBudget.Default, Threads = 2 };

    private static readonly Lazy<MatrixReport> OfStory = new(static () => MachineMatrix.Of(Story, Whole));

    private static MatrixAnswer At(MatrixReport report, string policy, ShutdownPath path) =>
        report.Answers.Single(a => a.Cell.Policy.Id == policy && a.Cell.Path == path);

    private static MatrixVerdict Says(MatrixAnswer answer, Property property) => answer.Verdicts.Single(v => v.Property == property);

    [Fact]
    public void Linux_4_1_is_violated_on_reboot_and_the_patch_holds()
    {
        Assert.Equal(VerdictKind.Violated, Says(At(OfStory.Value, "P4", ShutdownPath.Reboot), Property.NoSpuriousDisable).Kind);
        Assert.Equal(VerdictKind.Holds, Says(At(OfStory.Value, "seed", ShutdownPath.Reboot), Property.NoSpuriousDisable).Kind);
        Assert.Equal(VerdictKind.NotApplicable, Says(At(OfStory.Value, "P4", ShutdownPath.Reboot), Property.NoStaleMsi).Kind);
    }

    [Fact]
    public void Every_cell_says_what_its_own_search_says_even_where_another_was_searched_in_its_place()
    {
        Assert.Equal(ShutdownPolicy.All.Count * 4, OfStory.Value.Answers.Count);
        foreach (var answer in OfStory.Value.Answers)
        {
            var own = new Explorer(CompiledMachine.Compile(answer.Document.Scenario)).Search();
            Assert.Equal(own.Verdicts.Select(v => v.Kind), answer.Verdicts.Select(v => v.Kind));
            Assert.Equal(own.States, answer.States);
        }
    }

    [Fact]
    public void Cells_that_do_the_same_are_searched_once_and_others_are_not_taken_for_the_same()
    {
        var report = OfStory.Value;
        // On reboot MSI stays on and nothing else is done under each of these; the first of them is searched.
        Assert.All(["P5", "seed"], policy => Assert.Equal("P0 reboot", At(report, policy, ShutdownPath.Reboot).SameAs?.ToString()));
        Assert.Equal("P5 kexec", At(report, "seed", ShutdownPath.Kexec).SameAs?.ToString());
        Assert.Equal("P1 reboot", At(report, "P4", ShutdownPath.Reboot).SameAs?.ToString());
        Assert.All(["P1", "P3", "P5", "EB-1"], policy => Assert.Null(At(report, policy, ShutdownPath.Kexec).SameAs));

        // A crash calls no shutdown, so no policy matters there.
        Assert.Equal(ShutdownPolicy.All.Count - 1, report.Answers.Count(a => a.Cell.Path == ShutdownPath.Kdump && a.SameAs is not null));
        Assert.Equal(report.Searched, report.Answers.Count(a => a.SameAs is null));
    }

    [Fact]
    public void Each_counterexample_opens_as_a_run_of_its_own_cell_that_violates_the_property()
    {
        var shown = OfStory.Value.Answers.SelectMany(a => a.Verdicts.Where(v => v.Shows is not null).Select(v => (a.Cell, Verdict: v))).ToList();
        Assert.Contains(shown, s => s.Cell.ToString() == "P4 reboot");
        foreach (var (cell, verdict) in shown)
        {
            var document = ShareLink.Decode(ShareLink.TryEncode(verdict.Shows!)!);
            Assert.Equal(cell.Policy.Id, document.Scenario.Boots[0].Policy.Id);
            Assert.Equal(cell.Path, document.Scenario.Boots[0].Path);
            var machine = CompiledMachine.Compile(document.Scenario);
            var run = Run.Of(machine, document.Seed, document.ResolveChoices(machine, out var unknown));
            Assert.Null(unknown);
            Assert.Equal(document.View.Step, PropertyCheck.FirstViolation(run, verdict.Property));
            Assert.Equal(document.Fingerprint, OutcomeFingerprint.WithOutcomes(run));
        }
    }

    [Fact]
    public void A_search_that_hits_its_bound_never_holds_and_says_what_one_run_shows_as_a_run()
    {
        var report = MachineMatrix.Of(Story, Whole with { Budget = SearchBudget.Default with { States = 20 } });
        Assert.DoesNotContain(report.Answers.SelectMany(a => a.Verdicts), v => v.Kind is VerdictKind.Holds or VerdictKind.Violated);
        var open = At(report, "P4", ShutdownPath.Reboot);
        Assert.Equal(("20 states", "to its end", false), (open.Bound, open.RunFollowed, open.Complete));
        var verdict = Says(open, Property.NoSpuriousDisable);
        Assert.True(verdict is { Kind: VerdictKind.NotFinished, SeenInRun: true });
        Assert.Empty(verdict.Shows!.Choices);
        var run = Run.Of(CompiledMachine.Compile(verdict.Shows.Scenario), verdict.Shows.Seed);
        Assert.Equal(EventKind.NobodyCared, run.Recording.EventAt(verdict.Shows.View.Step!.Value).Event.Kind);
        Assert.False(Says(At(report, "seed", ShutdownPath.Reboot), Property.NoSpuriousDisable).SeenInRun);
        Assert.Contains("not finished; seen in a run", MatrixText.Plain(report), StringComparison.Ordinal);
    }

    // Three times the story's pair, each on a line of its own: too much for the whole search within the budget, and not for one pair alone.
    [Fact]
    public void A_machine_too_large_for_the_whole_search_is_searched_by_the_functions_that_can_meet()
    {
        var (usb, net) = (Story.Functions[0], Story.Functions[1]);
        var scenario = Story with
        {
            Id = "three-pairs", Platform = Platform.AcpiPc,
            Functions = [.. Enumerable.Range(0, 3).SelectMany(i => new[] { usb with { Bdf = new Bdf(0, 4 + i, 0), Gsi = new Gsi(21 + i) }, net with { Bdf = new Bdf(0, 10 + i, 0), Gsi = new Gsi(21 + i) } })],
        };
        var options = Whole with { Policies = [ShutdownPolicy.P4, ShutdownPolicy.P5], Paths = [ShutdownPath.Reboot], Budget = new SearchBudget(20_000, 100_000_000, TimeSpan.FromSeconds(60)) };
        var report = MachineMatrix.Of(scenario, options);
        var violated = Says(At(report, "P4", ShutdownPath.Reboot), Property.NoSpuriousDisable);
        Assert.Equal(VerdictKind.Violated, violated.Kind);
        var run = Run.Of(CompiledMachine.Compile(violated.Shows!.Scenario), violated.Shows.Seed);
        Assert.Equal(6, run.Machine.Functions.Count);
        Assert.Equal(violated.Shows.View.Step, PropertyCheck.FirstViolation(run, Property.NoSpuriousDisable));
        var holds = Says(At(report, "P5", ShutdownPath.Reboot), Property.NoSpuriousDisable);
        Assert.Equal(VerdictKind.Holds, holds.Kind);

        // With MSI left on no network card raises a line, so that it meets nobody.
        Assert.Contains("In each of 6 clusters", holds.Explanation, StringComparison.Ordinal);

        // That the end can be reached is about all of them at once.
        Assert.Equal(VerdictKind.NotFinished, Says(At(report, "P5", ShutdownPath.Reboot), Property.CanEnd).Kind);
    }

    [Fact]
    public void Kernels_and_drivers_make_tables_of_their_own()
    {
        var options = Whole with
        {
            Kernels = [KernelRelease.Find("3.13")!, KernelRelease.Find("4.1")!], Drivers = [MatrixDrivers.AsGiven, MatrixDrivers.Silenced],
            Policies = [ShutdownPolicy.P4], Paths = [ShutdownPath.Reboot],
        };
        var report = MachineMatrix.Of(Story, options, [Property.NoSpuriousDisable]);
        Assert.Equal(["3.13 P4 reboot", "3.13 P4 reboot, drivers silenced", "4.1 P4 reboot", "4.1 P4 reboot, drivers silenced"], report.Answers.Select(a => a.Cell.ToString()));
        Assert.Equal(4, report.Tables.Count);
        Assert.Equal(
            [VerdictKind.ViolatedOnlyIf, VerdictKind.Holds, VerdictKind.Violated, VerdictKind.Holds], report.Answers.Select(a => a.Verdicts.Single().Kind));

        // A link holds such a driver too.
        Assert.Equal("4.1", ShareLink.Decode(ShareLink.TryEncode(report.Answers[3].Document)!).Scenario.Boots[0].Release.Version);
    }

    [Fact]
    public void A_cell_that_there_cannot_be_says_why_and_leaves_the_others_alone()
    {
        // The second kernel brings up fewer CPUs than an interrupt is sent to: only the paths that have a second kernel are impossible.
        var twoCpus = Story with
        {
            Functions = [.. Story.Functions.Select(f => f with { Cpu = 1 })],
            Boots = [Story.Boots[0] with { Cpus = 2, Path = ShutdownPath.Kexec }, Story.Boots[0] with { Cpus = 1, Path = ShutdownPath.None, Stimuli = [] }],
        };
        var report = MachineMatrix.Of(twoCpus, Whole with { Policies = [ShutdownPolicy.P4] });
        Assert.Contains("boot 1 has 1", At(report, "P4", ShutdownPath.Kexec).Failure, StringComparison.Ordinal);
        Assert.Null(At(report, "P4", ShutdownPath.Kexec).Worst);
        Assert.Empty(At(report, "P4", ShutdownPath.Reboot).Failure);
        Assert.NotEmpty(At(report, "P4", ShutdownPath.Reboot).Verdicts);
        Assert.Contains("! impossible", MatrixText.Plain(report), StringComparison.Ordinal);
        var nowhere = Assert.Throws<ScenarioException>(() => MachineMatrix.Of(twoCpus, Whole with { Paths = [ShutdownPath.Kexec] }));
        Assert.Contains("boot 1 has 1", nowhere.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_tells_its_progress_and_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var told = new List<(int Done, int Of)>();
        Assert.Throws<OperationCanceledException>(() => MachineMatrix.Of(Story, Whole with { Threads = 1 }, null, (done, of) =>
        {
            told.Add((done, of));
            if (done == 2)
            {
                cancel.Cancel();
            }
        }, cancel.Token));
        Assert.Equal([(0, OfStory.Value.Searched), (1, OfStory.Value.Searched), (2, OfStory.Value.Searched)], told);
    }

    [Fact]
    public void More_cells_than_anybody_reads_are_refused()
    {
        var options = Whole with { Kernels = [.. Enumerable.Repeat(KernelRelease.All, 4).SelectMany(k => k)] };
        Assert.Contains("1 to 2000 are possible", Assert.Throws<ScenarioException>(() => MachineMatrix.Of(Story, options)).Message, StringComparison.Ordinal);
    }
}
