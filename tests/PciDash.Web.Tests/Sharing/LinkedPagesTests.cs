using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using PciDash.Engine.Machine;
using PciDash.Scenarios;
using PciDash.Scenarios.Reports;
using PciDash.Web.Api;
using PciDash.Web.Components.Pages;
using PciDash.Web.Components.Sharing;
using PciDash.Web.Hosting;
using PciDash.Web.Sharing;

namespace PciDash.Web.Tests.Sharing;

/// <summary>What an address with a run in it is to a chat program, and what a short id is to a reader.</summary>
public sealed class LinkedPagesTests : ComponentTest
{
    private static readonly RunDocument Story = new(ScenarioPresets.Find(Runs.StoryId)!.Scenario) { Title = "Reboot of <a guest>" };

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("pcidash-pages-");
    private readonly DefaultHttpContext http = new();

    public LinkedPagesTests()
        : base(services => services.AddSingleton(TimeProvider.System).AddSingleton<ShareStore>().AddSingleton<LinkedRuns>()
            .AddSingleton<IDbContextFactory<ShareContext>>(s => new Factory(s.GetRequiredService<ServerOptions>().ShareFile)))
    {
        Options.ShareFile = Path.Combine(folder.FullName, "ids.db");
        (http.Request.Scheme, http.Request.Host) = ("https", new HostString("pci.example"));
    }

    protected override void Dispose(bool disposing)
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (Directory.Exists(folder.FullName))
        {
            folder.Delete(recursive: true);
        }

        base.Dispose(disposing);
    }

    private IRenderedComponent<PreviewTags> Tags(string path, bool served = true)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(path);
        return Render<PreviewTags>(p =>
        {
            if (served)
            {
                p.AddCascadingValue<HttpContext>(http);
            }
        });
    }

    private static string? Of(IRenderedComponent<PreviewTags> tags, string property) => tags.Find($"meta[property='{property}']").GetAttribute("content");

    [Theory]
    [InlineData("")]
    [InlineData("/matrix")]
    public void A_link_has_the_title_of_its_run_what_comes_of_it_and_a_picture(string page)
    {
        var link = ShareLink.TryEncode(Story)!;
        var tags = Tags(page + link);
        tags.WaitForElement("meta", TimeSpan.FromSeconds(60));
        Assert.Equal("Reboot of <a guest>", Of(tags, "og:title"));
        Assert.Equal(Headline.Of(Runs.Story).Text, Of(tags, "og:description"));
        Assert.Equal($"https://pci.example/api/picture/{link[ShareLink.Prefix.Length..]}?format=png", Of(tags, "og:image"));
        Assert.Equal("noindex", tags.Find("meta[name=robots]").GetAttribute("content"));
    }

    [Fact]
    public async Task A_short_id_has_them_too_and_the_operators_own_address_is_used()
    {
        Options.PublicAddress = "https://kept.example/";
        var id = (await Services.GetRequiredService<ShareStore>().SaveAsync(Story, default)).Id;
        var tags = Tags("/i/" + id);
        tags.WaitForElement("meta", TimeSpan.FromSeconds(60));
        Assert.StartsWith($"https://kept.example/api/picture/{ShortId.Mark}{id}", Of(tags, "og:image"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/lab")]
    [InlineData("/s/")]
    [InlineData("/s/1damaged")]
    [InlineData("/i/0000000000")]
    [InlineData("/a/b/c/s/1damaged")]
    public void Where_there_is_no_run_there_is_nothing(string path) => Assert.Equal("", Tags(path).Markup.Trim());

    [Fact]
    public void In_a_page_that_lives_already_nobody_reads_them() => Assert.Equal("", Tags(ShareLink.TryEncode(Story)!, served: false).Markup.Trim());

    [Fact]
    public async Task A_short_id_opens_its_run_and_another_one_the_other()
    {
        var store = Services.GetRequiredService<ShareStore>();
        var story = (await store.SaveAsync(Story, default)).Id;
        var patched = (await store.SaveAsync(new RunDocument(ScenarioPresets.Find(Runs.StoryId + "-seed")!.Scenario), default)).Id;
        var page = Render<ShortIdPage>(p => p.Add(x => x.Id, story));
        Assert.Equal(Headline.Of(Runs.Story).Text, page.WaitForElement("#headline", TimeSpan.FromSeconds(60)).TextContent.Trim());
        page.Render(p => p.Add(x => x.Id, patched));
        page.WaitForAssertion(() => Assert.Equal(Headline.Of(Runs.Patched).Text, page.Find("#headline").TextContent.Trim()), TimeSpan.FromSeconds(60));
        Assert.Empty(page.FindAll("[role=alert]"));
    }

    [Theory]
    [InlineData("0000000000")]
    [InlineData("no id at all'; drop table")]
    public void A_short_id_that_is_not_here_says_why_that_can_be_and_leads_on(string id)
    {
        var page = Render<ShortIdPage>(p => p.Add(x => x.Id, id));
        Assert.Equal("There is no such short id", page.WaitForElement("[role=alert] h1", TimeSpan.FromSeconds(60)).TextContent);
        Assert.Contains("It was deleted, is over its time, or was made on another server.", page.Markup, StringComparison.Ordinal);
        Assert.Equal("lab", page.Find("a").GetAttribute("href"));
    }

    private sealed class Factory(string file) : IDbContextFactory<ShareContext>
    {
        public ShareContext CreateDbContext()
        {
            var options = new DbContextOptionsBuilder<ShareContext>();
            ShareDatabase.Use(options, file);
            return new ShareContext(options.Options);
        }
    }
}
