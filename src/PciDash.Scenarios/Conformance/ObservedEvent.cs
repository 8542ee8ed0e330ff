using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Conformance;

/// <summary>What a recording of a real kernel says, in the project's own words.</summary>
public enum ObservedKind
{
    /// <summary>cfg_command: <see cref="ObservedEvent.Value"/> = Command register; only writes that change BME or INTx-Disable.</summary>
    Command,

    /// <summary>cfg_msi: Value = Enable.</summary>
    Msi,

    /// <summary>cfg_msix: Value = Enable | Function Mask &lt;&lt; 1.</summary>
    Msix,

    /// <summary>driver_shutdown, on entry.</summary>
    Shutdown,

    /// <summary>line: Value = asserted.</summary>
    Line,

    /// <summary>ioapic_pin: Value = masked.</summary>
    Pin,

    /// <summary>irq_delivered of a line.</summary>
    Delivered,

    /// <summary>nobody_cared.</summary>
    NobodyCared,

    /// <summary>irq_disabled.</summary>
    IrqDisabled,

    /// <summary>msi_write that was delivered.</summary>
    Message,

    /// <summary>device_event: the device wants an interrupt, in whatever way.</summary>
    Request,

    /// <summary>eoi of a line.</summary>
    Eoi,
}

/// <summary>How strictly an event is judged.</summary>
public enum ObservedClass
{
    /// <summary>Must match exactly, in its order per function and per line.</summary>
    Exact,

    /// <summary>Must exist, within bounds.</summary>
    Bounded,

    /// <summary>Tells where a free input lies; not judged by itself.</summary>
    Hint,
}

/// <summary>One event of a recording.</summary>
/// <param name="Place">File and line, for messages.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Bdf">To which function; null for a line.</param>
/// <param name="Gsi">To which line; -1 for a function.</param>
/// <param name="Value">See <see cref="ObservedKind"/>.</param>
/// <param name="T">When, seconds; a fold: the first time.</param>
/// <param name="TLast">The last time of a fold.</param>
/// <param name="Times">How often within that time.</param>
public sealed record ObservedEvent(string Place, ObservedKind Kind, Bdf? Bdf, int Gsi, int Value, double T, double TLast, long Times)
{
    /// <summary>Vector of a delivery, to find it in the trace.</summary>
    public int Vector { get; init; } = -1;

    /// <summary>Its class (see <c>Conformance</c>).</summary>
    public ObservedClass Class => Kind switch
    {
        ObservedKind.Request or ObservedKind.Eoi => ObservedClass.Hint,
        ObservedKind.NobodyCared or ObservedKind.IrqDisabled or ObservedKind.Message => ObservedClass.Bounded,
        _ => ObservedClass.Exact,
    };

    /// <inheritdoc/>
    public override string ToString() => Node.Invariant($"{T:0.000000} {Text}{(Times > 1 ? Node.Invariant($" x{Times} until {TLast:0.000000}") : "")} ({Place})");

    private string Text => Kind switch
    {
        ObservedKind.Command => Node.Invariant($"cfg_command {Bdf} bme={(Value >> 2) & 1} intx_disable={(Value >> 10) & 1}"),
        ObservedKind.Msi => Node.Invariant($"cfg_msi {Bdf} enable={Value}"),
        ObservedKind.Msix => Node.Invariant($"cfg_msix {Bdf} enable={Value & 1} maskall={Value >> 1}"),
        ObservedKind.Shutdown => $"driver_shutdown {Bdf}",
        ObservedKind.Line => Node.Invariant($"line gsi={Gsi} asserted={Value}"),
        ObservedKind.Pin => Node.Invariant($"ioapic_pin gsi={Gsi} masked={Value}"),
        ObservedKind.Delivered => Node.Invariant($"irq_delivered gsi={Gsi}"),
        ObservedKind.NobodyCared => Node.Invariant($"nobody_cared irq={Gsi}"),
        ObservedKind.IrqDisabled => Node.Invariant($"irq_disabled irq={Gsi}"),
        ObservedKind.Eoi => Node.Invariant($"eoi gsi={Gsi}"),
        ObservedKind.Message => Node.Invariant($"msi_write {Bdf} entry={Value}"),
        _ => $"device_event {Bdf}",
    };
}
