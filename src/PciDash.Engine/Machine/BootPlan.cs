using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

/// <summary>Which driver each function has in each boot, how it interrupts, and in what order drivers probe.</summary>
/// <param name="specs">Functions in discovery order.</param>
/// <param name="boots">The boots.</param>
/// <param name="index">Position of each address in <paramref name="specs"/>.</param>
internal sealed class BootPlan(FunctionSpec[] specs, IReadOnlyList<BootSpec> boots, Dictionary<Bdf, int> index)
{
    /// <summary>The driver that is bound from the start of boot <paramref name="b"/>, or null.</summary>
    public DriverModel? DriverOf(int b, int f)
    {
        var boot = boots[b];
        return boot.Drivers.TryGetValue(specs[f].Bdf, out var driver) ? driver
            : specs[f].Device.Driver is { } id ? DriverModel.Find(id) : null;
    }

    /// <summary>The mode that a driver would choose, whether it is bound from the start or loaded later; Auto = no driver.</summary>
    public InterruptMode ModeOf(int b, int f)
    {
        var spec = specs[f];
        var driver = BoundAtEnd(b, f);
        if (driver is null)
        {
            return InterruptMode.Auto;
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
        InterruptMode.Msix => Math.Min(specs[f].Device.VectorsUsed, specs[f].Device.MsixTableSize),
        InterruptMode.Msi => 1,
        _ => 0,
    };

    /// <summary>Functions in the order in which their drivers probe.</summary>
    public int[] ProbeOrderOf(int b)
    {
        var first = boots[b].ProbeOrder.Select(bdf => index[bdf]).ToList();
        return [.. first, .. Enumerable.Range(0, specs.Length).Except(first)];
    }

    /// <summary>The driver that is bound when the boot ends, or null.</summary>
    public DriverModel? BoundAtEnd(int b, int f) => DriverOf(b, f) ?? LoadedLater(b, f);

    /// <summary>The driver that a stimulus loads, or null.</summary>
    public DriverModel? LoadedLater(int b, int f) => boots[b].Stimuli.FirstOrDefault(s => s.Load is not null && s.Target == specs[f].Bdf)?.Load;
}
