using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Import;

/// <summary>
/// Which bridge leads to which bus. Where the text shows bridges but not their buses, they are taken to be numbered as firmware does it,
/// depth first; a bus that nothing leads to gets a bridge that is not in the text.
/// </summary>
internal sealed class BusTree
{
    private const int NoBus = 255;

    private readonly NoteList notes;
    private readonly List<ImportedFunction> functions;
    private readonly SortedDictionary<int, ImportedFunction> owner = [];
    private readonly HashSet<int> guessed = [];
    private readonly HashSet<int> used;

    private BusTree(List<ImportedFunction> functions, NoteList notes)
    {
        this.functions = functions;
        this.notes = notes;
        used = [.. functions.Select(f => f.Bdf.Bus)];
    }

    /// <summary>Bridges that stand in for those that the text does not show.</summary>
    public List<FunctionSpec> Added { get; } = [];

    public static BusTree Of(List<ImportedFunction> functions, IReadOnlySet<int> roots, NoteList notes)
    {
        var tree = new BusTree(functions, notes);
        tree.TakeKnown();
        if (!tree.notes.HasErrors && tree.IsAcyclic())
        {
            tree.GuessDepthFirst();
            tree.AddMissing(roots);
        }

        return tree;
    }

    /// <summary>The bridge above a function of the text; null on bus 0.</summary>
    public Fact<Bdf>? Parent(ImportedFunction f) => f.Bdf.Bus == 0 ? null
        : owner.TryGetValue(f.Bdf.Bus, out var bridge)
            ? new Fact<Bdf>(bridge.Bdf, guessed.Contains(f.Bdf.Bus) ? FactSource.Guess : bridge.SecondaryBus!.Value.Source, bridge.Line)
            : new Fact<Bdf>(Added.First(a => a.SecondaryBus == f.Bdf.Bus).Bdf, FactSource.Guess, 0);

    /// <summary>The bus below a bridge; null if there is none that is used.</summary>
    public Fact<int>? Below(ImportedFunction f) => f.SecondaryBus is { } said && owner.GetValueOrDefault(said.Value) == f ? said
        : owner.FirstOrDefault(o => o.Value == f) is { Value: not null } found ? new Fact<int>(found.Key, FactSource.Guess, 0)
        : null;

    private void TakeKnown()
    {
        foreach (var f in functions)
        {
            if (f.IsBridge is not { Value: true } || f.SecondaryBus is not { Value: > 0 and < NoBus and var bus, Line: var line })
            {
                continue;
            }

            if (bus == f.Bdf.Bus)
            {
                notes.Error(line, Node.Invariant($"bridge {f.Bdf} leads to bus {bus:x2}, on which it is itself"), "a bridge leads to another bus");
            }
            else if (owner.TryAdd(bus, f))
            {
            }
            else if (used.Contains(bus))
            {
                notes.Error(line, Node.Invariant($"bridges {owner[bus].Bdf} and {f.Bdf} both lead to bus {bus:x2}"),
                    "one bridge leads to a bus; is this the text of one machine?");
            }
            else
            {
                notes.Warn(line, Node.Invariant($"bridges {owner[bus].Bdf} and {f.Bdf} both lead to bus {bus:x2}, on which nothing is"),
                    "the second is taken to lead nowhere");
            }
        }
    }

    private bool IsAcyclic()
    {
        var done = new HashSet<ImportedFunction>();
        foreach (var start in owner.Values)
        {
            var path = new List<ImportedFunction>();
            for (var at = start; at is not null && !done.Contains(at); at = owner.GetValueOrDefault(at.Bdf.Bus))
            {
                if (path.Contains(at))
                {
                    var cycle = path.SkipWhile(p => p != at).Select(p => p.Bdf.ToString());
                    notes.Error(at.Line, "bridges form a cycle: " + string.Join(", ", cycle), "following bridges up must end at bus 00");
                    return false;
                }

                path.Add(at);
            }

            done.UnionWith(path);
        }

        return true;
    }

    private void GuessDepthFirst()
    {
        var empty = new List<(int Bus, ImportedFunction Bridge)>();
        var next = 1;
        var visited = new HashSet<int>();
        Walk(0);
        foreach (var bus in used.Where(b => b != 0 && !owner.ContainsKey(b)).Order())
        {
            // Numbers are reserved below a bridge for what may be plugged in: the next one that has no bus yet is the likeliest.
            var at = empty.FindLastIndex(e => e.Bus < bus && e.Bridge.Bdf.Bus < bus);
            if (at >= 0)
            {
                Guess(bus, empty[at].Bridge);
                empty.RemoveAt(at);
            }
        }

        void Walk(int bus)
        {
            if (!visited.Add(bus))
            {
                return;
            }

            foreach (var bridge in functions.Where(f => f.Bdf.Bus == bus && f.IsBridge is { Value: true }))
            {
                if (bridge.SecondaryBus is { Value: var known })
                {
                    next = Math.Max(next, known is > 0 and < NoBus ? known + 1 : next);
                    Walk(known);
                    continue;
                }

                var given = next++;
                if (used.Contains(given) && !owner.ContainsKey(given) && given > bus)
                {
                    Guess(given, bridge);
                    Walk(given);
                }
                else
                {
                    empty.Add((given, bridge));
                }
            }
        }
    }

    private void Guess(int bus, ImportedFunction bridge)
    {
        owner[bus] = bridge;
        guessed.Add(bus);
        notes.Warn(bridge.Line, Node.Invariant($"bridge {bridge.Bdf} is taken to lead to bus {bus:x2}"), "lspci -vv or lspci -t tells");
    }

    private void AddMissing(IReadOnlySet<int> roots)
    {
        var taken = functions.Where(f => f.Bdf.Bus == 0).Select(f => f.Bdf).ToHashSet();
        foreach (var bus in used.Where(b => b != 0 && !owner.ContainsKey(b)).Order())
        {
            if (Free(taken) is not { } at)
            {
                notes.Error(0, Node.Invariant($"bus 00 has no address left for a bridge to bus {bus:x2}, which the text does not show"),
                    "paste the bridges as well");
                return;
            }

            taken.Add(at);
            Added.Add(new FunctionSpec(at, DeviceModel.Find("pci-bridge")!) { SecondaryBus = bus, FirmwareBusMaster = true });
            var first = functions.First(f => f.Bdf.Bus == bus);
            var isRoot = roots.Contains(bus) || functions.Any(f => f.Bdf.Bus == bus && (f.ClassCode is { Value: 0x0600 } || f.ClassName == "Host bridge"));
            notes.Warn(first.Line,
                isRoot ? Node.Invariant($"bus {bus:x2} is a root bus beside bus 00") : Node.Invariant($"no bridge in the text leads to bus {bus:x2}"),
                Node.Invariant($"a bridge without an interrupt is put at {at}"));
        }
    }

    private static Bdf? Free(HashSet<Bdf> taken)
    {
        for (var slot = 255; slot >= 0; slot--)
        {
            var at = new Bdf(0, slot >> 3, slot & 7);
            if (!taken.Contains(at))
            {
                return at;
            }
        }

        return null;
    }
}
