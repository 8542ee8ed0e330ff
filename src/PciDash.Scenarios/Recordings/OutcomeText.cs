using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios;

/// <summary>How much an outcome matters to whoever runs the machine.</summary>
public enum OutcomeWeight : byte
{
    /// <summary>Nothing happened that anybody would notice.</summary>
    Fine,

    /// <summary>Something was lost or waits, which is usual for a device that has been shut down.</summary>
    Notable,

    /// <summary>Something went wrong that a later one may suffer from.</summary>
    Risk,

    /// <summary>A line, a device or memory is lost to a kernel that needs it.</summary>
    Broken,
}

/// <summary>Outcomes as sentences, and how much each matters.</summary>
public static class OutcomeText
{
    /// <summary>How much an outcome of that kind matters.</summary>
    public static OutcomeWeight WeightOf(OutcomeKind kind) => kind switch
    {
        OutcomeKind.StormDisabled or OutcomeKind.StormHidden or OutcomeKind.LostIntxDisable or OutcomeKind.LostRemoteIrr or OutcomeKind.LostMode
            or OutcomeKind.DmaNextKernel or OutcomeKind.UnsupportedRequest => OutcomeWeight.Broken,
        OutcomeKind.UnknownVector or OutcomeKind.Aliased or OutcomeKind.BothHandlers or OutcomeKind.RemapFault or OutcomeKind.TornDown
            or OutcomeKind.ConfigMisaddressed => OutcomeWeight.Risk,
        OutcomeKind.LostBridge or OutcomeKind.LostBusMaster or OutcomeKind.PendingMasked or OutcomeKind.PolledSharer or OutcomeKind.HandOffDiffers => OutcomeWeight.Notable,
        _ => OutcomeWeight.Fine,
    };

    /// <summary>What an outcome is about: an address, <c>IRQ 16</c>, or <c>IRQ 25 of 00:03.0</c>.</summary>
    public static string Subject(CompiledMachine machine, in Outcome outcome)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return outcome.Irq is { } irq ? $"IRQ {irq} of {machine.Functions[outcome.Function].Bdf}"
            : outcome.Function >= 0 ? machine.Functions[outcome.Function].Bdf.ToString() : $"IRQ {machine.Lines[outcome.Line].Gsi}";
    }

    /// <summary>One sentence without its full stop; null where there is nothing to tell.</summary>
    public static string? Sentence(CompiledMachine machine, in Outcome outcome)
    {
        var subject = Subject(machine, outcome);
        var n = outcome.Count;
        return outcome.Kind switch
        {
            OutcomeKind.StormDisabled => Node.Invariant($"{subject} is disabled after {n:N0} interrupts: nobody cared"),
            OutcomeKind.StormHidden => Node.Invariant($"{subject} storms, {n:N0} interrupts, and the kernel does not give it up"),
            OutcomeKind.PolledSharer => Node.Invariant($"{subject} is polled ten times a second after its disable, {(n == 1 ? "once" : Node.Invariant($"{n:N0} times"))}"),
            OutcomeKind.UnknownVector => Messages(n, subject, "hits", "hit") + " a vector of nobody",
            OutcomeKind.Aliased => $"a message of {subject} hits somebody else's vector",
            OutcomeKind.BothHandlers => $"MSI and INTx handlers of {subject} run at once",
            OutcomeKind.RemapFault => Messages(n, subject, "is", "are") + " blocked by interrupt remapping",
            OutcomeKind.TornDown => $"{subject} is used after its shutdown had torn it down",
            OutcomeKind.UnsupportedRequest => $"{subject} gets an Unsupported Request from a bridge that forwards nothing",
            OutcomeKind.ConfigMisaddressed => $"the driver of {subject} accesses its config at an offset that has moved",
            OutcomeKind.DmaNextKernel => Node.Invariant($"{subject} writes {(n == 1 ? "once" : Node.Invariant($"{n:N0} times"))} into memory of the next kernel"),
            OutcomeKind.LostIntxDisable => $"{subject} is never heard: INTx-Disable is still set",
            OutcomeKind.LostRemoteIrr => $"{subject} is never heard: remote IRR is still set",
            OutcomeKind.LostMode => $"{subject} is never heard: its firmware still sends messages",
            OutcomeKind.LostBridge => Messages(n, subject, "is", "are") + " lost, a bridge above has Bus Master 0",
            OutcomeKind.LostBusMaster => Messages(n, subject, "is", "are") + " lost, Bus Master is 0",
            OutcomeKind.PendingMasked => $"{subject} stays asserted behind a masked pin",
            OutcomeKind.HandOffDiffers => $"{subject} is handed over otherwise than firmware gave it",
            OutcomeKind.Handled when outcome.Function >= 0 => Messages(n, subject, "arrives", "arrive") + " after its shutdown",
            _ => null,
        };
    }

    private static string Messages(long n, string subject, string one, string many) => n == 1 ? $"1 message of {subject} {one}" : Node.Invariant($"{n:N0} messages of {subject} {many}");
}
