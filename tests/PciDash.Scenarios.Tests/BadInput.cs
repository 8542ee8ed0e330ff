using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Tests;

public class BadInput
{
    private const string Good = """
        {"version":1,"platform":"q35","functions":[{"bdf":"00:09.0","device":"virtio-net","events":[{"what":"rx","every_us":1000}]}],"boots":[{"kernel":"4.1","path":"reboot"}]}
        """;

    private static IReadOnlyList<string> Problems(string text) => Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(text)).Problems;

    // Where in the file, what is put there, and how the one line about it begins.
    [Theory]
    [InlineData("colour", "1", "colour: no such field; version, id,")]
    [InlineData("functions[0].bfd", "1", "functions[0].bfd: no such field; bdf,")]
    [InlineData("functions[0].events[0].evry", "1", "functions[0].events[0].evry: no such field")]
    [InlineData("platform", "q36", "platform: unknown platform 'q36'; acpi-pc, q35, pc are possible")]
    [InlineData("platform", "35", "platform: 35 given; acpi-pc, q35, pc are possible")]
    [InlineData("timing", "null", "timing: null given")]
    [InlineData("id", "Not Kebab", "id: 'Not Kebab' given; lower-case letters")]
    [InlineData("title", "[]", "title: '[]' given", true)]
    [InlineData("functions", "[]", "functions: 0 given; 1 to 1024 are possible")]
    [InlineData("functions[0].bdf", "00:20.0", "functions[0].bdf: '00:20.0' is no address")]
    [InlineData("functions[0].bdf", "00:1f.8", "functions[0].bdf: '00:1f.8' is no address")]
    [InlineData("functions[0].device", "virtio-nat", "functions[0].device: unknown device 'virtio-nat'; virtio-net,")]
    [InlineData("functions[0].parent", "x", "functions[0].parent: 'x' is no address")]
    [InlineData("functions[0].secondary_bus", "256", "functions[0].secondary_bus: 256 given; 1 to 255 are possible")]
    [InlineData("functions[0].gsi", "240", "functions[0].gsi: 240 given; 0 to 239 are possible")]
    [InlineData("functions[0].gsi", "2.5", "functions[0].gsi: 2.5 given; a whole number from 0 to 239 is needed")]
    [InlineData("functions[0].mode", "msi-y", "functions[0].mode: unknown mode 'msi-y'; auto, msix, msi, intx, none are possible")]
    [InlineData("functions[0].cpu", "8", "functions[0].cpu: 8 given; 0 to 7 are possible")]
    [InlineData("functions[0].events", "{}", "functions[0].events: an object given; a list is needed")]
    [InlineData("functions[0].events[0].what", "tx", "functions[0].events[0].what: unknown event 'tx'; rx,")]
    [InlineData("functions[0].events[0].every_us", "0.5", "functions[0].events[0].every_us: 0.5 µs given; 1 to 1000000000 are possible")]
    [InlineData("functions[0].events[0].every_us", "1e300", "functions[0].events[0].every_us: 1e300 given; 1 to")]
    [InlineData("functions[0].events[0].every_us", "2.00005", "functions[0].events[0].every_us: 2.00005 µs given")]
    [InlineData("functions[0].events[0].jitter_percent", "91", "functions[0].events[0].jitter_percent: 91 given; 0 to 90 are possible")]
    [InlineData("functions[0].events[0].count", "-1", "functions[0].events[0].count: -1 given; 0 to")]
    [InlineData("functions[0].events[0].entry", "3", "functions[0].events[0].entry: 3 given; the driver of virtio-net allocates 3 vectors")]
    [InlineData("functions[0].events[0].once_per_service", "1", "functions[0].events[0].once_per_service: 1 given; true or false are possible")]
    [InlineData("functions[0].overrides", "{\"pin\":\"E\"}", "functions[0].overrides.pin: unknown pin 'E'; none, A, B, C, D are possible")]
    [InlineData("functions[0].overrides", "{\"on_bus_master_off\":\"explode\"}", "functions[0].overrides.on_bus_master_off: unknown reaction 'explode'; drop, latch, stop")]
    [InlineData("boots", "[]", "boots: 0 given; 1 to 4 are possible")]
    [InlineData("boots[0].kernel", "9.9", "boots[0].kernel: unknown kernel '9.9'; 2.6.24,")]
    [InlineData("boots[0].policy", "P9", "boots[0].policy: unknown policy 'P9'; P0,")]
    [InlineData("boots[0].enumeration", "E4", "boots[0].enumeration: unknown enumeration policy 'E4'; E0, E1, E2, E3 are possible")]
    [InlineData("boots[0].path", "suspend", "boots[0].path: unknown path 'suspend'; reboot, poweroff, kexec, kdump, none are possible")]
    [InlineData("boots[0].cpus", "9", "boots[0].cpus: 9 given; 1 to 8 are possible")]
    [InlineData("boots[0].drivers", "{\"00:09.0\":\"virtio_pci\"}", "boots[0].drivers[00:09.0]: unknown driver 'virtio_pci'; virtio-pci,")]
    [InlineData("boots[0].drivers", "{\"00:08.0\":null}", "boots[0].drivers[00:08.0]: 00:08.0 is not among the functions")]
    [InlineData("boots[0].probe_order", "[\"00:09.0\",\"00:09.0\"]", "boots[0].probe_order[1]: 00:09.0 is given twice")]
    [InlineData("boots[0].handled_before", "{\"21\":1000001}", "boots[0].handled_before[21]: 1000001 given; 0 to 1000000 are possible")]
    [InlineData("boots[0].handled_before", "{\"240\":1}", "boots[0].handled_before[240]: '240' is no line")]
    [InlineData("boots[0].stimuli", "[{\"what\":\"kick\"}]", "boots[0].stimuli[0].what: unknown stimulus 'kick'; set-command,")]
    [InlineData("boots[0].stimuli", "[{\"what\":\"wait\",\"us\":10,\"target\":\"00:09.0\"}]", "boots[0].stimuli[0].target: no such field; what, us are possible")]
    [InlineData("boots[0].stimuli", "[{\"what\":\"set-command\",\"target\":\"00:09.0\"}]", "boots[0].stimuli[0]: it changes nothing")]
    [InlineData("boots[0].stimuli", "[{\"what\":\"msi-shutdown\",\"target\":\"00:08.0\"}]", "boots[0].stimuli[0].target: 00:08.0 is not among the functions")]
    [InlineData("boots[0].stimuli", "[{\"what\":\"load-driver\",\"target\":\"00:09.0\",\"driver\":\"virtio-pci\"}]", "boots[0].stimuli[0]: 00:09.0 has a driver by then")]
    public void One_wrong_field_gives_one_line_with_its_path(string path, string value, string line, bool valid = false)
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(Good)!;
        DocumentEdit.Set(json, path, value);
        if (valid)
        {
            // A title is a text whatever it looks like.
            Assert.Equal("[]", ScenarioDocument.Parse(json.ToJsonString()).Scenario.Title);
            return;
        }

        Assert.StartsWith(line, Assert.Single(Problems(json.ToJsonString())), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"version\":1", "\"version\":2", "version: 2 given; this program reads version 1")]
    [InlineData("\"version\":1", "\"version\":\"1\"", "version: \"1\" given; this program reads version 1")]
    [InlineData("\"version\":1,", "", "version: missing; it is needed")]
    [InlineData("\"platform\":\"q35\",", "", "platform: missing; it is needed")]
    [InlineData("\"kernel\":\"4.1\",", "", "boots[0].kernel: missing; it is needed")]
    [InlineData("\"platform\":\"q35\"", "\"platform\":\"q35\",\"platform\":\"q35\"", "platform: given twice; once is possible")]
    [InlineData("\"00:09.0\"", "\"\\ud800\"", "document: a text in it holds half a character")]
    [InlineData("\"boots\"", "\"ti\\u0000tle\"", "title: no such field")]
    [InlineData("}]}", "}]", "document: not JSON at line 1")]
    public void A_damaged_file_says_where(string what, string by, string line) =>
        Assert.StartsWith(line, Problems(Good.Replace(what, by, StringComparison.Ordinal))[0], StringComparison.Ordinal);

    [Fact]
    public void Every_problem_is_told_not_the_first_only()
    {
        var problems = Problems("""{"version":1,"platform":"x","functions":[{"bdf":"?","device":"y"}],"boots":[{"kernel":"z","path":"w"}]}""");
        Assert.Equal(["platform", "functions[0].bdf", "functions[0].device", "boots[0].kernel", "boots[0].path"], problems.Select(p => p[..p.IndexOf(':', StringComparison.Ordinal)]));
    }

    [Fact]
    public void A_thousand_mistakes_give_a_short_list()
    {
        var items = string.Join(',', Enumerable.Repeat("{}", 1_024));
        Assert.InRange(Problems($$"""{"version":1,"platform":"q35","functions":[{{items}}],"boots":[]}""").Count, 2, 60);
    }

    [Fact]
    public void A_deep_file_is_refused_as_deep_and_a_long_one_before_it_is_read()
    {
        Assert.StartsWith("document: nested deeper than 16", Problems(new string('[', 5_000) + new string(']', 5_000))[0], StringComparison.Ordinal);
        Assert.StartsWith("document: 8388609 bytes given; at most 8388608", Problems(new string(' ', (8 << 20) + 1))[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_foreign_word_on_the_command_line_is_said_and_left_out()
    {
        var parsed = ScenarioDocument.Parse(Good.Replace("\"path\"", "\"cmdline\":\"quiet noirqdebug pci=noaer,nomsi\",\"path\"", StringComparison.Ordinal));
        Assert.True(parsed.Scenario.Boots[0].NoIrqDebug);
        Assert.True(parsed.Scenario.Boots[0].NoMsi);
        Assert.Equal(["boots[0].cmdline: 'quiet' is not modelled and was left out", "boots[0].cmdline: 'pci=noaer' is not modelled and was left out"], parsed.Warnings);
    }

    // These are the machine's own rules, so the engine names them; here only that a file reaches them, item by item.
    [Theory]
    [InlineData("""{"bdf":"00:09.0","device":"uhci"}""", "00:09.0 is given twice")]
    [InlineData("""{"bdf":"00:03.0","device":"smbus","gsi":21,"overrides":{"pin":"none"}}""", "00:03.0: smbus has no interrupt pin")]
    [InlineData("""{"bdf":"01:00.0","device":"uhci"}""", "01:00.0: bus 01 has no bridge")]
    [InlineData("""{"bdf":"01:00.0","device":"uhci","parent":"00:09.0"}""", "00:09.0 above it is virtio-net, which is not a bridge")]
    [InlineData("""{"bdf":"01:00.0","device":"uhci","parent":"00:07.0"}""", "its bridge 00:07.0 is not among the functions")]
    [InlineData("""{"bdf":"01:00.0","device":"pci-bridge","parent":"02:00.0"},{"bdf":"02:00.0","device":"pci-bridge","parent":"01:00.0"}""", "form a cycle")]
    [InlineData("""{"bdf":"00:03.0","device":"uhci","mode":"msix"}""", "00:03.0: uhci has no Msix capability")]
    public void An_impossible_topology_is_named_by_its_function(string function, string line)
    {
        var text = Good.Replace("\"functions\":[", "\"functions\":[" + function + ",", StringComparison.Ordinal);
        var e = Assert.Throws<ScenarioException>(() => CompiledMachine.Compile(ScenarioDocument.Parse(text).Scenario));
        Assert.Contains(e.Problems, p => p.Contains(line, StringComparison.Ordinal));
    }
}
