using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using PciDash.Engine.Machine;
using Xunit.Abstractions;

namespace PciDash.Scenarios.Tests;

/// <summary>
/// Presets beside the recordings of real kernels that they are named after. Small cuts lie in Fixtures; the whole recordings are read where
/// they lie beside the repository (or in PCIDASH_RECORDINGS), and a test says so where they do not.
/// </summary>
public partial class RecordedMachines(ITestOutputHelper output)
{
    [GeneratedRegex(@"pci_cfg_write \S+ (\S+) @0x4 <- (0x[0-9a-f]+)")]
    private static partial Regex CommandWrite();

    [Fact]
    public void At_kexec_the_command_writes_of_q35_virtio_are_the_recorded_ones()
    {
        var recorded = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "q35-virtio-kexec-window.log"))
            .TakeWhile(l => !l.StartsWith("# second", StringComparison.Ordinal))
            .Select(l => CommandWrite().Match(l)).Where(m => m.Success)
            .Select(m => (m.Groups[1].Value, int.Parse(m.Groups[2].Value[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture))).ToList();
        Assert.Equal([("00:1f.2", 0x0503), ("00:03.0", 0x0503), ("00:02.0", 0x0503)], recorded);

        var r = Recorded.Of("q35-virtio");
        var jump = r.All.First(x => x.Event.Kind == EventKind.Phase && r.Run.Machine.Names[x.Event.A] == "machine_kexec").Raw;
        var written = r.All.Where(x => x.Raw < jump && x.Event.Kind == EventKind.CfgCommand)
            .Select(x => (r.Run.Machine.Functions[x.Event.Subject].Bdf.ToString(), x.Event.B));
        Assert.Equal(recorded, written);
    }

    [Theory]
    [InlineData("s5a_vnet_uhci_msixshut", "live-msix-off")]
    [InlineData("s5a2_vnet_uhci_setpci_only", "live-msix-enable-only")]
    [InlineData("s5b_vnet_nohandler", "live-no-handler")]
    [InlineData("s5c_vnet_bmefirst", "live-bme-first")]
    public void A_live_switch_delivers_as_often_and_writes_the_same_as_the_recording(string recording, string preset)
    {
        var root = Environment.GetEnvironmentVariable("PCIDASH_RECORDINGS") ?? Beside("shared/recordings");
        if (root is null || !Directory.Exists(Path.Combine(root, recording)))
        {
            output.WriteLine($"not compared: {recording} is not here; set PCIDASH_RECORDINGS to the folder of the recordings");
            return;
        }

        var events = File.ReadLines(Path.Combine(root, recording, "events.jsonl")).Select(l => JsonDocument.Parse(l).RootElement).ToList();

        // From mark 1 (the first switch) to mark 9 (the power-off, which is no part of it).
        var end = events.Where(e => Is(e, "mark") && e.GetProperty("n").GetInt64() == 9).Select(e => e.GetProperty("t").GetDouble()).First();
        var window = events.Where(e => e.TryGetProperty("t", out var t) && t.GetDouble() is var at && at >= 0 && at < end).ToList();
        var r = Recorded.Of(preset);
        Assert.Equal(window.Where(e => Is(e, "level_irq_delivered") && e.GetProperty("gsi").GetInt32() == 21).Sum(Times), r.Deliveries(21));
        Assert.Equal(window.Where(e => Is(e, "nobody_cared")).Sum(Times), r.Count(EventKind.NobodyCared));

        const int Gates = 0x0404;
        var net = r.Function("00:09.0");
        var recorded = window.Where(e => Is(e, "cmd_write") && e.GetProperty("bdf").GetString() == "00:09.0" && e.GetProperty("changed").GetArrayLength() > 0)
            .Select(e => Convert.ToInt32(e.GetProperty("val").GetString(), 16) & Gates);
        Assert.Equal(recorded, r.All.Where(x => x.TimeNs >= 0 && x.Event.Kind == EventKind.CfgCommand && x.Event.Subject == net).Select(x => x.Event.B & Gates));
        var switches = window.Where(e => Is(e, "msix_ctrl") && e.GetProperty("bdf").GetString() == "00:09.0").Select(e => e.GetProperty("enable").GetInt32());
        Assert.Equal(switches, r.All.Where(x => x.Event.Kind == EventKind.CfgMsix && x.Event.Subject == net).Select(x => x.Event.A));
        output.WriteLine($"{recording}: {r.Deliveries(21)} deliveries of GSI 21, as recorded");
    }

    private static bool Is(JsonElement e, string ev) => e.GetProperty("ev").GetString() == ev;

    private static long Times(JsonElement e) => e.TryGetProperty("n", out var n) ? n.GetInt64() : 1;

    private static string? Beside(string folder)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Directory.Exists(Path.Combine(at.FullName, folder)))
            {
                return Path.Combine(at.FullName, folder);
            }
        }

        return null;
    }
}
