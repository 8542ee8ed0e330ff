using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Timeline;

/// <summary>What a lane says when it is pointed at. Made for what is on screen only: a run may have a million marks.</summary>
internal sealed class LaneWords(Run run)
{
    private readonly EventText text = new(run.Machine);

    /// <summary>Shape and look of a message.</summary>
    public static (Look Look, string Symbol) OfMessage(MsiResult result) => result switch
    {
        MsiResult.Delivered => (Look.Msi, "triangle-up"),
        MsiResult.LatchedIrr => (Look.Msi, "triangle-up-open"),
        MsiResult.PendingMasked => (Look.Msi, "circle-open"),
        MsiResult.UnassignedVector => (Look.Dead, "x"),
        MsiResult.Aliased => (Look.Dead, "diamond-open"),
        MsiResult.RemapFault => (Look.Dead, "cross"),
        MsiResult.WrongMode => (Look.Dead, "cross-open"),
        MsiResult.DroppedD3hot or MsiResult.LatchedBme => (Look.Neutral, "triangle-down-open"),
        _ => (Look.Neutral, "x-thin-open"),
    };

    /// <summary>Shape and look of a DMA.</summary>
    public static (Look Look, string Symbol) OfDma(DmaTarget target) => target switch
    {
        DmaTarget.OwnKernel => (Look.Run, "triangle-up"),
        DmaTarget.NextKernel => (Look.Dead, "diamond-open"),
        _ => (Look.Neutral, "x-thin-open"),
    };

    /// <summary>Words of a mark.</summary>
    public string OfMark(int entry)
    {
        var e = run.Recording.Entries[entry].Event;
        return e.Kind switch
        {
            EventKind.MsiWrite => OfMessage(e),
            EventKind.NobodyCared => $"irq {Irq(e)}: nobody cared: {e.B:N0} of {e.A:N0} interrupts unhandled",
            EventKind.IrqPolled => $"The poller runs the handlers of irq {Irq(e)} once",
            EventKind.IrqDelivered when (DeliveryOutcome)e.C == DeliveryOutcome.LazyMasked => $"The irq is disabled: this one delivery masks pin {Irq(e)}, since the disable is lazy",
            EventKind.IrqDelivered => $"irq {Irq(e)} delivered to CPU {e.A}",
            _ => text.What(e),
        };
    }

    /// <summary>Words in and about a folded storm.</summary>
    public (string Text, string Detail) OfFold(Lane lane, int entry)
    {
        var fold = run.Recording.FoldOf(entry)!.Value;
        var e = run.Recording.Entries[entry].Event;
        var irq = Irq(e);
        return lane.Kind == LaneKind.Cpu
            ? ($"starved by IRQ {irq}", $"CPU {e.A} does nothing but IRQ {irq}: {fold.Rounds:N0} times in {new SimTime(fold.Rounds * fold.PeriodNs)}{Pause}")
            : ($"×{fold.Rounds:N0}", $"{fold.Rounds:N0} deliveries of irq {irq} in {new SimTime(fold.Rounds * fold.PeriodNs)}, one every {new SimTime(fold.PeriodNs)}");
    }

    private string Irq(in MachineEvent e) => run.Machine.IrqOf(e.Subject).ToString();

    private string Pause => run.Machine.Scenario.Platform is { PausesAfterSuccessive: > 0 } platform
        ? $"; after {platform.PausesAfterSuccessive:N0} in a row this platform's IO-APIC pauses for {new SimTime(platform.PauseNs)}, and the task goes on"
        : "";

    private static string OfMessage(in MachineEvent e)
    {
        var vector = e.B & 0xFFFF;
        return (MsiResult)e.C switch
        {
            MsiResult.Delivered => $"Message of entry {e.A} → CPU {e.B >> 16} vector {vector}: delivered",
            MsiResult.LatchedIrr => $"Message of entry {e.A} waits in IRR, vector {vector}: interrupts are off",
            MsiResult.PendingMasked => $"Entry {e.A} is masked: its pending bit remembers the event",
            MsiResult.UnassignedVector => $"Vector {vector} belongs to nobody",
            MsiResult.Aliased => $"Vector {vector} belongs to somebody else by now",
            MsiResult.RemapFault => $"Vector {vector}: interrupt remapping has no entry for it, a DMAR fault",
            MsiResult.WrongMode => "The adapter's firmware still sends messages, but its driver waits on the pin",
            MsiResult.DroppedD3hot => "The function is in D3hot and may send nothing",
            MsiResult.LatchedBme => "Bus Master Enable is 0: the device keeps the message",
            _ => "Bus Master Enable is 0: the message is lost",
        };
    }
}
