namespace PciDash.Engine.Exploration;

/// <summary>Some visited states that follow each other, and what is new or wrong among their successors. Filled by one thread at a time.</summary>
internal sealed class Batch
{
    /// <summary>Most states. Few enough that what belongs to their successors stays in the nearest cache until it is looked up.</summary>
    public const int States = 16;

    private Successor[] successors = new Successor[8 * States];
    private ulong[] packed = [];
    private int width;

    /// <summary>A successor that has to be looked at.</summary>
    public struct Successor
    {
        /// <summary>Index of the state before it.</summary>
        public int From;

        /// <summary>Which of that state's actions leads to it.</summary>
        public int Move;

        /// <summary>Hash of what is packed.</summary>
        public ulong Hash;

        /// <summary>Properties that the action violates.</summary>
        public ulong Violated;

        /// <summary>It is known already that it was visited before.</summary>
        public bool IsKnown;
    }

    /// <summary>Index of the first state.</summary>
    public int First { get; private set; }

    /// <summary>How many states.</summary>
    public int Count { get; private set; }

    /// <summary>Layout of the store for which it was computed; -1 = it is not, or a bit has to be learned first.</summary>
    public int Layout { get; set; } = -1;

    /// <summary>Somebody has computed it.</summary>
    public volatile bool IsDone;

    /// <summary>Actions of each state.</summary>
    public int[] Actions { get; } = new int[States];

    /// <summary>Successors that are kept.</summary>
    public int Kept { get; private set; }

    /// <summary>Takes up other states, of which nothing is computed yet.</summary>
    public void Assign(int first, int count)
    {
        First = first;
        Count = count;
        Layout = -1;
        IsDone = false;
    }

    /// <summary>Begins to compute, for a store of that width.</summary>
    public void Begin(int storeWidth)
    {
        Kept = 0;
        if (width != storeWidth)
        {
            width = storeWidth;
            packed = new ulong[successors.Length * width];
        }
    }

    /// <summary>Room for one more successor at the end.</summary>
    public ref Successor Add()
    {
        if (Kept == successors.Length)
        {
            Array.Resize(ref successors, 2 * Kept);
            Array.Resize(ref packed, successors.Length * width);
        }

        return ref successors[Kept++];
    }

    public ref Successor this[int index] => ref successors[index];

    /// <summary>The packed words of a successor.</summary>
    public Span<ulong> Packed(int index) => packed.AsSpan(index * width, width);

    /// <summary>Keeps this successor as the one of that number.</summary>
    public void Move(int from, int to)
    {
        if (from != to)
        {
            successors[to] = successors[from];
            Packed(from).CopyTo(Packed(to));
        }
    }

    /// <summary>Only so many are kept.</summary>
    public void Cut(int kept) => Kept = kept;
}
