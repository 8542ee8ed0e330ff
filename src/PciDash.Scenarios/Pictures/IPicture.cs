namespace PciDash.Scenarios.Pictures;

/// <summary>What a picture is drawn on; lengths in pixels from the upper left corner.</summary>
public interface IPicture
{
    void Box(double x, double y, double width, double height, string fill, string? edge = null);

    void Path(IReadOnlyList<(double X, double Y)> points, string colour, double width);

    /// <summary>A closed shape, filled or only its outline.</summary>
    void Shape(IReadOnlyList<(double X, double Y)> points, string colour, bool filled);

    /// <summary>Words; y is their base line.</summary>
    void Words(double x, double y, double size, string colour, string text, bool bold = false);

    byte[] Finish();
}
