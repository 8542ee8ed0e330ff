using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Conformance;

/// <summary>
/// What a kernel says on its serial line, out of the trace of the writes to the UART: so a message has its place among the other events.
/// </summary>
internal sealed partial class SerialConsole
{
    private const int Data = 0;
    private const int LineControl = 3;
    private const int DivisorLatch = 0x80;
    private const int LongestLine = 4_096;

    private readonly StringBuilder line = new();
    private bool divisor;

    /// <summary>One write of a register. Returns the line that it ends, without the kernel's clock, or null.</summary>
    public string? Write(int register, int value)
    {
        if (register == LineControl)
        {
            divisor = (value & DivisorLatch) != 0;
        }

        if (register != Data || divisor)
        {
            return null;
        }

        if (value != '\n')
        {
            if (value != '\r' && line.Length < LongestLine)
            {
                line.Append((char)value);
            }

            return null;
        }

        var said = Clock().Replace(line.ToString(), "");
        line.Clear();
        return said;
    }

    /// <summary>device_shutdown says this of a device under initcall_debug, before it calls the bus; null if the line says something else.</summary>
    public static Bdf? Shutdown(string said) =>
        DeviceShutdown().Match(said) is { Success: true } m && Bdf.TryParse(m.Groups[1].Value, out var bdf) ? bdf : null;

    /// <summary>The irq that nobody cared for, or that is disabled; null if the line says neither.</summary>
    public static (int Irq, ObservedKind Kind)? Spurious(string said) =>
        NobodyCared().Match(said) is { Success: true } nobody ? (int.Parse(nobody.Groups[1].Value, CultureInfo.InvariantCulture), ObservedKind.NobodyCared)
        : Disabling().Match(said) is { Success: true } disabled ? (int.Parse(disabled.Groups[1].Value, CultureInfo.InvariantCulture), ObservedKind.IrqDisabled)
        : null;

    [GeneratedRegex(@"^\[ *\d+\.\d+\](\[ *[TC]\d+\])? ")]
    private static partial Regex Clock();

    [GeneratedRegex(@"^\S+ 0000:([0-9a-f]{2}:[0-9a-f]{2}\.[0-7]): shutdown$")]
    private static partial Regex DeviceShutdown();

    [GeneratedRegex(@"^irq (\d{1,4}): nobody cared")]
    private static partial Regex NobodyCared();

    [GeneratedRegex(@"^Disabling IRQ #(\d{1,4})$")]
    private static partial Regex Disabling();
}
