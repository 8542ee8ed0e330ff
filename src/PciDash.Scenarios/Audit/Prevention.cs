using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Audit;

/// <summary>A change with which a run would have gone well.</summary>
/// <param name="Kind">What is changed.</param>
/// <param name="What">The change, in words.</param>
/// <param name="Changed">The scenario with it.</param>
/// <param name="Prevents">Of what went wrong, what does not: "irq 21", "00:09.0".</param>
/// <param name="IsWhole">It prevents all of it.</param>
public sealed record Prevention(AuditFixKind Kind, string What, Scenario Changed, IReadOnlyList<string> Prevents, bool IsWhole);

/// <summary>What was tried against what went wrong in one run.</summary>
/// <param name="Tried">How many changes were tried.</param>
/// <param name="Found">Those that help, whole ones first.</param>
public sealed record PreventionReport(int Tried, IReadOnlyList<Prevention> Found)
{
    // The changed runs end sooner than a storm does, or are no help; a page waits for them.
    private const long MostSteps = 2_000_000;
    private const long MostEvents = 100_000;

    /// <summary>Nothing went wrong, so nothing is tried.</summary>
    public static PreventionReport Nothing { get; } = new(0, []);

    /// <summary>
    /// Makes the run again, with the same seed, under each change that an audit tries: other shutdown policies, a .shutdown of the drivers
    /// that is proper, boot options. One run shows that a change can help; that it always does, only all orderings can say.
    /// </summary>
    /// <param name="run">A run as time has it.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="ArgumentException">The run has choices: under a changed scenario they would not mean the same.</exception>
    public static PreventionReport Of(Run run, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Choices.Count > 0)
        {
            throw new ArgumentException("The run has choices: under a changed scenario they would not mean the same.", nameof(run));
        }

        var wrong = new Dictionary<OutcomeKey, (string Name, long AtNs)>();
        var culprits = new List<MachineFunction>();
        foreach (var outcome in Outcomes.Of(run).Where(o => OutcomeText.WeightOf(o.Kind) >= OutcomeWeight.Risk))
        {
            var key = CellRuns.KeyOf(outcome);
            if (wrong.TryAdd(key, (NameOf(run.Machine, key), CellRuns.KnownAtNs(run, outcome))))
            {
                culprits.AddRange(Evidence.Of(run, key, outcome).Culprits);
            }
        }

        if (wrong.Count == 0)
        {
            return Nothing;
        }

        var limits = run.Limits with { Steps = Math.Min(run.Limits.Steps, MostSteps), Events = Math.Min(run.Limits.Events, MostEvents) };
        var tried = 0;
        var found = new List<Prevention>();
        foreach (var remedy in Remedies.All(run.Machine.Scenario, culprits))
        {
            cancel.ThrowIfCancellationRequested();
            tried++;
            try
            {
                var changed = remedy.Change(run.Machine.Scenario);
                var now = CellRuns.Wrong(Run.Of(CompiledMachine.Compile(changed), run.Seed, limits: limits));
                if (!now.Keys.IsSubsetOf(wrong.Keys))
                {
                    continue; // What makes something else go wrong is no help.
                }

                var prevents = wrong.Where(w => !now.Keys.Any(n => n.IsLine == w.Key.IsLine && n.Index == w.Key.Index) && w.Value.AtNs <= now.FollowedNs).Select(w => w.Value.Name).ToList();
                if (prevents.Count > 0)
                {
                    found.Add(new Prevention(remedy.Kind, remedy.What, changed, [.. prevents.Distinct()], prevents.Count == wrong.Count));
                }
            }
            catch (ScenarioException)
            {
                // Such a machine there cannot be.
            }
        }

        return new PreventionReport(tried, [.. found.OrderByDescending(p => p.IsWhole).ThenByDescending(p => p.Prevents.Count)]);
    }

    private static string NameOf(CompiledMachine machine, OutcomeKey key) =>
        key.IsLine ? $"irq {machine.Lines[key.Index].Gsi}" : machine.Functions[key.Index].Bdf.ToString();
}
