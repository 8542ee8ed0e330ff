using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Conformance;

/// <summary>
/// Where a reboot goes through the firmware to a second kernel, what lies between the two is the firmware's: it is judged by nobody, but what
/// it leaves in Command is what the second kernel finds. The kernel's first own act is its probe of INTx-Disable, which no firmware sets.
/// </summary>
internal static class FirmwarePart
{
    private const int IntxDisable = 0x400;
    private const int BusMaster = 4;

    /// <summary>The events without the firmware's; <paramref name="left"/> gets the Bus Master Enable that it left.</summary>
    public static List<ObservedEvent> TakeOut(List<ObservedEvent> events, double? secondKernel, Dictionary<Bdf, bool> left)
    {
        if (secondKernel is not { } second)
        {
            return events;
        }

        var end = events.FirstOrDefault(e => e.Kind == ObservedKind.Command && e.T > second && (e.Value & IntxDisable) != 0)?.T ?? second;
        var start = events.Where(e => e.T < second && e.Kind is ObservedKind.Pin or ObservedKind.Shutdown).Select(e => e.TLast).DefaultIfEmpty(double.NegativeInfinity).Max();
        foreach (var e in events.Where(e => e.Kind == ObservedKind.Command && e.T > start && e.T < end))
        {
            left[e.Bdf!.Value] = (e.Value & BusMaster) != 0;
        }

        return [.. events.Where(e => e.T <= start || e.T >= end)];
    }
}
