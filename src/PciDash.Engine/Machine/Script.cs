using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

/// <summary>
/// The instructions in which kernel policies and drivers are written. Each is one access to shared state: what one instruction does, no
/// other actor can see half of.
/// </summary>
public enum Op : byte
{
    /// <summary>Enters a phase; A = index of its name.</summary>
    Phase,

    /// <summary>The device's shutdown callback begins.</summary>
    ShutdownEnter,

    /// <summary>The device's shutdown callback, and the core's steps after it, have returned.</summary>
    ShutdownExit,

    /// <summary>Sets (A = 1) or clears the mask of every allocated vector.</summary>
    MaskVectors,

    /// <summary>Writes MSI-X Enable (A); B = 1 sets Function Mask in the same write.</summary>
    MsixEnable,

    /// <summary>Writes MSI-X Function Mask (A).</summary>
    MsixFunctionMask,

    /// <summary>Writes MSI Enable (A).</summary>
    MsiEnable,

    /// <summary>Writes INTx-Disable (A), only where it differs; nothing on a function whose INTx-Disable also stops MSI (B = 1 forces).</summary>
    IntxDisable,

    /// <summary>Writes the other value of INTx-Disable.</summary>
    ToggleIntxDisable,

    /// <summary>Writes Bus Master Enable (A), only where it differs.</summary>
    BusMaster,

    /// <summary>The kernel's own note that MSI is on (A).</summary>
    NoteMsi,

    /// <summary>The kernel's own note that MSI-X is on (A).</summary>
    NoteMsix,

    /// <summary>Writes address and data of every allocated vector for the running kernel.</summary>
    WriteMessages,

    /// <summary>Registers the handlers of every allocated vector and unmasks it.</summary>
    RequestVectors,

    /// <summary>Frees the handlers of every allocated vector.</summary>
    FreeVectors,

    /// <summary>request_irq on the line of the function's pin; compiled, B counts those of the function in the boot.</summary>
    RequestLine,

    /// <summary>free_irq on the line of the function's pin.</summary>
    FreeLine,

    /// <summary>The chip is told to raise nothing any more, and what it held is dropped; it keeps its other state.</summary>
    Quiesce,

    /// <summary>The device's causes are acknowledged, as a handler would; it goes on.</summary>
    Acknowledge,

    /// <summary>Resets the device through its own register (virtio: status 0); A = 1: its driver is told first that it must not use it any more.</summary>
    DeviceReset,

    /// <summary>Resets the function (A = <see cref="ResetKind"/>): Command, MSI, MSI-X and every condition are 0 afterwards (domain 5, rule 12).</summary>
    FunctionReset,

    /// <summary>Puts the function into D3hot (A = 3) or D0 (A = 0).</summary>
    PowerState,

    /// <summary>What comes to the device from outside stops (A = 1) or goes on (A = 0).</summary>
    Traffic,

    /// <summary>Interrupt remapping gets this kernel's table: a new one (A = 0) or a copy of the one found (A = 1).</summary>
    Remapping,

    /// <summary>The chipset raises no other line in place of a masked one any more.</summary>
    BootInterruptsOff,

    /// <summary>The device may work from here on (virtio: DRIVER_OK).</summary>
    Start,

    /// <summary>The driver asks for something whose completion it will wait for.</summary>
    Command,

    /// <summary>The driver waits until that completion was served, or for at most 30 s.</summary>
    Await,

    /// <summary>IO-APIC pin of line A: masked.</summary>
    MaskPin,

    /// <summary>A write to a pin that carries no PCI line: nothing but that the IO-APIC looks at its inputs where it does so at every write.</summary>
    WriteOtherPin,

    /// <summary>IO-APIC pin of line A: back to its reset state (edge, masked, remote IRR clear).</summary>
    ClearPin,

    /// <summary>local_irq_disable on the executing CPU.</summary>
    LocalIrqDisable,

