using PciDash.Scenarios;
using PciDash.Scenarios.Timeline;

namespace PciDash.Web.Timeline;

/// <summary>A lane where it is shown.</summary>
/// <param name="Lane">Index of the lane.</param>
/// <param name="IsPinned">It stands at the top.</param>
/// <param name="Alone">Its parent does not stand above it: it is told by its full name.</param>
/// <param name="Children">It has children.</param>
/// <param name="IsFolded">Its children are not shown.</param>
public readonly record struct ShownLane(int Lane, bool IsPinned, bool Alone, bool Children, bool IsFolded);

/// <summary>What a reader has made of the lanes: filtered, hidden, folded, pinned, reordered. Names that a run does not have are kept, for the next.</summary>
public sealed record LaneArrangement
{
    /// <summary>All lanes as they come.</summary>
    public static readonly LaneArrangement None = new();

    /// <summary>A run with more lanes than this comes folded.</summary>
    public const int MostOpen = 60;

    /// <summary>Most lanes of a run that comes folded which are shown beside the pinned ones: those first of which most is to be told.</summary>
    public const int MostShown = 40;

    // Names among the folded that say the contrary, in a run that comes folded: of one lane, and of all.
    private const string Open = "+";
    private const string AllOpen = "+*";

    /// <summary>Words that each lane shown must have in its names, or its parent; pinned ones stay.</summary>
    public string Filter { get; init; } = "";

    /// <summary>Lanes that are not shown, with their children.</summary>
    public IReadOnlyList<string> Hidden { get; init; } = [];

    /// <summary>Lanes whose children are not shown. In a run that comes folded: with a + before them, lanes whose children are; +* = all lanes are shown.</summary>
    public IReadOnlyList<string> Folded { get; init; } = [];

    /// <summary>Lanes at the top, in their order.</summary>
    public IReadOnlyList<string> Pinned { get; init; } = [];

    /// <summary>Lanes in another order: those of one parent, or those without one.</summary>
    public IReadOnlyList<string> Order { get; init; } = [];

    /// <summary>The filter, word by word.</summary>
    public string[] Words => Filter.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The same for equal arrangements.</summary>
    public string Key => string.Join('\n', Filter, string.Join(' ', Hidden), string.Join(' ', Folded), string.Join(' ', Pinned), string.Join(' ', Order));

    /// <summary>True if a menu has something to restore.</summary>
    public bool IsChanged => Filter.Length > 0 || Hidden.Count + Folded.Count + Pinned.Count + Order.Count > 0;

    /// <summary>What a view says.</summary>
    public static LaneArrangement Of(RunView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return new() { Filter = view.Filter ?? "", Hidden = Names(view.Hidden), Folded = Names(view.Folded), Pinned = Names(view.Pinned), Order = Names(view.Order) };

        static string[] Names(string? text) => text?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
    }

    /// <summary>The view with this arrangement.</summary>
    public RunView In(RunView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return view with { Filter = Filter.Length > 0 ? Filter : null, Hidden = Text(Hidden), Folded = Text(Folded), Pinned = Text(Pinned), Order = Text(Order) };

        static string? Text(IReadOnlyList<string> names) => names.Count > 0 ? string.Join(' ', names) : null;
    }

    /// <summary>There are so many lanes that they come folded.</summary>
    public static bool ComesFolded(Lanes lanes)
    {
        ArgumentNullException.ThrowIfNull(lanes);
        return lanes.Rows.Count > MostOpen;
    }

    /// <summary>The reader wants to see all lanes of a run that comes folded.</summary>
    public bool IsAllOpen => Folded.Contains(AllOpen);

    /// <summary>All lanes of a run that comes folded are shown, or it is folded again.</summary>
    public LaneArrangement WithAllOpen(bool open) => this with { Folded = open ? [AllOpen] : [] };

    /// <summary>A lane whose children are shown is folded, and the other way round.</summary>
    public LaneArrangement Unfolded(Lanes lanes, string id) =>
        this with { Folded = Toggled(Folded, ComesFolded(lanes) && !IsAllOpen ? Open + id : id) };

    /// <summary>The lanes shown, from the top.</summary>
    public IReadOnlyList<ShownLane> Of(Lanes lanes) => Of(lanes, out _);

    /// <summary>The lanes shown, from the top, and how many functions and lines have no place among them because there are too many.</summary>
    public IReadOnlyList<ShownLane> Of(Lanes lanes, out int leftOut)
    {
        ArgumentNullException.ThrowIfNull(lanes);
        var words = Words;
        var few = ComesFolded(lanes) && !IsAllOpen;
        var pinned = Pinned.Select(lanes.IndexOf).Where(i => i >= 0).Distinct().ToList();
        var shown = pinned.Select(i => new ShownLane(i, true, true, false, false)).ToList();
        var groups = new List<(int Parent, List<ShownLane> Lanes)>();
        var (hidden, unfolded) = (Hidden.ToHashSet(), Folded.ToHashSet());
        foreach (var (parent, children) in Groups(lanes))
        {
            var id = lanes.Rows[parent].Id;
            if (hidden.Contains(id))
            {
                continue;
            }

            var whole = lanes.Rows[parent].Matches(words);
            var folded = few ? !unfolded.Contains(Open + id) : unfolded.Contains(id);
            var rest = children.Where(c => !pinned.Contains(c) && !hidden.Contains(lanes.Rows[c].Id)).ToList();
            var head = whole && !pinned.Contains(parent);
            List<ShownLane> group = head ? [new ShownLane(parent, false, true, rest.Count > 0, folded)] : [];

            // What is looked for is found in a folded one, too.
            group.AddRange(rest.Where(c => words.Length > 0 ? whole && !folded || lanes.Rows[c].Matches(words) : !folded).Select(c => new ShownLane(c, false, !head, false, false)));
            if (group.Count > 0)
            {
                groups.Add((parent, group));
            }
        }

        var kept = few ? MostTelling(lanes, groups) : groups;
        shown.AddRange(kept.SelectMany(g => g.Lanes));
        leftOut = groups.Count - kept.Count;
        return shown;
    }

