using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>Changes one place of a document before it is read: <c>boots[0].cmdline=noirqdebug</c>, <c>boots[0].drivers[00:01.0]=null</c>.</summary>
public static class DocumentEdit
{
    // Texts that may look like numbers: Linux 6.12 is not 6.12.
    private static readonly string[] TextMembers = ["id", "title", "kernel", "cmdline"];

    // A number in brackets can be a place in a list or the name of a line: handled_before[21].
    private static readonly string[] ListMembers = ["functions", "events", "boots", "probe_order", "closed", "stimuli", "choices", "boot_interrupts", "shutdown", "steps"];

    /// <summary>Sets the value at a path; a member that is not there is added, an index one past the end appends.</summary>
    /// <exception cref="ScenarioException">The path leads nowhere.</exception>
    public static void Set(JsonNode document, string path, string value)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(path);
        var segments = Segments(path);
        Set(document, segments, path, TextMembers.Contains(segments[^1]) ? JsonValue.Create(value) : Value(value));
    }

    /// <summary>Removes a member, if it is there.</summary>
    public static void Remove(JsonNode document, string path)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(path);
        var segments = Segments(path);
        var at = document;
        foreach (var segment in segments.SkipLast(1))
        {
            at = Child(at, segment, path)!;
        }

        (at as JsonObject)?.Remove(segments[^1]);
    }

    internal static void Set(JsonNode document, IReadOnlyList<string> segments, string path, JsonNode? value)
    {
        var at = document;
        for (var i = 0; i < segments.Count - 1; i++)
        {
            var next = Child(at, segments[i], path);
            if (next is null && at is JsonObject parent && !parent.ContainsKey(segments[i]))
            {
                parent[segments[i]] = next = ListMembers.Contains(segments[i]) ? new JsonArray() : new JsonObject();
            }

            at = next ?? throw NoSuch(path, segments[i]);
        }

        switch (at)
        {
            case JsonObject parent:
                parent[segments[^1]] = value;
                break;
            case JsonArray list when IsIndex(segments[^1], out var i) && i < list.Count:
                list[i] = value;
                break;
            case JsonArray list when IsIndex(segments[^1], out var i) && i == list.Count:
                list.Add(value);
                break;
            default:
                throw NoSuch(path, segments[^1]);
        }
    }

    private static JsonNode? Child(JsonNode at, string segment, string path) => at switch
    {
        JsonObject parent => parent.TryGetPropertyValue(segment, out var child) ? child : null,
        JsonArray list when IsIndex(segment, out var i) && i < list.Count => list[i],
        _ => throw NoSuch(path, segment),
    };

    private static bool IsIndex(string segment, out int index) =>
        int.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out index);

    // What is JSON is taken as such; anything else is a text, so that no shell needs to be argued with about quotes.
    private static JsonNode? Value(string value)
    {
        try
        {
            return JsonNode.Parse(value, documentOptions: new JsonDocumentOptions { MaxDepth = DocumentLimits.Depth });
        }
        catch (JsonException)
        {
            return JsonValue.Create(value);
        }
    }

    private static List<string> Segments(string path)
    {
        var segments = new List<string>();
        var at = 0;
        while (at < path.Length)
        {
            if (path[at] == '[')
            {
                var end = path.IndexOf(']', at);
                if (end <= at + 1)
                {
                    throw NoSuch(path, path[at..]);
                }

                segments.Add(path[(at + 1)..end]);
                at = end + 1;
                continue;
            }

            if (path[at] == '.')
            {
                at++;
            }

            var next = path.AsSpan(at).IndexOfAny('.', '[');
            var name = next < 0 ? path[at..] : path[at..(at + next)];
            if (name.Length == 0)
            {
                throw NoSuch(path, "");
            }

            segments.Add(name);
            at += name.Length;
        }

        return segments.Count > 0 ? segments : throw NoSuch(path, "");
    }

    private static ScenarioException NoSuch(string path, string segment) =>
        new([$"{Node.Shown(path)}: '{Node.Shown(segment)}' leads nowhere; a path such as boots[0].cmdline or functions[1].events[0].every_us is needed"]);
}
