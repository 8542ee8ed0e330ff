using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Building;

/// <summary>What kind of bus is below a bridge, or above a function: it decides what can be there, and in which slots.</summary>
public enum BusKind
{
    /// <summary>The root bus: functions and bridges of any kind, 32 slots.</summary>
    Root,

    /// <summary>A PCI Express link, below a root port or a switch's downstream port: one device, slot 0.</summary>
    Link,

    /// <summary>The bus inside a switch, below its upstream port: downstream ports only.</summary>
    InsideSwitch,

    /// <summary>A conventional bus, below any other bridge: 32 slots.</summary>
    Conventional,
}

/// <summary>The functions of a scenario as a tree: by the bridge above, in the order of discovery. Immutable.</summary>
/// <remarks>What names a bridge that is not there, or is in a circle of bridges, stands on the root bus: it is shown, and its problem is the engine's to tell.</remarks>
public sealed class MachineTree
{
    private const string RootPort = "pcie-root-port";
    private const string SwitchPort = "pcie-switch-port";

    private readonly Dictionary<Bdf, FunctionSpec> functions = [];
    private readonly Dictionary<Bdf, List<FunctionSpec>> children = [];
    private readonly Dictionary<Bdf, Bdf?> parents = [];
    private readonly List<FunctionSpec> top = [];

    /// <summary>The tree of a scenario.</summary>
    public MachineTree(Scenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        Scenario = scenario;
        foreach (var f in scenario.Functions)
        {
            functions.TryAdd(f.Bdf, f);
        }

        foreach (var f in functions.Values)
        {
            parents[f.Bdf] = ConnectedParent(f);
        }

        foreach (var f in functions.Values.OrderBy(f => f.Bdf))
        {
            if (ParentOf(f) is not { } parent)
            {
                top.Add(f);
            }
            else if (children.TryGetValue(parent, out var siblings))
            {
                siblings.Add(f);
            }
            else
            {
                children[parent] = [f];
            }
        }
    }

    /// <summary>The scenario.</summary>
    public Scenario Scenario { get; }

    /// <summary>The function at an address, or null.</summary>
    public FunctionSpec? Find(Bdf? at) => at is { } bdf && functions.TryGetValue(bdf, out var f) ? f : null;

    /// <summary>What is right below a bridge, or on the root bus (null), by address.</summary>
    public IReadOnlyList<FunctionSpec> Below(Bdf? bridge) => bridge is not { } b ? top : children.TryGetValue(b, out var below) ? below : [];

    /// <summary>The bridge above a function; null on the root bus.</summary>
    public Bdf? ParentOf(FunctionSpec function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return parents[function.Bdf];
    }

    /// <summary>The bridges above a function, nearest first.</summary>
    public IEnumerable<Bdf> Above(FunctionSpec function)
    {
        for (var at = ParentOf(function); at is { } bridge; at = ParentOf(functions[bridge]))
        {
            yield return bridge;
        }
    }

    /// <summary>A function and everything below it, each bridge before what is below it.</summary>
    public IEnumerable<FunctionSpec> Branch(FunctionSpec function)
    {
        ArgumentNullException.ThrowIfNull(function);
        var pending = new Stack<FunctionSpec>([function]);
        while (pending.TryPop(out var at))
        {
            yield return at;
            foreach (var below in Below(at.Bdf).Reverse())
            {
                pending.Push(below);
            }
        }
    }

    /// <summary>Number of the bus below a bridge, or of the root bus (null); null if it has none yet.</summary>
    public int? BusBelow(Bdf? bridge) =>
        bridge is not { } at ? 0 : functions[at].SecondaryBus ?? (children.TryGetValue(at, out var below) ? below[0].Bdf.Bus : null);

    /// <summary>What the bus below a bridge is, or the root bus (null).</summary>
    public BusKind KindBelow(Bdf? bridge) => Find(bridge) is not { } at ? BusKind.Root : at.Device.Id switch
    {
        RootPort => BusKind.Link,
        SwitchPort => KindBelow(ParentOf(at)) == BusKind.InsideSwitch ? BusKind.Link : BusKind.InsideSwitch,
        _ => BusKind.Conventional,
    };

    /// <summary>Why a device cannot be right below a bridge, or on the root bus (null), in words; null if it can.</summary>
    public string? WhyNot(DeviceModel device, Bdf? bridge)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (Find(bridge) is { Device.IsBridge: false } endpoint)
        {
            return $"{endpoint.Bdf} is no bridge; nothing can be below it";
        }

        return (device.Id, KindBelow(bridge)) switch
        {
            (RootPort, not BusKind.Root) => "a root port belongs on the root bus",
            (SwitchPort, BusKind.Root or BusKind.Conventional) => "a switch port belongs below a root port or another port of a switch",
            (not SwitchPort, BusKind.InsideSwitch) => "inside a switch there are only downstream ports; choose one of them",
            _ => null,
        };
    }

    // Its bridge, if there is one and the way up does not lead back to it.
    private Bdf? ConnectedParent(FunctionSpec function)
    {
        if (function.Parent is not { } parent || !functions.ContainsKey(parent))
        {
            return null;
        }

        Bdf? at = parent;
        for (var steps = 0; at is { } bridge && steps <= functions.Count; steps++)
        {
            if (bridge == function.Bdf)
            {
                return null;
            }

            at = functions.TryGetValue(bridge, out var f) ? f.Parent : null;
        }

        return parent;
    }
}
