using System.Text;
using System.Text.Json;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Tests;

public class Writing
{
    private static string Lines(Run run, IReadOnlyList<RecordedOutcome>? outcomes = null)
    {
        using var stream = new MemoryStream();
        RecordingWriter.WriteJsonLines(run, stream, outcomes);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static List<JsonElement> Parsed(string lines) =>
        [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    private static string Words(JsonElement e, params string[] fields) =>
        string.Join(' ', fields.Select(f => e.TryGetProperty(f, out var v) ? v.ToString() : "-"));

    [Fact]
    public void The_first_line_says_what_the_run_is()
    {
        var meta = Parsed(Lines(Recorded.Of("virtio-nobody-cared-2015", seed: 7).Run))[0];
        Assert.Equal("meta virtio-nobody-cared-2015 4.1 reboot P4 q35 7 complete", Words(meta, "ev", "scenario", "kernel", "path", "policy", "platform", "seed", "end"));
        Assert.Equal(["00:01.0 uhci uhci_hcd intx 21", "00:09.0 virtio-net virtio-pci msix 21"],
            meta.GetProperty("functions").EnumerateArray().Select(f => Words(f, "bdf", "device", "driver", "mode", "gsi")));
        Assert.Matches(@"^\d+\.\d+\.\d+$", meta.GetProperty("engine").GetString()!);
        var kexec = Parsed(Lines(Recorded.Of("virtio-nobody-cared-2015-kexec").Run))[0];
        Assert.Equal("4.1 none P4", Words(Assert.Single(kexec.GetProperty("next_boots").EnumerateArray()), "kernel", "path", "policy"));
    }

    [Fact]
    public void The_storys_events_have_the_words_of_the_recordings()
    {
        var all = Parsed(Lines(Recorded.Of("virtio-nobody-cared-2015").Run));
        string First(string ev, params string[] fields) => Words(all.First(e => e.GetProperty("ev").GetString() == ev), fields);
        Assert.Equal("running", First("phase", "name"));
        Assert.Equal("00:09.0 rx", First("device_event", "bdf", "what"));
        Assert.Equal("00:09.0 1 36 0 delivered", First("msi_write", "bdf", "entry", "vector", "cpu", "result"));
        Assert.Equal("25 36 0 flow-handler", First("irq_delivered", "irq", "vector", "cpu", "outcome"));
        Assert.Equal("00:09.0 virtio-pci enter", First("driver_shutdown", "bdf", "driver", "edge"));
        Assert.Equal("00:09.0 0 1", First("vector_mask", "bdf", "entry", "masked"));
        Assert.Equal("00:09.0 0 0", First("cfg_msix", "bdf", "enable", "maskall"));
        Assert.Equal("00:09.0 0x0507 0x0107 1 0", First("cfg_command", "bdf", "old", "new", "bme", "intx_disable"));
        Assert.Equal("00:09.0 INTA 1", First("intx", "bdf", "pin", "asserted"));
        Assert.Equal("21 1", First("line", "gsi", "asserted"));
        Assert.Equal("21 100000 100000", First("nobody_cared", "irq", "irq_count", "irqs_unhandled"));
        Assert.Equal("21", First("irq_disabled", "irq"));
        Assert.Equal("21 1", First("ioapic_pin", "gsi", "masked"));
        Assert.Equal("- platform", First("reset", "bdf", "how"));
        Assert.Contains(all, e => Words(e, "ev", "irq", "action", "edge", "ret") == "handler 21 usb_hcd_irq exit IRQ_NONE");
        Assert.Contains(all, e => Words(e, "ev", "irq", "action", "edge", "ret") == "handler 25 vring_interrupt exit IRQ_HANDLED");
        Assert.Contains(all, e => Words(e, "ev", "gsi", "outcome") == "irq_delivered 21 lazy-masked");
        Assert.Contains(all, e => Words(e, "ev", "irq", "ret") == "irq_polled 21 IRQ_NONE" || e.GetProperty("ev").GetString() != "irq_polled");
    }

    [Fact]
    public void Stimuli_have_a_name_and_operands()
    {
        var all = Parsed(Lines(Recorded.Of("live-no-handler").Run)).Where(e => e.GetProperty("ev").GetString() == "stimulus");
        Assert.Equal(["00:09.0 msi-shutdown -", "- wait us=5000000", "00:01.0 load-driver driver=uhci_hcd", "- wait us=12000000"],
            all.Select(e => Words(e, "bdf", "what", "operands")));
    }

    [Fact]
    public void The_assertion_names_both_its_causes()
    {
        var all = Parsed(Lines(Recorded.Of("virtio-nobody-cared-2015").Run));
        var intx = all.First(e => Words(e, "ev", "asserted") == "intx 1");
        string Cause(string field) => Words(all.First(e => e.TryGetProperty("i", out var i) && i.GetInt64() == intx.GetProperty(field).GetInt64()), "ev", "new", "what");
        Assert.Equal("device_event - rx", Cause("why"));
        Assert.Equal("cfg_command 0x0107 -", Cause("also"));
        Assert.False(all[1].TryGetProperty("why", out _));
    }

    // Undoing every fold gives each raw number exactly once, with the engine's own time for it.
    [Theory]
    [InlineData("virtio-nobody-cared-2015")]
    [InlineData("live-no-handler")]
    [InlineData("virtio-nobody-cared-2015-busy-sharer")]
    public void Folds_lose_nothing(string preset)
    {
        var run = Recorded.Of(preset).Run;
        var seen = new HashSet<long>();
        foreach (var e in Parsed(Lines(run)).Skip(1))
        {
            var i = e.GetProperty("i").GetInt64();
            if (!e.TryGetProperty("n", out var n))
            {
                Assert.True(seen.Add(i));
                continue;
            }

            var last = i + ((n.GetInt64() - 1) * e.GetProperty("stride").GetInt64());
            for (var at = i; at <= last; at += e.GetProperty("stride").GetInt64())
            {
                Assert.True(seen.Add(at));
            }

            Assert.Equal(RecordingWriter.Seconds(run.Recording.EventAt(last).TimeNs), e.GetProperty("t_last").GetRawText());
            Assert.Equal(e.GetProperty("ev").GetString(), EventFields.Kind(run.Recording.EventAt(last).Event.Kind));
        }

        Assert.Equal(run.Recording.RawCount, seen.Count);
        Assert.Equal(run.Recording.RawCount - 1, seen.Max());
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_one_does_not()
    {
        static Scenario Jittery(Scenario s) => s with
        {
            Functions = [.. s.Functions.Select(f => f with { Events = [.. f.Events.Select(e => e with { JitterPercent = 50 })] })],
        };
        var one = Lines(Recorded.Of("virtio-nobody-cared-2015", Jittery, 5).Run);
        Assert.Equal(one, Lines(Recorded.Of("virtio-nobody-cared-2015", Jittery, 5).Run));
        Assert.NotEqual(one, Lines(Recorded.Of("virtio-nobody-cared-2015", Jittery, 6).Run).Replace("\"seed\":6", "\"seed\":5", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, "0.000000000")]
    [InlineData(1, "0.000000001")]
    [InlineData(-5_000_000, "-0.005000000")]
    [InlineData(12_345_678_901, "12.345678901")]
    public void Times_are_seconds_with_every_nanosecond(long ns, string text) => Assert.Equal(text, RecordingWriter.Seconds(ns));

    [Fact]
    public void Outcomes_come_last_and_cite_their_event()
    {
        var lines = Lines(Recorded.Of("live-bme-first").Run, [new("21", true, "silent", 3), new("00:09.0", false, "lost-interrupt", -1)]).TrimEnd().Split('\n');
        Assert.Equal("""{"ev":"outcome","irq":21,"kind":"silent","why":3}""", lines[^2]);
        Assert.Equal("""{"ev":"outcome","bdf":"00:09.0","kind":"lost-interrupt"}""", lines[^1]);
    }

    [Fact]
    public void Csv_has_one_row_for_each_line_and_every_field_in_its_column()
    {
        var run = Recorded.Of("virtio-nobody-cared-2015").Run;
        using var writer = new StringWriter();
        RecordingWriter.WriteCsv(run, writer, [new("21", true, "storm-then-disabled", 5)]);
        var rows = writer.ToString().TrimEnd('\n').Split('\n').Select(r => r.Split(',')).ToList();
        var header = rows[0];
        Assert.Equal(run.Recording.Count + 2, rows.Count);

        // No cell holds a comma but "where", which is the last: the columns before it can be counted plainly.
        var where = Array.IndexOf(header, "where");
        Assert.All(rows, r => Assert.True(r.Length >= where + 1));
        foreach (var (json, row) in Parsed(Lines(run)).Skip(1).Zip(rows.Skip(1)))
        {
            foreach (var field in json.EnumerateObject().Where(f => f.Name != "where"))
            {
                Assert.Equal(field.Value.ToString(), row[Array.IndexOf(header, field.Name)]);
            }
        }

        Assert.Equal("storm-then-disabled", rows[^1][Array.IndexOf(header, "kind")]);
    }

    [Fact]
    public void The_table_names_the_kernel_function_behind_an_event()
    {
        using var writer = new StringWriter();
        RecordingTable.Write(Recorded.Of("virtio-nobody-cared-2015").Run, writer);
        Assert.Matches(@"82\.5 µs +cfg_msix +00:09\.0 enable=0 maskall=0 +<- \d+ +\[pci_msix_shutdown\]", writer.ToString());
        Assert.Contains("x10000 until 57.003 ms", writer.ToString(), StringComparison.Ordinal);
    }
}
