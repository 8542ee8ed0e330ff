namespace PciDash.Scenarios.Conformance;

/// <summary>
/// The window may open while an interrupt is under way: a line that first falls was up before. Its rise, and the delivery that a fall
/// without one in the window points to, are put before everything else.
/// </summary>
internal static class UnderWay
{
    public static List<ObservedEvent> Complete(IReadOnlyList<ObservedEvent> events)
    {
        var before = new List<ObservedEvent>();
        foreach (var line in events.Where(e => e.Kind is ObservedKind.Line or ObservedKind.Delivered).GroupBy(e => e.Gsi))
        {
            var fall = line.FirstOrDefault(e => e.Kind == ObservedKind.Line);
            if (fall is not { Value: 0, Times: 1 })
            {
                continue;
            }

            var start = Math.Min(0, events[0].T);
            before.Add(fall with { Value = 1, T = start, TLast = start });
            if (!line.Any(e => e.Kind == ObservedKind.Delivered && e.T < fall.T))
            {
                before.Add(fall with { Kind = ObservedKind.Delivered, T = start, TLast = start });
            }
        }

        return [.. before, .. events];
    }
}
