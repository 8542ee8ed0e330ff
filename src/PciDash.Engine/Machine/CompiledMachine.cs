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

    /// <summary>For each line the functions in the order in which their handlers are chained.</summary>
    public required IReadOnlyList<int[]> Chains
    {
        get => Chain;
        init => Chain = [.. value];
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
    internal int[] LineSlot { get; private init; } = [];
    internal int[] VectorSlot { get; private init; } = [];
    internal int[] SlotOwner { get; private init; } = [];
}

/// <summary>A vector of one CPU's local APIC that some boot uses.</summary>
/// <param name="Cpu">The CPU.</param>
/// <param name="Vector">Its number.</param>
/// <param name="Bit">Position among this CPU's slots, lowest vector first.</param>
public readonly record struct LapicSlot(int Cpu, Vector Vector, int Bit);

/// <summary>
/// A scenario made ready: tables, program and the layout of its state. State is packed words: the control part first (explored, hashed),
/// then the clock part (now, counters, deadlines, causes; never hashed). Immutable, and shared by everything that drives it.
/// </summary>
public sealed class CompiledMachine
{
    internal const int GlobalWord = 0;

    // Global word: boot index, the phase, and the end of the run.
    internal const ulong BootMask = 0x7;
    internal const int PhaseShift = 8;
    internal const ulong PhaseMask = 0xFFUL << PhaseShift;
    internal const ulong Ended = 1UL << 63;

    // Interrupt remapping: on, and for each boot whether its entries are in the table in force.
    internal const ulong RemappingOn = 1UL << 16;
    internal const int RemappingEntriesShift = 17;
    internal const ulong RemappingEntries = 0x1FUL << RemappingEntriesShift;

    /// <summary>A quirk turned boot interrupts off.</summary>
    internal const ulong BootInterruptsOff = 1UL << 23;

    /// <summary>The scenario.</summary>
    public required Scenario Scenario { get; init; }

    /// <summary>Functions in discovery order.</summary>
    public required IReadOnlyList<MachineFunction> Functions { get; init; }

    /// <summary>Lines by GSI.</summary>
    public required IReadOnlyList<MachineLine> Lines { get; init; }

    /// <summary>Boots in order.</summary>
    public required IReadOnlyList<MachineBoot> Boots { get; init; }

    /// <summary>Local-APIC slots.</summary>
    public required IReadOnlyList<LapicSlot> Slots { get; init; }

    /// <summary>The program of the task on CPU 0: all boots, one after the other.</summary>
    public required IReadOnlyList<Instruction> Program { get; init; }

    /// <summary>Names of phases and stimuli.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Where each instruction comes from.</summary>
    public required IReadOnlyList<Origin> Origins { get; init; }

    /// <summary>Where the run begins: what is before it only makes the first boot's running state.</summary>
    public required int StartPc { get; init; }

    /// <summary>Number of CPUs, 1-8.</summary>
    public required int CpuCount { get; init; }

    /// <summary>Vectors of all functions together.</summary>
    public required int VectorCount { get; init; }

    /// <summary>Event sources of all functions together.</summary>
    public required int SourceCount { get; init; }

    /// <summary>Owner of each event source.</summary>
    public required IReadOnlyList<int> SourceFunctions { get; init; }

    /// <summary>Actors in all.</summary>
    public int ActorCount { get; private init; }

    /// <summary>Words of the control part.</summary>
    public int ControlWords { get; private init; }

    /// <summary>Words of a timed state.</summary>
    public int TotalWords { get; private init; }

    internal MachineFunction[] F { get; private init; } = [];
    internal MachineLine[] L { get; private init; } = [];
    internal Instruction[] Code { get; private init; } = [];
    internal LapicSlot[] Slot { get; private init; } = [];
    internal int[][] SlotOfCpuBit { get; private init; } = [];
    internal MachineBoot[] B { get; private init; } = [];
    internal MachineSource[] Source { get; private init; } = [];
    internal int[] VectorOwner { get; private init; } = [];

    // The line that is raised in place of each while its pin is masked, or -1; and the other way round.
    internal int[] RaisedInstead { get; private init; } = [];
    internal int[][] RaisedFor { get; private init; } = [];

    // Functions whose handlers have threads in some boot, one actor each.
    internal int[] ThreadFunction { get; private init; } = [];
    internal int[] ThreadOfFunction { get; private init; } = [];

    // Actors that need a CPU in task context, by CPU: kernel threads among the sources, threads of handlers.
    internal int[][] TaskLike { get; private init; } = [];

