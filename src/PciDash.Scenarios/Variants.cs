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

    /// <summary>The first boot ends on this path.</summary>
    public static Scenario WithPath(this Scenario scenario, ShutdownPath path)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var hasNext = path is ShutdownPath.Kexec or ShutdownPath.Kdump;
        return scenario with { Boots = [scenario.Boots[0] with { Path = path }, .. hasNext ? scenario.Boots.Skip(1) : []] };
    }
}
