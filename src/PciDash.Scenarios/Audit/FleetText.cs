using System.Globalization;
using System.Text.Json.Nodes;
using PciDash.Engine.Exploration;
using PciDash.Scenarios.Matrix;

namespace PciDash.Scenarios.Audit;

/// <summary>A fleet's audit as text, Markdown or JSON.</summary>
public static class FleetText
{
    private const int MostRows = 40;
    private const int MostCells = 4;

    /// <summary>One machine in one line.</summary>
    public static string Line(FleetMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        if (machine.Report is not { } report)
        {
            return $"{machine.Name}: not read: {machine.Failure}";
        }

        var proven = machine.Orderings is { } orderings ? "; " + Said(orderings) : "";
        var grave = report.Findings.Where(f => f.Weight >= OutcomeWeight.Risk).ToList();
        return Node.Invariant($"{machine.Name}: {AuditText.Plural(report.Scenario.Functions.Count, "function")}: ")
            + (grave.Count == 0 ? "nothing went wrong in its runs"
                : string.Join("; ", grave.Select(f => $"{(f.Subjects.Count == 1 ? f.Subjects[0] : AuditText.Plural(f.Subjects.Count, "function"))} {OutcomeWords.Of(f.Kind)}")))
            + proven;
    }

    /// <summary>The summary as text.</summary>
    public static string Plain(FleetSummary summary)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine(Head(summary));
        foreach (var row in summary.Rows.Take(MostRows))
        {
            text.WriteLine(Node.Invariant($"  {row.Machines,5} machine{(row.Machines == 1 ? " " : "s")}  {AuditText.Weight(OutcomeText.WeightOf(row.Key.Kind)),-7}{OutcomeWords.Of(row.Key.Kind),-20} {Who(row.Key)}"));
            text.WriteLine($"                  {Where(row.Where)}");
        }

        More(summary, text);
        if (summary.Verdicts.Count > 0)
        {
            text.WriteLine();
            text.WriteLine("All orderings, by machines: violated, only if a window lasts longer, not finished, hold");
            foreach (var v in summary.Verdicts)
            {
                text.WriteLine(Node.Invariant($"  {v.Violated,5} {v.OnlyIf,5} {v.NotFinished,5} {v.Holds,5}  {v.Property.Id}{(v.Where.Count > 0 ? ": " : "")}{Where(v.Where)}"));
            }
        }

        foreach (var reason in summary.Failures)
        {
            text.WriteLine($"  {Failure(reason)}");
        }

        return text.ToString();
    }

    /// <summary>The summary as Markdown.</summary>
    public static string Markdown(FleetSummary summary)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine(Head(summary));
        text.WriteLine();
        text.WriteLine("| machines | outcome | device (driver) | kernel and path |");
        text.WriteLine("|---|---|---|---|");
        foreach (var row in summary.Rows.Take(MostRows))
        {
            text.WriteLine(Node.Invariant($"| {row.Machines} | {OutcomeWords.Of(row.Key.Kind)} | {AuditText.Escaped(Who(row.Key))} | {Where(row.Where)} |"));
        }

        text.WriteLine();
        More(summary, text);
        if (summary.Verdicts.Count > 0)
        {
            text.WriteLine("| all orderings | violated | only if | not finished | hold | kernel and path |");
            text.WriteLine("|---|---|---|---|---|---|");
            foreach (var v in summary.Verdicts)
            {
                text.WriteLine(Node.Invariant($"| {v.Property.Id} | {v.Violated} | {v.OnlyIf} | {v.NotFinished} | {v.Holds} | {Where(v.Where)} |"));
            }

            text.WriteLine();
        }

        foreach (var reason in summary.Failures)
        {
            text.WriteLine($"- {AuditText.Escaped(Failure(reason))}");
        }

        return text.ToString();
    }

    /// <summary>The summary as JSON.</summary>
    public static JsonObject Json(FleetSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return new JsonObject
        {
            ["machines"] = summary.Machines,
            ["not_read"] = summary.Failed,
            ["functions"] = summary.Functions,
            ["runs"] = summary.Runs,
            ["broken"] = summary.WithWorst(OutcomeWeight.Broken),
            ["risk"] = summary.WithWorst(OutcomeWeight.Risk),
            ["devices"] = new JsonArray([.. summary.Rows.Select(r => (JsonNode)new JsonObject
            {
                ["device"] = r.Key.Device,
                ["driver"] = r.Key.Driver,
                ["kind"] = OutcomeWords.Of(r.Key.Kind),
                ["machines"] = r.Machines,
                ["where"] = new JsonObject(r.Where.Select(w => KeyValuePair.Create(w.Cell, (JsonNode?)w.Machines))),
            })]),
            ["orderings"] = new JsonArray([.. summary.Verdicts.Select(v => (JsonNode)new JsonObject
            {
                ["property"] = v.Property.Id,
                ["violated"] = v.Violated,
                ["violated_only_if"] = v.OnlyIf,
                ["not_finished"] = v.NotFinished,
                ["holds"] = v.Holds,
                ["where"] = new JsonObject(v.Where.Select(w => KeyValuePair.Create(w.Cell, (JsonNode?)w.Machines))),
            })]),
            ["failures"] = new JsonArray([.. summary.Failures.Select(f => (JsonNode)new JsonObject { ["why"] = f.Why, ["files"] = f.Files, ["first"] = new JsonArray([.. f.First.Select(n => (JsonNode)n)]) })]),
        };
    }

    private static string Head(FleetSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return Node.Invariant($"{AuditText.Plural(summary.Machines, "machine")} with {summary.Functions} functions, {summary.Runs} seeded runs; {AuditText.Plural(summary.Failed, "file")} gave no machine. Something breaks on {summary.WithWorst(OutcomeWeight.Broken)}, is at risk on {summary.WithWorst(OutcomeWeight.Risk)} more; nothing went wrong in the runs of {summary.WithWorst(OutcomeWeight.Notable) + summary.WithWorst(OutcomeWeight.Fine)}.");
    }

    private static void More(FleetSummary summary, StringWriter text)
    {
        if (summary.Rows.Count > MostRows)
        {
            text.WriteLine(Node.Invariant($"{summary.Rows.Count - MostRows} more devices; --format json has them all."));
        }

    }

    private static string Failure((string Why, int Files, IReadOnlyList<string> First) reason) =>
        $"no machine: {AuditText.Plural(reason.Files, "file")} ({string.Join(", ", reason.First)}{(reason.Files > reason.First.Count ? ", …" : "")}): {reason.Why}";

    private static string Who(FleetKey key) => key.Driver.Length > 0 ? $"{key.Device} ({key.Driver})" : key.Device;

    private static string Said(MatrixReport orderings)
    {
        var all = orderings.Answers.SelectMany(a => a.Verdicts).ToList();
        return Node.Invariant($"all orderings: {all.Count(v => v.Kind == VerdictKind.Violated)} of {all.Count(v => v.Kind != VerdictKind.NotApplicable)} verdicts are violated, {all.Count(v => v.Kind is VerdictKind.NotFinished)} not finished");
    }

    private static string Where(IReadOnlyList<(string Cell, int Machines)> where) => string.Join(", ", where.Take(MostCells).Select(w => Node.Invariant($"{w.Cell} {w.Machines}")))
        + (where.Count > MostCells ? Node.Invariant($" and {where.Count - MostCells} more") : "");
}
