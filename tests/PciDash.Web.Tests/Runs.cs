using System.Collections.Concurrent;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;

namespace PciDash.Web.Tests;

/// <summary>Runs that several tests look at; a run does not change, so each is computed once.</summary>
internal static class Runs
{
    public const string StoryId = "virtio-nobody-cared-2015";

    private static readonly ConcurrentDictionary<string, Run> Known = new();

    /// <summary>The reboot of Linux 4.1 that ends in "nobody cared".</summary>
    public static Run Story => Of(StoryId);

    /// <summary>The same with the patch.</summary>
    public static Run Patched => Of(StoryId + "-seed");

    public static Run Of(string preset) => Known.GetOrAdd(preset, id => Run.Of(CompiledMachine.Compile(ScenarioPresets.Find(id)!.Scenario)));

    /// <summary>The first event of that kind.</summary>
    public static RecordedEvent First(this Run run, EventKind kind, Func<MachineEvent, bool>? which = null)
    {
        foreach (var e in run.Recording.Entries)
        {
            if (e.Event.Kind == kind && which?.Invoke(e.Event) != false)
            {
                return e;
            }
        }

        throw new InvalidOperationException($"No {kind} in this run");
    }

    /// <summary>Nothing is driven, nothing shuts down: the shortest run there is.</summary>
    public static Scenario Idle { get; } = Machine([], ShutdownPath.None, []);

    /// <summary>Many cards, each receiving every few microseconds, for a second.</summary>
    public static Run Large { get; } = Run.Of(CompiledMachine.Compile(Machine(
        [.. Enumerable.Range(0, 12).Select(i => new FunctionSpec(new Bdf(0, i + 3, 0), DeviceModel.Find("virtio-net")!)
        {
            Mode = i % 2 == 0 ? InterruptMode.Auto : InterruptMode.Intx,
            Events = [new EventSource("rx", 200_000 + (i * 7_000)) { JitterPercent = 40 }],
        })],
        ShutdownPath.None, [StimulusForms.Wait(1_000_000_000)])));

    /// <summary>1,000 functions below root ports, of which one keeps its line up with nobody to serve it once it is shut down.</summary>
    public static Run Huge { get; } = Run.Of(CompiledMachine.Compile(HugeScenario()));

    private static Scenario HugeScenario()
    {
        const int perBus = 249;
        var functions = new List<FunctionSpec>();
        for (var port = 0; port < 4; port++)
        {
            var above = new Bdf(0, 1 + port, 0);
            functions.Add(new FunctionSpec(above, DeviceModel.Find("pcie-root-port")!) { SecondaryBus = 1 + port, Gsi = new Gsi(16) });
            for (var i = 0; i < perBus; i++)
            {
                functions.Add(new FunctionSpec(new Bdf(1 + port, i / 8, i % 8), DeviceModel.Find("uhci")!) { Parent = above, Gsi = new Gsi(32 + (i % 32)) });
            }
        }

        // A card and an idle sharer, as in the story.
        functions.Add(new FunctionSpec(new Bdf(0, 9, 0), DeviceModel.Find("virtio-net")!) { Gsi = new Gsi(21), Events = [new EventSource("rx", 1_000_000)] });
        functions.Add(new FunctionSpec(new Bdf(0, 10, 0), DeviceModel.Find("uhci")!) { Gsi = new Gsi(21) });
        return Machine(functions, ShutdownPath.Reboot, []) with { Id = "huge" };
    }

    private static Scenario Machine(List<FunctionSpec> functions, ShutdownPath path, IReadOnlyList<Stimulus> stimuli)
    {
        var release = KernelRelease.Find("4.1")!;
        List<FunctionSpec> all = functions.Count > 0 ? functions : [new FunctionSpec(new Bdf(0, 3, 0), DeviceModel.Find("virtio-net")!)];
        return new Scenario("test", Platform.Q35, all, [new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, path)
        {
            Stimuli = stimuli,
            Drivers = functions.Count > 0 ? new Dictionary<Bdf, DriverModel?>() : new Dictionary<Bdf, DriverModel?> { [all[0].Bdf] = null },
        }]);
    }
}
