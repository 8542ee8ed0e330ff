using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Import;

/// <summary>A fact, where it is from, and the line that says so (0 = none does).</summary>
public readonly record struct Fact<T>(T Value, FactSource Source, int Line);

/// <summary>An MSI capability.</summary>
/// <param name="Offset">Where it lies in configuration space; 0 = the text does not say.</param>
/// <param name="Enabled">MSI Enable.</param>
/// <param name="Messages">Messages it can send, 1-32.</param>
/// <param name="PerVectorMask">It has a mask bit for each message.</param>
public sealed record MsiCapability(int Offset, bool Enabled, int Messages, bool PerVectorMask)
{
    /// <summary>Messages that software has enabled, 1-32.</summary>
    public int MessagesEnabled { get; init; } = 1;

    /// <summary>The mask bits; null if they were not read.</summary>
    public uint? Masks { get; init; }
}

/// <summary>An MSI-X capability.</summary>
/// <param name="Offset">Where it lies in configuration space; 0 = the text does not say.</param>
/// <param name="Enabled">MSI-X Enable.</param>
/// <param name="TableSize">Entries of its table, 1-2,048.</param>
/// <param name="Masked">Function Mask: all entries are masked.</param>
public sealed record MsixCapability(int Offset, bool Enabled, int TableSize, bool Masked);

/// <summary>A PCI function as the text describes it. What the text does not say is null.</summary>
public sealed class ImportedFunction
{
    internal ImportedFunction(Bdf bdf, int line) => (Bdf, Line) = (bdf, line);

    /// <summary>Its address, in segment 0000.</summary>
    public Bdf Bdf { get; }

    /// <summary>Line on which it is first listed.</summary>
    public int Line { get; }

    /// <summary>What the text calls it, without its class; else its name in pci.ids; else empty.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>What the text calls its class.</summary>
    public string ClassName { get; internal set; } = "";

    /// <summary>Base class and sub-class, as 0x0604.</summary>
    public Fact<int>? ClassCode { get; internal set; }

    /// <summary>Vendor id.</summary>
    public Fact<int>? VendorId { get; internal set; }

    /// <summary>Device id.</summary>
    public Fact<int>? DeviceId { get; internal set; }

    /// <summary>The command register.</summary>
    public Fact<int>? Command { get; internal set; }

    /// <summary>Bus Master Enable.</summary>
    public Fact<bool>? BusMaster { get; internal set; }

    /// <summary>Its interrupt pin.</summary>
    public Fact<InterruptPin>? Pin { get; internal set; }

    /// <summary>Its irq as the kernel knows it; from hex, the Interrupt Line register, which is the firmware's.</summary>
    public Fact<int>? Irq { get; internal set; }

    /// <summary>Its MSI capability.</summary>
    public Fact<MsiCapability>? Msi { get; internal set; }

    /// <summary>Its MSI-X capability.</summary>
    public Fact<MsixCapability>? Msix { get; internal set; }

    /// <summary>True if all its capabilities could be seen: what is not listed is not there.</summary>
    public bool CapabilitiesSeen { get; internal set; }

    /// <summary>True for a bridge.</summary>
    public Fact<bool>? IsBridge { get; internal set; }

    /// <summary>Bus below it, for a bridge that has been given one.</summary>
    public Fact<int>? SecondaryBus { get; internal set; }

    /// <summary>The driver bound to it; an empty name = none.</summary>
    public Fact<string>? Driver { get; internal set; }

    /// <summary>Modules that could drive it.</summary>
    public IReadOnlyList<string> Modules { get; internal set; } = [];

    /// <summary>It did not answer: all its registers read as ones (Unknown header type 7f).</summary>
    public bool IsSilent { get; internal set; }

    /// <summary>Its configuration space, where the text has it as hex.</summary>
    internal ConfigSpace? Config { get; set; }

    /// <summary>lspci was asked for details and gave them: what is not said then is not so.</summary>
    internal bool HasFlags { get; set; }

    /// <summary>The same of -vv: every bit of the command register, and the pin.</summary>
    internal bool HasControl { get; set; }

    /// <summary>Not root: capabilities were not shown.</summary>
    internal bool CapabilitiesDenied { get; set; }

    /// <summary>Irqs of /proc/interrupts that are this function's messages.</summary>
    internal List<InterruptRow> Messages { get; } = [];

    /// <summary>
    /// Its messages are MSI-X. Where the kernel does not say so: there are several, or the irq that lspci shows is not the message's, for
    /// pci_enable_msi puts the message in the place of the line and pci_enable_msix does not.
    /// </summary>
    internal bool HasMsixMessages => Messages.Count > 0 && Messages[0].Kind != IrqKind.Msi
        && (Messages[0].Kind == IrqKind.Msix || Messages.Count > 1 || (Irq is { Source: FactSource.Text } irq && irq.Value != Messages[0].Irq));
}
