namespace PciDash.Scenarios.Pictures;

/// <summary>
/// The colours of one theme, for what can't read CSS custom properties: MudBlazor's theme and Plotly.
/// wwwroot/css/app.css has the same ones; a test compares them, and the contrasts.
/// </summary>
/// <remarks>
/// MSI, INTx, dead and running are from a palette that colour-blind people can tell apart (Okabe and Ito). The plain
/// colour is for marks (3:1); the -Text one is for words (4.5:1).
/// </remarks>
public sealed record Palette
{
    public required string Bg { get; init; }
    public required string Panel { get; init; }
    public required string Soft { get; init; }
    public required string Ink { get; init; }
    public required string Muted { get; init; }
    public required string Line { get; init; }
    public required string Msi { get; init; }
    public required string MsiText { get; init; }
    public required string Intx { get; init; }
    public required string IntxText { get; init; }
    public required string Dead { get; init; }
    public required string DeadText { get; init; }
    public required string Run { get; init; }
    public required string RunText { get; init; }

    /// <summary>Words on a filled button.</summary>
    public required string OnMsi { get; init; }

    public static Palette Light { get; } = new()
    {
        Bg = "#fbfbfa", Panel = "#ffffff", Soft = "#f1f3f4", Ink = "#1c2024", Muted = "#5a646d", Line = "#dfe3e6",
        Msi = "#0072b2", MsiText = "#006aa6", Intx = "#d55e00", IntxText = "#a84a00", Dead = "#b3261e", DeadText = "#b3261e",
        Run = "#009e73", RunText = "#007454", OnMsi = "#ffffff",
    };

    public static Palette Dark { get; } = new()
    {
        Bg = "#14171a", Panel = "#1b1f23", Soft = "#22272b", Ink = "#e6e9eb", Muted = "#9da7af", Line = "#30363b",
        Msi = "#56b4e9", MsiText = "#56b4e9", Intx = "#e69f00", IntxText = "#f0ac2e", Dead = "#ff8a80", DeadText = "#ff8a80",
        Run = "#2fc795", RunText = "#4ecb9f", OnMsi = "#0b1116",
    };

    /// <summary>A colour between two: Plotly does not know color-mix().</summary>
    public static string Mix(string colour, string ground, double part)
    {
        var mixed = "#";
        for (var i = 1; i < 7; i += 2)
        {
            var a = Convert.ToInt32(colour.Substring(i, 2), 16);
            var b = Convert.ToInt32(ground.Substring(i, 2), 16);
            mixed += ((int)((a * part) + (b * (1 - part)))).ToString("x2", System.Globalization.CultureInfo.InvariantCulture);
        }

        return mixed;
    }
}
