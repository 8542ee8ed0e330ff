using System.Globalization;
using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Import;

/// <summary>What a line of lspci says about its function. Lines that have nothing to do with interrupts are read over.</summary>
internal static class LspciDetails
{
    // lspci -vv, "Control:": the command register from bit 0 to bit 10 (pci_regs.h, PCI_COMMAND).
    private static readonly string[] CommandBits =
        ["I/O", "Mem", "BusMaster", "SpecCycle", "MemWINV", "VGASnoop", "ParErr", "Stepping", "SERR", "FastB2B", "DisINTx"];

    /// <summary>Takes a detail.</summary>
    /// <returns>True if it matters, so that a second half of the line would.</returns>
    public static bool Take(ImportedFunction f, ReadOnlySpan<char> line, int number, NoteList notes)
    {
        var facts = new FactWriter(f, FactSource.Text, number, notes);
        switch (line[0])
        {
            case 'C' when line.StartsWith("Control: I/O"):
                f.HasFlags = f.HasControl = true;
                Control(line, facts);
                return true;
            case 'C' when line.StartsWith("Capabilities: <access"):
                f.CapabilitiesDenied = true;
                return false;
            case 'C' when line.StartsWith("Capabilities: ["):
                return Capability(line, facts);
            case 'F' when line.StartsWith("Flags:") && line.Contains("devsel", StringComparison.Ordinal):
                f.HasFlags = true;
                facts.BusMaster(line.Contains("bus master", StringComparison.Ordinal));
                Irq(line, "IRQ ", facts);
                return true;
            case 'I' when line.StartsWith("Interrupt: pin"):
                // A pin of 0 with an irq beside it is printed as a question mark.
                if (line.Length > 15 && (line[15] is >= 'A' and <= 'D' || (line[15] == '?' && !f.IsSilent)))
                {
                    facts.Pin(line[15] == '?' ? InterruptPin.None : (InterruptPin)(line[15] - 'A' + 1));
                }

                Irq(line, "IRQ ", facts);
                return true;
            case 'B' when line.StartsWith("Bus: primary"):
                facts.IsBridge(true);
                if (LspciWords.TryBus(line, "secondary=", out var bus))
                {
                    facts.SecondaryBus(bus);
                }

                return true;
            case 'M' when line.StartsWith("Masking:"):
                if (f.Msi is { } msi && line.Length >= 17 && uint.TryParse(line[9..17], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var masks))
                {
                    f.Msi = msi with { Value = msi.Value with { Masks = msi.Value.Masks ?? masks } };
                }

                return false;
            case 'K' or 'D' when line.IndexOf("river in use:", StringComparison.Ordinal) is >= 0 and < 16 and var at:
                Driver(f, line[(at + 13)..].Trim(), facts);
                return true;
            case 'K' when line.EndsWith("driver in"):
                return true;
            case 'K' when line.StartsWith("Kernel modules:"):
                f.Modules = line[15..].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                return true;
            case '!' when line.Contains("Unknown header type 7f", StringComparison.Ordinal):
                f.IsSilent = true;
                return false;
            default:
                return false;
        }
    }

    /// <summary>Takes the class: "PCI bridge", "PCI bridge [0604]", "Class 0604" or "0604".</summary>
    public static void Class(ImportedFunction f, ReadOnlySpan<char> text, int number, NoteList notes)
    {
        var facts = new FactWriter(f, FactSource.Text, number, notes);
        var code = text.StartsWith("Class ") ? text[6..] : text;
        if (TakeCode(ref code, out var value))
        {
            facts.ClassCode(value);
        }

        if (!code.IsEmpty)
        {
            f.ClassName = code.ToString();
        }

        if (f.ClassCode is { Value: 0x0604 or 0x0607 or 0x0609 } || f.ClassName is "PCI bridge" or "CardBus bridge" or "Semi-transparent PCI-to-PCI bridge")
        {
            facts.IsBridge(true);
        }
    }

    /// <summary>Takes what follows the class: "Vendor Device [8086:2922] (rev 02) (prog-if 01)", or the two ids.</summary>
    public static void Name(ImportedFunction f, ReadOnlySpan<char> text, int number, NoteList notes)
    {
        var facts = new FactWriter(f, FactSource.Text, number, notes);
        foreach (var tail in (ReadOnlySpan<string>)[" (prog-if", " (rev"])
        {
            if (text.IndexOf(tail, StringComparison.Ordinal) is >= 0 and var cut)
            {
                text = text[..cut];
            }
        }

        var ids = text.StartsWith("Device ") ? text[7..] : text;
        if (TryIds(ids, out var vendor, out var device))
        {
            text = ids.Length == 9 ? [] : text;
        }
        else if (text.LastIndexOf('[') is >= 0 and var bracket && text.EndsWith("]") && TryIds(text[(bracket + 1)..^1], out vendor, out device))
        {
            text = text[..bracket].TrimEnd();
        }
        else
        {
            SetName(f, text);
            return;
        }

        facts.VendorId(vendor);
        facts.DeviceId(device);
        SetName(f, text);
    }

