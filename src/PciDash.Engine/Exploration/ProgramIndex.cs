using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>Which instructions of a program concern whom, so that a slice need not look at all of them.</summary>
internal sealed class ProgramIndex
{
    private readonly List<int>[] ofFunction;
    private readonly List<int>[] ofLine;
    private readonly List<int> ofAll = [];

    public ProgramIndex(CompiledMachine m)
    {
        ofFunction = [.. m.F.Select(_ => new List<int>())];
        ofLine = [.. m.L.Select(_ => new List<int>())];
        for (var pc = 0; pc < m.Code.Length; pc++)
        {
            ref readonly var i = ref m.Code[pc];
            (i.Op is Op.MaskPin or Op.ClearPin ? ofLine[i.A] : i.Function >= 0 ? ofFunction[i.Function] : ofAll).Add(pc);
        }
    }

    /// <summary>Places of instructions about the machine, about these functions and these lines, in the program's order.</summary>
    public int[] By(int[] functions, int[] lines) => [.. functions.SelectMany(f => ofFunction[f]).Concat(lines.SelectMany(l => ofLine[l])).Concat(ofAll).Order()];
}
