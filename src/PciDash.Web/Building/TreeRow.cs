using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Building;

namespace PciDash.Web.Building;

/// <summary>One row of the tree: a function, or the root bus.</summary>
/// <param name="Function">The function; null = the root bus.</param>
/// <param name="Level">Depth, 1 = the root bus.</param>
/// <param name="Position">Its place among its siblings, from 1.</param>
/// <param name="Siblings">How many they are.</param>
/// <param name="Route">The way of its pin, or null.</param>
/// <param name="Expanded">Whether what is below it is shown; null = nothing is below it.</param>
public sealed record TreeRow(FunctionSpec? Function, int Level, int Position, int Siblings, PinRoute? Route, bool? Expanded)
{
    /// <summary>Its address; null = the root bus.</summary>
    public Bdf? At => Function?.Bdf;
}

/// <summary>Everything that the page shows of a machine. Computed once for a machine and what is folded; immutable.</summary>
public sealed class TreeView
{
    /// <summary>The view of a machine.</summary>
    public TreeView(Scenario scenario, IReadOnlySet<Bdf> folded)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(folded);
        Tree = new MachineTree(scenario);
        var routes = new PinRoutes(scenario);
        Routes = scenario.Functions.DistinctBy(f => f.Bdf).Select(f => (f.Bdf, Route: routes.Of(f))).Where(r => r.Route is not null).ToDictionary(r => r.Bdf, r => r.Route!);
        Lines = [.. Routes.Values.GroupBy(r => r.Line).OrderBy(g => g.Key.Value).Select(g => (g.Key, (IReadOnlyList<Bdf>)[.. g.Select(r => r.Function).Order()]))];
        var sharers = Lines.ToDictionary(l => l.Line, l => l.Functions);
        SharersOf = Routes.ToDictionary(r => r.Key, r => sharers[r.Value.Line]);
        var rows = new List<TreeRow> { new(null, 1, 1, 1, null, Tree.Below(null).Count > 0 ? true : null) };
        Add(null, 2);
        Rows = rows;
        IndexOf = rows.Skip(1).Select((r, i) => (r.At!.Value, i + 1)).ToDictionary(p => p.Value, p => p.Item2);

        void Add(Bdf? bridge, int level)
        {
            var below = Tree.Below(bridge);
            for (var i = 0; i < below.Count; i++)
            {
                var f = below[i];
                bool? expanded = Tree.Below(f.Bdf).Count == 0 ? null : !folded.Contains(f.Bdf);
                rows.Add(new TreeRow(f, level, i + 1, below.Count, Routes.GetValueOrDefault(f.Bdf), expanded));
                if (expanded == true)
                {
                    Add(f.Bdf, level + 1);
                }
            }
        }
    }

    /// <summary>The tree.</summary>
    public MachineTree Tree { get; }

    /// <summary>Rows from top to bottom; the first is the root bus.</summary>
    public IReadOnlyList<TreeRow> Rows { get; }

    /// <summary>Row of each function that is shown.</summary>
    public IReadOnlyDictionary<Bdf, int> IndexOf { get; }

    /// <summary>The way of each pin.</summary>
    public IReadOnlyDictionary<Bdf, PinRoute> Routes { get; }

    /// <summary>Lines by number, and the functions whose pins end there.</summary>
    public IReadOnlyList<(Gsi Line, IReadOnlyList<Bdf> Functions)> Lines { get; }

    /// <summary>The functions on the line of each function that has one, itself among them.</summary>
    public IReadOnlyDictionary<Bdf, IReadOnlyList<Bdf>> SharersOf { get; }

    /// <summary>Row of a function or of the root bus (null); that of the folded bridge above it where it is not shown.</summary>
    public int RowOf(Bdf? at)
    {
        for (var f = Tree.Find(at); f is not null; f = Tree.Find(Tree.ParentOf(f)))
        {
            if (IndexOf.TryGetValue(f.Bdf, out var row))
            {
                return row;
            }
        }

        return 0;
    }
}
