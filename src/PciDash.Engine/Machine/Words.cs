namespace PciDash.Engine.Machine;

/// <summary>Bits of a function's word. Hardware bits survive from one boot to the next, kernel bits do not.</summary>
internal static class FunctionBits
{
    public const ulong BusMaster = 1UL << 0;
    public const ulong IntxDisable = 1UL << 1;
    public const ulong MsiEnable = 1UL << 2;
    public const ulong MsixEnable = 1UL << 3;
    public const ulong MsixFunctionMask = 1UL << 4;

    /// <summary>A notification in INTx mode that nobody acknowledged (devices that latch at notify).</summary>
    public const ulong Notified = 1UL << 5;

    /// <summary>The pin is asserted. Always equal to what the INTx rule says; kept so that a change can be seen.</summary>
    public const ulong Pin = 1UL << 6;

    /// <summary>The device works (virtio: DRIVER_OK).</summary>
    public const ulong Running = 1UL << 7;

    /// <summary>A message waits for Bus Master Enable (devices that latch).</summary>
    public const ulong MessageLatched = 1UL << 8;

    /// <summary>In D3hot.</summary>
    public const ulong D3hot = 1UL << 9;

    /// <summary>The adapter's firmware sends messages (devices that keep their mode).</summary>
    public const ulong FirmwareSendsMessages = 1UL << 10;

    /// <summary>A transfer waits for Bus Master Enable (devices that latch).</summary>
    public const ulong DmaLatched = 1UL << 11;

    /// <summary>Number of the boot whose driver gave the device its buffers, 1-4; 0 = nobody did.</summary>
    public const int DmaOwnerShift = 12;

    public const ulong DmaOwner = 7UL << DmaOwnerShift;

    /// <summary>Nothing comes to it from outside: its traffic was stopped.</summary>
    public const ulong Idle = 1UL << 15;

    public const ulong KernelMsi = 1UL << 16;
    public const ulong KernelMsix = 1UL << 17;

    /// <summary>The driver's handler is in the chain of its line.</summary>
    public const ulong LineAction = 1UL << 18;

    /// <summary>The driver's handlers of its vectors are registered.</summary>
    public const ulong VectorActions = 1UL << 19;

    public const ulong ShutdownEntered = 1UL << 20;
    public const ulong ShutdownReturned = 1UL << 21;

    /// <summary>The driver waits for a completion.</summary>
    public const ulong Awaiting = 1UL << 22;

    /// <summary>The driver remembers that it uses MSI-X (virtio's vp_dev->msix_enabled; the core does not know it).</summary>
    public const ulong DriverMsix = 1UL << 23;

    /// <summary>A thread of its handlers was woken and has not run yet: its line's, or of those of its vectors that say so.</summary>
    public const ulong ThreadWoken = 1UL << 24;

    /// <summary>Its queues are marked broken: the driver uses it no more (virtio_break_device).</summary>
    public const ulong Broken = 1UL << 25;

    /// <summary>The host keeps its INTx masked until the guest has served it.</summary>
    public const ulong WaitsForGuest = 1UL << 26;

    /// <summary>Its driver has started it.</summary>
    public const ulong DriverStarted = 1UL << 27;

    /// <summary>Which request of its line in this boot gave the handler its place in the chain, from 0.</summary>
    public const int RequestShift = 28;

    public const ulong Request = 0xFUL << RequestShift;

    /// <summary>Most requests that are told apart: a later one takes the place of the last of these.</summary>
    public const int MaxRequests = 16;

    public const int FirstKernelBit = 16;
    public const int CauseShift = 32;
    public const int OutstandingShift = 40;
    public const int CommandedShift = 48;

    /// <summary>Most event sources of one function, a command's completion included.</summary>
    public const int MaxSources = 8;

    /// <summary>A bit for each event source, at the lowest place.</summary>
    public const ulong AllSources = 0xFF;

    public const ulong KernelBits = 0xFFFFUL << FirstKernelBit;
    public const ulong Causes = 0xFFUL << CauseShift;
    public const ulong Outstanding = 0xFFUL << OutstandingShift;
    public const ulong Commanded = 0xFFUL << CommandedShift;
}

/// <summary>Bits of a line's word: the IO-APIC pin (hardware) and the irq descriptor (kernel).</summary>
internal static class LineBits
{
    public const ulong Masked = 1UL << 0;
    public const ulong RemoteIrr = 1UL << 1;

    /// <summary>The redirection entry was programmed to level mode since its last reset.</summary>
    public const ulong LevelMode = 1UL << 2;

    /// <summary>QEMU's IO-APIC remembers the level at its last evaluation; only its platforms use it.</summary>
    public const ulong Latch = 1UL << 3;

    /// <summary>The OR of the pins. Kept so that a change can be seen.</summary>
    public const ulong Level = 1UL << 4;

