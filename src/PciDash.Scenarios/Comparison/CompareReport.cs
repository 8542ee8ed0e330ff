using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Comparison;

/// <summary>One of two runs that are compared.</summary>
/// <param name="Name">What it is called beside the other, such as <c>Linux 4.1</c>.</param>
/// <param name="Document">What makes it.</param>
/// <param name="Run">The run.</param>
public sealed record ComparedRun(string Name, RunDocument Document, Run Run)
{
    /// <summary>What it does where they part, or how it ended if it is over by then.</summary>
    public string Line(RecordedEvent? e) => e is { } recorded ? $"{new SimTime(recorded.TimeNs),12}  {RecordingTable.Line(Run, recorded)}" : RecordingTable.End(Run);
}

/// <summary>An outcome that at least one of two runs has.</summary>
/// <param name="Subject">A function's address, or <c>IRQ 21</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="First">What the first run has; null if it has none.</param>
/// <param name="Second">What the second run has; null if it has none.</param>
public sealed record ComparedOutcome(string Subject, OutcomeKind Kind, Outcome? First, Outcome? Second)
{
    /// <summary>How much it matters.</summary>
    public OutcomeWeight Weight => OutcomeText.WeightOf(Kind);
}

/// <summary>Where two runs part, and what comes of each.</summary>
public sealed class CompareReport
{
    private const int MostSentences = 3;

    private CompareReport(ComparedRun first, ComparedRun second, IReadOnlyList<ScenarioChange> changes)
    {
        (First, Second, Changes) = (first, second, changes);
        Divergence = Divergence.Of(first.Run, second.Run);
        Alignment = new RunAlignment(first.Run, second.Run, Divergence);
        Outcomes = Compare(first.Run, second.Run);
        (FirstHandOver, SecondHandOver) = (HandOver.Of(first.Run), HandOver.Of(second.Run));
        HandOvers = FirstHandOver < 0 || SecondHandOver < 0 ? [] : HandOver.Between(first.Run, FirstHandOver, second.Run, SecondHandOver);
    }

    /// <summary>The first run.</summary>
    public ComparedRun First { get; }

    /// <summary>The second run.</summary>
    public ComparedRun Second { get; }

    /// <summary>In what they were told to differ.</summary>
    public IReadOnlyList<ScenarioChange> Changes { get; }

    /// <summary>The first event that differs; null if they are the same as far as they were followed.</summary>
    public Divergence? Divergence { get; }

    /// <summary>Which events stand beside each other.</summary>
    public RunAlignment Alignment { get; }

    /// <summary>Every outcome of either run, what matters most first.</summary>
    public IReadOnlyList<ComparedOutcome> Outcomes { get; }

    /// <summary>Raw number of the event with which the first run's first kernel hands over, or -1.</summary>
    public long FirstHandOver { get; }

    /// <summary>The same of the second run.</summary>
    public long SecondHandOver { get; }

    /// <summary>What differs at the hand-over; empty as well if one of them has none.</summary>
    public IReadOnlyList<HandOverDifference> HandOvers { get; }

    /// <summary>Both were followed to their ends.</summary>
    public bool IsWhole => First.Run.End is not (RunEnd.TimeLimit or RunEnd.EventLimit) && Second.Run.End is not (RunEnd.TimeLimit or RunEnd.EventLimit);

    /// <summary>Compares two runs by names that tell them apart.</summary>
    /// <exception cref="ScenarioException">One of them holds something that no document can name.</exception>
    public static CompareReport Of((RunDocument Document, Run Run) first, (RunDocument Document, Run Run) second)
    {
        var changes = ScenarioChanges.Between(first.Document, second.Document);
        var names = ScenarioChanges.Names(first.Document, second.Document, changes);
        return new CompareReport(new(names.First, first.Document, first.Run), new(names.Second, second.Document, second.Run), changes);
    }

    /// <summary>Compares two runs by given names.</summary>
    /// <exception cref="ScenarioException">One of them holds something that no document can name.</exception>
    public static CompareReport Named(ComparedRun first, ComparedRun second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return new CompareReport(first, second, ScenarioChanges.Between(first.Document, second.Document));
    }

    /// <summary>True if something goes wrong in one of them that does not in the other.</summary>
    public bool MattersWhich => Bad(First.Run, o => o.First, o => o.Second).Count + Bad(Second.Run, o => o.Second, o => o.First).Count > 0;

    /// <summary>What the difference comes to, in one sentence.</summary>
    public string Verdict
    {
        get
        {
            if (Divergence is null)
            {
                return IsWhole ? "The runs are the same to the end." : "The runs are the same as far as they were followed.";
            }

            var (a, b) = (Bad(First.Run, o => o.First, o => o.Second), Bad(Second.Run, o => o.Second, o => o.First));
            return (a.Count, b.Count) switch
            {
                (0, 0) => Common is { Count: > 0 } common ? $"It does not matter which: {Joined(common)} with both."
                    : Outcomes.Any(o => o.First is null || o.Second is null) ? "They differ in what is lost or left over, but nothing goes wrong with either."
                    : "They go different ways to the same end: nothing goes wrong with either.",
                (_, 0) => $"With {Quoted(First)}, {Joined(a)}; with {Quoted(Second)} not.",
                (0, _) => $"With {Quoted(Second)}, {Joined(b)}; with {Quoted(First)} not.",
                _ => $"With {Quoted(First)}, {Joined(a)}; with {Quoted(Second)}, {Joined(b)}.",
            };
        }
    }

    // A policy's label has stops of its own.
    private static string Quoted(ComparedRun run) => run.Name.AsSpan().IndexOfAny(";:,") < 0 ? run.Name : $"“{run.Name}”";

    private IReadOnlyList<string> Common => [.. Outcomes.Where(o => o.Weight >= OutcomeWeight.Risk && o.First is not null && o.Second is not null)
        .Select(o => OutcomeText.Sentence(First.Run.Machine, o.First!.Value)).OfType<string>()];

    private List<string> Bad(Run run, Func<ComparedOutcome, Outcome?> own, Func<ComparedOutcome, Outcome?> other) =>
        [.. Outcomes.Where(o => o.Weight >= OutcomeWeight.Risk && own(o) is not null && other(o) is null)
            .Select(o => OutcomeText.Sentence(run.Machine, own(o)!.Value)).OfType<string>()];

    private static string Joined(IReadOnlyList<string> sentences) =>
        string.Join(" and ", sentences.Take(MostSentences)) + (sentences.Count > MostSentences ? Node.Invariant($" and {sentences.Count - MostSentences} more") : "");

    private static IReadOnlyList<ComparedOutcome> Compare(Run first, Run second)
    {
        var all = new Dictionary<(string, OutcomeKind), ComparedOutcome>();
        foreach (var o in Engine.Simulation.Outcomes.Of(first))
        {
            var subject = OutcomeText.Subject(first.Machine, o);
            all.TryAdd((subject, o.Kind), new(subject, o.Kind, o, null));
        }

        foreach (var o in Engine.Simulation.Outcomes.Of(second))
        {
            var subject = OutcomeText.Subject(second.Machine, o);
            all[(subject, o.Kind)] = all.TryGetValue((subject, o.Kind), out var known) ? known with { Second = o } : new(subject, o.Kind, null, o);
        }

        return [.. all.Values.OrderByDescending(o => o.Weight).ThenBy(o => o.First is not null && o.Second is not null)];
    }
}
