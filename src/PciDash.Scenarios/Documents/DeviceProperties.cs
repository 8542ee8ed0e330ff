using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PciDash.Engine.Devices;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>One property of a device as a document has it.</summary>
/// <param name="Name">Its member.</param>
/// <param name="Schema">Its schema.</param>
/// <param name="Read">The device with the member's value; unchanged where that is wrong, which is noted.</param>
/// <param name="Write">Its value.</param>
internal sealed record DeviceProperty(string Name, Func<JsonObject> Schema, Func<Node, DeviceModel, DeviceModel> Read, Func<DeviceModel, JsonNode?> Write);

/// <summary>
/// The properties of a device, for overrides of a catalogue row and for devices of one's own alike: one table for the reader, the writer
/// and the schema.
/// </summary>
internal static class DeviceProperties
{
    public static readonly IReadOnlyList<DeviceProperty> All =
    [
        Word("on_bus_master_off", Vocabulary.Reactions, "What the device does once its Bus Master Enable is 0.", d => d.OnBusMasterOff, (d, v) => d with { OnBusMasterOff = v }),
        Word("intx_condition", Vocabulary.Conditions, "What makes its INTx condition true.", d => d.IntxCondition, (d, v) => d with { IntxCondition = v }),
        Flag("once_per_service", "Notifies once and then not again until its driver has looked.", d => d.OncePerService, (d, v) => d with { OncePerService = v }),
        Flag("msi_intx_disable_bug", "Its INTx-Disable also stops MSI, so Linux never sets it.", d => d.MsiIntxDisableBug, (d, v) => d with { MsiIntxDisableBug = v }),
        Word("pin", Vocabulary.Pins, "Its interrupt pin.", d => d.Pin, (d, v) => d with { Pin = v }),
        Text("title", DocumentLimits.Title, "What a reader sees.", d => d.Title, (d, v) => d with { Title = v }),
        Text("source", DocumentLimits.Title, "Where the facts are from.", d => d.Source, (d, v) => d with { Source = v }),
        Driver(),
        Hex("vendor_id", "Vendor id.", d => d.VendorId, (d, v) => d with { VendorId = v }),
        Hex("device_id", "Device id.", d => d.DeviceId, (d, v) => d with { DeviceId = v }),
        Integer("msix_table_size", 0, 2_048, "Entries of its MSI-X table; 0 = no capability.", d => d.MsixTableSize, (d, v) => d with { MsixTableSize = v }),
        Integer("msi_messages", 0, 32, "MSI messages it can send; 0 = no capability.", d => d.MsiMessages, (d, v) => d with { MsiMessages = v }),
        Integer("vectors_used", 1, 2_048, "Vectors that its driver allocates.", d => d.VectorsUsed, (d, v) => d with { VectorsUsed = v }),
        Integer("event_entry", 0, 2_047, "Vector that its events use.", d => d.EventEntry, (d, v) => d with { EventEntry = v }),
        Flag("msi_per_vector_mask", "Its MSI has mask and pending bits.", d => d.MsiPerVectorMask, (d, v) => d with { MsiPerVectorMask = v }),
        Word("intx_disable", Vocabulary.IntxDisableBits, "What its INTx-Disable does.", d => d.IntxDisableBit, (d, v) => d with { IntxDisableBit = v }),
        Flag("flr", "It has a Function Level Reset.", d => d.HasFlr, (d, v) => d with { HasFlr = v }),
        Flag("no_soft_reset", "It keeps its state on the way from D3hot to D0.", d => d.NoSoftReset, (d, v) => d with { NoSoftReset = v }),
        Flag("firmware_keeps_mode", "Its firmware goes on sending messages until it is reset.", d => d.FirmwareKeepsMode, (d, v) => d with { FirmwareKeepsMode = v }),
        Word("config_layout", Vocabulary.Layouts, "Where a virtio device has its config.", d => d.ConfigLayout, (d, v) => d with { ConfigLayout = v }),
        Flag("virtio", "It has virtio's status register.", d => d.IsVirtio, (d, v) => d with { IsVirtio = v }),
        Flag("bridge", "Functions may be below it.", d => d.IsBridge, (d, v) => d with { IsBridge = v }),
        Flag("usb_host", "A USB host controller: a booting kernel takes it from the firmware.", d => d.IsUsbHost, (d, v) => d with { IsUsbHost = v }),
        Quirk(),
        Hex("base_command", "Command register beside Bus Master Enable and INTx-Disable.", d => d.BaseCommand, (d, v) => d with { BaseCommand = v }),
    ];

    /// <summary>The device with what an object of properties says.</summary>
    public static DeviceModel Read(Node node, DeviceModel device)
    {
        foreach (var property in All)
        {
            if (node.Member(property.Name) is { } member)
            {
                device = property.Read(member, device);
            }
        }

        return device;
    }

