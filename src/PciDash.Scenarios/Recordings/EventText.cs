using System.Globalization;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios;

/// <summary>Events in words, as a kernel developer would say them.</summary>
public sealed class EventText(CompiledMachine machine)
{
    /// <summary>Where it happened: an address, an irq, or the machine.</summary>
    public string Where(in MachineEvent e) => e.Kind switch
    {
        EventKind.Phase => "machine",
        EventKind.Line or EventKind.IoapicPin or EventKind.Eoi => $"GSI {machine.Lines[e.Subject].Gsi}",
        EventKind.NobodyCared or EventKind.IrqDisabled or EventKind.IrqPolled => $"IRQ {machine.IrqOf(e.Subject)}",
        EventKind.IrqDelivered => e.Subject < 0 ? $"CPU {e.A}" : $"IRQ {machine.IrqOf(e.Subject)}",
        EventKind.Stimulus when e.Subject < 0 => "machine",
        EventKind.Reset when e.Subject < 0 => "machine",
        EventKind.Remapping => "machine",
        _ => machine.Functions[e.Subject].Bdf.ToString(),
    };

    /// <summary>What happened.</summary>
    public string What(in MachineEvent e) => e.Kind switch
    {
        EventKind.Phase => machine.Names[e.A],
        EventKind.DriverShutdown => e.A == 0 ? $"shutdown begins ({DriverOf(e.Subject)})" : "shutdown has returned",
        EventKind.Stimulus => machine.Names[e.A],
        EventKind.CfgCommand => Invariant($"Command 0x{e.A:x4} → 0x{e.B:x4}: {CommandChange(e.A, e.B)}"),
        EventKind.CfgMsi => $"MSI Enable {1 - e.A} → {e.A}",
        EventKind.CfgMsix => $"MSI-X Enable = {e.A}, Function Mask = {e.B}",
        EventKind.VectorMask => $"MSI-X entry {e.A} {(e.B != 0 ? "masked" : "unmasked")}",
        EventKind.DeviceEvent => $"device event: {machine.Functions[e.Subject].Sources[e.A].What}",
        EventKind.MsiWrite => Invariant($"MSI write, entry {e.A}{Target(e)}: {ResultText((MsiResult)e.C)}{(e.D > 0 ? ", programmed by an earlier kernel" : "")}"),
        EventKind.Intx => $"INT{machine.Functions[e.Subject].Device.Pin}# {(e.A != 0 ? "asserted" : "deasserted")}",
        EventKind.Line => e.A != 0 ? "line goes up" : "line goes down",
        EventKind.IoapicPin => e.A != 0 ? "IO-APIC pin masked" : "IO-APIC pin unmasked",
        EventKind.IrqDelivered => (DeliveryOutcome)e.C switch
        {
            DeliveryOutcome.FlowHandler => $"delivered to CPU {e.A}, vector {e.B}",
            DeliveryOutcome.LazyMasked when machine.FunctionOf(e.Subject) is not null =>
                $"delivered to CPU {e.A}, but the irq is disabled or has no action: it is kept pending and its entry masked, if it can be",
            DeliveryOutcome.LazyMasked => $"delivered to CPU {e.A}, but the irq is disabled: the flow handler only masks it",
            _ => $"No irq handler for vector {e.B}",
        },
        EventKind.Handler => (e.C & 1) == 0 ? $"{HandlerOf(e)} runs on CPU {e.B} for irq {e.A}" : $"{HandlerOf(e)} returns {ReturnText(e.C >> 4)}",
        EventKind.Eoi => "EOI",
        EventKind.RequestIrq => $"request_irq({e.A}){(e.B != 0 ? ": the disabled irq is given another chance" : "")}",
        EventKind.FreeIrq => $"free_irq({e.A})",
        EventKind.NobodyCared => Invariant($"nobody cared: {e.B:N0} of {e.A:N0} interrupts were unhandled"),
        EventKind.IrqDisabled => $"Disabling IRQ #{machine.IrqOf(e.Subject)}",
        EventKind.IrqPolled => $"polled: {ReturnText(e.A)}",
        EventKind.Reset => (ResetKind)e.A switch
        {
            ResetKind.Platform => "platform reset",
            ResetKind.Flr => "Function Level Reset",
            ResetKind.D3hot => "reset on the way from D3hot to D0",
            ResetKind.Bus => "hot reset of its bus",
            _ => "device reset",
        },
        EventKind.Dma => (DmaTarget)e.A switch
        {
            DmaTarget.Blocked => "DMA blocked: Bus Master is 0, here or above",
            DmaTarget.NextKernel => "DMA into memory that belongs to another kernel by now",
            _ => "DMA into memory of its own kernel",
        },
        EventKind.PowerState => e.A == 0 ? "D3hot → D0" : "D0 → D3hot: it may send nothing",
        EventKind.UnsupportedRequest => $"Unsupported Request: {machine.Functions[e.A].Bdf} does not forward it",
        EventKind.VirtioConfig => e.A == e.B ? $"config access at {e.A}" : $"config access at {e.A}, but the device's config is at {e.B} now",
        EventKind.DriverAccess => e.A == 0 ? "its driver uses it from outside an interrupt" : "its driver uses it though it does not work any more",
        EventKind.IrqThread => $"irq thread for irq {e.A} runs on CPU {e.B}: {ReturnText(e.C)}",
        EventKind.Remapping => (RemappingStep)e.A == RemappingStep.New ? "interrupt remapping: a new, empty table" : "interrupt remapping: the table found is copied",
        EventKind.VirtioStatus => e.A == 0 ? "virtio status = 0 (reset)" : $"virtio status = {e.A}{((e.A & 4) == 0 ? " (DRIVER_OK dropped)" : "")}",
        _ => e.Kind.ToString(),
    };

