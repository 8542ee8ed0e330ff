using PciDash.Web.Hosting;

namespace PciDash.Web.Tests.Hosting;

/// <summary>What a page lays down is fetched once, by whoever knows its name, and goes with the page.</summary>
public class OfferedFilesTests
{
    private readonly OfferedFiles all = new();

    [Fact]
    public void A_file_is_there_for_one_fetch_under_a_name_of_its_own()
    {
        using var page = new PageFiles(all);
        var (one, two) = (page.Offer("a.json", [1]), page.Offer("a.json", [2]));
        Assert.NotEqual(one, two);
        Assert.Equal(2, all.Take(two)!.Value.Content.Single());
        Assert.Null(all.Take(two));
        Assert.Null(all.Take("file/00000000000000000000000000000000"));
        Assert.Null(all.Take("elsewhere"));
        Assert.Equal("a.json", all.Take(one)!.Value.Name);
    }

    [Fact]
    public void Only_the_last_few_wait_and_none_outlives_its_page()
    {
        var page = new PageFiles(all);
        var first = page.Offer("0", []);
        for (var i = 1; i < 10; i++)
        {
            page.Offer($"{i}", []);
        }

        Assert.Null(all.Take(first));
        Assert.Equal(4, all.Count);
        page.Dispose();
        Assert.Equal(0, all.Count);
    }
}