    /// <summary>In what a device differs from another.</summary>
    public static JsonObject Difference(DeviceModel device, DeviceModel from)
    {
        var json = new JsonObject();
        foreach (var property in All)
        {
            var value = property.Write(device);
            if (value?.ToJsonString() != property.Write(from)?.ToJsonString())
            {
                json[property.Name] = value;
            }
        }

        return json;
    }

    public static JsonObject Schema() => ScenarioSchema.Object([], [.. All.Select(p => (p.Name, p.Schema()))]);

    private static DeviceProperty Flag(string name, string description, Func<DeviceModel, bool> get, Func<DeviceModel, bool, DeviceModel> set) =>
        new(name, () => ScenarioSchema.Flag(description), (node, d) => node.AsFlag() is { } value ? set(d, value) : d, d => get(d));

    private static DeviceProperty Integer(string name, int least, int most, string description, Func<DeviceModel, int> get, Func<DeviceModel, int, DeviceModel> set) =>
        new(name, () => ScenarioSchema.Integer(least, most, description), (node, d) => node.AsInteger(least, most) is { } value ? set(d, (int)value) : d, d => get(d));

    private static DeviceProperty Text(string name, int longest, string description, Func<DeviceModel, string> get, Func<DeviceModel, string, DeviceModel> set) =>
        new(name, () => ScenarioSchema.String(longest, description), (node, d) => node.AsText(longest) is { } value ? set(d, value) : d, d => get(d));

    private static DeviceProperty Word<T>(string name, Words<T> words, string description, Func<DeviceModel, T> get, Func<DeviceModel, T, DeviceModel> set)
        where T : struct => new(
            name, () => ScenarioSchema.Enum(words, description),
            (node, d) => node.TryWord(words, out var value) ? set(d, value) : d, d => words.Of(get(d)));

    private static DeviceProperty Hex(string name, string description, Func<DeviceModel, int> get, Func<DeviceModel, int, DeviceModel> set) =>
        new(
            name, () => ScenarioSchema.Pattern("^0x[0-9a-f]{4}$", description), (node, d) => ReadHex(node) is { } value ? set(d, value) : d,
            d => Node.Invariant($"0x{get(d):x4}"));

    private static int? ReadHex(Node node)
    {
        if (node.AsText(20) is not { } text)
        {
            return null;
        }

        if (text.Length == 6 && text.StartsWith("0x", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return value;
        }

        node.Problem($"'{Node.Shown(text)}' given; 0x and four hexadecimal digits are needed");
        return null;
    }

    private static readonly string[] QuirkMembers = ["since", "early", "where", "source"];

    private static DeviceProperty Quirk() => new(
        "quirk",
        () => new JsonObject
        {
            ["anyOf"] = new JsonArray(
                ScenarioSchema.Object(
                    ["where"], ("since", ScenarioSchema.Enum(Vocabulary.Kernels, "First release that has it. Default: all.")),
                    ("early", ScenarioSchema.Flag("Before interrupts are on; otherwise while the bus is scanned.")),
                    ("where", ScenarioSchema.String(DocumentLimits.Title, "The kernel function.")), ("source", ScenarioSchema.String(DocumentLimits.Title, "Where it is known from."))),
                new JsonObject { ["type"] = "null" }),
            ["description"] = "The kernel's quirk that silences what firmware leaves of it.",
        },
        ReadQuirk,
        d =>
        {
            if (d.Quirk is not { } quirk)
            {
                return null;
            }

            var json = new JsonObject();
            if (quirk.Since.Length > 0)
            {
                json["since"] = quirk.Since;
            }

            if (quirk.Early)
            {
                json["early"] = true;
            }

            json["where"] = quirk.Where;
            if (quirk.Source.Length > 0)
            {
                json["source"] = quirk.Source;
            }

            return json;
        });

    private static DeviceModel ReadQuirk(Node node, DeviceModel device)
    {
        if (node.Element.ValueKind == JsonValueKind.Null)
        {
            return device with { Quirk = null };
        }

        if (!node.IsObject(QuirkMembers))
        {
            return device;
        }

        var since = node.Word("since", Vocabulary.Kernels)?.Version ?? "";
        var where = node.Text("where", DocumentLimits.Title, required: true) ?? "";
        return device with { Quirk = new SilencingQuirk(since, node.Flag("early") ?? false, where, node.Text("source", DocumentLimits.Title) ?? "") };
    }

    // Whether there is such a driver is known when the whole document was read.
    private static DeviceProperty Driver() => new(
        "driver", () => new JsonObject { ["type"] = new JsonArray("string", "null"), ["maxLength"] = DocumentLimits.Id, ["description"] = "Driver that binds by default; null = none." },
        (node, d) => node.Element.ValueKind == JsonValueKind.Null ? d with { Driver = null } : node.AsText(DocumentLimits.Id) is { } id ? d with { Driver = id } : d,
        d => d.Driver);
}
