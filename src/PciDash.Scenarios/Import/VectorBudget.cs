using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Import;

/// <summary>
/// A CPU has about 200 vectors, and a function of the model interrupts one CPU. What a real kernel spreads over CPUs vector by vector is
/// spread here function by function, and only where one CPU has no room.
/// </summary>
internal static class VectorBudget
{
    // Below what the engine allows, since lines of the IO-APIC take some as well.
    private const int PerCpu = 150;
    private const int MostPerFunction = 128;

    /// <summary>Most vectors that a function can have so that all fit on the CPUs there can be.</summary>
    public static int MostVectors(IEnumerable<int> wanted, NoteList notes)
    {
        var all = wanted.ToList();
        if (all.Sum(n => Math.Min(n, MostPerFunction)) > PerCpu * (DocumentLimits.Cpus - 1))
        {
            notes.Warn(0, Node.Invariant($"{all.Sum()} vectors are more than {DocumentLimits.Cpus} CPUs have"), "each function gets one");
            return 1;
        }

        if (all.Any(n => n > MostPerFunction))
        {
            notes.Warn(0, Node.Invariant($"a function with {all.Max()} vectors has more than one CPU has room for"), Node.Invariant($"{MostPerFunction} are modelled"));
        }

        return MostPerFunction;
    }

    /// <summary>Puts functions on further CPUs where the first is full.</summary>
    public static (List<FunctionSpec> Functions, BootSpec Boot) Spread(List<FunctionSpec> functions, BootSpec boot, NoteList notes)
    {
        var wanted = functions.Sum(f => f.Device.VectorsUsed);
        if (wanted <= PerCpu)
        {
            return (functions, boot);
        }

        var needed = Math.Min(DocumentLimits.Cpus, ((wanted + PerCpu - 1) / PerCpu) + 1);
        if (boot.Cpus < needed)
        {
            notes.Warn(0, Node.Invariant($"{wanted} vectors do not fit on {boot.Cpus} CPUs"), Node.Invariant($"{needed} CPUs are taken"));
            boot = boot with { Cpus = needed };
        }

        var used = new int[boot.Cpus];
        var spread = new List<FunctionSpec>(functions.Count);
        foreach (var f in functions)
        {
            var cpu = Array.FindIndex(used, n => n + f.Device.VectorsUsed <= PerCpu) is >= 0 and var free ? free : boot.Cpus - 1;
            used[cpu] += f.Device.VectorsUsed;
            spread.Add(f with { Cpu = cpu });
        }

        return (spread, boot);
    }
}
