using System.Numerics;

namespace PciDash.Engine.Simulation;

/// <summary>A tournament tree over the actors' due times: the earliest, and among equals the lowest actor, wins.</summary>
internal sealed class DueTimes
{
    public const long Never = long.MaxValue;

    private readonly long[] due;
    private readonly int[] winner;
    private readonly int leaves;

    public DueTimes(int actors)
    {
        leaves = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, actors));
        due = new long[leaves];
        Array.Fill(due, Never);
        winner = new int[2 * leaves];
        for (var i = 0; i < leaves; i++)
        {
            winner[leaves + i] = i;
        }

        for (var i = leaves - 1; i >= 1; i--)
        {
            winner[i] = winner[2 * i];
        }
    }

    /// <summary>The actor that is due first; it may be due never.</summary>
    public int First => winner[1];

    public long this[int actor]
    {
        get => due[actor];
        set
        {
            due[actor] = value;
            Replay(actor);
        }
    }

    /// <summary>The actor acts: it is due never, but its matches are replayed only when it is given a time or resumed.</summary>
    public void Suspend(int actor) => due[actor] = Never;

    /// <summary>Replays the matches of a suspended actor that was given no time.</summary>
    public void Resume(int actor)
    {
        if (due[actor] == Never)
        {
            Replay(actor);
        }
    }

    private void Replay(int actor)
    {
        for (var node = (leaves + actor) >> 1; node >= 1; node >>= 1)
        {
            var left = winner[2 * node];
            var right = winner[(2 * node) + 1];
            var wins = due[right] < due[left] ? right : left;
            if (wins == winner[node] && wins != actor)
            {
                // Lost as before: nothing changes further up.
                return;
            }

            winner[node] = wins;
        }
    }

    /// <summary>The earliest due time of all other actors.</summary>
    public long EarliestBut(int actor)
    {
        var earliest = Never;
        for (var node = leaves + actor; node > 1; node >>= 1)
        {
            earliest = Math.Min(earliest, due[winner[node ^ 1]]);
        }

        return earliest;
    }
}
