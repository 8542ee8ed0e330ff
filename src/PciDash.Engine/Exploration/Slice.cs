using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>
/// A cluster alone, as a machine of its own: its functions with the bridges above them, their lines, vectors and the instructions that
/// concern them. What is foreign can only delay what is not: it holds a CPU, the poller or the task for a while, and without time every
/// actor may be any length behind any other. So the slice allows every ordering that the whole machine does, as far as the cluster is
/// concerned, and perhaps more. Clusters that are alike but for addresses, lines and CPUs are cut out as the same machine, so that one search does for
/// all of them.
/// </summary>
internal sealed class Slice
{
    private readonly CompiledMachine whole;
    private readonly int[] functions;
    private readonly int[] lines;
    private readonly int[] vectors;
    private readonly int[] slots;
    private readonly int[] cpus;
    private readonly int[] wholePc;
    private readonly bool[] isOwn;

    private Slice(CompiledMachine whole, CompiledMachine machine, bool[] isOwn, int[] functions, int[] lines, int[] vectors, int[] slots, int[] cpus, int[] wholePc)
    {
        this.isOwn = isOwn;
        this.cpus = cpus;
        this.whole = whole;
        Machine = machine;
        this.functions = functions;
        this.lines = lines;
        this.vectors = vectors;
        this.slots = slots;
        this.wholePc = wholePc;
    }

    /// <summary>The machine. Its numbers of functions, lines, vectors, slots and instructions are its own.</summary>
    public CompiledMachine Machine { get; }

    /// <summary>Cuts a cluster out.</summary>
    /// <param name="whole">The machine.</param>
    /// <param name="cluster">Indices of its functions.</param>
    /// <param name="concerned">Whom the machine's instructions concern; null = to be found out.</param>
    public static Slice Of(CompiledMachine whole, IReadOnlyList<int> cluster, ProgramIndex? concerned = null)
    {
        concerned ??= new ProgramIndex(whole);
        var own = new bool[whole.F.Length];
        var above = new bool[whole.F.Length];
        var onLine = new bool[whole.L.Length];
        foreach (var f in cluster)
        {
            own[f] = true;
            if (whole.F[f].Line >= 0)
            {
                onLine[whole.F[f].Line] = true;
            }

            // To a function that never writes memory it does not matter what the bridges above forward.
            for (var bridge = WritesMemory(whole.F[f]) ? whole.F[f].Parent : -1; bridge >= 0; bridge = whole.F[bridge].Parent)
            {
                above[bridge] = true;
            }
        }

        // A line that is raised in place of one of these is of the cluster, for its functions are; it may have none.
        for (var l = 0; l < whole.L.Length; l++)
        {
            if (onLine[l] && whole.RaisedInstead[l] is >= 0 and var instead)
            {
                onLine[instead] = true;
            }
        }

        int[] Kept(int count, Func<int, bool> keep) => [.. Enumerable.Range(0, count).Where(keep)];
        var functions = Kept(whole.F.Length, f => own[f] || above[f]);
        var lines = Kept(whole.L.Length, l => onLine[l]);
        int[] vectors = [.. functions.Where(f => own[f]).SelectMany(f => Enumerable.Range(whole.F[f].FirstVector, whole.F[f].VectorCount))];
        var isVector = vectors.ToHashSet();
        bool IsOwned(int owner) => owner >= 0 && (owner < whole.L.Length ? onLine[owner] : isVector.Contains(owner - whole.L.Length));
        int[] slots = Kept(whole.Slot.Length, slot => whole.B.Any(b => IsOwned(b.SlotOwner[slot])));
        var cpus = Cpus(whole, own, lines, vectors, slots);
        slots = [.. slots.OrderBy(slot => Array.IndexOf(cpus, whole.Slot[slot].Cpu)).ThenBy(slot => whole.Slot[slot].Bit)];
        var numbers = new Numbers(
            Inverse(whole.F.Length, functions), Inverse(whole.L.Length, lines), Inverse(whole.VectorCount, vectors), Inverse(whole.Slot.Length, slots), Inverse(whole.CpuCount, cpus));

        var program = new List<Instruction>();
        var wholePc = new List<int>();
        var start = 0;
        foreach (var pc in concerned.By(functions, lines))
        {
            if (Matters(whole.Code[pc], own, above, onLine))
            {
                start += pc < whole.StartPc ? 1 : 0;
                program.Add(Renumbered(whole.Code[pc], numbers));
                wholePc.Add(pc);
            }
        }

        var made = Functions(whole, functions, own, numbers);
        var machine = new CompiledMachine
        {
            Scenario = whole.Scenario,
            Functions = made,
            Lines = [.. lines.Select((l, i) => new MachineLine(i, whole.L[l].Gsi, [.. whole.L[l].Member.Where(f => own[f]).Select(f => numbers.Function[f])]))],
            Boots = [.. whole.B.Select(b => Boot(whole, b, functions, lines, vectors, slots, cpus, own, numbers))],
            Slots = [.. slots.Select((slot, i) => new LapicSlot(numbers.Cpu[whole.Slot[slot].Cpu], whole.Slot[slot].Vector, slots.Take(i).Count(o => whole.Slot[o].Cpu == whole.Slot[slot].Cpu)))],
            Program = program,
            Names = whole.Names,
            Origins = whole.Origins,
            StartPc = start,
            CpuCount = cpus.Length,
            VectorCount = vectors.Length,
            SourceCount = made.Sum(f => f.Sources.Count),
            SourceFunctions = [.. made.SelectMany(f => Enumerable.Repeat(f.Index, f.Sources.Count))],
        }.WithLayout();
        return new Slice(whole, machine, own, functions, lines, vectors, slots, cpus, [.. wholePc]);
    }

