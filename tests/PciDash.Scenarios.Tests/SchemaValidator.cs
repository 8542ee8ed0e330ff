using System.Text.Json;
using System.Text.RegularExpressions;

namespace PciDash.Scenarios.Tests;

/// <summary>As much of JSON Schema as the published schema uses; a keyword that it does not know is an error, so nothing is skipped silently.</summary>
internal static class SchemaValidator
{
    private static readonly HashSet<string> Known =
    [
        "$schema", "$id", "$defs", "title", "description", "type", "properties", "additionalProperties", "required", "enum", "const", "items",
        "minItems", "maxItems", "minimum", "maximum", "maxLength", "pattern", "propertyNames", "oneOf", "anyOf", "$ref",
    ];

    public static List<string> Validate(JsonElement root, JsonElement schema, JsonElement value, string path = "")
    {
        var errors = new List<string>();
        foreach (var keyword in schema.EnumerateObject())
        {
            Assert.Contains(keyword.Name, Known);
            Check(root, schema, keyword, value, path, errors);
        }

        return errors;
    }

    private static void Check(JsonElement root, JsonElement schema, JsonProperty keyword, JsonElement value, string path, List<string> errors)
    {
        var k = keyword.Value;
        switch (keyword.Name)
        {
            case "$ref":
                errors.AddRange(Validate(root, root.GetProperty("$defs").GetProperty(k.GetString()!["#/$defs/".Length..]), value, path));
                break;
            case "type":
                var is_ = value.ValueKind switch
                {
                    JsonValueKind.Object => "object", JsonValueKind.Array => "array", JsonValueKind.String => "string",
                    JsonValueKind.True or JsonValueKind.False => "boolean", JsonValueKind.Null => "null",
                    _ => value.TryGetInt64(out _) ? "integer" : "number",
                };
                var types = k.ValueKind == JsonValueKind.Array ? k.EnumerateArray().Select(t => t.GetString()).ToList() : [k.GetString()];
                Need(types.Contains(is_) || (is_ == "integer" && types.Contains("number")), "type");
                break;
            case "enum":
                Need(k.EnumerateArray().Any(e => JsonElement.DeepEquals(e, value)), "enum");
                break;
            case "const":
                Need(JsonElement.DeepEquals(k, value), "const");
                break;
            case "pattern":
                Need(value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, k.GetString()!), "pattern");
                break;
            case "maxLength":
                Need(value.ValueKind != JsonValueKind.String || value.GetString()!.Length <= k.GetInt32(), "maxLength");
                break;
            case "minimum":
                Need(value.ValueKind != JsonValueKind.Number || value.GetDecimal() >= k.GetDecimal(), "minimum");
                break;
            case "maximum":
                Need(value.ValueKind != JsonValueKind.Number || value.GetDecimal() <= k.GetDecimal(), "maximum");
                break;
            case "minItems":
                Need(value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= k.GetInt32(), "minItems");
                break;
            case "maxItems":
                Need(value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= k.GetInt32(), "maxItems");
                break;
            case "items" when value.ValueKind == JsonValueKind.Array:
                errors.AddRange(value.EnumerateArray().SelectMany((e, i) => Validate(root, k, e, $"{path}[{i}]")));
                break;
            case "required":
                foreach (var name in k.EnumerateArray().Select(n => n.GetString()!))
                {
                    Need(value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out _), "required " + name);
                }

                break;
            case "properties" when value.ValueKind == JsonValueKind.Object:
                foreach (var p in k.EnumerateObject().Where(p => value.TryGetProperty(p.Name, out _)))
                {
                    errors.AddRange(Validate(root, p.Value, value.GetProperty(p.Name), $"{path}.{p.Name}"));
                }

                break;
            case "additionalProperties" when value.ValueKind == JsonValueKind.Object:
                var named = schema.TryGetProperty("properties", out var all) ? all.EnumerateObject().Select(p => p.Name).ToHashSet() : [];
                foreach (var other in value.EnumerateObject().Where(m => !named.Contains(m.Name)))
                {
                    if (k.ValueKind == JsonValueKind.False)
                    {
                        errors.Add($"{path}.{other.Name}: additional");
                    }
                    else
                    {
                        errors.AddRange(Validate(root, k, other.Value, $"{path}.{other.Name}"));
                    }
                }

                break;
            case "propertyNames" when value.ValueKind == JsonValueKind.Object:
                foreach (var m in value.EnumerateObject())
                {
                    Need(Regex.IsMatch(m.Name, k.GetProperty("pattern").GetString()!), "name " + m.Name);
                }

                break;
            case "anyOf":
                Need(k.EnumerateArray().Any(s => Validate(root, s, value, path).Count == 0), "anyOf");
                break;
            case "oneOf":
                Need(k.EnumerateArray().Count(s => Validate(root, s, value, path).Count == 0) == 1, "oneOf");
                break;
        }

        void Need(bool holds, string what)
        {
            if (!holds)
            {
                errors.Add($"{path}: {what}");
            }
        }
    }
}
