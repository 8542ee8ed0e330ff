using Bunit;
using Microsoft.AspNetCore.Components;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Web.Components.Lab;

namespace PciDash.Web.Tests.Lab;

/// <summary>The steps of pci_device_shutdown can be moved, removed, added and limited.</summary>
public class PatchPanelTests : ComponentTest
{
    private Scenario scenario = ScenarioPresets.Find(Runs.StoryId)!.Scenario;

    private IRenderedComponent<PatchPanel> Panel()
    {
        var panel = Render<PatchPanel>(p => p.Add(x => x.Scenario, scenario).Add(x => x.OnChange, EventCallback.Factory.Create<Scenario>(this, s => scenario = s)));
        panel.Find("#patch").TriggerEvent("ontoggle", EventArgs.Empty);
        return panel;
    }

    private IEnumerable<string> Words => scenario.Boots[0].Policy.Script.Select(l => l.Word);

    [Fact]
    public void Steps_move_go_and_come()
    {
        var panel = Panel();
        Assert.Contains("These are the steps of P4", panel.Find("[role=status]").TextContent, StringComparison.Ordinal);
        panel.FindAll(".patch-moves button")[1].Click();
        Assert.Equal(["msix-shutdown", "msi-shutdown", "clear-master"], Words);

        panel = Panel();
        panel.FindAll(".patch-moves button")[2].Click();
        Assert.Equal(["msi-shutdown", "clear-master"], Words);

        panel = Panel();
        panel.Find("#patch-word").Change("intx-off");
        panel.Find("#patch-add").Click();
        Assert.Equal(["msi-shutdown", "clear-master", "intx-off"], Words);
        panel = Panel();
        Assert.Contains("Not what any kernel of the table does", panel.Find("[role=status]").TextContent, StringComparison.Ordinal);
        panel.Find("#patch-back").Click();
        Assert.Equal("P4", scenario.Boots[0].Policy.Id);
    }

    [Fact]
    public void A_step_is_limited_to_a_path_and_to_functions()
    {
        var panel = Panel();
        panel.Find("select[aria-label='Path of step 1']").Change("Reboot");
        Assert.Equal(ShutdownPath.Reboot, scenario.Boots[0].Policy.Script[0].On);
        panel = Panel();
        panel.Find("select[aria-label='Functions of step 1']").Change("Bound");
        Assert.Equal((ShutdownPath.Reboot, ScriptCondition.Bound), (scenario.Boots[0].Policy.Script[0].On, scenario.Boots[0].Policy.Script[0].If));
        panel = Panel();
        panel.Find(".patch-add input").Change(true);
        Assert.True(scenario.Boots[0].Policy.ReplacesDriver);
    }
}
