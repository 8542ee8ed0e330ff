using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Properties;

/// <summary>The limit of a run's state, and of the numbers in it.</summary>
public class StateSizeTests
{
    [Fact]
    public void The_state_of_1024_functions_with_an_event_each_is_below_the_limit()
    {
        var machine = CompiledMachine.Compile(Large(eventsOfEach: 1));
        Assert.Equal(Scenario.MaxFunctions, machine.Functions.Count);
        Assert.InRange(machine.TotalWords * 8, Scenario.MaxStateBytes / 2, Scenario.MaxStateBytes);
        var run = Run.Of(machine);
        Assert.Equal(RunEnd.Complete, run.End);
        Assert.Equal(machine.Functions.Count, run.Recording.Entries.ToArray().Count(e => e.Event is { Kind: EventKind.DriverShutdown, A: 0 }));
    }

    [Fact]
    public void A_larger_state_is_refused_with_its_size_and_the_limit()
    {
        var problem = Assert.Throws<ScenarioException>(() => CompiledMachine.Compile(Large(eventsOfEach: 3))).Problems.Single();
        Assert.Matches(@"^functions: the state of this machine takes \d{5,6} bytes \(1024 functions, \d+ vectors, 4084 event sources\); 65536 are possible$", problem);
    }

    // A storm that nobody counts, for four hours: more events than half a word holds are not counted at once, and every cause stays true.
    [Fact]
    public void A_storm_of_billions_of_events_ends_at_its_limit_of_steps_with_true_causes()
    {
        var machine = CompiledMachine.Compile(Story.Of(platform: Platform.AcpiPc, boot: b => b with { NoIrqDebug = true }));
        var run = Run.Of(machine, limits: new RunLimits(14_400 * Second, 50_000));
        Assert.Equal(RunEnd.EventLimit, run.End);
        Assert.InRange(run.Recording.RawCount, 3_900_000_000, 4_100_000_000);
        var eoi = run.Recording.Entries.ToArray().Last(e => e.Event.Kind == EventKind.Eoi);
        Assert.InRange(eoi.Why, eoi.Raw - 10, eoi.Raw - 1);
        Assert.Equal(EventKind.Handler, run.Recording.EventAt(eoi.Why).Event.Kind);
    }

    private static Scenario Large(int eventsOfEach)
    {
        string[] cards = ["ahci", "virtio-blk", "uhci", "megaraid-sas", "e1000"];
        const int ports = 4;
        const int perPort = (Scenario.MaxFunctions / ports) - 1;
        var functions = new List<FunctionSpec>();
        for (var port = 0; port < ports; port++)
        {
            var above = new Bdf(0, 1 + port, 0);
            functions.Add(new FunctionSpec(above, Device("pcie-root-port")) { SecondaryBus = 1 + port, Gsi = new Gsi(16) });
            for (var i = 0; i < perPort; i++)
            {
                functions.Add(new FunctionSpec(new Bdf(1 + port, i / 8, i % 8), Device(cards[i % cards.Length]))
                {
                    Parent = above, Gsi = new Gsi(16 + (i % 64)), Cpu = i % 8,
                    Events = [.. Enumerable.Range(0, eventsOfEach).Select(n => new EventSource($"rx{n}", 100 * Millisecond) { JitterPercent = 50 })],
                });
            }
        }

        var release = Release("6.12");
        return new Scenario("large", Platform.AcpiPc, functions, [new BootSpec(release, Policy(release.ShutdownPolicy), ShutdownPath.Reboot) { Cpus = 8 }]);
    }
}
