using System.Globalization;
using System.Text.Json;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using static PciDash.Scenarios.DocumentLimits;

namespace PciDash.Scenarios;

/// <summary>JSON to scenario: one boot.</summary>
internal static class BootReader
{
    public static BootSpec? Read(Node node, Dictionary<Bdf, FunctionSpec> functions, Catalogue catalogue, List<string> warnings)
    {
        if (!node.IsObject(DocumentMembers.Boot))
        {
            return null;
        }

        var release = node.Word("kernel", Vocabulary.Kernels, required: true);
        var policy = node.Word("policy", catalogue.Policies);
        var enumeration = node.Word("enumeration", Vocabulary.Enumerations);
        var path = node.Word("path", Vocabulary.Paths, required: true);
        var cpus = node.Integer("cpus", 1, Cpus);
        var commandLine = node.Text("cmdline", CommandLine) ?? "";
        var drivers = ReadDrivers(node, functions, catalogue);
        var order = ReadAddresses(node, "probe_order", "a function probes once", functions);
        var closed = ReadAddresses(node, "closed", "once is enough", functions);
        var handled = ReadHandled(node);
        var stimuli = ReadStimuli(node, functions, drivers, catalogue);
        if (release is null)
        {
            return null;
        }

        var boot = new BootSpec(release, policy ?? Vocabulary.Policies.Find(release.ShutdownPolicy), path)
        {
            Enumeration = node.Has("enumeration") ? enumeration : release.Enumeration,
            Cpus = (int)(cpus ?? 1),
            Drivers = drivers,
            ProbeOrder = order,
            Closed = closed,
            HandledBefore = handled,
            Stimuli = stimuli,
        };
        return CommandLineWords.Read(commandLine, boot, $"{node.Path}.cmdline", warnings);
    }

    private static SortedDictionary<Bdf, DriverModel?> ReadDrivers(Node node, Dictionary<Bdf, FunctionSpec> functions, Catalogue catalogue)
    {
        var drivers = new SortedDictionary<Bdf, DriverModel?>();
        foreach (var (name, value) in node.Entries("drivers"))
        {
            var driver = value.Element.ValueKind == JsonValueKind.Null ? null : value.AsWord(catalogue.Drivers);
            if (Known(name, value, functions) is { } bdf && !drivers.TryAdd(bdf, driver))
            {
                value.Problem("given twice; once is possible");
            }
        }

        return drivers;
    }

    private static List<Bdf> ReadAddresses(Node node, string member, string once, Dictionary<Bdf, FunctionSpec> functions)
    {
        var order = new List<Bdf>();
        foreach (var item in node.Items(member, 0, Functions))
        {
            if (item.AsText(20) is not { } text || Known(text, item, functions) is not { } bdf)
            {
                continue;
            }

            if (order.Contains(bdf))
            {
                item.Problem($"{bdf} is given twice; {once}");
            }
            else
            {
                order.Add(bdf);
            }
        }

        return order;
    }

    private static SortedDictionary<Gsi, int> ReadHandled(Node node)
    {
        var handled = new SortedDictionary<Gsi, int>(Comparer<Gsi>.Create((a, b) => a.Value.CompareTo(b.Value)));
        foreach (var (name, value) in node.Entries("handled_before"))
        {
            var times = value.AsInteger(0, Handled);
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var gsi) || gsi > DocumentLimits.Gsi)
            {
                value.Problem(Node.Invariant($"'{Node.Shown(name)}' is no line; a gsi from 0 to {DocumentLimits.Gsi} is needed"));
            }
            else if (times is { } n && !handled.TryAdd(new Gsi(gsi), (int)n))
            {
                value.Problem("given twice; once is possible");
            }
        }

        return handled;
    }

    private static List<Stimulus> ReadStimuli(
        Node node, Dictionary<Bdf, FunctionSpec> functions, SortedDictionary<Bdf, DriverModel?> drivers, Catalogue catalogue)
    {
        var stimuli = new List<Stimulus>();
        foreach (var item in node.Items("stimuli", 0, Stimuli))
        {
            if (StimulusForms.Read(item, catalogue) is not { } stimulus)
            {
                continue;
            }

            if (stimulus.Target is { } target)
            {
                Known(target.ToString(), item.Member("target")!, functions);
                var bound = stimuli.LastOrDefault(s => (s.Load is not null || s.Unloads) && s.Target == target) is { } last ? !last.Unloads : HasDriver(target, functions, drivers);
                if (stimulus.Load is not null && (bound || HasDriver(target, functions, drivers) || stimuli.Any(s => s.Load is not null && s.Target == target)))
                {
                    item.Problem($"{target} has a driver by then, or had one; load a driver once, where drivers gives null");
                }
                else if (stimulus.Unloads && !bound)
                {
                    item.Problem($"{target} has no driver by then that could be unbound");
                }
            }

            stimuli.Add(stimulus);
        }

        return stimuli;
    }

    private static bool HasDriver(Bdf bdf, Dictionary<Bdf, FunctionSpec> functions, SortedDictionary<Bdf, DriverModel?> drivers) =>
        drivers.TryGetValue(bdf, out var given) ? given is not null : functions.TryGetValue(bdf, out var f) && f.Device.Driver is not null;

    private static Bdf? Known(string text, Node where, Dictionary<Bdf, FunctionSpec> functions)
    {
        if (!Bdf.TryParse(text, out var bdf))
        {
            where.Problem($"'{Node.Shown(text)}' is no address; bus:device.function such as 00:1f.2 is needed");
            return null;
        }

        if (!functions.ContainsKey(bdf))
        {
            where.Problem($"{bdf} is not among the functions");
            return null;
        }

        return bdf;
    }
}
