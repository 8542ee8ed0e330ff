using System.Globalization;
using System.Text.Json.Nodes;
using PciDash.Engine.Devices;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Building;

/// <summary>The fields of a function, of its device and of its events: the schema's own, so that a form and a file say the same.</summary>
public static class FieldTable
{
    private const string Overrides = "overrides.";

    /// <summary>How the function sits in the machine: its line, how it interrupts, its CPU, and how firmware leaves it.</summary>
    public static IReadOnlyList<FormField> Function { get; } =
        [.. new[] { "mode", "gsi", "cpu", "firmware_bus_master", "left_running" }.Select(name => FormField.Of(name, Member(ScenarioSchema.Function(), name), name == "gsi"))];

    /// <summary>What the device is: every property of a catalogue row.</summary>
    public static IReadOnlyList<FormField> Device { get; } = [.. DeviceProperties.All.SelectMany(DeviceFields)];

    /// <summary>An event that the device raises by itself, by its number.</summary>
    public static IReadOnlyList<FormField> Event(int number)
    {
        var schema = ScenarioSchema.Event();
        return [.. ((JsonObject)schema["properties"]!).Select(p => FormField.Of(Node.Invariant($"events[{number}].{p.Key}"), (JsonObject)p.Value!, p.Key is "first_us" or "entry" or "once_per_service"))];
    }

    /// <summary>What a field holds, as a document would; "" = nothing.</summary>
    public static string Value(FunctionSpec function, FormField field)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(field);
        var segments = field.Path.Split('.');
        if (field.Path.StartsWith(Overrides, StringComparison.Ordinal))
        {
            var value = DeviceProperties.All.First(p => p.Name == segments[1]).Write(function.Device);
            return TextOf(segments.Length > 2 ? (value as JsonObject)?[segments[2]] : value, field);
        }

        if (segments.Length == 2)
        {
            var number = int.Parse(segments[0].AsSpan("events[".Length..^1), CultureInfo.InvariantCulture);
            return TextOf(ScenarioWriter.Event(function.Events[number])[segments[1]], field);
        }

        return field.Path switch
        {
            "mode" => Vocabulary.Modes.Of(function.Mode),
            "gsi" => function.Gsi?.ToString() ?? "",
            "cpu" => function.Cpu.ToString(CultureInfo.InvariantCulture),
            "firmware_bus_master" => function.FirmwareBusMaster ? "true" : "false",
            "left_running" => function.LeftRunning ? "true" : "false",
            _ => throw new ArgumentException($"{field.Path} is no field of a function", nameof(field)),
        };
    }

    /// <summary>What the catalogue (or the scenario's own row) has for a field of the device; null for any other field.</summary>
    public static string? Usual(Scenario scenario, FunctionSpec function, FormField field)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(field);
        var row = scenario.OwnDevices.FirstOrDefault(d => d.Id == function.Device.Id) ?? DeviceModel.Find(function.Device.Id);
        return row is null || !field.Path.StartsWith(Overrides, StringComparison.Ordinal) ? null : Value(function with { Device = row }, field);
    }

    private static IEnumerable<FormField> DeviceFields(DeviceProperty property)
    {
        var schema = property.Schema();
        if (schema["anyOf"] is JsonArray forms)
        {
            // A value of several members, or none: its members, the first of which makes it.
            var members = (JsonObject)forms[0]!["properties"]!;
            var required = forms[0]!["required"]!.AsArray().Select(r => (string)r!).ToList();
            return members.OrderByDescending(m => required.Contains(m.Key)).Select(m => FormField.Of($"{Overrides}{property.Name}.{m.Key}", (JsonObject)m.Value!, true)).Select(f => f with
            {
                Label = $"{char.ToUpperInvariant(property.Name[0])}{property.Name[1..]}, {f.Label.ToLowerInvariant()}",
                Meaning = required.Contains(f.Path[(f.Path.LastIndexOf('.') + 1)..]) ? $"{(string?)schema["description"]} {f.Meaning} Empty: none." : f.Meaning,
            });
        }

        var field = FormField.Of(Overrides + property.Name, schema, schema["type"] is JsonArray);
        return [field];
    }

    private static JsonObject Member(JsonObject schema, string name) => (JsonObject)schema["properties"]![name]!;

    private static string TextOf(JsonNode? value, FormField field) => value switch
    {
        null => field.Kind == FieldKind.Flag && !field.Optional ? "false" : field.Path.EndsWith(".jitter_percent", StringComparison.Ordinal) || field.Path.EndsWith(".count", StringComparison.Ordinal) ? "0" : "",
        JsonValue text when text.TryGetValue<string>(out var s) => s,
        _ => value.ToJsonString(),
    };
}
