using System.Text.Json;
using System.Text.RegularExpressions;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using static PciDash.Scenarios.DocumentLimits;

namespace PciDash.Scenarios;

/// <summary>JSON to scenario: platform and functions.</summary>
internal static partial class ScenarioReader
{
    [GeneratedRegex(IdPattern, RegexOptions.CultureInvariant)]
    private static partial Regex IdShape();

    public static Scenario? Read(Node node, List<string> warnings)
    {
        if (!CheckVersion(node) || !node.IsObject(DocumentMembers.Scenario))
        {
            return null;
        }

        var id = node.Text("id", Id) ?? "scenario";
        if (!IdShape().IsMatch(id))
        {
            node.Member("id")!.Problem($"'{Node.Shown(id)}' given; lower-case letters, digits, hyphens and full stops are possible, 1 to {Id}");
        }

        var title = node.Text("title", Title) ?? "";
        var platform = node.Word("platform", Vocabulary.Platforms, required: true);
        var timing = node.Word("timing", Vocabulary.Timings) ?? TimingProfile.QemuTcg;
        var (devices, drivers, policies) = (OwnRows.ReadDevices(node), OwnRows.ReadDrivers(node), OwnRows.ReadPolicies(node));
        var catalogue = Catalogue.Standard.With(devices, drivers, policies);
        var remapping = node.Flag("interrupt_remapping") ?? false;
        var bootInterrupts = node.Items("boot_interrupts", 0, BootInterrupts).Select(ReadBootInterrupt).OfType<BootInterrupt>().ToList();
        var functions = node.Items("functions", 1, Functions, required: true).Select(f => ReadFunction(f, catalogue)).ToList();
        var known = functions.OfType<FunctionSpec>().GroupBy(f => f.Bdf).ToDictionary(g => g.Key, g => g.First());
        var boots = node.Items("boots", 1, Boots, required: true).Select(b => BootReader.Read(b, known, catalogue, warnings)).ToList();
        return platform is null || functions.Contains(null) || boots.Contains(null) ? null
            : new Scenario(id, platform, [.. functions!], [.. boots!]) 
            {
                Title = title, Timing = timing, InterruptRemapping = remapping, BootInterrupts = bootInterrupts,
                OwnDevices = devices, OwnDrivers = drivers, OwnPolicies = policies,
            };
    }

    private static BootInterrupt? ReadBootInterrupt(Node node)
    {
        if (!node.IsObject(DocumentMembers.BootInterrupt))
        {
            return null;
        }

        var from = node.Member("from", required: true)?.AsInteger(0, DocumentLimits.Gsi);
        var to = node.Member("to", required: true)?.AsInteger(0, DocumentLimits.Gsi);
        var since = node.Word("quirk_since", Vocabulary.Kernels)?.Version;
        var source = node.Text("source", Title) ?? "";
        return from is { } f && to is { } t ? new BootInterrupt(new Gsi((int)f), new Gsi((int)t), since, source) : null;
    }

    /// <summary>An unknown version makes everything else meaningless, so it is the only problem then.</summary>
    public static bool CheckVersion(Node node)
    {
        if (node.Element.ValueKind != JsonValueKind.Object)
        {
            return node.IsObject(DocumentMembers.Scenario);
        }

        if (node.Member("version", required: true) is not { } version)
        {
            return false;
        }

        if (version.Element.ValueKind == JsonValueKind.Number && version.Element.TryGetInt64(out var given) && given == DocumentLimits.Version)
        {
            return true;
        }

        version.Problem(Node.Invariant($"{Node.Shown(version.Element.GetRawText())} given; this program reads version {DocumentLimits.Version}"));
        return false;
    }

    public static Bdf? ReadBdf(Node? node)
    {
        if (node?.AsText(20) is not { } text)
        {
            return null;
        }

        if (Bdf.TryParse(text, out var bdf))
        {
            return bdf;
        }

        node.Problem($"'{Node.Shown(text)}' is no address; bus:device.function such as 00:1f.2 is needed, device to 1f, function to 7");
        return null;
    }

    private static FunctionSpec? ReadFunction(Node node, Catalogue catalogue)
    {
        if (!node.IsObject(DocumentMembers.Function))
        {
            return null;
        }

        var bdf = ReadBdf(node.Member("bdf", required: true));
        var device = node.Word("device", catalogue.Devices, required: true);
        var parent = ReadBdf(node.Member("parent"));
        var bus = node.Integer("secondary_bus", 1, Bus);
        var gsi = node.Integer("gsi", 0, DocumentLimits.Gsi);
        var mode = node.Word("mode", Vocabulary.Modes);
        var cpu = node.Integer("cpu", 0, Cpus - 1);
        var overridden = device is null ? null : ReadOverrides(node, device);
        var master = node.Flag("firmware_bus_master") ?? false;
        var leftRunning = node.Flag("left_running") ?? false;
        var events = node.Items("events", 0, Events).Select(e => ReadEvent(e, overridden)).OfType<EventSource>().ToList();
        if (bus is not null && device is { IsBridge: false })
        {
            node.Member("secondary_bus")!.Problem($"{device.Id} is no bridge; only a bridge has a bus below it");
        }

        return bdf is not { } at || overridden is null ? null : new FunctionSpec(at, overridden)
        {
            Parent = parent,
            SecondaryBus = (int?)bus,
            Gsi = gsi is { } line ? new Gsi((int)line) : null,
            Mode = mode,
            Cpu = (int)(cpu ?? 0),
            FirmwareBusMaster = master,
            LeftRunning = leftRunning,
            Events = events,
        };
    }

    private static EventSource? ReadEvent(Node node, DeviceModel? device)
    {
        if (!node.IsObject(DocumentMembers.Event))
        {
            return null;
        }

        var what = node.Word("what", Vocabulary.DeviceEvents, required: true);
        var every = node.Microseconds("every_us", LeastEveryNs, MostEveryNs, required: true);
        var jitter = node.Integer("jitter_percent", 0, Jitter);
        var count = node.Integer("count", 0, Count);
        var first = node.Microseconds("first_us", -MostTimeNs, MostTimeNs);
        var once = node.Flag("once_per_service");
        var dma = node.Flag("dma") ?? false;
        var entry = node.Integer("entry", 0, Entry);
        if (entry is { } e && device is { } d && Math.Min(d.VectorsUsed, Math.Max(d.MsixTableSize, d.MsiMessages)) is var given && e >= given)
        {
            node.Member("entry")!.Problem(Node.Invariant($"{e} given; the driver of {d.Id} allocates {given} vectors, counted from 0"));
        }

        return what is null || every is null ? null : new EventSource(what, every.Value)
        {
            JitterPercent = (int)(jitter ?? 0),
            Count = (int)(count ?? 0),
            FirstNs = first,
            Entry = (int?)entry,
            OncePerService = once,
            Dma = dma,
        };
    }

    private static DeviceModel ReadOverrides(Node function, DeviceModel device)
    {
        if (function.Member("overrides") is not { } node || !node.IsObject(DocumentMembers.Overrides))
        {
            return device;
        }

        return DeviceProperties.Read(node, device);
    }
}
