using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Import;

/// <summary>
/// Puts facts of one source into a function. The first to say something is believed, but hex is believed before text; whoever says
/// otherwise is named in a note.
/// </summary>
internal readonly struct FactWriter(ImportedFunction f, FactSource source, int line, NoteList notes)
{
    public const int BusMasterBit = 0x0004;
    public const int IntxDisableBit = 0x0400;

    public void VendorId(int value) => f.VendorId = Put(f.VendorId, value, "vendor id", "x4");

    public void DeviceId(int value) => f.DeviceId = Put(f.DeviceId, value, "device id", "x4");

    public void ClassCode(int value) => f.ClassCode = Put(f.ClassCode, value, "class", "x4");

    public void Command(int value)
    {
        f.Command = Put(f.Command, value, "command register", "x4");
        if (f.Command.Value is { } kept && kept.Source == source && kept.Line == line)
        {
            BusMaster((value & BusMasterBit) != 0);
        }
    }

    public void BusMaster(bool value) => f.BusMaster = Put(f.BusMaster, value, "Bus Master Enable");

    public void Pin(InterruptPin value) => f.Pin = Put(f.Pin, value, "interrupt pin");

    public void Irq(int value) => f.Irq = Put(f.Irq, value, "irq");

    public void IrqUnlessSaid(int value) => f.Irq ??= new Fact<int>(value, source, line);

    public void IsBridge(bool value) => f.IsBridge = Put(f.IsBridge, value, "being a bridge");

    public void SecondaryBus(int value) => f.SecondaryBus = Put(f.SecondaryBus, value, "secondary bus", "x2");

    public void Driver(string value) => f.Driver = Put(f.Driver, value, "driver");

    public void Msi(MsiCapability value)
    {
        // What only one of the two says is no contradiction.
        if (f.Msi is { } said && said.Line != line && (said.Value.Offset, said.Value.Enabled, said.Value.Messages) == (value.Offset, value.Enabled, value.Messages))
        {
            f.Msi = source == FactSource.Hex ? new Fact<MsiCapability>(value, source, line) : said;
            return;
        }

        f.Msi = Put(f.Msi, value, "MSI capability");
    }

    public void Msix(MsixCapability value) => f.Msix = Put(f.Msix, value, "MSI-X capability");

    private Fact<T> Put<T>(Fact<T>? said, T value, string what, string format = "")
    {
        // The second half of a wrapped line says its line again, and more of it.
        if (said is not { } old || (old.Source == source && old.Line == line))
        {
            return new Fact<T>(value, source, line);
        }

        var same = EqualityComparer<T>.Default.Equals(old.Value, value);
        var better = source == FactSource.Hex && old.Source != FactSource.Hex;
        if (!same)
        {
            notes.Warn(line > 0 ? line : f.Line,
                Node.Invariant($"{f.Bdf}: {what} is {Text(value, format)} here and {Text(old.Value, format)} in line {old.Line}"),
                Node.Invariant($"{Text(better ? value : old.Value, format)} is used"));
        }

        return better ? new Fact<T>(value, source, line) : old;
    }

    private static string Text<T>(T value, string format) => value switch
    {
        IFormattable number when format.Length > 0 => number.ToString(format, System.Globalization.CultureInfo.InvariantCulture),
        bool bit => bit ? "1" : "0",
        MsiCapability m => Node.Invariant($"[{m.Offset:x2}] Enable{(m.Enabled ? '+' : '-')} Count={m.MessagesEnabled}/{m.Messages}"),
        MsixCapability x => Node.Invariant($"[{x.Offset:x2}] Enable{(x.Enabled ? '+' : '-')} Count={x.TableSize} Masked{(x.Masked ? '+' : '-')}"),
        _ => value?.ToString() ?? "",
    };
}