    private string DriverOf(int f) => machine.Boots[0].Drivers[f]?.Id ?? "no driver";

    private string HandlerOf(in MachineEvent e)
    {
        var f = e.Subject;
        var driver = machine.Boots.Select(b => b.Drivers[f]).First(d => d is not null)!;
        return (e.D < machine.Lines.Count ? driver.IntxHandler : driver.VectorHandler).Symbol;
    }

    private static string CommandChange(int old, int now)
    {
        var words = new List<string>(2);
        if (((old ^ now) & 0x0400) != 0)
        {
            words.Add($"INTx-Disable {(old & 0x0400) >> 10} → {(now & 0x0400) >> 10}");
        }

        if (((old ^ now) & 0x0004) != 0)
        {
            words.Add($"Bus Master {(old & 4) >> 2} → {(now & 4) >> 2}");
        }

        return string.Join(", ", words);
    }

    private static string Target(in MachineEvent e) => e.B == 0 ? "" : Invariant($" → CPU {e.B >> 16} vector {e.B & 0xFFFF}");

    private static string ResultText(MsiResult result) => result switch
    {
        MsiResult.Delivered => "delivered",
        MsiResult.LatchedIrr => "waits in IRR, interrupts are off",
        MsiResult.DroppedBme => "lost, Bus Master is 0",
        MsiResult.DroppedBridge => "lost, a bridge above has Bus Master 0",
        MsiResult.PendingMasked => "pending, the entry is masked",
        MsiResult.LatchedBme => "kept by the device, Bus Master is 0",
        MsiResult.UnassignedVector => "the vector belongs to nobody",
        MsiResult.RemapFault => "blocked by interrupt remapping: a DMAR fault",
        MsiResult.DroppedD3hot => "lost, the function is in D3hot",
        MsiResult.WrongMode => "lost: the adapter's firmware still sends messages, its driver waits on the pin",
        _ => "the vector belongs to somebody else by now",
    };

    private static string ReturnText(int value) => (IrqReturn)value switch
    {
        IrqReturn.None => "IRQ_NONE",
        IrqReturn.Handled => "IRQ_HANDLED",
        _ => "IRQ_WAKE_THREAD",
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
