using PciDash.Engine.Simulation;

namespace PciDash.Scenarios;

/// <summary>The outcomes of a run in words, for recordings.</summary>
public static class OutcomeWords
{
    /// <summary>Its outcomes, each with the event that brought it about.</summary>
    public static IReadOnlyList<RecordedOutcome> Of(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return [.. Outcomes.Of(run).Select(o => new RecordedOutcome(
            o.Function >= 0 ? run.Machine.Functions[o.Function].Bdf.ToString() : run.Machine.Lines[o.Line].Gsi.ToString(), o.Function < 0, Of(o.Kind), o.Why))];
    }

    /// <summary>An outcome's word.</summary>
    public static string Of(OutcomeKind kind) => kind switch
    {
        OutcomeKind.Silent => "silent",
        OutcomeKind.Handled => "handled",
        OutcomeKind.UnknownVector => "unknown-vector",
        OutcomeKind.Aliased => "aliased",
        OutcomeKind.StormDisabled => "storm-disabled",
        OutcomeKind.StormHidden => "storm-hidden",
        OutcomeKind.PolledSharer => "polled-sharer",
        OutcomeKind.PendingMasked => "pending-masked",
        OutcomeKind.LostBusMaster => "lost-bus-master",
        OutcomeKind.BothHandlers => "both-handlers",
        OutcomeKind.LostBridge => "lost-bridge",
        OutcomeKind.LostIntxDisable => "lost-intx-disable",
        OutcomeKind.LostRemoteIrr => "lost-remote-irr",
        OutcomeKind.LostMode => "lost-mode",
        OutcomeKind.RemapFault => "remap-fault",
        OutcomeKind.TornDown => "torn-down",
        OutcomeKind.UnsupportedRequest => "unsupported-request",
        OutcomeKind.ConfigMisaddressed => "config-misaddressed",
        OutcomeKind.DmaNextKernel => "dma-next-kernel",
        OutcomeKind.HandOffDiffers => "hand-off-differs",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "an outcome without words"),
    };
}
