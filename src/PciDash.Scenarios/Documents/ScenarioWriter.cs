using System.Text.Json.Nodes;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>Scenario to JSON in its one canonical form: members in a fixed order, functions by address, defaults left out.</summary>
internal static class ScenarioWriter
{
    public static JsonObject Write(Scenario scenario)
    {
        var problems = new List<string>();
        var json = new JsonObject { ["version"] = DocumentLimits.Version, ["id"] = scenario.Id };
        Put(json, "title", scenario.Title, "");
        json["platform"] = scenario.Platform.Id;
        Put(json, "timing", scenario.Timing.Id, TimingProfile.QemuTcg.Id);
        Put(json, "interrupt_remapping", scenario.InterruptRemapping, false);
        if (scenario.BootInterrupts.Count > 0)
        {
            json["boot_interrupts"] = new JsonArray([.. scenario.BootInterrupts.Select(b => (JsonNode)BootInterrupt(b))]);
        }

        var own = OwnOf(scenario);
        var catalogue = Catalogue.Standard.With(own.Devices, own.Drivers, own.Policies);
        PutRows(json, "devices", own.Devices.Select(d => (d.Id, OwnRows.Write(d))));
        PutRows(json, "drivers", own.Drivers.Select(d => (d.Id, OwnRows.Write(d))));
        PutRows(json, "policies", own.Policies.Select(p => (p.Id, OwnRows.Write(p))));
        json["functions"] = new JsonArray([.. scenario.Functions.OrderBy(f => f.Bdf).Select(f => (JsonNode)Function(f, catalogue, problems))]);
        json["boots"] = new JsonArray([.. scenario.Boots.Select((b, i) => (JsonNode)Boot(b, i, catalogue, problems))]);
        if (Platform.Find(scenario.Platform.Id) != scenario.Platform)
        {
            problems.Add($"platform: {scenario.Platform.Id} is not in the catalogue, so a file cannot name it");
        }

        if (TimingProfile.Find(scenario.Timing.Id) != scenario.Timing)
        {
            problems.Add($"timing: {scenario.Timing.Id} is not in the catalogue, so a file cannot name it");
        }

        return problems.Count == 0 ? json : throw new ScenarioException(problems);
    }

    // What it brings along, and what it uses that is in no catalogue.
    private static (List<DeviceModel> Devices, List<DriverModel> Drivers, List<ShutdownPolicy> Policies) OwnOf(Scenario scenario)
    {
        var devices = scenario.OwnDevices.Concat(scenario.Functions.Select(f => f.Device).Where(d => DeviceModel.Find(d.Id) is null));
        var drivers = scenario.OwnDrivers.Concat(scenario.Boots.SelectMany(b => b.Drivers.Values.Concat(b.Stimuli.Select(s => s.Load))).OfType<DriverModel>().Where(d => DriverModel.Find(d.Id) is null));
        var policies = scenario.OwnPolicies.Concat(scenario.Boots.Select(b => b.Policy).Where(p => ShutdownPolicy.Find(p.Id) is null));
        return (Distinct(devices, d => d.Id), Distinct(drivers, d => d.Id), Distinct(policies, p => p.Id));

        static List<T> Distinct<T>(IEnumerable<T> rows, Func<T, string> id) => [.. rows.DistinctBy(id).OrderBy(id, StringComparer.Ordinal)];
    }

    private static void PutRows(JsonObject json, string name, IEnumerable<(string Id, JsonObject Row)> rows)
    {
        var all = new JsonObject(rows.Select(r => KeyValuePair.Create(r.Id, (JsonNode?)r.Row)));
        if (all.Count > 0)
        {
            json[name] = all;
        }
    }

    private static JsonObject BootInterrupt(BootInterrupt alias)
    {
        var json = new JsonObject { ["from"] = alias.From.Value, ["to"] = alias.To.Value };
        Put(json, "quirk_since", alias.QuirkSince, null);
        Put(json, "source", alias.Source, "");
        return json;
    }

    private static JsonObject Function(FunctionSpec f, Catalogue catalogue, List<string> problems)
    {
        var json = new JsonObject { ["bdf"] = f.Bdf.ToString(), ["device"] = f.Device.Id };
        Put(json, "parent", f.Parent?.ToString(), null);
        Put(json, "secondary_bus", f.SecondaryBus);
        Put(json, "gsi", f.Gsi?.Value);
        Put(json, "mode", Vocabulary.Modes.Of(f.Mode), Vocabulary.Modes.Of(InterruptMode.Auto));
        Put(json, "cpu", f.Cpu == 0 ? null : f.Cpu);
        Put(json, "firmware_bus_master", f.FirmwareBusMaster, false);
        Put(json, "left_running", f.LeftRunning, false);
        if (f.Events.Count > 0)
        {
            json["events"] = new JsonArray([.. f.Events.Select(e => (JsonNode)Event(e))]);
        }

        var row = catalogue.Devices.Find(f.Device.Id);
        var overrides = DeviceProperties.Difference(f.Device, row);
        if (WithOverrides(row, overrides) != f.Device)
        {
            problems.Add($"{f.Bdf}: device {f.Device.Id} differs from the catalogue in more than overrides can say, so a file cannot name it");
        }

        if (overrides.Count > 0)
        {
            json["overrides"] = overrides;
        }

        return json;
    }

