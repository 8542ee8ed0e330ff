using System.Globalization;
using System.Text.Json.Nodes;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Audit;

/// <summary>An audit as text for a terminal, Markdown for a page, or JSON for a program.</summary>
public static class AuditText
{
    private const string NotSeen = "not seen is not never: only the search over all orderings can say that";

    /// <summary>As text.</summary>
    /// <param name="report">The audit.</param>
    /// <param name="name">What the machine is called: its file, or its preset.</param>
    public static string Plain(AuditReport report, string name)
    {
        ArgumentNullException.ThrowIfNull(report);
        using var text = Writer();
        text.WriteLine(Head(report, name));
        text.WriteLine(Asked(report));
        foreach (var finding in report.Findings)
        {
            text.WriteLine();
            text.WriteLine($"{Weight(finding.Weight)}  {string.Join(", ", finding.Subjects)}  {OutcomeWords.Of(finding.Kind)}: {finding.Seen[0].Sentence}");
            text.WriteLine($"  seen     {Seen(finding)}");
            if (finding.Weight < OutcomeWeight.Risk)
            {
                continue;
            }

            foreach (var (i, line) in finding.Why.Index())
            {
                text.WriteLine($"  {(i == 0 ? "why" : ""),-8} {line}");
            }

            foreach (var unknown in finding.DependsOn)
            {
                text.WriteLine($"  depends  on {unknown.Driver}: {unknown.What}");
            }

            foreach (var (i, fix) in finding.Fixes.Index())
            {
                text.WriteLine($"  {(i == 0 ? "helps" : ""),-8} {Fix(finding, fix)}");
            }

            text.WriteLine($"  open     {ShareLink.TryEncode(report.Shows(finding.Seen[0])) ?? "too large for a link: write it with --format json"}");
        }

        text.WriteLine();
        text.WriteLine(Rest(report));
        return text.ToString();
    }

    /// <summary>As Markdown: the findings, then a table of every line and function.</summary>
    /// <param name="report">The audit.</param>
    /// <param name="name">What the machine is called.</param>
    public static string Markdown(AuditReport report, string name)
    {
        ArgumentNullException.ThrowIfNull(report);
        using var text = Writer();
        text.WriteLine($"# {Escaped(Head(report, name))}");
        text.WriteLine();
        text.WriteLine(Asked(report));
        foreach (var finding in report.Findings.Where(f => f.Weight >= OutcomeWeight.Risk))
        {
            text.WriteLine();
            text.WriteLine($"## {Escaped(string.Join(", ", finding.Subjects))}: {OutcomeWords.Of(finding.Kind)}");
            text.WriteLine();
            text.WriteLine($"{Escaped(finding.Seen[0].Sentence)}. Seen: {Seen(finding)}.");
            text.WriteLine();
            foreach (var line in finding.Why)
            {
                text.WriteLine($"1. {Escaped(line)}");
            }

            foreach (var unknown in finding.DependsOn)
            {
                text.WriteLine($"- Depends on `{unknown.Driver}`: {Escaped(unknown.What)}");
            }

            foreach (var fix in finding.Fixes)
            {
                text.WriteLine($"- Helps: {Escaped(Fix(finding, fix))}");
            }
        }

        text.WriteLine();
        text.WriteLine($"| | |{string.Concat(report.Cells.Select(c => $" {c} |"))}");
        text.WriteLine($"|---|---|{string.Concat(report.Cells.Select(_ => "---|"))}");
        foreach (var subject in report.Subjects)
        {
            text.WriteLine($"| {subject.Name} | {Escaped(subject.Title)} |{string.Concat(subject.Cells.Select(c => $" {InCell(c, report.Options.Runs)} |"))}");
        }

        text.WriteLine();
        text.WriteLine(Rest(report));
        return text.ToString();
    }

