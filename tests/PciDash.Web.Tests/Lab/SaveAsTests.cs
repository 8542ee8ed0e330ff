using Bunit;
using PciDash.Scenarios;
using PciDash.Web.Components.Lab;

namespace PciDash.Web.Tests.Lab;

/// <summary>A run is taken along in each format, and the list offers itself again.</summary>
public class SaveAsTests : ComponentTest
{
    private static readonly RunDocument Document = new(ScenarioPresets.Find(Runs.StoryId)!.Scenario);

    [Theory]
    [InlineData("file", ".json", "{\n  \"version\": 1,\n  \"id\": \"virtio-nobody-cared-2015\"")]
    [InlineData("jsonl", ".jsonl", "{\"ev\":\"meta\"")]
    [InlineData("csv", ".csv", "i,t,n,")]
    [InlineData("vcd", ".vcd", "$version PciDash")]
    [InlineData("perfetto", ".trace.json", "{\"otherData\"")]
    [InlineData("text", ".txt", "virtio-nobody-cared-2015: ")]
    [InlineData("report", ".report.txt", "Reboot of Linux 4.1 ends in \"irq 21: nobody cared\"\n=====")]
    [InlineData("markdown", ".md", "# Reboot of Linux 4.1 ends in")]
    [InlineData("qemu", ".qemu.sh", "# boots[0].release: the scenario's kernel")]
    public void Each_format_is_saved_under_the_scenarios_name(string format, string extension, string begins)
    {
        var module = JSInterop.SetupModule(_ => true);
        module.Mode = JSRuntimeMode.Loose;
        var list = Render<SaveAs>(p => p.Add(s => s.Run, Runs.Story).Add(s => s.Document, Document));
        list.Find("select").Change(format);
        list.WaitForAssertion(() => Assert.Single(module.Invocations["saveFile"]), TimeSpan.FromSeconds(10));
        var call = module.Invocations["saveFile"][0];
        Assert.Equal(Runs.StoryId + extension, call.Arguments[0]);
        Assert.StartsWith(begins, Offered(call.Arguments[1]), StringComparison.Ordinal);
        Assert.Equal("", list.Find("select").GetAttribute("value"));
    }

    [Fact]
    public void A_machine_that_QEMU_cannot_have_is_told()
    {
        var preset = ScenarioPresets.Find("p50-gpu-boot")!.Scenario;
        var list = Render<SaveAs>(p => p.Add(s => s.Run, Runs.Story).Add(s => s.Document, new RunDocument(preset)));
        list.Find("select").Change("qemu");
        list.WaitForAssertion(() => Assert.Contains("QEMU has no device", list.Find("[role=alert]").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Nothing_is_saved_when_nothing_is_chosen()
    {
        var module = JSInterop.SetupModule(_ => true);
        Render<SaveAs>(p => p.Add(s => s.Run, Runs.Story).Add(s => s.Document, Document)).Find("select").Change("");
        Assert.Empty(module.Invocations);
    }
}
