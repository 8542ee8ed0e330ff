using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>From a paste to the answer: what a real machine printed, and what it does on each path.</summary>
[Collection(AppInBrowser.Name)]
public sealed class AuditTests(AppFixture app, BrowserFixture browser)
{
    // The first card and the first USB controller share a line; the others of a kind have one each.
    private static string Machine(int functions, int paddingPerFunction = 0)
    {
        var text = new StringBuilder();
        for (var i = 0; i < functions; i++)
        {
            var (device, function) = ((i / 8) + 2, i % 8);
            var (name, id, driver) = (i % 4) switch
            {
                0 => ("Ethernet controller: Red Hat, Inc. Virtio network device", "[1af4:1000]", "virtio-pci"),
                1 => ("USB controller: Intel Corporation 82801I (ICH9 Family) USB UHCI Controller #1", "[8086:2934]", "uhci_hcd"),
                2 => ("Ethernet controller: Intel Corporation 82574L Gigabit Network Connection", "[8086:10d3]", "e1000e"),
                _ => ("Audio device: Intel Corporation 82801I (ICH9 Family) HD Audio Controller", "[8086:293e]", "snd_hda_intel"),
            };
            var isMessage = i % 4 is 0 or 2;
            text.Append(CultureInfo.InvariantCulture, $"00:{device:x2}.{function} {name} {id}\n\tControl: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx{(isMessage ? '+' : '-')}\n");
            text.Append(CultureInfo.InvariantCulture, $"\tInterrupt: pin {(char)('A' + (i % 4))} routed to IRQ {(i < 2 ? 16 : 20 + (i % 4))}\n");
            if (isMessage)
            {
                text.Append("\tCapabilities: [98] MSI-X: Enable+ Count=3 Masked-\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"\tKernel driver in use: {driver}\n");
            for (var n = 0; n < paddingPerFunction; n++)
            {
                text.Append("\tCapabilities: [100 v2] Advanced Error Reporting\n\t\tUESta:\tDLP- SDES- TLP- FCP- CmpltTO- CmpltAbrt- UnxCmplt- RxOF- MalfTLP- ECRC- UnsupReq- ACSViol-\n");
            }
        }

        return text.ToString();
    }

    private static async Task PasteAsync(IPage page, string text) => await page.Locator("#paste-text").EvaluateAsync("(box, text) => { box.value = text; }", text);

    private static ILocator Verdict(Visit visit) => visit.Page.Locator("#verdict");

    [Fact]
    public async Task A_newcomer_pastes_an_lspci_and_two_clicks_later_sees_the_run_that_goes_wrong()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/");
        await visit.Page.EvaluateAsync("text => navigator.clipboard.writeText(text)", "$ uname -r\n4.1.6\n" + Machine(40));
        await visit.Page.Locator("#paste-text").FocusAsync();
        await visit.Page.Keyboard.PressAsync("Control+V");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "See what it does" }).ClickAsync();
        await Expect(Verdict(visit)).ToContainTextAsync("Something goes wrong with", new() { Timeout = 30_000 });
        await Expect(visit.Page.GetByText("40 functions, Linux 4.1.6 by its own account.")).ToBeVisibleAsync();
        Assert.StartsWith("/audit/s/", visit.Address, StringComparison.Ordinal);
        var worst = visit.Page.Locator(".finding").First;
        await Expect(worst).ToContainTextAsync("nobody cared");
        await Expect(worst.Locator(".weight")).ToHaveTextAsync("broken");
        await visit.PictureAsync("audit-desktop-light");
        await visit.AssertAccessibleAsync();
        await visit.AssertFitsWidthAsync();

