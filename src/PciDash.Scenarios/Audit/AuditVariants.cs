using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Audit;

/// <summary>The scenarios that an audit runs, made of the one that is audited.</summary>
internal static class AuditVariants
{
    // Documentation/admin-guide/kdump of the kernel recommends these for the second kernel (domain 8).
    private static readonly string[] CrashOptions = ["irqpoll", "reset_devices"];

    // From as busy as given to nearly idle: whether a sharer is busy decides if a storm is seen or hidden (domain 4).
    private static readonly int[] Slower = [1, 4, 16, 64];

    private const int LeastJitter = 50;
    private const long SlowestNs = 1_000_000_000_000;

    /// <summary>The machine with that kernel in every boot, ending on that path; into the same kernel where the scenario names no second one.</summary>
    public static Scenario Of(Scenario scenario, AuditCell cell)
    {
        var made = scenario.WithKernel(cell.Kernel).WithPath(cell.Path);
        if (cell.Path is not (ShutdownPath.Kexec or ShutdownPath.Kdump) || made.Boots.Count > 1)
        {
            return made;
        }

        var first = made.Boots[0];
        var next = first with { Path = ShutdownPath.None, Stimuli = [], HandledBefore = new Dictionary<Gsi, int>() };
        if (cell.Path == ShutdownPath.Kdump)
        {
            next = CrashOptions.Aggregate(next, (b, option) => CommandLineWords.With(b, option, true));

            // nr_cpus=1, unless the machine's messages are spread because one CPU's vectors do not hold them.
            next = made.Functions.All(f => f.Cpu == 0) ? next with { Cpus = 1 } : next;
        }

        return made with { Boots = [first, next] };
    }

    /// <summary>The same with each device as busy as that seed has it: as given, or 4, 16 or 64 times slower.</summary>
    public static Scenario WithTraffic(Scenario scenario, ulong seed) => scenario with
    {
        Functions = [.. scenario.Functions.Select(f => f.Events.Count == 0 ? f : f with { Events = [.. f.Events.Select((e, i) => Paced(e, Mix(seed, f.Bdf, i)))] })],
    };

    /// <summary>Drivers of which something is not known, by the functions that have them in some boot.</summary>
    public static IReadOnlyDictionary<Bdf, DriverModel> Unknown(Scenario scenario)
    {
        var unknown = new Dictionary<Bdf, DriverModel>();
        foreach (var f in scenario.Functions)
        {
            for (var b = 0; b < scenario.Boots.Count; b++)
            {
                if (scenario.DriverOf(b, f) is { Unknown.Length: > 0 } driver)
                {
                    unknown.TryAdd(f.Bdf, driver);
                }
            }
        }

        return unknown;
    }

    /// <summary>The same machine where these functions' drivers silence them at shutdown and free their irqs.</summary>
    public static Scenario WithProper(Scenario scenario, IReadOnlyCollection<Bdf> functions)
    {
        var own = new Dictionary<string, DriverModel>();
        var made = scenario;
        foreach (var f in scenario.Functions.Where(f => functions.Contains(f.Bdf)))
        {
            for (var b = 0; b < scenario.Boots.Count; b++)
            {
                if (scenario.DriverOf(b, f) is { } driver)
                {
                    if (!own.TryGetValue(driver.Id, out var proper))
                    {
                        own.Add(driver.Id, proper = Proper(driver));
                    }

                    made = made.WithDriver(b, f, proper);
                }
            }
        }

        return made with { OwnDrivers = [.. made.OwnDrivers, .. own.Values] };
    }

    private static DriverModel Proper(DriverModel driver) =>
        (driver with { Id = driver.Id + "-silenced", Unknown = "", Source = $"{driver.Id} with a .shutdown that silences the device and frees its irqs" })
            .WithScript([new ScriptLine("quiesce"), new ScriptLine("free-irqs")]) with { ChildShutdown = static _ => [] };

    private static EventSource Paced(EventSource source, ulong draw) => source.FirstNs is not null || source.Count > 0 ? source : source with
    {
        EveryNs = Math.Min(SlowestNs, source.EveryNs * Slower[draw % (ulong)Slower.Length]), JitterPercent = Math.Max(LeastJitter, source.JitterPercent),
    };

    // SplitMix64: the same on every machine, and one function more changes nothing for the others.
    private static ulong Mix(ulong seed, Bdf function, int source)
    {
        var x = (seed * 0x9E3779B97F4A7C15) ^ ((ulong)((function.Bus << 8) | (function.Device << 3) | function.Function) << 8) ^ (ulong)source;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
