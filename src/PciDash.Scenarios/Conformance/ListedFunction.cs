using System.Globalization;
using System.Text.RegularExpressions;
using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Conformance;

/// <summary>A function as <c>lspci -vvv -nn</c> (or <c>-xxxx</c>) lists it.</summary>
public sealed partial record ListedFunction(Bdf Bdf)
{
    /// <summary>The headline after the address.</summary>
    public string Title { get; init; } = "";

    /// <summary>Vendor id; -1 if unknown.</summary>
    public int VendorId { get; init; } = -1;

    /// <summary>Device id.</summary>
    public int DeviceId { get; init; } = -1;

    /// <summary>Its pin.</summary>
    public InterruptPin Pin { get; init; }

    /// <summary>"routed to IRQ"; -1 if not said.</summary>
    public int Irq { get; init; } = -1;

    /// <summary>Bus Master Enable.</summary>
    public bool BusMaster { get; init; }

    /// <summary>INTx-Disable.</summary>
    public bool IntxDisable { get; init; }

    /// <summary>I/O, memory and SERR bits.</summary>
    public int BaseCommand { get; init; } = 0x0103;

    /// <summary>Messages of its MSI capability; 0 = none.</summary>
    public int MsiMessages { get; init; }

    /// <summary>MSI Enable.</summary>
    public bool MsiEnable { get; init; }

    /// <summary>Offset of the MSI capability; 0 = none.</summary>
    public int MsiOffset { get; init; }

    /// <summary>Entries of its MSI-X table; 0 = none.</summary>
    public int MsixEntries { get; init; }

    /// <summary>MSI-X Enable.</summary>
    public bool MsixEnable { get; init; }

    /// <summary>Offset of the MSI-X capability; 0 = none.</summary>
    public int MsixOffset { get; init; }

    /// <summary>Bus below it, for a bridge.</summary>
    public int? SecondaryBus { get; init; }

    /// <summary>"Kernel driver in use", or null.</summary>
    public string? Driver { get; init; }

    /// <summary>"Kernel modules" that could drive it.</summary>
    public IReadOnlyList<string> Modules { get; init; } = [];

    /// <summary>Reads a listing; lines that say nothing about interrupts are read over.</summary>
    public static List<ListedFunction> Read(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var all = new List<ListedFunction>();
        foreach (var line in lines)
        {
            if (Head().Match(line) is { Success: true } head && Bdf.TryParse(head.Groups[1].Value, out var bdf))
            {
                all.Add(Titled(new ListedFunction(bdf), head.Groups[2].Value));
            }
            else if (all.Count > 0 && line.Length > 0 && char.IsWhiteSpace(line[0]))
            {
                all[^1] = Detail(all[^1], line.Trim());
            }
            else if (all.Count > 0 && Bytes().Match(line) is { Success: true } bytes)
            {
                all[^1] = Raw(all[^1], Hex(bytes.Groups[1].Value), bytes.Groups[2].Value);
            }
        }

        return all;
    }

    internal static ListedFunction Titled(ListedFunction f, string title)
    {
        var ids = Ids().Matches(title);
        return f with
        {
            Title = title,
            VendorId = ids.Count > 0 ? Hex(ids[^1].Groups[1].Value) : f.VendorId,
            DeviceId = ids.Count > 0 ? Hex(ids[^1].Groups[2].Value) : f.DeviceId,
        };
    }

    private static ListedFunction Detail(ListedFunction f, string line)
    {
        var (key, rest) = line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? (line[..colon], line[(colon + 1)..].Trim()) : (line, "");
        switch (key)
        {
            case "Control":
                return f with
                {
                    BusMaster = rest.Contains("BusMaster+", StringComparison.Ordinal),
                    IntxDisable = rest.Contains("DisINTx+", StringComparison.Ordinal),
                    BaseCommand = (rest.Contains("I/O+", StringComparison.Ordinal) ? 1 : 0) | (rest.Contains("Mem+", StringComparison.Ordinal) ? 2 : 0)
                        | (rest.Contains("SERR+", StringComparison.Ordinal) ? 0x100 : 0),
                };
            case "Interrupt" when Pins().Match(rest) is { Success: true } pin:
                return f with { Pin = (InterruptPin)(pin.Groups[1].Value[0] - 'A' + 1), Irq = int.Parse(pin.Groups[2].Value, CultureInfo.InvariantCulture) };
            case "Bus" when Secondary().Match(rest) is { Success: true } bus:
                return f with { SecondaryBus = Hex(bus.Groups[1].Value) };
            case "Kernel driver in use":
                return f with { Driver = rest };
            case "Kernel modules":
                return f with { Modules = rest.Split(", ") };
            case "Capabilities" when MsixLine().Match(rest) is { Success: true } x:
                return f with { MsixOffset = Hex(x.Groups[1].Value), MsixEnable = x.Groups[2].Value == "+", MsixEntries = int.Parse(x.Groups[3].Value, CultureInfo.InvariantCulture) };
            case "Capabilities" when MsiLine().Match(rest) is { Success: true } m:
                return f with { MsiOffset = Hex(m.Groups[1].Value), MsiEnable = m.Groups[2].Value == "+", MsiMessages = int.Parse(m.Groups[3].Value, CultureInfo.InvariantCulture) };
            default:
                return f;
        }
    }

    // The first line of a hex dump gives the ids where the headline has none.
    private static ListedFunction Raw(ListedFunction f, int offset, string bytes)
    {
        var b = bytes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Hex).ToArray();
        return offset == 0 && b.Length == 16 ? f with { VendorId = b[0] | (b[1] << 8), DeviceId = b[2] | (b[3] << 8) } : f;
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^((?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) (\S.*)$")]
    private static partial Regex Head();

    [GeneratedRegex(@"^([0-9a-f]{2,3}): ((?:[0-9a-f]{2} ?){16})$")]
    private static partial Regex Bytes();

    [GeneratedRegex(@"\[([0-9a-f]{4}):([0-9a-f]{4})\]")]
    private static partial Regex Ids();

    [GeneratedRegex(@"pin ([A-D]) routed to IRQ (\d+)")]
    private static partial Regex Pins();

    [GeneratedRegex(@"secondary=([0-9a-f]{2})")]
    private static partial Regex Secondary();

    [GeneratedRegex(@"^\[([0-9a-f]+)\] MSI-X: Enable([+-]) Count=(\d+)")]
    private static partial Regex MsixLine();

    [GeneratedRegex(@"^\[([0-9a-f]+)\] MSI: Enable([+-]) Count=\d+/(\d+)")]
    private static partial Regex MsiLine();
}