    // Where a suspended actor's time is kept: the place of each task-like actor, by actor.
    internal int[] HeldPlace { get; private init; } = [];

    internal int TaskWord { get; private init; }
    internal int IrqWord { get; private init; }
    internal int IrrWord { get; private init; }
    internal int IrrWordsPerCpu { get; private init; }
    internal int PollerWord { get; private init; }
    internal int LineWord { get; private init; }
    internal int FunctionWord { get; private init; }
    internal int VectorWord { get; private init; }

    internal int NowWord { get; private init; }
    internal int CounterWord { get; private init; }
    internal int InterruptCountWord { get; private init; }
    internal int DueWord { get; private init; }
    internal int RemainingWord { get; private init; }
    internal int HeldCount { get; private init; }
    internal int DrawWord { get; private init; }
    internal int BudgetWord { get; private init; }
    internal int CauseWord { get; private init; }

    // Words of a line's counters.
    internal const int CounterWordsPerLine = 4;
    internal const int IrqCount = 0;
    internal const int Unhandled = 1;
    internal const int LastUnhandled = 2;
    internal const int Successive = 3;

    /// <summary>First of the tasks' actors, one for each CPU; below it are the CPUs' interrupt contexts.</summary>
    public int TaskActor => CpuCount;

    /// <summary>The actor of spurious.c's poller.</summary>
    public int PollerActor => 2 * CpuCount;

    /// <summary>First of the actors that end the IO-APIC's pauses, one for each line.</summary>
    public int PauseActor => (2 * CpuCount) + 1;

    /// <summary>First of the event sources' actors, in the order of <see cref="SourceFunctions"/>.</summary>
    public int SourceActor => PauseActor + L.Length;

    /// <summary>First of the actors that are threads of handlers.</summary>
    public int ThreadActor => SourceActor + SourceCount;

    /// <summary>The function whose handler's thread an actor is.</summary>
    public MachineFunction FunctionOfThread(int actor) => F[ThreadFunction[actor - ThreadActor]];

    /// <summary>The Linux irq of a descriptor: a line (its index), or a vector (lines + its index).</summary>
    public IrqNumber IrqOf(int descriptor) =>
        new(descriptor < L.Length ? L[descriptor].Gsi.Value : FirstMsiIrq + descriptor - L.Length);

    // MSI irqs are numbered after those of the IO-APIC's 24 (or more) pins, as on the recorded machines.
    private const int LeastFirstMsiIrq = 24;

    private int FirstMsiIrq => Math.Max(LeastFirstMsiIrq, L.Length == 0 ? 0 : L[^1].Gsi.Value + 1);

    // Causes: the raw number of the event that explains the next one of an actor or object.
    internal int CauseOfTask => CauseWord;

    internal int CauseOfContext(int context) => CauseWord + 1 + context;

    internal int CauseOfLine(int line) => CauseWord + 2 + CpuCount + line;

    internal int CauseOfFunction(int f) => CauseWord + 2 + CpuCount + L.Length + f;

    internal int CauseOfConfig(int f) => CauseWord + 2 + CpuCount + L.Length + F.Length + f;

    internal int CauseOfSlot(int slot) => CauseWord + 2 + CpuCount + L.Length + (2 * F.Length) + slot;

    /// <summary>Compiles a scenario.</summary>
    /// <exception cref="ScenarioException">The scenario contradicts itself or a limit; every problem is named.</exception>
    public static CompiledMachine Compile(Scenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        return new Compiler(scenario).Compile();
    }

    /// <summary>The same machine with one instruction that takes another time.</summary>
    internal CompiledMachine WithCost(int pc, long costNs) =>
        WithLayout([.. Program.Select((instruction, i) => i == pc ? instruction with { CostNs = costNs } : instruction)]);

    internal CompiledMachine WithLayout() => WithLayout(Program);

    private static IEnumerable<MachineSource> SourcesOf(MachineFunction f) => f.Source.Select(
        (s, i) => new MachineSource(
            f.Index, i, i == f.Source.Length - 1, s.OncePerService ?? f.Device.OncePerService, (ulong)s.Count,
            s.What == EventSource.KernelThread ? SourceKind.KernelThread : s.What == EventSource.GuestEoi ? SourceKind.Guest : SourceKind.Device, s.Dma));

    // In some boot its handlers have threads.
    private bool HasThread(MachineFunction f) => Boots.Any(
        b => b.Drivers[f.Index] is { } driver && (b.ThreadOf(driver.IntxHandler) != HandlerThread.None || b.ThreadOf(driver.VectorHandler) != HandlerThread.None));

