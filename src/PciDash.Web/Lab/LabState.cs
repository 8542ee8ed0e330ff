using System.Globalization;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;

namespace PciDash.Web.Lab;

/// <summary>What is open: a document and the run it makes.</summary>
/// <param name="Document">Scenario, seed, choices and view.</param>
/// <param name="Run">The run.</param>
/// <param name="Notices">What a reader must know: a choice that is no longer enabled, outcomes that changed, words read over.</param>
public sealed record Opened(RunDocument Document, Run Run, IReadOnlyList<string> Notices);

/// <summary>Opens documents, and finds where to look in them.</summary>
public sealed class LabState(RunCache runs)
{
    /// <summary>Computes the run of a document.</summary>
    /// <exception cref="ScenarioException">The scenario contradicts itself.</exception>
    public Opened Open(RunDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var notices = new List<string>(document.Warnings);
        IReadOnlyList<Choice> choices = [];
        if (document.Choices.Count > 0)
        {
            choices = document.ResolveChoices(CompiledMachine.Compile(document.Scenario), out var unknown);
            if (unknown is not null)
            {
                notices.Add($"The choice “{unknown.Action}” at step {unknown.Step} names nothing in this machine; the run opens up to there.");
            }
        }

        var run = runs.Get(KeyOf(document), document.Scenario, document.Seed, choices);
        if (run.RefusedChoice is { } refused)
        {
            notices.Add(string.Create(CultureInfo.InvariantCulture, $"The choice at step {refused.Step} is not possible there; the run goes on without it."));
        }

        if (OutcomeFingerprint.Difference(document.Fingerprint, run) is { } differs)
        {
            notices.Add(differs);
        }

        switch (run.End)
        {
            case RunEnd.TimeLimit:
                notices.Add($"The run was stopped after {new SimTime(run.EndNs)}: by then it was not over.");
                break;
            case RunEnd.EventLimit when run.Recording.Count < runs.Limits.Events:
                notices.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The run was stopped after {run.SingleSteps:N0} step{(run.SingleSteps == 1 ? "" : "s")} of the machine, the most that a page takes; fewer or slower events would fit, and the command line takes more."));
                break;
            case RunEnd.EventLimit:
                notices.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The run was stopped at {run.Recording.Count:N0} events, the most that a page takes is {runs.Limits.Events:N0}; fewer or slower events would fit, and the command line takes more."));
                break;
        }

        var last = Math.Max(0, run.Recording.RawCount - 1);
        var step = Math.Clamp(document.View.Step ?? 0, 0, last);
        var view = document.View with { Step = step, MarkerA = Marker("A", document.View.MarkerA, last, notices), MarkerB = Marker("B", document.View.MarkerB, last, notices) };
        return new Opened(document with { View = view }, run, notices);
    }

    private static long? Marker(string name, long? raw, long last, List<string> notices)
    {
        if (raw > last)
        {
            notices.Add(string.Create(CultureInfo.InvariantCulture, $"Marker {name} stood at event {raw:N0}, which is past the end of this run: it stands at the last one, {last:N0}."));
        }

        return raw is { } at ? Math.Min(at, last) : null;
    }

    /// <summary>Where a marker of one run stands in another: at the same time. Past the end there, it is given a place that <see cref="Open"/> tells of.</summary>
    public static long? MarkerIn(Run run, long? timeNs)
    {
        ArgumentNullException.ThrowIfNull(run);
        return timeNs is not { } ns ? null : ns > run.EndNs ? run.Recording.RawCount : RawAt(run, ns);
    }

    /// <summary>The last event of a run at or before a time: where the cursor goes when the run is exchanged.</summary>
    public static long RawAt(Run run, long ns)
    {
        ArgumentNullException.ThrowIfNull(run);
        var entries = run.Recording.Entries;
        var found = 0L;
        for (var i = 0; i < entries.Length && entries[i].TimeNs <= ns; i++)
        {
            found = entries[i].Raw;
        }

        return found;
    }

    /// <summary>
    /// The event at which a story is best told: the irq is given up, or else the first message that arrives after its function's own
    /// shutdown, or else the run's end.
    /// </summary>
    public static long Climax(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var violated = PropertyCheck.FirstViolation(run, Property.NoSpuriousDisable);
        if (violated >= 0)
        {
            return violated;
        }

        var over = new HashSet<int>();
        foreach (var e in run.Recording.Entries)
        {
            if (e.Event is { Kind: EventKind.DriverShutdown, A: 1 })
            {
                over.Add(e.Event.Subject);
            }
            else if (e.Event is { Kind: EventKind.MsiWrite, C: (int)MsiResult.Delivered } && over.Contains(e.Event.Subject))
            {
                return e.Raw;
            }
        }

        return Math.Max(0, run.Recording.RawCount - 1);
    }

    // A run depends on nothing else: the view and the title are left out.
    private static string KeyOf(RunDocument document) =>
        (document with { View = RunView.None, Title = "", Fingerprint = "", Forks = [] }).Write();
}
