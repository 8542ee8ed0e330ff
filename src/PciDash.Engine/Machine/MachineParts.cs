using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

/// <summary>One instruction of a task's program, bound to its function and priced.</summary>
/// <param name="Op">What it does.</param>
/// <param name="Function">Index of the function concerned, or -1.</param>
/// <param name="A">Operand.</param>
/// <param name="B">Second operand.</param>
/// <param name="If">When it is skipped.</param>
/// <param name="CostNs">How long it takes, ns; its effect is at the end.</param>
/// <param name="Class">How long it can take.</param>
/// <param name="Origin">Index into <see cref="CompiledMachine.Origins"/>.</param>
public readonly record struct Instruction(Op Op, int Function, int A, int B, Guard If, long CostNs, DurationClass Class, int Origin);

/// <summary>Which kernel function an instruction stands for, and where that is known from.</summary>
/// <param name="Where">Kernel function, with the call chain where it helps.</param>
/// <param name="Source">Commit, file, mail or recording.</param>
public sealed record Origin(string Where, string Source);

/// <summary>A function as compiled.</summary>
public sealed class MachineFunction
{
    /// <summary>Position in <see cref="CompiledMachine.Functions"/>: discovery order.</summary>
    public required int Index { get; init; }

    /// <summary>As the scenario has it.</summary>
    public required FunctionSpec Spec
    {
        get;
        init
        {
            field = value;
            PinGates = FunctionBits.MsiEnable | FunctionBits.MsixEnable | FunctionBits.D3hot
                | (value.Device.IntxDisableBit == IntxDisableBit.Works ? FunctionBits.IntxDisable : 0);
        }
    }

    /// <summary>Index of the bridge above, or -1.</summary>
    public required int Parent { get; init; }

    /// <summary>Index of the line its pin ends on, or -1.</summary>
    public required int Line { get; init; }

    /// <summary>Indices of the lines that its four pins would end on, where the platform looks at all of them on a write of INTx-Disable.</summary>
    internal int[] LinesOfItsPins { get; init; } = [];

    /// <summary>First of its vectors in the machine's numbering.</summary>
    public required int FirstVector { get; init; }

    /// <summary>Vectors that some boot allocates for it.</summary>
    public required int VectorCount { get; init; }

    /// <summary>First of its event sources in the machine's numbering.</summary>
    public required int FirstSource { get; init; }

    /// <summary>Its event sources; the last one is the completion of a command its driver waits for.</summary>
    public required IReadOnlyList<EventSource> Sources
    {
        get => Source;
        init
        {
            Source = [.. value];
            ConfigSources = value.Select((s, i) => s.What == "config-change" ? 1UL << (FunctionBits.OutstandingShift + i) : 0).Aggregate(0UL, (all, bit) => all | bit);
        }
    }

    // Its changes of config that nobody has looked at.
    internal ulong ConfigSources { get; private init; }

    // Twins of public lists, here and below: arrays, since every step of every run reads them.
    internal EventSource[] Source { get; private init; } = [];

    /// <summary>The Command register as lspci would show it, from the function's word.</summary>
    internal int Command(ulong word) =>
        Device.BaseCommand | ((word & FunctionBits.BusMaster) != 0 ? 0x0004 : 0) | ((word & FunctionBits.IntxDisable) != 0 ? 0x0400 : 0);

    // What keeps its pin down (domain 5, rules 3 and 12): a bit that gates nothing is not among them.
    internal ulong PinGates { get; private init; }

    // After a reset the entries of an MSI-X table are masked, the messages of MSI are not (domain 2.1, "unmasked as initial state").
    internal ulong MaskedAtReset => Device.MsixTableSize > 0 ? VectorBits.Masked : 0;

    /// <summary>The device wants attention, whatever its gates say. This is what Status.Interrupt shows (domain 5, rule 5).</summary>
    internal bool WantsAttention(ulong word) =>
        (word & (Device.IntxCondition == IntxCondition.LatchedAtNotify ? FunctionBits.Notified : FunctionBits.Causes)) != 0;

    /// <summary>Its address.</summary>
    public Bdf Bdf => Spec.Bdf;

    /// <summary>What it is.</summary>
    public DeviceModel Device => Spec.Device;
}

