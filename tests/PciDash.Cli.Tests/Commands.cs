using System.Text.Json;
using PciDash.Engine.Devices;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;

namespace PciDash.Cli.Tests;

public sealed class Commands : IDisposable
{
    private const string Story = "virtio-nobody-cared-2015";

    private readonly string folder = Directory.CreateTempSubdirectory("pcidash").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static List<JsonElement> Lines(params string[] args) =>
        [.. Cli.Output(["run", .. args, "--format", "jsonl"]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    private static List<JsonElement> Of(List<JsonElement> lines, string ev) => [.. lines.Where(l => l.GetProperty("ev").GetString() == ev)];

    private string Save(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    [Fact]
    public void The_program_itself_runs_and_its_exit_code_is_its_own()
    {
        var (code, output, error) = Cli.Start("run", Story, "--format", "jsonl");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("\"ev\":\"nobody_cared\",\"irq\":21,\"irq_count\":100000", output, StringComparison.Ordinal);
        Assert.Equal(output, Cli.Start("run", Story, "--format", "jsonl").Out);
        var failed = Cli.Start("run", "nothing-of-that-name");
        Assert.Equal((2, ""), (failed.Code, failed.Out));
        Assert.StartsWith("pcidash: SCENARIO 'nothing-of-that-name': no preset", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_is_text_for_a_mail_or_markdown()
    {
        var text = Cli.Output("report", Story, "--policy", "seed", "--address", "https://example.org/");
        Assert.Contains("\nhttps://example.org/s/1", text, StringComparison.Ordinal);
        Assert.Contains("No irq is given up", text, StringComparison.Ordinal);
        Assert.StartsWith("# ", Cli.Output("report", Story, "--format", "markdown", "--check"), StringComparison.Ordinal);
        Assert.StartsWith("--format 'html': text, markdown are possible", Cli.Failure("report", Story, "--format", "html"), StringComparison.Ordinal);
        Assert.StartsWith("--address 'ftp://x': an address such as", Cli.Failure("report", Story, "--address", "ftp://x"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_storys_run_shows_the_disable_the_assertion_and_the_end_of_the_line()
    {
        var all = Lines(Story);
        Assert.Equal(0, Assert.Single(Of(all, "cfg_msix")).GetProperty("enable").GetInt32());
        Assert.Contains(Of(all, "line"), l => l.GetProperty("gsi").GetInt32() == 21 && l.GetProperty("asserted").GetInt32() == 1);
        Assert.Equal(100_000, Assert.Single(Of(all, "nobody_cared")).GetProperty("irq_count").GetInt32());
        Assert.Single(Of(all, "irq_delivered"), l => l.GetProperty("outcome").GetString() == "lazy-masked");
        Assert.Single(Of(all, "irq_disabled"));
    }

    [Fact]
    public void With_the_policy_of_the_patch_none_of_it_happens_and_messages_go_on()
    {
        var all = Lines(Story, "--policy", "seed");
        Assert.Empty(Of(all, "cfg_msix"));
        Assert.Empty(Of(all, "line"));
        Assert.Empty(Of(all, "nobody_cared"));
        var exit = Of(all, "driver_shutdown").Single(l => l.GetProperty("bdf").GetString() == "00:09.0" && l.GetProperty("edge").GetString() == "exit");
        Assert.Contains(Of(all, "msi_write"), l => l.GetProperty("i").GetInt64() > exit.GetProperty("i").GetInt64() && l.GetProperty("result").GetString() == "delivered");
    }

    // Kernel and policy of the run, as the first line says them.
    [Theory]
    [InlineData("4.1 P4 reboot", Story)]
    [InlineData("6.12 P5 reboot", Story, "--kernel", "6.12")]
    [InlineData("6.12 P5 reboot", Story + "-seed", "--kernel", "6.12")]
    [InlineData("6.12 EB-1 reboot", Story, "--kernel", "6.12", "--policy", "eb-1")]
    [InlineData("4.1 seed kexec", Story, "--policy", "seed", "--path", "kexec")]
    [InlineData("4.1 P0 reboot", Story, "--set", "boots[0].policy=P0")]
    [InlineData("6.12 P4 reboot", Story, "--set", "boots[0].kernel=6.12", "--set", "boots[0].policy=P4")]
    public void Options_change_the_scenario_before_it_is_read(string expected, params string[] args)
    {
        var meta = Lines(args)[0];
        Assert.Equal(expected, $"{meta.GetProperty("kernel")} {meta.GetProperty("policy")} {meta.GetProperty("path")}");
    }

    [Fact]
    public void Set_reaches_every_depth_and_adds_what_is_not_there()
    {
        var all = Lines(Story, "--set", "boots[0].cmdline=noirqdebug", "--set", "functions[1].events[0].every_us=500", "--set", "boots[0].handled_before[21]=7");
        Assert.Empty(Of(all, "nobody_cared"));
        Assert.Equal([-0.0045, -0.004], Of(all, "device_event").Take(2).Select(l => Math.Round(l.GetProperty("t").GetDouble(), 4)));
        var silent = Lines(Story, "--set", "boots[0].drivers[00:01.0]=null");
        Assert.DoesNotContain(Of(silent, "irq_delivered"), l => l.TryGetProperty("gsi", out _));
    }

    [Fact]
    public void A_time_limit_ends_a_run_and_a_seed_is_the_runs()
    {
        var meta = Lines(Story, "--time-limit", "0.0005", "--seed", "9")[0];
        Assert.Equal("time-limit 9", $"{meta.GetProperty("end")} {meta.GetProperty("seed")}");
        Assert.True(Lines(Story, "--time-limit", "0.0005").Count < Lines(Story).Count);
    }

    [Fact]
    public void A_run_that_is_longer_than_is_recorded_says_what_is_possible_and_what_would_fit()
    {
        using var error = new StringWriter();
        var streams = new Streams(Stream.Null, Stream.Null, error);
        var document = new RunDocument(ScenarioPresets.Find(Story + "-busy-sharer")!.Scenario);
        var run = RunCommand.Of(document, RunLimits.Default with { Events = 2_000 }, streams);
        Assert.True(run.Recording.Count >= 2_000 && run.Recording.Count < 10_000);
        Assert.StartsWith($"pcidash: warning: the run was stopped at {new SimTime(run.EndNs)}, after {run.Recording.Count:N0} recorded events", error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("at most 2,000 and 20,000,000 are possible; fewer or slower events, or shorter waits, would fit\n", error.ToString(), StringComparison.Ordinal);
        error.GetStringBuilder().Clear();
        _ = RunCommand.Of(document, RunLimits.Default, streams);
        Assert.Equal("", error.ToString());
    }

    [Fact]
    public void A_scenario_is_a_preset_a_file_a_link_or_standard_input()
    {
        var preset = Cli.Output("run", Story, "--format", "jsonl");
        var text = ScenarioDocument.Write(ScenarioPresets.Find(Story)!.Scenario);
        Assert.Equal(preset, Cli.Output("run", Save("s.json", text), "--format", "jsonl"));
        Assert.Equal(preset, Cli.Output("run", Cli.Output("link", Story).Trim(), "--format", "jsonl"));
        var (code, output, _) = Cli.RunWith(text, "run", "-", "--format", "jsonl");
        Assert.Equal((0, preset), (code, output));
    }

    [Fact]
    public void A_link_opens_as_the_file_it_was_made_from()
    {
        var file = Save("run.json", Cli.Output("open", Cli.Output("link", Story, "--policy", "seed", "--seed", "5").Trim()));
        Assert.Contains("\"seed\": 5", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(Cli.Output("run", Story, "--policy", "seed", "--seed", "5"), Cli.Output("run", file));
        Assert.Equal(Cli.Output("link", Story, "--policy", "seed", "--seed", "5"), Cli.Output("link", file));
        Assert.Equal(ScenarioDocument.Write(ScenarioPresets.Find(Story)!.Scenario), Cli.Output("open", "https://example.org" + Cli.Output("link", Story).Trim()));
    }

    [Fact]
    public void Anything_that_is_a_scenario_is_written_as_a_file()
    {
        Assert.Equal(ScenarioDocument.Write(ScenarioPresets.Find(Story)!.Scenario), Cli.Output("open", Story));
        Assert.Contains("\"path\": \"kexec\"", Cli.Output("open", Story, "--path", "kexec"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_is_drawn_in_each_format()
    {
        var svg = System.Xml.Linq.XDocument.Parse(Cli.Output("picture", Story));
        Assert.Contains("IRQ 21 is disabled after 100,000 interrupts: nobody cared.", svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value));
        using var output = new MemoryStream();
        using var error = new StringWriter();
        var code = CommandLineApp.Run(["picture", Story, "--format", "png"], Stream.Null, output, error);
        if (code == 0)
        {
            Assert.Equal("PNG"u8.ToArray(), output.ToArray()[1..4]);
        }
        else
        {
            Assert.Contains("there is no font here", error.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_same_machine_is_asked_of_QEMU()
    {
        var (code, output, _) = Cli.Run("qemu", Story);
        Assert.Equal(0, code);
        Assert.StartsWith("qemu-system-x86_64 \\\n    -machine q35", output, StringComparison.Ordinal);
        Assert.Contains("-device virtio-net-pci", output, StringComparison.Ordinal);
        Assert.Contains("addr=0x9.0", output, StringComparison.Ordinal);
        Assert.EndsWith("\"\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Choices_of_a_file_are_followed_and_one_that_cannot_be_is_said()
    {
        var plain = JsonDocument.Parse(ScenarioDocument.Write(ScenarioPresets.Find(Story)!.Scenario)).RootElement.GetRawText();
        string With(string choices) => Save("c.json", $$"""{"version":1,"scenario":{{plain}},"choices":[{{choices}}]}""");
        var chosen = Lines(With("""{"step":0,"action":"00:09.0/rx:fire"}"""));
        Assert.Equal("device_event", chosen[1].GetProperty("ev").GetString());
        Assert.Equal("00:09.0/rx:fire", chosen[0].GetProperty("choices")[0].GetProperty("action").GetString());
        Assert.Contains("this machine has no action 'cpu5:take:0'", Cli.Run("run", With("""{"step":0,"action":"cpu5:take:0"}""")).Error, StringComparison.Ordinal);
        Assert.Contains("'cpu0:take:1' could not happen at step 0", Cli.Run("run", With("""{"step":0,"action":"cpu0:take:1"}""")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_and_csv_show_the_same_events()
    {
        Assert.Contains("nobody_cared    irq=21 irq_count=100000", Cli.Output("run", Story), StringComparison.Ordinal);
        Assert.Contains(",nobody_cared,", Cli.Output("run", Story, "--format", "csv"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_is_written_for_waveform_and_trace_viewers_as_the_library_writes_it()
    {
        var run = Engine.Simulation.Run.Of(Engine.Machine.CompiledMachine.Compile(ScenarioPresets.Find(Story)!.Scenario));
        using var dump = new StringWriter { NewLine = "\n" };
        VcdWriter.Write(run, dump);
        Assert.Equal(dump.ToString(), Cli.Output("run", Story, "--format", "vcd").ReplaceLineEndings("\n"));
        using var trace = new MemoryStream();
        PerfettoWriter.Write(run, trace);
        Assert.Equal(System.Text.Encoding.UTF8.GetString(trace.ToArray()), Cli.Output("run", Story, "--format", "perfetto").TrimEnd());
    }

    [Fact]
    public void Catalogues_are_tables_for_readers_and_json_for_programs()
    {
        string[] Ids(string command, string field) =>
            [.. JsonDocument.Parse(Cli.Output(command, "--json")).RootElement.EnumerateArray().Select(e => e.GetProperty(field).GetString()!)];
        Assert.Equal(ScenarioPresets.All.Select(p => p.Id), Ids("presets", "id"));
        Assert.Equal(KernelRelease.All.Select(k => k.Version), Ids("kernels", "version"));
        Assert.Equal(DriverModel.All.Select(d => d.Id), Ids("drivers", "id"));
        Assert.Equal(ShutdownPolicy.All.Select(p => p.Id), Ids("policies", "id"));
        Assert.Matches("(?m)^P4 +3\\.13 – 4\\.10 +MSI off; BME off on kexec$", Cli.Output("policies"));
        Assert.Equal(ScenarioPresets.All.Count + ScenarioPresets.NotExpressed.Count + 4, Cli.Output("presets").TrimEnd().Split('\n').Length);
        Assert.Matches("(?m)^tg3-aer +AER", Cli.Output("presets"));
        Assert.Contains(JsonDocument.Parse(Cli.Output("drivers", "--json")).RootElement.EnumerateArray(), d => d.GetProperty("unknown").GetString()!.Length > 0);
        Assert.Equal(ScenarioSchema.Text, Cli.Output("schema"));
        Assert.Equal(RecordingSchema.Text, Cli.Output("schema", "recording"));
    }

    [Fact]
    public void What_the_box_prints_at_a_step_can_be_printed_and_compared()
    {
        Assert.Contains("irq 21: nobody cared", Cli.Output("print", "virtio-nobody-cared-2015"), StringComparison.Ordinal);
        Assert.Contains("count 0\n", Cli.Output("print", "virtio-nobody-cared-2015", "--what", "spurious", "--step", "0"), StringComparison.Ordinal);
        Assert.Contains("21-fasteoi", Cli.Output("print", "virtio-nobody-cared-2015", "--what", "interrupts"), StringComparison.Ordinal);
        var lspci = Cli.Output("print", "virtio-nobody-cared-2015", "--what", "lspci", "--step", "0");
        var file = Path.GetTempFileName();
        File.WriteAllText(file, lspci);
        Assert.EndsWith(", 0 differ; 0 functions only in the file, 0 only here\n", Cli.Output("print", "virtio-nobody-cared-2015", "--step", "0", "--compare", file), StringComparison.Ordinal);
        var (code, output, _) = Cli.Run("print", "virtio-nobody-cared-2015", "--compare", file);
        Assert.Equal(1, code);
        Assert.Contains("00:09.0  MSI-X Enable: here -, in the file +", output, StringComparison.Ordinal);
        File.Delete(file);
        Assert.Contains("--step 999999999: the run has the events 0 to", Cli.Failure("print", "virtio-nobody-cared-2015", "--step", "999999999"), StringComparison.Ordinal);
        Assert.Contains("--what 'x': dmesg, interrupts, spurious, lspci are possible", Cli.Failure("print", "virtio-nobody-cared-2015", "--what", "x"), StringComparison.Ordinal);
    }
}
