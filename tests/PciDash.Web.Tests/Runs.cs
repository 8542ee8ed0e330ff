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

    private static Scenario Machine(IReadOnlyList<FunctionSpec> functions, ShutdownPath path, IReadOnlyList<Stimulus> stimuli)
    {
        var release = KernelRelease.Find("4.1")!;
        IReadOnlyList<FunctionSpec> all = functions.Count > 0 ? functions : [new FunctionSpec(new Bdf(0, 3, 0), DeviceModel.Find("virtio-net")!)];
        return new Scenario("test", Platform.Q35, all, [new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, path)
        {
            Stimuli = stimuli,
            Drivers = functions.Count > 0 ? new Dictionary<Bdf, DriverModel?>() : new Dictionary<Bdf, DriverModel?> { [all[0].Bdf] = null },
        }]);
    }
}
