using Bunit;
using PciDash.Web.Components.Sharing;

namespace PciDash.Web.Tests.Sharing;

/// <summary>What is said of a run or machine that no link holds.</summary>
public class DraftNoticeTests : ComponentTest
{
    [Fact]
    public void It_says_where_it_is_kept_and_how_it_can_be_sent()
    {
        var text = Render<DraftNotice>(p => p.Add(c => c.What, "machine")).Find("[role=status]").TextContent;
        Assert.Equal("This machine is too large for a link. It is kept in this browser, and its address opens it here only. To send it, make a short link or save it as a file.", text);
    }

    [Fact]
    public void It_says_why_it_is_not_kept_and_offers_no_short_link_where_there_are_none()
    {
        Options.ShareFile = "";
        var text = Render<DraftNotice>(p => p.Add(c => c.What, "run").Add(c => c.Unkept, "The browser keeps nothing.")).Find("[role=status]").TextContent;
        Assert.Equal("This run is too large for a link. The browser keeps nothing. To send it, save it as a file.", text);
    }
}
