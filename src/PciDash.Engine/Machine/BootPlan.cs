using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

/// <summary>Which driver each function has in each boot, how it interrupts, and in what order drivers probe.</summary>
/// <param name="specs">Functions in discovery order.</param>
/// <param name="boots">The boots.</param>
/// <param name="index">Position of each address in <paramref name="specs"/>.</param>
/// <param name="scenario">The scenario.</param>
internal sealed class BootPlan(FunctionSpec[] specs, IReadOnlyList<BootSpec> boots, Dictionary<Bdf, int> index, Scenario scenario)
{
    /// <summary>The driver that is bound from the start of boot <paramref name="b"/>, or null.</summary>
    public DriverModel? DriverOf(int b, int f)
    {
        var boot = boots[b];
        return boot.Drivers.TryGetValue(specs[f].Bdf, out var driver) ? driver
            : specs[f].Device.Driver is { } id ? scenario.FindDriver(id) : null;
    }

    /// <summary>The mode that a driver would choose, whether it is bound from the start or loaded later; Auto = no driver.</summary>
    public InterruptMode ModeOf(int b, int f)
    {
        var spec = specs[f];
        var driver = DriverEver(b, f);
        if (driver is null)
        {
            return InterruptMode.Auto;
        }

        if (spec.Mode == InterruptMode.None || (driver.NeedsMsi && boots[b].NoMsi))
        {
            return InterruptMode.None;
        }

        if (driver.IntxOnly || boots[b].NoMsi || spec.Mode == InterruptMode.Intx)
        {
            return InterruptMode.Intx;
        }

        return spec.Mode != InterruptMode.Auto ? spec.Mode
            : spec.Device.MsixTableSize > 0 ? InterruptMode.Msix
            : spec.Device.MsiMessages > 0 ? InterruptMode.Msi
            : InterruptMode.Intx;
    }

    /// <summary>MSI or MSI-X vectors that the driver allocates.</summary>
    public int VectorsNeeded(int b, int f) => ModeOf(b, f) switch
    {
        InterruptMode.Msix => Math.Min(DriverEver(b, f)!.Vectors ?? specs[f].Device.VectorsUsed, specs[f].Device.MsixTableSize),
        // x86 gives more than one message to a function only through interrupt remapping (native_setup_msi_irqs).
        InterruptMode.Msi => scenario.InterruptRemapping && !boots[b].NoRemapping ? Math.Min(specs[f].Device.VectorsUsed, specs[f].Device.MsiMessages) : 1,
        _ => 0,
    };

    /// <summary>Its driver's handler may be in the chain of its line.</summary>
    public bool UsesLine(int b, int f) => ModeOf(b, f) == InterruptMode.Intx
        || (DriverEver(b, f) is { } driver && (driver.ChangesToIntx || (driver.OwnScript is not null && driver.Shutdown(boots[b].Release).Any(s => s.Op == Op.RequestLine))));

    /// <summary>Number of the stimulus by which its driver's handler comes into the chain of its line; -1 = by its probe.</summary>
    public int RequestsLineAt(int b, int f)
    {
        if (ModeOf(b, f) == InterruptMode.Intx && DriverOf(b, f) is not null)
        {
            return -1;
        }

        for (var i = 0; i < boots[b].Stimuli.Count; i++)
        {
            var stimulus = boots[b].Stimuli[i];
            if (stimulus.Target == specs[f].Bdf
                && ((stimulus.Load is not null && stimulus.Part != ProbePart.Bus && ModeOf(b, f) == InterruptMode.Intx) || stimulus.Steps.Any(s => s.Op == Op.RequestLine)))
            {
                return i;
            }
        }

        return int.MaxValue;
    }

    /// <summary>Functions in the order in which their drivers probe.</summary>
    public int[] ProbeOrderOf(int b)
    {
        var first = boots[b].ProbeOrder.Select(bdf => index[bdf]).ToList();
        return [.. first, .. Enumerable.Range(0, specs.Length).Except(first)];
    }

    /// <summary>Functions in the order in which their drivers ask for interrupts: those that are loaded later, later.</summary>
    public int[] RequestOrderOf(int b)
    {
        var later = boots[b].Stimuli.Where(s => s is { Load: not null, Target: not null, Part: not ProbePart.Bus }).Select(s => index[s.Target!.Value]).ToList();
        return [.. ProbeOrderOf(b).OrderBy(f => DriverOf(b, f) is null ? later.IndexOf(f) + 1 : 0)];
    }

    /// <summary>The driver that is bound when the boot ends, or null.</summary>
    public DriverModel? BoundAtEnd(int b, int f) =>
        boots[b].Stimuli.LastOrDefault(s => (s.Load is not null || s.Unloads) && s.Target == specs[f].Bdf) is { Unloads: true } ? null : DriverEver(b, f);

    /// <summary>The driver that is bound at some time of the boot, or null.</summary>
    public DriverModel? DriverEver(int b, int f) => DriverOf(b, f) ?? LoadedLater(b, f);

    /// <summary>The driver that a stimulus loads, or null.</summary>
    public DriverModel? LoadedLater(int b, int f) => boots[b].Stimuli.FirstOrDefault(s => s.Load is not null && s.Target == specs[f].Bdf)?.Load;
}
