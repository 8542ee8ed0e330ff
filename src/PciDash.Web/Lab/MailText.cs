using System.Text;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;

namespace PciDash.Web.Lab;

/// <summary>Events as lines for a mail: plain text, 72 columns.</summary>
public static class MailText
{
    /// <summary>Columns of a line.</summary>
    public const int Columns = 72;

    /// <summary>The most rows that are written; how many were left out is said.</summary>
    public const int MostRows = 1_000;

    /// <summary>Writes rows of a recording.</summary>
    /// <param name="run">The run.</param>
    /// <param name="rows">Entries, in their order.</param>
    /// <param name="first">Index of the row to begin with.</param>
    /// <param name="notes">What a reader wrote to some of the entries.</param>
    public static string Of(Run run, IReadOnlyList<int> rows, int first = 0, IReadOnlyDictionary<int, string>? notes = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(rows);
        var words = new EventText(run.Machine);
        var end = Math.Min(rows.Count, first + MostRows);
        var lines = new List<(string Number, string Time, string Where, string What)> { ("i", "t", "where", "what") };
        for (var i = first; i < end; i++)
        {
            var e = run.Recording.Entries[rows[i]];
            var (times, last) = run.Recording.Occurrences(rows[i]);
            lines.Add(($"{e.Raw:N0}", new SimTime(e.TimeNs).ToString(), words.Where(e.Event), words.What(e.Event) + (times > 1 ? $" x{times:N0} until {new SimTime(last)}" : "")
                + (notes?.TryGetValue(rows[i], out var note) == true ? $" [{note}]" : "")));
        }

        var (number, time, where) = (lines.Max(l => l.Number.Length), lines.Max(l => l.Time.Length), lines.Max(l => l.Where.Length));
        var margin = new string(' ', number + time + where + 6);
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            var begin = $"{line.Number.PadLeft(number)}  {line.Time.PadLeft(time)}  {line.Where.PadRight(where)}  ";
            foreach (var part in Wrapped(Plain(line.What), Math.Max(20, Columns - margin.Length)))
            {
                text.Append((begin + part).TrimEnd()).Append('\n');
                begin = margin;
            }
        }

        if (first > 0 || end < rows.Count)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"({end - first:N0} of {rows.Count:N0} rows)\n");
        }

        return text.ToString();
    }

    private static string Plain(string text) => text.Replace("→", "->", StringComparison.Ordinal).Replace("×", "x", StringComparison.Ordinal).Replace("µ", "u", StringComparison.Ordinal);

    private static IEnumerable<string> Wrapped(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line += (line.Length > 0 ? " " : "") + word;
        }

        yield return line;
    }
}
