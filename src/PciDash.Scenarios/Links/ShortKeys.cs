using System.Text.Json;
using System.Text.Json.Nodes;

namespace PciDash.Scenarios;

/// <summary>
/// One letter for each member name in a link. Frozen: a letter never changes its meaning, and a name that is new in a later version
/// travels in full. Names of one letter do not exist in documents, so the two cannot be confused.
/// </summary>
internal static class ShortKeys
{
    private static readonly string[] Names =
    [
        "version", "id", "title", "platform", "timing", "functions", "boots", "bdf", "device", "parent", "secondary_bus", "gsi", "mode", "cpu",
        "events", "overrides", "what", "every_us", "jitter_percent", "count", "first_us", "entry", "once_per_service", "on_bus_master_off",
        "intx_condition", "msi_intx_disable_bug", "pin", "kernel", "policy", "enumeration", "path", "cmdline", "cpus", "drivers", "probe_order",
        "handled_before", "stimuli", "scenario", "seed", "choices", "view", "fingerprint", "step", "action", "from_ns", "to_ns", "selection",
        "compare", "preset", "changes",
    ];

    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private static readonly Dictionary<string, string> Short = Names.Select((n, i) => (n, Letters[i].ToString())).ToDictionary(p => p.n, p => p.Item2);
    private static readonly Dictionary<string, string> Long = Short.ToDictionary(p => p.Value, p => p.Key);

    public static JsonNode? Shorten(JsonNode? node) => Rename(node, Short);

    /// <summary>The name at which a reader stands, in full; a letter costs no text of its own.</summary>
    public static string Lengthen(ref Utf8JsonReader reader)
    {
        if (reader.ValueSpan.Length == 1 && !reader.ValueIsEscaped && LongByLetter[reader.ValueSpan[0] & 127] is { } name)
        {
            return name;
        }

        var given = reader.GetString()!;
        return Long.GetValueOrDefault(given, given);
    }

    private static readonly string?[] LongByLetter = [.. Enumerable.Range(0, 128).Select(c => Long.GetValueOrDefault(((char)c).ToString()))];

    private static JsonNode? Rename(JsonNode? node, Dictionary<string, string> names) => node switch
    {
        JsonObject o => new JsonObject(o.Select(m => KeyValuePair.Create(names.GetValueOrDefault(m.Key, m.Key), Rename(m.Value, names)))),
        JsonArray a => new JsonArray([.. a.Select(e => Rename(e, names))]),
        _ => node?.DeepClone(),
    };
}
