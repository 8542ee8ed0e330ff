using System.Globalization;

namespace PciDash.Engine.Hardware;

/// <summary>
/// The address of a PCI function: bus (0-255), device (0-31) and function (0-7), in one segment.
/// Ordered as the kernel discovers functions: by bus, then device, then function.
/// </summary>
public readonly record struct Bdf : IComparable<Bdf>
{
    private readonly ushort packed;

    /// <summary>Makes an address from its parts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A part is outside its range.</exception>
    public Bdf(int bus, int device, int function)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bus, 255u, nameof(bus));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)device, 31u, nameof(device));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)function, 7u, nameof(function));
        packed = (ushort)((bus << 8) | (device << 3) | function);
    }

    /// <summary>Bus number, 0-255.</summary>
    public int Bus => packed >> 8;

    /// <summary>Device (slot) number, 0-31.</summary>
    public int Device => (packed >> 3) & 31;

    /// <summary>Function number, 0-7.</summary>
    public int Function => packed & 7;

    /// <summary>The sixteen-bit requester id.</summary>
    public int RequesterId => packed;

    /// <inheritdoc/>
    public int CompareTo(Bdf other) => packed.CompareTo(other.packed);

    /// <summary>As <c>lspci</c> writes it: <c>00:1f.2</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Bus:x2}:{Device:x2}.{Function}");

    /// <summary>Reads <c>00:1f.2</c>, or <c>0000:00:1f.2</c> with segment zero.</summary>
    public static bool TryParse(string? text, out Bdf bdf)
    {
        bdf = default;
        if (text is null)
        {
            return false;
        }

        var parts = text.Split(':');
        if (parts.Length == 3)
        {
            if (parts[0] != "0000")
            {
                return false;
            }

            parts = parts[1..];
        }

        var dot = parts.Length == 2 ? parts[1].IndexOf('.', StringComparison.Ordinal) : -1;
        if (dot < 1 || parts[0].Length != 2 || dot != 2 || parts[1].Length != 4
            || !int.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bus)
            || !int.TryParse(parts[1].AsSpan(0, dot), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var device)
            || !int.TryParse(parts[1].AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var function)
            || device > 31 || function > 7)
        {
            return false;
        }

        bdf = new Bdf(bus, device, function);
        return true;
    }

    /// <summary>Earlier in discovery order.</summary>
    public static bool operator <(Bdf left, Bdf right) => left.CompareTo(right) < 0;

    /// <summary>Later in discovery order.</summary>
    public static bool operator >(Bdf left, Bdf right) => left.CompareTo(right) > 0;

    /// <summary>Earlier in discovery order, or the same.</summary>
    public static bool operator <=(Bdf left, Bdf right) => left.CompareTo(right) <= 0;

    /// <summary>Later in discovery order, or the same.</summary>
    public static bool operator >=(Bdf left, Bdf right) => left.CompareTo(right) >= 0;
}
