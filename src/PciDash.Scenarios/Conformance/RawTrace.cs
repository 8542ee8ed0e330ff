using System.Globalization;
using System.Text.RegularExpressions;
using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Conformance;

/// <summary>
/// Reads QEMU's trace as it comes (<c>-trace events=… -msg timestamp=on</c>): a recording of the machine kit has nothing else. Every line
/// becomes an event of ours or a fact about the run. Time is counted from mark 1; of what comes before, only registers and levels count.
/// </summary>
internal sealed partial class RawTrace
{
    /// <summary>What the guest writes to a register of the host bridge that nothing uses, with the number of the mark added.</summary>
    public const uint Mark = 0x50434900;

    private const int MarkOffset = 0xdc;
    private const int Command = 4;
    private const int Gates = 0x0404;
    private const int BusMaster = 4;
    private const int IntxDisable = 0x400;
    private const int MostUnfolded = 2_000;
    private const int MostMessages = 50_000;

    // PIRQRC[A:D] of the PIIX3, and how soon its inputs follow.
    private const int FirstRoute = 0x60;
    private const int LastRoute = 0x63;
    private const double Routing = 1e-4;

    // The interrupts that the firmware routes PCI lines to on a machine whose IO-APIC has no pins above 15 for them.
    private static readonly int[] LegacyLines = [5, 10, 11];

    private readonly bool legacyLines;
    private readonly Dictionary<(Bdf, int), ObservedKind> controls = [];
    private readonly Dictionary<(Bdf, int), int> registers = [];
    private readonly Dictionary<int, uint> pins = [];
    private readonly Dictionary<int, int> levels = [];
    private readonly Dictionary<int, Burst> bursts = [];
    private readonly SerialConsole console = new();
    private readonly SortedDictionary<string, int> ignored = new(StringComparer.Ordinal);
    private readonly List<ObservedEvent> events = [];
    private double? start;
    private double lastRoute = double.NegativeInfinity;
    private double lastOfGuest = double.NegativeInfinity;
    private bool shutdownSeen;
    private int lastPin = -1;

    /// <summary>A reader; <paramref name="legacyLines"/> if PCI lines end on pins below 16 of the IO-APIC.</summary>
    public RawTrace(IEnumerable<ListedFunction> functions, bool legacyLines)
    {
        this.legacyLines = legacyLines;
        foreach (var f in functions)
        {
            if (f.MsixOffset != 0)
            {
                controls[(f.Bdf, f.MsixOffset + 2)] = ObservedKind.Msix;
            }

            if (f.MsiOffset != 0)
            {
                controls[(f.Bdf, f.MsiOffset + 2)] = ObservedKind.Msi;
            }
        }
    }

    /// <summary>What the kernels said after mark 1.</summary>
    public List<string> Messages { get; } = [];

    /// <summary>What was read over, by kind.</summary>
    public IReadOnlyDictionary<string, int> Ignored => ignored;

    /// <summary>Mark 1 was found: without it there is no beginning.</summary>
    public bool HasStart => start is not null;

    /// <summary>The pins were masked after the last device_shutdown.</summary>
    public bool Complete { get; private set; }

    /// <summary>When the second kernel set up the interrupt controller of old; null if none did.</summary>
    public double? SecondKernelAt { get; private set; }

    /// <summary>Reads all of it. Returns the events by time; what comes after the guest's last own act is the emulator's reset.</summary>
    public List<ObservedEvent> Read(IEnumerable<string> lines)
    {
        var number = 0;
        foreach (var line in lines)
        {
            number++;
            var m = Line().Match(line);
            if (m.Success)
            {
                Take(double.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture), m.Groups[2].Value, m.Groups[3].Value, Node.Invariant($"trace:{number}"));
            }
        }

        foreach (var burst in bursts.Values)
        {
            End(burst);
        }

