using System.Globalization;
using System.Text.Json.Nodes;

namespace PciDash.Scenarios.Building;

/// <summary>How a field is filled in.</summary>
public enum FieldKind
{
    /// <summary>Yes or no: <c>true</c> or <c>false</c>.</summary>
    Flag,

    /// <summary>One of a list of words.</summary>
    Choice,

    /// <summary>A number within a range.</summary>
    Number,

    /// <summary>A text.</summary>
    Text,
}

/// <summary>One field of a form: what the schema of scenario files says of it, in the words of a page.</summary>
/// <param name="Path">Its member below the function, as a document has it: <c>gsi</c>, <c>overrides.pin</c>, <c>events[0].every_us</c>.</param>
/// <param name="Label">Its name for a reader.</param>
/// <param name="Meaning">What it means, and what is possible.</param>
/// <param name="Kind">How it is filled in.</param>
public sealed record FormField(string Path, string Label, string Meaning, FieldKind Kind)
{
    /// <summary>What can be chosen, in the order in which it is offered.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Least number.</summary>
    public decimal? Least { get; init; }

    /// <summary>Greatest number.</summary>
    public decimal? Most { get; init; }

    /// <summary>Most characters.</summary>
    public int? Longest { get; init; }

    /// <summary>True if it may be left empty.</summary>
    public bool Optional { get; init; }

    /// <summary>What is possible, in words; "" where the choices say it all.</summary>
    public string Range => Kind switch
    {
        FieldKind.Number when Least is { } least && Most is { } most => Node.Invariant($"{least:#,0.###} to {most:#,0.###}"),
        FieldKind.Text when Longest is { } longest => Node.Invariant($"at most {longest} characters"),
        _ => "",
    };

    internal static FormField Of(string path, JsonObject schema, bool optional)
    {
        var name = path[(path.LastIndexOf('.') + 1)..];
        var field = new FormField(path, LabelOf(name), (string?)schema["description"] ?? "", FieldKind.Text) { Optional = optional };
        if (schema["enum"] is JsonArray words)
        {
            return field with { Kind = FieldKind.Choice, Choices = [.. words.Select(w => (string)w!)] };
        }

        return (schema["type"] is JsonValue type ? (string?)type : null) switch
        {
            "boolean" => field with { Kind = FieldKind.Flag },
            "integer" or "number" => field with { Kind = FieldKind.Number, Least = Number(schema["minimum"]), Most = Number(schema["maximum"]) },
            _ => field with { Longest = (int?)schema["maxLength"] },
        };
    }

    // Least numbers are whole or parts of a microsecond, whatever type the schema was written with.
    private static decimal? Number(JsonNode? node) => node is null ? null : decimal.Parse(node.ToJsonString(), CultureInfo.InvariantCulture);

    // vectors_used → Vectors used; msix_table_size → MSI-X table size.
    private static string LabelOf(string name)
    {
        var words = name.Split('_').Select(w => w switch
        {
            "msix" => "MSI-X", "msi" => "MSI", "intx" => "INTx", "flr" => "Function Level Reset", "cpu" => "CPU", "gsi" => "Line (GSI)", "usb" => "USB", "id" => "id",
            "us" => "(µs)", "dma" => "DMA", _ => w,
        });
        var label = string.Join(' ', words);
        return char.ToUpperInvariant(label[0]) + label[1..];
    }
}
