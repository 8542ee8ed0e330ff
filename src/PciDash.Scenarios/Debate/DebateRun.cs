using System.Collections.Concurrent;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Debate;

/// <summary>The claims with what the engine says of them. A machine that several claims are read over is searched once.</summary>
public static class DebateRun
{
    // Each of these machines has some thousand states; a search that needs more than this says so.
    private static readonly SearchBudget Budget = new(500_000, 500_000_000, TimeSpan.FromSeconds(20));

    private static readonly Lazy<IReadOnlyList<ClaimResult>> Computed = new(static () => Compute(Claims.All));

    /// <summary>All claims, computed once: the engine does not change while it runs.</summary>
    public static IReadOnlyList<ClaimResult> Results => Computed.Value;

    /// <summary>Computes claims.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<ClaimResult> Compute(IReadOnlyList<Claim> claims, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(claims);
        var asked = new Dictionary<string, (Scenario Scenario, HashSet<Property> Properties)>(StringComparer.Ordinal);
        void Ask(Scenario scenario, IEnumerable<Property> properties)
        {
            var key = KeyOf(scenario);
            if (!asked.TryGetValue(key, out var known))
            {
                asked.Add(key, known = (scenario, []));
            }

            known.Properties.UnionWith(properties);
        }

        foreach (var claim in claims)
        {
            foreach (var member in claim.Members)
            {
                Ask(member.Scenario, member.Property is { } p ? [p] : Property.All);
                if (member.Baseline is { } baseline)
                {
                    Ask(baseline, Property.All);
                }
            }

            foreach (var (first, second) in claim.Comparison?.Pairs ?? [])
            {
                Ask(first, Property.All);
                Ask(second, Property.All);
            }
        }

