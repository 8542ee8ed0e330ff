using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Tests;

public sealed class Schema : IDisposable
{
    private readonly JsonDocument schema = JsonDocument.Parse(ScenarioSchema.Text);

    public static TheoryData<string> PresetIds => [.. ScenarioPresets.All.Select(p => p.Id)];

    public void Dispose() => schema.Dispose();

    private List<string> Errors(string text)
    {
        using var document = JsonDocument.Parse(text);
        return SchemaValidator.Validate(schema.RootElement, schema.RootElement, document.RootElement);
    }

    [Theory]
    [MemberData(nameof(PresetIds))]
    public void Every_preset_is_valid(string id) => Assert.Empty(Errors(ScenarioDocument.Write(ScenarioPresets.Find(id)!.Scenario)));

    [Fact]
    public void Whatever_is_written_is_valid() => RandomScenario.All.Sample(s => Assert.Empty(Errors(ScenarioDocument.Write(s))), iter: 100);

    [Theory]
    [InlineData("colour", "1")]
    [InlineData("version", "2")]
    [InlineData("platform", "q36")]
    [InlineData("functions", "[]")]
    [InlineData("functions[0].gsi", "240")]
    [InlineData("functions[0].bdf", "00:1f.8")]
    [InlineData("boots[0].drivers", "{\"00:09.0\":\"No Driver\"}")]
    [InlineData("boots[0].cpus", "9")]
    [InlineData("boots[0].stimuli", "[{\"what\":\"wait\"}]")]
    [InlineData("boots[0].handled_before", "{\"21\":-1}")]
    public void What_the_reader_refuses_the_schema_refuses_too(string path, string value)
    {
        var json = JsonNode.Parse(ScenarioDocument.Write(ScenarioPresets.All[0].Scenario))!;
        DocumentEdit.Set(json, path, value);
        Assert.NotEmpty(Errors(json.ToJsonString()));
        Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(json.ToJsonString()));
    }

    [Fact]
    public void Its_lists_are_the_catalogues()
    {
        Assert.Equal(Platform.All.Select(p => p.Id), Enum("platform"));
        Assert.Equal(TimingProfile.All.Select(p => p.Id), Enum("timing"));
        Assert.Equal(DeviceModel.All.Select(d => d.Id), Enum("function", "device"));
        Assert.Equal(KernelRelease.All.Select(k => k.Version), Enum("boot", "kernel"));
        Assert.Equal(ShutdownPolicy.All.Select(p => p.Id), Enum("boot", "policy"));
        Assert.Equal(["reboot", "poweroff", "kexec", "kdump", "none"], Enum("boot", "path"));
        Assert.Equal(["drop", "latch", "stop", "unsupported-request"], Enum("overrides", "on_bus_master_off"));
        var drivers = schema.RootElement.GetProperty("$defs").GetProperty("boot").GetProperty("properties").GetProperty("drivers").GetProperty("additionalProperties");
        Assert.Equal(DriverModel.All.Select(d => d.Id), Enum(drivers.GetProperty("anyOf")[0]));
        Assert.Equal(ScriptWords.All.Select(w => w.Word), Enum(schema.RootElement.GetProperty("properties").GetProperty("policies")
            .GetProperty("additionalProperties").GetProperty("properties").GetProperty("steps").GetProperty("items").GetProperty("anyOf")[0]));
    }

    [Fact]
    public void Every_line_of_every_preset_s_recording_fits_the_recording_s_schema()
    {
        using var lines = JsonDocument.Parse(RecordingSchema.Text);
        var root = lines.RootElement;
        var kinds = new HashSet<string>();
        foreach (var preset in ScenarioPresets.All)
        {
            var run = PciDash.Engine.Simulation.Run.Of(CompiledMachine.Compile(preset.Scenario));
            using var written = new MemoryStream();
            RecordingWriter.WriteJsonLines(run, written, OutcomeWords.Of(run));
            foreach (var group in System.Text.Encoding.UTF8.GetString(written.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(l => JsonDocument.Parse(l).RootElement).GroupBy(l => l.GetProperty("ev").GetString() + string.Join(',', l.EnumerateObject().Select(p => p.Name))))
            {
                // Lines of one shape differ in their values only.
                Assert.Empty(SchemaValidator.Validate(root, root, group.First()));
                kinds.Add(group.First().GetProperty("ev").GetString()!);
            }
        }

        Assert.Contains("virtio_config", kinds);
        Assert.Contains("outcome", kinds);
        Assert.NotEmpty(SchemaValidator.Validate(root, root, JsonDocument.Parse("""{"ev":"line","i":1,"t":0.1,"gsi":"21","asserted":1}""").RootElement));
        Assert.NotEmpty(SchemaValidator.Validate(root, root, JsonDocument.Parse("""{"ev":"line","i":1,"t":0.1,"gsi":21}""").RootElement));
    }

    [Fact]
    public void It_knows_every_field_that_the_reader_knows()
    {
        Assert.Equal(DocumentMembers.Scenario, Properties(schema.RootElement));
        var defs = schema.RootElement.GetProperty("$defs");
        Assert.Equal(DocumentMembers.Function, Properties(defs.GetProperty("function")));
        Assert.Equal(DocumentMembers.Event, Properties(defs.GetProperty("event")));
        Assert.Equal(DocumentMembers.Overrides, Properties(defs.GetProperty("overrides")));
        Assert.Equal(DocumentMembers.Boot, Properties(defs.GetProperty("boot")));
        static IEnumerable<string> Properties(JsonElement o) => o.GetProperty("properties").EnumerateObject().Select(p => p.Name);
    }

    private IEnumerable<string?> Enum(params string[] at)
    {
        var o = at.Length == 1 ? schema.RootElement : schema.RootElement.GetProperty("$defs").GetProperty(at[0]);
        return Enum(o.GetProperty("properties").GetProperty(at[^1]));
    }

    // The catalogue's names; where a document may define more, they are the first of the alternatives.
    private static IEnumerable<string?> Enum(JsonElement names) => names.TryGetProperty("anyOf", out var alternatives) ? Enum(alternatives[0])
        : names.GetProperty("enum").EnumerateArray().Select(e => e.GetString());
}
