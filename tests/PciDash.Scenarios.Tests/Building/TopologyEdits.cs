using CsCheck;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Building;

namespace PciDash.Scenarios.Tests.Building;

/// <summary>A machine is changed by hand, and stays one that a kernel could find its way in.</summary>
public class TopologyEdits
{
    private static DeviceModel Device(string id) => DeviceModel.Find(id)!;

    private static Bdf At(string text) => Bdf.TryParse(text, out var bdf) ? bdf : throw new ArgumentException(text);

    private static Scenario Done(EditOutcome outcome)
    {
        Assert.False(outcome.IsRefused, outcome.Words);
        return outcome.After!;
    }

    private static Scenario Add(Scenario machine, string device, string? bridge = null) =>
        Done(TopologyEdit.Add(machine, Device(device), bridge is null ? null : At(bridge)));

    private static string[] Addresses(Scenario machine) => [.. machine.Functions.Select(f => f.Bdf).Order().Select(b => b.ToString())];

    private static string Refused(EditOutcome outcome)
    {
        Assert.True(outcome.IsRefused, outcome.Words);
        Assert.Null(outcome.Selected);
        return outcome.Words;
    }

    // 00:01.0 root port → 01:00.0 upstream → 02:00.0 and 02:01.0 downstream (buses 03, 04); 00:02.0 root port (bus 05).
    private static Scenario WithSwitch() =>
        Add(Done(TopologyEdit.AddSwitch(Add(TopologyEdit.Empty, "pcie-root-port"), 2, At("00:01.0"))), "pcie-root-port");

    [Fact]
    public void An_empty_machine_takes_functions_on_the_root_bus_from_slot_1_on()
    {
        var machine = Add(Add(TopologyEdit.Empty, "virtio-net"), "uhci");
        Assert.Equal(["00:01.0", "00:02.0"], Addresses(machine));
        Assert.All(machine.Functions, f => Assert.Null(f.Parent));
        _ = CompiledMachine.Compile(machine);
    }

    [Fact]
    public void A_bridge_gets_the_next_bus_and_what_is_below_it_the_first_slot()
    {
        var outcome = TopologyEdit.Add(TopologyEdit.Empty, Device("pcie-root-port"), null);
        Assert.Equal(At("00:01.0"), outcome.Selected);
        Assert.Equal("Added PCIe root port at 00:01.0.", outcome.Words);
        Assert.Equal(1, outcome.After!.Functions[0].SecondaryBus);

        var card = Add(outcome.After, "nvme", "00:01.0").Functions[1];
        Assert.Equal((At("01:00.0"), At("00:01.0")), (card.Bdf, card.Parent));

        // A bridge's own bus begins with slot 1: its slot 0 is reserved on QEMU.
        var behind = Add(Add(TopologyEdit.Empty, "pci-bridge"), "e1000", "00:01.0");
        Assert.Equal(["00:01.0", "01:01.0"], Addresses(behind));
    }

    [Fact]
    public void A_switch_is_an_upstream_port_and_downstream_ports()
    {
        var machine = WithSwitch();
        Assert.Equal(["00:01.0", "00:02.0", "01:00.0", "02:00.0", "02:01.0"], Addresses(machine));
        Assert.Equal([1, 5, 2, 3, 4], machine.Functions.OrderBy(f => f.Bdf).Select(f => f.SecondaryBus!.Value));
        var tree = new MachineTree(machine);
        Assert.Equal(
            [BusKind.Root, BusKind.Link, BusKind.InsideSwitch, BusKind.Link, BusKind.Link],
            new Bdf?[] { null, At("00:01.0"), At("01:00.0"), At("02:00.0"), At("00:02.0") }.Select(tree.KindBelow));
    }

    [Theory]
    [InlineData("pcie-root-port", "00:01.0", "a root port belongs on the root bus")]
    [InlineData("pcie-switch-port", null, "a switch port belongs below a root port")]
    [InlineData("e1000", "01:00.0", "inside a switch there are only downstream ports")]
    [InlineData("pci-bridge", "01:00.0", "inside a switch there are only downstream ports")]
    public void What_cannot_be_there_is_refused_in_words(string device, string? bridge, string why) =>
        Assert.Contains(why, Refused(TopologyEdit.Add(WithSwitch(), Device(device), bridge is null ? null : At(bridge))), StringComparison.Ordinal);

