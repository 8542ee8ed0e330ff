using System.Text.Json.Nodes;
using static PciDash.Scenarios.DocumentLimits;

namespace PciDash.Scenarios;

/// <summary>The JSON Schema (2020-12) of the scenario file. Its lists of names are the catalogues themselves.</summary>
public static class ScenarioSchema
{
    /// <summary>The schema's own name.</summary>
    public const string SchemaId = "https://pcidash.example/schema/scenario-1.json";

    /// <summary>The schema.</summary>
    public static string Text { get; } = ScenarioDocument.ToText(Build());

    private static JsonObject Build()
    {
        var root = Object(
            ["version", "platform", "functions", "boots"],
            ("version", new JsonObject { ["const"] = DocumentLimits.Version }),
            ("id", Pattern(IdPattern, "Name, in kebab-case.")),
            ("title", String(Title, "One line for a reader.")),
            ("platform", Enum(Vocabulary.Platforms, "Routing of the pins, and what its IO-APIC does beyond the data sheet.")),
            ("timing", Enum(Vocabulary.Timings, "What things cost. Default: qemu-tcg.")),
            ("functions", Array(1, Functions, Reference("function"))),
            ("boots", Array(1, Boots, Reference("boot"))));
        root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
        root["$id"] = SchemaId;
        root["title"] = "PciDash scenario, version 1";
        root["$defs"] = new JsonObject
        {
            ["bdf"] = Pattern(BdfPattern, "Address of a function, as lspci writes it."),
            ["function"] = Function(),
            ["event"] = Event(),
            ["overrides"] = Overrides(),
            ["boot"] = Boot(),
            ["stimulus"] = Stimulus(),
        };
        return root;
    }

    private static JsonObject Function() => Object(
        ["bdf", "device"],
        ("bdf", Reference("bdf")),
        ("device", Enum(Vocabulary.Devices, "Row of the catalogue.")),
        ("parent", Reference("bdf")),
        ("secondary_bus", Integer(1, Bus, "Bus below it, for a bridge.")),
        ("gsi", Integer(0, DocumentLimits.Gsi, "Its line, where the platform's routing is not to be used.")),
        ("mode", Enum(Vocabulary.Modes, "How it interrupts, if its driver has a choice. Default: auto.")),
        ("cpu", Integer(0, Cpus - 1, "CPU that its interrupts go to. Default: 0.")),
        ("events", Array(0, Events, Reference("event"))),
        ("overrides", Reference("overrides")));

    private static JsonObject Event() => Object(
        ["what", "every_us"],
        ("what", Enum(Vocabulary.DeviceEvents, "What the device does by itself.")),
        ("every_us", Number(LeastEveryNs, MostEveryNs, "Mean time from one to the next, microseconds.")),
        ("jitter_percent", Integer(0, Jitter, "How much each interval may differ from the mean. Default: 0.")),
        ("count", Integer(0, Count, "How many happen in all; 0 = no end. Default: 0.")),
        ("first_us", Number(-MostTimeNs, MostTimeNs, "First one at this time, microseconds; 0 = start of the shutdown. Default: one interval after the device starts.")),
        ("entry", Integer(0, Entry, "Entry of the MSI-X table that it uses. Default: the device's own.")),
        ("once_per_service", Flag("Notifies once and then not again until its driver has looked. Default: the device's own.")));

    private static JsonObject Overrides() => Object(
        [],
        ("on_bus_master_off", Enum(Vocabulary.Reactions, "What the device does once its Bus Master Enable is 0.")),
        ("intx_condition", Enum(Vocabulary.Conditions, "What makes its INTx condition true.")),
        ("once_per_service", Flag("Notifies once and then not again until its driver has looked.")),
        ("msi_intx_disable_bug", Flag("Its INTx-Disable also stops MSI, so Linux never sets it.")),
        ("pin", Enum(Vocabulary.Pins, "Its interrupt pin.")));