    /// <summary>A path of the slice as one of the whole machine: each action as that has it. It begins where the slice does.</summary>
    public List<MachineAction> InWhole(IReadOnlyList<MachineAction> path)
    {
        var walk = new Execution<UntimedClock, NullSink>(Machine, InitialState.Untimed(Machine), default);
        var there = new List<MachineAction>(path.Count);
        foreach (var action in path)
        {
            there.Add(InWhole(action, walk.State));
            walk.Apply(action);
        }

        return there;
    }

    // A handler of a line is told by its place in the chain, and that has others between in the whole machine.
    private int Handler(in MachineAction action, ulong[] state)
    {
        var m = Machine;
        var word = state[action.Actor == m.PollerActor ? m.PollerWord : m.IrqWord + action.Actor];
        var descriptor = (int)((word & ContextBits.Descriptor) >> ContextBits.DescriptorShift);
        if (descriptor >= m.L.Length)
        {
            return functions[action.Operand];
        }

        var chain = whole.B[(int)(state[CompiledMachine.GlobalWord] & CompiledMachine.BootMask)].Chain[lines[descriptor]];
        var own = -1;
        for (var place = 0; ; place++)
        {
            own += isOwn[chain[place]] ? 1 : 0;
            if (own == action.Operand)
            {
                return place;
            }
        }
    }

    private MachineAction InWhole(in MachineAction action, ulong[] state)
    {
        var m = Machine;
        var actor = action.Actor < m.TaskActor ? cpus[action.Actor]
            : action.Actor < m.PollerActor ? whole.TaskActor + cpus[action.Actor - m.TaskActor]
            : action.Actor == m.PollerActor ? whole.PollerActor
            : action.Actor < m.SourceActor ? whole.PauseActor + lines[action.Actor - m.PauseActor]
            : action.Actor < m.ThreadActor ? whole.SourceActor + whole.F[functions[m.SourceFunctions[action.Actor - m.SourceActor]]].FirstSource + action.Operand
            : whole.ThreadActor + WholeThread(action.Actor - m.ThreadActor);
        return new MachineAction(actor, action.Verb, action.Verb switch
        {
            Verb.Step or Verb.TimeOut => wholePc[action.Operand],
            Verb.Take => slots[action.Operand],
            Verb.EnterHandler or Verb.ExitHandler => Handler(action, state),
            Verb.Note or Verb.Trip => action.Operand < m.L.Length ? lines[action.Operand] : whole.L.Length + vectors[action.Operand - m.L.Length],
            Verb.Eoi or Verb.EoiPause or Verb.Resume => lines[action.Operand],
            Verb.RunThread => WholeThread(action.Operand),
            _ => action.Operand,
        });
    }

    private int WholeThread(int thread) => whole.ThreadOfFunction[functions[Machine.ThreadFunction[thread]]];

    private readonly record struct Numbers(int[] Function, int[] Line, int[] Vector, int[] Slot, int[] Cpu);

    // The CPUs that this cluster's interrupts and threads use, and the task's: any other has nothing to do. In the order in which they come up, so that
    // it does not matter which of the machine's they are; but a boot that has some of them has the lowest.
    private static int[] Cpus(CompiledMachine whole, bool[] own, int[] lines, int[] vectors, int[] slots)
    {
        var used = new List<int> { 0 };
        used.AddRange(whole.B.SelectMany(b => lines.Select(l => b.LineSlot[l]).Concat(vectors.Select(v => b.VectorSlot[v]))).Where(slot => slot >= 0).Select(slot => whole.Slot[slot].Cpu));
        used.AddRange(slots.Select(slot => whole.Slot[slot].Cpu));
        used.AddRange(Enumerable.Range(0, whole.F.Length).Where(f => own[f] && HasThread(whole, f)).Select(f => whole.F[f].Spec.Cpu));
        var cpus = used.Distinct();
        return [.. whole.B.All(b => b.Spec.Cpus <= 1 || b.Spec.Cpus >= whole.CpuCount) ? cpus : cpus.Order()];
    }

