namespace PciDash.Web.Timeline;

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

/// <summary>One thing that happened.</summary>
/// <param name="Lane">Index of its lane.</param>
/// <param name="Entry">Its entry.</param>
/// <param name="Look">How it looks.</param>
/// <param name="Symbol">Its shape, so that colour is not needed.</param>
/// <param name="Detail">Words when pointed at.</param>
public readonly record struct Mark(int Lane, int Entry, Look Look, string Symbol, string Detail)
{
    /// <summary>Words beside it, for what must not be missed; null = none.</summary>
    public string? Callout { get; init; }
}

/// <summary>A digital wave.</summary>
/// <param name="Lane">Index of its lane.</param>
/// <param name="Edges">Entries at which it changes; it is low before the first.</param>
/// <param name="StartsHigh">It is high at the beginning.</param>
public sealed record Wave(int Lane, IReadOnlyList<int> Edges, bool StartsHigh);

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
}
