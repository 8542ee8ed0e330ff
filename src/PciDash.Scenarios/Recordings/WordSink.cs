using System.Text;

namespace PciDash.Scenarios;

/// <summary>The fields of an event as words of one line.</summary>
internal readonly struct WordSink(StringBuilder line) : IFieldSink
{
    public StringBuilder Line => line;

    // What an event is about stands for itself; everything else is named.
    public void Text(string name, string value) => line.Append(' ').Append(name is "bdf" or "name" or "edge" or "what" or "operands" ? value : $"{name}={value}");

    public void Number(string name, long value) => line.Append(' ').Append(Node.Invariant($"{name}={value}"));
}
