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
        json["functions"] = new JsonArray([.. scenario.Functions.OrderBy(f => f.Bdf).Select(f => (JsonNode)Function(f, problems))]);
        json["boots"] = new JsonArray([.. scenario.Boots.Select((b, i) => (JsonNode)Boot(b, i, problems))]);
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

    private static JsonObject Function(FunctionSpec f, List<string> problems)
    {
        var json = new JsonObject { ["bdf"] = f.Bdf.ToString(), ["device"] = f.Device.Id };
        Put(json, "parent", f.Parent?.ToString(), null);
        Put(json, "secondary_bus", f.SecondaryBus);
        Put(json, "gsi", f.Gsi?.Value);
        Put(json, "mode", Vocabulary.Modes.Of(f.Mode), Vocabulary.Modes.Of(InterruptMode.Auto));
        Put(json, "cpu", f.Cpu == 0 ? null : f.Cpu);
        if (f.Events.Count > 0)
        {
            json["events"] = new JsonArray([.. f.Events.Select(e => (JsonNode)Event(e))]);
        }

        if (DeviceModel.Find(f.Device.Id) is not { } row
            || (row with
            {
                OnBusMasterOff = f.Device.OnBusMasterOff,
                IntxCondition = f.Device.IntxCondition,
                OncePerService = f.Device.OncePerService,
                MsiIntxDisableBug = f.Device.MsiIntxDisableBug,
                Pin = f.Device.Pin,
            }) != f.Device)
        {
            problems.Add($"{f.Bdf}: device {f.Device.Id} differs from the catalogue in more than overrides can say, so a file cannot name it");
            return json;
        }

        var overrides = new JsonObject();
        Put(overrides, "on_bus_master_off", Vocabulary.Reactions.Of(f.Device.OnBusMasterOff), Vocabulary.Reactions.Of(row.OnBusMasterOff));
        Put(overrides, "intx_condition", Vocabulary.Conditions.Of(f.Device.IntxCondition), Vocabulary.Conditions.Of(row.IntxCondition));
        Put(overrides, "once_per_service", f.Device.OncePerService, row.OncePerService);
        Put(overrides, "msi_intx_disable_bug", f.Device.MsiIntxDisableBug, row.MsiIntxDisableBug);
        Put(overrides, "pin", Vocabulary.Pins.Of(f.Device.Pin), Vocabulary.Pins.Of(row.Pin));
        if (overrides.Count > 0)
        {
            json["overrides"] = overrides;
        }

        return json;
    }

    private static JsonObject Event(EventSource e)
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

        return json;
    }

    private static JsonObject Boot(BootSpec boot, int index, List<string> problems)
    {
        var json = new JsonObject { ["kernel"] = boot.Release.Version };
        Put(json, "policy", boot.Policy.Id, boot.Release.ShutdownPolicy);
        Put(json, "enumeration", boot.Enumeration.ToString(), boot.Release.Enumeration.ToString());
        json["path"] = Vocabulary.Paths.Of(boot.Path);
        Put(json, "cmdline", string.Join(' ', new[] { boot.NoIrqDebug ? "noirqdebug" : "", boot.IrqFixup == IrqFixup.Off ? "" : boot.IrqFixup == IrqFixup.IrqPoll ? "irqpoll" : "irqfixup", boot.NoMsi ? "pci=nomsi" : "" }.Where(w => w.Length > 0)), "");
        Put(json, "cpus", boot.Cpus == 1 ? null : boot.Cpus);
        if (boot.Drivers.Count > 0)
        {
            json["drivers"] = new JsonObject(boot.Drivers.OrderBy(d => d.Key).Select(d => KeyValuePair.Create(d.Key.ToString(), (JsonNode?)d.Value?.Id)));
        }

        if (boot.ProbeOrder.Count > 0)
        {
            json["probe_order"] = new JsonArray([.. boot.ProbeOrder.Select(b => (JsonNode)b.ToString())]);
        }

        if (boot.HandledBefore.Count > 0)
        {
            json["handled_before"] = new JsonObject(
                boot.HandledBefore.OrderBy(h => h.Key.Value).Select(h => KeyValuePair.Create(h.Key.ToString(), (JsonNode?)h.Value)));
        }

        if (boot.Stimuli.Count > 0)
        {
            var written = boot.Stimuli.Select(StimulusForms.Write).ToList();
            problems.AddRange(boot.Stimuli.Where((_, s) => written[s] is null).Select(s => Node.Invariant($"boots[{index}].stimuli: a file cannot name '{s.What}'")));
            json["stimuli"] = new JsonArray([.. written]);
        }

        if (KernelRelease.Find(boot.Release.Version) != boot.Release)
        {
            problems.Add(Node.Invariant($"boots[{index}].kernel: this {boot.Release.Version} is not in the catalogue, so a file cannot name it"));
        }

        if (ShutdownPolicy.Find(boot.Policy.Id) != boot.Policy)
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
