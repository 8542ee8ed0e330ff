using PciDash.Engine.Hardware;

namespace PciDash.Engine.Machine;

/// <summary>A bridge on a pin's way to the root bus.</summary>
/// <param name="Bridge">Address of the bridge.</param>
/// <param name="Slot">Device number, on the bridge's secondary bus, of what is below: what the swizzle adds.</param>
/// <param name="Below">The pin as it arrives there.</param>
/// <param name="Above">The pin that it becomes on the bridge's own bus.</param>
public sealed record PinHop(Bdf Bridge, int Slot, InterruptPin Below, InterruptPin Above);

/// <summary>The way of a function's pin to its line.</summary>
/// <param name="Function">The function.</param>
/// <param name="Pin">Its own pin.</param>
/// <param name="Hops">Bridges on the way, from the function up.</param>
/// <param name="RootSlot">Device number on the root bus at which it arrives.</param>
/// <param name="RootPin">The pin there.</param>
/// <param name="Line">The line it ends on.</param>
/// <param name="IsGiven">The scenario names the line itself: the platform's routing is not used, and the way up does not matter.</param>
public sealed record PinRoute(Bdf Function, InterruptPin Pin, IReadOnlyList<PinHop> Hops, int RootSlot, InterruptPin RootPin, Gsi Line, bool IsGiven);

/// <summary>How pins travel up through the bridges of a machine to its lines (domain rule 5.8): the compiler's own routing, for all who show it.</summary>
public sealed class PinRoutes
{
    private readonly Platform platform;
    private readonly Dictionary<Bdf, FunctionSpec> all;

    /// <summary>Routes of a machine. Where an address is given twice, the first one counts.</summary>
    public PinRoutes(Scenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        platform = scenario.Platform;
        all = new Dictionary<Bdf, FunctionSpec>(scenario.Functions.Count);
        foreach (var f in scenario.Functions)
        {
            all.TryAdd(f.Bdf, f);
        }
    }

    /// <summary>The way of a function's pin; null if it has none, or if no chain of bridges leads from it to the root bus.</summary>
    public PinRoute? Of(FunctionSpec function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return function.Device.Pin == InterruptPin.None ? null : Of(function, function.Device.Pin) is not { } route ? null
            : function.Gsi is { } given ? route with { Line = given, IsGiven = true } : route;
    }

    /// <summary>The way that a given pin of a function would take by the platform's routing; null if no chain of bridges leads to the root bus.</summary>
    public PinRoute? Of(FunctionSpec function, InterruptPin pin)
    {
        ArgumentNullException.ThrowIfNull(function);
        var hops = new List<PinHop>();
        var (at, here) = (function, pin);
        while (at.Parent is { } parent)
        {
            if (hops.Count >= Scenario.MaxBridgesAbove || !all.TryGetValue(parent, out var bridge))
            {
                return null;
            }

            var above = Swizzle.ThroughBridge(here, at.Bdf.Device);
            hops.Add(new PinHop(parent, at.Bdf.Device, here, above));
            (at, here) = (bridge, above);
        }

        return new PinRoute(function.Bdf, pin, hops, at.Bdf.Device, here, platform.Route(at.Bdf.Device, here), false);
    }
}
