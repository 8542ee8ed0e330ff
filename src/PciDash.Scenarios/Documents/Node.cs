using System.Globalization;
using System.Text.Json;

namespace PciDash.Scenarios;

/// <summary>A JSON value that knows its path, and notes what is wrong with it instead of throwing: all problems are wanted, not the first.</summary>
internal sealed class Node(JsonElement element, string path, List<string> problems)
{
    // A file of nothing but mistakes needs no list as long as itself.
    private const int MaxProblems = 50;

    public JsonElement Element => element;

    public string Path => path.Length == 0 ? "document" : path;

    private string RawPath => path;

    public static string Shown(string text)
    {
        var clean = string.Concat(text.Where(c => !char.IsControl(c)));
        return clean.Length > 40 ? clean[..40] + "…" : clean;
    }

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    public void Problem(string what)
    {
        if (problems.Count < MaxProblems)
        {
            problems.Add(path.Length == 0 ? what : $"{path}: {what}");
        }
        else if (problems.Count == MaxProblems)
        {
            problems.Add("and more like these");
        }
    }

    /// <summary>True if this is an object; members that are not among <paramref name="allowed"/> and doubled ones are problems.</summary>
    public bool IsObject(IReadOnlyList<string> allowed)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            Problem($"{Kind(element)} given; an object is needed");
            return false;
        }

        var seen = new HashSet<string>();
        foreach (var member in element.EnumerateObject())
        {
            if (problems.Count > MaxProblems)
            {
                break;
            }

            if (!allowed.Contains(member.Name))
            {
                At(member.Name, member.Value).Problem($"no such field; {string.Join(", ", allowed)} are possible");
            }
            else if (!seen.Add(member.Name))
            {
                At(member.Name, member.Value).Problem("given twice; once is possible");
            }
        }

        return true;
    }

    public bool Has(string name) => element.TryGetProperty(name, out _);

    public Node? Member(string name, bool required = false)
    {
        if (element.TryGetProperty(name, out var value))
        {
            return At(name, value);
        }

        if (required)
        {
            At(name, default).Problem("missing; it is needed");
        }

        return null;
    }

    /// <summary>The entries of an object whose names are data.</summary>
    public IEnumerable<(string Name, Node Value)> Entries(string name)
    {
        if (Member(name) is not { } node)
        {
            yield break;
        }

        if (node.Element.ValueKind != JsonValueKind.Object)
        {
            node.Problem($"{Kind(node.Element)} given; an object is needed");
            yield break;
        }

        var seen = new HashSet<string>();
        foreach (var member in node.Element.EnumerateObject())
        {
            var entry = new Node(member.Value, $"{node.RawPath}[{Shown(member.Name)}]", problems);
            if (!seen.Add(member.Name))
            {
                entry.Problem("given twice; once is possible");
                continue;
            }

            yield return (member.Name, entry);
        }
    }

    public IEnumerable<Node> Items(string name, int least, int most, bool required = false)
    {
        if (Member(name, required) is not { } node)
        {
            yield break;
        }

        if (node.Element.ValueKind != JsonValueKind.Array)
        {
            node.Problem($"{Kind(node.Element)} given; a list is needed");
            yield break;
        }

        var count = node.Element.GetArrayLength();
        if (count < least || count > most)
        {
            node.Problem(Invariant($"{count} given; {least} to {most} are possible"));
        }

        var i = 0;
        foreach (var item in node.Element.EnumerateArray().Take(most))
        {
            yield return new Node(item, Invariant($"{node.RawPath}[{i++}]"), problems);
        }
    }

    public string? AsText(int longest)
    {
        if (element.ValueKind != JsonValueKind.String)
        {
            Problem($"{Kind(element)} given; a text is needed");
            return null;
        }

        var text = element.GetString()!;
        if (text.Length > longest)
        {
            Problem(Invariant($"{text.Length} characters given; at most {longest} are possible"));
            return null;
        }

        if (text.Any(char.IsControl))
        {
            Problem("it holds a control character; plain text is needed");
            return null;
        }

        return text;
    }

    public string? Text(string name, int longest, bool required = false) => Member(name, required)?.AsText(longest);

    public long? AsInteger(long least, long most)
    {
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out var value))
        {
            Problem(Invariant($"{Kind(element)} given; a whole number from {least} to {most} is needed"));
            return null;
        }

        if (value < least || value > most)
        {
            Problem(Invariant($"{value} given; {least} to {most} are possible"));
            return null;
        }

        return value;
    }

    public long? Integer(string name, long least, long most) => Member(name)?.AsInteger(least, most);

    /// <summary>Microseconds with at most three decimals, as nanoseconds.</summary>
    public long? Microseconds(string name, long leastNs, long mostNs, bool required = false)
    {
        if (Member(name, required) is not { } node)
        {
            return null;
        }

        var range = Invariant($"{leastNs / 1000m:0.###} to {mostNs / 1000m:0.###} are possible");
        if (node.Element.ValueKind != JsonValueKind.Number || !node.Element.TryGetDecimal(out var us) || Math.Abs(us) > 1_000_000_000_000m)
        {
            node.Problem($"{Kind(node.Element)} given; {range}");
            return null;
        }

        var ns = us * 1000m;
        if (ns != decimal.Truncate(ns) || ns < leastNs || ns > mostNs)
        {
            node.Problem(Invariant($"{us} µs given; {range}, in steps of 0.001"));
            return null;
        }

        return (long)ns;
    }

    public bool? Flag(string name) => Member(name)?.AsFlag();

    public bool? AsFlag()
    {
        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return element.GetBoolean();
        }

        Problem($"{Kind(element)} given; true or false are possible");
        return null;
    }

    /// <summary>One of a catalogue's names.</summary>
    public T? Word<T>(string name, Words<T> words, bool required = false)
        where T : notnull
    {
        return Member(name, required) is { } node ? node.AsWord(words) : default;
    }

    public T? AsWord<T>(Words<T> words)
        where T : notnull => TryWord(words, out var value) ? value : default;

    /// <summary>One of a catalogue's names, which must be given.</summary>
    public bool TryMemberWord<T>(string name, Words<T> words, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T value)
        where T : notnull
    {
        value = default;
        return Member(name, required: true) is { } node && node.TryWord(words, out value);
    }

    public bool TryWord<T>(Words<T> words, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T value)
        where T : notnull
    {
        value = default;
        if (element.ValueKind != JsonValueKind.String)
        {
            Problem($"{Kind(element)} given; {words.Possible} are possible");
            return false;
        }

        var text = element.GetString()!;
        if (words.TryGet(text, out value))
        {
            return true;
        }

        Problem($"unknown {words.Kind} '{Shown(text)}'; {words.Possible} are possible");
        return false;
    }

    private Node At(string name, JsonElement value) => new(value, path.Length == 0 ? Shown(name) : $"{path}.{Shown(name)}", problems);

    private static string Kind(JsonElement e) => e.ValueKind switch
    {
        JsonValueKind.Undefined => "nothing",
        JsonValueKind.Null => "null",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => $"'{Shown(e.GetString()!)}'",
        _ => Shown(e.GetRawText()),
    };
}
