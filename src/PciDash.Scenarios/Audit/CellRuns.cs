using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Audit;

/// <summary>What an outcome is about: a line (its number) or a function (its position), and the outcome.</summary>
internal readonly record struct OutcomeKey(bool IsLine, int Index, OutcomeKind Kind);

/// <summary>An outcome in the seeded runs of one kernel and path.</summary>
internal sealed class Sighted
{
    public int Count { get; set; }

    public required ulong Seed { get; init; }

    public required Outcome Outcome { get; init; }

    /// <summary>What that run tells of it, if it is grave.</summary>
    public required Evidence Evidence { get; init; }

    /// <summary>Its run was stopped at a limit.</summary>
    public required bool IsStopped { get; init; }

    /// <summary>By seed, when it was known in that run, nanoseconds: a storm that is not given up only at the end.</summary>
    public Dictionary<ulong, long> At { get; } = [];
}

/// <summary>What went wrong in a run, and how far it was followed, nanoseconds; the longest time there is if to its end.</summary>
internal sealed record WrongRun(HashSet<OutcomeKey> Keys, long FollowedNs);

/// <summary>The seeded runs of one kernel and path.</summary>
internal sealed class CellRuns
{
    // Longest of what the timing profiles have from the first callback to the second kernel's drivers; probes come on top.
    private const long LongestNs = 6_000_000_000;
    private const long PerFunctionNs = 20_000_000;
    private const long MostSteps = 2_000_000;
    private const long MostEvents = 50_000;

    public Dictionary<OutcomeKey, Sighted> Seen { get; } = [];

    public int Runs { get; private set; }

    public int Stopped { get; private set; }

    /// <summary>Runs a scenario with seeds from 1.</summary>
    public static CellRuns Of(Scenario scenario, int runs, CancellationToken cancel)
    {
        var all = new CellRuns();
        for (var seed = 1UL; seed <= (ulong)runs; seed++)
        {
            cancel.ThrowIfCancellationRequested();
            var run = Run(scenario, seed);
            all.Runs++;
            var isStopped = IsStopped(run);
            all.Stopped += isStopped ? 1 : 0;
            foreach (var outcome in Outcomes.Of(run))
            {
                var key = KeyOf(outcome);
                if (!all.Seen.TryGetValue(key, out var sighted))
                {
                    all.Seen.Add(key, sighted = new Sighted
                    {
                        Seed = seed, Outcome = outcome, IsStopped = isStopped, Evidence = OutcomeText.WeightOf(key.Kind) >= OutcomeWeight.Risk ? Evidence.Of(run, key, outcome) : Evidence.None,
                    });
                }

                sighted.Count++;
                sighted.At[seed] = KnownAtNs(run, outcome);
            }
        }

        return all;
    }

    // Runs of one thread follow each other: none is looked at once the next is begun.
    [ThreadStatic]
    private static RunBuffer? buffer;

    private static Run Run(Scenario scenario, ulong seed)
    {
        var machine = CompiledMachine.Compile(AuditVariants.WithTraffic(scenario, seed));
        var limits = new RunLimits(LongestNs + (PerFunctionNs * scenario.Functions.Count), MostSteps, MostEvents);
        return Engine.Simulation.Run.Of(machine, seed, limits: limits, buffer: buffer ??= new RunBuffer());
    }

    /// <summary>What went wrong in one seeded run.</summary>
    public static WrongRun Wrong(Scenario scenario, ulong seed) => Wrong(Run(scenario, seed));

    /// <summary>What went wrong in a run.</summary>
    public static WrongRun Wrong(Run run) =>
        new([.. Outcomes.Of(run).Where(o => OutcomeText.WeightOf(o.Kind) >= OutcomeWeight.Risk).Select(o => KeyOf(o))], IsStopped(run) ? run.EndNs : long.MaxValue);

    /// <summary>When an outcome was known, nanoseconds: a storm that is not given up only at the end.</summary>
    public static long KnownAtNs(Run run, in Outcome outcome) =>
        outcome.Why < 0 || outcome.Kind == OutcomeKind.StormHidden ? run.EndNs : run.Recording.EventAt(outcome.Why).TimeNs;

    private static bool IsStopped(Run run) => run.End is RunEnd.TimeLimit or RunEnd.EventLimit;

    /// <summary>What an outcome is about.</summary>
    public static OutcomeKey KeyOf(in Outcome o) => new(o.Function < 0, o.Function < 0 ? o.Line : o.Function, o.Kind);
}
