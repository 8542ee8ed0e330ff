using System.Globalization;

namespace PciDash.Engine.Hardware;

/// <summary>A global system interrupt: the number of an IO-APIC input pin, 0-239. On x86 with ACPI a line's irq has the same number.</summary>
public readonly record struct Gsi(int Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A Linux irq number, as in /proc/interrupts.</summary>
public readonly record struct IrqNumber(int Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A vector of a local APIC, 32-255; a higher one is served first.</summary>
public readonly record struct Vector(int Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>An interrupt pin as in the config register at 0x3d: 0 = none, 1-4 = INTA-INTD.</summary>
public enum InterruptPin : byte
{
    /// <summary>The function has no pin.</summary>
    None,

    /// <summary>INTA.</summary>
    A,

    /// <summary>INTB.</summary>
    B,

    /// <summary>INTC.</summary>
    C,

    /// <summary>INTD.</summary>
    D,
}
