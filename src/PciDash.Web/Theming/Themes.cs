using MudBlazor;
using Palette = PciDash.Scenarios.Pictures.Palette;

namespace PciDash.Web.Theming;

/// <summary>
/// MudBlazor's themes. Both are on the page at once, the dark one under <c>[data-theme=dark]</c>: so a stylesheet alone
/// switches between them, and a prerendered page, whose server knows no theme yet, never flashes the wrong one.
/// </summary>
internal static class Themes
{
    private static readonly string[] Sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "DejaVu Sans", "sans-serif"];

    public static MudTheme Light { get; } = Create(":root");
    public static MudTheme Dark { get; } = Create(":root[data-theme=dark]");

    private static MudTheme Create(string scope) => new()
    {
        PaletteLight = Fill(new PaletteLight(), Palette.Light),
        PaletteDark = Fill(new PaletteDark(), Palette.Dark),
        PseudoCss = new PseudoCss { Scope = scope },
        Shadows = new Shadow { Elevation = [.. Enumerable.Repeat("none", new Shadow().Elevation.Length)] },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px", AppbarHeight = "44px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Sans, FontSize = ".875rem", LineHeight = "1.45", LetterSpacing = "normal" },
            Button = new ButtonTypography { FontFamily = Sans, FontSize = ".875rem", TextTransform = "none", LetterSpacing = "normal" },
        },
    };

    private static T Fill<T>(T mud, Palette from) where T : MudBlazor.Palette
    {
        (mud.Background, mud.Surface, mud.BackgroundGray) = (from.Bg, from.Panel, from.Soft);
        (mud.TextPrimary, mud.TextSecondary, mud.ActionDefault) = (from.Ink, from.Muted, from.Muted);
        (mud.Divider, mud.LinesDefault, mud.LinesInputs, mud.TableLines) = (from.Line, from.Line, from.Muted, from.Line);
        (mud.AppbarBackground, mud.AppbarText) = (from.Panel, from.Ink);
        (mud.Primary, mud.PrimaryContrastText, mud.Info) = (from.Msi, from.OnMsi, from.MsiText);
        (mud.Secondary, mud.Warning, mud.Error, mud.Success) = (from.IntxText, from.IntxText, from.DeadText, from.RunText);
        return mud;
    }
}
