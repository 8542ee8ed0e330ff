using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>
/// Functions that can meet (design section 8): on a shared line, by a boot interrupt, by a vector that another boot gives to somebody else.
/// With irqfixup or irqpoll, and where the IO-APIC looks at every pin (QEMU), all functions meet.
/// </summary>
internal static class Clusters
{
    /// <summary>The clusters, each with its functions in discovery order. A bridge is in the cluster of its own line; it acts on those below it, and they not on it.</summary>
    public static IReadOnlyList<IReadOnlyList<int>> Of(CompiledMachine m)
    {
        var root = Enumerable.Range(0, m.F.Length).ToArray();
        int Find(int f)
        {
            while (root[f] != f)
            {
                f = root[f] = root[root[f]];
            }

            return f;
        }

        void Join(IEnumerable<int> functions)
        {
            var first = -1;
            foreach (var f in functions)
            {
                if (first >= 0)
                {
                    root[Find(f)] = Find(first);
                }

                first = first < 0 ? f : first;
            }
        }

        if (m.Scenario.Platform.ForgetsRiseWhileUnprogrammed || m.Scenario.Platform.PausesAfterSuccessive > 0 || m.B.Any(b => b.Spec.IrqFixup != IrqFixup.Off))
        {
            Join(root.ToArray());
        }

        // Those on one line meet; so do those on a line and on the one that is raised in its place.
        foreach (var line in m.L)
        {
            var instead = m.RaisedInstead[line.Index];
            Join(instead < 0 ? line.Member : line.Member.Concat(m.L[instead].Member));
        }

        // A message of one boot may arrive in another, where its vector is somebody else's.
        for (var slot = 0; slot < m.Slot.Length; slot++)
        {
            var at = slot;
            Join(m.B.Select(b => b.SlotOwner[at]).Where(owner => owner >= 0).SelectMany(owner => owner < m.L.Length ? m.L[owner].Member : [m.VectorOwner[owner - m.L.Length]]));
        }

        return [.. Enumerable.Range(0, m.F.Length).GroupBy(Find).Select(g => (IReadOnlyList<int>)[.. g])];
    }
}

/// <summary>
/// A cluster alone: the machine with a program that does nothing to foreign functions. What is foreign can only delay what is not: it holds
/// a CPU, the poller or the task for a while, and without time every actor may be any length behind any other. So the slice allows every
/// ordering that the whole machine does, as far as the cluster is concerned, and perhaps more.
/// </summary>
internal sealed class Slice
{
    private Slice(CompiledMachine machine, int[] wholePc, bool[] foreign)
    {
        Machine = machine;
        Foreign = foreign;
        this.wholePc = wholePc;
    }

    private readonly int[] wholePc;

    /// <summary>The machine with the shorter program; all numbers but those of instructions are the whole one's.</summary>
    public CompiledMachine Machine { get; }

    /// <summary>For each word of the control part whether it is of foreign functions or lines alone.</summary>
    public bool[] Foreign { get; }

    /// <summary>Cuts a cluster out.</summary>
    public static Slice Of(CompiledMachine whole, IReadOnlyList<int> cluster)
    {
        var own = new bool[whole.F.Length];
        var above = new bool[whole.F.Length];
        var line = new bool[whole.L.Length];
        foreach (var f in cluster)
        {
            own[f] = true;
            if (whole.F[f].Line >= 0)
            {
                line[whole.F[f].Line] = true;
            }

            for (var bridge = whole.F[f].Parent; bridge >= 0; bridge = whole.F[bridge].Parent)
            {
                above[bridge] = true;
            }
        }

        var program = new List<Instruction>();
        var wholePc = new List<int>();
        var start = 0;
        for (var pc = 0; pc < whole.Code.Length; pc++)
        {
            start = pc == whole.StartPc ? program.Count : start;
            if (Matters(whole.Code[pc], own, above, line))
            {
                program.Add(whole.Code[pc]);
                wholePc.Add(pc);
            }
        }

        return new Slice(whole.WithProgram(program, start), [.. wholePc], ForeignWords(whole, own, above, line));
    }

    private static bool[] ForeignWords(CompiledMachine m, bool[] own, bool[] above, bool[] line)
    {
        var foreign = new bool[m.ControlWords];
        for (var l = 0; l < m.L.Length; l++)
        {
            foreign[m.LineWord + l] = !line[l];
        }

        Array.Fill(foreign, true, m.VectorWord, m.ControlWords - m.VectorWord);
        for (var f = 0; f < m.F.Length; f++)
        {
            foreign[m.FunctionWord + f] = !own[f] && !above[f];
            for (var vector = m.F[f].FirstVector; (own[f] || above[f]) && vector < m.F[f].FirstVector + m.F[f].VectorCount; vector++)
            {
                foreign[m.VectorWord + (vector >> 2)] = false;
            }
        }

        return foreign;
    }

    private static bool Matters(in Instruction i, bool[] own, bool[] above, bool[] line) => i.Op switch
    {
        // Of a line, whatever function it may name.
        Op.MaskPin or Op.ClearPin => line[i.A],

        // Of the machine.
        Op.Phase or Op.LocalIrqDisable or Op.LocalIrqEnable or Op.StopOtherCpus or Op.StartOtherCpus or Op.Jump or Op.PlatformReset or Op.Remapping
            or Op.BootInterruptsOff or Op.WriteOtherPin or Op.End => true,

        // A delay does nothing but take time, and time there is none.
        Op.Delay => i.Function < 0,

        // What a bridge above lets through is its registers' doing, which only the task writes; its own interrupts are foreign.
        Op.Start or Op.RequestLine or Op.RequestVectors or Op.Command or Op.Await or Op.Traffic => i.Function < 0 || own[i.Function],
        _ => i.Function < 0 || own[i.Function] || above[i.Function],
    };

    /// <summary>An action of the slice as one of the whole machine.</summary>
    public MachineAction InWhole(in MachineAction action) => action.Verb is Verb.Step or Verb.TimeOut ? action with { Operand = wholePc[action.Operand] } : action;
}
