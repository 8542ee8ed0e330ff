using System.Globalization;
using System.Text.Json.Nodes;
using PciDash.Engine.Exploration;

namespace PciDash.Scenarios.Matrix;

/// <summary>A sweep as text for a terminal, or JSON for a program.</summary>
public static class SweepText
{
    /// <summary>As text: the change points, each with both runs and the facts behind it.</summary>
    public static string Plain(SweepReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine(Node.Invariant($"{report.Scenario.Id}, {Vocabulary.Paths.Of(report.Scenario.Boots[0].Path)}: {report.Rows.Count} releases, {(report.Changes.Count == 0 ? "all of them do the same" : Audit.AuditText.Plural(report.Changes.Count, "change"))}"));
        var first = report.Rows[0];
        text.WriteLine();
        text.WriteLine($"{Range(report, 0)}: {Outcomes(first)}");
        TellVerdicts(text, first);
        foreach (var change in report.Changes)
        {
            text.WriteLine();
            text.WriteLine($"{Range(report, IndexOf(report, change.After))}: {Outcomes(change.After)}");
            TellVerdicts(text, change.After);
            text.WriteLine($"  changed from {change.Before.Release.Version} to {change.After.Release.Version}: {Difference(change)}");
            foreach (var fact in change.Facts)
            {
                text.WriteLine($"    {Does(fact)}  {fact.Name}: {fact.Before} → {fact.After} [{fact.Source}]");
            }

            text.WriteLine($"  {change.Before.Release.Version}: {ShareLink.TryEncode(change.Before.Document) ?? "too large for a link"}");
            text.WriteLine($"  {change.After.Release.Version}: {ShareLink.TryEncode(change.After.Document) ?? "too large for a link"}");
        }

        return text.ToString();
    }

    /// <summary>What changes, in a sentence without an end.</summary>
    public static string Difference(SweepChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return string.Join("; ", (string[])[
            .. change.Gone.Count > 0 ? [$"no more {string.Join(", ", change.Gone)}"] : (string[])[],
            .. change.New.Count > 0 ? [$"now {string.Join(", ", change.New)}"] : (string[])[],
            .. change.Verdicts.Select(v => $"{v.Before.Property.Id}: {MatrixWords.Short(v.Before)} → {MatrixWords.Short(v.After)}")]);
    }

    /// <summary>What trying a fact alone says of it.</summary>
    public static string Does(SweepFact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        return fact.Alone switch { SweepEffect.Whole => "does it", SweepEffect.Part => "does a part", SweepEffect.None => "not alone", _ => "not tried" };
    }

    /// <summary>The releases that do the same as one, from it on: such as <c>4.1 – 4.9</c>.</summary>
    public static string Range(SweepReport report, int from)
    {
        ArgumentNullException.ThrowIfNull(report);
        var next = report.Changes.Select(c => IndexOf(report, c.After)).Where(i => i > from).DefaultIfEmpty(report.Rows.Count).First();
        return report.Rows[from].Release.Version + (next - 1 > from ? $" – {report.Rows[next - 1].Release.Version}" : "");
    }

    /// <summary>As JSON.</summary>
    public static JsonObject Json(SweepReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new JsonObject
        {
            ["scenario"] = report.Scenario.Id,
            ["path"] = Vocabulary.Paths.Of(report.Scenario.Boots[0].Path),
            ["releases"] = new JsonArray([.. report.Rows.Select(r => (JsonNode)new JsonObject
            {
                ["kernel"] = r.Release.Version,
                ["fingerprint"] = r.Fingerprint,
                ["outcomes"] = Strings(r.Outcomes),
                ["link"] = ShareLink.TryEncode(r.Document),
                ["verdicts"] = new JsonObject(r.Verdicts.Select(v => KeyValuePair.Create(v.Property.Id, (JsonNode?)MatrixWords.Of(v.Kind)))),
            })]),
            ["changes"] = new JsonArray([.. report.Changes.Select(c => (JsonNode)new JsonObject
            {
                ["before"] = c.Before.Release.Version,
                ["after"] = c.After.Release.Version,
                ["gone"] = Strings(c.Gone),
                ["new"] = Strings(c.New),
                ["verdicts"] = new JsonArray([.. c.Verdicts.Select(v => (JsonNode)new JsonObject
                {
                    ["property"] = v.Before.Property.Id, ["before"] = MatrixWords.Short(v.Before), ["after"] = MatrixWords.Short(v.After),
                })]),
                ["facts"] = new JsonArray([.. c.Facts.Select(f => (JsonNode)new JsonObject
                {
                    ["name"] = f.Name, ["before"] = f.Before, ["after"] = f.After, ["source"] = f.Source, ["alone"] = Does(f),
                })]),
            })]),
        };
    }

    private static JsonArray Strings(IEnumerable<string> all) => new([.. all.Select(s => (JsonNode)s)]);

    private static string Outcomes(SweepRow row) => row.Outcomes.Count == 0 ? "nothing of note" : string.Join(", ", row.Outcomes);

    private static void TellVerdicts(StringWriter text, SweepRow row)
    {
        foreach (var verdict in row.Verdicts.Where(v => v.Kind is not (VerdictKind.Holds or VerdictKind.NotApplicable)).OrderBy(MatrixWords.Rank))
        {
            text.WriteLine($"  {MatrixWords.Mark(verdict)} {verdict.Property.Id}: {MatrixWords.Short(verdict)}");
        }

        if (row.Verdicts.Where(v => v.Kind == VerdictKind.Holds).Select(v => v.Property.Id).ToList() is { Count: > 0 } holds)
        {
            text.WriteLine("  ✓ holds: " + string.Join(", ", holds));
        }
    }

    private static int IndexOf(SweepReport report, SweepRow row) => report.Rows.Index().First(r => r.Item.Release == row.Release).Index;
}