    /// <summary>Takes -mm's vendor: "Intel Corporation", "Intel Corporation [8086]" or "8086".</summary>
    public static void Vendor(ImportedFunction f, ReadOnlySpan<char> text, int number, NoteList notes)
    {
        if (TakeCode(ref text, out var id))
        {
            new FactWriter(f, FactSource.Text, number, notes).VendorId(id);
        }

        SetName(f, text);
    }

    /// <summary>Takes -mm's device, which follows the vendor.</summary>
    public static void Device(ImportedFunction f, ReadOnlySpan<char> text, int number, NoteList notes)
    {
        if (TakeCode(ref text, out var id))
        {
            new FactWriter(f, FactSource.Text, number, notes).DeviceId(id);
        }

        if (!text.IsEmpty && !f.Name.EndsWith(text.ToString(), StringComparison.Ordinal))
        {
            f.Name = f.Name.Length == 0 ? text.ToString() : f.Name + " " + text.ToString();
        }
    }

    // A longer name is the same name with its second half, or a listing with names after one without.
    private static void SetName(ImportedFunction f, ReadOnlySpan<char> text)
    {
        if (text.Length > f.Name.Length)
        {
            f.Name = text.ToString();
        }
    }

    private static bool TakeCode(ref ReadOnlySpan<char> text, out int value)
    {
        if (text.Length == 4 && LspciWords.TryHex(text, out value))
        {
            text = [];
            return true;
        }

        value = 0;
        if (text.Length < 6 || text[^1] != ']' || text[^6] != '[' || !LspciWords.TryHex(text[^5..^1], out value))
        {
            return false;
        }

        text = text[..^6].TrimEnd();
        return true;
    }

    private static bool TryIds(ReadOnlySpan<char> text, out int vendor, out int device)
    {
        (vendor, device) = (0, 0);
        return text.Length == 9 && text[4] == ':' && LspciWords.TryHex(text[..4], out vendor) && LspciWords.TryHex(text[5..], out device);
    }

    private static void Control(ReadOnlySpan<char> line, FactWriter facts)
    {
        var value = 0;
        for (var bit = 0; bit < CommandBits.Length; bit++)
        {
            if (LspciWords.Sign(line, CommandBits[bit]) == true)
            {
                value |= 1 << bit;
            }
        }

        facts.Command(value);
    }

    // Negative where the kernel has none, and 255 where firmware says so.
    private static void Irq(ReadOnlySpan<char> line, string word, FactWriter facts)
    {
        if (LspciWords.TryNumber(line, word, out var irq) && irq is > 0 and not 255)
        {
            facts.Irq(irq);
        }
    }

    private static void Driver(ImportedFunction f, ReadOnlySpan<char> name, FactWriter facts)
    {
        if (!name.IsEmpty)
        {
            facts.Driver(name.ToString());
        }
    }

    // Now "MSI: Enable+ Count=1/4 Maskable- 64bit+" and "MSI-X: Enable+ Count=5 Masked-"; of old (pciutils before 3.0)
    // "Message Signalled Interrupts: Mask- 64bit+ Queue=0/2 Enable+" with logarithms, and "MSI-X: Enable+ Mask- TabSize=5".
    private static bool Capability(ReadOnlySpan<char> line, FactWriter facts)
    {
        var close = line.IndexOf(']');
        if (close < 0 || close + 2 > line.Length)
        {
            return false;
        }

        var offsetText = line[15..close];
        var what = line[(close + 1)..].TrimStart();

        // What this program prints itself knows of no offsets.
        var offset = 0;
        var isMsix = what.StartsWith("MSI-X:");
        if ((!isMsix && !what.StartsWith("MSI:") && !what.StartsWith("Message Signalled Interrupts:"))
            || !(offsetText is "?" || LspciWords.TryHex(offsetText, out offset)) || LspciWords.Sign(what, "Enable") is not { } enabled)
        {
            return isMsix || what.StartsWith("MSI") || what.StartsWith("Message Signalled");
        }

        if (isMsix)
        {
            if ((LspciWords.TryNumber(what, "Count=", out var size) || LspciWords.TryNumber(what, "TabSize=", out size)) && size is >= 1 and <= 2_048)
            {
                facts.Msix(new MsixCapability(offset, enabled, size, LspciWords.Sign(what, "Masked") ?? LspciWords.Sign(what, "Mask") ?? false));
            }

            return true;
        }

        var perVectorMask = LspciWords.Sign(what, "Maskable") ?? LspciWords.Sign(what, "Mask") ?? false;
        if (TryPair(what, "Count=", out var used, out var most) && most is >= 1 and <= 32)
        {
            facts.Msi(new MsiCapability(offset, enabled, most, perVectorMask) { MessagesEnabled = used });
        }
        else if (TryPair(what, "Queue=", out used, out most) && used <= 5 && most <= 5)
        {
            facts.Msi(new MsiCapability(offset, enabled, 1 << most, perVectorMask) { MessagesEnabled = 1 << used });
        }

        return true;
    }

    private static bool TryPair(ReadOnlySpan<char> text, string word, out int first, out int second)
    {
        second = 0;
        if (!LspciWords.TryNumber(text, word, out first))
        {
            return false;
        }

        var rest = text[(text.IndexOf(word, StringComparison.Ordinal) + word.Length)..];
        return rest.IndexOf('/') is > 0 and < 4 and var slash && LspciWords.TryDigits(rest[(slash + 1)..], out second, out _);
    }
}