    private int IndexOfLine(Gsi gsi)
    {
        for (var i = 0; i < Lines.Count; i++)
        {
            if (Lines[i].Gsi == gsi)
            {
                return i;
            }
        }

        return -1;
    }

    private CompiledMachine WithLayout(IReadOnlyList<Instruction> program)
    {
        var cpus = CpuCount;
        var irrWords = Math.Max(1, (Slots.GroupBy(s => s.Cpu).Select(g => g.Count()).DefaultIfEmpty(0).Max() + 63) / 64);
        var next = 1;
        int Take(int words)
        {
            var at = next;
            next += words;
            return at;
        }

        var task = Take(cpus);
        var irq = Take(cpus);
        var poller = Take(1);
        var irr = Take(cpus * irrWords);
        var line = Take(Lines.Count);
        var function = Take(Functions.Count);
        var vector = Take((VectorCount + 3) / 4);
        var control = next;
        var now = Take(1);
        var counter = Take(Lines.Count * CounterWordsPerLine);
        var interrupts = Take(Lines.Count + VectorCount);
        var sources = Functions.SelectMany(SourcesOf).ToArray();
        var threads = Functions.Where(HasThread).Select(f => f.Index).ToArray();
        var actors = (2 * cpus) + 1 + Lines.Count + SourceCount + threads.Length;
        var firstSource = (2 * cpus) + 1 + Lines.Count;
        var taskLike = sources.Select((s, i) => (s.Kind, s.Function, Actor: firstSource + i)).Where(s => s.Kind == SourceKind.KernelThread)
            .Select(s => (s.Function, s.Actor)).Concat(threads.Select((f, i) => (f, firstSource + SourceCount + i))).ToArray();
        var due = Take(actors);
        var remaining = Take(cpus + 1 + taskLike.Length);
        var heldPlace = new int[actors];
        Array.Fill(heldPlace, -1);
        for (var held = 0; held <= cpus; held++)
        {
            heldPlace[cpus + held] = remaining + held;
        }

        for (var i = 0; i < taskLike.Length; i++)
        {
            heldPlace[taskLike[i].Item2] = remaining + cpus + 1 + i;
        }

        var instead = Lines.Select(l => Scenario.BootInterrupts.FirstOrDefault(b => b.From == l.Gsi) is { } b ? IndexOfLine(b.To) : -1).ToArray();
        var draw = Take(SourceCount);
        var budget = Take(SourceCount);
        var cause = Take(2 + cpus + Lines.Count + (2 * Functions.Count) + Slots.Count);
        var slotOfCpuBit = new int[cpus][];
        for (var c = 0; c < cpus; c++)
        {
            slotOfCpuBit[c] = [.. Slots.Select((s, i) => (s, i)).Where(p => p.s.Cpu == c).OrderBy(p => p.s.Bit).Select(p => p.i)];
        }

        return new CompiledMachine
        {
            Scenario = Scenario, Functions = Functions, Lines = Lines, Boots = Boots, Slots = Slots, Program = program, Names = Names,
            Origins = Origins, StartPc = StartPc, CpuCount = CpuCount, VectorCount = VectorCount, SourceCount = SourceCount,
            SourceFunctions = SourceFunctions,
            F = [.. Functions], L = [.. Lines], Code = [.. program], Slot = [.. Slots], SlotOfCpuBit = slotOfCpuBit,
            B = [.. Boots], Source = sources, ThreadFunction = threads, HeldPlace = heldPlace, RaisedInstead = instead,
            ThreadOfFunction = [.. Functions.Select(f => Array.IndexOf(threads, f.Index))],
            RaisedFor = [.. Lines.Select(l => Enumerable.Range(0, instead.Length).Where(from => instead[from] == l.Index).ToArray())],
            TaskLike = [.. Enumerable.Range(0, cpus).Select(c => taskLike.Where(t => Functions[t.Item1].Spec.Cpu == c).Select(t => t.Item2).ToArray())],
            HeldCount = cpus + 1 + taskLike.Length, VectorOwner = [.. Functions.SelectMany(f => Enumerable.Repeat(f.Index, f.VectorCount))],
            TaskWord = task, IrqWord = irq, PollerWord = poller, IrrWord = irr, IrrWordsPerCpu = irrWords, LineWord = line,
            FunctionWord = function, VectorWord = vector, ControlWords = control, NowWord = now, CounterWord = counter,
            InterruptCountWord = interrupts, DueWord = due, RemainingWord = remaining, DrawWord = draw, BudgetWord = budget,
            CauseWord = cause, TotalWords = next, ActorCount = actors,
        };
    }
}
