using System.Text.RegularExpressions;
using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Conformance;

/// <summary>
/// The network interfaces of one boot: who got which name, and who was opened. The kernel numbers them as their drivers register them, so
/// those of virtio count, though their drivers leave nothing to the opening.
/// </summary>
internal sealed partial class Interfaces
{
    private const string NetworkClass = "[02";

    private readonly List<(Bdf Bdf, bool Waits)> known = [];
    private readonly HashSet<Bdf> open = [];

    /// <summary>True for a network card.</summary>
    public static bool Has(ListedFunction f) =>
        f.Title.Contains(NetworkClass, StringComparison.Ordinal) || f.Title.StartsWith("Ethernet controller", StringComparison.Ordinal);

    /// <summary>A driver has made an interface; <paramref name="waits"/> if it asks for its interrupts when that is opened.</summary>
    public void Add(Bdf bdf, bool waits)
    {
        if (!known.Exists(k => k.Bdf == bdf))
        {
            known.Add((bdf, waits));
        }
    }

    /// <summary>Functions whose interface a command opens, in its order; those that are open already and those that do not wait are left out.</summary>
    public IEnumerable<Bdf> OpenedBy(GuestCommand c)
    {
        if (!Opens(c))
        {
            return [];
        }

        var named = c.Words.Skip(1).Select(w => Numbered().Match(w)).Where(m => m.Success)
            .Select(m => int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).Where(n => n < known.Count).Select(n => known[n]).ToList();
        return [.. (named.Count > 0 ? named : known).Where(k => k.Waits && open.Add(k.Bdf)).Select(k => k.Bdf)];
    }

    /// <summary>True for a command that sets an interface up; <c>pre</c> and <c>preL</c> do so after they have loaded the drivers.</summary>
    public static bool Opens(GuestCommand c) => c.Name switch
    {
        "netup" or "pre" or "preL" or "udhcpc" or "dhclient" => true,
        "ifconfig" => c.Words.Count > 2 && !c.Words.Contains("down"),
        "ip" => c.Words.Contains("link") && c.Words.Contains("up"),
        _ => false,
    };

    /// <summary>The names that /proc/interrupts has for an irq; null if it has no row.</summary>
    public static IReadOnlyList<string>? NamesAt(IEnumerable<string> interrupts, int irq) => interrupts.Select(l => Row().Match(l))
        .Where(m => m.Success && m.Groups[1].Value == Node.Invariant($"{irq}")).Select(m => m.Groups[2].Value.Split(", ")).FirstOrDefault();

    /// <summary>True for the name of an interface.</summary>
    public static bool IsName(string name) => Name().IsMatch(name);

    [GeneratedRegex(@"^eth(\d{1,3})$")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"^(?:eth|en[opsx]|em)\d")]
    private static partial Regex Name();

    [GeneratedRegex(@"^\s*(\d+):(?:\s+\d+)+\s+IO-APIC\s+\d+-\w+\s+(.*\S)\s*$")]
    private static partial Regex Row();
}
