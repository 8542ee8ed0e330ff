namespace PciDash.Scenarios.Import;

/// <summary>Which classes of devices interrupt though nobody asks them to, and for what. Classes and their names are those of pci.ids.</summary>
internal static class EventClasses
{
    private const string Rx = "rx";
    private const string Completion = "completion";
    private const string Timer = "timer";

    private static readonly (string Words, int Class, string What)[] Known =
    [
        ("Ethernet controller", 0x0200, Rx),
        ("Token ring network controller", 0x0201, Rx),
        ("Infiniband controller", 0x0207, Rx),
        ("Network controller", 0x0280, Rx),
        ("Wireless controller", 0x0d80, Rx),
        ("SCSI storage controller", 0x0100, Completion),
        ("IDE interface", 0x0101, Completion),
        ("RAID bus controller", 0x0104, Completion),
        ("SATA controller", 0x0106, Completion),
        ("Serial Attached SCSI controller", 0x0107, Completion),
        ("Non-Volatile memory controller", 0x0108, Completion),
        ("Mass storage controller", 0x0180, Completion),
        ("Fibre Channel", 0x0c04, Completion),
        ("VGA compatible controller", 0x0300, Timer),
        ("3D controller", 0x0302, Timer),
        ("Display controller", 0x0380, Timer),
        ("Multimedia video controller", 0x0400, Timer),
        ("Multimedia audio controller", 0x0401, Timer),
        ("Audio device", 0x0403, Timer),
        ("Multimedia controller", 0x0480, Timer),
        ("USB controller", 0x0c03, Timer),
        ("InfiniBand", 0x0c06, Rx),
    ];

    /// <summary>rx, completion or timer, by the class that a headline of <c>lspci</c> begins with; null = it names none of these.</summary>
    public static string? OfTitle(string headline) => Known.FirstOrDefault(k => headline.StartsWith(k.Words, StringComparison.OrdinalIgnoreCase)).What;

    /// <summary>rx, completion or timer; null = such a device is quiet by itself. A function whose class is not in the text may do anything.</summary>
    public static string? Of(ImportedFunction f)
    {
        if (f.ClassCode is null && f.ClassName.Length == 0)
        {
            return Timer;
        }

        // By its whole class, or else by the base class: subclasses beyond these are as rare as they are alike.
        var known = f.ClassCode is { } code
            ? Known.FirstOrDefault(k => k.Class == code.Value) is { What: not null } exact ? exact
                : code.Value >> 8 is 0x01 or 0x02 or 0x03 or 0x04 or 0x0d ? Known.FirstOrDefault(k => k.Class >> 8 == code.Value >> 8) : default
            : Known.FirstOrDefault(k => k.Words.Equals(f.ClassName, StringComparison.OrdinalIgnoreCase));
        return known.What;
    }
}