/// <summary>A line: an IO-APIC pin, its irq, and the functions whose pins end there.</summary>
/// <param name="Index">Position in <see cref="CompiledMachine.Lines"/>.</param>
/// <param name="Gsi">Its number, which is also its irq's.</param>
/// <param name="Functions">Indices of the functions on it, in discovery order.</param>
public sealed record MachineLine(int Index, Gsi Gsi, IReadOnlyList<int> Functions)
{
    internal int[] Member { get; } = [.. Functions];
}

/// <summary>An event source as every step needs it.</summary>
/// <param name="Function">Index of its function.</param>
/// <param name="Number">Its number within the function.</param>
/// <param name="IsCompletion">It is the completion of a command.</param>
/// <param name="OncePerService">Not again until the driver has looked.</param>
/// <param name="Count">How many happen in all; 0 = no end.</param>
/// <param name="Kind">Whose doing it is.</param>
/// <param name="Dma">It writes memory first.</param>
internal readonly record struct MachineSource(int Function, int Number, bool IsCompletion, bool OncePerService, ulong Count, SourceKind Kind, bool Dma);

/// <summary>Whose doing an event source is.</summary>
internal enum SourceKind : byte
{
    /// <summary>The device's.</summary>
    Device,

    /// <summary>A kernel thread's.</summary>
    KernelThread,

    /// <summary>A guest's.</summary>
    Guest,
}

/// <summary>What one boot does with the machine.</summary>
public sealed class MachineBoot
{
    /// <summary>As the scenario has it.</summary>
    public required BootSpec Spec { get; init; }

    /// <summary>Driver of each function, or null.</summary>
    public required IReadOnlyList<DriverModel?> Drivers
    {
        get => Driver;
        init => Driver = [.. value];
    }

    /// <summary>Interrupt mode of each function; Auto = no driver.</summary>
    public required IReadOnlyList<InterruptMode> Modes { get; init; }

    /// <summary>
    /// For each line the functions in the order in which their handlers are chained: one place for each request_irq of the boot, since each adds
    /// its action at the end (__setup_irq). A function that frees its irq and requests it again has several, one at a time.
    /// </summary>
    public required IReadOnlyList<int[]> Chains
    {
        get => Chain;
        init
        {
            Chain = [.. value];
            InChain = [.. value.Select(chain => chain.Select((f, place) =>
                FunctionBits.LineAction | ((ulong)chain.Take(place).Count(other => other == f) << FunctionBits.RequestShift)).ToArray())];
        }
    }

    /// <summary>Local-APIC slot of each line.</summary>
    public required IReadOnlyList<int> LineSlots
    {
        get => LineSlot;
        init => LineSlot = [.. value];
    }

    /// <summary>Local-APIC slot of each vector in the machine's numbering, or -1.</summary>
    public required IReadOnlyList<int> VectorSlots
    {
        get => VectorSlot;
        init => VectorSlot = [.. value];
    }

    /// <summary>MSI or MSI-X vectors that each function's driver allocates.</summary>
    public required IReadOnlyList<int> Vectors { get; init; }

    /// <summary>It has interrupt remapping and uses it.</summary>
    public bool UsesRemapping { get; init; }

    /// <summary>For each line whether its pin stays masked until the handlers' threads have run.</summary>
    public required IReadOnlyList<bool> OneshotLines
    {
        get => Oneshot;
        init => Oneshot = [.. value];
    }

    internal bool[] Oneshot { get; private init; } = [];

    /// <summary>Where the work of a handler is done in this boot.</summary>
    internal HandlerThread ThreadOf(HandlerModel handler) => Spec.ThreadIrqs ? HandlerThread.Oneshot : handler.Thread;

    /// <summary>Owner of each slot: a line (its index), a vector (lines + its index), or -1.</summary>
    public required IReadOnlyList<int> SlotOwners
    {
        get => SlotOwner;
        init => SlotOwner = [.. value];
    }

    internal DriverModel?[] Driver { get; private init; } = [];
    internal int[][] Chain { get; private init; } = [];

    // What a function's word says of LineAction and Request while its handler is at that place.
    internal ulong[][] InChain { get; private init; } = [];
    internal int[] LineSlot { get; private init; } = [];
    internal int[] VectorSlot { get; private init; } = [];
    internal int[] SlotOwner { get; private init; } = [];
}

/// <summary>A vector of one CPU's local APIC that some boot uses.</summary>
/// <param name="Cpu">The CPU.</param>
/// <param name="Vector">Its number.</param>
/// <param name="Bit">Position among this CPU's slots, lowest vector first.</param>
public readonly record struct LapicSlot(int Cpu, Vector Vector, int Bit);