    private static bool WritesMemory(MachineFunction f) => f.VectorCount > 0 || f.Source.Any(s => s.Dma);

    private static bool HasThread(CompiledMachine whole, int f) =>
        whole.ThreadOfFunction[f] >= 0 || whole.F[f].Source.Any(s => s.What == EventSource.KernelThread);

    // From the whole machine's numbers to the slice's; -1 = it is not there.
    private static int[] Inverse(int count, int[] kept)
    {
        var at = new int[count];
        Array.Fill(at, -1);
        for (var i = 0; i < kept.Length; i++)
        {
            at[kept[i]] = i;
        }

        return at;
    }

    private static MachineFunction[] Functions(CompiledMachine whole, int[] functions, bool[] own, in Numbers numbers)
    {
        var made = new MachineFunction[functions.Length];
        var (vectors, sources) = (0, 0);
        for (var i = 0; i < functions.Length; i++)
        {
            var f = whole.F[functions[i]];
            var isOwn = own[f.Index];
            var line = numbers.Line;
            made[i] = new MachineFunction
            {
                Index = i,
                Spec = (isOwn ? f.Spec : f.Spec with { Events = [], LeftRunning = false }) with { Cpu = Math.Max(0, numbers.Cpu[f.Spec.Cpu]) },
                Parent = f.Parent >= 0 ? numbers.Function[f.Parent] : -1,

                // What a bridge above lets through is all that counts of it: its own interrupts are foreign.
                Line = isOwn && f.Line >= 0 ? line[f.Line] : -1,
                LinesOfItsPins = isOwn ? [.. f.LinesOfItsPins.Select(l => line[l]).Where(l => l >= 0)] : [],
                FirstVector = vectors,
                VectorCount = isOwn ? f.VectorCount : 0,
                FirstSource = sources,
                Sources = isOwn ? f.Sources : [f.Sources[^1]],
            };
            vectors += made[i].VectorCount;
            sources += made[i].Sources.Count;
        }

        return made;
    }

    private static MachineBoot Boot(CompiledMachine whole, MachineBoot b, int[] functions, int[] lines, int[] vectors, int[] slots, int[] cpus, bool[] own, Numbers numbers) => new()
    {
        Spec = b.Spec with { Cpus = cpus.Count(cpu => cpu < b.Spec.Cpus) },
        Drivers = [.. functions.Select(f => b.Driver[f])],
        Modes = [.. functions.Select(f => b.Modes[f])],
        Chains = [.. lines.Select(l => b.Chain[l].Where(f => own[f]).Select(f => numbers.Function[f]).ToArray())],
        LineSlots = [.. lines.Select(l => numbers.Slot[b.LineSlot[l]])],
        VectorSlots = [.. vectors.Select(v => b.VectorSlot[v] is >= 0 and var slot ? numbers.Slot[slot] : -1)],
        Vectors = [.. functions.Select(f => own[f] ? b.Vectors[f] : 0)],
        UsesRemapping = b.UsesRemapping,
        OneshotLines = [.. lines.Select(l => b.Oneshot[l])],
        SlotOwners = [.. slots.Select(slot => b.SlotOwner[slot] switch
        {
            < 0 => -1,
            var owner when owner < whole.L.Length => numbers.Line[owner],
            var owner => numbers.Vector[owner - whole.L.Length] is >= 0 and var vector ? lines.Length + vector : -1,
        })],
    };

    private static Instruction Renumbered(in Instruction i, in Numbers numbers) => i with
    {
        Function = i.Function < 0 ? -1 : numbers.Function[i.Function],
        A = i.Op is Op.MaskPin or Op.ClearPin ? numbers.Line[i.A] : i.A,
    };

    private static bool Matters(in Instruction i, bool[] own, bool[] above, bool[] line) => i.Op switch
    {
        // Of a line, whatever function it may name.
        Op.MaskPin or Op.ClearPin => line[i.A],

        // Of the machine.
        Op.Phase or Op.LocalIrqDisable or Op.LocalIrqEnable or Op.StopOtherCpus or Op.StartOtherCpus or Op.Jump or Op.PlatformReset or Op.Remapping
            or Op.BootInterruptsOff or Op.WriteOtherPin or Op.End => true,

        // A delay does nothing but take time, and time there is none.
        Op.Delay => i.Function < 0,

        // What a bridge above lets through is its Bus Master Enable's doing, which only the task writes; its own interrupts are foreign.
        Op.BusMaster or Op.FunctionReset or Op.PowerState when above[i.Function] => true,
        _ => i.Function < 0 || own[i.Function],
    };
}
