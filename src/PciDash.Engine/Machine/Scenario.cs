using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

/// <summary>How a function interrupts, if its driver has a choice.</summary>
public enum InterruptMode : byte
{
    /// <summary>MSI-X if there is a table, else MSI, else the pin.</summary>
    Auto,

    /// <summary>MSI-X.</summary>
    Msix,

    /// <summary>MSI.</summary>
    Msi,

    /// <summary>The pin.</summary>
    Intx,

    /// <summary>Not at all: its driver takes no interrupt (a port without services).</summary>
    None,
}

/// <summary>Something a device does by itself.</summary>
/// <param name="What">rx, completion, config-change, timer or error.</param>
/// <param name="EveryNs">Mean time from one to the next, nanoseconds, 1 µs to 1,000 s.</param>
public sealed record EventSource(string What, long EveryNs)
{
    /// <summary>How much each interval may differ from the mean, per cent, 0-90.</summary>
    public int JitterPercent { get; init; }

    /// <summary>How many happen in all; 0 = no end. The checker of all orderings does not use it.</summary>
    public int Count { get; init; }

    /// <summary>First one at this time, nanoseconds; null = one interval after the device starts.</summary>
    public long? FirstNs { get; init; }

    /// <summary>Entry of the MSI-X table that it uses; null = the device's own.</summary>
    public int? Entry { get; init; }

    /// <summary>It writes memory before it interrupts: where that goes is an event of its own.</summary>
    public bool Dma { get; init; }

    /// <summary>Not a device's doing: a kernel thread of its driver uses the device (domain 6, hwrng's and the like).</summary>
    public const string KernelThread = "kthread";

    /// <summary>Not a device's doing: the guest that it is passed to has served its INTx, and the host opens the pin again (domain 6.4).</summary>
    public const string GuestEoi = "guest-eoi";

    /// <summary>Overrides the device's: notifies once and then not again until its driver has looked.</summary>
    public bool? OncePerService { get; init; }
}

/// <summary>One PCI function of the machine.</summary>
/// <param name="Bdf">Its address.</param>
/// <param name="Device">What it is.</param>
public sealed record FunctionSpec(Bdf Bdf, DeviceModel Device)
{
    /// <summary>The bridge above it; null = on the root bus.</summary>
    public Bdf? Parent { get; init; }

    /// <summary>Bus below it, for a bridge.</summary>
    public int? SecondaryBus { get; init; }

    /// <summary>Its line, where the platform's routing is not to be used.</summary>
    public Gsi? Gsi { get; init; }

    /// <summary>How it interrupts.</summary>
    public InterruptMode Mode { get; init; }

    /// <summary>What it does by itself.</summary>
    public IReadOnlyList<EventSource> Events { get; init; } = [];

    /// <summary>CPU that its interrupts go to.</summary>
    public int Cpu { get; init; }

    /// <summary>Firmware left its Bus Master Enable set (a disk controller that it booted from), so it is set with or without a driver.</summary>
    public bool FirmwareBusMaster { get; init; }

    /// <summary>Firmware hands it over working: it raises its events before any driver asked it to (domain 8, p50-gpu-boot, igfx-e100-firmware).</summary>
    public bool LeftRunning { get; init; }
}

/// <summary>
/// Boot interrupts: while a pin is masked, the chipset raises another line in its place (domain 5, rule 13).
/// </summary>
/// <param name="From">The line whose pin is masked.</param>
/// <param name="To">The line that is raised instead.</param>
/// <param name="QuirkSince">First release of the table whose quirk turns this off; null = none does.</param>
/// <param name="Source">Chipset, and where it is known from.</param>
public sealed record BootInterrupt(Gsi From, Gsi To, string? QuirkSince, string Source);

/// <summary>Which part of a probe runs: modules of one driver may be loaded one after the other.</summary>
public enum ProbePart : byte
{
    /// <summary>All of it.</summary>
    Whole,

    /// <summary>What the bus driver does: enable, bus master, reset (virtio_pci).</summary>
    Bus,

    /// <summary>What the driver of the child does: interrupts, start (virtio_net, virtio_blk).</summary>
    Child,

    /// <summary>All of it, but nobody opens the interface: see <see cref="DriverModel.Opening"/>.</summary>
    Closed,
}

/// <summary>What is done to a running machine from outside, in a run that is not (or not yet) a shutdown.</summary>
/// <param name="What">In words, for the recording.</param>
/// <param name="Steps">The instructions; bound to <paramref name="Target"/>.</param>
/// <param name="Target">The function concerned; null for a pause.</param>
public sealed record Stimulus(string What, IReadOnlyList<Step> Steps, Bdf? Target)
{
    /// <summary>Loads this driver: its probe runs.</summary>
    public DriverModel? Load { get; init; }

    /// <summary>Which part of that probe.</summary>
    public ProbePart Part { get; init; }

    /// <summary>The driver is gone afterwards: it has no shutdown any more.</summary>
    public bool Unloads { get; init; }

    /// <summary>Opens the function's network interface: what its driver left to that is done now.</summary>
    public bool Opens { get; init; }
}

/// <summary>What a kernel tries after an unhandled interrupt.</summary>
public enum IrqFixup : byte
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>irqfixup: the handlers of every other shared irq.</summary>
    IrqFixup,

    /// <summary>irqpoll: the same, and after handled ones too where a first action is marked IRQF_IRQPOLL; no driver of the catalogue marks its own.</summary>
    IrqPoll,
}