    /// <summary>local_irq_enable on the executing CPU.</summary>
    LocalIrqEnable,

    /// <summary>The other CPUs stop: once they have finished their interrupts (A = 0), or at once, wherever they are (A = 1: an NMI).</summary>
    StopOtherCpus,

    /// <summary>The other CPUs that the running kernel brings up start.</summary>
    StartOtherCpus,

    /// <summary>The jump into the next kernel: kernel words are gone, hardware words stay.</summary>
    Jump,

    /// <summary>The platform resets every function.</summary>
    PlatformReset,

    /// <summary>The CPU works for the instruction's cost: an interrupt makes it last longer.</summary>
    Delay,

    /// <summary>The task sleeps for the instruction's cost: its timer runs on whatever the CPU does.</summary>
    Sleep,

    /// <summary>Marks something done from outside; A = index of its text.</summary>
    Stimulus,

    /// <summary>The run is over.</summary>
    End,
}

/// <summary>When an instruction is skipped. A guard reads only words that the executing task alone changes.</summary>
public enum Guard : byte
{
    /// <summary>Never.</summary>
    Always,

    /// <summary>Runs only if the kernel noted MSI on (dev->msi_enabled).</summary>
    KernelMsi,

    /// <summary>Runs only if the kernel noted MSI-X on (dev->msix_enabled).</summary>
    KernelMsix,

    /// <summary>Runs only if the kernel noted neither.</summary>
    KernelIntx,

    /// <summary>Runs only if the MSI Enable bit is set.</summary>
    HardwareMsi,

    /// <summary>Runs only if the MSI-X Enable bit is set.</summary>
    HardwareMsix,

    /// <summary>Runs only if Bus Master Enable is set.</summary>
    BusMasterOn,
}

/// <summary>How long an instruction can take; decides whether a storm can reach its cutoff while it runs.</summary>
public enum DurationClass : byte
{
    /// <summary>No time of its own.</summary>
    Instant,

    /// <summary>Under 1 ms.</summary>
    Short,

    /// <summary>Unbounded for the purpose of a verdict.</summary>
    Long,
}

/// <summary>What an instruction costs; the figure is in the timing profile.</summary>
public enum Cost : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>One configuration write with the kernel code around it.</summary>
    ConfigWrite,

    /// <summary>One write to a device's own register.</summary>
    RegisterWrite,

    /// <summary>What the driver core does between two devices.</summary>
    PerDevice,

    /// <summary>A driver's own shutdown callback.</summary>
    DriverShutdown,

    /// <summary>From the last callback to the platform's restart call.</summary>
    BetweenPhases,

    /// <summary>One write to the IO-APIC.</summary>
    IoapicWrite,

    /// <summary>From the jump (or the reset) to the next code that matters.</summary>
    EarlyBoot,

    /// <summary>From local_irq_enable to the bus scan.</summary>
    UntilScan,

    /// <summary>Probe of one driver.</summary>
    Probe,

    /// <summary>How long a machine runs before and after what is studied.</summary>
    Running,

    /// <summary>A length written in the scenario.</summary>
    Given,
}

/// <summary>One instruction of a script, before it is bound to a function.</summary>
/// <param name="Op">What it does.</param>
/// <param name="A">Operand.</param>
/// <param name="If">When it is skipped.</param>
/// <param name="Cost">What it costs.</param>
/// <param name="Where">The kernel function that does it.</param>
/// <param name="Source">Commit, file or mail that this is known from.</param>
public sealed record Step(Op Op, int A = 0, Guard If = Guard.Always, Cost Cost = Cost.None, string Where = "", string Source = "")
{
    /// <summary>Second operand.</summary>
    public int B { get; init; }

    /// <summary>Length for <see cref="Cost.Given"/>, nanoseconds.</summary>
    public long GivenNs { get; init; }

    /// <summary>Done on this path only; null = on every one.</summary>
    public ShutdownPath? Only { get; init; }
}
