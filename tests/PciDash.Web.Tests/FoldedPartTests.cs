using Bunit;
using PciDash.Web.Components;

namespace PciDash.Web.Tests;

/// <summary>What is folded costs nothing until somebody opens it, and then it stays.</summary>
public class FoldedPartTests : ComponentTest
{
    [Fact]
    public void Content_is_drawn_once_it_is_opened_and_stays()
    {
        var part = Render<FoldedPart>(p => p.Add(f => f.Summary, "Machine").Add(f => f.Kept, "machine").Add(f => f.Id, "m").AddChildContent("<p>inside</p>"));
        Assert.Equal("Machine", part.Find("details#m[data-kept=machine] > summary").TextContent);
        Assert.Empty(part.FindAll("p"));
        part.Find("details").TriggerEvent("ontoggle", EventArgs.Empty);
        Assert.Equal("inside", part.Find("details > p").TextContent);

        // Closed again, by the browser itself.
        part.Find("details").TriggerEvent("ontoggle", EventArgs.Empty);
        Assert.Single(part.FindAll("p"));
    }
}
