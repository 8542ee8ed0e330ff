using PciDash.Engine.Machine;

namespace PciDash.Engine.Simulation;

/// <summary>One event of a recording.</summary>
/// <param name="Raw">Its raw number, from 0; folded rounds count in full.</param>
/// <param name="TimeNs">When it happened (for a folded one: the first time).</param>
/// <param name="Event">What happened.</param>
/// <param name="Why">Raw number of the event that caused it, or -1.</param>
/// <param name="Also">Raw number of a second cause, or -1.</param>
public readonly record struct RecordedEvent(long Raw, long TimeNs, MachineEvent Event, long Why, long Also);

/// <summary>Equal rounds that follow each other: entries <c>FirstEntry .. FirstEntry + Length - 1</c> happened <c>Rounds</c> times.</summary>
/// <param name="FirstEntry">First of its entries.</param>
/// <param name="Length">Events of one round; also the distance of raw numbers from one round to the next.</param>
/// <param name="Rounds">How often the round happened.</param>
/// <param name="PeriodNs">Time from one round to the next.</param>
public readonly record struct Fold(int FirstEntry, int Length, long Rounds, long PeriodNs)
{
    /// <summary>First entry after it.</summary>
    public int EndEntry => FirstEntry + Length;
}

/// <summary>What happened in a run: plain events, and folds of equal rounds, without loss.</summary>
public sealed class Recording
{
    private readonly RunBuffer? buffer;
    private readonly List<Fold> folds = [];
    private RecordedEvent[] entries;

    internal Recording(RunBuffer? buffer = null)
    {
        this.buffer = buffer;
        entries = buffer?.Entries ?? new RecordedEvent[256];
    }

    /// <summary>Entries: each event once, folded ones in their first round.</summary>
    public ReadOnlySpan<RecordedEvent> Entries => entries.AsSpan(0, Count);

    /// <summary>Number of entries.</summary>
    public int Count { get; private set; }

    /// <summary>Folds, by their first entry.</summary>
    public IReadOnlyList<Fold> Folds => folds;

    /// <summary>Raw events in all.</summary>
    public long RawCount { get; private set; }

    internal long NowNs { get; set; }

    internal long Append(in MachineEvent e, long why, long also)
    {
        if (Count == entries.Length)
        {
            Grow();
        }

        entries[Count++] = new RecordedEvent(RawCount, NowNs, e, why, also);
        return RawCount++;
    }

    private void Grow()
    {
        Array.Resize(ref entries, Count * 2);
        if (buffer is not null)
        {
            buffer.Entries = entries;
        }
    }

    /// <summary>The fold that holds an entry, or null.</summary>
    public Fold? FoldOf(int entry)
    {
        var low = 0;
        var high = folds.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            if (folds[middle].EndEntry <= entry)
            {
                low = middle + 1;
            }
            else if (folds[middle].FirstEntry > entry)
            {
                high = middle - 1;
            }
            else
            {
                return folds[middle];
            }
        }

