using System.Text.RegularExpressions;
using AngleSharp.Dom;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Building;
using BuildPage = PciDash.Web.Components.Pages.Build;

namespace PciDash.Web.Tests.Building;

/// <summary>The workbench: empty, with one function, with many, and with something wrong.</summary>
public partial class BuildPageTests : ComponentTest
{
    private static Scenario Machine(params string[] devices)
    {
        var machine = TopologyEdit.Empty;
        foreach (var device in devices)
        {
            machine = TopologyEdit.Add(machine, DeviceModel.Find(device)!, null).After!;
        }

        return machine;
    }

    private IRenderedComponent<BuildPage> Page(Scenario machine) =>
        Render<BuildPage>(p => p.Add(x => x.Payload, ShareLink.TryEncode(new RunDocument(machine))![ShareLink.Prefix.Length..]));

    private static IElement Tree(IRenderedComponent<BuildPage> page) => page.Find("[role=tree]");

    // As a screen reader has it: what is on the row, with what it adds for those who do not see it.
    private static string Heard(IElement row) => Spaces().Replace(row.TextContent, " ").Replace(" ,", ",", StringComparison.Ordinal).Trim();

    private static string[] Rows(IRenderedComponent<BuildPage> page) => [.. page.FindAll("[role=treeitem]").Select(Heard)];

    private static string Selected(IRenderedComponent<BuildPage> page) => Heard(page.FindAll("[role=treeitem]").Single(r => r.GetAttribute("aria-selected") == "true"));

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    private static void Press(IRenderedComponent<BuildPage> page, string key, bool alt = false) => Tree(page).KeyDown(new KeyboardEventArgs { Key = key, AltKey = alt });

    private static IElement Button(IRenderedComponent<BuildPage> page, string text) => page.FindAll("button").Single(b => b.TextContent.Trim() == text);

    [Fact]
    public void An_empty_machine_says_what_to_do_and_offers_only_that()
    {
        var page = Render<BuildPage>();
        Assert.Equal(["Root bus 00, QEMU q35"], Rows(page));
        Assert.Contains("Nothing is on the root bus yet", page.Markup, StringComparison.Ordinal);
        Assert.All(["Run it", "Audit it", "Undo", "Redo", "Delete", "Duplicate"], text => Assert.True(Button(page, text).HasAttribute("disabled"), text));
        Assert.Equal("The machine", page.Find("#panel-title").TextContent);
        Assert.Empty(page.FindAll("[role=alert]"));
    }

