using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Building;

namespace PciDash.Scenarios.Tests.Building;

/// <summary>Every property of a function is a field with its meaning and range; what the reader refuses is told and kept as it was typed.</summary>
public class FieldEdits
{
    private static readonly Bdf Net = new(0, 1, 0);
    private static readonly Bdf Usb = new(0, 2, 0);

    private static Scenario Machine()
    {
        var machine = TopologyEdit.Add(TopologyEdit.Empty, DeviceModel.Find("virtio-net")!, null).After!;
        return TopologyEdit.Add(machine, DeviceModel.Find("e100")!, null).After!;
    }

    private static FormField Field(string path) => FieldTable.Function.Concat(FieldTable.Device).Concat(FieldTable.Event(0)).Single(f => f.Path == path);

    private static Scenario Set(Scenario machine, Bdf at, string path, string text)
    {
        var outcome = FieldEdit.Set(machine, at, Field(path), text);
        Assert.False(outcome.IsRefused, outcome.Words);
        return outcome.After!;
    }

    private static string Refused(Scenario machine, Bdf at, string path, string text)
    {
        var outcome = FieldEdit.Set(machine, at, Field(path), text);
        Assert.True(outcome.IsRefused, outcome.Words);
        return outcome.Words;
    }

    private static FunctionSpec At(Scenario machine, Bdf at) => machine.Functions.Single(f => f.Bdf == at);

    [Fact]
    public void Each_property_of_the_table_of_documents_is_a_field()
    {
        Assert.Equal(DeviceProperties.All.Select(p => p.Name).Order(), FieldTable.Device.Select(f => f.Path.Split('.')[1]).Distinct().Order());
        Assert.All(FieldTable.Device.Concat(FieldTable.Function), f => Assert.NotEmpty(f.Meaning));
        var table = Field("overrides.msix_table_size");
        Assert.Equal(("MSI-X table size", FieldKind.Number, 0m, 2_048m, "0 to 2,048"), (table.Label, table.Kind, table.Least, table.Most, table.Range));
        Assert.Equal(["none", "A", "B", "C", "D"], Field("overrides.pin").Choices);
        Assert.Equal("Entries of its MSI-X table; 0 = no capability.", table.Meaning);
    }

    [Fact]
    public void Every_field_that_is_set_to_what_it_holds_changes_nothing()
    {
        var machine = FieldEdit.AddEvent(Machine(), Net).After!;
        foreach (var at in new[] { Net, Usb })
        {
            foreach (var field in FieldTable.Function.Concat(FieldTable.Device).Concat(at == Net ? FieldTable.Event(0) : []))
            {
                var outcome = FieldEdit.Set(machine, at, field, FieldTable.Value(At(machine, at), field));
                // Without a quirk its parts are nothing, and cannot be set to something either.
                Assert.True(outcome.IsRefused ? at == Net && field.Path.StartsWith("overrides.quirk.", StringComparison.Ordinal) : ScenarioDocument.Write(outcome.After!) == ScenarioDocument.Write(machine), field.Path + ": " + outcome.Words);
            }
        }
    }

    [Fact]
    public void Fields_change_what_they_say()
    {
        var machine = Set(Machine(), Net, "overrides.pin", "C");
        Assert.Equal(InterruptPin.C, At(machine, Net).Device.Pin);
        Assert.Equal("A", FieldTable.Usual(machine, At(machine, Net), Field("overrides.pin")));
        machine = Set(machine, Net, "overrides.flr", "true");
        Assert.True(At(machine, Net).Device.HasFlr);
        machine = Set(machine, Net, "overrides.vendor_id", "0x1234");
        Assert.Equal(0x1234, At(machine, Net).Device.VendorId);
        machine = Set(machine, Net, "overrides.driver", "");
        Assert.Null(At(machine, Net).Device.Driver);
        machine = Set(machine, Net, "gsi", "40");
        Assert.Equal(new Gsi(40), At(machine, Net).Gsi);
        Assert.Null(At(Set(machine, Net, "gsi", ""), Net).Gsi);
        machine = Set(machine, Net, "mode", "intx");
        Assert.Equal(InterruptMode.Intx, At(machine, Net).Mode);
        Assert.Equal("intx", FieldTable.Value(At(machine, Net), Field("mode")));
    }

