using System.IO.Compression;
using System.Text;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using PciDash.Engine.Devices;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Building;
using PciDash.Web.Components.Lab;
using PciDash.Web.Components.Timeline;
using PciDash.Web.Keeping;
using BuildPage = PciDash.Web.Components.Pages.Build;
using LabPage = PciDash.Web.Components.Pages.Lab;

namespace PciDash.Web.Tests.Keeping;

/// <summary>What a page of a tab comes back with, and what can be undone.</summary>
public class DraftTests : ComponentTest
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private NavigationManager Nav => Services.GetRequiredService<NavigationManager>();

    private string Path => new Uri(Nav.Uri).AbsolutePath;

    private static string PayloadOf(Scenario scenario) => ShareLink.TryEncode(new RunDocument(scenario))![ShareLink.Prefix.Length..];

    private IRenderedComponent<LabPage> Lab(string preset = Runs.StoryId) => Render<LabPage>(p => p.Add(l => l.Payload, PayloadOf(ScenarioPresets.Find(preset)!.Scenario)));

    private static string Policy<T>(IRenderedComponent<T> lab)
        where T : IComponent => lab.Find("#policy").GetAttribute("value")!;

    private static void Press<T>(IRenderedComponent<T> page, string name)
        where T : IComponent => page.FindAll("[aria-label=History] button").Single(b => b.TextContent.EndsWith(name, StringComparison.Ordinal)).Click();

    private async Task KeptAsync(string key)
    {
        for (var tries = 0; tries < 200; tries++)
        {
            if ((await Browser.ListAsync(KeptIn.Drafts)).Value.Any(e => e.Key == key))
            {
                return;
            }

            await Task.Delay(50);
        }

        Assert.Fail($"{key} is not kept");
    }

    [Fact]
    public void A_change_of_the_kernel_or_the_policy_is_undone_and_done_again()
    {
        var lab = Lab();
        lab.Find("#policy").Change("seed");
        lab.Find("#kernel").Change("6.12");
        Assert.Equal("Undo: Linux 6.12 (Ctrl Z)", lab.Find("[aria-keyshortcuts='Control+z']").GetAttribute("title"));
        Press(lab, "Undo");
        Assert.Equal(("seed", "4.1"), (Policy(lab), lab.Find("#kernel").GetAttribute("value")));
        Assert.Equal("Undone: Linux 6.12", lab.Find("#history-says").TextContent);
        Press(lab, "Undo");
        Assert.NotEqual("seed", Policy(lab));
        Assert.True(lab.Find("[aria-keyshortcuts='Control+z']").HasAttribute("disabled"));
        Press(lab, "Redo");
        Press(lab, "Redo");
        Assert.Equal((Engine.Kernel.KernelRelease.Find("6.12")!.ShutdownPolicy, "6.12"), (Policy(lab), lab.Find("#kernel").GetAttribute("value")));
        Assert.Equal("6.12", ShareLink.Decode(Path).Scenario.Boots[0].Release.Version);
    }

    [Fact]
    public async Task Markers_bookmarks_and_lanes_are_undone_and_the_reader_stays_where_he_is()
    {
        var lab = Lab();
        var view = lab.FindComponent<TimelineView>();
        await lab.InvokeAsync(() => view.Instance.OnMark.InvokeAsync((3L, 9L)));
        await lab.InvokeAsync(() => view.Instance.OnArrange.InvokeAsync(view.Instance.Arrangement! with { Filter = "c" }));
        await lab.InvokeAsync(() => view.Instance.OnArrange.InvokeAsync(view.Instance.Arrangement! with { Filter = "cp" }));
        await lab.InvokeAsync(() => view.Instance.OnArrange.InvokeAsync(view.Instance.Arrangement! with { Filter = "cpu" }));
        await lab.InvokeAsync(() => lab.FindComponent<Transport>().Instance.OnSeek.InvokeAsync(5));
        lab.Find("[aria-keyshortcuts='m']").Click();
        await lab.InvokeAsync(() => lab.FindComponent<Transport>().Instance.OnSeek.InvokeAsync(7));
        await lab.InvokeAsync(() => view.Instance.OnZoom.InvokeAsync((10L, 20L)));

        RunView View() => lab.FindComponent<Components.Lab.Kept>().Instance.Document.View;
        Assert.Equal(5, Assert.Single(View().Bookmarks).Step);
        Press(lab, "Undo");
        Assert.Empty(View().Bookmarks);
        Assert.Equal("cpu", View().Filter);
        Press(lab, "Undo");
        Assert.Equal((null, 3L, 9L), (View().Filter, View().MarkerA, View().MarkerB));
        Press(lab, "Undo");
        Assert.Null(View().MarkerA);
        Assert.Equal((7L, 10L, 20L), (View().Step, View().FromNs, View().ToNs));
        Press(lab, "Redo");
        Press(lab, "Redo");
        Press(lab, "Redo");
        Assert.Equal(("cpu", 3L, 5L), (View().Filter, View().MarkerA, View().Bookmarks[0].Step));
    }

    [Fact]
    public async Task The_lab_comes_back_with_what_can_be_undone_but_another_run_does_not_take_it_over()
    {
        var lab = Lab();
        lab.Find("#policy").Change("seed");
        var address = Path;
        await KeptAsync("tab/t1/lab");
        await Task.Delay(500);

        await using var again = new Again { Browser = Browser };
        var back = again.Render<LabPage>(p => p.Add(l => l.Payload, address[ShareLink.Prefix.Length..]));
        back.WaitForAssertion(() => Assert.Equal("Undo: at shutdown: " + Engine.Kernel.ShutdownPolicy.Find("seed")!.Label + " (Ctrl Z)", back.Find("[aria-keyshortcuts='Control+z']").GetAttribute("title")), Long);
        Press(back, "Undo");
        Assert.NotEqual("seed", Policy(back));

        await using var other = new Again { Browser = Browser };
        var elsewhere = other.Render<LabPage>(p => p.Add(l => l.Payload, PayloadOf(ScenarioPresets.All[3].Scenario)));
        await Task.Delay(300);
        Assert.True(elsewhere.Find("[aria-keyshortcuts='Control+z']").HasAttribute("disabled"));
    }

    [Fact]
    public async Task A_run_too_large_for_a_link_has_an_address_that_this_browser_opens_at_the_same_step_and_no_other()
    {
        Assert.Null(ShareLink.TryEncode(new RunDocument(LargeMachine.Scenario)));
        var key = LargeRuns.KeyOf(new RunDocument(LargeMachine.Scenario));
        Services.GetRequiredService<LargeRuns>().Keep(new RunDocument(LargeMachine.Scenario));
        var lab = Render<LabPage>(p => p.Add(l => l.Key, key));
        Assert.Contains("too large for a link. It is kept in this browser", lab.WaitForElement("#draft", Long).TextContent, StringComparison.Ordinal);
        lab.Find("#policy").Change("seed");
        var address = Path;
        Assert.StartsWith("/w/", address, StringComparison.Ordinal);
        Assert.NotEqual("/w/" + key, address);
        await lab.InvokeAsync(() => lab.FindComponent<Transport>().Instance.OnSeek.InvokeAsync(42));
        await lab.InvokeAsync(() => lab.FindComponent<TimelineView>().Instance.OnZoom.InvokeAsync((10L, 20_000L)));
        await KeptAsync("run/" + address["/w/".Length..]);
        await KeptAsync("tab/t1/lab.look");
        await Task.Delay(700);

        await using var again = new Again { Browser = Browser };
        var back = again.Render<LabPage>(p => p.Add(l => l.Key, address["/w/".Length..]));
        back.WaitForElement("#policy", Long);
        back.WaitForAssertion(() => Assert.Equal(42, back.FindComponent<Transport>().Instance.Step), Long);
        Assert.Equal((10L, 20_000L), (back.FindComponent<TimelineView>().Instance.FromNs, back.FindComponent<TimelineView>().Instance.ToNs));
        Assert.Equal("seed", Policy(back));
        Press(back, "Undo");
        Assert.NotEqual("seed", Policy(back));

        await using var stranger = new Again();
        var nothing = stranger.Render<LabPage>(p => p.Add(l => l.Key, key));
        Assert.Contains("neither this browser nor this server has it", nothing.WaitForElement("[role=alert]", Long).TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_browser_that_keeps_nothing_says_so_and_everything_else_works()
    {
        Browser.Problem = "This browser keeps nothing here.";
        var key = Services.GetRequiredService<LargeRuns>().Keep(new RunDocument(LargeMachine.Scenario));
        var lab = Render<LabPage>(p => p.Add(l => l.Key, key));
        lab.WaitForAssertion(() => Assert.Contains("keeps nothing here. To send it", lab.Find("#draft").TextContent, StringComparison.Ordinal), Long);
        lab.Find("#policy").Change("seed");
        Press(lab, "Undo");
        Assert.NotEqual("seed", Policy(lab));
    }

    [Fact]
    public async Task What_is_not_what_its_name_says_is_not_opened()
    {
        static byte[] Packed(Action<Stream> write)
        {
            using var packed = new MemoryStream();
            using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest))
            {
                write(brotli);
            }

            return packed.ToArray();
        }

        var key = LargeRuns.KeyOf(new RunDocument(LargeMachine.Scenario));
        byte[][] hostile =
        [
            Packed(s => s.Write(Encoding.UTF8.GetBytes(new RunDocument(ScenarioPresets.All[0].Scenario).Write()))), // another run
            Packed(s => s.Write("{}"u8)), "no Brotli at all"u8.ToArray(), [],
            Packed(s =>
            {
                for (var mib = 0; mib < 200; mib++)
                {
                    s.Write(new byte[1 << 20]);
                }
            }),
        ];
        foreach (var content in hostile)
        {
            await Browser.PutAsync(KeptIn.Drafts, "run/" + key, "", content);
            var (run, problem) = await Services.GetRequiredService<Drafts>().OpenAsync(key);
            Assert.Null(run);
            Assert.Contains("neither this browser nor this server has it", problem, StringComparison.Ordinal);
        }

        await Browser.PutAsync(KeptIn.Drafts, "run/" + key, "", Packed(s => s.Write(Encoding.UTF8.GetBytes(new RunDocument(LargeMachine.Scenario).Write()))));
        Assert.NotNull((await Services.GetRequiredService<Drafts>().OpenAsync(key)).Run);
    }

    [Fact]
    public async Task The_workbench_comes_back_with_what_was_typed_and_what_can_be_undone()
    {
        var page = Render<BuildPage>(p => p.Add(x => x.Payload, PayloadOf(TopologyEdit.Add(TopologyEdit.Empty, DeviceModel.Find("e1000")!, null).After!)));
        page.Find("[role=tree]").KeyDown(new Microsoft.AspNetCore.Components.Web.KeyboardEventArgs { Key = "Enter" });
        page.WaitForElement("#add-search").Input("nvm");
        page.Find("#add-search").KeyDown("Enter");
        Press(page, "Undo");
        Press(page, "Redo");
        await KeptAsync("tab/t1/build");
        await Task.Delay(700);

        await using var again = new Again { Browser = Browser };
        var two = TopologyEdit.Add(TopologyEdit.Add(TopologyEdit.Empty, DeviceModel.Find("e1000")!, null).After!, DeviceModel.Find("nvme")!, null).After!;
        var back = again.Render<BuildPage>(p => p.Add(x => x.Payload, PayloadOf(two)));
        back.WaitForAssertion(() => Assert.False(back.Find("[aria-keyshortcuts='Control+z']").HasAttribute("disabled")), Long);
        Press(back, "Undo");
        Assert.Contains("one function on", back.Markup, StringComparison.Ordinal);
        Press(back, "Redo");
        Assert.Contains("2 functions on", back.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_too_large_for_a_link_is_run_and_audited_from_the_workbench()
    {
        var key = Services.GetRequiredService<LargeRuns>().Keep(new RunDocument(LargeMachine.Scenario));
        var page = Render<BuildPage>(p => p.Add(x => x.Key, key));
        page.FindAll("button").Single(b => b.TextContent == "Run it").Click();
        page.WaitForAssertion(() => Assert.Equal("/w/" + key, Path), Long);
        page.FindAll("button").Single(b => b.TextContent == "Audit it").Click();
        page.WaitForAssertion(() => Assert.Equal("/audit/w/" + key, Path), Long);
        await KeptAsync("run/" + key);
    }

    /// <summary>Another server, which remembers nothing.</summary>
    private sealed class Again : ComponentTest;
}
