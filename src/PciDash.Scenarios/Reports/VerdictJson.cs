using System.Text.Json.Nodes;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Reports;

/// <summary>Verdicts over all orderings as JSON, the same from the command line and from a server.</summary>
public static class VerdictJson
{
    /// <summary>What was searched, and a verdict for each property with its way and link.</summary>
    public static JsonObject Of(RunDocument document, CompiledMachine machine, SearchResult found)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(found);
        return new JsonObject
        {
            ["scenario"] = document.Scenario.Id,
            ["states"] = found.States,
            ["transitions"] = found.Transitions,
            ["bytes"] = found.Bytes,
            ["complete"] = found.Complete,
            ["bound"] = found.Bound.Length > 0 ? found.Bound : null,
            ["reduced"] = found.IsReduced,
            ["verdicts"] = new JsonArray([.. found.Verdicts.Select(v => (JsonNode)new JsonObject
            {
                ["property"] = v.Property.Id,
                ["verdict"] = Word(v.Kind),
                ["explanation"] = v.Explanation,
                ["window"] = v.Window is { } w
                    ? new JsonObject { ["from"] = w.From, ["to"] = w.To, ["measured_ns"] = w.MeasuredNs, ["needed_ns"] = w.NeededNs, ["source"] = w.Source }
                    : null,
                ["path"] = new JsonArray([.. v.Path.Select(a => (JsonNode)ActionNames.Of(machine, a))]),
                ["violated_at"] = v.ViolatedAt >= 0 ? v.ViolatedAt : null,
                ["link"] = LinkOf(document, machine, v),
                ["nearest"] = v.Nearest is { } near ? Nearest(document, machine, near) : null,
            })]),
        };
    }

    private static JsonObject Nearest(RunDocument document, CompiledMachine machine, NearestState near) => new()
    {
        ["measure"] = near.Measure.Length > 0 ? near.Measure : null,
        ["explanation"] = near.Explanation,
        ["path"] = new JsonArray([.. near.Path.Select(a => (JsonNode)ActionNames.Of(machine, a))]),
        ["at"] = near.At >= 0 ? near.At : null,
        ["link"] = LinkOf(document, machine, near),
    };

    /// <summary>The link of the run that comes nearest; null if there is none, or it is too large.</summary>
    public static string? LinkOf(RunDocument document, CompiledMachine machine, NearestState nearest)
    {
        ArgumentNullException.ThrowIfNull(nearest);
        return nearest.At < 0 ? null : ShareLink.TryEncode(CounterexampleDocument.Of(document, machine, nearest));
    }

    /// <summary>The link of a violated verdict's run; null if there is none, or it is too large.</summary>
    public static string? LinkOf(RunDocument document, CompiledMachine machine, Verdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return verdict.Run is null ? null : ShareLink.TryEncode(CounterexampleDocument.Of(document, machine, verdict));
    }

    /// <summary>A verdict's word.</summary>
    public static string Word(VerdictKind kind) => kind switch
    {
        VerdictKind.Holds => "holds",
        VerdictKind.Violated => "violated",
        VerdictKind.ViolatedOnlyIf => "violated only if a window lasts longer",
        VerdictKind.NotApplicable => "not applicable",
        _ => "not finished",
    };
}
