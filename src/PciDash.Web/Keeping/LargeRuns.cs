using System.Security.Cryptography;
using System.Text;
using PciDash.Scenarios;
using PciDash.Web.Machines;

namespace PciDash.Web.Keeping;

/// <summary>
/// The runs too large for a link that were shown last, each under a name made of its content. For a quick way from page to page only: what
/// lasts is in the reader's browser.
/// </summary>
/// <param name="imports">Machines too large for a link that were pasted.</param>
internal sealed class LargeRuns(Imports imports)
{
    private const int Most = 16;

    private readonly Recent<RunDocument> recent = new(Most);

    /// <summary>The name of a run: the same for whatever is looked at in it.</summary>
    public static string KeyOf(RunDocument run) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes((run with { View = RunView.None, Fingerprint = "" }).Write())).AsSpan(0, 12));

    /// <summary>Remembers a run.</summary>
    /// <returns>Its name.</returns>
    public string Keep(RunDocument run)
    {
        var key = KeyOf(run);
        recent.Keep(key, run);
        return key;
    }

    /// <summary>The run of that name, if it is remembered.</summary>
    public RunDocument? Find(string key) => recent.Find(key) ?? (imports.Of(key)?.Scenario is { } pasted ? new RunDocument(pasted) : null);
}
