using System.Text;
using Bunit;
using Microsoft.JSInterop;
using PciDash.Scenarios;
using PciDash.Web.Components.Sharing;
using PciDash.Web.Sharing;

namespace PciDash.Web.Tests.Sharing;

/// <summary>Nothing is kept before the reader has seen what, and pressed.</summary>
public class ShareDialogTests : ComponentTest
{
    private static readonly RunDocument Document = new(ScenarioPresets.Find(Runs.StoryId)!.Scenario);

    private IRenderedComponent<ShareDialog> Show() => Render<ShareDialog>(p => p.Add(s => s.Document, Document));

    private BunitJSModuleInterop Module(KeptShare answer)
    {
        var module = JSInterop.SetupModule(_ => true);
        module.Mode = JSRuntimeMode.Loose;
        module.Setup<KeptShare>("keep", _ => true).SetResult(answer);
        return module;
    }

    [Fact]
    public void It_is_said_what_is_kept_and_for_how_long_before_anything_leaves()
    {
        var module = Module(new("http://x/i/0", "k", []));
        Options.ShareDays = 30;
        var dialog = Show();
        dialog.Find("button").Click();
        Assert.Contains("this server stores the machine, the run and the title", dialog.Markup, StringComparison.Ordinal);
        Assert.Contains("for 30 days", dialog.Markup, StringComparison.Ordinal);
        Assert.Empty(module.Invocations["keep"]);
    }

    [Fact]
    public void Pressed_it_sends_the_document_and_shows_address_and_key_once()
    {
        var module = Module(new("http://x/i/0123456789abcdef", "the-key", []));
        var dialog = Show();
        dialog.Find("button").Click();
        dialog.Find("button.primary").Click();
        dialog.WaitForAssertion(() => Assert.Equal("http://x/i/0123456789abcdef", dialog.Find("#share-address").GetAttribute("value")));
        Assert.Equal("the-key", dialog.Find("#share-key").GetAttribute("value"));
        Assert.Equal(Document.Write(), Offered(Assert.Single(module.Invocations["keep"]).Arguments[0]));

        // Closed and opened again, the key is gone; another document has another answer.
        dialog.Find("button").Click();
        dialog.Find("button").Click();
        Assert.DoesNotContain("the-key", dialog.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_document_has_no_answer_yet()
    {
        Module(new("http://x/i/0", "the-key", []));
        var dialog = Show();
        dialog.Find("button").Click();
        dialog.Find("button.primary").Click();
        dialog.WaitForElement("#share-key");
        dialog.Render(p => p.Add(s => s.Document, Document with { Seed = 2 }));
        Assert.DoesNotContain("the-key", dialog.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_is_shown_as_text_and_can_be_tried_again()
    {
        Module(new(null, null, ["The store is <b>full</b>."]));
        var dialog = Show();
        dialog.Find("button").Click();
        dialog.Find("button.primary").Click();
        dialog.WaitForAssertion(() => Assert.Equal("The store is <b>full</b>.", dialog.Find("[role=alert] li").TextContent));
        Assert.False(dialog.Find("button.primary").HasAttribute("disabled"));
    }

    [Fact]
    public void Where_the_server_keeps_nothing_it_is_not_offered()
    {
        Options.ShareFile = "";
        Assert.Equal("", Show().Markup.Trim());
    }
}
