using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Comparison;

/// <summary>A register that is not handed over alike.</summary>
/// <param name="Subject">A function's address, or <c>IRQ 21</c>.</param>
/// <param name="Register">Which one, as a data sheet calls it.</param>
/// <param name="First">Its value in the first run.</param>
/// <param name="Second">Its value in the second run.</param>
public sealed record HandOverDifference(string Subject, string Register, string First, string Second);

/// <summary>What a kernel leaves to whoever comes next: the next kernel, firmware, or nobody.</summary>
public static class HandOver
{
    /// <summary>Raw number of the event with which the first kernel hands over; -1 if the run does not come that far.</summary>
    public static long Of(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        foreach (var e in run.Recording.Entries)
        {
            // A kernel that crashed has no machine_kexec of its own: there the next kernel's beginning is the first sign.
            if (e.Event.Kind == EventKind.Phase && (e.Event.B > 0 || run.Machine.Names[e.Event.A] is "machine_kexec" or "firmware" or "off"))
            {
                return e.Raw;
            }
        }

        return -1;
    }

    /// <summary>What differs at both runs' hand-overs, by function and by line; only what both machines have is compared.</summary>
    public static IReadOnlyList<HandOverDifference> Between(Run first, long firstAt, Run second, long secondAt)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var (a, b) = (first.At(firstAt).Before, second.At(secondAt).Before);
        var others = second.Machine.Functions.ToDictionary(f => f.Bdf, f => f.Index);
        var lines = second.Machine.Lines.ToDictionary(l => l.Gsi.Value, l => l.Index);
        return
        [
            .. from f in first.Machine.Functions
               where others.ContainsKey(f.Bdf)
               from register in Registers(a.Function(f.Index)).Zip(Registers(b.Function(others[f.Bdf])))
               where register.First.Value != register.Second.Value
               select new HandOverDifference(f.Bdf.ToString(), register.First.Name, register.First.Value, register.Second.Value),
            .. from l in first.Machine.Lines
               where lines.ContainsKey(l.Gsi.Value)
               from register in Registers(a.Line(l.Index)).Zip(Registers(b.Line(lines[l.Gsi.Value])))
               where register.First.Value != register.Second.Value
               select new HandOverDifference(Node.Invariant($"IRQ {l.Gsi}"), register.First.Name, register.First.Value, register.Second.Value),
        ];
    }

    private static IEnumerable<(string Name, string Value)> Registers(FunctionView f) =>
    [
        ("Bus Master", Bit(f.BusMaster)), ("INTx-Disable", Bit(f.IntxDisable)), ("MSI Enable", Bit(f.MsiEnable)), ("MSI-X Enable", Bit(f.MsixEnable)),
        ("MSI-X Function Mask", Bit(f.MsixFunctionMask)), ("Interrupt Status", Bit(f.InterruptStatus)), ("INTx pin", f.PinAsserted ? "asserted" : "silent"),
        ("power state", f.D3hot ? "D3hot" : "D0"),
    ];

    private static IEnumerable<(string Name, string Value)> Registers(LineView l) =>
    [
        ("line", l.Asserted ? "asserted" : "low"), ("IO-APIC pin", l.Masked ? "masked" : "unmasked"), ("remote IRR", Bit(l.RemoteIrr)),
        ("irq", l.SpuriousDisabled ? "given up" : l.Disabled ? "disabled" : "enabled"),
    ];

    private static string Bit(bool value) => value ? "1" : "0";
}