        // The second click: the run itself, at the event.
        var link = worst.Locator(".seen a").First;
        await link.ClickAsync();
        await Expect(visit.Page.Locator("#headline")).ToContainTextAsync("nobody cared", new() { Timeout = 30_000 });
        await Expect(visit.Page.Locator(".transport [role=status]")).ToContainTextAsync("nobody cared");
        visit.AssertClean();
    }

    [Theory]
    [InlineData(ColorScheme.Dark, 1440, 900)]
    [InlineData(ColorScheme.Light, 390, 844)]
    public async Task The_audit_is_a_link_and_is_readable_everywhere(ColorScheme opened, int width, int height)
    {
        await using var first = await Visit.ToAsync(browser, app.Web, "/audit");
        await PasteAsync(first.Page, Machine(40));
        await first.Page.GetByRole(AriaRole.Button, new() { Name = "See what it does" }).ClickAsync();
        await Expect(Verdict(first)).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await using var visit = await Visit.ToAsync(browser, app.Web, first.Address, opened, (width, height));
        await Expect(Verdict(visit)).ToHaveTextAsync((await Verdict(first).TextContentAsync())!, new() { Timeout = 30_000 });
        await visit.AssertReadableInBothThemesAsync(theme => $"audit-{width}-{theme}");
        visit.AssertClean();
        first.AssertClean();
    }

    [Fact]
    public async Task What_is_asked_is_in_the_address_and_going_back_asks_the_former()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/audit");
        await PasteAsync(visit.Page, Machine(4));
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "See what it does" }).ClickAsync();
        await Expect(Verdict(visit)).ToBeVisibleAsync(new() { Timeout = 30_000 });
        foreach (var kernel in new[] { "6.1", "6.18" })
        {
            await visit.Page.GetByLabel(kernel, new() { Exact = true }).UncheckAsync();
        }

        await visit.Page.GetByRole(AriaRole.Checkbox, new() { Name = "kdump" }).UncheckAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Run again" }).ClickAsync();
        await Expect(visit.Page).ToHaveURLAsync(new Regex(@"\?kernels=4\.1&paths=reboot,poweroff,kexec&runs=4$"));
        await Expect(visit.Page.Locator(".subjects thead").First).ToHaveTextAsync(new Regex("^LineShared by4.1 reboot4.1 poweroff4.1 kexec$"), new() { Timeout = 30_000 });
        await visit.Page.GoBackAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Checkbox, new() { Name = "6.18", Exact = true })).ToBeCheckedAsync();
        await Expect(visit.Page.Locator(".subjects thead").First).ToContainTextAsync("6.18 kdump", new() { Timeout = 30_000 });
        visit.AssertClean();
    }

    [Theory]
    [InlineData(300_000)]
    [InlineData(7_800_000)]
    public async Task Megabytes_are_pasted_without_the_circuit_noticing(int characters)
    {
        var padding = characters / 40 / 140;
        var text = Machine(40, padding);
        Assert.InRange(text.Length, characters * 8 / 10, 8 * 1024 * 1024);
        await using var visit = await Visit.ToAsync(browser, app.Web, "/");
        await PasteAsync(visit.Page, text);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "See what it does" }).ClickAsync();
        await Expect(Verdict(visit)).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Expect(visit.Page.Locator(".lead")).ToContainTextAsync("40 functions");
        visit.AssertClean();
    }

    [Fact]
    public async Task What_is_no_machine_is_told_and_nothing_is_lost()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/");
        var send = visit.Page.GetByRole(AriaRole.Button, new() { Name = "See what it does" });
        var says = visit.Page.Locator("#paste-says");
        await send.ClickAsync();
        await Expect(says).ToContainTextAsync("Nothing was given");
        await PasteAsync(visit.Page, "Dear list,\nmy machine hangs.\n");
        await send.ClickAsync();
        await Expect(says).ToContainTextAsync("no PCI function of segment 0000 is in the text");
        await Expect(visit.Page.Locator("#paste-text")).ToHaveValueAsync("Dear list,\nmy machine hangs.\n");
        await PasteAsync(visit.Page, new string('x', (8 * 1024 * 1024) + 1));
        await send.ClickAsync();
        await Expect(says).ToContainTextAsync("8,388,609 bytes given; at most 8,388,608 are possible");
        await PasteAsync(visit.Page, "");
        await visit.Page.Locator(".paste input[type=file]").SetInputFilesAsync(new FilePayload { Name = "photo.jpg", MimeType = "image/jpeg", Buffer = [0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46] });
        await send.ClickAsync();
        await Expect(says).ToContainTextAsync("no PCI function of segment 0000 is in the text");
        Assert.Equal("/", visit.Address);
        visit.AssertClean();
    }

    [Fact]
    public async Task A_form_of_another_site_is_not_taken()
    {
        using var client = new HttpClient { BaseAddress = app.Web.Address };
        client.DefaultRequestHeaders.ExpectContinue = true; // An answer before all of it is sent is an answer.
        using var form = new MultipartFormDataContent { { new StringContent(Machine(4)), "file", "pasted" } };
        using var answer = await client.PostAsync("import", form);
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, answer.StatusCode);
        using var huge = new MultipartFormDataContent { { new ByteArrayContent(new byte[12 * 1024 * 1024]), "file", "pasted" } };
        huge.Headers.Add("X-PciDash", "import");
        using var refused = await client.PostAsync("import", huge);
        Assert.Equal(System.Net.HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
    }
}
