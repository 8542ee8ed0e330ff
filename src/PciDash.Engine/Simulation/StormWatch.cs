using System.Numerics;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Simulation;

/// <summary>One round of a storm.</summary>
/// <param name="Events">Raw events.</param>
/// <param name="Steps">Actions.</param>
/// <param name="PeriodNs">Its length, ns.</param>
internal readonly record struct StormRound(int Events, long Steps, long PeriodNs);

/// <summary>
/// Recognises a storm: a round (deliver, handlers, EOI) of one CPU, with nobody else acting, after which the control part is as it was and
/// every word of the clock part has moved by as much as in the round before. Such rounds can be taken any number at a time. It knows
/// nothing of what the words mean but for the thresholds at which a round would go another way.
/// </summary>
internal sealed class StormWatch(CompiledMachine m)
{
    // The states after the last two EOIs.
    private ulong[] older = new ulong[m.TotalWords];
    private ulong[] newer = new ulong[m.TotalWords];
    private int cpu = -1;
    private int rounds;
    private long rawAtEoi;
    private long stepsAtEoi;
    private bool undisturbed;

    /// <summary>No storm.</summary>
    public void Forget() => cpu = -1;

    /// <summary>An actor acts: any but the CPU in question disturbs the round.</summary>
    public void Saw(int actor) => undisturbed &= actor == cpu;

    /// <summary>After an EOI: the round that may be repeated, or null.</summary>
    public StormRound? AfterEoi(int actor, ulong[] state, long raw, long steps)
    {
        if (actor != cpu || !undisturbed || !state.AsSpan(0, m.ControlWords).SequenceEqual(newer.AsSpan(0, m.ControlWords)))
        {
            cpu = actor;
            rounds = 0;
            return null;
        }

        rounds++;
        return rounds >= 2 && IsLinear(state)
            ? new StormRound((int)(raw - rawAtEoi), steps - stepsAtEoi, (long)(state[m.NowWord] - newer[m.NowWord]))
            : null;
    }

    /// <summary>Keeps the state after an EOI, repeated rounds included.</summary>
    public void Remember(ulong[] state, long raw, long steps)
    {
        undisturbed = true;
        rawAtEoi = raw;
        stepsAtEoi = steps;
        (older, newer) = (newer, older);
        state.AsSpan().CopyTo(newer);
    }

    /// <summary>Takes so many rounds at once.</summary>
    public void Repeat(ulong[] state, long times)
    {
        var now = state.AsSpan(m.ControlWords);
        var then = newer.AsSpan(m.ControlWords);
        var n = 0;
        var factor = new Vector<ulong>((ulong)times);
        for (; n <= now.Length - Vector<ulong>.Count; n += Vector<ulong>.Count)
        {
            var word = new Vector<ulong>(now[n..]);
            (word + ((word - new Vector<ulong>(then[n..])) * factor)).CopyTo(now[n..]);
        }

        for (; n < now.Length; n++)
        {
            now[n] += (now[n] - then[n]) * (ulong)times;
        }
    }

    /// <summary>Rounds before a counter decides something: the end of a window of spurious.c, the pause of an IO-APIC.</summary>
    public long RoundsToThreshold(ulong[] state)
    {
        var release = m.B[(int)(state[CompiledMachine.GlobalWord] & CompiledMachine.BootMask)].Spec.Release;
        var least = long.MaxValue;
        for (var irq = 0; irq < m.L.Length + m.VectorCount; irq++)
        {
            var at = ConcreteClock.At(m, irq);
            if (state[at] == newer[at])
            {
                continue;
            }

            least = Math.Min(least, RoundsTo(release.SpuriousCutoff, (newer[at] >> CounterBits.IrqCountShift) & CounterBits.Count, (state[at] >> CounterBits.IrqCountShift) & CounterBits.Count));
            if (irq < m.L.Length && m.Scenario.Platform.PausesAfterSuccessive is > 0 and var limit)
            {
                least = Math.Min(least, RoundsTo(limit, newer[at] >> CounterBits.OthersShift, state[at] >> CounterBits.OthersShift));
            }
        }

        return least;
    }

    // Two rounds are left to be stepped singly.
    private static long RoundsTo(int threshold, ulong before, ulong now) => now == before ? long.MaxValue : ((threshold - (long)now) / (long)(now - before)) - 2;

    private bool IsLinear(ulong[] state)
    {
        var now = state.AsSpan(m.ControlWords);
        var then = newer.AsSpan(m.ControlWords);
        var before = older.AsSpan(m.ControlWords);
        var n = 0;
        for (; n <= now.Length - Vector<ulong>.Count; n += Vector<ulong>.Count)
        {
            var middle = new Vector<ulong>(then[n..]);
            if (new Vector<ulong>(now[n..]) - middle != middle - new Vector<ulong>(before[n..]))
            {
                return false;
            }
        }

        for (; n < now.Length; n++)
        {
            if (now[n] - then[n] != then[n] - before[n])
            {
                return false;
            }
        }

        return true;
    }
}
