using PciDash.Engine.Hardware;
using PciDash.Scenarios.Import;

namespace PciDash.Scenarios.Conformance;

/// <summary>A function as <c>lspci -vvv -nn</c> (or <c>-xxxx</c>) lists it.</summary>
public sealed record ListedFunction(Bdf Bdf)
{
    /// <summary>The headline after the address.</summary>
    public string Title { get; init; } = "";

    /// <summary>Vendor id; -1 if unknown.</summary>
    public int VendorId { get; init; } = -1;

    /// <summary>Device id.</summary>
    public int DeviceId { get; init; } = -1;

    /// <summary>Its pin.</summary>
    public InterruptPin Pin { get; init; }

    /// <summary>"routed to IRQ"; -1 if not said.</summary>
    public int Irq { get; init; } = -1;

    /// <summary>Bus Master Enable.</summary>
    public bool BusMaster { get; init; }

    /// <summary>INTx-Disable.</summary>
    public bool IntxDisable { get; init; }

    /// <summary>I/O, memory and SERR bits.</summary>
    public int BaseCommand { get; init; } = 0x0103;

    /// <summary>Messages of its MSI capability; 0 = none.</summary>
    public int MsiMessages { get; init; }

    /// <summary>MSI Enable.</summary>
    public bool MsiEnable { get; init; }

    /// <summary>Offset of the MSI capability; 0 = none.</summary>
    public int MsiOffset { get; init; }

    /// <summary>Entries of its MSI-X table; 0 = none.</summary>
    public int MsixEntries { get; init; }

    /// <summary>MSI-X Enable.</summary>
    public bool MsixEnable { get; init; }

    /// <summary>Offset of the MSI-X capability; 0 = none.</summary>
    public int MsixOffset { get; init; }

    /// <summary>Bus below it, for a bridge.</summary>
    public int? SecondaryBus { get; init; }

    /// <summary>"Kernel driver in use", or null.</summary>
    public string? Driver { get; init; }

    /// <summary>"Kernel modules" that could drive it.</summary>
    public IReadOnlyList<string> Modules { get; init; } = [];

    /// <summary>Reads a listing as the importer does; lines that say nothing about interrupts are read over.</summary>
    public static List<ListedFunction> Read(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var notes = new NoteList();
        var table = new FunctionTable(notes);
        new PasteReader(table, notes).Read(string.Join('\n', lines));
        foreach (var f in table.InOrder)
        {
            ConfigDecoder.Apply(f, notes);
        }

        return [.. table.InOrder.Select(Of)];
    }

    internal static ListedFunction Titled(ListedFunction f, string title) =>
        Read([$"{f.Bdf} {title}"]) is [var read] ? f with { Title = title, VendorId = read.VendorId, DeviceId = read.DeviceId } : f with { Title = title };

    private static ListedFunction Of(ImportedFunction f) => new(f.Bdf)
    {
        Title = f.ClassCode is { } code ? Node.Invariant($"{f.ClassName} [{code.Value:x4}]: {f.Name}") : $"{f.ClassName}: {f.Name}",
        VendorId = f.VendorId?.Value ?? -1,
        DeviceId = f.DeviceId?.Value ?? -1,
        Pin = f.Pin?.Value ?? InterruptPin.None,
        Irq = f.Irq is { Source: FactSource.Text } irq ? irq.Value : -1,
        BusMaster = f.BusMaster is { Value: true },
        IntxDisable = ((f.Command?.Value ?? 0) & FactWriter.IntxDisableBit) != 0,
        BaseCommand = f.Command is { } command ? command.Value & 0x0103 : 0x0103,
        MsiMessages = f.Msi?.Value.Messages ?? 0,
        MsiEnable = f.Msi is { Value.Enabled: true },
        MsiOffset = f.Msi?.Value.Offset ?? 0,
        MsixEntries = f.Msix?.Value.TableSize ?? 0,
        MsixEnable = f.Msix is { Value.Enabled: true },
        MsixOffset = f.Msix?.Value.Offset ?? 0,
        SecondaryBus = f.SecondaryBus?.Value,
        Driver = f.Driver?.Value,
        Modules = f.Modules,
    };
}
