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

    /// <summary>The boot opens its network interface by itself, once all drivers have probed.</summary>
    public bool OpensFromTheStart(int b, int f) => DriverOf(b, f) is { Opening: not OpeningWork.None } && !boots[b].Closed.Contains(specs[f].Bdf);

    /// <summary>A request in the probe of a driver that is bound from the start.</summary>
    public const int ByProbe = -2;

    /// <summary>A request in the opening of an interface that is opened from the start.</summary>
    public const int ByOpening = -1;

    private const int Never = int.MaxValue;

    // When its driver asks for its interrupts, whichever they are.
    private int RequestsAt(int b, int f)
    {
        var opens = DriverEver(b, f) is { Opening: not OpeningWork.None };
        if (DriverOf(b, f) is not null && (!opens || OpensFromTheStart(b, f)))
        {
            return opens ? ByOpening : ByProbe;
        }

        var at = boots[b].Stimuli.ToList().FindIndex(s => s.Target == specs[f].Bdf
            && (s.Opens ? opens : s.Load is not null && s.Part != ProbePart.Bus && !(opens && s.Part == ProbePart.Closed)));
        return at < 0 ? Never : at;
    }

    /// <summary>Functions in the order in which their drivers probe.</summary>
    public int[] ProbeOrderOf(int b)
    {
        var first = boots[b].ProbeOrder.Select(bdf => index[bdf]).ToList();
        return [.. first, .. Enumerable.Range(0, specs.Length).Except(first)];
    }

    /// <summary>Functions in the order in which their drivers ask for interrupts: those that are opened or loaded later, later.</summary>
    public int[] RequestOrderOf(int b) => [.. ProbeOrderOf(b).OrderBy(f => RequestsAt(b, f))];

    /// <summary>The driver that is bound when the boot ends, or null.</summary>
    public DriverModel? BoundAtEnd(int b, int f) =>
        boots[b].Stimuli.LastOrDefault(s => (s.Load is not null || s.Unloads) && s.Target == specs[f].Bdf) is { Unloads: true } ? null : DriverEver(b, f);

    /// <summary>The driver that is bound at some time of the boot, or null.</summary>
    public DriverModel? DriverEver(int b, int f) => DriverOf(b, f) ?? LoadedLater(b, f);

    /// <summary>The driver that a stimulus loads, or null.</summary>
    public DriverModel? LoadedLater(int b, int f) => boots[b].Stimuli.FirstOrDefault(s => s.Load is not null && s.Target == specs[f].Bdf)?.Load;
}
