using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Building;

/// <summary>A machine that is being built, with all that was typed, as text and back.</summary>
public static class MachineDraftText
{
    private const string StandIn = "e1000";

    /// <summary>The text.</summary>
    public static string Write(MachineDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var json = new JsonObject { ["scenario"] = ScenarioWriter.Write(draft.Scenario) };
        if (draft.Scenario.Functions.Count == 0)
        {
            // No file has a machine without functions, but a workbench may: one stands in for none.
            json["scenario"] = ScenarioWriter.Write(TopologyEdit.Add(draft.Scenario, DeviceModel.Find(StandIn)!, null).After!);
            json["empty"] = true;
        }

        if (draft.Selected is { } selected)
        {
            json["selected"] = selected.ToString();
        }

        if (draft.Drafts.Count > 0)
        {
            json["typed"] = new JsonArray([.. draft.Drafts.OrderBy(d => d.Key.Function).ThenBy(d => d.Key.Path, StringComparer.Ordinal)
                .Select(d => (JsonNode)new JsonArray(d.Key.Function.ToString(), d.Key.Path, d.Value.Text, d.Value.Problem))]);
        }

        return json.ToJsonString(ScenarioDocument.Compact);
    }

    /// <summary>The machine of a text.</summary>
    /// <exception cref="Engine.Machine.ScenarioException">Its scenario is none.</exception>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static MachineDraft Read(string text)
    {
        try
        {
            var json = JsonNode.Parse(text) as JsonObject ?? throw new FormatException("an object is needed");
            var typed = (json["typed"] as JsonArray ?? []).Select(t => KeyValuePair.Create((At((string?)t?[0]), Text(t![1])), new FieldDraft(Text(t[2]), Text(t[3]))));
            var scenario = RunDocument.Parse(json["scenario"]?.ToJsonString(ScenarioDocument.Compact) ?? "").Scenario;
            return new MachineDraft(json.ContainsKey("empty") ? scenario with { Functions = [] } : scenario)
            {
                Selected = (string?)json["selected"] is { } selected ? At(selected) : null,
                Drafts = typed.ToImmutableDictionary(),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("no machine that is being built", e);
        }
    }

    private static Bdf At(string? text) => Bdf.TryParse(text, out var at) ? at : throw new FormatException($"{text} is no address of a function");

    private static string Text(JsonNode? node) => (string?)node ?? throw new FormatException("a text is needed");
}
