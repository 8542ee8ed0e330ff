namespace PciDash.Benchmarks;

/// <summary>
/// The peer: the least that a discrete-event simulation in C# has to do. The base class library's PriorityQueue with 64 pending events, 64
/// bytes of state for each of 64 actors; an event changes its actor's state and plans the next one.
/// </summary>
internal sealed class PlainLoop
{
    private const int Actors = 64;
    private const int WordsPerActor = 8;

    private readonly record struct Pending(int Actor, int Kind);

    private readonly record struct Entry(long Raw, long TimeNs, long A, long B, long C, long D, long Why, long Also);

    private readonly PriorityQueue<Pending, long> queue = new(Actors);
    private readonly ulong[] state = new ulong[Actors * WordsPerActor];
    private readonly List<Entry>? recording;

    public PlainLoop(bool records)
    {
        recording = records ? [] : null;
        for (var actor = 0; actor < Actors; actor++)
        {
            queue.Enqueue(new Pending(actor, 0), actor);
        }
    }

    public ulong Run(long events)
    {
        for (long n = 0; n < events; n++)
        {
            queue.TryDequeue(out var e, out var now);
            var s = state.AsSpan(e.Actor * WordsPerActor, WordsPerActor);
            s[0] ^= (ulong)now;
            s[1]++;
            s[2 + e.Kind] += s[0] >> 7;
            recording?.Add(new Entry(n, now, e.Actor, e.Kind, (long)s[1], (long)s[2], n - 1, -1));
            s[7] = (s[7] * 6364136223846793005) + 1442695040888963407;
            queue.Enqueue(new Pending(e.Actor, (int)(s[7] >> 62)), now + 1_000 + (long)(s[7] >> 50));
        }

        return state[0];
    }
}
