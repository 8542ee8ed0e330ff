using SkiaSharp;

namespace PciDash.Scenarios.Pictures;

/// <summary>As PNG, for who shows a preview and takes no SVG. Needs a font that is there.</summary>
public sealed class PngPicture : IPicture, IDisposable
{
    private static readonly string[] Folders = ["/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts/Supplemental", @"C:\Windows\Fonts"];
    private static readonly (string Plain, string Bold)[] Faces =
        [("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"), ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"), ("Verdana.ttf", "Verdana Bold.ttf"), ("verdana.ttf", "verdanab.ttf")];

    private static readonly Lazy<(SKTypeface Plain, SKTypeface Bold)?> Fonts = new(Find);

    private readonly SKBitmap bitmap;
    private readonly SKCanvas canvas;
    private readonly SKPaint paint = new() { IsAntialias = true };

    public PngPicture(int width, int height)
    {
        bitmap = new SKBitmap(width, height);
        canvas = new SKCanvas(bitmap);
    }

    /// <summary>The graphics library works here, and there is a font.</summary>
    public static bool IsPossible => Fonts.Value is not null;

    public void Box(double x, double y, double width, double height, string fill, string? edge = null)
    {
        var box = new SKRect((float)x, (float)y, (float)(x + width), (float)(y + height));
        Use(fill, SKPaintStyle.Fill, 0);
        canvas.DrawRect(box, paint);
        if (edge is not null)
        {
            Use(edge, SKPaintStyle.Stroke, 1);
            canvas.DrawRect(box, paint);
        }
    }

    public void Path(IReadOnlyList<(double X, double Y)> points, string colour, double width)
    {
        Use(colour, SKPaintStyle.Stroke, (float)width);
        for (var i = 1; i < points.Count; i++)
        {
            canvas.DrawLine((float)points[i - 1].X, (float)points[i - 1].Y, (float)points[i].X, (float)points[i].Y, paint);
        }
    }

    public void Shape(IReadOnlyList<(double X, double Y)> points, string colour, bool filled)
    {
        using var build = new SKPathBuilder();
        foreach (var (i, (x, y)) in points.Index())
        {
            if (i == 0)
            {
                build.MoveTo((float)x, (float)y);
            }
            else
            {
                build.LineTo((float)x, (float)y);
            }
        }

        build.Close();
        using var path = build.Detach();
        Use(colour, filled ? SKPaintStyle.Fill : SKPaintStyle.Stroke, 1.6f);
        canvas.DrawPath(path, paint);
    }

    public void Words(double x, double y, double size, string colour, string text, bool bold = false)
    {
        var (plain, heavy) = Fonts.Value!.Value;
        using var font = new SKFont(bold ? heavy : plain, (float)size) { Edging = SKFontEdging.Antialias };
        Use(colour, SKPaintStyle.Fill, 0);
        canvas.DrawText(SvgPicture.Clean(text), (float)x, (float)y, SKTextAlign.Left, font, paint);
    }

    public byte[] Finish()
    {
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    public void Dispose()
    {
        paint.Dispose();
        canvas.Dispose();
        bitmap.Dispose();
    }

    private void Use(string colour, SKPaintStyle style, float width)
    {
        paint.Color = SKColor.Parse(colour);
        paint.Style = style;
        paint.StrokeWidth = width;
    }

    private static (SKTypeface, SKTypeface)? Find()
    {
        try
        {
            var files = Folders.Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*.ttf", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })).ToList();
            foreach (var (plain, bold) in Faces)
            {
                if (files.Find(f => Path_(f) == plain) is { } first && SKTypeface.FromFile(first) is { } face)
                {
                    return (face, files.Find(f => Path_(f) == bold) is { } second && SKTypeface.FromFile(second) is { } heavy ? heavy : face);
                }
            }
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or IOException or BadImageFormatException)
        {
            // A machine without the graphics library: SVG goes on.
        }

        return null;

        static string Path_(string file) => System.IO.Path.GetFileName(file);
    }
}
