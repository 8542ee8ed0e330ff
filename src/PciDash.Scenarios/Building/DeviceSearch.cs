using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Building;

/// <summary>Something that can be added.</summary>
/// <param name="Id">The device's name in scenario files, or that of a group of ports.</param>
/// <param name="Title">What a reader sees.</param>
/// <param name="Detail">Its driver and how it interrupts, in short.</param>
/// <param name="Device">The device; null for a switch.</param>
/// <param name="SwitchPorts">Downstream ports of a switch.</param>
public sealed record Offer(string Id, string Title, string Detail, DeviceModel? Device, int SwitchPorts)
{
    /// <summary>Adds it below a bridge, or on the root bus (null).</summary>
    public EditOutcome AddTo(Scenario scenario, Bdf? bridge) =>
        Device is { } device ? TopologyEdit.Add(scenario, device, bridge) : TopologyEdit.AddSwitch(scenario, SwitchPorts, bridge);

    /// <summary>Why it cannot be below a bridge, or on the root bus (null); null if it can.</summary>
    public string? WhyNot(MachineTree tree, Bdf? bridge)
    {
        ArgumentNullException.ThrowIfNull(tree);
        return Device is { } device ? tree.WhyNot(device, bridge)
            : tree.KindBelow(bridge) == BusKind.Link ? null : "a switch belongs below a root port or a downstream port of another switch";
    }
}

/// <summary>Finds what can be added: the catalogue, the scenario's own devices, and switches.</summary>
public static class DeviceSearch
{
    private static readonly string[] Ports = ["pcie-root-port", "pci-bridge", "pcie-switch-port"];

    private static readonly Offer[] Switches =
        [.. new[] { 2, 4, 8 }.Select(n => new Offer($"pcie-switch-{n}", Node.Invariant($"PCIe switch with {n} downstream ports"), "pcieport, below a port", null, n))];

    /// <summary>
    /// What has all words of the text in its name, title, driver or ids. In order: names that begin with the text, then bridges and ports,
    /// then the rest as the catalogue has it.
    /// </summary>
    public static IReadOnlyList<Offer> Find(Scenario scenario, string text)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(text);
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var wanted = string.Join('-', words);
        return [.. All(scenario).Where(o => words.All(w => $"{o.Id} {o.Title} {o.Detail} {IdsOf(o)}".Contains(w, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(o => wanted.Length > 0 && o.Id.StartsWith(wanted, StringComparison.OrdinalIgnoreCase) ? 0 : 1)];
    }

    private static IEnumerable<Offer> All(Scenario scenario)
    {
        var devices = scenario.OwnDevices.Concat(scenario.Functions.Select(f => f.Device).Where(d => DeviceModel.Find(d.Id) is null)).Concat(DeviceModel.All).DistinctBy(d => d.Id).ToList();
        var bridges = Ports.Select(id => devices.First(d => d.Id == id)).Select(Of).ToList();
        bridges.InsertRange(1, Switches);
        return [.. bridges, .. devices.Where(d => !Ports.Contains(d.Id)).Select(Of)];
    }

    private static Offer Of(DeviceModel device) => new(device.Id, device.Title, $"{device.Driver ?? "no driver"}, {Interrupts(device)}", device, 0);

    private static string Interrupts(DeviceModel device)
    {
        string[] ways = [device.MsixTableSize > 0 ? "MSI-X" : "", device.MsiMessages > 0 ? "MSI" : "", device.Pin == InterruptPin.None ? "" : $"INT{device.Pin}"];
        return string.Join(", ", ways.Where(w => w.Length > 0)) is { Length: > 0 } all ? all : "no interrupts";
    }

    private static string IdsOf(Offer offer) => offer.Device is { } d ? Node.Invariant($"{d.VendorId:x4}:{d.DeviceId:x4}") : "";
}