    [Fact]
    public void A_switch_on_the_root_bus_is_refused() =>
        Assert.Contains("belongs below a root port", Refused(TopologyEdit.AddSwitch(WithSwitch(), 2, null)), StringComparison.Ordinal);

    [Fact]
    public void A_port_leads_to_one_device_of_eight_functions()
    {
        var machine = WithSwitch();
        for (var function = 0; function < 8; function++)
        {
            var outcome = TopologyEdit.Add(machine, Device("igb"), At("02:01.0"));
            Assert.Equal(new Bdf(4, 0, function), outcome.Selected);
            machine = Done(outcome);
        }

        Assert.Contains("eight functions are taken", Refused(TopologyEdit.Add(machine, Device("igb"), At("02:01.0"))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bus_takes_256_functions_and_a_machine_1024()
    {
        var machine = TopologyEdit.Empty;
        for (var i = 0; i < 256; i++)
        {
            machine = Add(machine, "e1000");
        }

        Assert.Contains("no room", Refused(TopologyEdit.Add(machine, Device("e1000"), null)), StringComparison.Ordinal);

        var bridges = Enumerable.Range(0, 4).Select(i => new FunctionSpec(new Bdf(0, i, 0), Device("pci-bridge")) { SecondaryBus = i + 1 });
        var cards = Enumerable.Range(0, 1_020).Select(i => new FunctionSpec(new Bdf((i / 255) + 1, i % 255 / 8, i % 255 % 8), Device("e1000")) { Parent = new Bdf(0, i / 255, 0) });
        var full = TopologyEdit.Empty with { Functions = [.. bridges, .. cards] };
        Assert.Equal("That would be 1025 functions; 1024 are possible.", Refused(TopologyEdit.Add(full, Device("e1000"), null)));
        Assert.Equal("That would be 1280 functions; 1024 are possible.", Refused(TopologyEdit.Duplicate(full, At("00:00.0"))));
    }

    [Fact]
    public void Bridges_are_32_deep_at_most()
    {
        var machine = TopologyEdit.Empty;
        Bdf? above = null;
        for (var i = 0; i < 32; i++)
        {
            var outcome = TopologyEdit.Add(machine, Device("pci-bridge"), above);
            (machine, above) = (Done(outcome), outcome.Selected);
        }

        machine = Done(TopologyEdit.Add(machine, Device("pci-bridge"), above));
        _ = CompiledMachine.Compile(machine);
        above = machine.Functions.MaxBy(f => f.Bdf)!.Bdf;
        Assert.Equal("That would put 33 bridges above a function; 32 are possible.", Refused(TopologyEdit.Add(machine, Device("e1000"), above)));

        // A branch that fits where it is, but not there.
        var two = Add(machine, "pci-bridge");
        var top = two.Functions.Where(f => f.Parent is null).MaxBy(f => f.Bdf)!.Bdf;
        two = Add(two, "e1000", top.ToString());
        Assert.Contains("34 bridges above", Refused(TopologyEdit.Move(two, top, above)), StringComparison.Ordinal);
    }

    [Fact]
    public void Bus_numbers_end_at_ff()
    {
        var machine = TopologyEdit.Empty;
        for (var i = 0; i < 255; i++)
        {
            machine = Add(machine, "pci-bridge");
        }

        Assert.Contains("every bus number up to ff, is taken", Refused(TopologyEdit.Add(machine, Device("pci-bridge"), null)), StringComparison.Ordinal);
        _ = Add(machine, "e1000");
    }

    [Fact]
    public void Buses_are_numbered_anew_only_where_the_ranges_would_not_nest()
    {
        // Bus 06 is free and beyond all others, so nothing else moves.
        var last = TopologyEdit.Add(WithSwitch(), Device("pci-bridge"), At("00:02.0"));
        Assert.Empty(last.Moved);
        Assert.Equal(6, last.After!.Functions.Single(f => f.Bdf == last.Selected).SecondaryBus);

        // Below the first downstream port there is none between 03 and 04.
        var first = TopologyEdit.Add(WithSwitch(), Device("pci-bridge"), At("02:00.0"));
        Assert.Contains("numbered anew", first.Words, StringComparison.Ordinal);
        var machine = Done(first);
        Assert.Equal(["00:01.0", "00:02.0", "01:00.0", "02:00.0", "02:01.0", "03:00.0"], Addresses(machine));
        Assert.Equal([1, 6, 2, 3, 5, 4], machine.Functions.OrderBy(f => f.Bdf).Select(f => f.SecondaryBus!.Value));
    }

    [Fact]
    public void Odd_numbers_of_an_imported_machine_stay()
    {
        var odd = TopologyEdit.Empty with
        {
            Functions =
            [
                new FunctionSpec(At("00:01.0"), Device("pcie-root-port")) { SecondaryBus = 0x80 },
                new FunctionSpec(At("80:00.0"), Device("pci-bridge")) { Parent = At("00:01.0"), SecondaryBus = 0x20 },
                new FunctionSpec(At("20:07.0"), Device("e1000")) { Parent = At("80:00.0") },
            ],
        };
        var machine = Done(TopologyEdit.Add(odd, Device("pcie-root-port"), null));
        Assert.Equal(["00:01.0", "00:02.0", "20:07.0", "80:00.0"], Addresses(machine));
    }

    [Fact]
    public void Deleting_a_bridge_deletes_what_is_below_it_and_what_boots_say_of_it()
    {
        var machine = Add(WithSwitch(), "virtio-net", "02:00.0");
        var net = At("03:00.0");
        machine = machine.WithDriver(0, machine.Functions.Single(f => f.Bdf == net), null)
            .WithBoot(0, b => b with { ProbeOrder = [net, At("00:02.0")], Stimuli = [StimulusForms.Traffic(net, true), StimulusForms.Wait(1_000)] });
        var outcome = TopologyEdit.Delete(machine, At("00:01.0"));
        Assert.Equal("Deleted 00:01.0 PCIe root port and 4 functions below it, and what was done to them while it ran.", outcome.Words);
        Assert.Equal(At("00:02.0"), outcome.Selected);
        var after = Done(outcome);
        Assert.Equal(["00:02.0"], Addresses(after));
        Assert.Empty(after.Boots[0].Drivers);
        Assert.Equal([At("00:02.0")], after.Boots[0].ProbeOrder);
        Assert.Null(Assert.Single(after.Boots[0].Stimuli).Target);
        Assert.Null(TopologyEdit.Delete(after, At("00:02.0")).Selected);
        Assert.Contains("not among the functions", Refused(TopologyEdit.Delete(after, net)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_has_everything_below_it_its_own_buses_and_the_same_drivers()
    {
        var machine = Add(WithSwitch(), "virtio-net", "02:01.0");
        machine = machine.WithDriver(0, machine.Functions[^1], DriverModel.Find("vfio-pci"));
        var outcome = TopologyEdit.Duplicate(machine, At("00:01.0"));
        var after = Done(outcome);
        Assert.Equal(At("00:03.0"), outcome.Selected);
        Assert.Equal(11, after.Functions.Count);
        var copy = new MachineTree(after).Branch(after.Functions.Single(f => f.Bdf == outcome.Selected)).ToList();
        Assert.Equal(["00:03.0", "06:00.0", "07:00.0", "07:01.0", "09:00.0"], copy.Select(f => f.Bdf.ToString()));
        Assert.Equal("vfio-pci", after.DriverOf(0, copy[^1])!.Id);
        _ = CompiledMachine.Compile(after);
    }

    [Fact]
    public void What_moves_takes_its_branch_its_drivers_and_its_stimuli_along()
    {
        var machine = Add(WithSwitch(), "virtio-net", "02:00.0");
        var net = At("03:00.0");
        machine = machine.WithDriver(0, machine.Functions.Single(f => f.Bdf == net), null)
            .WithBoot(0, b => b with { ProbeOrder = [net], Stimuli = [StimulusForms.Traffic(net, true)] });
        var outcome = TopologyEdit.Move(machine, At("01:00.0"), At("00:02.0"));
        var after = Done(outcome);
        var moved = outcome.Moved[net];
        Assert.Contains(new MachineTree(after).Branch(after.Functions.Single(f => f.Bdf == outcome.Selected)), f => f.Bdf == moved);
        Assert.Equal("virtio-net", after.Functions.Single(f => f.Bdf == moved).Device.Id);
        Assert.Null(after.Boots[0].Drivers[moved]);
        Assert.Equal([moved], after.Boots[0].ProbeOrder);
        Assert.Equal(moved, after.Boots[0].Stimuli[0].Target);
        _ = CompiledMachine.Compile(after);
    }

    [Fact]
    public void A_function_keeps_its_slot_where_it_can()
    {
        var machine = Add(Add(Add(Add(TopologyEdit.Empty, "pci-bridge"), "e1000"), "e1000"), "pcie-root-port");
        var below = TopologyEdit.Move(machine, At("00:03.0"), At("00:01.0"));
        Assert.Equal(At("01:03.0"), below.Selected);
        Assert.Equal(At("00:03.0"), TopologyEdit.MoveOut(Done(below), At("01:03.0")).Selected);

        // Below a port there is only slot 0.
        var link = TopologyEdit.Move(machine, At("00:03.0"), At("00:04.0"));
        Assert.Equal(0, link.Selected!.Value.Device);
    }

    [Fact]
    public void Moves_that_make_no_sense_are_refused()
    {
        var machine = Add(WithSwitch(), "nvme", "02:00.0");
        Assert.Contains("below itself", Refused(TopologyEdit.Move(machine, At("00:01.0"), At("02:00.0"))), StringComparison.Ordinal);
        Assert.Contains("there already", Refused(TopologyEdit.Move(machine, At("00:01.0"), null)), StringComparison.Ordinal);
        Assert.Contains("is no bridge", Refused(TopologyEdit.Move(machine, At("00:02.0"), At("03:00.0"))), StringComparison.Ordinal);
        Assert.Contains("cannot become", Refused(TopologyEdit.Move(machine, At("02:00.0"), At("00:02.0"))), StringComparison.Ordinal);
        Assert.Contains("on the root bus already", Refused(TopologyEdit.MoveOut(machine, At("00:01.0"))), StringComparison.Ordinal);
        Assert.Contains("No bridge comes before", Refused(TopologyEdit.MoveIn(machine, At("00:01.0"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Neighbours_change_places_with_all_that_is_below_them()
    {
        var machine = Add(Add(TopologyEdit.Empty, "pci-bridge"), "uhci");
        machine = Add(machine, "e1000", "00:01.0");
        var outcome = TopologyEdit.Swap(machine, At("00:02.0"), -1);
        var after = Done(outcome);
        Assert.Equal(At("00:01.0"), outcome.Selected);
        Assert.Equal("uhci", after.Functions.Single(f => f.Bdf == At("00:01.0")).Device.Id);
        Assert.Equal(At("00:02.0"), after.Functions.Single(f => f.Device.Id == "e1000").Parent);
        Assert.Contains("first on its bus", Refused(TopologyEdit.Swap(after, At("00:01.0"), -1)), StringComparison.Ordinal);
        Assert.Contains("not on one bus", Refused(TopologyEdit.Exchange(after, At("00:01.0"), At("01:01.0"))), StringComparison.Ordinal);
        Assert.Equal(At("00:01.0"), TopologyEdit.Exchange(after, At("00:02.0"), At("00:01.0")).Selected);
        Assert.Contains("last on its bus", Refused(TopologyEdit.Swap(after, At("00:02.0"), 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_is_given_if_it_is_free()
    {
        var machine = Add(Add(WithSwitch(), "nvme", "02:00.0"), "uhci");
        Assert.Equal(At("00:1f.7"), TopologyEdit.Readdress(machine, At("00:03.0"), 31, 7).Selected);
        Assert.Contains("taken by PCIe root port", Refused(TopologyEdit.Readdress(machine, At("00:03.0"), 1, 0)), StringComparison.Ordinal);
        Assert.Contains("no place on a bus", Refused(TopologyEdit.Readdress(machine, At("00:03.0"), 32, 0)), StringComparison.Ordinal);
        Assert.Contains("in slot 00", Refused(TopologyEdit.Readdress(machine, At("03:00.0"), 1, 0)), StringComparison.Ordinal);
        Assert.Equal(At("03:00.3"), TopologyEdit.Readdress(machine, At("03:00.0"), 0, 3).Selected);
    }

    [Fact]
    public void What_is_added_goes_below_a_bridge_and_beside_anything_else()
    {
        var machine = Add(WithSwitch(), "nvme", "02:00.0");
        Assert.Null(TopologyEdit.PlaceAt(machine, null));
        Assert.Equal(At("02:00.0"), TopologyEdit.PlaceAt(machine, At("02:00.0")));
        Assert.Equal(At("02:00.0"), TopologyEdit.PlaceAt(machine, At("03:00.0")));
    }

    [Fact]
    public void Whatever_is_done_the_machine_can_be_written_read_and_compiled()
    {
        var devices = new[] { "pcie-root-port", "pcie-switch-port", "pci-bridge", "nvme", "e1000", "virtio-net", "mlx5" };
        var op = Gen.Select(Gen.Int[0, 8], Gen.Int[0, 1_000], Gen.Int[0, 1_000]);
        op.List[1, 60].Sample(
            ops =>
            {
                var machine = TopologyEdit.Empty;
                foreach (var (what, a, b) in ops)
                {
                    Bdf? some = machine.Functions.Count == 0 ? null : machine.Functions[a % machine.Functions.Count].Bdf;
                    var at = some ?? At("00:01.0");
                    Bdf? other = machine.Functions.Count == 0 || b % 4 == 0 ? null : machine.Functions[b % machine.Functions.Count].Bdf;
                    var before = machine.Functions.Count == 0 ? "" : ScenarioDocument.Write(machine);
                    var outcome = what switch
                    {
                        0 or 1 or 2 => TopologyEdit.Add(machine, Device(devices[b % devices.Length]), TopologyEdit.PlaceAt(machine, some)),
                        3 => TopologyEdit.AddSwitch(machine, (b % 3) + 1, TopologyEdit.PlaceAt(machine, some)),
                        4 => b % 3 == 0 ? TopologyEdit.Delete(machine, at) : TopologyEdit.Swap(machine, at, b % 2 == 0 ? 1 : -1),
                        5 => TopologyEdit.Duplicate(machine, at),
                        6 => TopologyEdit.Move(machine, at, other),
                        7 => b % 2 == 0 ? TopologyEdit.MoveIn(machine, at) : TopologyEdit.MoveOut(machine, at),
                        _ => TopologyEdit.Readdress(machine, at, b % 32, b % 8),
                    };
                    Assert.NotEmpty(outcome.Words);
                    Assert.Equal(before, machine.Functions.Count == 0 ? "" : ScenarioDocument.Write(machine));
                    machine = outcome.After ?? machine;
                    if (machine.Functions.Count is 0 or > 100)
                    {
                        machine = TopologyEdit.Empty;
                        continue;
                    }

                    var text = ScenarioDocument.Write(machine);
                    Assert.Equal(text, ScenarioDocument.Write(ScenarioDocument.Parse(text).Scenario));
                    Assert.True(BusNumbers.AreNested(new MachineTree(machine)), text);
                    if (outcome.Selected is { } selected)
                    {
                        Assert.Contains(machine.Functions, f => f.Bdf == selected);
                    }
                }

                if (machine.Functions.Count > 0)
                {
                    _ = CompiledMachine.Compile(machine);
                }
            },
            iter: 300);
    }
}
