using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Import;

/// <summary>
/// Configuration space, bit by bit, where it concerns interrupts (linux/pci_regs.h). What it says is preferred to what the text says,
/// but for the irq: the kernel knows that better than the Interrupt Line register does.
/// </summary>
internal static class ConfigDecoder
{
    private const int Vendor = 0x00;
    private const int Device = 0x02;
    private const int Command = 0x04;
    private const int Status = 0x06;
    private const int StatusCapabilities = 0x10;
    private const int SubClass = 0x0a;
    private const int HeaderType = 0x0e;
    private const int SecondaryBus = 0x19;
    private const int CapabilityPointer = 0x34;
    private const int CardBusCapabilityPointer = 0x14;
    private const int InterruptLine = 0x3c;
    private const int InterruptPinRegister = 0x3d;
    private const int IdMsi = 0x05;
    private const int IdMsix = 0x11;

    /// <summary>Puts what the bytes say into the function.</summary>
    public static void Apply(ImportedFunction f, NoteList notes)
    {
        if (f.Config is not { } config || !config.Has(Vendor, 4))
        {
            return;
        }

        if (config.Word(Vendor) == 0xffff)
        {
            f.IsSilent = true;
            return;
        }

        var facts = new FactWriter(f, FactSource.Hex, config.Line, notes);
        facts.VendorId(config.Word(Vendor));
        facts.DeviceId(config.Word(Device));
        if (config.Has(Command, 2))
        {
            facts.Command(config.Word(Command));
        }

        if (config.Has(SubClass, 2))
        {
            facts.ClassCode(config.Word(SubClass));
        }

        var header = config.Has(HeaderType) ? config.Byte(HeaderType) & 0x7f : 0;
        facts.IsBridge(header is 1 or 2);
        if (header is 1 or 2 && config.Has(SecondaryBus))
        {
            facts.SecondaryBus(config.Byte(SecondaryBus));
        }

        if (config.Has(InterruptLine, 2))
        {
            Interrupt(config, facts);
        }

        if (config.Has(Status, 2))
        {
            Capabilities(f, config, header, facts);
        }
    }

    private static void Interrupt(ConfigSpace config, FactWriter facts)
    {
        if (config.Byte(InterruptPinRegister) is <= 4 and var pin)
        {
            facts.Pin((InterruptPin)pin);
        }

        // 0 and 255 mean that nobody has set it.
        if (config.Byte(InterruptLine) is > 0 and < 255 and var line)
        {
            facts.IrqUnlessSaid(line);
        }
    }

    // At most one capability fits each double word, so a list that goes round ends.
    private static void Capabilities(ImportedFunction f, ConfigSpace config, int header, FactWriter facts)
    {
        if ((config.Word(Status) & StatusCapabilities) == 0)
        {
            f.CapabilitiesSeen = true;
            return;
        }

        var pointer = header == 2 ? CardBusCapabilityPointer : CapabilityPointer;
        var at = config.Has(pointer) ? config.Byte(pointer) & ~3 : -1;
        for (var n = 0; n < 48 && at >= 0x40; n++)
        {
            // Bytes past the first 64 that read as nothing were never read: only root may, and archives fill up with zeros.
            if (!config.Has(at, 4) || config.Word(at) == 0)
            {
                return;
            }

            switch (config.Byte(at))
            {
                case IdMsi when at <= 0xfc:
                    Msi(config, at, facts);
                    break;
                case IdMsix:
                    Msix(config, at, facts);
                    break;
                case 0xff:
                    return;
            }

            at = config.Byte(at + 1) & ~3;
        }

        f.CapabilitiesSeen |= at == 0;
    }

    private static void Msi(ConfigSpace config, int at, FactWriter facts)
    {
        var control = config.Word(at + 2);
        var perVectorMask = (control & 0x100) != 0;
        var mask = at + ((control & 0x80) != 0 ? 0x10 : 0x0c);
        facts.Msi(new MsiCapability(at, (control & 1) != 0, 1 << Math.Min((control >> 1) & 7, 5), perVectorMask)
        {
            MessagesEnabled = 1 << Math.Min((control >> 4) & 7, 5),
            Masks = perVectorMask && config.Has(mask, 4) ? config.Long(mask) : null,
        });
    }

    private static void Msix(ConfigSpace config, int at, FactWriter facts)
    {
        var control = config.Word(at + 2);
        facts.Msix(new MsixCapability(at, (control & 0x8000) != 0, (control & 0x7ff) + 1, (control & 0x4000) != 0));
    }
}
