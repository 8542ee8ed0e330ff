using System.Globalization;
using System.Text.Json;

namespace PciDash.Engine.Tests.Recordings;

/// <summary>What a real kernel did: one of the files under Fixtures, cut from a recording to the events that matter.</summary>
internal sealed class Recorded
{
    private readonly List<JsonElement> events = [];

    private Recorded()
    {
    }

    public static Recorded Read(string name)
    {
        var recorded = new Recorded();
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", name + ".jsonl")))
        {
            recorded.events.Add(JsonDocument.Parse(line).RootElement);
        }

        Assert.NotEmpty(recorded.events);
        return recorded;
    }

    private static int Int(JsonElement e, string name) => e.TryGetProperty(name, out var v) ? v.GetInt32() : 0;

    private static int Hex(JsonElement e, string name) => int.Parse(e.GetProperty(name).GetString()![2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private IEnumerable<JsonElement> Of(string ev, string? bdf = null, int boot = 0) => events.Where(
        e => e.GetProperty("ev").GetString() == ev && Int(e, "boot") == boot && (bdf is null || e.GetProperty("bdf").GetString() == bdf));

    /// <summary>Values written to Command and MSI-X control in order, as <see cref="Seen.Writes"/> has them, without the old value.</summary>
    public string Writes(string? bdf, int boot = 0) => string.Join(", ", events
        .Where(e => e.GetProperty("ev").GetString() is "cmd_write" or "msix_ctrl" && Int(e, "boot") == boot && (bdf is null || e.GetProperty("bdf").GetString() == bdf))
        .Select(e => (bdf is null ? e.GetProperty("bdf").GetString() + " " : "") + (e.GetProperty("ev").GetString() == "cmd_write"
            ? Hex(e, "val").ToString("x4", CultureInfo.InvariantCulture)
            : $"msix {Int(e, "enable")}{(Int(e, "maskall") != 0 ? " maskall" : "")}")));

    /// <summary>Changes of the line. The first fall is none: QEMU evaluates every line once when INTx-Disable is written.</summary>
    public string Level() => string.Concat(Of("intx_line").Select(e => Int(e, "level"))).TrimStart('0');

    /// <summary>Changes of the pin's mask.</summary>
    public string Masks() => string.Concat(Of("ioapic_rte").Where(e => Int(e, "masked") != Int(e, "was_masked")).Select(e => Int(e, "masked")));

    public long Deliveries() => Of("level_irq_delivered").Sum(e => e.TryGetProperty("n", out var n) ? n.GetInt64() : 1);

    public long Pauses() => Of("qemu_ioapic_delayed_reassert_10ms").Sum(e => e.TryGetProperty("n", out var n) ? n.GetInt64() : 1);

    public int NobodyCared() => Of("nobody_cared").Count();

    public int IrqDisabled() => Of("irq_disabled").Count();

    public IEnumerable<int> VirtioStatus(string bdf) => Of("virtio_status", bdf).Select(e => Int(e, "val"));

    public IEnumerable<string> ShutdownOrder() => Of("device_shutdown").Select(e => e.GetProperty("bdf").GetString()!);

    /// <summary>Position of the first event of a kind.</summary>
    public int Position(string ev, string? bdf = null) => events.IndexOf(Of(ev, bdf).First());
}
