using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Import;

/// <summary>
/// Makes the device of a function: what was read, on top of the catalogue's row for its ids or its driver. A device that is just as its
/// row has it is that row, so that a file can name it.
/// </summary>
internal sealed class DeviceAssembler(FieldList fields, int mostVectors)
{
    private const string ByDriver = "driver";
    private const int KeptCommandBits = 0x07ff & ~(FactWriter.BusMasterBit | FactWriter.IntxDisableBit);

    // Classes that never use their pin, in lspci's words.
    private static readonly string[] WithoutPin = ["Host bridge", "ISA bridge", "IOMMU", "RAM memory", "Performance counters", "System peripheral"];

    private static readonly Lazy<Dictionary<string, DeviceModel>> ByName = new(static () =>
    {
        var names = new Dictionary<string, DeviceModel>(StringComparer.Ordinal);
        foreach (var row in DeviceModel.All)
        {
            if (PciIds.Installed is { } ids && ids.Device(row.VendorId, row.DeviceId) is { } name)
            {
                names.TryAdd(ids.Vendor(row.VendorId) + " " + name, row);
            }
        }

        return names;
    });

    private readonly Dictionary<string, DeviceModel> made = new(StringComparer.Ordinal);

    /// <summary>The catalogue's row for a function, and what it was found by; null if it has none.</summary>
    public static (DeviceModel Row, string By)? Row(ImportedFunction f, DriverModel? driver)
    {
        if (f is { VendorId: { } vendor, DeviceId: { } device })
        {
            if (DeviceModel.All.FirstOrDefault(d => d.VendorId == vendor.Value && d.DeviceId == device.Value) is { } byIds)
            {
                return (byIds, "ids");
            }
        }
        else if (ByName.Value.TryGetValue(f.Name, out var byName))
        {
            return (byName, "name in pci.ids");
        }

        return driver is not null && DeviceModel.All.FirstOrDefault(d => d.Driver == driver.Id) is { } byDriver ? (byDriver, ByDriver) : null;
    }

    /// <summary>Vectors that a function would take if there were room for all.</summary>
    public static int VectorsWanted(ImportedFunction f, DriverModel? driver) =>
        f.HasMsixMessages ? f.Messages.Count : f.Msix is null && f.CapabilitiesSeen ? 1 : Row(f, driver)?.Row.VectorsUsed ?? 1;

    /// <summary>The device of a function.</summary>
    public DeviceModel Make(ImportedFunction f, (DeviceModel Row, string By)? known, DriverModel? driver)
    {
        var path = $"functions[{f.Bdf}].device.";
        var isBridge = f.IsBridge?.Value ?? (f.ClassName.Length == 0 && f.ClassCode is null && known is { Row.IsBridge: true });
        var row = known?.Row ?? DeviceModel.Find(isBridge ? "pci-bridge" : "pci-endpoint")!;
        var by = known is { } k ? $"catalogue row {k.Row.Id}, found by its {k.By}" : "";

        // The row of a driver is that of its best known device: what it says of ids is not said of this one.
        var named = known is { By: not ByDriver } n ? n.Row : null;
        var msix = Msix(f, known?.Row, by, path);
        var msi = Msi(f, known?.Row, by, path);
        var device = row with
        {
            Title = Title(f) ?? row.Title,
            Source = "imported" + (by.Length > 0 ? "; beyond that " + by : ""),
            Driver = driver is not null && DriverModel.Find(driver.Id) == driver ? driver.Id : null,
            VendorId = f.VendorId?.Value ?? named?.VendorId ?? 0,
            DeviceId = f.DeviceId?.Value ?? named?.DeviceId ?? 0,
            Pin = Pin(f, known?.Row, isBridge, path),
            MsixTableSize = msix,
            MsiMessages = msi,
            IsBridge = isBridge,
            IsUsbHost = f.ClassCode is { } code ? code.Value == 0x0c03
                : f.ClassName.StartsWith("USB ", StringComparison.OrdinalIgnoreCase) || (f.ClassName.Length == 0 && row.IsUsbHost),
            BaseCommand = f.Command is { } command ? fields.Add(path + "base_command", command.Value & KeptCommandBits, command, "x4") : row.BaseCommand,
        };
        var vectors = Vectors(f, known?.Row, msix, by, path);
        return Named(f, device with { VectorsUsed = vectors, EventEntry = Math.Min(row.EventEntry, vectors - 1) }, row);
    }