    /// <summary>As JSON.</summary>
    /// <param name="report">The audit.</param>
    /// <param name="name">What the machine is called.</param>
    public static JsonObject Json(AuditReport report, string name)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new JsonObject
        {
            ["machine"] = name,
            ["functions"] = report.Scenario.Functions.Count,
            ["runs"] = report.Runs,
            ["stopped"] = report.Stopped,
            ["runs_each"] = report.Options.Runs,
            ["columns"] = new JsonArray([.. report.Cells.Select(c => (JsonNode)new JsonObject { ["kernel"] = c.Kernel.Version, ["path"] = Vocabulary.Paths.Of(c.Path) })]),
            ["findings"] = new JsonArray([.. report.Findings.Select(f => (JsonNode)Json(report, f))]),
            ["subjects"] = new JsonArray([.. report.Subjects.Select(s => (JsonNode)new JsonObject
            {
                ["name"] = s.Name,
                ["title"] = s.Title,
                ["seen"] = new JsonArray([.. s.Cells.Select(c => (JsonNode)new JsonObject(c.Select(o => KeyValuePair.Create(OutcomeWords.Of(o.Kind), (JsonNode?)o.SeenIn))))]),
            })]),
            ["unknown"] = new JsonArray([.. report.Unknowns.Select(u => (JsonNode)Json(u))]),
        };
    }

    /// <summary>What was seen under one kernel and path, in words.</summary>
    /// <param name="outcomes">What was seen.</param>
    /// <param name="runs">In how many runs it could have been.</param>
    public static string InCell(IReadOnlyList<AuditOutcome> outcomes, int runs)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        return outcomes.Count == 0 ? "–" : string.Join(", ", outcomes.Select(o => o.SeenIn == runs ? OutcomeWords.Of(o.Kind) : Node.Invariant($"{OutcomeWords.Of(o.Kind)} {o.SeenIn}/{runs}")));
    }

    /// <summary>A number with its noun.</summary>
    public static string Plural(long n, string noun) => Plural(n, noun, noun + "s");

    /// <summary>The same where more of them have a form of their own.</summary>
    public static string Plural(long n, string noun, string nouns) => Node.Invariant($"{n:N0} {(n == 1 ? noun : nouns)}");

    /// <summary>A weight in one word.</summary>
    public static string Weight(OutcomeWeight weight) => weight switch
    {
        OutcomeWeight.Broken => "broken",
        OutcomeWeight.Risk => "risk",
        OutcomeWeight.Notable => "notable",
        _ => "fine",
    };

    /// <summary>Where a finding was seen, paths of one kernel together.</summary>
    public static string Seen(AuditFinding finding)
    {
        ArgumentNullException.ThrowIfNull(finding);
        return string.Join("; ", finding.Seen.GroupBy(s => s.Cell.Kernel.Version).Select(g =>
            $"{g.Key} {string.Join(", ", g.Select(s => Node.Invariant($"{Vocabulary.Paths.Of(s.Cell.Path)} {s.SeenIn} of {s.Runs}")))}"));
    }

    /// <summary>A change that helps, and where if it does not everywhere.</summary>
    public static string Fix(AuditFinding finding, AuditFix fix)
    {
        ArgumentNullException.ThrowIfNull(finding);
        ArgumentNullException.ThrowIfNull(fix);
        return fix.Cells.Count == finding.Seen.Count ? fix.What : $"{fix.What} (on {string.Join(", ", fix.Cells)})";
    }

    private static JsonObject Json(AuditReport report, AuditFinding f) => new()
    {
        ["subjects"] = new JsonArray([.. f.Subjects.Select(s => (JsonNode)s)]),
        ["kind"] = OutcomeWords.Of(f.Kind),
        ["weight"] = Weight(f.Weight),
        ["seen"] = new JsonArray([.. f.Seen.Select(s => (JsonNode)new JsonObject
        {
            ["kernel"] = s.Cell.Kernel.Version,
            ["path"] = Vocabulary.Paths.Of(s.Cell.Path),
            ["seen_in"] = s.SeenIn,
            ["runs"] = s.Runs,
            ["what"] = s.Sentence,
            ["link"] = ShareLink.TryEncode(report.Shows(s)),
        })]),
        ["why"] = new JsonArray([.. f.Why.Select(w => (JsonNode)w)]),
        ["culprits"] = new JsonArray([.. f.Culprits.Select(c => (JsonNode)new JsonObject { ["bdf"] = c.Function.ToString(), ["device"] = c.Device, ["driver"] = c.Driver })]),
        ["depends_on"] = new JsonArray([.. f.DependsOn.Select(u => (JsonNode)Json(u))]),
        ["helps"] = new JsonArray([.. f.Fixes.Select(x => (JsonNode)new JsonObject
        {
            ["kind"] = x.Kind switch { AuditFixKind.Policy => "policy", AuditFixKind.Driver => "driver", _ => "boot-option" },
            ["what"] = x.What,
            ["on"] = new JsonArray([.. x.Cells.Select(c => (JsonNode)c.ToString())]),
        })]),
    };

    private static JsonObject Json(AuditUnknown u) => new()
    {
        ["driver"] = u.Driver,
        ["functions"] = new JsonArray([.. u.Functions.Select(b => (JsonNode)b.ToString())]),
        ["what"] = u.What,
    };

    private static string Head(AuditReport report, string name) =>
        Node.Invariant($"{name}: {Plural(report.Scenario.Functions.Count, "function")}, {Plural(report.Subjects.Count(s => s.IsLine), "line")}, Linux {report.Scenario.Boots[0].Release.Version}");

    private static string Asked(AuditReport report) => Node.Invariant(
        $"{Plural(report.Cells.Select(c => c.Path).Distinct().Count(), "path")} under Linux {string.Join(", ", report.Cells.Select(c => c.Kernel.Version).Distinct())}, {Plural(report.Options.Runs, "seeded run")} each: {Plural(report.Runs, "run")}{(report.Stopped > 0 ? Node.Invariant($", {report.Stopped} of them stopped at their limit") : "")}.");

    private static string Rest(AuditReport report)
    {
        var fine = report.Subjects.Count(s => s.Cells.All(c => c.All(o => OutcomeText.WeightOf(o.Kind) < OutcomeWeight.Risk)));
        var unknown = report.Unknowns.Count == 0 ? "" : $" Not known of {string.Join(", ", report.Unknowns.Select(u => u.Driver))}: what the .shutdown does; it is run as if there were none.";
        return Node.Invariant($"Nothing went wrong in these runs with {fine} of {report.Subjects.Count} lines and functions; {NotSeen}.{unknown}");
    }

    /// <summary>Text that Markdown leaves alone: what a dump says of itself is not to become a table or a link of ours.</summary>
    public static string Escaped(string text) => string.Concat(text.Select(c => c is '|' or '<' or '>' or '[' or ']' or '`' or '*' or '_' or '\\' ? "\\" + c : c.ToString()));

    private static StringWriter Writer() => new(CultureInfo.InvariantCulture) { NewLine = "\n" };
}