    private static DeviceModel WithOverrides(DeviceModel row, JsonObject overrides)
    {
        using var document = System.Text.Json.JsonDocument.Parse(overrides.ToJsonString());
        return DeviceProperties.Read(new Node(document.RootElement, "", []), row);
    }

    internal static JsonObject Event(EventSource e)
    {
        var json = new JsonObject { ["what"] = e.What, ["every_us"] = Microseconds(e.EveryNs) };
        Put(json, "jitter_percent", e.JitterPercent == 0 ? null : e.JitterPercent);
        Put(json, "count", e.Count == 0 ? null : e.Count);
        if (e.FirstNs is { } first)
        {
            json["first_us"] = Microseconds(first);
        }

        Put(json, "entry", e.Entry);
        if (e.OncePerService is { } once)
        {
            json["once_per_service"] = once;
        }

        Put(json, "dma", e.Dma, false);
        return json;
    }

    private static JsonObject Boot(BootSpec boot, int index, Catalogue catalogue, List<string> problems)
    {
        var json = new JsonObject { ["kernel"] = boot.Release.Version };
        Put(json, "policy", boot.Policy.Id, boot.Release.ShutdownPolicy);
        Put(json, "enumeration", boot.Enumeration.ToString(), boot.Release.Enumeration.ToString());
        json["path"] = Vocabulary.Paths.Of(boot.Path);
        Put(json, "cmdline", CommandLineWords.Write(boot), "");
        Put(json, "cpus", boot.Cpus == 1 ? null : boot.Cpus);
        if (boot.Drivers.Count > 0)
        {
            json["drivers"] = new JsonObject(boot.Drivers.OrderBy(d => d.Key).Select(d => KeyValuePair.Create(d.Key.ToString(), (JsonNode?)d.Value?.Id)));
        }

        if (boot.ProbeOrder.Count > 0)
        {
            json["probe_order"] = new JsonArray([.. boot.ProbeOrder.Select(b => (JsonNode)b.ToString())]);
        }

        if (boot.Closed.Count > 0)
        {
            json["closed"] = new JsonArray([.. boot.Closed.Select(b => (JsonNode)b.ToString())]);
        }

        if (boot.HandledBefore.Count > 0)
        {
            json["handled_before"] = new JsonObject(
                boot.HandledBefore.OrderBy(h => h.Key.Value).Select(h => KeyValuePair.Create(h.Key.ToString(), (JsonNode?)h.Value)));
        }

        if (boot.Stimuli.Count > 0)
        {
            var written = boot.Stimuli.Select(s => StimulusForms.Write(s, catalogue)).ToList();
            problems.AddRange(boot.Stimuli.Where((_, s) => written[s] is null).Select(s => Node.Invariant($"boots[{index}].stimuli: a file cannot name '{s.What}'")));
            json["stimuli"] = new JsonArray([.. written]);
        }

        if (KernelRelease.Find(boot.Release.Version) != boot.Release)
        {
            problems.Add(Node.Invariant($"boots[{index}].kernel: this {boot.Release.Version} is not in the catalogue, so a file cannot name it"));
        }

        foreach (var (bdf, driver) in boot.Drivers.Where(d => d.Value is { } own && catalogue.Drivers.Find(own.Id) != own))
        {
            problems.Add(Node.Invariant($"boots[{index}].drivers: this {driver!.Id} of {bdf} is not the one of that name, so a file cannot name it"));
        }

        if (catalogue.Policies.Find(boot.Policy.Id) != boot.Policy)
        {
            problems.Add(Node.Invariant($"boots[{index}].policy: this {boot.Policy.Id} is not in the catalogue, so a file cannot name it"));
        }

        return json;
    }

    private static JsonNode Microseconds(long ns) => ns % 1_000 == 0 ? ns / 1_000 : ns / 1_000m;

    private static void Put(JsonObject json, string name, string? value, string? standard)
    {
        if (value != standard)
        {
            json[name] = value;
        }
    }

    private static void Put(JsonObject json, string name, bool value, bool standard)
    {
        if (value != standard)
        {
            json[name] = value;
        }
    }

    private static void Put(JsonObject json, string name, int? value)
    {
        if (value is { } given)
        {
            json[name] = given;
        }
    }
}
