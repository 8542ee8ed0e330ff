using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios;

/// <summary>
/// A short name for what came of a run: kinds and subjects of its outcomes, not its bytes or times. A link carries it, so that a later
/// engine which has changed its mind can say so.
/// </summary>
public static class OutcomeFingerprint
{
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
}
