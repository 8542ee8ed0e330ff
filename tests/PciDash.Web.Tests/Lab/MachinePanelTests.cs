using AngleSharp.Dom;
using Bunit;
using Microsoft.AspNetCore.Components;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Web.Components.Lab;
using LabPage = PciDash.Web.Components.Pages.Lab;

namespace PciDash.Web.Tests.Lab;

/// <summary>Everything of a scenario that changes its run can be seen and chosen.</summary>
public class MachinePanelTests : ComponentTest
{
    private Scenario? changed;

    private IRenderedComponent<MachinePanel> Panel(Scenario scenario)
    {
        var panel = Render<MachinePanel>(p => p.Add(x => x.Scenario, scenario).Add(x => x.OnChange, EventCallback.Factory.Create<Scenario>(this, s => changed = s)));
        panel.Find("#machine").TriggerEvent("ontoggle", EventArgs.Empty);
        return panel;
    }

    private static Scenario Preset(string id) => ScenarioPresets.Find(id)!.Scenario;

    [Fact]
    public void Each_choice_changes_one_thing()
    {
        var panel = Panel(Preset(Runs.StoryId));
        panel.Find("#platform").Change("pc");
        Assert.Equal("pc", changed!.Platform.Id);
        panel.Find("#remapping").Change(true);
        Assert.True(changed!.InterruptRemapping);
        panel.Find("#cpus-0").Change("4");
        Assert.Equal(4, changed!.Boots[0].Cpus);
        panel.Find("#kernel-0").Change("6.12");
        Assert.Equal(("6.12", "P5"), (changed!.Boots[0].Release.Version, changed.Boots[0].Policy.Id));
        panel.Find("select[aria-label='How 00:09.0 interrupts']").Change("Intx");
        Assert.Equal(InterruptMode.Intx, changed!.Functions.Single(f => f.Bdf == new Bdf(0, 9, 0)).Mode);
    }

    [Fact]
    public void A_kernel_is_added_after_the_last_one_and_removed_again()
    {
        var panel = Panel(Preset(Runs.StoryId));
        Assert.Empty(panel.FindAll("#remove-boot"));
        panel.Find("#add-boot").Click();
        Assert.Equal([ShutdownPath.Reboot, ShutdownPath.None], changed!.Boots.Select(b => b.Path));
        panel = Panel(changed);
        panel.Find("#kernel-1").Change("6.12");
        Assert.Equal(["4.1", "6.12"], changed!.Boots.Select(b => b.Release.Version));
        panel = Panel(changed);
        panel.Find("#add-boot").Click();
        Assert.Equal([ShutdownPath.Reboot, ShutdownPath.Kexec, ShutdownPath.None], changed!.Boots.Select(b => b.Path));
        _ = CompiledMachine.Compile(ScenarioDocument.Parse(ScenarioDocument.Write(changed)).Scenario);
        panel = Panel(changed);
        panel.Find("#remove-boot").Click();
        Assert.Equal(2, changed!.Boots.Count);
        panel = Panel(changed.WithBootAfter().WithBootAfter());
        Assert.True(panel.Find("#add-boot").HasAttribute("disabled"));
    }

    [Fact]
    public void Boot_options_are_those_of_the_command_line()
    {
        var panel = Panel(Preset(Runs.StoryId));
        Assert.Equal(Variants.BootOptions, panel.FindAll(".switch code").Select(c => c.TextContent));
        panel.FindAll(".switch input").Single(i => i.ParentElement!.TextContent.Contains("pci=nomsi", StringComparison.Ordinal)).Change(true);
        Assert.True(changed!.Boots[0].NoMsi);

        panel = Panel(changed);
        panel.FindAll(".switch input").Single(i => i.ParentElement!.TextContent.Contains("pci=nomsi", StringComparison.Ordinal)).Change(false);
        Assert.False(changed!.Boots[0].NoMsi);
    }

    [Fact]
    public void Of_irqpoll_and_irqfixup_the_one_that_is_switched_on_is_in_force()
    {
        IElement Option(IRenderedComponent<MachinePanel> panel, string word) => panel.FindAll(".switch input").Single(i => i.ParentElement!.TextContent.Trim() == word);
        var panel = Panel(Preset(Runs.StoryId));
        Option(panel, "irqpoll").Change(true);
        panel = Panel(changed!);
        Option(panel, "irqfixup").Change(true);
        Assert.Equal(IrqFixup.IrqFixup, changed!.Boots[0].IrqFixup);
        panel = Panel(changed);
        Option(panel, "irqpoll").Change(true);
        Assert.Equal(IrqFixup.IrqPoll, changed!.Boots[0].IrqFixup);
    }

    [Fact]
    public void A_driver_is_chosen_for_each_boot_and_the_device_s_own_is_not_written_down()
    {
        var panel = Panel(Preset("p50-gpu-boot"));
        panel.Find("select[aria-label='Driver of 00:02.0 in boot 2']").Change("nouveau");
        Assert.Empty(changed!.Boots[1].Drivers);
        panel.Find("select[aria-label='Driver of 00:02.0 in boot 1']").Change("-");
        Assert.Null(changed!.Boots[0].Drivers[new Bdf(0, 2, 0)]);
    }

    [Fact]
    public void What_is_not_known_of_a_driver_is_said()
    {
        var panel = Panel(Preset(Runs.StoryId).WithDriver(0, Preset(Runs.StoryId).Functions[0], PciDash.Engine.Devices.DriverModel.Find("i915")));
        Assert.Contains("unknown: since which release it has a .shutdown", panel.Find(".machine-table").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_functions_some_are_shown_and_the_others_are_found()
    {
        var card = Preset(Runs.StoryId).Functions[0];
        var many = Preset(Runs.StoryId) with { Functions = [.. Enumerable.Range(0, 240).Select(i => card with { Bdf = new Bdf(0, i / 8, i % 8) })] };
        var panel = Panel(many);
        Assert.Equal(50, panel.FindAll(".machine-table tbody tr").Count);
        Assert.Contains("190 more", panel.Markup, StringComparison.Ordinal);
        panel.Find("input[type=search]").Input("1d.7");
        Assert.Equal("00:1d.7", Assert.Single(panel.FindAll(".machine-table tbody th")).TextContent);
    }

    [Fact]
    public void What_the_engine_refuses_is_told_and_what_was_open_stays()
    {
        var lab = Render<LabPage>();
        lab.Find("#machine").TriggerEvent("ontoggle", EventArgs.Empty);
        lab.Find("select[aria-label='How 00:01.0 interrupts']").Change("Msix");
        Assert.Contains("uhci has no Msix capability", lab.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Contains("IRQ 21 is disabled", lab.Find("#headline").TextContent, StringComparison.Ordinal);

        lab.FindAll(".switch input").Single(i => i.ParentElement!.TextContent.Contains("noirqdebug", StringComparison.Ordinal)).Change(true);
        Assert.Empty(lab.FindAll("[role=alert]"));
        Assert.Contains("storms", lab.Find("#headline").TextContent, StringComparison.Ordinal);
    }
}
