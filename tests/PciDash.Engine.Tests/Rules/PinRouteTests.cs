using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Tests.Rules;

/// <summary>Domain rule 5.8: pin' = ((pin - 1) + slot) % 4 + 1 at each bridge, up to the root bus.</summary>
public class PinRouteTests
{
    private static readonly Bdf Port = new(0, 2, 0);
    private static readonly Bdf Bridge = new(1, 3, 0);
    private static readonly Bdf Card = new(2, 5, 0);

    private static Scenario Machine(params FunctionSpec[] functions)
    {
        var release = KernelRelease.Find("6.12")!;
        return new Scenario("a-machine", Platform.AcpiPc, functions, [new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, ShutdownPath.Reboot)]);
    }

    private static Scenario TwoBridges(Gsi? given = null) => Machine(
        new FunctionSpec(Port, DeviceModel.Find("pcie-root-port")!) { SecondaryBus = 1 },
        new FunctionSpec(Bridge, DeviceModel.Find("pci-bridge")!) { Parent = Port, SecondaryBus = 2 },
        new FunctionSpec(Card, DeviceModel.Find("e1000")!) { Parent = Bridge, Gsi = given });

    [Fact]
    public void Each_bridge_adds_the_slot_below_it()
    {
        var machine = TwoBridges();
        var route = new PinRoutes(machine).Of(machine.Functions[2])!;

        // INTA in slot 5: (0 + 5) % 4 = 1, INTB. That in slot 3: (1 + 3) % 4 = 0, INTA. Root slot 2: 16 + (2 + 0) % 4 = 18.
        Assert.Equal([new PinHop(Bridge, 5, InterruptPin.A, InterruptPin.B), new PinHop(Port, 3, InterruptPin.B, InterruptPin.A)], route.Hops);
        Assert.Equal((2, InterruptPin.A, new Gsi(18), false), (route.RootSlot, route.RootPin, route.Line, route.IsGiven));
    }

    [Fact]
    public void It_is_the_line_of_the_compiled_machine()
    {
        foreach (var machine in new[] { TwoBridges(), TwoBridges(new Gsi(40)) })
        {
            var compiled = CompiledMachine.Compile(machine);
            var routes = new PinRoutes(machine);
            Assert.All(compiled.Functions, f => Assert.Equal(f.Line < 0 ? null : compiled.Lines[f.Line].Gsi, routes.Of(f.Spec)?.Line));
        }
    }

    [Fact]
    public void A_line_that_the_scenario_names_counts_more_than_the_way() =>
        Assert.Equal((new Gsi(40), true), new PinRoutes(TwoBridges(new Gsi(40))).Of(TwoBridges(new Gsi(40)).Functions[2]) is { } r ? (r.Line, r.IsGiven) : default);

    [Fact]
    public void Without_a_pin_or_a_way_there_is_no_route()
    {
        var noPin = Machine(new FunctionSpec(new Bdf(0, 1, 0), DeviceModel.Find("mlx5")!));
        Assert.Null(new PinRoutes(noPin).Of(noPin.Functions[0]));

        var orphan = Machine(new FunctionSpec(Card, DeviceModel.Find("e1000")!) { Parent = Bridge });
        Assert.Null(new PinRoutes(orphan).Of(orphan.Functions[0]));

        var circle = Machine(
            new FunctionSpec(Bridge, DeviceModel.Find("pcie-root-port")!) { Parent = Card }, new FunctionSpec(Card, DeviceModel.Find("pcie-root-port")!) { Parent = Bridge });
        Assert.Null(new PinRoutes(circle).Of(circle.Functions[0]));
    }

    [Theory]
    [InlineData(Scenario.MaxBridgesAbove, true)]
    [InlineData(Scenario.MaxBridgesAbove + 1, false)]
    public void Routes_end_where_the_rules_of_scenarios_end(int bridges, bool possible)
    {
        var functions = Enumerable.Range(0, bridges).Select(i => new FunctionSpec(new Bdf(i, 1, 0), DeviceModel.Find("pci-bridge")!)
        {
            Parent = i == 0 ? null : new Bdf(i - 1, 1, 0), SecondaryBus = i + 1,
        }).Append(new FunctionSpec(new Bdf(bridges, 1, 0), DeviceModel.Find("e1000")!) { Parent = new Bdf(bridges - 1, 1, 0) }).ToArray();
        var machine = Machine(functions);
        Assert.Equal(possible, new PinRoutes(machine).Of(functions[^1]) is not null);
        if (possible)
        {
            _ = CompiledMachine.Compile(machine);
        }
        else
        {
            Assert.Contains("32 deep", Assert.Throws<ScenarioException>(() => CompiledMachine.Compile(machine)).Message, StringComparison.Ordinal);
        }
    }
}
