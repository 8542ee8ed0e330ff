using System.Text;
using Bunit;
using Microsoft.JSInterop;
using PciDash.Web.Components.Lab;

namespace PciDash.Web.Tests.Lab;

/// <summary>A run is taken along in each format, and the list offers itself again.</summary>
public class SaveAsTests : ComponentTest
{
    [Theory]
    [InlineData("jsonl", ".jsonl", "{\"ev\":\"meta\"")]
    [InlineData("csv", ".csv", "i,t,n,")]
    [InlineData("vcd", ".vcd", "$version PciDash")]
    [InlineData("perfetto", ".trace.json", "{\"displayTimeUnit\"")]
    [InlineData("text", ".txt", "")]
    public void Each_format_is_saved_under_the_scenarios_name(string format, string extension, string begins)
    {
        var module = JSInterop.SetupModule(_ => true);
        module.Mode = JSRuntimeMode.Loose;
        var list = Render<SaveAs>(p => p.Add(s => s.Run, Runs.Story));
        list.Find("select").Change(format);
        list.WaitForAssertion(() => Assert.Single(module.Invocations["saveFile"]), TimeSpan.FromSeconds(10));
        var call = module.Invocations["saveFile"][0];
        Assert.Equal(Runs.StoryId + extension, call.Arguments[0]);
        var stream = Assert.IsType<DotNetStreamReference>(call.Arguments[1]).Stream;
        Assert.StartsWith(begins, Encoding.UTF8.GetString(((MemoryStream)stream).ToArray()), StringComparison.Ordinal);
        Assert.Equal("", list.Find("select").GetAttribute("value"));
    }

    [Fact]
    public void Nothing_is_saved_when_nothing_is_chosen()
    {
        var module = JSInterop.SetupModule(_ => true);
        Render<SaveAs>(p => p.Add(s => s.Run, Runs.Story)).Find("select").Change("");
        Assert.Empty(module.Invocations);
    }
}
