using System.Globalization;
using System.Text.Json.Nodes;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Comparison;

/// <summary>A comparison as text for a terminal, or JSON for a program.</summary>
public static class CompareText
{
    /// <summary>As text.</summary>
    public static string Plain(CompareReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        ComparedRun[] sides = [report.First, report.Second];
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine($"{report.First.Document.Scenario.Id}: {report.First.Name} | {report.Second.Name}");
        text.WriteLine(report.Divergence is null ? "" : "\n" + report.Verdict);
        var width = sides.Max(s => s.Name.Length);
        if (report.Divergence is { } at)
        {
            text.WriteLine(Node.Invariant($"\nThe runs are the same up to event {at.Raw}; then"));
            text.WriteLine($"  {sides[0].Name.PadRight(width)}  {sides[0].Line(at.First)}");
            text.WriteLine($"  {sides[1].Name.PadRight(width)}  {sides[1].Line(at.Second)}");
        }
        else
        {
            text.WriteLine(report.Verdict);
        }

        text.WriteLine("\nWhat comes of each");
        foreach (var side in sides)
        {
            text.WriteLine($"  {side.Name.PadRight(width)}  {string.Join("; ", OutcomeWords.Of(side.Run).Select(o => $"{(o.IsIrq ? "irq " : "")}{o.Subject} {o.Kind}"))}; {RecordingTable.End(side.Run)}");
        }

        if (report.HandOvers.Count > 0)
        {
            text.WriteLine("\nHanded over otherwise");
            foreach (var d in report.HandOvers)
            {
                text.WriteLine($"  {d.Subject,-9} {d.Register,-20} {d.First} | {d.Second}");
            }
        }

        return text.ToString();
    }

    /// <summary>As JSON.</summary>
    public static JsonObject ToJson(CompareReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var at = report.Divergence;
        return new JsonObject
        {
            ["scenario"] = report.First.Document.Scenario.Id,
            ["verdict"] = report.Verdict,
            ["first_difference"] = at?.Raw,
            ["sides"] = new JsonArray(Side(report.First, at, at?.First), Side(report.Second, at, at?.Second)),
            ["hand_over"] = new JsonArray([.. report.HandOvers.Select(d => (JsonNode)new JsonObject
            {
                ["subject"] = d.Subject, ["register"] = d.Register, ["first"] = d.First, ["second"] = d.Second,
            })]),
        };
    }

    private static JsonObject Side(ComparedRun side, Divergence? at, RecordedEvent? does) => new()
    {
        ["name"] = side.Name,
        ["does"] = at is null ? null : side.Line(does).Trim(),
        ["outcomes"] = new JsonArray([.. OutcomeWords.Of(side.Run).Select(o => (JsonNode)new JsonObject
        {
            [o.IsIrq ? "irq" : "bdf"] = o.Subject, ["kind"] = o.Kind, ["why"] = o.Why >= 0 ? o.Why : null,
        })]),
        ["end"] = RecordingWriter.End(side.Run),
        ["fingerprint"] = OutcomeFingerprint.Of(side.Run),
    };
}
