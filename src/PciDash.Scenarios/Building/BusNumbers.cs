using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Building;

/// <summary>Numbers of buses and slots: what is free, and all of them anew where a bridge's range would not hold what is below it.</summary>
internal static class BusNumbers
{
    private const int Buses = 256;

    /// <summary>The lowest free number from <paramref name="least"/> on, else any; null if all are used.</summary>
    public static int? Free(IReadOnlySet<int> used, int least)
    {
        for (var i = 0; i < Buses - 1; i++)
        {
            var bus = ((Math.Max(1, least) - 1 + i) % (Buses - 1)) + 1;
            if (!used.Contains(bus))
            {
                return bus;
            }
        }

        return null;
    }

    /// <summary>Every number that some bridge or function has.</summary>
    public static HashSet<int> Used(Scenario scenario) =>
        [0, .. scenario.Functions.Select(f => f.Bdf.Bus), .. scenario.Functions.Where(f => f.SecondaryBus is not null).Select(f => f.SecondaryBus!.Value)];

    /// <summary>
    /// True if each bridge's buses, secondary to subordinate, lie beyond its own bus, within the range of the bridge above, and apart from
    /// those of its siblings: what configuration requests need to find their way.
    /// </summary>
    public static bool AreNested(MachineTree tree)
    {
        return Check(null, 0) is not null;

        // The highest bus below, or null if something is out of its range.
        int? Check(Bdf? bridge, int bus)
        {
            var highest = bus;
            foreach (var f in tree.Below(bridge).Where(f => f.Device.IsBridge && tree.BusBelow(f.Bdf) is not null).OrderBy(f => tree.BusBelow(f.Bdf)))
            {
                var below = tree.BusBelow(f.Bdf)!.Value;
                if (below <= highest || Check(f.Bdf, below) is not { } last)
                {
                    return null;
                }

                highest = last;
            }

            return highest;
        }
    }

    /// <summary>The same machine with its buses numbered depth first, as firmware does, and where each function went. Slots stay.</summary>
    public static (Scenario Scenario, Dictionary<Bdf, Bdf> Map) Renumber(MachineTree tree)
    {
        var map = new Dictionary<Bdf, Bdf>();
        var below = new Dictionary<Bdf, int>();
        var next = 0;
        Visit(null, next++);
        var functions = tree.Scenario.Functions.Select(f => below.TryGetValue(f.Bdf, out var bus) ? f with { SecondaryBus = bus } : f);
        return (References.Rename(tree.Scenario with { Functions = [.. functions] }, map), map);

        void Visit(Bdf? bridge, int bus)
        {
            foreach (var f in tree.Below(bridge))
            {
                map[f.Bdf] = new Bdf(bus, f.Bdf.Device, f.Bdf.Function);
                if (f.Device.IsBridge && tree.BusBelow(f.Bdf) is not null)
                {
                    below[f.Bdf] = next;
                    Visit(f.Bdf, next++);
                }
            }
        }
    }

    /// <summary>A free address on the bus below a bridge, or on the root bus (null); null if there is none.</summary>
    /// <remarks>
    /// Slot 0 of the root bus is the host bridge's, and that of a conventional bus is best left to a bridge's own hot-plug controller
    /// (QEMU reserves it), so both come last.
    /// </remarks>
    public static Bdf? FreeAddress(MachineTree tree, Bdf? bridge, int bus)
    {
        var taken = tree.Scenario.Functions.Select(f => f.Bdf).Where(b => b.Bus == bus).ToHashSet();
        if (tree.KindBelow(bridge) == BusKind.Link)
        {
            for (var function = 0; function < 8; function++)
            {
                if (!taken.Contains(new Bdf(bus, 0, function)))
                {
                    return new Bdf(bus, 0, function);
                }
            }

            return null;
        }

        var first = tree.KindBelow(bridge) == BusKind.InsideSwitch ? 0 : 1;
        for (var i = 0; i < 32; i++)
        {
            var slot = (first + i) % 32;
            if (!taken.Any(b => b.Device == slot))
            {
                return new Bdf(bus, slot, 0);
            }
        }

        // Every slot has a device: the next function of the last.
        for (var slot = 31; slot >= 0; slot--)
        {
            for (var function = 1; function < 8; function++)
            {
                if (!taken.Contains(new Bdf(bus, slot, function)))
                {
                    return new Bdf(bus, slot, function);
                }
            }
        }

        return null;
    }
}
