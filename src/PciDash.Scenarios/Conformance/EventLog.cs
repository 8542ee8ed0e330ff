using System.Globalization;
using System.Text.Json;
using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Conformance;

/// <summary>Reads <c>events.jsonl</c>: every line becomes an event of ours, a fact about the run, or is counted as ignored.</summary>
internal sealed class EventLog(List<string> problems)
{
    private const int Gates = 0x0404;

    // PIRQRC[A:D] of the PIIX3, and how soon its inputs follow.
    private const int FirstRoute = 0x60;
    private const int LastRoute = 0x63;
    private const double Routing = 1e-4;

    private readonly List<ObservedEvent> events = [];
    private readonly SortedDictionary<string, int> ignored = new(StringComparer.Ordinal);
    private readonly Dictionary<int, (int Value, double Since)> level = [];
    private double lastRoute = double.NegativeInfinity;
    private double lastOfGuest = double.NegativeInfinity;
    private double lastShutdown = double.NegativeInfinity;

    public List<ListedFunction> Functions { get; } = [];

    public List<string> Messages { get; } = [];

    public IReadOnlyDictionary<string, int> Ignored => ignored;

    public bool SecondKernelSeen => SecondKernelAt is not null;

    /// <summary>When the second kernel was first heard of.</summary>
    public double? SecondKernelAt { get; private set; }

    public bool Complete { get; private set; }

