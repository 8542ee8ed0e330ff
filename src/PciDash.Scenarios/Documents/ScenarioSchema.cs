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
            ("interrupt_remapping", Flag("The machine has interrupt remapping.")),
            ("boot_interrupts", Array(0, BootInterrupts, Reference("boot_interrupt"))),
            ("devices", Map(RowPattern, DeviceProperties.Schema())),
            ("drivers", Map(RowPattern, OwnRows.DriverSchema())),
            ("policies", Map(RowPattern, OwnRows.PolicySchema())),
            ("functions", Array(1, Functions, Reference("function"))),
            ("boots", Array(1, Boots, Reference("boot"))));
        root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
        root["$id"] = SchemaId;
        root["title"] = "PciDash scenario, version 1";
        root["$defs"] = new JsonObject
        {
            ["bdf"] = Pattern(BdfPattern, "Address of a function, as lspci writes it."),
            ["boot_interrupt"] = Object(
                ["from", "to"],
                ("from", Integer(0, DocumentLimits.Gsi, "Line whose pin is masked.")),
                ("to", Integer(0, DocumentLimits.Gsi, "Line that the chipset raises instead.")),
                ("quirk_since", Enum(Vocabulary.Kernels, "First release that turns this off. Default: none does.")),
                ("source", String(Title, "Chipset, and where it is known from."))),
            ["function"] = Function(),
            ["event"] = Event(),
            ["overrides"] = DeviceProperties.Schema(),
            ["boot"] = Boot(),
            ["stimulus"] = Stimulus(),
        };
        return root;
    }

    internal static JsonObject Function() => Object(
        ["bdf", "device"],
        ("bdf", Reference("bdf")),
        ("device", Named(Vocabulary.Devices, "Row of the catalogue, or of devices.")),
        ("parent", Reference("bdf")),
        ("secondary_bus", Integer(1, Bus, "Bus below it, for a bridge.")),
        ("gsi", Integer(0, DocumentLimits.Gsi, "Its line, where the platform's routing is not to be used.")),
        ("mode", Enum(Vocabulary.Modes, "How it interrupts, if its driver has a choice. Default: auto.")),
        ("cpu", Integer(0, Cpus - 1, "CPU that its interrupts go to. Default: 0.")),
        ("firmware_bus_master", Flag("Firmware leaves its Bus Master Enable set.")),
        ("left_running", Flag("Firmware leaves it working.")),
        ("events", Array(0, Events, Reference("event"))),
        ("overrides", Reference("overrides")));

    internal static JsonObject Event() => Object(
        ["what", "every_us"],
        ("what", Enum(Vocabulary.DeviceEvents, "What the device does by itself.")),
        ("every_us", Number(LeastEveryNs, MostEveryNs, "Mean time from one to the next, microseconds.")),
        ("jitter_percent", Integer(0, Jitter, "How much each interval may differ from the mean. Default: 0.")),
        ("count", Integer(0, Count, "How many happen in all; 0 = no end. Default: 0.")),
        ("first_us", Number(-MostTimeNs, MostTimeNs, "First one at this time, microseconds; 0 = start of the shutdown. Default: one interval after the device starts.")),
        ("entry", Integer(0, Entry, "Entry of the MSI-X table that it uses. Default: the device's own.")),
        ("once_per_service", Flag("Notifies once and then not again until its driver has looked. Default: the device's own.")),
        ("dma", Flag("It writes memory before it interrupts.")));

    private static JsonObject Boot() => Object(
        ["kernel", "path"],
        ("kernel", Enum(Vocabulary.Kernels, "Release.")),
        ("policy", Named(Vocabulary.Policies, "What its PCI core does at shutdown. Default: the release's own.")),
        ("enumeration", Enum(Vocabulary.Enumerations, "What its bus scan does to stale MSI. Default: the release's own.")),
        ("path", Enum(Vocabulary.Paths, "How it ends; none = not within the run.")),
        ("cmdline", String(CommandLine, CommandLineWords.Understood + " are understood; other words are left out with a warning.")),
        ("cpus", Integer(1, Cpus, "CPUs it brings up. Default: 1.")),
        ("drivers", Map(BdfPattern, new JsonObject { ["anyOf"] = new JsonArray(Named(Vocabulary.Drivers, "Row of the catalogue, or of drivers."), new JsonObject { ["type"] = "null" }) })),
        ("probe_order", Array(0, Functions, Reference("bdf"))),
        ("closed", Array(0, Functions, Reference("bdf"))),
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
            ["driver"] = () => Named(Vocabulary.Drivers, "Driver whose probe runs."),
            ["part"] = () => Enum(Vocabulary.Parts, "Which part of its probe. Default: whole."),
            ["state"] = () => Enum(StimulusForms.PowerStates, "Power state."),
            ["us"] = () => Number(1_000, MostTimeNs, "How long, microseconds."),
        };
        var forms = StimulusForms.Members.Select(m => (JsonNode)Object(
            [.. m.Value.Where(f => f is not ("bme" or "intx_disable" or "part"))],
            [.. m.Value.Select(f => (f, f == "what" ? new JsonObject { ["const"] = m.Key } : fields[f]()))]));
        return new JsonObject { ["oneOf"] = new JsonArray([.. forms]) };
    }

    // A row of the catalogue, or any name that the document may define itself.
    private static JsonObject Named<T>(Words<T> words, string description)
        where T : notnull => new() { ["anyOf"] = new JsonArray(Enum(words, description), Pattern(RowPattern, "A name that this document defines.")) };

    internal static JsonObject Object(string[] required, params (string Name, JsonObject Schema)[] members)
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

    internal static JsonObject Array(int least, int most, JsonObject items) =>
        new() { ["type"] = "array", ["minItems"] = least, ["maxItems"] = most, ["items"] = items };

    private static JsonObject Map(string pattern, JsonObject values) =>
        new() { ["type"] = "object", ["propertyNames"] = new JsonObject { ["pattern"] = pattern }, ["additionalProperties"] = values };

    private static JsonObject Reference(string name) => new() { ["$ref"] = "#/$defs/" + name };

    internal static JsonObject Pattern(string pattern, string description) => new() { ["type"] = "string", ["pattern"] = pattern, ["description"] = description };

    internal static JsonObject String(int longest, string description) => new() { ["type"] = "string", ["maxLength"] = longest, ["description"] = description };

    internal static JsonObject Integer(long least, long most, string description) =>
        new() { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most, ["description"] = description };

    private static JsonObject Number(long leastNs, long mostNs, string description) =>
        new() { ["type"] = "number", ["minimum"] = leastNs / 1000, ["maximum"] = mostNs / 1000, ["description"] = description };

    internal static JsonObject Flag(string description) => new() { ["type"] = "boolean", ["description"] = description };

    internal static JsonObject Enum<T>(Words<T> words, string description)
        where T : notnull => new() { ["enum"] = new JsonArray([.. words.Names.Select(n => (JsonNode)n)]), ["description"] = description };
}
