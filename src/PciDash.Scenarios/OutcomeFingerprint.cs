using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PciDash.Engine.Hardware;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios;

/// <summary>
/// A short name for what came of a run: kinds and subjects of its outcomes, not its bytes or times. A link carries it, with the outcomes that
/// matter beside it, so that a later engine which has changed its mind can say so, and about what.
/// </summary>
public static class OutcomeFingerprint
{
    /// <summary>Longest fingerprint with outcomes, characters.</summary>
    public const int MaxLength = 300;

    // There were more than fitted.
    private const char More = '+';

    /// <summary>Eight hexadecimal digits.</summary>
    public static string Of(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var text = new StringBuilder();
        foreach (var outcome in Outcomes.Of(run))
        {
            var subject = outcome.Function >= 0 ? run.Machine.Functions[outcome.Function].Bdf.ToString()
                : string.Create(CultureInfo.InvariantCulture, $"irq {run.Machine.Lines[outcome.Line].Gsi}");
            text.Append(subject).Append(' ').Append(outcome.Kind).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 4));
    }

    /// <summary>What a link carries: the fingerprint, and after it each outcome that matters, such as <c>irq21=storm-disabled</c>.</summary>
    public static string WithOutcomes(Run run)
    {
        var text = new StringBuilder(Of(run));
        foreach (var outcome in Mattering(run))
        {
            if (text.Length + outcome.Length + 1 > MaxLength - 2)
            {
                text.Append(' ').Append(More);
                break;
            }

            text.Append(' ').Append(outcome);
        }

        return text.ToString();
    }

    /// <summary>
    /// What a reader must know of a run whose fingerprint was made earlier: that its outcomes are others today, and which of those that matter.
    /// Null if they are the same.
    /// </summary>
    /// <param name="fingerprint">As it was written then; empty = nothing is known of then.</param>
    /// <param name="run">The run as it is today.</param>
    public static string? Difference(string fingerprint, Run run)
    {
        ArgumentNullException.ThrowIfNull(fingerprint);
        var words = fingerprint.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || words[0] == Of(run))
        {
            return null;
        }

        const string differs = "This link was made when the engine came to other outcomes for this run. What you see is today's answer.";
        var then = words.Skip(1).Where(IsOutcome).Distinct().ToList();
        if (words.Length == 1)
        {
            return differs;
        }

        // Where some of then did not fit, what is not told may have been among them.
        var now = Mattering(run);
        var (gone, come) = (then.Except(now).ToList(), words[^1] is [More] ? [] : now.Except(then).ToList());
        return gone.Count + come.Count == 0 ? differs + " None of those that matter differs."
            : differs + (gone.Count > 0 ? $" Only then: {Told(gone)}." : "") + (come.Count > 0 ? $" Only now: {Told(come)}." : "");
    }

    private static List<string> Mattering(Run run) =>
        [.. OutcomeWords.Of(run).Where(o => Weight(o.Kind) >= OutcomeWeight.Risk).Select(o => (o.IsIrq ? "irq" : "") + o.Subject + "=" + o.Kind).Distinct()];

    private static OutcomeWeight Weight(string kind) => ByWord.TryGetValue(kind, out var of) ? OutcomeText.WeightOf(of) : OutcomeWeight.Fine;

    // What is told comes from a link: nothing but an address or an irq and a kind of outcome is said again.
    private static bool IsOutcome(string word) =>
        word.Split('=') is [var subject, var kind] && ByWord.ContainsKey(kind)
        && (subject.StartsWith("irq", StringComparison.Ordinal) ? byte.TryParse(subject.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out _) : Bdf.TryParse(subject, out _));

    private static string Told(IEnumerable<string> outcomes) => string.Join(", ", outcomes.Select(o => o.Replace("irq", "IRQ ", StringComparison.Ordinal).Replace('=', ' ')));

    private static readonly Dictionary<string, OutcomeKind> ByWord = Enum.GetValues<OutcomeKind>().ToDictionary(OutcomeWords.Of);
}
