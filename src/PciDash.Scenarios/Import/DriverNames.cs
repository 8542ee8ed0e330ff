using PciDash.Engine.Devices;

namespace PciDash.Scenarios.Import;

/// <summary>Finds the row of a driver by the name that lspci prints. A driver without a row gets one that says so.</summary>
internal sealed class DriverNames
{
    // What drivers were called before they were renamed; the facts of the row are those of the same code.
    private static readonly Dictionary<string, string> Renamed = new(StringComparer.Ordinal)
    {
        ["pcieport_driver"] = "pcieport", // 2.6.30
        ["ehci_hcd"] = "ehci-pci", // 3.8: the PCI part became a module of its own
        ["ohci_hcd"] = "ohci-pci", // 3.12
        ["hda_intel"] = "snd_hda_intel", // 3.0: "HDA Intel"
    };

    private readonly Dictionary<string, DriverModel> unknown = new(StringComparer.Ordinal);

    /// <summary>The row of that driver, or null.</summary>
    public static DriverModel? Find(string name)
    {
        var plain = Plain(name);
        var id = Renamed.GetValueOrDefault(plain, plain);
        return DriverModel.Find(name) ?? DriverModel.All.FirstOrDefault(d => Plain(d.Id) == Plain(id));
    }

    /// <summary>A driver that the catalogue does not have: bound, and nothing known of its shutdown.</summary>
    public DriverModel Unknown(string name, out bool isNew)
    {
        var id = Identifier(name);
        isNew = !unknown.TryGetValue(id, out var driver);
        if (driver is null)
        {
            var handler = new HandlerModel("handler of " + id, ClearsCause: true, Blind: false);
            unknown.Add(id, driver = new DriverModel(id, handler, handler, "named by the imported text; not in the catalogue")
            {
                Unknown = "its handlers, and what its .shutdown does: whether it frees its irqs, silences the device or clears Bus Master Enable; "
                    + "it is run as a driver without one",
            });
        }

        return driver;
    }

    private static string Plain(string name) => name.ToLowerInvariant().Replace('-', '_').Replace(' ', '_');

    // "PLDA PCI", and a whole path on another system, become names that a file can have.
    private static string Identifier(string name)
    {
        var last = name[(name.LastIndexOfAny(['\\', '/']) + 1)..];
        var id = string.Concat(last.Take(48)
            .Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' ? char.ToLowerInvariant(c) : '-')).Trim('-', '.', '_');
        return id.Length == 0 ? "unknown" : DriverModel.Find(id) is null ? id : id + "-unknown";
    }
}
