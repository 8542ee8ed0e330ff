using System.Text;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios;

/// <summary>A run as a table for a terminal: number, time, event, and the number of the event that caused it.</summary>
public static class RecordingTable
{
    /// <summary>Writes the table.</summary>
    public static void Write(Run run, TextWriter output, IReadOnlyList<RecordedOutcome>? outcomes = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(output);
        var scenario = run.Machine.Scenario;
        output.Write($"{scenario.Id}: {scenario.Title}\n");
        foreach (var boot in scenario.Boots)
        {
            output.Write($"  Linux {boot.Release.Version}, {Vocabulary.Paths.Of(boot.Path)}, {boot.Policy.Id} ({boot.Policy.Label})\n");
        }

        output.Write(Node.Invariant($"  {scenario.Platform.Title}, {run.Machine.CpuCount} CPU, {scenario.Timing.Title}, seed {run.Seed}\n\n"));
        output.Write($"{"event",9} {"time",14}  what\n");
        var fields = new EventFields(run.Machine);
        var boot0 = 0;
        for (var entry = 0; entry < run.Recording.Count; entry++)
        {
            var e = run.Recording.Entries[entry];
            boot0 = EventFields.BootAfter(e.Event, boot0);
            var words = new WordSink(new StringBuilder());
            fields.Write(e.Event, boot0, ref words);
            output.Write(Node.Invariant($"{e.Raw,9} {new SimTime(e.TimeNs),14}  {EventFields.Kind(e.Event.Kind),-15}{words.Line}"));
            if (run.Recording.FoldOf(entry) is { } fold)
            {
                output.Write(Node.Invariant($"  x{fold.Rounds} until {new SimTime(run.Recording.Occurrences(entry).LastNs)}"));
            }

            output.Write(e.Why >= 0 ? Node.Invariant($"  <- {e.Why}") : "");
            output.Write(e.Also >= 0 ? Node.Invariant($", {e.Also}") : "");
            output.Write(EventFields.HasWhere(e.Event) ? $"  [{run.Machine.Origins[e.Event.Origin].Where}]\n" : "\n");
        }

        foreach (var outcome in outcomes ?? [])
        {
            output.Write(Node.Invariant($"{"",9} {"",14}  {"outcome",-15}{(outcome.IsIrq ? "irq " : "")}{outcome.Subject} {outcome.Kind}  <- {outcome.Why}\n"));
        }

        output.Write(Node.Invariant($"\n{End(run)}: {run.Recording.RawCount} events\n"));
    }

    /// <summary>One event in words, with the kernel function behind it; its boot is looked up in the run.</summary>
    public static string Line(Run run, in RecordedEvent recorded)
    {
        ArgumentNullException.ThrowIfNull(run);
        var boot = 0;
        foreach (var e in run.Recording.Entries)
        {
            if (e.Raw > recorded.Raw)
            {
                break;
            }

            boot = EventFields.BootAfter(e.Event, boot);
        }

        var words = new WordSink(new StringBuilder());
        new EventFields(run.Machine).Write(recorded.Event, boot, ref words);
        var where = EventFields.HasWhere(recorded.Event) ? $"  [{run.Machine.Origins[recorded.Event.Origin].Where}]" : "";
        return $"{EventFields.Kind(recorded.Event.Kind)}{words.Line}{where}";
    }

    /// <summary>How and when a run ended, in words: only a complete one was followed to its end.</summary>
    public static string End(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var how = run.End switch
        {
            RunEnd.Complete => "complete",
            RunEnd.TimeLimit => "stopped by the time limit",
            RunEnd.EventLimit => "stopped by the limit of events",
            _ => "nothing can happen any more",
        };
        return Node.Invariant($"{how} at {new SimTime(run.EndNs)}");
    }
}