    public void Read(List<string> lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].Length > 0)
            {
                ReadLine(lines[i], Node.Invariant($"events.jsonl:{i + 1}"));
            }
        }
    }

    /// <summary>By time. What comes before mark 1 belongs to no run, and what comes after the guest's last own act is the emulator's reset.</summary>
    public List<ObservedEvent> Sorted()
    {
        var window = events.Where(e => e.T >= 0 && e.T <= lastOfGuest).ToList();
        Ignore("before mark 1", events.Count(e => e.T < 0));
        Ignore("after the guest's last act", events.Count(e => e.T > lastOfGuest));
        return [.. window.OrderBy(e => e.T)];
    }

    private void ReadLine(string line, string place)
    {
        JsonElement e;
        string? ev;
        try
        {
            using var json = JsonDocument.Parse(line);
            e = json.RootElement.Clone();
            ev = Text(e, "ev");
        }
        catch (JsonException)
        {
            problems.Add($"{place}: it is no JSON (cut?); it is read over");
            return;
        }

        if (ev is null)
        {
            problems.Add($"{place}: it has no \"ev\"; it is read over");
            return;
        }

        if (ev == "meta")
        {
            Meta(e);
            return;
        }

        if (!e.TryGetProperty("t", out var at) || !at.TryGetDouble(out var t))
        {
            problems.Add($"{place}: {ev} has no time \"t\"; it is read over");
            return;
        }

        Take(e, ev, t, place);
    }

    private void Take(JsonElement e, string ev, double t, string place)
    {
        var bdf = Bdf.TryParse(Text(e, "bdf"), out var b) ? b : (Bdf?)null;
        var gsi = Number(e, "gsi") ?? Number(e, "irq") ?? -1;
        var last = e.TryGetProperty("t_last", out var until) && until.TryGetDouble(out var l) ? l : t;
        var n = Number(e, "n") ?? 1;
        void Add(ObservedKind kind, int value, int times) => events.Add(new ObservedEvent(place, kind, bdf, gsi, value, t, last, times));
        // These go on in an emulator that the guest has left.
        if (ev is not ("intx_line" or "pic_line" or "virtio_status" or "dev_irq_request" or "dev_irq_lower" or "msi_delivered" or "ipi_or_unknown_vector"))
        {
            lastOfGuest = Math.Max(lastOfGuest, last);
        }

        switch (ev)
        {
            case "cmd_write" when bdf is not null && Hex(e, "val") is { } value:
                if (ChangesGates(e))
                {
                    Add(ObservedKind.Command, value & Gates, 1);
                }
                else
                {
                    Ignore("cmd_write of other bits", 1);
                }

                break;
            case "msix_ctrl" when bdf is not null && Hex(e, "val") is { } value:
                if (Hex(e, "was") is { } was && (value & 0xC000) == (was & 0xC000))
                {
                    Ignore("msix_ctrl without a change", 1);
                }
                else
                {
                    Add(ObservedKind.Msix, ((value >> 15) & 1) | ((value >> 14) & 1) << 1, 1);
                }

                break;
            case "msi_ctrl" when bdf is not null && Hex(e, "val") is { } value:
                if (Hex(e, "was") is { } before && (value & 1) == (before & 1))
                {
                    Ignore("msi_ctrl without a change", 1);
                }
                else
                {
                    Add(ObservedKind.Msi, value & 1, 1);
                }

                break;
            case "device_shutdown" when bdf is not null:
                lastShutdown = t;
                Complete = false;
                Add(ObservedKind.Shutdown, 0, 1);
                break;
            case "intx_line" or "pic_line" when gsi >= 0:
                LineChange(ev, gsi, e, (t, last, n), Add);
                break;
            case "ioapic_rte" when gsi >= 0:
                Pin(e, Add);
                break;
            case "level_irq_delivered" when gsi >= 0:
                Add(ObservedKind.Delivered, 0, n);
                events[^1] = events[^1] with { Vector = Number(e, "vector") ?? -1 };
                break;
            case "ioapic_eoi" when gsi >= 0:
                // Of a fold only the last one has a time of its own.
                events.Add(new ObservedEvent(place, ObservedKind.Eoi, bdf, gsi, 0, last, last, n));
                break;
            case "nobody_cared" or "irq_disabled" when gsi >= 0:
                Add(ev == "nobody_cared" ? ObservedKind.NobodyCared : ObservedKind.IrqDisabled, 0, n);
                break;
            case "msi_delivered" when bdf is not null:
                Add(ObservedKind.Message, Number(e, "entry") ?? 0, n);
                break;
            case "dev_irq_request" when bdf is not null && Text(e, "what")?.EndsWith("state: 0", StringComparison.Ordinal) != true:
                Add(ObservedKind.Request, 0, n);
                break;
            case "cfg_write" when Text(e, "dev") == "PIIX3" && Hex(e, "off") is >= FirstRoute and <= LastRoute:
                lastRoute = t;
                Ignore(ev, 1);
                break;
            case "log":
                Messages.Add(Text(e, "msg") ?? "");
                Ignore(ev, 1);
                break;
            case "second_kernel_starts":
                SecondKernelAt ??= t;
                Complete = false;
                lastShutdown = double.NegativeInfinity;
                Ignore(ev, 1);
                break;
            default:
                Ignore(ev, 1);
                break;
        }
    }

    // Two views of one line: where a pin is above 15 the IO-APIC's is the one; below, the PIC's view is all there is.
    private void LineChange(string ev, int gsi, JsonElement e, (double T, double Last, int N) fold, Action<ObservedKind, int, int> add)
    {
        var (t, last, n) = fold;
        if ((ev == "pic_line") != (gsi < 16) || Number(e, "level") is not { } value)
        {
            Ignore(ev, 1);
            return;
        }

        // The interrupt router was written: its input goes down and up, the line does not.
        if (ev == "pic_line" && t - lastRoute < Routing)
        {
            Ignore(ev + " of the router", 1);
            return;
        }

        // A fold that goes on says nothing of the level within it.
        var (now, since) = level.GetValueOrDefault(gsi, (0, double.NegativeInfinity));
        if (n == 1 && now == value && since <= t)
        {
            Ignore(ev + " without a change", 1);
            return;
        }

        if (last >= since)
        {
            level[gsi] = (value, last);
        }

        add(ObservedKind.Line, value, n);
    }

    private void Pin(JsonElement e, Action<ObservedKind, int, int> add)
    {
        var (masked, was) = (Number(e, "masked"), Number(e, "was_masked"));
        if (masked == 1 && lastShutdown > double.NegativeInfinity)
        {
            Complete = true;
        }

        if (masked is null || masked == was)
        {
            Ignore("ioapic_rte without a change of the mask", 1);
            return;
        }

        add(ObservedKind.Pin, masked.Value, 1);
    }

    private static bool ChangesGates(JsonElement e) =>
        e.TryGetProperty("changed", out var changed) && changed.ValueKind == JsonValueKind.Array
        && changed.EnumerateArray().Any(c => c.GetString() is { } s && (s.StartsWith("BME", StringComparison.Ordinal) || s.StartsWith("INTxDisable", StringComparison.Ordinal)));

    private void Meta(JsonElement e)
    {
        if (!e.TryGetProperty("devs", out var devs) || devs.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var d in devs.EnumerateObject())
        {
            if (Bdf.TryParse(d.Name, out var bdf))
            {
                var f = ListedFunction.Titled(new ListedFunction(bdf), Text(d.Value, "desc") ?? "");
                var pin = Text(d.Value, "pin");
                Functions.Add(f with
                {
                    Pin = pin is { Length: 1 } ? (InterruptPin)(pin[0] - 'A' + 1) : InterruptPin.None,
                    Irq = Number(d.Value, "irq") ?? -1,
                    Driver = Text(d.Value, "drv"),
                    MsixOffset = Number(d.Value, "MSI-X") ?? 0,
                    MsiOffset = Number(d.Value, "MSI") ?? 0,
                });
            }
        }
    }

    /// <summary>Counts what is judged by nobody.</summary>
    public void Ignore(string kind, int times)
    {
        if (times > 0)
        {
            ignored[kind] = ignored.GetValueOrDefault(kind) + times;
        }
    }

    private static string? Text(JsonElement e, string name) =>
        e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.String ? v.GetString() : null;

    private static int? Number(JsonElement e, string name) =>
        e.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var n) ? n : null;

    private static int? Hex(JsonElement e, string name) =>
        Text(e, name) is { } s && s.StartsWith("0x", StringComparison.Ordinal) && int.TryParse(s[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var n) ? n : null;
}
