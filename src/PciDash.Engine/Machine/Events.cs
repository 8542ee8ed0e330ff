namespace PciDash.Engine.Machine;

/// <summary>What a recording can say: the vocabulary that recordings of real kernels use as well.</summary>
public enum EventKind : byte
{
    /// <summary>A = index of the phase's name.</summary>
    Phase,

    /// <summary>Function; A = 0 enter, 1 exit.</summary>
    DriverShutdown,

    /// <summary>Function; A = index of the stimulus's text.</summary>
    Stimulus,

    /// <summary>Function; A = old, B = new Command register (16 bit).</summary>
    CfgCommand,

    /// <summary>Function; A = MSI Enable.</summary>
    CfgMsi,

    /// <summary>Function; A = MSI-X Enable, B = Function Mask.</summary>
    CfgMsix,

    /// <summary>Function; A = entry, B = masked.</summary>
    VectorMask,

    /// <summary>Function; A = source index.</summary>
    DeviceEvent,

    /// <summary>Function; A = entry, B = (cpu &lt;&lt; 16) | vector, C = <see cref="MsiResult"/>, D = how many boots ago the message was programmed.</summary>
    MsiWrite,

    /// <summary>Function; A = asserted: the function's own pin.</summary>
    Intx,

    /// <summary>Line; A = asserted: the OR at the IO-APIC.</summary>
    Line,

    /// <summary>Line; A = masked.</summary>
    IoapicPin,

    /// <summary>Line (or vector: see B) ; A = cpu, B = irq vector number, C = <see cref="DeliveryOutcome"/>.</summary>
    IrqDelivered,

    /// <summary>Function; A = irq, B = cpu, C = 0 enter, 1 exit, D = return value on exit.</summary>
    Handler,

    /// <summary>Line.</summary>
    Eoi,

    /// <summary>Function; A = irq, B = revived.</summary>
    RequestIrq,

    /// <summary>Function; A = irq.</summary>
    FreeIrq,

    /// <summary>Line, or vector after all lines; A = irq_count, B = irqs_unhandled; both -1 where there is no time and so no counters.</summary>
    NobodyCared,

    /// <summary>Line, or vector after all lines.</summary>
    IrqDisabled,

    /// <summary>Line; A = return value.</summary>
    IrqPolled,

    /// <summary>Function (or -1: all); A = <see cref="ResetKind"/>.</summary>
    Reset,

    /// <summary>Function; A = status byte written or dropped to by the device itself.</summary>
    VirtioStatus,

    /// <summary>Function; A = <see cref="DmaTarget"/>, B = how many boots ago it was set up.</summary>
    Dma,

    /// <summary>Function; A = 3 D3hot, 0 D0.</summary>
    PowerState,

    /// <summary>Function; A = index of the bridge that did not forward its request.</summary>
    UnsupportedRequest,

    /// <summary>Function; A = offset that its driver accesses, B = the one that the device has there now.</summary>
    VirtioConfig,

    /// <summary>Function; A = 1 if the device does not work any more. A kernel thread of its driver uses it.</summary>
    DriverAccess,

    /// <summary>Function; A = irq, B = cpu, C = return value, D = descriptor. The thread of a handler ran.</summary>
    IrqThread,

    /// <summary>The machine; A = <see cref="RemappingStep"/>.</summary>
    Remapping,
}

/// <summary>What a kernel does to the interrupt remapping table.</summary>
public enum RemappingStep : byte
{
    /// <summary>Its own, new table takes the place of any other.</summary>
    New,

    /// <summary>A crash kernel copies what it finds: entries of the crashed kernel stay valid.</summary>
    Copied,
}

/// <summary>What became of an MSI or MSI-X message.</summary>
public enum MsiResult : byte
{
    /// <summary>Accepted by a local APIC that takes it next.</summary>
    Delivered,

    /// <summary>Accepted, but that CPU has interrupts off: it waits in IRR.</summary>
    LatchedIrr,