        var found = new ConcurrentDictionary<string, Searched>(StringComparer.Ordinal);
        Parallel.ForEach(asked, new ParallelOptions { CancellationToken = cancel }, a => found[a.Key] = Searched.Of(a.Value.Scenario, [.. a.Value.Properties], Budget, cancel));
        Searched Of(Scenario scenario) => found[KeyOf(scenario)];
        return [.. claims.Select(c => Result(c, Of))];
    }

    private static string KeyOf(Scenario scenario) => ScenarioDocument.Write(scenario);

    private sealed record Searched(Scenario Scenario, CompiledMachine Machine, SearchResult Result)
    {
        public static Searched Of(Scenario scenario, IReadOnlyList<Property> properties, SearchBudget budget, CancellationToken cancel)
        {
            var machine = CompiledMachine.Compile(scenario);
            return new Searched(scenario, machine, new Explorer(machine, properties).Search(budget, cancel: cancel));
        }

        public Verdict Of(Property property) => Result.Verdicts.First(v => v.Property.Id == property.Id);

        public RunDocument? Shows(Verdict verdict) => verdict.Run is null ? null : CounterexampleDocument.Of(new RunDocument(Scenario), Machine, verdict);
    }

    private static ClaimResult Result(Claim claim, Func<Scenario, Searched> of)
    {
        var members = claim.Members.Select(m => m.Test == ClaimTest.NoWorse ? NoWorse(m, of(m.Baseline!), of(m.Scenario)) : Tested(m, of(m.Scenario))).ToList();
        var compared = claim.Comparison is { } comparison ? Compared(comparison, of) : [];
        var states = claim.Members.SelectMany(m => m.Baseline is { } b ? [b, m.Scenario] : new[] { m.Scenario })
            .Concat(claim.Comparison?.Pairs.SelectMany(p => new[] { p.First, p.Second }) ?? []).DistinctBy(KeyOf).Sum(s => (long)of(s).Result.States);
        var standing = StandingOf(claim, members);
        return new ClaimResult(claim, standing, standing == ClaimStanding.HoldsOnlyIf ? Conditions.Of(members) : "", members, compared, states);
    }

    private static ClaimStanding StandingOf(Claim claim, List<MemberResult> members)
    {
        var said = members.Where(m => m.Standing != MemberStanding.NotApplicable).ToList();
        return claim.Members.Count == 0 ? ClaimStanding.Opinion
            : said.TrueForAll(m => m.Standing == MemberStanding.True) ? ClaimStanding.Holds
            : said.TrueForAll(m => m.Standing == MemberStanding.False) ? ClaimStanding.Fails
            // One that is not finished matters where the others alone would make it a plain yes or no.
            : said.Where(m => m.Standing != MemberStanding.NotFinished).Select(m => m.Standing).Distinct().Count() <= 1 ? ClaimStanding.NotFinished
            : ClaimStanding.HoldsOnlyIf;
    }

    private static MemberResult Tested(ClaimMember member, Searched searched)
    {
        var verdict = searched.Of(member.Property!);
        var wantsHolds = member.Test == ClaimTest.Holds;
        var standing = verdict.Kind switch
        {
            VerdictKind.Holds => wantsHolds ? MemberStanding.True : MemberStanding.False,
            VerdictKind.Violated => wantsHolds ? MemberStanding.False : MemberStanding.True,
            VerdictKind.ViolatedOnlyIf => MemberStanding.DependsOnWindow,
            VerdictKind.NotApplicable => MemberStanding.NotApplicable,
            _ => MemberStanding.NotFinished,
        };
        return new MemberResult(member, standing, verdict.Explanation, searched.Shows(verdict));
    }

    private static MemberResult NoWorse(ClaimMember member, Searched before, Searched after)
    {
        var pairs = Property.All.Select(p => (Property: p, Before: before.Of(p), After: after.Of(p))).ToList();
        if (pairs.Exists(p => p.Before.Kind == VerdictKind.NotFinished || p.After.Kind == VerdictKind.NotFinished))
        {
            // What is not finished before can be no better afterwards only if it is decided there.
            pairs = [.. pairs.Where(p => p.After.Kind == VerdictKind.Holds || (p.Before.Kind != VerdictKind.NotFinished && p.After.Kind != VerdictKind.NotFinished))];
            if (pairs.Count < Property.All.Count && !pairs.Exists(IsWorse))
            {
                return new MemberResult(member, MemberStanding.NotFinished, "A search could not be finished.", null);
            }
        }

        var worse = pairs.Where(IsWorse).ToList();
        return worse.Count == 0 ? new MemberResult(member, MemberStanding.True, "Each property that held still holds.", null)
            : new MemberResult(member, MemberStanding.False, $"{string.Join(", ", worse.Select(w => w.Property.Id))} held, and {(worse.Count == 1 ? "is" : "are")} violated now.", after.Shows(worse[0].After));

        static bool IsWorse((Property Property, Verdict Before, Verdict After) p) =>
            p.Before.Kind is VerdictKind.Holds && p.After.Kind is VerdictKind.Violated or VerdictKind.ViolatedOnlyIf;
    }

    private static List<ComparedProperty> Compared(ClaimComparison comparison, Func<Scenario, Searched> of)
    {
        var rows = new List<ComparedProperty>();
        foreach (var property in Property.All)
        {
            var firsts = comparison.Pairs.Select(p => (At: of(p.First), Verdict: of(p.First).Of(property))).ToList();
            var seconds = comparison.Pairs.Select(p => (At: of(p.Second), Verdict: of(p.Second).Of(property))).ToList();
            var (a, b) = (firsts.FindAll(f => f.Verdict.Kind == VerdictKind.Violated), seconds.FindAll(f => f.Verdict.Kind == VerdictKind.Violated));
            if (a.Count + b.Count > 0)
            {
                rows.Add(new ComparedProperty(
                    property, a.Count, b.Count, firsts.Count(f => f.Verdict.Kind != VerdictKind.NotApplicable),
                    a.Count > 0 ? a[0].At.Shows(a[0].Verdict) : null, b.Count > 0 ? b[0].At.Shows(b[0].Verdict) : null));
            }
        }

        return rows;
    }
}