    [Fact]
    public void A_quirk_is_made_of_its_parts()
    {
        var machine = Machine();
        Assert.Equal("quirk_e100_interrupt", FieldTable.Value(At(machine, Usb), Field("overrides.quirk.where")));
        machine = Set(machine, Usb, "overrides.quirk.since", "6.12");
        Assert.Equal(("6.12", "quirk_e100_interrupt"), (At(machine, Usb).Device.Quirk!.Since, At(machine, Usb).Device.Quirk!.Where));
        Assert.Null(At(Set(machine, Usb, "overrides.quirk.where", ""), Usb).Device.Quirk);
        Assert.Equal("a_quirk", At(Set(machine, Net, "overrides.quirk.where", "a_quirk"), Net).Device.Quirk!.Where);
        Assert.Contains("missing", Refused(machine, Net, "overrides.quirk.source", "somewhere"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_possible_is_refused_in_the_reader_s_words()
    {
        Assert.Equal("9999 given; 0 to 2048 are possible.", Refused(Machine(), Net, "overrides.msix_table_size", "9999"));
        Assert.Equal("'many' given; a whole number from 0 to 239 is needed.", Refused(Machine(), Net, "gsi", "many"));
        Assert.Contains("four hexadecimal digits", Refused(Machine(), Usb, "overrides.device_id", "12"), StringComparison.Ordinal);
        Assert.Contains("unknown pin 'E'; none, A, B, C, D are possible", Refused(Machine(), Usb, "overrides.pin", "E"), StringComparison.Ordinal);
        Assert.Contains("not among the functions", FieldEdit.Set(Machine(), new Bdf(9, 0, 0), Field("gsi"), "1").Words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_that_makes_another_field_wrong_is_refused_with_that_one_named()
    {
        var machine = Set(FieldEdit.AddEvent(Machine(), Net).After!, Net, "events[0].entry", "2");
        Assert.Contains("2 given; the driver of virtio-net allocates 1 vectors", Refused(machine, Net, "overrides.vectors_used", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public void Events_are_added_changed_and_removed()
    {
        var machine = FieldEdit.AddEvent(FieldEdit.AddEvent(Machine(), Net).After!, Net).After!;
        machine = Set(Set(machine, Net, "events[0].what", "timer"), Net, "events[0].every_us", "2.5");
        Assert.Equal(new EventSource("timer", 2_500), At(machine, Net).Events[0]);
        Assert.Contains("1 to 1000000000 are possible", Refused(machine, Net, "events[0].every_us", "0.5"), StringComparison.Ordinal);
        machine = FieldEdit.RemoveEvent(machine, Net, 0).After!;
        Assert.Equal("rx", Assert.Single(At(machine, Net).Events).What);
        for (var i = 0; i < 6; i++)
        {
            machine = FieldEdit.AddEvent(machine, Net).After!;
        }

        Assert.Contains("0 to 7 are possible", FieldEdit.AddEvent(machine, Net).Words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_function_has_the_usual_driver_and_a_boot_may_give_it_another()
    {
        var machine = Machine();
        Assert.Equal("virtio-pci", machine.DriverOf(0, At(machine, Net))!.Id);
        machine = FieldEdit.SetDriver(machine, Net, 0, "vfio-pci").After!;
        Assert.Equal("vfio-pci", machine.DriverOf(0, At(machine, Net))!.Id);
        machine = FieldEdit.SetDriver(machine, Net, 0, null).After!;
        Assert.Null(machine.DriverOf(0, At(machine, Net)));
        Assert.Contains("unknown driver 'nothing'", FieldEdit.SetDriver(machine, Net, 0, "nothing").Words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_becomes_another_device_where_that_can_be()
    {
        var machine = FieldEdit.SetDriver(Set(Machine(), Net, "overrides.pin", "C"), Net, 0, "vfio-pci").After!;
        var after = FieldEdit.SetDevice(machine, Net, DeviceModel.Find("nvme")!).After!;
        Assert.Equal((DeviceModel.Find("nvme"), "nvme"), (At(after, Net).Device, after.DriverOf(0, At(after, Net))!.Id));
        Assert.Contains("cannot become", FieldEdit.SetDevice(machine, Net, DeviceModel.Find("pci-bridge")!).Words, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_engine_refuses_stands_at_its_function_and_the_edit_stays()
    {
        Assert.Empty(Places.ProblemsOf(TopologyEdit.Empty));
        Assert.Empty(Places.ProblemsOf(Machine()));
        var machine = Set(Machine(), Usb, "mode", "msix");
        machine = Set(machine, Net, "cpu", "3");
        var problems = Places.ProblemsOf(machine);
        Assert.Equal(
            [(Usb, "e100 has no Msix capability"), (Net, "its interrupts go to cpu 3, but boot 0 has 1")], problems.Select(p => (Assert.Single(p.Functions), p.Text)));
    }

    [Fact]
    public void The_machine_itself_has_a_title_a_platform_and_cpus()
    {
        foreach (var machine in new[] { TopologyEdit.Empty, Machine() })
        {
            Assert.Equal("pc", FieldEdit.SetMachine(machine, platform: Platform.Pc).After!.Platform.Id);
            Assert.Equal(4, FieldEdit.SetMachine(machine, cpus: 4).After!.Boots[0].Cpus);
            Assert.True(FieldEdit.SetMachine(machine, remapping: true).After!.InterruptRemapping);
            Assert.Equal("Mine", FieldEdit.SetMachine(machine, title: "Mine").After!.Title);
            Assert.Contains("at most 200", FieldEdit.SetMachine(machine, title: new string('x', 201)).Words, StringComparison.Ordinal);
        }
    }
}
