using System.Globalization;
using System.Text.RegularExpressions;
using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Conformance;

/// <summary>Reads the older generation's <c>kexec-window.log</c>: configuration writes in their order, without what they replace.</summary>
internal sealed partial class WindowLog
{
    private const int Gates = 0x0404;
    private const int Command = 0x4;

    private readonly List<ObservedEvent> events = [];
    private readonly SortedDictionary<string, int> ignored = new(StringComparer.Ordinal);
    private readonly Dictionary<Bdf, ListedFunction> functions;
    private readonly Dictionary<Bdf, int> command;
    private readonly Dictionary<Bdf, int> msix;
    private readonly Dictionary<Bdf, int> msi;
    private readonly List<string> problems;
    private int listedAt;

    public WindowLog(IReadOnlyList<ListedFunction> listed, List<string> problems)
    {
        functions = listed.ToDictionary(f => f.Bdf);
        command = listed.ToDictionary(f => f.Bdf, f => (f.BusMaster ? 0x4 : 0) | (f.IntxDisable ? 0x400 : 0));
        msix = listed.ToDictionary(f => f.Bdf, f => f.MsixEnable ? 1 : 0);
        msi = listed.ToDictionary(f => f.Bdf, f => f.MsiEnable ? 1 : 0);
        this.problems = problems;
    }

    public IReadOnlyList<ObservedEvent> Events => events;

    public IReadOnlyDictionary<string, int> Ignored => ignored;

    public void Read(string file, List<string> lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            var place = Node.Invariant($"{file}:{i + 1}");
            if (lines[i].StartsWith("# second kernel", StringComparison.Ordinal))
            {
                // From here on there are only MSI-X switches without an address.
                Ignore("second kernel's part (msix_write_config without an address)", lines.Count - i - 1);
                return;
            }

            if (lines[i].Length == 0 || lines[i][0] == '#')
            {
                continue;
            }

            if (Line().Match(lines[i]) is not { Success: true } m)
            {
                problems.Add($"{place}: it is no line of a trace (cut?); it is read over");
                continue;
            }

            if (m.Groups[2].Value == "pci_cfg_write" && Write().Match(m.Groups[3].Value) is { Success: true } w && Bdf.TryParse(w.Groups[1].Value, out var bdf) && functions.ContainsKey(bdf))
            {
                Take(bdf, Hex(w.Groups[2].Value), Hex(w.Groups[3].Value), double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture), place);
            }
            else
            {
                Ignore(m.Groups[2].Value, 1);
            }
        }
    }

    /// <summary>Drops what led to the state that lspci shows.</summary>
    public void ForgetUntilListed()
    {
        Ignore("before the state that lspci shows", listedAt);
        events.RemoveRange(0, listedAt);
        listedAt = 0;
    }

    private bool IsAsListed() => functions.Values.All(f =>
        command[f.Bdf] == ((f.BusMaster ? 0x4 : 0) | (f.IntxDisable ? 0x400 : 0)) && msix[f.Bdf] == (f.MsixEnable ? 1 : 0) && msi[f.Bdf] == (f.MsiEnable ? 1 : 0));

    private void Take(Bdf bdf, int offset, int value, double t, string place)
    {
        var f = functions[bdf];
        void Change(Dictionary<Bdf, int> state, ObservedKind kind, int now)
        {
            if (state[bdf] == now)
            {
                Ignore("pci_cfg_write of other bits", 1);
                return;
            }

            state[bdf] = now;
            events.Add(new ObservedEvent(place, kind, bdf, -1, now, t, t, 1));
            listedAt = IsAsListed() ? events.Count : listedAt;
        }

        if (offset == Command)
        {
            Change(command, ObservedKind.Command, value & Gates);
        }
        else if (f.MsixOffset > 0 && offset == f.MsixOffset + 2)
        {
            Change(msix, ObservedKind.Msix, ((value >> 15) & 1) | ((value >> 14) & 1) << 1);
        }
        else if (f.MsiOffset > 0 && offset == f.MsiOffset + 2)
        {
            Change(msi, ObservedKind.Msi, value & 1);
        }
        else
        {
            Ignore("pci_cfg_write elsewhere", 1);
        }
    }

    private void Ignore(string kind, int times)
    {
        if (times > 0)
        {
            ignored[kind] = ignored.GetValueOrDefault(kind) + times;
        }
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(\d+\.\d+) (\w+) (.*)$")]
    private static partial Regex Line();

    [GeneratedRegex(@"^\S+ (\S+) @0x([0-9a-f]{1,3}) <- 0x([0-9a-f]{1,8})$")]
    private static partial Regex Write();
}