    [Fact]
    public void The_catalogue_is_searched_as_one_types_and_Enter_adds_what_can_be_here()
    {
        var page = Render<BuildPage>();
        Press(page, "Enter");
        Assert.Equal(DeviceModel.All.Count + 3, page.FindAll("[role=option]").Count);
        page.Find("#add-search").Input("port");
        Assert.Contains("a switch port belongs below", page.FindAll("[role=option]").Single(o => o.TextContent.Contains("PCIe switch port", StringComparison.Ordinal)).TextContent, StringComparison.Ordinal);
        page.Find("#add-search").Input("no such card");
        Assert.Contains("Nothing in the catalogue", page.Find("#add-why").TextContent, StringComparison.Ordinal);
        page.Find("#add-search").Input("nvm");
        page.Find("#add-search").KeyDown("Enter");
        Assert.Equal("00:01.0 NVM Express controller, INTA, line 21", Selected(page));
        Assert.Contains("Added NVM Express controller at 00:01.0. Its INTA ends on line 21, alone.", page.Find("#build-says").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("#add-search"));
        Assert.Contains("one function on one line", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_here_is_refused_in_words_and_nothing_changes()
    {
        var page = Page(Machine("uhci"));
        Press(page, "Enter");
        page.Find("#add-search").Input("pcie-switch-port");
        page.Find("#add-search").KeyDown("Enter");
        Assert.Contains("PCIe switch port cannot be here: a switch port belongs below", page.Find("#add-why").TextContent, StringComparison.Ordinal);
        page.Find("#add-search").KeyDown("Escape");
        Assert.Equal(2, Rows(page).Length);
    }

    [Fact]
    public void The_tree_is_walked_folded_and_changed_with_the_keyboard()
    {
        var machine = Machine("pci-bridge", "uhci", "e1000");
        machine = TopologyEdit.Add(machine, DeviceModel.Find("rtl8139")!, new Bdf(0, 1, 0)).After!;
        var page = Page(machine);
        Assert.Equal(["root", "00:01.0", "01:01.0", "00:02.0", "00:03.0"], page.FindAll("[role=treeitem]").Select(r => r.GetAttribute("data-at")));
        Press(page, "ArrowDown");
        Assert.StartsWith("00:01.0", Selected(page), StringComparison.Ordinal);
        Press(page, "ArrowLeft");
        Assert.Equal("false", page.FindAll("[role=treeitem]")[1].GetAttribute("aria-expanded"));
        Assert.Equal(4, Rows(page).Length);
        Press(page, "ArrowRight");
        Press(page, "ArrowRight");
        Assert.StartsWith("01:01.0", Selected(page), StringComparison.Ordinal);
        Assert.Equal(["1", "2", "3", "2", "2"], page.FindAll("[role=treeitem]").Select(r => r.GetAttribute("aria-level")));
        Press(page, "End");
        Assert.StartsWith("00:03.0 Intel", Selected(page), StringComparison.Ordinal);
        Press(page, "ArrowUp", alt: true);
        Assert.StartsWith("00:02.0 Intel", Selected(page), StringComparison.Ordinal);
        Press(page, "ArrowRight", alt: true);
        Assert.StartsWith("01:02.0 Intel", Selected(page), StringComparison.Ordinal);
        Press(page, "ArrowLeft", alt: true);
        Assert.StartsWith("00:02.0 Intel", Selected(page), StringComparison.Ordinal);
        Press(page, "Home");
        Press(page, "ArrowUp", alt: true);
        Assert.StartsWith("Root bus", Selected(page), StringComparison.Ordinal);
    }

    [Fact]
    public void Sharers_of_the_selected_line_and_the_way_of_its_pin_are_marked()
    {
        var machine = Machine("pci-bridge", "uhci");
        machine = TopologyEdit.Add(machine, DeviceModel.Find("rtl8139")!, new Bdf(0, 1, 0)).After!;
        var page = Page(machine);
        Press(page, "End");
        Press(page, "ArrowUp");

        // INTA in slot 1 below the bridge is INTB in root slot 1: 20 + (1 + 1) % 4 = 22, as the controller's: 20 + (2 + 0) % 4.
        Assert.Equal("01:01.0 Realtek 8139 network card, INTA, line 22 of 2 functions", Selected(page));
        Assert.Equal(["01:01.0", "00:02.0"], page.FindAll(".tree-row.shares code").Select(c => c.TextContent));
        Assert.Contains("shares the selected line", Rows(page)[3], StringComparison.Ordinal);
        Assert.Equal(", the selected pin arrives as INTB", page.Find(".tree-row.on-route em").TextContent);
        Assert.Contains("slot 01 below 00:01.0: INTA → INTB", page.Find(".route").TextContent, StringComparison.Ordinal);
        Assert.Contains("root bus, slot 01: INTB → line 22", page.Find(".route").TextContent, StringComparison.Ordinal);
        Assert.Equal(2, page.FindAll(".guide.on").Count);
        page.Find(".sharers button").Click();
        Assert.StartsWith("00:02.0", Selected(page), StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_is_not_possible_stays_as_typed_with_its_reason_and_is_undone()
    {
        var page = Page(Machine("uhci"));
        Press(page, "End");
        page.Find("#field-gsi").Change("999");
        Assert.Equal("999", page.Find("#field-gsi").GetAttribute("value"));
        Assert.Equal("true", page.Find("#field-gsi").GetAttribute("aria-invalid"));
        Assert.Contains("999 given; 0 to 239 are possible. It stays empty until then.", page.Find("#field-gsi-means").TextContent, StringComparison.Ordinal);
        Assert.Contains("something is wrong", Selected(page), StringComparison.Ordinal);
        Assert.Contains("one thing to put right", page.Markup, StringComparison.Ordinal);
        Button(page, "Undo").Click();
        Assert.Equal("", page.Find("#field-gsi").GetAttribute("value"));
        page.Find("#field-gsi").Change("40");
        Assert.Contains("line 40", Selected(page), StringComparison.Ordinal);
        Assert.Contains("names its line itself", page.Find(".route").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_engine_refuses_is_shown_at_the_function_and_the_machine_cannot_be_run()
    {
        var page = Page(Machine("uhci"));
        Press(page, "End");
        page.Find("#field-mode").Change("msix");
        Assert.Contains("uhci has no Msix capability", page.Find(".build-panel [role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Equal("00:01.0: uhci has no Msix capability", Button(page, "Run it").GetAttribute("title"));
        Assert.True(Button(page, "Run it").HasAttribute("disabled"));
        page.Find("#field-mode").Change("intx");
        Assert.False(Button(page, "Run it").HasAttribute("disabled"));
        Assert.Empty(page.FindAll("[role=alert]"));
    }

    [Fact]
    public void Every_property_can_be_changed_and_what_differs_from_the_catalogue_is_said()
    {
        var page = Page(Machine("e1000e"));
        Press(page, "End");
        page.Find(".disclosure").Click();
        Assert.Equal(FieldTable.Device.Count + FieldTable.Function.Count, page.FindAll(".build-field [id^=field-]:is(input, select)").Count);
        page.Find("#field-overrides-pin").Change("C");
        Assert.Contains("Changed; the catalogue has A.", page.Find("#field-overrides-pin-means").TextContent, StringComparison.Ordinal);
        page.Find("#field-overrides-flr").Change(true);
        Assert.Contains("2 changed", page.Find(".disclosure").TextContent, StringComparison.Ordinal);
        Assert.Contains("INTC, line 23", Selected(page), StringComparison.Ordinal);
        page.Find("#driver-0").Change("vfio-pci");
        Assert.Contains("00:01.0 has the driver vfio-pci now", page.Find("#build-says").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Events_are_added_and_removed()
    {
        var page = Page(Machine("e1000e"));
        Press(page, "End");
        Button(page, "Add an event").Click();
        page.Find("#field-events-0-every_us").Change("0.1");
        Assert.Contains("1 to 1000000000 are possible", page.Find("#field-events-0-every_us-means").TextContent, StringComparison.Ordinal);
        page.Find("#field-events-0-every_us").Change("250");
        Assert.Contains("one event", page.Markup, StringComparison.OrdinalIgnoreCase);
        Button(page, "Remove event 1").Click();
        Assert.Empty(page.FindAll(".event"));
    }

    [Fact]
    public void A_bus_and_a_slot_are_chosen_and_what_is_taken_is_refused()
    {
        var page = Page(Machine("pci-bridge", "uhci", "e1000"));
        Press(page, "End");
        page.Find("#slot").Change("02.0");
        Assert.Contains("00:02.0 is taken by USB UHCI controller", page.Find("#slot-means").TextContent, StringComparison.Ordinal);
        page.Find("#slot").Change("what");
        Assert.Contains("“what” is no slot and function", page.Find("#slot-means").TextContent, StringComparison.Ordinal);
        page.Find("#slot").Change("1f.7");
        Assert.StartsWith("00:1f.7", Selected(page), StringComparison.Ordinal);
        page.Find("#move-to").Change("00:01.0");
        Assert.StartsWith("01:1f.7", Selected(page), StringComparison.Ordinal);
    }

    [Fact]
    public void Dragging_moves_below_a_bridge_and_exchanges_neighbours()
    {
        var page = Page(Machine("pci-bridge", "uhci", "e1000"));
        Drag(3, 2);
        Assert.StartsWith("00:02.0 Intel", Selected(page), StringComparison.Ordinal);
        Drag(2, 1);
        Assert.StartsWith("01:02.0 Intel", Selected(page), StringComparison.Ordinal);
        Drag(2, 0);
        Assert.StartsWith("00:02.0 Intel", Selected(page), StringComparison.Ordinal);
        Drag(1, 0);
        Assert.Contains("there already", page.Find("#build-says").TextContent, StringComparison.Ordinal);

        void Drag(int from, int to)
        {
            page.FindAll("[role=treeitem]")[from].DragStart(new DragEventArgs());
            page.FindAll("[role=treeitem]")[to].Drop(new DragEventArgs());
        }
    }

    [Fact]
    public void The_lab_and_the_audit_get_the_machine()
    {
        var machine = Machine("uhci", "virtio-net");
        var link = ShareLink.TryEncode(new RunDocument(machine))!;
        var page = Page(machine);
        var nav = Services.GetRequiredService<NavigationManager>();
        Button(page, "Run it").Click();
        Assert.Equal(link, new Uri(nav.Uri).AbsolutePath);
        Button(page, "Audit it").Click();
        Assert.Equal("/audit" + link, new Uri(nav.Uri).AbsolutePath);
    }

    [Fact]
    public void A_link_that_cannot_be_opened_says_why_and_leaves_an_empty_machine()
    {
        var page = Render<BuildPage>(p => p.Add(x => x.Payload, "1notalink!"));
        Assert.Contains("This link cannot be opened", page.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Equal(["Root bus 00, QEMU q35"], Rows(page));
    }

    [Fact]
    public void A_machine_with_a_circle_of_bridges_is_shown_with_what_is_wrong()
    {
        var circle = Machine("uhci") with
        {
            Functions =
            [
                new FunctionSpec(new Bdf(1, 0, 0), DeviceModel.Find("pci-bridge")!) { Parent = new Bdf(2, 0, 0), SecondaryBus = 2 },
                new FunctionSpec(new Bdf(2, 0, 0), DeviceModel.Find("pci-bridge")!) { Parent = new Bdf(1, 0, 0), SecondaryBus = 1 },
            ],
        };
        var page = Page(circle);
        Assert.Equal(3, Rows(page).Length);
        Assert.True(Button(page, "Run it").HasAttribute("disabled"));
        Press(page, "End");
        Assert.Contains("form a cycle", page.Find(".build-panel [role=alert]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_machine_takes_no_more_says_so_and_stays_as_it_is()
    {
        var bridges = Enumerable.Range(0, 4).Select(i => new FunctionSpec(new Bdf(0, i, 0), DeviceModel.Find("pci-bridge")!) { SecondaryBus = i + 1 });
        var cards = Enumerable.Range(0, 1_020).Select(i => new FunctionSpec(new Bdf((i / 255) + 1, i % 255 / 8, i % 255 % 8), DeviceModel.Find("e1000")!) { Parent = new Bdf(0, i / 255, 0) });
        var page = Page(TopologyEdit.Empty with { Functions = [.. bridges, .. cards] });
        Press(page, "ArrowDown");
        Button(page, "Duplicate").Click();
        Assert.Equal("That would be 1280 functions; 1024 are possible.", page.Find("#build-says.refused").TextContent);
        Assert.Contains("1024 functions", page.Find(".build-count").TextContent, StringComparison.Ordinal);
        Assert.True(Button(page, "Undo").HasAttribute("disabled"));
        Assert.StartsWith("00:00.0 PCI-to-PCI bridge", Selected(page), StringComparison.Ordinal);
    }

    [Fact]
    public void Undoing_selects_what_was_selected_before()
    {
        var page = Page(Machine("uhci", "e1000"));
        Press(page, "ArrowDown");
        Button(page, "Duplicate").Click();
        Assert.StartsWith("00:03.0 USB", Selected(page), StringComparison.Ordinal);
        Button(page, "Undo").Click();
        Assert.StartsWith("00:01.0 USB", Selected(page), StringComparison.Ordinal);
        Button(page, "Delete").Click();
        Assert.StartsWith("00:02.0 Intel", Selected(page), StringComparison.Ordinal);
        Button(page, "Undo").Click();
        Assert.StartsWith("00:01.0 USB", Selected(page), StringComparison.Ordinal);
        Button(page, "Redo").Click();
        Assert.StartsWith("00:02.0 Intel", Selected(page), StringComparison.Ordinal);
    }

    [Fact]
    public void The_machine_s_own_fields_change_it()
    {
        var page = Page(Machine("uhci"));
        page.Find("#platform").Change("acpi-pc");
        Assert.Contains("line 17", Rows(page)[1], StringComparison.Ordinal);
        page.Find("#cpus").Change("4");
        page.Find("#title").Change("Mine");
        page.Find("#remapping").Change(true);
        page.Find("#title").Change(new string('x', 201));
        Assert.Contains("at most 200", page.Find("#title-means").TextContent, StringComparison.Ordinal);
        Assert.Equal(201, page.Find("#title").GetAttribute("value")!.Length);
        for (var i = 0; i < 4; i++)
        {
            Button(page, "Undo").Click();
        }

        Assert.True(Button(page, "Undo").HasAttribute("disabled"));
        Assert.Contains("line 21", Rows(page)[1], StringComparison.Ordinal);
    }
}
