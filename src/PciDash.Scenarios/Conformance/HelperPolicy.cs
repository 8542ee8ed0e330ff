using System.Globalization;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Conformance;

/// <summary>The policies that the recordings' helper module puts in the place of pci_bus_type.shutdown: a set of bits.</summary>
public static class HelperPolicy
{
    private const int MsiOff = 1;
    private const int ClearBusMaster = 2;
    private const int BusMasterFirst = 4;
    private const int SetIntxDisable = 8;
    private const int SkipDriver = 16;

    /// <summary>The policy of that number; null if it has a bit that is not known or cannot be said.</summary>
    public static ShutdownPolicy? Find(int bits)
    {
        if (bits is < 0 or >= SkipDriver * 2)
        {
            return null;
        }

        const string Source = "helper module of the recordings: policy bits";
        var clear = new PolicyStep(new Step(Op.BusMaster, 0, Guard.BusMasterOn, Cost.ConfigWrite, "helper → pci_clear_master", Source));
        var intx = new PolicyStep(new Step(Op.IntxDisable, 1, Guard.Always, Cost.ConfigWrite, "helper → pci_intx(dev, 0)", Source));
        var first = (bits & (ClearBusMaster | BusMasterFirst)) == (ClearBusMaster | BusMasterFirst);
        return new ShutdownPolicy(
            "helper-" + bits.ToString("x", CultureInfo.InvariantCulture), "as the recording's helper module did", "never", Source,
            [
                .. first ? [clear] : Array.Empty<PolicyStep>(),
                .. (bits & MsiOff) != 0 ? ShutdownPolicy.P1.Steps : [],
                .. (bits & SetIntxDisable) != 0 ? [intx] : Array.Empty<PolicyStep>(),
                .. (bits & ClearBusMaster) != 0 && !first ? [clear] : Array.Empty<PolicyStep>(),
            ])
        {
            ReplacesDriver = (bits & SkipDriver) != 0,
        };
    }
}
