namespace PciDash.Scenarios.Import;

/// <summary>
/// Names of vendors and devices from pci.ids, the list that lspci itself uses, where the system has it. It is asked only for what a
/// text gives as numbers, so nothing depends on it but what a reader sees.
/// </summary>
public sealed class PciIds
{
    private static readonly string[] Places = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"];
    private static readonly Lazy<PciIds?> Found = new(Load);

    private readonly Dictionary<int, string> vendors = [];
    private readonly Dictionary<int, string> devices = [];

    private PciIds()
    {
    }

    /// <summary>The list of this system; null if it has none.</summary>
    public static PciIds? Installed => Found.Value;

    /// <summary>Name of a vendor, or null.</summary>
    public string? Vendor(int id) => vendors.GetValueOrDefault(id);

    /// <summary>Name of a device of that vendor, without the vendor's, or null.</summary>
    public string? Device(int vendor, int device) => devices.GetValueOrDefault((vendor << 16) | device);

    /// <summary>Reads a list: "8086  Intel Corporation", below it "\t2922  82801IR/IO/IH …"; lines with two tabs are subsystems.</summary>
    public static PciIds Read(TextReader text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new PciIds();
        var vendor = -1;
        while (text.ReadLine() is { } line)
        {
            // Classes come last, each with a letter in front.
            if (line.StartsWith("C ", StringComparison.Ordinal))
            {
                break;
            }

            var start = line.StartsWith('\t') ? 1 : 0;
            if (line.Length < start + 6 || line[start] is '\t' or '#' || !LspciWords.TryHex(line.AsSpan(start, 4), out var id))
            {
                continue;
            }

            var name = line[(start + 4)..].Trim();
            if (start == 0)
            {
                vendor = id;
                ids.vendors[id] = name;
            }
            else if (vendor >= 0)
            {
                ids.devices[(vendor << 16) | id] = name;
            }
        }

        return ids;
    }

    private static PciIds? Load()
    {
        foreach (var place in Places.Where(File.Exists))
        {
            try
            {
                using var text = File.OpenText(place);
                return Read(text);
            }
            catch (IOException)
            {
                // A list that cannot be read is as good as none.
            }
        }

        return null;
    }
}
