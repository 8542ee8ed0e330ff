using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>A link may come from anybody, and through any mail program.</summary>
[Collection(LabInBrowser.Name)]
public sealed class HostileLinkTests(BrowserFixture browser, AppFixture app)
{
    public static TheoryData<string, string, string> Links => new()
    {
        { "without an end", "/s/1GwcAAMSi", "copy the whole link" },
        { "of a later version", "/s/2AAAA", "version '2' given; this program reads version 1" },
        { "without content", "/s/1", "copy the whole link" },
        { "too long", "/s/1" + new string('A', 8_001 - 4), "8001 characters given; at most 8000 are possible" },
        { "not of its alphabet", "/s/1%C3%A4%F0%9F%92%A3%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", "base64url" },
        { "random bytes", "/s/1" + Base64Url.EncodeToString(Noise()), "copy the whole link" },
        { "a bomb", "/s/1" + Packed("{\"t\":\"" + new string('a', 64 << 20) + "\"}"), "larger than 1048560 bytes" },
        { "no scenario in it", "/s/1" + Packed("{}"), "no scenario" },
        { "a hole of brackets", "/s/1" + Packed(new string('[', 100_000)), "at most 16 levels" },
        { "no such preset", "/s/1" + Packed("""{"scenario":{"preset":"<img src=x onerror=alert(1)>"}}"""), "there is no preset" },
    };

    [Theory, MemberData(nameof(Links))]
    public async Task Link_is_refused_in_one_message_and_the_page_goes_on(string kind, string link, string says)
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, link);
        var message = visit.Page.GetByRole(AriaRole.Alert).Filter(new() { Visible = true });
        await Expect(message).ToHaveCountAsync(1);
        await Expect(message).ToContainTextAsync("This link cannot be opened");
        await Expect(message).ToContainTextAsync(says);
        await Expect(message.Locator("li")).ToHaveCountAsync(1);
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Copy link" })).ToBeDisabledAsync();
        if (kind == "a bomb")
            await visit.PictureAsync("bad-link");
        await visit.AssertFitsWidthAsync();
        await visit.AssertAccessibleAsync();

        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Open the story instead" }).ClickAsync();
        var lab = new LabPage(visit);
        await Expect(lab.Headline).ToContainTextAsync("IRQ 21 is disabled");
        await Expect(message).ToHaveCountAsync(0);
        await lab.StepToAsync("Home");
        visit.AssertClean();
    }

    private static byte[] Noise()
    {
        var noise = new byte[300];
        new Random(4).NextBytes(noise);
        return noise;
    }

    internal static string PackedLink(string json) => "1" + Packed(json);

    private static string Packed(string json)
    {
        var text = Encoding.UTF8.GetBytes(json);
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(text.Length)];
        Assert.True(BrotliEncoder.TryCompress(text, packed, out var length, quality: 5, window: 22));
        return Base64Url.EncodeToString(packed.AsSpan(0, length));
    }
}
