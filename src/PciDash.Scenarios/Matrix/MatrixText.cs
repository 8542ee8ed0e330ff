using System.Globalization;
using System.Text.Json.Nodes;
using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Scenarios.Audit;

namespace PciDash.Scenarios.Matrix;

/// <summary>A matrix as text for a terminal, or JSON for a program.</summary>
public static class MatrixText
{
    /// <summary>As text: a table for each property, and what is behind each cell that is not "holds".</summary>
    public static string Plain(MatrixReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine(Node.Invariant($"{report.Scenario.Id}: {AuditText.Plural(report.Scenario.Functions.Count, "function")}, {AuditText.Plural(report.Answers.Count, "cell")}, {report.Searched} searched, the others the same as one of these"));
        foreach (var table in report.Tables)
        {
            foreach (var (p, property) in report.Properties.Index())
            {
                text.WriteLine();
                text.WriteLine($"{property.Id}{Of(table)}: {property.Statement}");
                foreach (var line in Rows(table, p))
                {
                    text.WriteLine("  " + line);
                }
            }
        }

        foreach (var answer in report.Answers.Where(a => a.SameAs is null))
        {
            Tell(text, report, answer);
        }

        return text.ToString();
    }

    /// <summary>As text: kernels by paths, and what is behind each that is not "holds". For an audit, where each kernel has its own policy.</summary>
    public static string ByKernels(MatrixReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        foreach (var answer in report.Answers)
        {
            string Count(VerdictKind kind, string word) => answer.Verdicts.Count(v => v.Kind == kind) is > 0 and var n ? $"{n} {word}" : "";
            string[] said = [
                answer.Failure, Count(VerdictKind.Violated, "violated"), Count(VerdictKind.ViolatedOnlyIf, "only if a window lasts longer"), Count(VerdictKind.NotFinished, "not finished"),
                Count(VerdictKind.Holds, "hold"), Count(VerdictKind.NotApplicable, "do not apply")];
            text.WriteLine($"  {answer.Cell,-20} {string.Join(", ", said.Where(s => s.Length > 0))}");
        }

        foreach (var answer in report.Answers.Where(a => a.SameAs is null))
        {
            Tell(text, report, answer);
        }

        return text.ToString();
    }

    /// <summary>What a table is of, if it is one of several.</summary>
    public static string Of(MatrixTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return $"{(table.Kernel is { } k ? $", Linux {k.Version}" : "")}{(table.Drivers == MatrixDrivers.Silenced ? ", drivers silenced" : "")}";
    }

    /// <summary>What was searched and what one run shows, in a sentence; empty where there is nothing to add to the verdicts.</summary>
    public static string Searched(MatrixAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer.Failure.Length > 0 ? "There can be no such machine: " + answer.Failure
            : Node.Invariant($"{AuditText.Plural(answer.States, "state")}{(answer.Complete ? ", complete" : answer.Bound.Length > 0 ? ", stopped at " + answer.Bound : answer.Verdicts.Any(v => v.Kind == VerdictKind.NotFinished) ? ", cluster by cluster" : ", every property was decided before the end")}.{(answer.RunFollowed.Length > 0 ? $" One seeded run was followed {answer.RunFollowed}." : "")}");
    }

    /// <summary>As JSON.</summary>
    public static JsonObject Json(MatrixReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new JsonObject
        {
            ["scenario"] = report.Scenario.Id,
            ["functions"] = report.Scenario.Functions.Count,
            ["searched"] = report.Searched,
            ["cells"] = new JsonArray([.. report.Answers.Select(a => (JsonNode)new JsonObject
            {
                ["policy"] = a.Cell.Policy.Id,
                ["path"] = Vocabulary.Paths.Of(a.Cell.Path),
                ["kernel"] = a.Cell.Kernel?.Version,
                ["drivers"] = a.Cell.Drivers == MatrixDrivers.Silenced ? "silenced" : "as-given",
                ["same_as"] = a.SameAs?.ToString(),
                ["failure"] = a.Failure.Length > 0 ? a.Failure : null,
                ["states"] = a.States,
                ["complete"] = a.Complete,
                ["bound"] = a.Bound.Length > 0 ? a.Bound : null,
                ["run_followed"] = a.RunFollowed.Length > 0 ? a.RunFollowed : null,
                ["link"] = a.Failure.Length > 0 ? null : ShareLink.TryEncode(a.Document),
                ["verdicts"] = new JsonArray([.. a.Verdicts.Select(v => (JsonNode)new JsonObject
                {
                    ["property"] = v.Property.Id,
                    ["verdict"] = MatrixWords.Of(v.Kind),
                    ["explanation"] = v.Explanation,
                    ["seen_in_run"] = v.Kind == VerdictKind.NotFinished ? v.SeenInRun : null,
                    ["shown_by"] = v.Shows is null ? null : ShareLink.TryEncode(v.Shows),
                })]),
            })]),
        };
    }

    private static IEnumerable<string> Rows(MatrixTable table, int property)
    {
        string Cell(MatrixAnswer a) => a.Failure.Length > 0 ? "! impossible" : $"{MatrixWords.Mark(a.Verdicts[property])} {MatrixWords.Short(a.Verdicts[property])}";
        var rows = table.Policies.Select(p => (Head: $"{p.Id}: {p.Label}", Cells: table.Paths.Select(path => Cell(table.At(p, path))).ToList())).ToList();
        var heads = table.Paths.Select(Vocabulary.Paths.Of).ToList();
        var first = rows.Max(r => r.Head.Length);
        var widths = heads.Select((h, i) => Math.Max(h.Length, rows.Max(r => r.Cells[i].Length))).ToList();
        yield return (new string(' ', first) + "  " + string.Join("  ", heads.Select((h, i) => h.PadRight(widths[i])))).TrimEnd();
        foreach (var (head, cells) in rows)
        {
            yield return (head.PadRight(first) + "  " + string.Join("  ", cells.Select((c, i) => c.PadRight(widths[i])))).TrimEnd();
        }
    }

    private static void Tell(StringWriter text, MatrixReport report, MatrixAnswer answer)
    {
        var open = answer.Verdicts.Where(v => v.Kind is not (VerdictKind.Holds or VerdictKind.NotApplicable)).ToList();
        if (open.Count == 0 && answer.Failure.Length == 0)
        {
            return;
        }

        var same = report.Answers.Where(a => a.SameAs == answer.Cell).Select(a => a.Cell.ToString()).ToList();
        text.WriteLine();
        text.WriteLine($"{answer.Cell}{(same.Count > 0 ? " (the same: " + string.Join("; ", same) + ")" : "")}: {Searched(answer)}");
        foreach (var verdict in open)
        {
            text.WriteLine($"  {MatrixWords.Mark(verdict)} {verdict.Property.Id}: {verdict.Explanation}");
            if (verdict.Shows is { } shows)
            {
                var link = ShareLink.TryEncode(shows) ?? "too large for a link; run it with --format";
                text.WriteLine(Node.Invariant($"    {(verdict.SeenInRun ? "The seeded run violates it (one run, no verdict), event" : "Event")} {shows.View.Step} of {link}"));
            }
        }
    }
}
