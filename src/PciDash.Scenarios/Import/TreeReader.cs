using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Import;

/// <summary>
/// Reads the tree of lspci -t and -tv. A branch hangs on the bus that was opened at its column:
/// <code>
/// -[0000:00]-+-00.0
///            +-01.0-[01-02]--+-00.0
///            |               \-00.1
///            \-1f.2
/// </code>
/// </summary>
internal sealed class TreeReader(FunctionTable functions, NoteList notes)
{
    private readonly Dictionary<int, (int Segment, int Bus)> branches = [];

    /// <summary>Root buses that the tree names.</summary>
    public HashSet<int> Roots { get; } = [];

    /// <summary>Takes a line of a tree.</summary>
    public bool Take(ReadOnlySpan<char> line, int number)
    {
        var start = line.IndexOfAnyExcept(' ', '|');
        if (start < 0 || start + 1 >= line.Length)
        {
            return false;
        }

        var isRoot = line[start..].StartsWith("-[") || line[start..].StartsWith("-+-[") || line[start..].StartsWith("+-[") || line[start..].StartsWith("\\-[");
        var isBranch = (line[start] is '+' or '\\') && line[start + 1] == '-' && start + 6 <= line.Length && IsFunction(line[(start + 2)..]);
        if (!isRoot && !isBranch)
        {
            return false;
        }

        (int Segment, int Bus)? bus = null;
        ImportedFunction? bridge = null;
        for (var i = start; i < line.Length; i++)
        {
            switch (line[i])
            {
                case '+' or '\\':
                    if (bus is { } opened)
                    {
                        branches[i] = opened;
                    }
                    else if (branches.TryGetValue(i, out var above))
                    {
                        bus = above;
                    }

                    break;
                case '[':
                    var close = line[i..].IndexOf(']');
                    if (close < 0 || !TryBus(line.Slice(i + 1, close - 1), bus?.Segment ?? 0, out var below, out var isTop))
                    {
                        return true;
                    }

                    if (bridge is not null)
                    {
                        var facts = new FactWriter(bridge, FactSource.Text, number, notes);
                        facts.IsBridge(true);
                        facts.SecondaryBus(below.Bus);
                    }
                    else if (isTop && below.Segment == 0)
                    {
                        Roots.Add(below.Bus);
                    }

                    bridge = null;
                    bus = below;
                    i += close;
                    break;
                case '-' or '|':
                    break;
                case ' ':
                    // -tv: the name follows.
                    SetName(bridge, line[i..].Trim());
                    return true;
                default:
                    if (bus is not { } at || !IsFunction(line[i..]))
                    {
                        return true;
                    }

                    LspciWords.TryHex(line.Slice(i, 2), out var device);
                    bridge = device < 32 ? functions.At(at.Segment, new Bdf(at.Bus, device, line[i + 3] - '0'), number) : null;
                    i += 3;
                    break;
            }
        }

        return true;
    }

    private static bool IsFunction(ReadOnlySpan<char> text) =>
        text.Length >= 4 && char.IsAsciiHexDigit(text[0]) && char.IsAsciiHexDigit(text[1]) && text[2] == '.' && text[3] is >= '0' and <= '7';

    // "0000:00" of a root, "01" or "01-05" below a bridge.
    private static bool TryBus(ReadOnlySpan<char> text, int segment, out (int Segment, int Bus) bus, out bool isTop)
    {
        bus = default;
        var colon = text.IndexOf(':');
        isTop = colon >= 0;
        if (isTop && !LspciWords.TryHex(text[..colon], out segment))
        {
            return false;
        }

        text = text[(colon + 1)..];
        var valid = text.Length >= 2 && LspciWords.TryHex(text[..2], out bus.Bus);
        bus.Segment = segment;
        return valid;
    }

    private static void SetName(ImportedFunction? f, ReadOnlySpan<char> name)
    {
        if (f is not null && f.Name.Length == 0)
        {
            f.Name = name.ToString();
        }
    }
}
