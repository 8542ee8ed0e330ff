using Bunit;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;
using PciDash.Web.Components.Lab;

namespace PciDash.Web.Tests.Lab;

/// <summary>What would prevent it: asked for, tried, taken.</summary>
public class PreventedTests : ComponentTest
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private Scenario? tried;

    private IRenderedComponent<Prevented> Of(Run run, bool bad, string? link = null) => Render<Prevented>(p => p
        .Add(x => x.Document, new RunDocument(run.Machine.Scenario) { Seed = run.Seed }).Add(x => x.Run, run).Add(x => x.Bad, bad).Add(x => x.Link, link).Add(x => x.OnTry, s => tried = s));

    [Fact]
    public void Where_all_is_well_there_is_nothing_to_ask() => Assert.Equal("", Of(Runs.Patched, false).Markup.Trim());

    [Fact]
    public void A_press_tries_and_another_takes_what_helps()
    {
        var asked = Of(Runs.Story, true, "/s/1abc");
        Assert.Equal("What would prevent it?", Assert.Single(asked.FindAll("button")).TextContent);
        asked.Find("button").Click();
        asked.WaitForElement(".prevented li", Long);
        Assert.Contains("that were tried prevent it in this run", asked.Find("[role=status]").TextContent, StringComparison.Ordinal);
        Assert.Equal("matrix/s/1abc", asked.Find("p a").GetAttribute("href"));
        Assert.Contains("boot option pci=nomsi", asked.Markup, StringComparison.Ordinal);
        asked.FindAll(".prevented li button")[0].Click();
        Assert.Equal(ShutdownPolicy.P5, tried!.Boots[0].Policy);

        // Beside this run: a comparison that opens.
        var compared = ShareLink.Decode(asked.FindAll(".prevented li a")[0].GetAttribute("href")!["compare".Length..]);
        Assert.Equal("P5", compared.View.Compare);
    }

    [Fact]
    public void Another_run_is_asked_anew_and_a_steered_one_not_at_all()
    {
        var asked = Of(Runs.Story, true);
        asked.Find("button").Click();
        asked.WaitForElement(".prevented li", Long);
        Assert.Empty(asked.FindAll("p a"));
        var busy = Runs.Of("virtio-nobody-cared-2015-busy-sharer");
        asked.Render(p => p.Add(x => x.Run, busy).Add(x => x.Document, new RunDocument(busy.Machine.Scenario)));
        Assert.Equal("What would prevent it?", Assert.Single(asked.FindAll("button")).TextContent);

        var moment = Runs.Story.At(31);
        var other = Runs.Story.EnabledAt(moment).First(a => a != Runs.Story.NextAction(moment));
        Assert.Equal("", Of(Run.Of(Runs.Story.Machine, choices: [new Choice(moment.Step, other)]), true).Markup.Trim());
    }

    [Fact]
    public void What_is_told_is_put_away_again()
    {
        var asked = Of(Runs.Story, true);
        asked.Find("button").Click();
        asked.WaitForElement(".prevented li", Long);
        asked.Find("p .link").Click();
        Assert.Equal("What would prevent it?", Assert.Single(asked.FindAll("button")).TextContent);
    }
}
