using System.Text;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>A path of the untimed relation as lines of text: what each of its actions does. There are no times in it.</summary>
public static class PathTable
{
    /// <summary>One line per event; actions that nobody sees are left out.</summary>
    public static IReadOnlyList<string> Of(CompiledMachine machine, IReadOnlyList<MachineAction> path)
    {
        var fields = new EventFields(machine);
        var lines = new List<string>();
        var boot = 0;
        foreach (var (_, events) in PathEvents.Of(machine, path))
        {
            foreach (var e in events)
            {
                boot = EventFields.BootAfter(e, boot);
                var words = new WordSink(new StringBuilder());
                fields.Write(e, boot, ref words);
                var where = e.Origin >= 0 ? $"  [{machine.Origins[e.Origin].Where}]" : "";
                lines.Add($"{EventFields.Kind(e.Kind),-15}{words.Line}{where}");
            }
        }

        return lines;
    }
}
