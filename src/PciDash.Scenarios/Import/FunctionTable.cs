using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Import;

/// <summary>The functions that were found, and how many of other segments were not taken.</summary>
internal sealed class FunctionTable(NoteList notes)
{
    private readonly Dictionary<Bdf, ImportedFunction> all = [];
    private readonly SortedDictionary<int, (int Line, HashSet<Bdf> Functions)> elsewhere = [];

    public int Count => all.Count;

    public IEnumerable<ImportedFunction> InOrder => all.Values.OrderBy(f => f.Bdf);

    public ImportedFunction? Find(Bdf bdf) => all.GetValueOrDefault(bdf);

    /// <summary>The function at that address, new or not; null for one of another segment.</summary>
    /// <exception cref="ScenarioException">One more than is possible.</exception>
    public ImportedFunction? At(int segment, Bdf bdf, int line)
    {
        if (segment != 0)
        {
            if (!elsewhere.TryGetValue(segment, out var seen))
            {
                elsewhere.Add(segment, seen = (line, []));
            }

            seen.Functions.Add(bdf);
            return null;
        }

        if (!all.TryGetValue(bdf, out var f))
        {
            if (all.Count == DocumentLimits.Functions)
            {
                throw new ImportLimitException(line, Node.Invariant($"{bdf} is one function more than the {DocumentLimits.Functions} that are possible"));
            }

            all.Add(bdf, f = new ImportedFunction(bdf, line));
        }

        return f;
    }

    /// <summary>Names the segments that were left out.</summary>
    public void NoteSegments()
    {
        foreach (var (segment, (line, functions)) in elsewhere)
        {
            notes.Warn(line, Node.Invariant($"segment {segment:x4}: {functions.Count} function{(functions.Count == 1 ? "" : "s")} left out"),
                "only segment 0000 is modelled");
        }
    }
}

/// <summary>A text goes beyond what can be imported.</summary>
internal sealed class ImportLimitException(int line, string what) : Exception(what)
{
    public int Line => line;
}
