using System.Globalization;
using PciDash.Scenarios.Import;

namespace PciDash.Scenarios.Tests.Import;

/// <summary>What was read of a function, in one line, so that two readings can be compared.</summary>
internal static class Facts
{
    public static string Of(ImportedFunction f) => string.Create(CultureInfo.InvariantCulture,
        $"{f.Bdf} {Value(f.VendorId, "x4")}:{Value(f.DeviceId, "x4")} command {Value(f.Command, "x4")} master {Value(f.BusMaster)} pin {Value(f.Pin)} irq {Value(f.Irq)} msi {f.Msi?.Value} msix {f.Msix?.Value} bus {Value(f.SecondaryBus)} driver {Value(f.Driver)}");

    public static List<string> Of(string text) => [.. MachineImport.Read(text).Functions.Select(Of)];

    private static string Value<T>(Fact<T>? fact, string format = "") =>
        fact is not { } known ? "?" : known.Value is IFormattable n ? n.ToString(format, CultureInfo.InvariantCulture) : known.Value?.ToString() ?? "";

    /// <summary>Wraps lines as mail clients do: at the last space before a column, the rest at the margin of the next line.</summary>
    public static string Wrapped(string text, int column)
    {
        var lines = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            var rest = line;
            while (Columns(rest) > column && rest.LastIndexOf(' ', Math.Clamp(column - (Columns(rest) - rest.Length), 0, rest.Length - 1)) is > 12 and var space)
            {
                lines.Add(rest[..space]);
                rest = rest[(space + 1)..];
            }

            lines.Add(rest);
        }

        return string.Join('\n', lines);
    }

    private static int Columns(string line) => line.Length + (7 * line.Count(c => c == '\t'));
}
