using PciDash.Engine.Machine;

namespace PciDash.Engine.Kernel;

/// <summary>The counters of an irq descriptor that spurious.c uses.</summary>
/// <param name="IrqCount">irq_count: interrupts in the current window, below the cutoff.</param>
/// <param name="Unhandled">irqs_unhandled.</param>
/// <param name="LastUnhandledNs">last_unhandled, ns.</param>
public record struct SpuriousCounters(int IrqCount, int Unhandled, long LastUnhandledNs);

/// <summary>kernel/irq/spurious.c: when the kernel gives an irq up (domain 4).</summary>
public static class Spurious
{
    /// <summary>HZ/10 in nanoseconds: a gap of more than this between two unhandled interrupts starts the count anew.</summary>
    public const long TenthOfSecondNs = 100_000_000;

    /// <summary>What note_interrupt decides.</summary>
    public enum Verdict
    {
        /// <summary>Go on.</summary>
        GoOn,

        /// <summary>The window ended with too few unhandled ones: count anew.</summary>
        NewWindow,

        /// <summary>"nobody cared".</summary>
        Disable,
    }

    /// <summary>
    /// One call of note_interrupt: steps 4 to 8 of the algorithm. <paramref name="counters"/> are left as the kernel leaves them; on
    /// <see cref="Verdict.Disable"/> the caller reads what is printed from <see cref="AtDisable"/> before.
    /// </summary>
    /// <param name="release">Whose cutoff and counting rule.</param>
    /// <param name="counters">Of the irq.</param>
    /// <param name="sum">What its actions returned together.</param>
    /// <param name="nowNs">Now.</param>
    /// <param name="fixedUp">irqfixup found a handler of another irq that had something to do (step 5).</param>
    public static Verdict Count(KernelRelease release, ref SpuriousCounters counters, IrqReturn sum, long nowNs, bool fixedUp = false)
    {
        ArgumentNullException.ThrowIfNull(release);
        if (sum == IrqReturn.None)
        {
            counters.Unhandled = nowNs > counters.LastUnhandledNs + TenthOfSecondNs ? 1 : counters.Unhandled + 1;
            counters.LastUnhandledNs = nowNs;
            counters.Unhandled -= fixedUp ? 1 : 0;
        }

        if (release.CountsFromFirstUnhandled && counters.Unhandled == 0)
        {
            return Verdict.GoOn;
        }

        counters.IrqCount++;
        if (counters.IrqCount < release.SpuriousCutoff)
        {
            return Verdict.GoOn;
        }

        var verdict = counters.Unhandled > release.SpuriousThreshold ? Verdict.Disable : Verdict.NewWindow;
        counters.IrqCount = 0;
        counters.Unhandled = 0;
        return verdict;
    }

    /// <summary>irq_count and irqs_unhandled at the moment of the decision, which an interrupt with that return brings about.</summary>
    public static (int IrqCount, int Unhandled) AtDisable(in SpuriousCounters before, IrqReturn sum, bool fixedUp) =>
        (before.IrqCount + 1, before.Unhandled + (sum != IrqReturn.None || fixedUp ? 0 : 1));
}