        return null;
    }

    /// <summary>The entry that holds raw event <paramref name="raw"/>; -1 below the first.</summary>
    public int EntryOf(long raw)
    {
        var low = 0;
        var high = Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            if (entries[middle].Raw <= raw)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        if (high < 0)
        {
            return -1;
        }

        // Beyond its first round, a fold's raw numbers belong to its entries in turn.
        return FoldOf(high) is { } fold && raw >= entries[fold.FirstEntry].Raw
            ? fold.FirstEntry + (int)((raw - entries[fold.FirstEntry].Raw) % fold.Length)
            : high;
    }

    /// <summary>Raw event <paramref name="raw"/> as if nothing were folded.</summary>
    public RecordedEvent EventAt(long raw)
    {
        if (raw < 0 || raw >= RawCount)
        {
            throw new ArgumentOutOfRangeException(nameof(raw), raw, $"0 to {RawCount - 1} are possible");
        }

        var at = EntryOf(raw);
        var e = entries[at];
        if (FoldOf(at) is not { } fold)
        {
            return e;
        }

        var round = (raw - entries[fold.FirstEntry].Raw) / fold.Length;
        return new RecordedEvent(
            raw, e.TimeNs + (round * fold.PeriodNs), e.Event, Later(e.Why, entries[fold.FirstEntry].Raw, fold, round), Later(e.Also, entries[fold.FirstEntry].Raw, fold, round));
    }

    /// <summary>How often an entry happened, and when last.</summary>
    public (long Times, long LastNs) Occurrences(int entry) =>
        FoldOf(entry) is { } fold ? (fold.Rounds, entries[entry].TimeNs + ((fold.Rounds - 1) * fold.PeriodNs)) : (1, entries[entry].TimeNs);

    // A cause in the same or the round before moves along with the rounds; an older one stays.
    private static long Later(long cause, long firstRaw, in Fold fold, long round) =>
        cause >= firstRaw - fold.Length ? cause + (round * fold.Length) : cause;

    /// <summary>
    /// The last <paramref name="length"/> entries are one round that happens <paramref name="more"/> times again, <paramref name="periodNs"/> apart.
    /// Equal rounds that were recorded just before are taken into the fold.
    /// </summary>
    internal void Repeat(int length, long more, long periodNs)
    {
        RawCount += more * length;
        if (folds.Count > 0 && folds[^1].EndEntry == Count && folds[^1].Length == length && folds[^1].PeriodNs == periodNs)
        {
            // The round just recorded has joined the fold before it already.
            folds[^1] = folds[^1] with { Rounds = folds[^1].Rounds + more };
            return;
        }

        var first = Count - length;
        var rounds = more + 1;
        while (first - length >= EndOfLastFold && SameRound(first - length, first, length, periodNs))
        {
            first -= length;
            rounds++;
        }

        Count = first + length;
        folds.Add(new Fold(first, length, rounds, periodNs));
    }

    /// <summary>If the last entries are one more round of the fold right before them, they join it.</summary>
    internal void Join()
    {
        if (folds.Count == 0)
        {
            return;
        }

        var last = folds[^1];
        if (Count - last.EndEntry == last.Length && Continues(last, last.EndEntry))
        {
            folds[^1] = last with { Rounds = last.Rounds + 1 };
            Count = last.EndEntry;
        }
    }

    private int EndOfLastFold => folds.Count > 0 ? folds[^1].EndEntry : 0;

    private bool Continues(in Fold fold, int at)
    {
        for (var i = 0; i < fold.Length; i++)
        {
            var a = entries[fold.FirstEntry + i];
            var b = entries[at + i];
            if (a.Event != b.Event || b.TimeNs != a.TimeNs + (fold.Rounds * fold.PeriodNs)
                || b.Why != Later(a.Why, entries[fold.FirstEntry].Raw, fold, fold.Rounds) || b.Also != Later(a.Also, entries[fold.FirstEntry].Raw, fold, fold.Rounds))
            {
                return false;
            }
        }

        return true;
    }

    private bool SameRound(int a, int b, int length, long periodNs)
    {
        var fold = new Fold(a, length, 1, periodNs);
        for (var i = 0; i < length; i++)
        {
            var x = entries[a + i];
            var y = entries[b + i];
            if (x.Event != y.Event || y.TimeNs != x.TimeNs + periodNs || y.Raw != x.Raw + length
                || y.Why != Later(x.Why, entries[a].Raw, fold, 1) || y.Also != Later(x.Also, entries[a].Raw, fold, 1))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Writes to a recording.</summary>
public readonly struct RecordingSink(Recording recording) : IEventSink
{
    /// <inheritdoc/>
    public static bool Records => true;

    /// <inheritdoc/>
    public long Emit(in MachineEvent e, long why, long also) => recording.Append(e, why, also);
}

/// <summary>Numbers events as a recording would, and forgets them: for going back to a step of a run that is recorded already.</summary>
public struct CountingSink : IEventSink
{
    /// <inheritdoc/>
    public static bool Records => true;

    /// <summary>Raw number of the next event.</summary>
    public long Next { get; set; }

    /// <inheritdoc/>
    public long Emit(in MachineEvent e, long why, long also) => Next++;
}

/// <summary>
/// Memory that one run after the other is recorded in, for those who look at a run once and make the next: megabytes that need not be
/// fetched and cleared each time. A run that was made with it must not be looked at once the next is begun.
/// </summary>
public sealed class RunBuffer
{
    internal RecordedEvent[] Entries { get; set; } = new RecordedEvent[256];
}