    private static JsonObject Boot() => Object(
        ["kernel", "path"],
        ("kernel", Enum(Vocabulary.Kernels, "Release.")),
        ("policy", Enum(Vocabulary.Policies, "What its PCI core does at shutdown. Default: the release's own.")),
        ("enumeration", Enum(Vocabulary.Enumerations, "What its bus scan does to stale MSI. Default: the release's own.")),
        ("path", Enum(Vocabulary.Paths, "How it ends; none = not within the run.")),
        ("cmdline", String(CommandLine, "noirqdebug, irqfixup, irqpoll and pci=nomsi are understood; other words are left out with a warning.")),
        ("cpus", Integer(1, Cpus, "CPUs it brings up. Default: 1.")),
        ("drivers", Map(BdfPattern, new JsonObject { ["enum"] = new JsonArray([.. Vocabulary.Drivers.Names.Select(n => (JsonNode?)n), null]) })),
        ("probe_order", Array(0, Functions, Reference("bdf"))),
        ("handled_before", Map("^[0-9]{1,3}$", Integer(0, Handled, "Handled interrupts on that line before the run begins."))),
        ("stimuli", Array(0, Stimuli, Reference("stimulus"))));

    private static JsonObject Stimulus()
    {
        var fields = new Dictionary<string, Func<JsonObject>>
        {
            ["target"] = () => Reference("bdf"),
            ["bme"] = () => Flag("Bus Master Enable."),
            ["intx_disable"] = () => Flag("INTx-Disable."),
            ["enable"] = () => Flag("The capability's Enable bit."),
            ["driver"] = () => Enum(Vocabulary.Drivers, "Driver whose probe runs."),
            ["us"] = () => Number(1_000, MostTimeNs, "How long, microseconds."),
        };
        var forms = StimulusForms.Members.Select(m => (JsonNode)Object(
            [.. m.Value.Where(f => f is not ("bme" or "intx_disable"))],
            [.. m.Value.Select(f => (f, f == "what" ? new JsonObject { ["const"] = m.Key } : fields[f]()))]));
        return new JsonObject { ["oneOf"] = new JsonArray([.. forms]) };
    }

    private static JsonObject Object(string[] required, params (string Name, JsonObject Schema)[] members)
    {
        var json = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(members.Select(m => KeyValuePair.Create(m.Name, (JsonNode?)m.Schema))),
            ["additionalProperties"] = false,
        };
        if (required.Length > 0)
        {
            json["required"] = new JsonArray([.. required.Select(r => (JsonNode)r)]);
        }

        return json;
    }

    private static JsonObject Array(int least, int most, JsonObject items) =>
        new() { ["type"] = "array", ["minItems"] = least, ["maxItems"] = most, ["items"] = items };

    private static JsonObject Map(string pattern, JsonObject values) =>
        new() { ["type"] = "object", ["propertyNames"] = new JsonObject { ["pattern"] = pattern }, ["additionalProperties"] = values };

    private static JsonObject Reference(string name) => new() { ["$ref"] = "#/$defs/" + name };

    private static JsonObject Pattern(string pattern, string description) => new() { ["type"] = "string", ["pattern"] = pattern, ["description"] = description };

    private static JsonObject String(int longest, string description) => new() { ["type"] = "string", ["maxLength"] = longest, ["description"] = description };

    private static JsonObject Integer(long least, long most, string description) =>
        new() { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most, ["description"] = description };

    private static JsonObject Number(long leastNs, long mostNs, string description) =>
        new() { ["type"] = "number", ["minimum"] = leastNs / 1000, ["maximum"] = mostNs / 1000, ["description"] = description };

    private static JsonObject Flag(string description) => new() { ["type"] = "boolean", ["description"] = description };

    private static JsonObject Enum<T>(Words<T> words, string description)
        where T : notnull => new() { ["enum"] = new JsonArray([.. words.Names.Select(n => (JsonNode)n)]), ["description"] = description };
}
