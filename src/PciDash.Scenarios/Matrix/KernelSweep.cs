using PciDash.Engine.Devices;
using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Matrix;

/// <summary>The same machine on the same path over all releases: where what happens changes, and by which facts.</summary>
public sealed class KernelSweep
{
    private readonly Scenario scenario;
    private readonly MatrixOptions options;
    private readonly IReadOnlyList<Property> properties;
    private readonly CancellationToken cancel;

    private KernelSweep(Scenario scenario, MatrixOptions options, IReadOnlyList<Property> properties, CancellationToken cancel)
    {
        this.scenario = scenario;
        this.options = options;
        this.properties = properties;
        this.cancel = cancel;
    }

    /// <summary>Sweeps.</summary>
    /// <param name="scenario">The machine; its first boot's path is taken for every release.</param>
    /// <param name="options">Budget, seed and threads of the searches; what is asked of a matrix beyond that is not used.</param>
    /// <param name="asked">Properties; null = all; empty = runs only.</param>
    /// <param name="progress">Told after each release: how many are done, of how many.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="ScenarioException">The scenario contradicts itself.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static SweepReport Of(
        Scenario scenario, MatrixOptions? options = null, IReadOnlyList<Property>? asked = null, Action<int, int>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        try
        {
            return new KernelSweep(scenario, options ?? new MatrixOptions(), asked ?? Property.All, cancel).Report(progress);
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<ScenarioException>().FirstOrDefault() is { } problem)
        {
            // Under some releases only.
            throw new ScenarioException(problem.Problems);
        }
    }

    private SweepReport Report(Action<int, int>? progress)
    {
        var rows = new SweepRow[KernelRelease.All.Count];
        var done = 0;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Threads), CancellationToken = cancel };

        // The first alone: a scenario that contradicts itself does so under every release, and is told once.
        rows[0] = Row(KernelRelease.All[0]);
        progress?.Invoke(++done, rows.Length);
        Parallel.For(1, rows.Length, parallel, i =>
        {
            rows[i] = Row(KernelRelease.All[i]);
            progress?.Invoke(Interlocked.Increment(ref done), rows.Length);
        });
        var points = Enumerable.Range(1, rows.Length - 1).Where(i => Differ(rows[i - 1], rows[i])).ToList();
        var changes = new SweepChange[points.Count];
        Parallel.For(0, points.Count, parallel, i => changes[i] = Change(rows[points[i] - 1], rows[points[i]]));
        return new SweepReport(scenario, rows, changes);
    }

    private SweepRow Row(KernelRelease release)
    {
        cancel.ThrowIfCancellationRequested();
        var document = new RunDocument(scenario.WithKernel(release)) { Seed = options.Seed };
        var machine = CompiledMachine.Compile(document.Scenario);
        var run = Run.Of(machine, options.Seed, limits: MachineMatrix.SeededLimits(machine));
        var fingerprint = OutcomeFingerprint.Of(run);
        var cell = new MatrixCell(document.Scenario.Boots[0].Policy, document.Scenario.Boots[0].Path, release, MatrixDrivers.AsGiven);
        return new SweepRow(
            release, document with { View = new RunView { Step = Telling(run) }, Fingerprint = fingerprint }, fingerprint,
            [.. OutcomeWords.Of(run).Select(o => $"{(o.IsIrq ? "irq " : "")}{o.Subject} {o.Kind}").Distinct()],
            properties.Count == 0 ? null : MachineMatrix.Search(cell, document, machine, options, properties, run, cancel));
    }

    // Where a reader looks first: the event of the gravest outcome that has one.
    private static long Telling(Run run) =>
        Outcomes.Of(run).Where(o => o.Why >= 0).OrderByDescending(o => OutcomeText.WeightOf(o.Kind)).ThenBy(o => o.Why).Select(o => (long?)o.Why).FirstOrDefault()
        ?? Math.Max(0, run.Recording.RawCount - 1);

    private static bool Differ(SweepRow a, SweepRow b) =>
        a.Fingerprint != b.Fingerprint || a.Verdicts.Zip(b.Verdicts).Any(v => v.First.Kind != v.Second.Kind || v.First.SeenInRun != v.Second.SeenInRun);

    private SweepChange Change(SweepRow before, SweepRow after) => new(
        before, after, [.. before.Outcomes.Except(after.Outcomes)], [.. after.Outcomes.Except(before.Outcomes)],
        [.. before.Verdicts.Zip(after.Verdicts).Where(v => v.First.Kind != v.Second.Kind || v.First.SeenInRun != v.Second.SeenInRun)],
        [.. Facts(before, after).OrderBy(f => f.Alone)]);

    private IEnumerable<SweepFact> Facts(SweepRow before, SweepRow after)
    {
        var (a, b) = (before.Release, after.Release);
        foreach (var field in ReleaseField.All.Where(f => f.Read(a) != f.Read(b)))
        {
            yield return new SweepFact(field.Name, field.Read(a), field.Read(b), field.Source(a, b), field.Take is null ? SweepEffect.NotTried : Effect(before, after, field.Take(a, b)));
        }

        // What a driver does at shutdown is a fact of its own row. Where it goes by the version and not by a fact above, it cannot be tried alone.
        var taken = ReleaseField.All.Aggregate(a, (release, field) => field.Take?.Invoke(release, b) ?? release);
        foreach (var driver in Drivers().Where(d => !Same(d.Shutdown(taken), d.Shutdown(b)) || !Same(d.ChildShutdown(taken), d.ChildShutdown(b))))
        {
            yield return new SweepFact($"the .shutdown of {driver.Id}", Told(driver, a), Told(driver, b), driver.Source, SweepEffect.NotTried);
        }
    }

    private SweepEffect Effect(SweepRow before, SweepRow after, KernelRelease mixed)
    {
        var row = Row(mixed);
        return !Differ(before, row) ? SweepEffect.None : Differ(after, row) ? SweepEffect.Part : SweepEffect.Whole;
    }

    private IEnumerable<DriverModel> Drivers() =>
        scenario.Functions.SelectMany(f => Enumerable.Range(0, scenario.Boots.Count).Select(b => scenario.DriverOf(b, f))).OfType<DriverModel>().DistinctBy(d => d.Id);

    private static bool Same(IReadOnlyList<Step> a, IReadOnlyList<Step> b) => a.SequenceEqual(b);

    private static string Told(DriverModel driver, KernelRelease release) =>
        driver.Shutdown(release).Count + driver.ChildShutdown(release).Count is var steps and > 0 ? Node.Invariant($"{steps} steps") : "nothing";
}