    /// <summary>Bus Master Enable is 0 and the device drops what it cannot send.</summary>
    DroppedBme,

    /// <summary>A bridge above has Bus Master Enable 0.</summary>
    DroppedBridge,

    /// <summary>Function Mask or the entry's mask is set: the pending bit remembers it.</summary>
    PendingMasked,

    /// <summary>Bus Master Enable is 0 and the device keeps the message for later.</summary>
    LatchedBme,

    /// <summary>The vector belongs to nobody in the running kernel.</summary>
    UnassignedVector,

    /// <summary>The vector belongs to another interrupt in the running kernel.</summary>
    Aliased,

    /// <summary>Interrupt remapping has no valid entry for it.</summary>
    RemapFault,

    /// <summary>The function is in D3hot, where it may send nothing.</summary>
    DroppedD3hot,

    /// <summary>The adapter's firmware still sends messages, but the driver in charge uses the pin.</summary>
    WrongMode,
}

/// <summary>What the flow handler did with an interrupt.</summary>
public enum DeliveryOutcome : byte
{
    /// <summary>The actions run.</summary>
    FlowHandler,

    /// <summary>The irq was disabled (or had no action): pin or entry is masked only now, since irq_disable is lazy. A vector's irq keeps the message.</summary>
    LazyMasked,

    /// <summary>No irq has this vector: "No irq handler for vector".</summary>
    UnknownVector,
}

/// <summary>The value of an irqreturn_t.</summary>
public enum IrqReturn : byte
{
    /// <summary>Not mine.</summary>
    None,

    /// <summary>Mine, and served.</summary>
    Handled,

    /// <summary>A thread will serve it.</summary>
    WakeThread,
}

/// <summary>How a function was reset.</summary>
public enum ResetKind : byte
{
    /// <summary>virtio status 0, or a chip's own reset register.</summary>
    DeviceStatus,

    /// <summary>The whole platform.</summary>
    Platform,

    /// <summary>Function Level Reset.</summary>
    Flr,

    /// <summary>From D3hot to D0, where No_Soft_Reset is 0.</summary>
    D3hot,

    /// <summary>Hot reset of the bus.</summary>
    Bus,
}

/// <summary>Where a DMA went.</summary>
public enum DmaTarget : byte
{
    /// <summary>Memory of the kernel that set it up.</summary>
    OwnKernel,

    /// <summary>Memory that now belongs to the next kernel.</summary>
    NextKernel,

    /// <summary>Nowhere: BME is 0 here or above.</summary>
    Blocked,
}

/// <summary>One event as the machine reports it.</summary>
/// <param name="Kind">What happened; decides what the other fields mean.</param>
/// <param name="Subject">Index of the function, line or vector that it happened to; -1 = the machine.</param>
/// <param name="A">See <see cref="EventKind"/>.</param>
/// <param name="B">See <see cref="EventKind"/>.</param>
/// <param name="C">See <see cref="EventKind"/>.</param>
/// <param name="D">See <see cref="EventKind"/>.</param>
/// <param name="Origin">Index into the program's origins (kernel function, source) for an event that an instruction caused; -1 otherwise.</param>
public readonly record struct MachineEvent(EventKind Kind, int Subject, int A, int B, int C, int D, int Origin);

/// <summary>Receives events. A struct parameter, so that a sink that wants nothing costs nothing.</summary>
public interface IEventSink
{
    /// <summary>False when causes and texts need not be prepared.</summary>
    static abstract bool Records { get; }

    /// <summary>Takes an event; <paramref name="why"/> and <paramref name="also"/> are raw numbers of earlier events, or -1.</summary>
    /// <returns>The raw number of this event.</returns>
    long Emit(in MachineEvent e, long why, long also);
}

/// <summary>The sink that wants nothing.</summary>
public struct NullSink : IEventSink
{
    /// <inheritdoc/>
    public static bool Records => false;

    /// <inheritdoc/>
    public readonly long Emit(in MachineEvent e, long why, long also) => -1;
}
