using System.Globalization;
using System.Text.Json.Nodes;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Building;

/// <summary>Changes of what a function is and does. What is possible is the document reader's to say: each change goes through it.</summary>
public static class FieldEdit
{
    /// <summary>Puts a text into a field of a function; "" empties an optional one.</summary>
    public static EditOutcome Set(Scenario scenario, Bdf at, FormField field, string text)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(field);
        ArgumentNullException.ThrowIfNull(text);
        return Change(scenario, at, $"{field.Label} of {at} is {(text.Length == 0 ? "empty" : Node.Shown(text))} now.", (_, function) => Put(function, new MachineTree(scenario).Find(at)!, field, text.Trim()));
    }

    /// <summary>Adds an event that the device raises by itself: a packet a millisecond, to be changed.</summary>
    public static EditOutcome AddEvent(Scenario scenario, Bdf at) => Change(scenario, at, $"Added an event of {at}.", (_, function) =>
    {
        if (function["events"] is not JsonArray events)
        {
            function["events"] = events = [];
        }

        events.Add(new JsonObject { ["what"] = "rx", ["every_us"] = 1_000 });
    });

    /// <summary>Removes an event by its number.</summary>
    public static EditOutcome RemoveEvent(Scenario scenario, Bdf at, int number) => Change(scenario, at, $"Removed an event of {at}.", (_, function) => (function["events"] as JsonArray)?.RemoveAt(number));

    /// <summary>Gives a function a driver in a boot; null = none.</summary>
    public static EditOutcome SetDriver(Scenario scenario, Bdf at, int boot, string? driver)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        return Change(
            scenario, at, $"{at} has {(driver is null ? "no driver" : $"the driver {driver}")}{(scenario.Boots.Count > 1 ? $" in boot {boot + 1}" : "")} now.",
            (json, _) => DocumentEdit.Set(json, ["boots", boot.ToString(CultureInfo.InvariantCulture), "drivers", at.ToString()], "boots", driver));
    }

    /// <summary>A function becomes another device of the catalogue; what was particular to the old one goes, and so do drivers that a boot names for it.</summary>
    public static EditOutcome SetDevice(Scenario scenario, Bdf at, DeviceModel device)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(device);
        var tree = new MachineTree(scenario);
        if (tree.Find(at) is not { } old)
        {
            return EditOutcome.Refused($"{at} is not among the functions.");
        }

        if (old.Device.IsBridge != device.IsBridge || tree.WhyNot(device, tree.ParentOf(old)) is not null)
        {
            return EditOutcome.Refused($"{at} cannot become {device.Title}: {tree.WhyNot(device, tree.ParentOf(old)) ?? "a bridge cannot become an endpoint, nor the other way round"}.");
        }

        var boots = scenario.Boots.Select(b => b with { Drivers = b.Drivers.Where(d => d.Key != at).ToDictionary() });
        return Checked(scenario.WithFunction(at, f => f with { Device = device }) with { Boots = [.. boots] }, at, $"{at} is {device.Title} now.");
    }

    /// <summary>Another title, platform or number of CPUs; whatever is the same stays.</summary>
    public static EditOutcome SetMachine(Scenario scenario, string? title = null, Platform? platform = null, int? cpus = null, bool? remapping = null)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var words = title is not null ? $"The machine is called “{Node.Shown(title)}” now." : platform is not null ? $"The machine is a {platform.Title} now."
            : cpus is not null ? Node.Invariant($"Its boots bring up {cpus} {(cpus == 1 ? "CPU" : "CPUs")} now.") : $"Interrupt remapping is {(remapping == true ? "on" : "off")} now.";
        var after = scenario with
        {
            Title = title ?? scenario.Title, Platform = platform ?? scenario.Platform, InterruptRemapping = remapping ?? scenario.InterruptRemapping,
            Boots = cpus is { } n ? [.. scenario.Boots.Select(b => b with { Cpus = n })] : scenario.Boots,
        };
        return scenario.Functions.Count > 0 ? Checked(after, null, words)
            : title is { Length: > DocumentLimits.Title } ? EditOutcome.Refused(Node.Invariant($"{title.Length} characters given; at most {DocumentLimits.Title} are possible.")) : new EditOutcome(after, words);
    }

    private static EditOutcome Change(Scenario scenario, Bdf at, string words, Action<JsonObject, JsonObject> change)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        try
        {
            var json = ScenarioWriter.Write(scenario);
            if (json["functions"]!.AsArray().FirstOrDefault(f => (string?)f!["bdf"] == at.ToString()) is not JsonObject function)
            {
                return EditOutcome.Refused($"{at} is not among the functions.");
            }

            change(json, function);
            return new EditOutcome(ScenarioDocument.Parse(json.ToJsonString(ScenarioDocument.Compact)).Scenario, words) { Selected = at };
        }
        catch (ScenarioException e)
        {
            return EditOutcome.Refused(Places.InWords(scenario, e.Problems, at));
        }
    }

    private static EditOutcome Checked(Scenario after, Bdf? at, string words)
    {
        try
        {
            return new EditOutcome(ScenarioDocument.Parse(ScenarioDocument.Write(after)).Scenario, words) { Selected = at };
        }
        catch (ScenarioException e)
        {
            return EditOutcome.Refused(Places.InWords(after, e.Problems, at));
        }
    }

    private static void Put(JsonObject function, FunctionSpec spec, FormField field, string text)
    {
        var path = field.Path.Split('.');
        if (path.Length == 3 && text.Length == 0 && path[2] == "where")
        {
            // The member that makes the whole value: without it there is none.
            DocumentEdit.Set(function, [path[0], path[1]], field.Path, null);
            return;
        }

        if (path.Length == 3)
        {
            // A value of several members comes whole: what is set here is one of what it was.
            DocumentEdit.Set(function, [path[0], path[1]], field.Path, DeviceProperties.All.First(p => p.Name == path[1]).Write(spec.Device));
            if ((function[path[0]] as JsonObject)?[path[1]] is null)
            {
                DocumentEdit.Set(function, [path[0], path[1]], field.Path, new JsonObject());
            }
        }

        List<string> segments = [.. path.SelectMany(p => p.TrimEnd(']').Split('['))];
        if (text.Length == 0 && field.Optional && path is not ["overrides", "driver"])
        {
            var at = segments.SkipLast(1).Aggregate((JsonNode?)function, (node, s) => node is JsonArray list ? list[int.Parse(s, CultureInfo.InvariantCulture)] : node?[s]);
            (at as JsonObject)?.Remove(segments[^1]);
            return;
        }

        DocumentEdit.Set(function, segments, field.Path, ValueOf(field, text));
    }

    private static JsonNode? ValueOf(FormField field, string text) => field.Kind switch
    {
        FieldKind.Flag when bool.TryParse(text, out var flag) => flag,
        FieldKind.Number when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        FieldKind.Number when decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) => number,
        _ when field.Path == "overrides.driver" && text.Length == 0 => null,
        _ => text,
    };
}
