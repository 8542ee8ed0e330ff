using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>The same machine with another kernel, policy or path.</summary>
public static class Variants
{
    /// <summary>Every boot runs this release, with its own policy and bus scan.</summary>
    public static Scenario WithKernel(this Scenario scenario, KernelRelease release)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(release);
        return scenario with
        {
            Boots = [.. scenario.Boots.Select(b => b with
            {
                Release = release, Policy = ShutdownPolicy.Find(release.ShutdownPolicy)!, Enumeration = release.Enumeration,
            })],
        };
    }

    /// <summary>Every boot shuts down by this policy, whether its release ever had it or not.</summary>
    public static Scenario WithPolicy(this Scenario scenario, ShutdownPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        return scenario with { Boots = [.. scenario.Boots.Select(b => b with { Policy = policy })] };
    }

    /// <summary>Boot options that are on or off, as a command line has them.</summary>
    public static IReadOnlyList<string> BootOptions => CommandLineWords.Switches;

    /// <summary>True if that option is on the boot's command line.</summary>
    public static bool HasOption(this BootSpec boot, string option)
    {
        ArgumentNullException.ThrowIfNull(boot);
        return CommandLineWords.IsOn(boot, option);
    }

    /// <summary>One boot with an option on or off.</summary>
    public static Scenario WithOption(this Scenario scenario, int boot, string option, bool on) => scenario.WithBoot(boot, b => CommandLineWords.With(b, option, on));

    /// <summary>One boot runs this release, with its own policy and bus scan.</summary>
    public static Scenario WithKernel(this Scenario scenario, int boot, KernelRelease release)
    {
        ArgumentNullException.ThrowIfNull(release);
        return scenario.WithBoot(boot, b => b with { Release = release, Policy = ShutdownPolicy.Find(release.ShutdownPolicy)!, Enumeration = release.Enumeration });
    }

    /// <summary>One boot, changed.</summary>
    public static Scenario WithBoot(this Scenario scenario, int boot, Func<BootSpec, BootSpec> change)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(change);
        return scenario with { Boots = [.. scenario.Boots.Select((b, i) => i == boot ? change(b) : b)] };
    }

    /// <summary>One function, changed.</summary>
    public static Scenario WithFunction(this Scenario scenario, Bdf function, Func<FunctionSpec, FunctionSpec> change)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(change);
        return scenario with { Functions = [.. scenario.Functions.Select(f => f.Bdf == function ? change(f) : f)] };
    }

    /// <summary>The driver that a function has in a boot, or null.</summary>
    public static DriverModel? DriverOf(this Scenario scenario, int boot, FunctionSpec function)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(function);
        return scenario.Boots[boot].Drivers.TryGetValue(function.Bdf, out var given) ? given : function.Device.Driver is { } own ? scenario.FindDriver(own) : null;
    }

    /// <summary>A function has this driver in a boot; null = none. The device's own is not written down.</summary>
    public static Scenario WithDriver(this Scenario scenario, int boot, FunctionSpec function, DriverModel? driver)
    {
        ArgumentNullException.ThrowIfNull(function);
        return scenario.WithBoot(boot, b =>
        {
            var drivers = b.Drivers.Where(d => d.Key != function.Bdf).ToDictionary();
            if (driver?.Id != function.Device.Driver)
            {
                drivers[function.Bdf] = driver;
            }

            return b with { Drivers = drivers };
        });
    }

    /// <summary>Most boots of a scenario.</summary>
    public static int MostBoots => DocumentLimits.Boots;

    /// <summary>Another kernel after the last one: the same, which keeps running. One that keeps running ends by kexec then, or nothing would follow it.</summary>
    public static Scenario WithBootAfter(this Scenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var last = scenario.Boots[^1];
        var ends = last.Path is ShutdownPath.None or ShutdownPath.Poweroff ? last with { Path = ShutdownPath.Kexec } : last;
        var next = last with { Path = ShutdownPath.None, Stimuli = [], Closed = [], HandledBefore = new Dictionary<Gsi, int>() };
        return scenario with { Boots = [.. scenario.Boots.SkipLast(1), ends, next] };
    }

    /// <summary>Without the last kernel; the one before it ends as it did.</summary>
    public static Scenario WithoutLastBoot(this Scenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        return scenario.Boots.Count == 1 ? scenario : scenario with { Boots = [.. scenario.Boots.SkipLast(1)] };
    }

    /// <summary>The first boot ends on this path.</summary>
    public static Scenario WithPath(this Scenario scenario, ShutdownPath path)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var hasNext = path is ShutdownPath.Kexec or ShutdownPath.Kdump;
        return scenario with { Boots = [scenario.Boots[0] with { Path = path }, .. hasNext ? scenario.Boots.Skip(1) : []] };
    }
}
