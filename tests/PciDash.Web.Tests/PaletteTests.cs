using System.Globalization;
using System.Text.RegularExpressions;
using PciDash.Scenarios.Pictures;
using PciDash.Web.Theming;

namespace PciDash.Web.Tests;

public partial class PaletteTests
{
    public static TheoryData<string> Themes => ["light", "dark"];

    private static Palette Of(string theme) => theme == "dark" ? Palette.Dark : Palette.Light;

    [Theory, MemberData(nameof(Themes))]
    public void Stylesheet_and_code_have_the_same_colours(string theme)
    {
        var block = Block(theme);
        foreach (var property in typeof(Palette).GetProperties().Where(p => p.PropertyType == typeof(string)))
        {
            var name = Capital().Replace(property.Name, m => "-" + m.Value.ToLowerInvariant());
            Assert.Equal($"-{name}: {property.GetValue(Of(theme))};", Regex.Match(block, $"-{name}: #.*;").Value);
        }
    }

    [Theory, MemberData(nameof(Themes))]
    public void Words_have_the_contrast_that_WCAG_AA_asks_for(string theme)
    {
        var p = Of(theme);
        foreach (var ground in new[] { p.Bg, p.Panel, p.Soft })
        {
            foreach (var text in new[] { p.Ink, p.Muted, p.MsiText, p.IntxText, p.DeadText, p.RunText })
                AssertContrast(text, ground, 4.5);
            foreach (var mark in new[] { p.Msi, p.Intx, p.Dead, p.Run })
                AssertContrast(mark, ground, 3);
        }
        AssertContrast(p.OnMsi, p.Msi, 4.5);
    }

    private static void AssertContrast(string a, string b, double atLeast)
    {
        var (low, high) = (Math.Min(Luminance(a), Luminance(b)), Math.Max(Luminance(a), Luminance(b)));
        var contrast = (high + 0.05) / (low + 0.05);
        Assert.True(contrast >= atLeast, $"{a} on {b}: {contrast:0.00}, and {atLeast} is needed");
    }

    // As WCAG 2 defines it.
    private static double Luminance(string hex)
    {
        double Channel(int at)
        {
            var c = int.Parse(hex.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4);
        }
        return 0.2126 * Channel(1) + 0.7152 * Channel(3) + 0.0722 * Channel(5);
    }

    private static string Block(string theme)
    {
        var css = RepositoryFiles.Read("wwwroot", "css", "app.css");
        var start = css.IndexOf(theme == "dark" ? ":root[data-theme=dark] {" : ":root {", StringComparison.Ordinal);
        return css[start..css.IndexOf('}', start)];
    }

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
