using Bunit;
using PciDash.Web.Components.Building;

namespace PciDash.Web.Tests.Building;

/// <summary>A list to choose from in the workbench.</summary>
public class ChoiceFieldTests : ComponentTest
{
    private IRenderedComponent<ChoiceField> Field(Action<ComponentParameterCollectionBuilder<ChoiceField>>? more = null) => Render<ChoiceField>(p =>
    {
        p.Add(c => c.Id, "mode").Add(c => c.Label, "Mode").Add(c => c.Value, "b").Add(c => c.Options, [("a", "one"), ("b", "two")]);
        more?.Invoke(p);
    });

    [Fact]
    public void It_has_a_label_what_can_be_chosen_and_what_is()
    {
        var field = Field();
        Assert.Equal("mode", field.Find("label").GetAttribute("for"));
        Assert.Equal(["a one", "b two"], field.FindAll("option").Select(o => $"{o.GetAttribute("value")} {o.TextContent}"));
        Assert.Equal("b", field.Find("select").GetAttribute("value"));
        Assert.False(field.Find("select").HasAttribute("aria-describedby"));
        Assert.Empty(field.FindAll("small"));
    }

    [Fact]
    public void What_it_means_is_read_with_it()
    {
        var field = Field(p => p.Add(c => c.Hint, "how it interrupts"));
        Assert.Equal("how it interrupts", field.Find("#" + field.Find("select").GetAttribute("aria-describedby")).TextContent);
    }

    [Fact]
    public void What_is_picked_is_told_and_a_refused_pick_shows_what_was_chosen_before()
    {
        var picked = new List<string>();
        var field = Field(p => p.Add(c => c.OnPick, picked.Add));
        var before = field.Find("select");
        before.Change("a");
        Assert.Equal(["a"], picked);
        Assert.NotSame(before, field.Find("select"));
        Assert.Equal("b", field.Find("select").GetAttribute("value"));
    }
}