    /// <summary>The platform pauses after many interrupts in a row.</summary>
    public const ulong Paused = 1UL << 5;

    /// <summary>IRQS_SPURIOUS_DISABLED.</summary>
    public const ulong SpuriousDisabled = 1UL << 16;

    /// <summary>depth &gt; 0.</summary>
    public const ulong Disabled = 1UL << 17;

    public const ulong InProgress = 1UL << 18;

    /// <summary>IRQS_POLL_INPROGRESS.</summary>
    public const ulong PollInProgress = 1UL << 19;

    /// <summary>What the untimed clock remembers of irqs_unhandled: 0 quiet, 1 counting, 2 may trip.</summary>
    public const int CounterShift = 20;

    /// <summary>The running kernel has given the irq a vector: it was requested since it booted.</summary>
    public const ulong Started = 1UL << 22;

    /// <summary>SPURIOUS_DEFERRED: what its threads do decides at the next interrupt.</summary>
    public const ulong Deferred = 1UL << 23;

    /// <summary>A thread has handled an interrupt since note_interrupt last looked.</summary>
    public const ulong ThreadHandled = 1UL << 24;

    public const ulong Counter = 3UL << CounterShift;
    public const ulong MayTrip = 2UL << CounterShift;
    public const ulong KernelBits = 0xFFFF_FFFFUL << 16;
}

/// <summary>Bits of one vector (16 bits, four to a word).</summary>
internal static class VectorBits
{
    public const ulong Masked = 1 << 0;
    public const ulong Pending = 1 << 1;

    /// <summary>Number of the boot that wrote address and data, 1-4; 0 = never written.</summary>
    public const int OwnerShift = 2;

    public const ulong Owner = 7 << OwnerShift;

    /// <summary>Its message is the one that waits for Bus Master Enable (devices that latch).</summary>
    public const ulong Latched = 1 << 5;

    /// <summary>IRQS_SPURIOUS_DISABLED of its irq, and depth &gt; 0 with it: nothing else disables one that has an action.</summary>
    public const ulong GivenUp = 1 << 6;

    /// <summary>The thread of its handler was woken and has not run yet.</summary>
    public const ulong ThreadWoken = 1 << 7;

    /// <summary>IRQS_PENDING: a message came while its irq had no action or was disabled.</summary>
    public const ulong KernelPending = 1 << 10;

    /// <summary>How far the bits that note_interrupt keeps (<see cref="LineBits"/>) lie below their places in a line's word.</summary>
    public const int NoteShift = 12;

    public const ulong KernelBits = GivenUp | ThreadWoken | KernelPending | ((LineBits.Counter | LineBits.Deferred | LineBits.ThreadHandled) >> NoteShift);
}

/// <summary>Fields of an irq's counters: each holds more than the cutoff of spurious.c.</summary>
internal static class CounterBits
{
    /// <summary>irq_count.</summary>
    public const int IrqCountShift = 0;

    /// <summary>irqs_unhandled.</summary>
    public const int UnhandledShift = 20;

    /// <summary>Of a line: deliveries in a row that found it up at their EOI, which some platforms count. Of a vector: its line in /proc/interrupts.</summary>
    public const int OthersShift = 40;

    public const ulong Count = 0xF_FFFF;
    public const ulong OneOther = 1UL << OthersShift;
    public const ulong Others = ~0UL << OthersShift;
}

/// <summary>Fields of an execution context's word (a CPU in an interrupt, or the poller).</summary>
internal static class ContextBits
{
    public const ulong Stage = 0xF;
    public const int DescriptorShift = 4;
    public const ulong Descriptor = 0xFFFFFUL << DescriptorShift;
    public const int ActionShift = 24;
    public const ulong Action = 0xFFFFFUL << ActionShift;
    public const int SumShift = 44;
    public const ulong Sum = 3UL << SumShift;
    public const int ReturnShift = 46;
    public const ulong Return = 3UL << ReturnShift;

    /// <summary>The poller's timer is armed.</summary>
    public const ulong Armed = 1UL << 60;
}

/// <summary>Where an execution context stands.</summary>
internal enum Stage
{
    Idle,

    /// <summary>About to enter the handler of the current action.</summary>
    Enter,

    /// <summary>In that handler, its access done.</summary>
    Exit,

    /// <summary>All actions ran: note_interrupt comes next.</summary>
    Note,

    /// <summary>EOI comes next.</summary>
    Eoi,
}

/// <summary>Fields of a task's word.</summary>
internal static class TaskBits
{
    public const ulong Pc = 0xFF_FFFF;
    public const ulong IrqsOff = 1UL << 24;
    public const ulong Stopped = 1UL << 25;

    /// <summary>The pc of a CPU that has no task.</summary>
    public const ulong NoTask = 0xFF_FFFF;
}
