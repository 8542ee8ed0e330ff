namespace PciDash.Scenarios.Timeline;

/// <summary>What a lane shows.</summary>
public enum LaneKind
{
    /// <summary>The phases of the run.</summary>
    Phases,

    /// <summary>What a CPU does.</summary>
    Cpu,

    /// <summary>Interrupt mode of a function.</summary>
    Mode,

    /// <summary>Bus Master Enable of a function.</summary>
    BusMaster,

    /// <summary>Messages of a function.</summary>
    Messages,

    /// <summary>The INTx pin of a function.</summary>
    Pin,

    /// <summary>The level of a line, and its death.</summary>
    Line,

    /// <summary>Deliveries of a line.</summary>
    Deliveries,

    /// <summary>How many of a line's deliveries a second are handled, and how many not.</summary>
    Rate,

    /// <summary>Where a function's DMA goes.</summary>
    Dma,

    /// <summary>Power state of a function.</summary>
    Power,

    /// <summary>The thread of a function's handler.</summary>
    Thread,
}

/// <summary>How a band or mark looks; its meaning is in its words as well.</summary>
public enum Look
{
    /// <summary>Quiet.</summary>
    Neutral,

    /// <summary>MSI.</summary>
    Msi,

    /// <summary>INTx.</summary>
    Intx,

    /// <summary>Dead.</summary>
    Dead,

    /// <summary>Running.</summary>
    Run,
}

/// <summary>A stretch with one meaning.</summary>
/// <param name="Lane">Index of its lane.</param>
/// <param name="From">First entry.</param>
/// <param name="To">Entry at which it ends; the number of entries = the end of the run.</param>
/// <param name="Look">How it looks.</param>
/// <param name="Text">Words in it.</param>
/// <param name="Detail">Words when pointed at.</param>
public readonly record struct Band(int Lane, int From, int To, Look Look, string Text, string Detail)
{
    /// <summary>It ends where the last occurrence of its first entry stands: a fold.</summary>
    public bool IsFold { get; init; }
}

/// <summary>Things of one kind that happened on a lane, in the order in which they did. Their words are made when they are drawn.</summary>
/// <param name="Look">How they look.</param>
/// <param name="Symbol">Their shape, so that colour is not needed.</param>
public sealed record MarkSeries(Look Look, string Symbol)
{
    internal List<int> Found { get; } = [];

    /// <summary>Their entries, rising.</summary>
    public IReadOnlyList<int> Entries => Found;
}

/// <summary>Words beside a mark, for what must not be missed.</summary>
/// <param name="Lane">Index of its lane.</param>
/// <param name="Entry">Its entry.</param>
/// <param name="Text">The words.</param>
public readonly record struct Callout(int Lane, int Entry, string Text);

/// <summary>What a lane holds, each list in the order of entries, so that a window is found by bisection.</summary>
public sealed class LaneTrack
{
    internal List<Band> BandList { get; } = [];

    internal List<Band> FoldList { get; } = [];

    internal List<MarkSeries> SeriesList { get; } = [];

    internal List<int> EdgeList { get; } = [];

    /// <summary>Stretches without gap or overlap.</summary>
    public IReadOnlyList<Band> Bands => BandList;

    /// <summary>Folded storms.</summary>
    public IReadOnlyList<Band> Folds => FoldList;

    /// <summary>What happened, by kind.</summary>
    public IReadOnlyList<MarkSeries> Marks => SeriesList;

    /// <summary>Entries at which its wave changes.</summary>
    public IReadOnlyList<int> Edges => EdgeList;

    /// <summary>It shows a wave.</summary>
    public bool IsWave { get; internal set; }

    /// <summary>Its wave is high at the beginning.</summary>
    public bool StartsHigh { get; internal set; }

    /// <summary>Its rate, or null.</summary>
    public LineRate? Rate { get; internal set; }

    internal void Add(Look look, string symbol, int entry)
    {
        foreach (var series in SeriesList)
        {
            if (series.Look == look && series.Symbol == symbol)
            {
                series.Found.Add(entry);
                return;
            }
        }

        var first = new MarkSeries(look, symbol);
        first.Found.Add(entry);
        SeriesList.Add(first);
    }
}

/// <summary>A row of the timeline.</summary>
/// <param name="Kind">What it shows.</param>
/// <param name="Subject">Index of the function, line or CPU; -1 = none.</param>
/// <param name="Title">Words in the header.</param>
/// <param name="Detail">Second line of the header.</param>
/// <param name="IsChild">It belongs to the lane above.</param>
public sealed record Lane(LaneKind Kind, int Subject, string Title, string Detail, bool IsChild)
{
    /// <summary>Words in the header where the lane stands alone.</summary>
    public string FullTitle { get; init; } = Title;

    /// <summary>Stable name, for links.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its names have all these words.</summary>
    public bool Matches(IReadOnlyList<string> words) => words.All(w =>
        FullTitle.Contains(w, StringComparison.OrdinalIgnoreCase) || Detail.Contains(w, StringComparison.OrdinalIgnoreCase) || Id.Contains(w, StringComparison.OrdinalIgnoreCase));
}