    private InterruptPin Pin(ImportedFunction f, DeviceModel? row, bool isBridge, string path)
    {
        if (f.Pin is { } pin)
        {
            return fields.Add(path + "pin", pin.Value, pin);
        }

        if (f.HasControl && f.Config is null && !f.IsSilent && f.Irq is null)
        {
            return fields.Add(path + "pin", InterruptPin.None, new Fact<InterruptPin>(InterruptPin.None, FactSource.Text, f.Line));
        }

        var (guess, why) = f.IsSilent ? (InterruptPin.None, "it did not answer")
            : row is not null ? (row.Pin, "catalogue row " + row.Id)
            : f.Irq is not null ? (InterruptPin.A, "it has an irq")
            : f.HasFlags ? (InterruptPin.None, "lspci -v shows no irq for it")
            : isBridge || WithoutPin.Contains(f.ClassName) ? (InterruptPin.None, "so it is with most of its class")
            : (InterruptPin.A, "so it is with most devices");
        return fields.Guess(path + "pin", guess, why);
    }

    private int Msix(ImportedFunction f, DeviceModel? row, string by, string path)
    {
        if (f.Msix is { } msix)
        {
            return fields.Add(path + "msix_table_size", msix.Value.TableSize, msix);
        }

        var rows = f.Messages;
        if (!f.CapabilitiesSeen && f.HasMsixMessages)
        {
            var size = Math.Clamp(rows.Max(m => m.Entry) + 1, rows.Count, 2_048);
            return fields.Add(path + "msix_table_size", size, new Fact<int>(size, FactSource.Interrupts, rows[0].Line), why: "at least");
        }

        return f.CapabilitiesSeen || f.IsSilent || row is null || rows.Count > 0 ? 0 : fields.Guess(path + "msix_table_size", row.MsixTableSize, by);
    }

    private int Msi(ImportedFunction f, DeviceModel? row, string by, string path)
    {
        if (f.Msi is { } msi)
        {
            return fields.Add(path + "msi_messages", msi.Value.Messages, msi);
        }

        var rows = f.Messages;
        if (!f.CapabilitiesSeen && rows.Count > 0 && !f.HasMsixMessages)
        {
            var messages = Math.Min(32, rows.Count);
            return fields.Add(path + "msi_messages", messages, new Fact<int>(messages, FactSource.Interrupts, rows[0].Line), why: "at least");
        }

        return f.CapabilitiesSeen || f.IsSilent || row is null ? 0 : fields.Guess(path + "msi_messages", row.MsiMessages, by);
    }

    private int Vectors(ImportedFunction f, DeviceModel? row, int msix, string by, string path)
    {
        if (msix == 0)
        {
            return 1;
        }

        if (f.HasMsixMessages)
        {
            var used = Math.Min(Math.Min(f.Messages.Count, msix), mostVectors);
            return fields.Add(path + "vectors_used", used, new Fact<int>(used, FactSource.Interrupts, f.Messages[0].Line));
        }

        return fields.Guess(path + "vectors_used",
            row is null ? 1 : Math.Min(Math.Clamp(row.VectorsUsed, 1, msix), mostVectors), row is null ? "nobody says how many" : by);
    }

    // The same device twice is one device; another one with the same ids has a name of its own.
    private DeviceModel Named(ImportedFunction f, DeviceModel device, DeviceModel row)
    {
        var asRow = device with { Id = row.Id, Title = row.Title, Source = row.Source };
        if ((asRow with { Pin = row.Pin }) == row)
        {
            return asRow;
        }

        var id = f is { VendorId: { } v, DeviceId: { } d } ? Node.Invariant($"{v.Value:x4}-{d.Value:x4}")
            : Node.Invariant($"at-{f.Bdf.Bus:x2}-{f.Bdf.Device:x2}.{f.Bdf.Function}");
        for (var n = 1; ; n++)
        {
            var named = device with { Id = n == 1 ? id : Node.Invariant($"{id}-{n}") };
            if (!made.TryGetValue(named.Id, out var same))
            {
                made.Add(named.Id, named);
                return named;
            }

            if (same == named)
            {
                return same;
            }
        }
    }

    private static string? Title(ImportedFunction f)
    {
        var title = f.Name.Length > 0 ? f.Name
            : f.ClassName.Length > 0 ? f.ClassName
            : f is { VendorId: { } v, DeviceId: { } d } ? Node.Invariant($"{v.Value:x4}:{d.Value:x4}")
            : null;

        // A file takes plain text of this length.
        title = title is null ? null : string.Concat(title.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return title is { Length: > DocumentLimits.Title } ? title[..DocumentLimits.Title] : title;
    }
}