/// <summary>One boot: a kernel, how it is configured, and the path by which it ends.</summary>
/// <param name="Release">The kernel.</param>
/// <param name="Policy">What its PCI core does at shutdown; normally the release's own.</param>
/// <param name="Path">How it ends.</param>
public sealed record BootSpec(KernelRelease Release, ShutdownPolicy Policy, ShutdownPath Path)
{
    /// <summary>What its bus scan does; normally the release's own.</summary>
    public EnumerationPolicy Enumeration { get; init; } = Release.Enumeration;

    /// <summary>noirqdebug on its command line: note_interrupt is never called.</summary>
    public bool NoIrqDebug { get; init; }

    /// <summary>irqfixup or irqpoll on its command line.</summary>
    public IrqFixup IrqFixup { get; init; }

    /// <summary>pci=nomsi on its command line.</summary>
    public bool NoMsi { get; init; }

    /// <summary>reset_devices on its command line: drivers that honour it reset their device at probe.</summary>
    public bool ResetDevices { get; init; }

    /// <summary>pci=clearmsi on its command line: early_quirks clears MSI and MSI-X Enable of every function (LP#1797990; never merged).</summary>
    public bool ClearMsi { get; init; }

    /// <summary>pci=noioapicquirk on its command line: boot interrupts stay as the chipset has them.</summary>
    public bool NoIoapicQuirk { get; init; }

    /// <summary>intremap=off on its command line: it leaves interrupt remapping alone and writes messages in the compatibility format.</summary>
    public bool NoRemapping { get; init; }

    /// <summary>threadirqs on its command line: every handler runs in a thread, its pin masked until then.</summary>
    public bool ThreadIrqs { get; init; }

    /// <summary>CPUs it brings up, 1-8.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>Driver per function where it differs from the device's default; null value = none.</summary>
    public IReadOnlyDictionary<Bdf, DriverModel?> Drivers { get; init; } = new Dictionary<Bdf, DriverModel?>();

    /// <summary>Functions whose drivers probe first, in order; the others follow in discovery order.</summary>
    public IReadOnlyList<Bdf> ProbeOrder { get; init; } = [];

    /// <summary>Functions whose network interface nobody opens; all others are opened once every driver has probed, as on a machine in use.</summary>
    public IReadOnlyList<Bdf> Closed { get; init; } = [];

    /// <summary>Handled interrupts on a line before the run begins: the kernel's own rule turns them into counters.</summary>
    public IReadOnlyDictionary<Gsi, int> HandledBefore { get; init; } = new Dictionary<Gsi, int>();

    /// <summary>Done while it runs, before it ends.</summary>
    public IReadOnlyList<Stimulus> Stimuli { get; init; } = [];
}

/// <summary>A machine, what boots on it in turn, and what things cost.</summary>
/// <param name="Id">Kebab-case name.</param>
/// <param name="Platform">Routing and IO-APIC.</param>
/// <param name="Functions">Every function, 1-1,024.</param>
/// <param name="Boots">1-4 boots; each but the last ends by reboot, kexec or kdump.</param>
public sealed record Scenario(string Id, Platform Platform, IReadOnlyList<FunctionSpec> Functions, IReadOnlyList<BootSpec> Boots)
{
    /// <summary>Most functions of a machine.</summary>
    public const int MaxFunctions = 1_024;

    /// <summary>Most CPUs of a boot.</summary>
    public const int MaxCpus = 8;

    /// <summary>Most boots of a scenario.</summary>
    public const int MaxBoots = 4;

    /// <summary>Most bridges between a function and the root bus.</summary>
    public const int MaxBridgesAbove = 32;

    /// <summary>Most bytes of a run's state: a run keeps hundreds of them to go back to.</summary>
    public const int MaxStateBytes = 65_536;

    /// <summary>One line for a reader.</summary>
    public string Title { get; init; } = "";

    /// <summary>What things cost.</summary>
    public TimingProfile Timing { get; init; } = TimingProfile.QemuTcg;

    /// <summary>Devices that it brings along beside the catalogue's.</summary>
    public IReadOnlyList<DeviceModel> OwnDevices { get; init; } = [];

    /// <summary>Drivers that it brings along; a device's default driver may be one of them.</summary>
    public IReadOnlyList<DriverModel> OwnDrivers { get; init; } = [];

    /// <summary>Shutdown policies that it brings along.</summary>
    public IReadOnlyList<ShutdownPolicy> OwnPolicies { get; init; } = [];

    /// <summary>The driver of that name, its own ones first, or null.</summary>
    public DriverModel? FindDriver(string id) => OwnDrivers.FirstOrDefault(d => d.Id == id) ?? DriverModel.Find(id);

    /// <summary>The machine has interrupt remapping (domain 3.5).</summary>
    public bool InterruptRemapping { get; init; }

    /// <summary>Lines that the chipset raises in place of masked ones.</summary>
    public IReadOnlyList<BootInterrupt> BootInterrupts { get; init; } = [];
}

/// <summary>A scenario cannot be compiled: everything that is wrong with it, each with its place.</summary>
public sealed class ScenarioException(IReadOnlyList<string> problems)
    : Exception(string.Join("; ", problems))
{
    /// <summary>One line per problem: where, what is wrong, what would be right.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
