using System.Globalization;
using System.Text;
using System.Xml;

namespace PciDash.Scenarios.Pictures;

/// <summary>As SVG. Everything goes through an XML writer: what a scenario's author wrote stays text.</summary>
internal sealed class SvgPicture : IPicture, IDisposable
{
    private readonly MemoryStream bytes = new();
    private readonly XmlWriter svg;

    public SvgPicture(int width, int height, string title)
    {
        svg = XmlWriter.Create(bytes, new XmlWriterSettings { Encoding = new UTF8Encoding(false), OmitXmlDeclaration = true });
        svg.WriteStartElement("svg", "http://www.w3.org/2000/svg");
        svg.WriteAttributeString("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {width} {height}"));
        Put("width", width);
        Put("height", height);
        svg.WriteAttributeString("font-family", "DejaVu Sans, Verdana, sans-serif");
        svg.WriteAttributeString("role", "img");
        svg.WriteElementString("title", Clean(title));
    }

    public void Box(double x, double y, double width, double height, string fill, string? edge = null)
    {
        svg.WriteStartElement("rect");
        Put("x", x);
        Put("y", y);
        Put("width", width);
        Put("height", height);
        svg.WriteAttributeString("fill", fill);
        if (edge is not null)
        {
            svg.WriteAttributeString("stroke", edge);
        }

        svg.WriteEndElement();
    }

    public void Path(IReadOnlyList<(double X, double Y)> points, string colour, double width)
    {
        svg.WriteStartElement("polyline");
        svg.WriteAttributeString("points", Points(points));
        svg.WriteAttributeString("fill", "none");
        svg.WriteAttributeString("stroke", colour);
        Put("stroke-width", width);
        svg.WriteEndElement();
    }

    public void Shape(IReadOnlyList<(double X, double Y)> points, string colour, bool filled)
    {
        svg.WriteStartElement("polygon");
        svg.WriteAttributeString("points", Points(points));
        svg.WriteAttributeString("fill", filled ? colour : "none");
        svg.WriteAttributeString("stroke", colour);
        Put("stroke-width", 1.6);
        svg.WriteEndElement();
    }

    public void Words(double x, double y, double size, string colour, string text, bool bold = false)
    {
        svg.WriteStartElement("text");
        Put("x", x);
        Put("y", y);
        Put("font-size", size);
        svg.WriteAttributeString("fill", colour);
        if (bold)
        {
            svg.WriteAttributeString("font-weight", "bold");
        }

        svg.WriteString(Clean(text));
        svg.WriteEndElement();
    }

    public byte[] Finish()
    {
        svg.WriteEndElement();
        svg.Flush();
        return bytes.ToArray();
    }

    public void Dispose()
    {
        svg.Dispose();
        bytes.Dispose();
    }

    // XML has no control characters and no halves of characters.
    internal static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            clean.Append(rune.Value < ' ' || rune.Value is 0xFFFE or 0xFFFF ? " " : rune.ToString());
        }

        return clean.ToString();
    }

    private void Put(string name, double value) => svg.WriteAttributeString(name, Number(value));

    private static string Points(IReadOnlyList<(double X, double Y)> points) => string.Join(' ', points.Select(p => $"{Number(p.X)},{Number(p.Y)}"));

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
