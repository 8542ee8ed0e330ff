using AngleSharp.Dom;
using Bunit;
using Microsoft.AspNetCore.Components.Web;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Building;
using PciDash.Web.Building;
using PciDash.Web.Components.Building;

namespace PciDash.Web.Tests.Building;

/// <summary>The parts of the workbench, each by itself: what it shows in each state, and what it asks for.</summary>
public class BuildingPartsTests : ComponentTest
{
    private static readonly Bdf First = new(0, 1, 0);

    private readonly List<EditOutcome> edits = [];
    private readonly List<(Bdf At, FormField Field, string Text)> texts = [];
    private readonly List<Bdf?> chosen = [];

    private static BuildSession Session(params string[] devices)
    {
        var machine = TopologyEdit.Empty;
        foreach (var device in devices)
        {
            machine = TopologyEdit.Add(machine, DeviceModel.Find(device)!, null).After!;
        }

        return new BuildSession(machine);
    }

    private static BuildSession With(Scenario machine, Func<FunctionSpec, FunctionSpec> change) =>
        new(machine with { Functions = [.. machine.Functions.Select(change)] });

    private static string[] Texts(IRenderedComponent<Microsoft.AspNetCore.Components.IComponent> of, string what) => [.. of.FindAll(what).Select(e => e.TextContent.Trim())];

    // ------------------------------------------------------------------------------------------------ a field

    private static FormField Field(FieldKind kind, bool optional = false, params string[] choices) =>
        new("events[0].every_us", "Every", "How often it comes.", kind) { Optional = optional, Choices = choices };

    private readonly List<string> set = [];

    private IRenderedComponent<FieldEditor> Editor(FormField field, string value, string? usual = null, FieldDraft? draft = null) =>
        Render<FieldEditor>(p => p.Add(e => e.Field, field).Add(e => e.Value, value).Add(e => e.Usual, usual).Add(e => e.Draft, draft).Add(e => e.OnSet, set.Add));

    [Fact]
    public void A_number_is_typed_and_its_meaning_is_read_with_it()
    {
        var editor = Editor(Field(FieldKind.Number) with { Least = 1, Most = 9 }, "5");
        var input = editor.Find("input");
        Assert.Equal(("text", "decimal", "5"), (input.GetAttribute("type"), input.GetAttribute("inputmode"), input.GetAttribute("value")));
        Assert.Equal(input.Id, editor.Find("label").GetAttribute("for"));
        var hint = editor.Find("#" + input.GetAttribute("aria-describedby")).TextContent;
        Assert.Contains("How often it comes. Possible: ", hint, StringComparison.Ordinal);
        Assert.False(input.HasAttribute("aria-invalid"));
        input.Change("7");
        Assert.Equal(["7"], set);
    }

    [Fact]
    public void A_flag_is_a_box_and_one_that_may_be_left_to_the_catalogue_is_a_list()
    {
        var box = Editor(Field(FieldKind.Flag), "true").Find("input[type=checkbox]");
        Assert.True(box.HasAttribute("checked"));
        box.Change(false);
        var list = Editor(Field(FieldKind.Flag, optional: true), "");
        Assert.Equal(["as usual", "true", "false"], Texts(list, "option"));
        list.Find("select").Change("true");
        Assert.Equal(["false", "true"], set);
    }

    [Fact]
    public void A_choice_offers_what_is_possible() => Assert.Equal(["A", "B"], Texts(Editor(Field(FieldKind.Text, false, "A", "B"), "B"), "option"));