    // In their order, but those of which most is to be told before the others.
    private static List<(int Parent, List<ShownLane> Lanes)> MostTelling(Lanes lanes, List<(int Parent, List<ShownLane> Lanes)> groups)
    {
        var rows = 0;
        var kept = groups.OrderByDescending(g => lanes.Telling(g.Parent)).TakeWhile((g, i) => (rows += g.Lanes.Count) <= MostShown || i == 0).Select(g => g.Parent).ToHashSet();
        return [.. groups.Where(g => kept.Contains(g.Parent))];
    }

    /// <summary>A list with a name taken out or put at its end.</summary>
    public static IReadOnlyList<string> Toggled(IReadOnlyList<string> names, string id) => names.Contains(id) ? [.. names.Where(n => n != id)] : [.. names, id];

    /// <summary>A lane goes one place up (-1) or down (1) among its like: pinned ones, children of one parent, or those without one.</summary>
    public LaneArrangement Moved(Lanes lanes, string id, int by)
    {
        ArgumentNullException.ThrowIfNull(lanes);
        var shown = Of(lanes).Select(s => lanes.Rows[s.Lane].Id).ToHashSet();
        var like = Like(lanes, id);
        var at = like.IndexOf(id);
        for (var to = at + by; at >= 0 && to >= 0 && to < like.Count; to += by)
        {
            if (shown.Contains(like[to]))
            {
                return Put(lanes, id, like[to], after: by > 0);
            }
        }

        return this;
    }

    /// <summary>A lane goes before or after another one. Beside a pinned one it is pinned; a pinned one put elsewhere is so no more. A child stays with its parent.</summary>
    public LaneArrangement Put(Lanes lanes, string id, string beside, bool after)
    {
        ArgumentNullException.ThrowIfNull(lanes);
        if (id == beside || lanes.IndexOf(id) < 0 || lanes.IndexOf(beside) < 0)
        {
            return this;
        }

        if (Pinned.Contains(beside))
        {
            return this with { Pinned = Inserted([.. Pinned], id, beside, after) };
        }

        if (Pinned.Contains(id))
        {
            return this with { Pinned = [.. Pinned.Where(p => p != id)] };
        }

        var like = Like(lanes, id);
        var target = like.Contains(beside) ? beside : ParentOf(lanes, beside);
        return target is null || !like.Contains(target) || target == id ? this
            : this with { Order = [.. Order.Where(o => !like.Contains(o)), .. Inserted(like, id, target, after)] };
    }

    private static List<string> Inserted(List<string> list, string id, string beside, bool after)
    {
        list.Remove(id);
        list.Insert(list.IndexOf(beside) + (after ? 1 : 0), id);
        return list;
    }

    private List<string> Like(Lanes lanes, string id)
    {
        if (Pinned.Contains(id))
        {
            return [.. Pinned];
        }

        var groups = Groups(lanes);
        var index = lanes.IndexOf(id);
        return index < 0 ? [] : [.. (lanes.Rows[index].IsChild ? groups.First(g => g.Children.Contains(index)).Children : groups.Select(g => g.Parent)).Select(i => lanes.Rows[i].Id)];
    }

    private static string? ParentOf(Lanes lanes, string id)
    {
        var i = lanes.IndexOf(id);
        while (i > 0 && lanes.Rows[i].IsChild)
        {
            i--;
        }

        return i < 0 ? null : lanes.Rows[i].Id;
    }

    private List<(int Parent, List<int> Children)> Groups(Lanes lanes)
    {
        var groups = new List<(int Parent, List<int> Children)>();
        for (var i = 0; i < lanes.Rows.Count; i++)
        {
            if (lanes.Rows[i].IsChild)
            {
                groups[^1].Children.Add(i);
            }
            else
            {
                groups.Add((i, []));
            }
        }

        if (Order.Count == 0)
        {
            return groups;
        }

        // A lane that the order does not name, as the run is another by now, keeps its place after those that it does.
        var place = Order.Select((id, i) => (id, i)).DistinctBy(p => p.id).ToDictionary(p => p.id, p => p.i);
        int PlaceOf(int lane) => place.GetValueOrDefault(lanes.Rows[lane].Id, int.MaxValue);
        return [.. groups.OrderBy(g => PlaceOf(g.Parent)).Select(g => (g.Parent, g.Children.OrderBy(PlaceOf).ToList()))];
    }
}
