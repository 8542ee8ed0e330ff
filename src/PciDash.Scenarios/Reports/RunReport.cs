using System.Globalization;
using System.Text;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Reports;

/// <summary>
/// A run as a report for people: what machine, what happens, the shortest counterexample if orderings were searched, else the events that
/// tell the story, and the link. As Markdown, or as plain text that a kernel mailing list takes: ASCII, 72 columns, only the link longer.
/// </summary>
/// <param name="document">The run's document.</param>
/// <param name="run">The run.</param>
/// <param name="found">Verdicts over all orderings, or null if none were asked for.</param>
/// <param name="address">What goes before a link's path, such as https://example.org; empty = nothing.</param>
public sealed class RunReport(RunDocument document, Run run, SearchResult? found = null, string address = "")
{
    /// <summary>Columns of the plain text.</summary>
    public const int Columns = 72;

    private const int MostFunctions = 16;
    private const int MostSentences = 8;
    private const int MostEvents = 24;

    private readonly CompiledMachine machine = run.Machine;

    private sealed record Table(string[] Heads, IReadOnlyList<string[]> Rows);

    /// <summary>As plain text.</summary>
    public string Plain()
    {
        var text = new StringBuilder();
        var title = PlainText.Ascii(RunTitle.Of(document));
        foreach (var line in PlainText.Wrap(title, Columns))
        {
            text.Append(line).Append('\n');
        }

        text.Append('=', Math.Min(Columns, title.Length)).Append('\n');
        foreach (var (name, value) in Facts())
        {
            PlainText.Field(text, name, value, 11);
        }

        Head(text, "What happens");
        foreach (var sentence in Sentences())
        {
            PlainText.Item(text, sentence);
        }

        foreach (var section in Sections())
        {
            Head(text, section.Title);
            foreach (var paragraph in section.Words)
            {
                PlainText.Paragraph(text, paragraph);
            }

            if (section.Table is { } table)
            {
                PlainText.Table(text, table.Heads, table.Rows);
            }

            if (section.Link is { } link)
            {
                text.Append('\n').Append(link).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>As Markdown. What a scenario's author wrote appears as text, whatever signs are in it.</summary>
    public string Markdown()
    {
        var text = new StringBuilder();
        text.Append("# ").Append(MarkdownText.Escape(RunTitle.Of(document))).Append("\n\n");
        foreach (var (name, value) in Facts())
        {
            text.Append("- **").Append(name).Append("**: ").Append(MarkdownText.Escape(value)).Append('\n');
        }

        text.Append("\n## What happens\n\n");
        foreach (var sentence in Sentences())
        {
            text.Append("- ").Append(MarkdownText.Escape(sentence)).Append(".\n");
        }

        foreach (var section in Sections())
        {
            text.Append("\n## ").Append(MarkdownText.Escape(section.Title)).Append('\n');
            foreach (var paragraph in section.Words)
            {
                text.Append('\n').Append(MarkdownText.Escape(paragraph)).Append('\n');
            }

            if (section.Table is { } table)
            {
                text.Append("\n| ").AppendJoin(" | ", table.Heads).Append(" |\n|").AppendJoin("|", table.Heads.Select(_ => "---")).Append("|\n");
                foreach (var row in table.Rows)
                {
                    text.Append("| ").AppendJoin(" | ", row.Select(MarkdownText.Escape)).Append(" |\n");
                }
            }

            if (section.Link is { } link)
            {
                text.Append('\n').Append(address.Length > 0 ? $"<{link}>" : $"`{link}`").Append('\n');
            }
        }

        return text.ToString();
    }

    private sealed record Section(string Title, IReadOnlyList<string> Words, Table? Table, string? Link);

    private IEnumerable<(string, string)> Facts()
    {
        var scenario = document.Scenario;
        foreach (var boot in scenario.Boots)
        {
            yield return (boot == scenario.Boots[0] ? "Kernel" : "then", $"Linux {boot.Release.Version}, {RunTitle.PathOf(boot)}; {boot.Policy.Id}: {boot.Policy.Label}");
        }

        yield return ("Machine", Node.Invariant($"{scenario.Platform.Title}, {machine.CpuCount} CPU{(machine.CpuCount == 1 ? "" : "s")}; {scenario.Timing.Title}"));
        foreach (var f in machine.Functions.Take(MostFunctions))
        {
            var driver = machine.Boots[0].Drivers[f.Index]?.Id ?? "no driver";
            yield return (f.Bdf.ToString(), f.Line >= 0 ? $"{f.Device.Title}, {driver}, irq {machine.Lines[f.Line].Gsi}" : $"{f.Device.Title}, {driver}");
        }

        if (machine.Functions.Count > MostFunctions)
        {
            yield return ("...", Node.Invariant($"and {machine.Functions.Count - MostFunctions} more functions"));
        }

        yield return ("Run", Node.Invariant($"seed {run.Seed}, {(run.Choices.Count == 1 ? "1 choice" : Node.Invariant($"{run.Choices.Count} choices"))}, {run.Recording.RawCount} events, {RecordingTable.End(run)}; PciDash {RecordingWriter.EngineVersion}"));
    }

    private IEnumerable<string> Sentences()
    {
        var all = RunSummary.Of(run);
        return all.Count <= MostSentences ? all : [.. all.Take(MostSentences - 1), Node.Invariant($"and {all.Count - MostSentences + 1} more")];
    }

    private IEnumerable<Section> Sections()
    {
        var worst = found?.Verdicts.Where(v => v.Kind is VerdictKind.Violated or VerdictKind.ViolatedOnlyIf && v.Path.Count > 0).MinBy(v => v.Path.Count);
        if (found is not null)
        {
            yield return new Section("All orderings", [Node.Invariant($"{found.States} states, {(found.Complete ? "all that there are" : found.Bound.Length > 0 ? "stopped at " + found.Bound : "until every property was decided")}.")],
                new Table(["property", "verdict"], [.. found.Verdicts.Select(v => new[] { v.Property.Id, VerdictJson.Word(v.Kind) })]), null);
        }

        if (worst is not null)
        {
            yield return new Section("The shortest way to break it", [$"{worst.Property.Id}: {worst.Property.Statement}", worst.Explanation],
                new Table(["#", "what"], [.. PathTable.Of(machine, worst.Path).Select((line, i) => new[] { (i + 1).ToString(CultureInfo.InvariantCulture), Squeezed(line) })]),
                VerdictJson.LinkOf(document, machine, worst) is { } shown ? address + shown : null);
        }
        else
        {
            var events = RunSummary.KeyEvents(run, MostEvents);
            var words = events.Count < run.Recording.RawCount ? Node.Invariant($"{events.Count} of {run.Recording.RawCount} events: those that led to it, and the phases.") : "All of them.";
            yield return new Section("Events", [words], new Table(["event", "time", "where", "what"], [.. events.Select(RowOf)]), null);
        }

        yield return ShareLink.TryEncode(document) is { } link ? new Section("See it", ["Step through it:"], null, address + link)
            : new Section("See it", ["The run is too large for a link; the scenario file opens it."], null, null);
    }

    private string[] RowOf(long raw)
    {
        var e = run.Recording.EventAt(raw);
        var text = new EventText(machine);
        var entry = run.Recording.EntryOf(raw);
        var times = run.Recording.FoldOf(entry) is { } fold ? Node.Invariant($", {fold.Rounds} times") : "";
        var where = EventFields.HasWhere(e.Event) ? $" [{machine.Origins[e.Event.Origin].Where}]" : "";
        return [raw.ToString(CultureInfo.InvariantCulture), new SimTime(e.TimeNs).ToString(), text.Where(e.Event), text.What(e.Event) + times + where];
    }

    private static string Squeezed(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static void Head(StringBuilder text, string title) => text.Append('\n').Append(title).Append('\n').Append('-', title.Length).Append('\n');
}