    [Fact]
    public void What_is_not_possible_stays_as_typed_beside_why_and_what_holds_until_then()
    {
        var editor = Editor(Field(FieldKind.Number), "5", draft: new FieldDraft("five", "“five” is no number."));
        Assert.Equal("five", editor.Find("input").GetAttribute("value"));
        Assert.Equal("true", editor.Find("input").GetAttribute("aria-invalid"));
        Assert.Equal("“five” is no number. It stays 5 until then.", editor.Find(".field-problem").TextContent);
        Assert.Contains("It stays empty until then.", Editor(Field(FieldKind.Number), "", draft: new FieldDraft("x", "No.")).Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5", "5", null)]
    [InlineData("5", null, null)]
    [InlineData("5", "9", "Changed; the catalogue has 9.")]
    [InlineData("5", "", "Changed; the catalogue has none.")]
    public void What_differs_from_the_catalogue_is_told(string value, string? usual, string? told) =>
        Assert.Equal(told is null ? [] : [told], Texts(Editor(Field(FieldKind.Number), value, usual), ".changed-value"));

    [Fact]
    public void A_field_of_a_function_shows_its_value_and_what_was_typed_wrongly_and_tells_whose_it_is()
    {
        var session = Session("e1000");
        var field = FieldTable.Function.First(f => f.Path == "gsi");
        IRenderedComponent<FunctionField> Of() =>
            Render<FunctionField>(p => p.Add(x => x.Session, session).Add(x => x.Function, session.Scenario.Functions[0]).Add(x => x.Field, field).Add(x => x.OnSet, texts.Add));

        Of().Find("input").Change("20");
        Assert.Equal((First, "gsi", "20"), (texts[0].At, texts[0].Field.Path, texts[0].Text));
        session.Set(First, field, "20");
        Assert.Equal("20", Of().Find("input").GetAttribute("value"));
        session.Set(First, field, "many");
        Assert.Equal("many", Of().Find("input").GetAttribute("value"));
        Assert.Contains("It stays 20 until then.", Of().Markup, StringComparison.Ordinal);
    }

    // ------------------------------------------------------------------------------------------------ the machine

    private IRenderedComponent<MachineForm> Form(BuildSession session) => Render<MachineForm>(p => p.Add(f => f.Session, session).Add(f => f.OnEdit, edits.Add));

    [Fact]
    public void The_machine_has_a_title_a_platform_CPUs_and_remapping_and_each_is_an_edit()
    {
        var session = Session();
        var form = Form(session);
        Assert.Equal(session.Scenario.Platform.Id, form.Find("#platform").GetAttribute("value"));
        Assert.Equal(Platform.All.Select(p => p.Title), Texts(form, "#platform option"));
        form.Find("#title").Change("My machine");
        form.Find("#platform").Change("acpi-pc");
        form.Find("#cpus").Change("4");
        form.Find("#remapping").Change(true);
        Assert.Equal(
            ("My machine", Platform.AcpiPc, 4, true),
            (edits[0].After!.Title, edits[1].After!.Platform, edits[2].After!.Boots[0].Cpus, edits[3].After!.InterruptRemapping));
    }

    [Fact]
    public void A_title_that_cannot_be_stays_beside_why_until_another_machine_is_shown()
    {
        var session = Session();
        var form = Form(session);
        var tooLong = new string('x', 10_000);
        form.Find("#title").Change(tooLong);
        Assert.True(Assert.Single(edits).IsRefused);
        Assert.Equal("true", form.Find("#title").GetAttribute("aria-invalid"));
        Assert.Equal(edits[0].Words, form.Find(".field-problem").TextContent);
        Assert.Equal(tooLong, form.Find("#title").GetAttribute("value"));
        form.Find("#title").Change(session.Scenario.Title);
        Assert.Single(edits);
        form.Render(p => p.Add(f => f.Session, new BuildSession(session.Scenario with { Title = "another" })));
        Assert.Equal("another", form.Find("#title").GetAttribute("value"));
        Assert.Empty(form.FindAll(".field-problem"));
    }

    // ------------------------------------------------------------------------------------------------ lines and pins

    private IRenderedComponent<LineList> Lines(BuildSession session) => Render<LineList>(p => p.Add(l => l.Session, session).Add(l => l.OnSelect, chosen.Add));

    [Fact]
    public void Lines_are_listed_with_who_is_on_them()
    {
        Assert.Equal("No function has a pin yet.", Lines(Session()).Find("p").TextContent);
        var one = Lines(Session("e1000"));
        Assert.Equal(["00:01.0"], Texts(one, "td button"));
        one.Find("td button").Click();
        Assert.Equal([First], chosen);
    }

    [Fact]
    public void Of_many_on_a_line_some_are_named_and_the_rest_is_counted()
    {
        var many = Session([.. Enumerable.Repeat("e1000", 11)]);
        var session = With(many.Scenario, f => f with { Gsi = new Gsi(16) });
        session.Select(new Bdf(0, 3, 0));
        var lines = Lines(session);
        Assert.Equal("16", Assert.Single(lines.FindAll("tbody th")).TextContent);
        Assert.Equal(8, lines.FindAll("td button").Count);
        Assert.Equal("and 3 more", lines.Find("td small").TextContent);
        Assert.Equal("00:03.0", lines.Find("[aria-current=true]").TextContent);
        Assert.Equal("here", lines.Find("tbody tr").ClassName);
    }

    private static string[] Way(IRenderedComponent<PinWay> way) => [.. way.FindAll("li").Select(l => string.Join(' ', l.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))];

    [Fact]
    public void The_way_of_a_pin_is_told_bridge_by_bridge_and_a_line_that_is_given_without()
    {
        var machine = TopologyEdit.Add(Session("pcie-root-port").Scenario, DeviceModel.Find("e1000")!, First).After!;
        var below = machine.Functions[1];
        var route = new PinRoutes(machine).Of(below)!;
        Assert.Equal(
            [$"{below.Bdf} INT{route.Pin}", $"slot {route.Hops[0].Slot:x2} below 00:01.0: INT{route.Hops[0].Below} → INT{route.Hops[0].Above} {route.Hops[0].Below} moved on by {route.Hops[0].Slot}",
                $"root bus, slot 01: INT{route.RootPin} → line {route.Line} {machine.Platform.Title}"],
            Way(Render<PinWay>(p => p.Add(w => w.Route, route).Add(w => w.Platform, machine.Platform))));

        var given = machine with { Functions = [machine.Functions[0], below with { Gsi = new Gsi(19) }] };
        Assert.Equal(
            [$"{below.Bdf} INTA", "this machine names its line itself: line 19"],
            Way(Render<PinWay>(p => p.Add(w => w.Route, new PinRoutes(given).Of(given.Functions[1])!).Add(w => w.Platform, given.Platform))));
    }

    // ------------------------------------------------------------------------------------------------ a function

    private IRenderedComponent<FunctionPanel> Panel(BuildSession session, Bdf? at = null)
    {
        session.Select(at ?? session.Scenario.Functions[0].Bdf);
        return Render<FunctionPanel>(p => p.Add(f => f.Session, session).Add(f => f.OnEdit, edits.Add).Add(f => f.OnSet, texts.Add).Add(f => f.OnSelect, b => chosen.Add(b)));
    }

    [Fact]
    public void A_function_alone_on_its_line_says_so_and_one_with_others_names_them()
    {
        Assert.Contains("Nothing else is on line", Panel(Session("e1000")).Find(".sharers").TextContent, StringComparison.Ordinal);
        var two = Panel(With(Session("e1000", "uhci").Scenario, f => f with { Gsi = new Gsi(16) }));
        Assert.Equal("00:02.0 " + DeviceModel.Find("uhci")!.Title, two.Find(".sharers button").TextContent);
        two.Find(".sharers button").Click();
        Assert.Equal([new Bdf(0, 2, 0)], chosen);
        var many = Panel(With(Session([.. Enumerable.Repeat("e1000", 15)]).Scenario, f => f with { Gsi = new Gsi(16) }));
        Assert.Equal((12, "and 2 more"), (many.FindAll(".sharers button").Count, many.FindAll(".sharers span")[^1].TextContent));
    }

    [Fact]
    public void A_function_without_a_pin_says_so() =>
        Assert.Contains("It has no interrupt pin.", Panel(With(Session("e1000").Scenario, f => f with { Device = f.Device with { Pin = InterruptPin.None } })).Markup, StringComparison.Ordinal);

    [Fact]
    public void Its_address_device_driver_and_bus_are_edits_and_what_is_no_address_is_told()
    {
        var panel = Panel(Session("e1000", "pcie-root-port"));
        Assert.Equal("01.0", panel.Find("#slot").GetAttribute("value"));
        panel.Find("#slot").Change("somewhere");
        Assert.Empty(edits);
        Assert.Contains("“somewhere” is no slot and function", panel.Find("#slot-means .field-problem").TextContent, StringComparison.Ordinal);
        Assert.Equal(("true", "somewhere"), (panel.Find("#slot").GetAttribute("aria-invalid"), panel.Find("#slot").GetAttribute("value")));
        panel.Find("#slot").Change("02.0");
        Assert.True(edits[^1].IsRefused);
        panel.Find("#slot").Change("1f.2");
        Assert.Equal(new Bdf(0, 0x1f, 2), edits[^1].Selected);
        panel.Find("#device").Change("uhci");
        Assert.Equal("uhci", edits[^1].After!.Functions[0].Device.Id);
        panel.Find("#driver-0").Change("-");
        Assert.Null(edits[^1].After!.DriverOf(0, edits[^1].After!.Functions[0]));
        panel.Find("#move-to").Change("00:02.0");
        Assert.Equal(new Bdf(0, 2, 0), Assert.Single(edits[^1].After!.Functions, f => f.Device.Id == "e1000").Parent);
    }

    [Fact]
    public void Events_are_added_and_removed_one_by_one()
    {
        var none = Panel(Session("e1000"));
        Assert.Equal("What it does by itself: nothing", none.Find("details summary").TextContent);
        Assert.False(none.Find("details").HasAttribute("open"));
        none.Find("details > button").Click();
        Assert.Single(edits[^1].After!.Functions[0].Events);
        var one = Panel(With(Session("e1000").Scenario, f => f with { Events = [new EventSource("rx", 1_000_000)] }));
        Assert.Equal("What it does by itself: one event", one.Find("details summary").TextContent);
        var two = Panel(With(Session("e1000").Scenario, f => f with { Events = [new EventSource("rx", 1_000_000), new EventSource("timer", 2_000_000)] }));
        Assert.Equal("What it does by itself: 2 events", two.Find("details summary").TextContent);
        Assert.Equal(["Event 1", "Event 2"], Texts(two, "fieldset.event legend"));
        two.FindAll("fieldset.event button")[0].Click();
        Assert.Equal("timer", Assert.Single(edits[^1].After!.Functions[0].Events).What);
    }

    [Fact]
    public void Every_property_of_the_device_is_there_when_asked_and_what_was_changed_is_counted()
    {
        var session = Session("e1000");
        var panel = Panel(session);
        var few = panel.FindAll(".build-field").Count;
        Assert.Equal("▸ Every property of the device", panel.Find(".disclosure").TextContent);
        panel.Find(".disclosure").Click();
        Assert.Equal("true", panel.Find(".disclosure").GetAttribute("aria-expanded"));
        Assert.Equal(few + FieldTable.Device.Count, panel.FindAll(".build-field").Count);
        session.Set(First, FieldTable.Device.First(f => f.Path == "overrides.pin"), "B");
        Assert.Contains(": 1 changed", Panel(session).Find(".disclosure").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_with_it_stands_first()
    {
        var machine = Session("e1000", "uhci").Scenario;
        var session = With(machine, f => f with { Bdf = First });
        Assert.NotEmpty(Panel(session, First).FindAll("[role=alert]"));
        Assert.Empty(Panel(Session("e1000")).FindAll("[role=alert]"));
    }

    // ------------------------------------------------------------------------------------------------ what can be added

    private readonly List<Offer> added = [];
    private int closed;

    private IRenderedComponent<AddDevice> Add(BuildSession session) =>
        Render<AddDevice>(p => p.Add(a => a.Session, session).Add(a => a.OnAdd, added.Add).Add(a => a.OnClose, () => closed++));

    [Fact]
    public void The_whole_catalogue_is_offered_words_narrow_it_and_none_is_told()
    {
        var add = Add(Session());
        Assert.Equal("Add on the root bus", add.Find("label").TextContent);
        Assert.Equal($"{add.FindAll("[role=option]").Count} found. Enter adds, Esc closes.", add.Find("[role=status]").TextContent);
        add.Find("input").Input("nvm");
        Assert.Contains("NVM Express controller", Assert.Single(add.FindAll("[role=option]")).TextContent, StringComparison.Ordinal);
        add.Find("input").Input("no such card");
        Assert.Empty(add.FindAll("[role=option]"));
        Assert.Equal("Nothing in the catalogue has all of these words.", add.Find("[role=status]").TextContent);
        Assert.False(add.Find("input").HasAttribute("aria-activedescendant"));
        add.Find("input").KeyDown("Enter");
        Assert.Empty(added);
    }

    [Fact]
    public void Arrows_go_round_Enter_adds_and_Escape_closes()
    {
        var add = Add(Session());
        add.Find("input").Input("virtio");
        var count = add.FindAll("[role=option]").Count;
        Assert.True(count > 2);
        add.Find("input").KeyDown("ArrowDown");
        Assert.Equal("offer-1", add.Find("input").GetAttribute("aria-activedescendant"));
        Assert.Equal("offer-1", add.Find("[aria-selected=true]").Id);
        add.Find("input").KeyDown("ArrowUp");
        add.Find("input").KeyDown("ArrowUp");
        Assert.Equal($"offer-{count - 1}", add.Find("[aria-selected=true]").Id);
        var last = add.Find("[aria-selected=true] b").TextContent;
        add.Find("input").KeyDown("Enter");
        Assert.Equal(last, Assert.Single(added).Title);
        add.Find("input").KeyDown("Escape");
        add.Find("button").Click();
        Assert.Equal(2, closed);
    }

    [Fact]
    public void What_cannot_be_there_comes_last_with_why_and_is_refused()
    {
        var session = Session("pcie-root-port");
        session.Select(First);
        var add = Add(session);
        Assert.StartsWith("Add below 00:01.0", add.Find("label").TextContent, StringComparison.Ordinal);
        var refused = add.FindAll("[role=option]").ToList().FindIndex(o => o.GetAttribute("aria-disabled") == "true");
        Assert.True(refused > 0);
        Assert.All(add.FindAll("[role=option]").Skip(refused), o => Assert.Contains("not here: ", o.TextContent, StringComparison.Ordinal));
        add.FindAll("[role=option]")[refused].Click();
        Assert.Empty(added);
        Assert.Contains(" cannot be here: ", add.Find("[role=status]").TextContent, StringComparison.Ordinal);
        add.FindAll("[role=option]")[0].Click();
        Assert.Single(added);
    }

    // ------------------------------------------------------------------------------------------------ the tree

    private readonly List<(Bdf At, bool Fold)> folded = [];
    private readonly List<string> moved = [];
    private readonly List<(Bdf From, Bdf? To)> dropped = [];
    private int asked;

    private IRenderedComponent<MachineTreeView> Tree(BuildSession session) => Render<MachineTreeView>(p => p
        .Add(t => t.Session, session).Add(t => t.OnSelect, chosen.Add).Add(t => t.OnFold, folded.Add).Add(t => t.OnAdd, () => asked++)
        .Add(t => t.OnMove, moved.Add).Add(t => t.OnDrop, dropped.Add));

    private static BuildSession Bridged()
    {
        var machine = TopologyEdit.Add(Session("pcie-root-port").Scenario, DeviceModel.Find("e1000")!, First).After!;
        return new BuildSession(TopologyEdit.Add(machine, DeviceModel.Find("uhci")!, null).After!);
    }

    private static Bdf At(string text) => Bdf.TryParse(text, out var at) ? at : throw new FormatException(text);

    private static IElement Row(IRenderedComponent<MachineTreeView> tree, string at) => tree.Find($"[data-at='{at}']");

    [Fact]
    public void An_empty_tree_is_the_root_bus()
    {
        var row = Assert.Single(Tree(Session()).FindAll("[role=treeitem]"));
        Assert.Equal(("root", "true", "1"), (row.GetAttribute("data-at"), row.GetAttribute("aria-selected"), row.GetAttribute("aria-level")));
        Assert.False(row.HasAttribute("draggable"));
    }

    [Fact]
    public void Rows_tell_place_pin_and_line_and_a_press_chooses_or_folds()
    {
        var session = Bridged();
        session.Select(new Bdf(1, 0, 0));
        var tree = Tree(session);
        Assert.Equal(["root", "00:01.0", "01:00.0", "00:02.0"], tree.FindAll("[role=treeitem]").Select(r => r.GetAttribute("data-at")));
        Assert.Equal(("3", "1", "1"), (Row(tree, "01:00.0").GetAttribute("aria-level"), Row(tree, "01:00.0").GetAttribute("aria-posinset"), Row(tree, "01:00.0").GetAttribute("aria-setsize")));
        Assert.Equal("0", Row(tree, "01:00.0").GetAttribute("tabindex"));
        Assert.Equal("-1", Row(tree, "00:02.0").GetAttribute("tabindex"));
        Assert.Contains("the selected pin arrives as", Row(tree, "00:01.0").TextContent, StringComparison.Ordinal);
        Assert.Contains("on-route", Row(tree, "00:01.0").ClassName, StringComparison.Ordinal);
        Row(tree, "00:02.0").Click();
        Assert.Equal([new Bdf(0, 2, 0)], chosen);
        Row(tree, "00:01.0").QuerySelector(".fold")!.Click();
        Assert.Equal([(First, true)], folded);
        Assert.Single(chosen);

        session.Fold(First, true);
        var shut = Tree(session);
        Assert.Equal("false", Row(shut, "00:01.0").GetAttribute("aria-expanded"));
        Assert.Contains("1 below", Row(shut, "00:01.0").TextContent, StringComparison.Ordinal);
        Assert.Empty(shut.FindAll("[data-at='01:00.0']"));
    }

    [Theory]
    [InlineData("ArrowDown", "00:02.0")]
    [InlineData("ArrowUp", "00:01.0")]
    [InlineData("Home", null)]
    [InlineData("End", "00:02.0")]
    [InlineData("PageUp", null)]
    [InlineData("ArrowLeft", "00:01.0")]
    public void Keys_go_through_the_tree(string key, string? to)
    {
        var session = Bridged();
        session.Select(new Bdf(1, 0, 0));
        Tree(session).Find("[role=tree]").KeyDown(key);
        Assert.Equal([to is null ? null : At(to)], chosen);
    }

    [Fact]
    public void Keys_fold_add_and_move()
    {
        var session = Bridged();
        session.Select(First);
        var tree = Tree(session).Find("[role=tree]");
        tree.KeyDown("ArrowLeft");
        Assert.Equal([(First, true)], folded);
        tree.KeyDown("Enter");
        Assert.Equal(1, asked);
        foreach (var key in new[] { "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight" })
        {
            tree.KeyDown(new KeyboardEventArgs { Key = key, AltKey = true });
        }

        Assert.Equal(["up", "down", "out", "in"], moved);
        tree.KeyDown(new KeyboardEventArgs { Key = "ArrowDown", CtrlKey = true });
        Assert.Empty(chosen);
    }

    [Fact]
    public void What_is_dragged_onto_a_row_is_told_and_onto_itself_is_nothing()
    {
        var tree = Tree(Bridged());
        Row(tree, "00:02.0").DragStart();
        Row(tree, "00:01.0").Drop();
        Assert.Equal([(new Bdf(0, 2, 0), First)], dropped);
        Row(tree, "00:02.0").DragStart();
        Row(tree, "00:02.0").Drop();
        Row(tree, "00:01.0").Drop();
        Assert.Single(dropped);
    }

    [Fact]
    public void Who_shares_the_line_and_what_is_wrong_is_heard_as_well_as_seen()
    {
        var session = With(Session("e1000", "uhci", "ahci").Scenario, f => f with { Gsi = f.Device.Id == "ahci" ? new Gsi(17) : new Gsi(16) });
        session.Select(First);
        var tree = Tree(session);
        Assert.Contains("of 2 functions, shares the selected line", Row(tree, "00:02.0").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("shares", Row(tree, "00:03.0").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("something is wrong", tree.Markup, StringComparison.Ordinal);
        session.Set(First, FieldTable.Function.First(f => f.Path == "gsi"), "many");
        Assert.Contains("something is wrong", Row(Tree(session), "00:01.0").TextContent, StringComparison.Ordinal);
    }
}
