using System.Globalization;
using System.Text.RegularExpressions;

namespace PciDash.Scenarios.Conformance;

/// <summary>
/// Puts the emulator's trace in the place of folds: where it still holds every one of a fold's events, each gets its own time, and the EOIs
/// between them become hints. A fold that the trace has thinned stays a fold.
/// </summary>
internal static partial class TraceUnfold
{
    private const int MostTimes = 2_000;
    private const int MostEois = 5_000;
    private const double Rounding = 2e-6;

    public static List<ObservedEvent> Apply(IReadOnlyList<ObservedEvent> events, List<string> trace)
    {
        var lines = new List<(double T, int Place, int Gsi, int Level)>();
        var deliveries = new List<(double T, int Place, int Vector)>();
        var eois = new List<(double T, int Place, int Gsi)>();
        Read(trace, lines, deliveries, eois);
        var result = new List<ObservedEvent>();
        var unfolded = new HashSet<int>();
        foreach (var e in events)
        {
            if (e.Kind == ObservedKind.Delivered && e.Times > MostTimes && Split(e, events, lines, deliveries) is { Count: > 1 } parts)
            {
                unfolded.Add(e.Gsi);
                result.AddRange(parts);
                continue;
            }

            var times = e.Times is <= 1 or > MostTimes ? []
                : e.Kind == ObservedKind.Line ? lines.Where(l => l.Gsi == e.Gsi && l.Level == e.Value && Within(l.T, e)).Select(l => (l.T, l.Place)).ToList()
                : e.Kind == ObservedKind.Delivered ? deliveries.Where(d => d.Vector == e.Vector && Within(d.T, e)).Select(d => (d.T, d.Place)).ToList()
                : [];
            if (times.Count == 0 || times.Count != e.Times)
            {
                result.Add(e);
                continue;
            }

            unfolded.Add(e.Gsi);
            result.AddRange(times.Select(t => e with { Place = Node.Invariant($"trace:{t.Place}"), T = t.T, TLast = t.T, Times = 1 }));
        }

        var first = events.Count == 0 ? 0 : events[0].T;
        var last = events.Count == 0 ? 0 : events.Max(e => e.TLast);
        // Within a storm that stays folded they say nothing.
        var storms = result.Where(e => e is { Kind: ObservedKind.Delivered, Times: > 1 }).ToLookup(e => e.Gsi);
        var given = eois.Select(e => e.Gsi).Where(unfolded.Contains).ToHashSet();
        result.RemoveAll(e => e.Kind == ObservedKind.Eoi && given.Contains(e.Gsi));
        foreach (var pin in eois.Where(e => e.T >= first && e.T <= last && !storms[e.Gsi].Any(s => e.T >= s.T && e.T <= s.TLast + Rounding))
            .GroupBy(e => e.Gsi).Where(g => unfolded.Contains(g.Key) && g.Count() <= MostEois))
        {
            result.AddRange(pin.Select(e => new ObservedEvent(Node.Invariant($"trace:{e.Place}"), ObservedKind.Eoi, null, e.Gsi, 0, e.T, e.T, 1)));
        }

        return [.. result.OrderBy(e => e.T)];
    }

    // A storm and what came after it may be one fold: what the line did meanwhile parts them. A trace that is thinned in the storm only has all
    // that came after the line's first change; what it lacks came before.
    private static List<ObservedEvent> Split(
        ObservedEvent e, IReadOnlyList<ObservedEvent> events, List<(double T, int Place, int Gsi, int Level)> lines, List<(double T, int Place, int Vector)> deliveries)
    {
        var parts = new List<ObservedEvent>();
        var changes = lines.Where(l => l.Gsi == e.Gsi && Within(l.T, e)).Select(l => l.Place).ToList();
        if (changes.Count is 0 or > MostTimes || !events.Where(l => l.Kind == ObservedKind.Line && l.Gsi == e.Gsi && l.T <= e.TLast && l.TLast >= e.T)
            .All(l => lines.Count(t => t.Gsi == l.Gsi && t.Level == l.Value && Within(t.T, l)) == l.Times))
        {
            return parts;
        }

        var known = deliveries.Where(d => d.Vector == e.Vector && Within(d.T, e)).ToList();
        var before = known.Where(d => d.Place < changes[0]).Select(d => d.T).DefaultIfEmpty(e.T).Last();
        known.RemoveAll(d => d.Place < changes[0]);
        if (known.Count >= e.Times)
        {
            return parts;
        }

        parts.Add(e with { TLast = before, Times = e.Times - known.Count });
        var next = 0;
        foreach (var (t, place, _) in known)
        {
            var starts = false;
            while (next < changes.Count && changes[next] < place)
            {
                (next, starts) = (next + 1, true);
            }

            if (starts)
            {
                parts.Add(e with { Place = Node.Invariant($"trace:{place}"), T = t, TLast = t, Times = 1 });
            }
            else
            {
                // It is still a storm.
                return [];
            }
        }

        return parts;
    }

    private static bool Within(double t, ObservedEvent e) => t >= e.T - Rounding && t <= e.TLast + Rounding;

    private static void Read(
        List<string> trace, List<(double T, int Place, int Gsi, int Level)> lines, List<(double T, int Place, int Vector)> deliveries, List<(double T, int Place, int Gsi)> eois)
    {
        var level = new Dictionary<int, int>();
        for (var i = 0; i < trace.Count; i++)
        {
            if (Line().Match(trace[i]) is not { Success: true } m)
            {
                continue;
            }

            var t = double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture);
            int Number(int group) => int.Parse(m.Groups[group].Value, CultureInfo.InvariantCulture);
            if (m.Groups[2].Success)
            {
                if (level.GetValueOrDefault(Number(2)) != Number(3))
                {
                    level[Number(2)] = Number(3);
                    lines.Add((t, i + 1, Number(2), Number(3)));
                }
            }
            else if (m.Groups[4].Success)
            {
                deliveries.Add((t, i + 1, Number(4)));
            }
            else
            {
                eois.Add((t, i + 1, Number(5)));
            }
        }
    }

    [GeneratedRegex(@"^(-?\d+\.\d+) (?:x86_gsi_interrupt GSI interrupt #(\d+) level:([01])|apic_deliver_irq .* vector (\d+) trigger_mode 1|ioapic_clear_remote_irr clear remote irr for pin (\d+) )")]
    private static partial Regex Line();
}
