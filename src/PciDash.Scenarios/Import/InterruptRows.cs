using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Import;

/// <summary>Finds the function that each irq of /proc/interrupts belongs to.</summary>
internal sealed class InterruptRows
{
    private readonly Dictionary<int, InterruptRow> byIrq = [];
    private readonly ILookup<string, InterruptRow> linesByDriver;

    public InterruptRows(InterruptsReader table, FunctionTable functions, NoteList notes)
    {
        foreach (var row in table.Rows)
        {
            byIrq.TryAdd(row.Irq, row);
        }

        linesByDriver = byIrq.Values.Where(r => r.Kind == IrqKind.Line)
            .SelectMany(r => r.Actions.Select(a => (Driver: DriverOf(a), Row: r)))
            .ToLookup(h => h.Driver, h => h.Row);
        var byIrqOfText = functions.InOrder.Where(f => f.Irq is { Source: FactSource.Text }).ToLookup(f => f.Irq!.Value.Value);
        var drivers = functions.InOrder.Where(f => f.Driver is { Value.Length: > 0 }).ToLookup(f => Plain(f.Driver!.Value.Value));
        foreach (var row in table.Rows.Where(r => r.Kind >= IrqKind.Message))
        {
            var named = row.Function ?? row.Actions.Select(InterruptsReader.NamedIn).FirstOrDefault(b => b is not null);
            if (named is { } bdf && functions.Find(bdf) is null)
            {
                notes.Warn(row.Line, Node.Invariant($"irq {row.Irq} is a message of {bdf}, which is not listed"), "it is left out");
            }
            else if (named is { } found)
            {
                functions.Find(found)!.Messages.Add(row);
            }
            else if ((Only(byIrqOfText[row.Irq]) ?? Only(row.Actions.SelectMany(a => drivers[DriverOf(a)]))) is { } f)
            {
                f.Messages.Add(row);
            }
        }
    }

    /// <summary>The row of an irq, or null.</summary>
    public InterruptRow? Find(int irq) => byIrq.GetValueOrDefault(irq);

    /// <summary>The one line that has a handler of this driver; null if none or several have.</summary>
    public InterruptRow? LineOf(string driver) => Only(linesByDriver[Plain(driver)]);

    // "uhci_hcd:usb3", "nvme0q1", "snd_hda_intel:card0", "ahci[0000:00:1f.2]": the driver stands in front.
    private static string DriverOf(string action)
    {
        var end = action.AsSpan().IndexOfAny(":[ @");
        var name = end >= 0 ? action[..end] : action;
        var queue = name.StartsWith("nvme", StringComparison.Ordinal) ? 4 : name.Length;
        return Plain(name[..queue]);
    }

    private static string Plain(string name) => name.Replace('-', '_');

    private static T? Only<T>(IEnumerable<T> all)
        where T : class
    {
        T? only = null;
        foreach (var one in all)
        {
            if (only is not null && only != one)
            {
                return null;
            }

            only = one;
        }

        return only;
    }
}
