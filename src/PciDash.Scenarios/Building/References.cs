using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Building;

/// <summary>Where a scenario speaks of a function by its address: the tree, and each boot's drivers, probe order and stimuli.</summary>
internal static class References
{
    /// <summary>Functions get new addresses, and everything that speaks of them follows. All at once: two may change places.</summary>
    public static Scenario Rename(Scenario scenario, IReadOnlyDictionary<Bdf, Bdf> map)
    {
        return scenario with
        {
            Functions = [.. scenario.Functions.Select(f => f with { Bdf = To(f.Bdf), Parent = f.Parent is { } p ? To(p) : null })],
            Boots = [.. scenario.Boots.Select(b => b with
            {
                Drivers = Drivers(b.Drivers.Select(d => (To(d.Key), d.Value))),
                ProbeOrder = [.. b.ProbeOrder.Select(To)],
                Stimuli = [.. b.Stimuli.Select(s => s.Target is { } t ? s with { Target = To(t) } : s)],
            })],
        };

        Bdf To(Bdf at) => map.TryGetValue(at, out var moved) ? moved : at;
    }

    /// <summary>Functions go, and everything that speaks of them.</summary>
    public static Scenario Remove(Scenario scenario, IReadOnlySet<Bdf> gone) => scenario with
    {
        Functions = [.. scenario.Functions.Where(f => !gone.Contains(f.Bdf))],
        Boots = [.. scenario.Boots.Select(b => b with
        {
            Drivers = Drivers(b.Drivers.Where(d => !gone.Contains(d.Key)).Select(d => (d.Key, d.Value))),
            ProbeOrder = [.. b.ProbeOrder.Where(p => !gone.Contains(p))],
            Stimuli = [.. b.Stimuli.Where(s => s.Target is not { } t || !gone.Contains(t))],
        })],
    };

    /// <summary>Copies have the drivers of what they are copies of; nothing else is copied: a stimulus is done once.</summary>
    public static Scenario CopyDrivers(Scenario scenario, IReadOnlyDictionary<Bdf, Bdf> copies) => scenario with
    {
        Boots = [.. scenario.Boots.Select(b => b with
        {
            Drivers = Drivers([.. b.Drivers.Select(d => (d.Key, d.Value)), .. b.Drivers.Where(d => copies.ContainsKey(d.Key)).Select(d => (copies[d.Key], d.Value))]),
        })],
    };

    private static SortedDictionary<Bdf, DriverModel?> Drivers(IEnumerable<(Bdf At, DriverModel? Driver)> all)
    {
        var drivers = new SortedDictionary<Bdf, DriverModel?>();
        foreach (var (at, driver) in all)
        {
            drivers[at] = driver;
        }

        return drivers;
    }
}
