using System.Diagnostics;
using System.Text.Json;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Tests;

/// <summary>A run as other tools read it: the values they show are the run's own.</summary>
public class Exports
{
    private static readonly Lazy<Run> Story = new(static () => Of("virtio-nobody-cared-2015"));

    private static Run Of(string id) => Run.Of(CompiledMachine.Compile(ScenarioPresets.Find(id)!.Scenario));

    // The last value of each variable, by the names of its scopes, and when it changed.
    private static Dictionary<string, List<(long Ns, string Value)>> Vcd(Run run)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        VcdWriter.Write(run, writer);
        return Vcd(writer.ToString());
    }

    private static Dictionary<string, List<(long Ns, string Value)>> Vcd(string text)
    {
        var names = new Dictionary<string, string>();
        var scopes = new Stack<string>();
        var values = new Dictionary<string, List<(long, string)>>();
        var now = -1L;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            switch (words[0])
            {
                case "$scope":
                    scopes.Push(words[2]);
                    break;
                case "$upscope":
                    scopes.Pop();
                    break;
                case "$var":
                    names.Add(words[3], string.Join('.', scopes.Reverse().Append(words[4])));
                    values.Add(names[words[3]], []);
                    break;
                case ['#', ..]:
                    var at = long.Parse(line.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
                    Assert.True(at > now, $"time goes back at {line}");
                    now = at;
                    break;
                case ['b', ..]:
                    values[names[words[1]]].Add((now, Convert.ToInt64(words[0][1..], 2).ToString(System.Globalization.CultureInfo.InvariantCulture)));
                    break;
                case ['0' or '1', ..]:
                    values[names[line[1..]]].Add((now, line[..1]));
                    break;
            }
        }

        return values;
    }

    [Theory]
    [InlineData("virtio-nobody-cared-2015")]
    [InlineData("virtio-nobody-cared-2015-kexec")]
    [InlineData("live-busy-sharer")]
    [InlineData("vfio-2gpu-2021")]
    public void Last_values_of_a_value_change_dump_are_those_of_the_runs_end(string preset)
    {
        var run = Of(preset);
        var vcd = Vcd(run);
        foreach (var f in run.Machine.Functions)
        {
            var name = "machine.f_" + f.Bdf.ToString().Replace(':', '_').Replace('.', '_');
            var end = run.Final.Function(f.Index);
            string Last(string variable) => vcd[$"{name}.{variable}"][^1].Value;
            Assert.Equal(
                (end.BusMaster, end.IntxDisable, end.MsiEnable, end.MsixEnable, end.PinAsserted),
                (Last("bus_master") == "1", Last("intx_disable") == "1", Last("msi") == "1", Last("msix") == "1", Last("intx") == "1"));
        }

        foreach (var line in run.Machine.Lines)
        {
            var end = run.Final.Line(line.Index);
            Assert.Equal(end.Asserted, vcd[$"machine.irq{line.Gsi}.level"][^1].Value == "1");
            Assert.Equal(end.Masked, vcd[$"machine.irq{line.Gsi}.masked"][^1].Value == "1");
            Assert.Equal(end.Disabled, vcd[$"machine.irq{line.Gsi}.disabled"][^1].Value == "1");
        }
    }

    [Fact]
    public void The_storm_is_counted_in_full_and_MSIX_goes_off_where_it_did()
    {
        var vcd = Vcd(Story.Value);
        Assert.Equal("100001", vcd["machine.irq21.deliveries"][^1].Value);
        var off = Story.Value.Recording.Entries.ToArray().First(e => e.Event is { Kind: EventKind.CfgMsix, A: 0 });
        Assert.Equal(off.TimeNs + 5_000_000, vcd["machine.f_00_09_0.msix"][^1].Ns);
    }

    [Fact]
    public void A_trace_has_each_slice_on_its_track_and_the_same_counts()
    {
        using var stream = new MemoryStream();
        PerfettoWriter.Write(Story.Value, stream);
        using var json = JsonDocument.Parse(stream.ToArray());
        var events = json.RootElement.GetProperty("traceEvents").EnumerateArray().ToList();
        Assert.All(events, e => Assert.True(e.GetProperty("ts").GetDecimal() >= 0 && (!e.TryGetProperty("dur", out var dur) || dur.GetDecimal() >= 0)));
        Assert.Equal(100_001, events.Where(e => e.GetProperty("ph").GetString() == "C").Max(e => e.GetProperty("args").GetProperty("deliveries").GetInt64()));
        var named = events.Where(e => e.GetProperty("ph").GetString() == "M" && e.GetProperty("name").GetString() == "thread_name").Select(Track).ToHashSet();
        Assert.All(events.Where(e => e.GetProperty("ph").GetString() is "X" or "i"), e => Assert.Contains(Track(e), named));
        Assert.Equal(
            ["running", "device_shutdown", "machine_shutdown", "firmware"],
            events.Where(e => e.GetProperty("ph").GetString() == "X" && e.GetProperty("pid").GetInt32() == 1).OrderBy(e => e.GetProperty("ts").GetDecimal()).Select(e => e.GetProperty("name").GetString()));
        Assert.Contains(events, e => e.GetProperty("name").GetString()!.StartsWith("nobody cared", StringComparison.Ordinal));

        static (int, int) Track(JsonElement e) => (e.GetProperty("pid").GetInt32(), e.GetProperty("tid").GetInt32());
    }

    [Theory]
    [InlineData("virtio-nobody-cared-2015")]
    [InlineData("virtio-nobody-cared-2015-kexec")]
    [InlineData("live-busy-sharer")]
    [InlineData("vfio-2gpu-2021")]
    public void A_trace_is_what_the_format_asks_for(string preset)
    {
        using var stream = new MemoryStream();
        PerfettoWriter.Write(Of(preset), stream);
        using var trace = JsonDocument.Parse(stream.ToArray());
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "trace-event.schema.json")));
        Assert.Empty(SchemaValidator.Validate(schema.RootElement, schema.RootElement, trace.RootElement).Take(5));

        using var wrong = JsonDocument.Parse("""{"traceEvents":[{"ph":"b","pid":1,"tid":0,"name":"no category","ts":0}]}""");
        Assert.NotEmpty(SchemaValidator.Validate(schema.RootElement, schema.RootElement, wrong.RootElement));
    }

    [Fact]
    public void What_is_switched_on_begins_and_ends_in_a_trace_where_it_did()
    {
        using var stream = new MemoryStream();
        PerfettoWriter.Write(Story.Value, stream);
        using var json = JsonDocument.Parse(stream.ToArray());
        var spans = new Dictionary<string, List<(string Kind, decimal At)>>();
        foreach (var e in json.RootElement.GetProperty("traceEvents").EnumerateArray().Where(e => e.GetProperty("ph").GetString() is "b" or "e"))
        {
            var id = e.GetProperty("id").GetString()!;
            (spans.TryGetValue(id, out var known) ? known : spans[id] = []).Add((e.GetProperty("ph").GetString()!, e.GetProperty("ts").GetDecimal()));
        }

        Assert.All(spans.Values, s => Assert.Equal(s.Select((_, i) => i % 2 == 0 ? "b" : "e"), s.Select(x => x.Kind)));
        Assert.All(spans.Values, s => Assert.True(s.Count % 2 == 0 && s.Zip(s.Skip(1)).All(p => p.First.At <= p.Second.At)));
        var off = Story.Value.Recording.Entries.ToArray().First(e => e.Event is { Kind: EventKind.CfgMsix, A: 0 });
        Assert.Equal((off.TimeNs + 5_000_000) / 1000m, spans["00:09.0 MSI-X"][1].At);
        Assert.Contains("00:09.0 Bus Master", spans.Keys);
    }

    // GTKWave's own converters, where they are installed, to its format and back. They end with 0 whatever they are given: what counts is what comes back.
    [Theory]
    [InlineData("virtio-nobody-cared-2015")]
    [InlineData("virtio-nobody-cared-2015-kexec")]
    [InlineData("vfio-2gpu-2021")]
    public void Gtkwave_reads_each_change_of_the_dump(string preset)
    {
        if (!File.Exists("/usr/bin/vcd2fst") || !File.Exists("/usr/bin/fst2vcd"))
        {
            Console.WriteLine("gtkwave is not installed: it was not asked.");
            return;
        }

        var folder = Directory.CreateTempSubdirectory("pcidash").FullName;
        try
        {
            var run = Of(preset);
            var (dump, fst) = (Path.Combine(folder, "a.vcd"), Path.Combine(folder, "a.fst"));
            using (var writer = new StreamWriter(dump))
            {
                VcdWriter.Write(run, writer);
            }

            Converted("/usr/bin/vcd2fst", dump, fst);
            var (ours, theirs) = (Vcd(run), Vcd(Converted("/usr/bin/fst2vcd", fst)));
            Assert.Equal(ours.Keys.Order(), theirs.Keys.Order());
            Assert.All(ours, v => Assert.Equal(Changes(v.Value), Changes(theirs[v.Key])));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static IEnumerable<(long, string)> Changes(List<(long Ns, string Value)> values) =>
            values.Where((v, i) => i == 0 || values[i - 1].Value != v.Value);
    }

    private static string Converted(string tool, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
