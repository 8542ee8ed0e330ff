using System.Globalization;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

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

    // One unhandled message after the other may arrive at this vector: some boot has programmed it for somebody else, its work is a thread's,
    // which says what came of it only later, or its function has a handler on a line too, which may be quicker.
    internal bool[] MayStayUnhandled { get; private init; } = [];

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

    // Where the draws of a source, and in the upper half its events, are counted; -1 where neither matters.
    internal int[] DrawWord { get; private init; } = [];
    internal const ulong Draws = 0xFFFF_FFFF;
    internal const int FiredShift = 32;

    // Two causes to a word.
    internal int CauseWord { get; private init; }

    // Words of an irq's counters: irq_count, irqs_unhandled and the platform's in one (see CounterBits), last_unhandled in the other.
    internal const int CounterWordsPerIrq = 2;
    internal const int Counts = 0;
    internal const int LastUnhandled = 1;

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

    /// <summary>The function whose vector a descriptor is; null for a line.</summary>
    public MachineFunction? FunctionOf(int descriptor) => descriptor < L.Length ? null : F[VectorOwner[descriptor - L.Length]];

    // MSI irqs are numbered after those of the IO-APIC's 24 (or more) pins, as on the recorded machines.
    private const int LeastFirstMsiIrq = 24;

    private int FirstMsiIrq => Math.Max(LeastFirstMsiIrq, L.Length == 0 ? 0 : L[^1].Gsi.Value + 1);

    // Causes: the raw number of the event that explains the next one of an actor or object; places in the half words from CauseWord on.
    internal const int CauseOfTask = 0;

    internal static int CauseOfContext(int context) => 1 + context;

    internal int CauseOfLine(int line) => 2 + CpuCount + line;

    internal int CauseOfFunction(int f) => 2 + CpuCount + L.Length + f;

    internal int CauseOfConfig(int f) => 2 + CpuCount + L.Length + F.Length + f;

    internal int CauseOfSlot(int slot) => 2 + CpuCount + L.Length + (2 * F.Length) + slot;

    /// <summary>Compiles a scenario.</summary>
    /// <exception cref="ScenarioException">The scenario contradicts itself or a limit; every problem is named.</exception>
    public static CompiledMachine Compile(Scenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var machine = new Compiler(scenario).Compile();
        var bytes = 8L * machine.TotalWords;
        return bytes <= Scenario.MaxStateBytes ? machine : throw new ScenarioException([string.Create(
            CultureInfo.InvariantCulture,
            $"functions: the state of this machine takes {bytes} bytes ({machine.F.Length} functions, {machine.VectorCount} vectors, {machine.SourceCount} event sources); {Scenario.MaxStateBytes} are possible")]);
    }

    /// <summary>The same machine with one instruction that takes another time.</summary>
    internal CompiledMachine WithCost(int pc, long costNs) =>
        WithLayout([.. Program.Select((instruction, i) => i == pc ? instruction with { CostNs = costNs } : instruction)]);

    /// <summary>The same machine with another program, of which what is before <paramref name="startPc"/> only makes the first boot's running state.</summary>
    internal CompiledMachine WithProgram(IReadOnlyList<Instruction> program, int startPc) => WithLayout(program, startPc);

    internal CompiledMachine WithLayout() => WithLayout(Program);

    private static IEnumerable<MachineSource> SourcesOf(MachineFunction f) => f.Source.Select(
        (s, i) => new MachineSource(
            f.Index, i, i == f.Source.Length - 1, s.OncePerService ?? f.Device.OncePerService, (ulong)s.Count,
            s.What == EventSource.KernelThread ? SourceKind.KernelThread : s.What == EventSource.GuestEoi ? SourceKind.Guest : SourceKind.Device, s.Dma));

    // In some boot its handlers have threads.
    private bool HasThread(MachineFunction f) => Boots.Any(
        b => b.Drivers[f.Index] is { } driver && (b.ThreadOf(driver.IntxHandler) != HandlerThread.None || b.ThreadOf(driver.VectorHandler) != HandlerThread.None));

    // In some boot it has handlers on its line and for its vectors.
    private bool IsOnLineToo(MachineFunction f) => f.Line >= 0 && Boots.Any(b => b.Vectors[f.Index] > 0 && b.Chains[f.Line].Contains(f.Index));

    // Another vector or line has its number in another boot.
    private bool IsAliased(int vector) => Boots.Any(
        b => b.VectorSlots[vector] is >= 0 and var slot && Boots.Any(other => other.SlotOwners[slot] is >= 0 and var owner && owner != Lines.Count + vector));

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

    /// <summary>What note_interrupt keeps of an irq, a line's or a vector's, at the places of <see cref="LineBits"/>.</summary>
    internal ulong NoteBits(ulong[] state, int descriptor)
    {
        if (descriptor < L.Length)
        {
            return state[LineWord + descriptor];
        }

        var vector = descriptor - L.Length;
        return (state[VectorWord + (vector >> 2)] >> ((vector & 3) * 16) & 0xFFFF) << VectorBits.NoteShift;
    }

    private CompiledMachine WithLayout(IReadOnlyList<Instruction> program, int? startPc = null)
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
        var counter = Take((Lines.Count + VectorCount) * CounterWordsPerIrq);
        var interrupts = Take(Lines.Count);
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
        var draw = Functions.SelectMany(f => f.Source).Select(s => s.FirstNs is not null || s.JitterPercent > 0 || s.Count > 0 ? Take(1) : -1).ToArray();
        var cause = Take((2 + cpus + Lines.Count + (2 * Functions.Count) + Slots.Count + 1) / 2);
        var slotOfCpuBit = new int[cpus][];
        for (var c = 0; c < cpus; c++)
        {
            slotOfCpuBit[c] = [.. Slots.Select((s, i) => (s, i)).Where(p => p.s.Cpu == c).OrderBy(p => p.s.Bit).Select(p => p.i)];
        }

        return new CompiledMachine
        {
            Scenario = Scenario, Functions = Functions, Lines = Lines, Boots = Boots, Slots = Slots, Program = program, Names = Names,
            Origins = Origins, StartPc = startPc ?? StartPc, CpuCount = CpuCount, VectorCount = VectorCount, SourceCount = SourceCount,
            SourceFunctions = SourceFunctions,
            F = [.. Functions], L = [.. Lines], Code = [.. program], Slot = [.. Slots], SlotOfCpuBit = slotOfCpuBit,
            B = [.. Boots], Source = sources, ThreadFunction = threads, HeldPlace = heldPlace, RaisedInstead = instead,
            ThreadOfFunction = [.. Functions.Select(f => Array.IndexOf(threads, f.Index))],
            RaisedFor = [.. Lines.Select(l => Enumerable.Range(0, instead.Length).Where(from => instead[from] == l.Index).ToArray())],
            TaskLike = [.. Enumerable.Range(0, cpus).Select(c => taskLike.Where(t => Functions[t.Item1].Spec.Cpu == c).Select(t => t.Item2).ToArray())],
            HeldCount = cpus + 1 + taskLike.Length, VectorOwner = [.. Functions.SelectMany(f => Enumerable.Repeat(f.Index, f.VectorCount))],
            MayStayUnhandled = [.. Functions.SelectMany(f => Enumerable.Repeat(f, f.VectorCount)).Select((f, v) => HasThread(f) || IsOnLineToo(f) || IsAliased(v))],
            TaskWord = task, IrqWord = irq, PollerWord = poller, IrrWord = irr, IrrWordsPerCpu = irrWords, LineWord = line,
            FunctionWord = function, VectorWord = vector, ControlWords = control, NowWord = now, CounterWord = counter,
            InterruptCountWord = interrupts, DueWord = due, RemainingWord = remaining, DrawWord = draw,
            CauseWord = cause, TotalWords = next, ActorCount = actors,
        };
    }
}
