using System.Globalization;
using CsCheck;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Tests;

/// <summary>
/// What some thousand random documents do is what they did: every path, kernel, policy, option and word of a script is in some of them. Nothing
/// here says what is right; it says that something has changed, and where. A change that is meant: run this test with PCIDASH_BEHAVIOUR=write,
/// and commit the file with the reason.
/// </summary>
public class BehaviourOfDocuments
{
    private const int Documents = 3_000;
    private const string Known = "Fixtures/behaviour.txt";

    private static readonly RunLimits Limits = RunLimits.Default with { Steps = 4_000 };

    private static readonly string Project = Path.Combine(AppContext.BaseDirectory, "..", "..", "..");

    [Fact]
    public void Random_documents_do_what_they_did()
    {
        var now = Enumerable.Range(0, Documents).AsParallel().AsOrdered().Select(i => Digest(Draw(i))).ToList();
        if (Environment.GetEnvironmentVariable("PCIDASH_BEHAVIOUR") == "write")
        {
            File.WriteAllLines(Path.Combine(Project, Known), now);
            return;
        }

        var before = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, Known));
        Assert.Equal(Documents, before.Length);
        var differ = Enumerable.Range(0, Documents).Where(i => now[i] != before[i]).ToList();
        if (differ.Count > 0)
        {
            Assert.Fail(string.Create(
                CultureInfo.InvariantCulture,
                $"{differ.Count} of {Documents} documents do something else than before, the first is number {differ[0]} ({before[differ[0]]} then, {now[differ[0]]} now):\n{ScenarioDocument.Write(Draw(differ[0]))}"));
        }
    }

    [Fact]
    public void Most_of_them_can_run()
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, Known));
        Assert.True(lines.Count(l => l.StartsWith("run ", StringComparison.Ordinal)) > Documents / 3);
        Assert.True(lines.Distinct().Count() > Documents / 3);
    }

    private static Scenario Draw(int number)
    {
        var drawn = Sensible(RandomScenario.All.Generate(new PCG(1, (ulong)number), null, out _));

        // Two of three are busy: what is drawn happens every few minutes.
        return number % 3 == 0 ? drawn : drawn with
        {
            Functions = [.. drawn.Functions.Select(f => f with
            {
                Events = [.. f.Events.Select(e => e with { EveryNs = 1_000 + (e.EveryNs / 10_000_000), FirstNs = e.FirstNs / 1_000_000 })],
            })],
        };
    }

    // What is drawn is what a file can say; this makes of most of it what a machine can be.
    private static Scenario Sensible(Scenario drawn)
    {
        var last = drawn.Boots.TakeWhile(b => b.Path is not (ShutdownPath.None or ShutdownPath.Poweroff)).Count();
        var boots = drawn.Boots.Take(last + 1).ToList();
        var known = drawn.OwnDrivers.Select(d => d.Id).Concat(DriverModel.All.Select(d => d.Id)).ToHashSet();
        var functions = drawn.Functions.Select(f =>
        {
            var device = f.Device.Driver is { } driver && !known.Contains(driver) ? f.Device with { Driver = null } : f.Device;
            var hasPin = device.Pin != InterruptPin.None;
            return f with
            {
                Device = device, Parent = null, LeftRunning = f.LeftRunning && !device.IsBridge, Cpu = f.Cpu % boots.Min(b => b.Cpus), Gsi = hasPin ? f.Gsi : null,
                Mode = f.Mode switch
                {
                    InterruptMode.Msix when device.MsixTableSize == 0 => InterruptMode.Auto,
                    InterruptMode.Msi when device.MsiMessages == 0 => InterruptMode.Auto,
                    InterruptMode.Intx when !hasPin => InterruptMode.Auto,
                    var mode => mode,
                },
            };
        }).ToList();
        var machine = drawn with { Functions = functions, Boots = boots };
        return IsPossible(machine) ? machine : machine with { Boots = [.. boots.Select(b => b with { Stimuli = [], Closed = [] })] };
    }

    private static bool IsPossible(Scenario scenario)
    {
        try
        {
            _ = CompiledMachine.Compile(scenario);
            return true;
        }
        catch (ScenarioException)
        {
            return false;
        }
    }

    private static string Digest(Scenario scenario)
    {
        CompiledMachine machine;
        try
        {
            machine = CompiledMachine.Compile(scenario);
        }
        catch (ScenarioException)
        {
            return "refused"; // Its words are tested elsewhere, and may be put better.
        }

        var run = Run.Of(machine, limits: Limits);
        var hash = 14_695_981_039_346_656_037UL;
        void Add(long value) => hash = ((hash ^ (ulong)value) * 1_099_511_628_211) ^ (hash >> 29);
        for (var i = 0; i < run.Recording.Count; i++)
        {
            var e = run.Recording.Entries[i];
            Add((int)e.Event.Kind);
            Add(e.Event.Subject);
            Add(e.Event.A);
            Add(e.Event.B);
            Add(e.Event.C);
            Add(e.Event.D);
            Add(e.Why);
            Add(e.Also);
            Add(e.TimeNs);
            Add(run.Recording.FoldOf(i)?.Rounds ?? 0);
        }

        return string.Create(CultureInfo.InvariantCulture, $"run {hash:x16} {run.Recording.RawCount} {(int)run.End}");
    }
}
