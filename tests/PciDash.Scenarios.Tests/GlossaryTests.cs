namespace PciDash.Scenarios.Tests;

/// <summary>Every term has a meaning and a source, and is there once.</summary>
public class GlossaryTests
{
    [Fact]
    public void Terms_are_whole_and_unique()
    {
        Assert.Equal(Glossary.All.Count, Glossary.All.Select(t => t.Id).Distinct().Count());
        Assert.All(Glossary.All, t => Assert.True(t.Meaning.EndsWith('.') && t.Source.Length > 5, t.Id));
        Assert.Equal("Bus Master Enable (BME)", Glossary.Find("bme")!.Name);
        Assert.Null(Glossary.Find("no-such"));
    }
}
