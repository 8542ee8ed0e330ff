using System.Text.Json.Nodes;

namespace PciDash.Scenarios;

/// <summary>The JSON Schema (2020-12) of one line of a recording: what the run is, an event, or an outcome.</summary>
public static class RecordingSchema
{
    /// <summary>The schema's own name.</summary>
    public const string SchemaId = "https://pcidash.example/schema/recording-1.json";

    // Fields of each event beside i, t, ev, n, t_last, stride, why, also and where; those with ? are not always there.
    private static readonly (string Event, string Fields)[] Events =
    [
        ("phase", "name"), ("driver_shutdown", "bdf driver? edge"), ("stimulus", "bdf? what operands?"), ("cfg_command", "bdf old new bme intx_disable"),
        ("cfg_msi", "bdf enable"), ("cfg_msix", "bdf enable maskall"), ("vector_mask", "bdf entry masked"), ("device_event", "bdf what"),
        ("msi_write", "bdf entry vector? cpu? result"), ("intx", "bdf pin asserted"), ("line", "gsi asserted"), ("ioapic_pin", "gsi masked"),
        ("irq_delivered", "bdf? irq? gsi? vector cpu outcome"), ("handler", "bdf edge irq cpu action ret?"), ("eoi", "gsi"),
        ("request_irq", "bdf irq action revived"), ("free_irq", "bdf irq action"), ("nobody_cared", "irq irq_count? irqs_unhandled?"), ("irq_disabled", "irq"),
        ("irq_polled", "irq ret"), ("reset", "bdf? how"), ("virtio_status", "bdf value"), ("dma", "bdf target"), ("power_state", "bdf value"),
        ("unsupported_request", "bdf bridge"), ("virtio_config", "bdf offset expected_offset"), ("driver_access", "bdf torn_down"),
        ("irq_thread", "bdf irq cpu action ret"), ("remapping", "table"), ("outcome", "bdf? irq? kind"),
    ];

    private static readonly string[] Numbers =
    [
        "bme", "intx_disable", "enable", "maskall", "entry", "masked", "vector", "cpu", "asserted", "gsi", "irq", "revived", "irq_count", "irqs_unhandled",
        "offset", "expected_offset", "torn_down",
    ];

    /// <summary>The schema.</summary>
    public static string Text { get; } = ScenarioDocument.ToText(Build());

    private static JsonObject Build() => new()
    {
        ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
        ["$id"] = SchemaId,
        ["title"] = "PciDash recording, version 1: one line of it",
        ["oneOf"] = new JsonArray([Meta(), .. Events.Select(e => (JsonNode)Event(e.Event, e.Fields.Split(' ')))]),
    };

    private static JsonObject Event(string ev, string[] fields)
    {
        var members = new List<(string, JsonObject)> { ("ev", new JsonObject { ["const"] = ev }) };
        if (ev != "outcome")
        {
            members.Add(("i", Number("Number of the event, from 0.")));
            members.Add(("t", new JsonObject { ["type"] = new JsonArray("number", "null"), ["description"] = "Seconds; 0 = the start of the shutdown; null = not known." }));
            members.Add(("n", Number("A fold: how many equal rounds.")));
            members.Add(("t_last", new JsonObject { ["type"] = "number", ["description"] = "A fold: when the last one was." }));
            members.Add(("stride", Number("A fold: how many events a round has.")));
            members.Add(("also", Number("Number of another event that this one needed.")));
            members.Add(("where", String("Kernel function that did it.")));
        }

        members.Add(("why", Number("Number of the event that caused it.")));
        members.AddRange(fields.Select(f => f.TrimEnd('?')).Select(f => (f, f == "value" ? new JsonObject { ["type"] = new JsonArray("integer", "string") } : Numbers.Contains(f) ? Number("") : String(""))));
        string[] always = ev == "outcome" ? ["ev"] : ["ev", "i", "t"];
        return ScenarioSchema.Object([.. always, .. fields.Where(f => !f.EndsWith('?'))], [.. members]);
    }

    private static JsonObject Meta()
    {
        (string, JsonObject)[] boot = [("kernel", String("Release.")), ("path", String("How the boot ends.")), ("policy", String("Shutdown policy."))];
        return ScenarioSchema.Object(
            ["ev", "scenario", "kernel", "path", "policy", "platform", "timing", "functions", "seed", "end", "engine"],
            [
                ("ev", new JsonObject { ["const"] = "meta" }), ("scenario", String("Its id.")), .. boot, ("platform", String("Its id.")), ("timing", String("Its id.")),
                ("functions", Array(ScenarioSchema.Object(
                    ["bdf", "device"], ("bdf", String("Address.")), ("device", String("Its id.")), ("driver", String("Its id.")), ("mode", String("How it interrupts.")), ("gsi", Number("Its line."))))),
                ("next_boots", Array(ScenarioSchema.Object(["kernel", "path", "policy"], [.. boot.Select(m => (m.Item1, (JsonObject)m.Item2.DeepClone()))]))),
                ("seed", Number("Seed of every draw.")),
                ("choices", Array(ScenarioSchema.Object(["step", "action"], ("step", Number("Actions before it.")), ("action", String("The action that was chosen."))))),
                ("end", new JsonObject { ["enum"] = new JsonArray("complete", "time-limit", "event-limit", "stuck") }), ("engine", String("Version of the engine.")),
            ]);
    }

    private static JsonObject Array(JsonObject items) => new() { ["type"] = "array", ["items"] = items };

    private static JsonObject Number(string description) => Described(new JsonObject { ["type"] = "integer" }, description);

    private static JsonObject String(string description) => Described(new JsonObject { ["type"] = "string" }, description);

    private static JsonObject Described(JsonObject json, string description)
    {
        if (description.Length > 0)
        {
            json["description"] = description;
        }

        return json;
    }
}
