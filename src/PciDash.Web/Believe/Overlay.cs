using PciDash.Engine.Machine;
using PciDash.Scenarios.Conformance;

namespace PciDash.Web.Believe;

/// <summary>One event of a recording on the overlay's axis.</summary>
/// <param name="Match">The event, and what the model did.</param>
/// <param name="Left">Where it begins, px.</param>
/// <param name="Width">How wide it is, px; more than one mark for a fold.</param>
/// <param name="Symbol">Its shape.</param>
/// <param name="Text">What it says, in a few words.</param>
public sealed record OverlayMark(ObservedMatch Match, double Left, double Width, string Symbol, string Text);

/// <summary>A function's writes, or one aspect of a line, observed and predicted.</summary>
/// <param name="Title">Whose.</param>
/// <param name="Aspect">Which aspect.</param>
/// <param name="Marks">Its events.</param>
/// <param name="Levels">Where the line is up: from, to and whether the model has it up as well; empty for everything else.</param>
public sealed record OverlayLane(string Title, string Aspect, IReadOnlyList<OverlayMark> Marks, IReadOnlyList<(double From, double To, bool InModel)> Levels);

/// <summary>
/// A part of a recording laid over the model's run on one axis, which shortens long stretches. Says nothing that the report does not say.
/// </summary>
public sealed class Overlay
{
    /// <summary>Most events that are shown at once.</summary>
    public const int Most = 300;

    private const double MarkWidth = 18;
    private const double FoldWidth = 44;

    /// <summary>Lays events out from one on; hints are left out, for they are not judged.</summary>
    /// <param name="judged">The judged events, by time.</param>
    /// <param name="from">The first that is shown.</param>
    public Overlay(IReadOnlyList<ObservedMatch> judged, int from)
    {
        ArgumentNullException.ThrowIfNull(judged);
        Shown = [.. judged.Skip(from).Take(Most)];
        var at = new Dictionary<ObservedMatch, double>(ReferenceEqualityComparer.Instance);
        var free = new Dictionary<(string, string), double>();
        var ticks = new List<(double, string)>();
        var (x, last, lastTick) = (10.0, double.NaN, double.NegativeInfinity);
        foreach (var match in Shown)
        {
            var t = match.Observed.T;
            x += double.IsNaN(last) || t <= last ? 0 : 6 + (8 * Math.Log10(1 + ((t - last) * 1e6)));
            last = t;

            // Of one lane no two stand upon each other; all that come later go further right with it.
            var lane = LaneOf(match.Observed);
            x = Math.Max(x, free.GetValueOrDefault(lane));
            at[match] = x;
            free[lane] = x + (match.Observed.Times > 1 ? FoldWidth : MarkWidth) + 2;
            if (x - lastTick > 90)
            {
                ticks.Add((x, new SimTime((long)(t * 1e9)).ToString()));
                lastTick = x;
            }
        }

        Ticks = ticks;
        Width = x + 120;
        Lanes = [.. Shown.GroupBy(m => LaneOf(m.Observed)).OrderBy(g => g.Key.Title == "Shutdown" ? 0 : g.First().Observed.Bdf is null ? 1 : 2).ThenBy(g => g.Key.Title, StringComparer.Ordinal).Select(g => new OverlayLane(
            g.Key.Title, g.Key.Aspect, [.. g.Select(m => new OverlayMark(m, at[m], m.Observed.Times > 1 ? FoldWidth : MarkWidth, SymbolOf(m.Observed), TextOf(m.Observed)))], Levels(g, at)))];
        X = m => at.TryGetValue(m, out var left) ? left : null;
    }

    /// <summary>The events that are shown.</summary>
    public IReadOnlyList<ObservedMatch> Shown { get; }

    /// <summary>The lanes that have any.</summary>
    public IReadOnlyList<OverlayLane> Lanes { get; }

    /// <summary>Times on the axis.</summary>
    public IReadOnlyList<(double X, string Text)> Ticks { get; }

    /// <summary>Width of all, px.</summary>
    public double Width { get; }

    /// <summary>Where an event begins, px; null if it is not shown.</summary>
    public Func<ObservedMatch, double?> X { get; }

    /// <summary>What an event says, in a few words.</summary>
    public static string TextOf(ObservedEvent e)
    {
        ArgumentNullException.ThrowIfNull(e);
        var text = e.Kind switch
        {
            ObservedKind.Command => $"Bus Master {(e.Value >> 2) & 1}, INTx-Disable {(e.Value >> 10) & 1}",
            ObservedKind.Msi => $"MSI Enable {e.Value}",
            ObservedKind.Msix => $"MSI-X Enable {e.Value & 1}, Function Mask {e.Value >> 1}",
            ObservedKind.Shutdown => "its driver's shutdown begins",
            ObservedKind.Line => e.Value == 1 ? "the line goes up" : "the line goes down",
            ObservedKind.Pin => e.Value == 1 ? "the IO-APIC pin is masked" : "the IO-APIC pin is unmasked",
            ObservedKind.Delivered => "an interrupt is delivered",
            ObservedKind.NobodyCared => "nobody cared",
            ObservedKind.IrqDisabled => "the irq is disabled",
            ObservedKind.Message => "a message is delivered",
            _ => e.Kind.ToString(),
        };
        return e.Times > 1 ? FormattableString.Invariant($"{text}, {e.Times:N0} times") : text;
    }

    /// <summary>Where an event happened.</summary>
    public static string SubjectOf(ObservedEvent e) => e?.Bdf?.ToString() ?? FormattableString.Invariant($"IRQ {e?.Gsi}");

    // The walk of device_shutdown is one order over all functions.
    private static (string Title, string Aspect) LaneOf(ObservedEvent e) => e.Kind == ObservedKind.Shutdown ? ("Shutdown", "order of the functions") : (SubjectOf(e), e.Kind switch
    {
        ObservedKind.Line => "level",
        ObservedKind.Pin => "IO-APIC pin",
        ObservedKind.Delivered or ObservedKind.NobodyCared or ObservedKind.IrqDisabled => "deliveries",
        ObservedKind.Message => "messages",
        _ => "writes",
    });

    private static string SymbolOf(ObservedEvent e) => e.Kind switch
    {
        ObservedKind.Command => "C",
        ObservedKind.Msi => "M",
        ObservedKind.Msix => "X",
        ObservedKind.Shutdown => "S",
        ObservedKind.Line => e.Value == 1 ? "↑" : "↓",
        ObservedKind.Pin => e.Value == 1 ? "■" : "□",
        ObservedKind.NobodyCared => "✕",
        ObservedKind.IrqDisabled => "⊘",
        ObservedKind.Message => "▲",
        _ => "|",
    };

    private static List<(double, double, bool)> Levels(IEnumerable<ObservedMatch> own, Dictionary<ObservedMatch, double> at)
    {
        var levels = new List<(double, double, bool)>();
        ObservedMatch? rise = null;
        foreach (var m in own.Where(m => m.Observed.Kind == ObservedKind.Line))
        {
            if (m.Observed.Value == 1)
            {
                rise = m;
            }
            else if (rise is not null)
            {
                levels.Add((at[rise], at[m], rise.IsWhole && m.IsWhole));
                rise = null;
            }
        }

        return levels;
    }
}
