using System.Globalization;
using System.Text;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Printed;

/// <summary>What <c>lspci -vvv</c> would say of the functions of a run: those of its lines that the model knows, in its words.</summary>
public static class LspciText
{
    private static readonly string[] Control = ["I/O", "Mem", "BusMaster", "SpecCycle", "MemWINV", "VGASnoop", "ParErr", "Stepping", "SERR", "FastB2B", "DisINTx"];

    /// <summary>All functions, by address.</summary>
    public static string Of(MachineView now)
    {
        ArgumentNullException.ThrowIfNull(now);
        return string.Join("\n", now.Machine.Functions.OrderBy(f => f.Bdf).Select(f => Of(now, f.Index)));
    }

    /// <summary>One function.</summary>
    public static string Of(MachineView now, int function)
    {
        ArgumentNullException.ThrowIfNull(now);
        var m = now.Machine;
        var f = m.Functions[function];
        var device = f.Device;
        var view = now.Function(function);
        var boot = m.Boots[Math.Min(now.Boot, m.Boots.Count - 1)];
        var text = new StringBuilder();
        void Line(string line) => text.Append('\t').Append(line).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"{f.Bdf} Device: {device.Title}").Append(device.VendorId == 0 ? "" : $" [{device.VendorId:x4}:{device.DeviceId:x4}]").Append('\n');
        Line("Control: " + string.Join(' ', Control.Select((name, bit) => name + Sign((view.Command & (1 << bit)) != 0))));
        Line("Status: INTx" + Sign(view.InterruptStatus));
        if (device.Pin != InterruptPin.None && f.Line >= 0)
        {
            Line($"Interrupt: pin {device.Pin} routed to IRQ {m.Lines[f.Line].Gsi}");
        }

        Line($"Capabilities: [?] Power Management: Status: {(view.D3hot ? "D3" : "D0")} NoSoftRst{Sign(device.NoSoftReset)}");
        if (device.MsiMessages > 0)
        {
            var enabled = view.MsiEnable ? Math.Max(1, boot.Vectors[function]) : 1;
            Line(Node.Invariant($"Capabilities: [?] MSI: Enable{Sign(view.MsiEnable)} Count={enabled}/{device.MsiMessages} Maskable{Sign(device.MsiPerVectorMask)}"));
        }

        if (device.MsixTableSize > 0)
        {
            Line(Node.Invariant($"Capabilities: [?] MSI-X: Enable{Sign(view.MsixEnable)} Count={device.MsixTableSize} Masked{Sign(view.MsixFunctionMask)}"));
        }

        if (DriverInUse(now, function) is { } driver)
        {
            Line("Kernel driver in use: " + driver);
        }

        return text.ToString();
    }

    /// <summary>The driver bound to a function; null = none, or that of a kernel that is only starting has not taken an irq yet.</summary>
    internal static string? DriverInUse(MachineView now, int function)
    {
        var view = now.Function(function);
        return now.Boot > 0 && !view.LineAction && !view.VectorActions ? null : now.Machine.Boots[Math.Min(now.Boot, now.Machine.Boots.Count - 1)].Drivers[function]?.Id;
    }

    private static char Sign(bool value) => value ? '+' : '-';
}
