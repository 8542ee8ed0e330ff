using System.Globalization;

namespace PciDash.Scenarios.Import;

/// <summary>Collects where each value of the scenario is from.</summary>
internal sealed class FieldList
{
    private readonly List<ImportedField> all = [];

    public IReadOnlyList<ImportedField> All => all;

    /// <summary>Notes a value that rests on a fact, and returns it.</summary>
    public T Add<T, TFact>(string path, T value, Fact<TFact> fact, string format = "", string why = "")
    {
        all.Add(new ImportedField(path, Text(value, format), fact.Source, fact.Line, why));
        return value;
    }

    /// <summary>Notes a value that nobody said, and returns it.</summary>
    public T Guess<T>(string path, T value, string why)
    {
        all.Add(new ImportedField(path, Text(value, ""), FactSource.Guess, 0, why));
        return value;
    }

    private static string Text<T>(T value, string format) =>
        value is IFormattable number && format.Length > 0 ? number.ToString(format, CultureInfo.InvariantCulture)
            : value is bool bit ? bit ? "1" : "0"
            : string.Create(CultureInfo.InvariantCulture, $"{value}");
}