        Ignore("after the guest's last act", events.Count(e => e.T > lastOfGuest));
        return [.. events.Where(e => e.T <= lastOfGuest).OrderBy(e => e.T)];
    }

    private void Take(double at, string name, string what, string place)
    {
        var t = Math.Round(at - (start ?? at), 6);
        switch (name)
        {
            case "pci_cfg_write" when Write().Match(what) is { Success: true } m && Bdf.TryParse(m.Groups[2].Value, out var bdf):
                Config(at, t, m.Groups[1].Value, bdf, (int)Hex(m.Groups[3].Value), Hex(m.Groups[4].Value), place);
                break;
            case "ioapic_mem_write" when RedirectionWrite().Match(what) is { Success: true } m:
                Pin((int)Hex(m.Groups[1].Value), Hex(m.Groups[2].Value), t, place);
                break;
            case "ioapic_set_remote_irr" when PinNumber().Match(what) is { Success: true } m:
                lastPin = Number(m.Groups[1].Value);
                break;
            case "ioapic_clear_remote_irr" when PinNumber().Match(what) is { Success: true } m:
                lastPin = Number(m.Groups[1].Value);
                Eoi(lastPin, t, place);
                break;
            case "apic_deliver_irq" when what.EndsWith("trigger_mode 1", StringComparison.Ordinal) && start is not null:
                Guest(t);
                Deliver(lastPin, t, place);
                break;
            case "x86_gsi_interrupt" when Gsi().Match(what) is { Success: true } m:
                Level(Number(m.Groups[1].Value), Number(m.Groups[2].Value), t, place);
                break;
            case "pic_ioport_write" when what.StartsWith("master 1 addr 0x0 val 0x11", StringComparison.Ordinal) && start is not null:
                // ICW1: init_8259A of the kernel that starts.
                Guest(t);
                SecondKernelAt ??= t;
                Complete = false;
                shutdownSeen = false;
                break;
            case "serial_write" when Register().Match(what) is { Success: true } m:
                if (console.Write((int)Hex(m.Groups[1].Value), (int)Hex(m.Groups[2].Value)) is { } said && start is not null)
                {
                    Said(said, t, place);
                }

                break;
            default:
                if (start is not null)
                {
                    Ignore(name, 1);
                }

                break;
        }
    }

    private void Config(double at, double t, string device, Bdf bdf, int offset, uint value, string place)
    {
        if (bdf == default && offset == MarkOffset && (value & 0xffffff00) == Mark)
        {
            if (value == Mark + 1 && start is null)
            {
                start = at;
            }

            EndAll();
            return;
        }

        if (start is not null)
        {
            Guest(t);
        }

        if (offset == Command)
        {
            Changed(ObservedKind.Command, bdf, offset, (int)(value & 0xffff), Gates, t, place);
        }
        else if (controls.TryGetValue((bdf, offset), out var kind))
        {
            Changed(kind, bdf, offset, (int)(value & 0xffff), kind == ObservedKind.Msix ? 0xc000 : 1, t, place);
        }
        else
        {
            if (device == "PIIX3" && offset is >= FirstRoute and <= LastRoute)
            {
                lastRoute = t;
            }

            Ignore("cfg_write", start is null ? 0 : 1);
        }
    }

    private void Changed(ObservedKind kind, Bdf bdf, int offset, int value, int bits, double t, string place)
    {
        var was = registers.GetValueOrDefault((bdf, offset));
        registers[(bdf, offset)] = value;
        if (start is null)
        {
            return;
        }

        if (((value ^ was) & bits) == 0)
        {
            Ignore("cfg_write without a change", 1);
            return;
        }

        EndAll();
        Add(kind, bdf, -1, kind switch { ObservedKind.Command => value & (BusMaster | IntxDisable), ObservedKind.Msix => ((value >> 15) & 1) | (((value >> 14) & 1) << 1), _ => value & 1 }, t, place);
    }

    // The lower half of a redirection entry: IOREDTBL, 82093AA data sheet.
    private void Pin(int select, uint value, double t, string place)
    {
        const uint Masked = 0x10000;
        if (select < 0x10 || (select & 1) != 0)
        {
            return;
        }

        var gsi = (select - 0x10) / 2;
        var was = pins.GetValueOrDefault(gsi, Masked);
        pins[gsi] = value;
        if (start is null)
        {
            return;
        }

        Guest(t);
        if ((value & Masked) != 0 && shutdownSeen)
        {
            Complete = true;
        }

        if (((value ^ was) & Masked) == 0)
        {
            Ignore("ioapic_mem_write without a change of the mask", 1);
            return;
        }

        End(gsi);
        Add(ObservedKind.Pin, null, gsi, (value & Masked) != 0 ? 1 : 0, t, place);
    }

    private void Level(int gsi, int value, double t, string place)
    {
        if (gsi < 16 && !(legacyLines && LegacyLines.Contains(gsi)))
        {
            return;
        }

        var was = levels.GetValueOrDefault(gsi);
        if (was == value)
        {
            return;
        }

        // The interrupt router was written: its input goes down and up, the line does not.
        if (gsi < 16 && t - lastRoute < Routing)
        {
            Ignore("x86_gsi_interrupt of the router", start is null ? 0 : 1);
            return;
        }

        levels[gsi] = value;
        if (start is not null)
        {
            End(gsi);
            Add(ObservedKind.Line, null, gsi, value, t, place);
        }
    }

    private void Deliver(int gsi, double t, string place)
    {
        if (!bursts.TryGetValue(gsi, out var burst))
        {
            bursts.Add(gsi, burst = new Burst(gsi));
        }

        burst.Times++;
        burst.Last = t;
        if (burst.Times == 1)
        {
            (burst.Place, burst.First) = (place, t);
        }

        if (burst.Times <= MostUnfolded)
        {
            burst.Parts.Add(new ObservedEvent(place, ObservedKind.Delivered, null, gsi, 0, t, t, 1));
        }
    }

    private void Eoi(int gsi, double t, string place)
    {
        if (start is null)
        {
            return;
        }

        Guest(t);
        var eoi = new ObservedEvent(place, ObservedKind.Eoi, null, gsi, 0, t, t, 1);
        if (bursts.TryGetValue(gsi, out var burst) && burst.Times > 0)
        {
            if (burst.Times <= MostUnfolded)
            {
                burst.Parts.Add(eoi);
            }
        }
        else
        {
            events.Add(eoi);
        }
    }

    private void Said(string said, double t, string place)
    {
        Guest(t);
        if (SerialConsole.Shutdown(said) is { } bdf)
        {
            shutdownSeen = true;
            Complete = false;
            EndAll();
            Add(ObservedKind.Shutdown, bdf, -1, 0, t, place);
        }
        else if (SerialConsole.Spurious(said) is var (irq, kind))
        {
            Add(kind, null, irq, 0, t, place);
        }
        else if (Messages.Count < MostMessages)
        {
            Messages.Add(said);
        }
    }

    private void Add(ObservedKind kind, Bdf? bdf, int gsi, int value, double t, string place) =>
        events.Add(new ObservedEvent(place, kind, bdf, gsi, value, t, t, 1));

    // The emulator goes on a little after the guest has left it; what follows this is nobody's.
    private void Guest(double t) => lastOfGuest = Math.Max(lastOfGuest, t);

    private void Ignore(string kind, int times)
    {
        if (times > 0)
        {
            ignored[kind] = ignored.GetValueOrDefault(kind) + times;
        }
    }

    private void EndAll()
    {
        foreach (var burst in bursts.Values)
        {
            End(burst);
        }
    }

    private void End(int gsi)
    {
        if (bursts.TryGetValue(gsi, out var burst))
        {
            End(burst);
        }
    }

    // Few deliveries each have their time, and their EOIs are hints; a storm becomes one event with a count.
    private void End(Burst burst)
    {
        if (burst.Times > MostUnfolded)
        {
            events.Add(new ObservedEvent(burst.Place, ObservedKind.Delivered, null, burst.Gsi, 0, burst.First, burst.Last, burst.Times));
        }
        else
        {
            events.AddRange(burst.Parts);
        }

        burst.Times = 0;
        burst.Parts.Clear();
    }

    private static uint Hex(string s) => uint.Parse(s, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static int Number(string s) => int.Parse(s, CultureInfo.InvariantCulture);

    /// <summary>Deliveries of one pin with nothing else of it between them.</summary>
    private sealed class Burst(int gsi)
    {
        public int Gsi { get; } = gsi;

        public string Place { get; set; } = "";

        public double First { get; set; }

        public double Last { get; set; }

        public long Times { get; set; }

        public List<ObservedEvent> Parts { get; } = [];
    }

    [GeneratedRegex(@"^(?:\d+@)?(\d{1,12}\.\d{1,9}):(\w+) ?(.*)$")]
    private static partial Regex Line();

    [GeneratedRegex(@"^(\S+) ([0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) @0x([0-9a-f]{1,4}) <- 0x([0-9a-f]{1,8})$")]
    private static partial Regex Write();

    [GeneratedRegex(@"addr 0x10 regsel: 0x([0-9a-f]{1,2}) size 0x[0-9a-f]+ val 0x([0-9a-f]{1,8})$")]
    private static partial Regex RedirectionWrite();

    [GeneratedRegex(@" pin (\d{1,4})\b")]
    private static partial Regex PinNumber();

    [GeneratedRegex(@"^GSI interrupt #(\d{1,4}) level:([01])$")]
    private static partial Regex Gsi();

    [GeneratedRegex(@"^write addr 0x([0-9a-f]{1,2}) val 0x([0-9a-f]{1,2})$")]
    private static partial Regex Register();
}
