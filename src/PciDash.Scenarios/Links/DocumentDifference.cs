using System.Text.Json.Nodes;

namespace PciDash.Scenarios;

/// <summary>
/// What has to be changed in one document to get another: a list of <c>[path, value]</c> (set) and <c>[path]</c> (remove), with paths such as
/// <c>boots/0/policy</c>. A patch format that gives null a meaning of its own will not do: null is a driver ("none") here.
/// </summary>
internal static class DocumentDifference
{
    public static JsonArray Between(JsonNode from, JsonNode to)
    {
        var changes = new JsonArray();
        Compare(from, to, "", changes);
        return changes;
    }

    /// <summary>Applies changes; false if one of them leads nowhere.</summary>
    public static bool Apply(JsonNode document, JsonArray changes)
    {
        foreach (var change in changes)
        {
            if (change is not JsonArray { Count: 1 or 2 } pair || pair[0] is not JsonValue name || !name.TryGetValue<string>(out var path))
            {
                return false;
            }

            var segments = path.Split('/');
            var at = document;
            foreach (var segment in segments.SkipLast(1))
            {
                at = at switch
                {
                    JsonObject parent when parent.TryGetPropertyValue(segment, out var child) => child,
                    JsonArray list when int.TryParse(segment, out var i) && i >= 0 && i < list.Count => list[i],
                    _ => null,
                };
            }

            switch (at)
            {
                case JsonObject parent when pair.Count == 1:
                    parent.Remove(segments[^1]);
                    break;
                case JsonObject parent:
                    parent[segments[^1]] = pair[1]?.DeepClone();
                    break;
                case JsonArray list when pair.Count == 2 && int.TryParse(segments[^1], out var i) && i >= 0 && i < list.Count:
                    list[i] = pair[1]?.DeepClone();
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static void Compare(JsonNode? from, JsonNode? to, string path, JsonArray changes)
    {
        switch (from, to)
        {
            case (JsonObject a, JsonObject b):
                foreach (var name in a.Select(m => m.Key).Where(k => !b.ContainsKey(k)))
                {
                    changes.Add(new JsonArray(Join(path, name)));
                }

                foreach (var (name, value) in b)
                {
                    if (a.ContainsKey(name))
                    {
                        Compare(a[name], value, Join(path, name), changes);
                    }
                    else
                    {
                        changes.Add(new JsonArray(Join(path, name), value?.DeepClone()));
                    }
                }

                break;
            case (JsonArray a, JsonArray b) when a.Count == b.Count:
                for (var i = 0; i < a.Count; i++)
                {
                    Compare(a[i], b[i], Join(path, Node.Invariant($"{i}")), changes);
                }

                break;
            default:
                if (!JsonNode.DeepEquals(from, to))
                {
                    changes.Add(new JsonArray(path, to?.DeepClone()));
                }

                break;
        }
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}/{name}";
}
