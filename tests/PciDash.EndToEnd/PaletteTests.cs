using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>Everything that a page offers is found by its name, and every word by its meaning.</summary>
[Collection(LabInBrowser.Name)]
public sealed class PaletteTests(BrowserFixture browser, AppFixture app)
{
    [Fact]
    public async Task A_kernel_a_button_and_a_folded_part_are_found_by_typing()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        await Expect(page.Locator("#headline")).ToContainTextAsync("IRQ 21");
        await page.Keyboard.PressAsync("Control+k");
        var input = page.GetByRole(AriaRole.Combobox, new() { Name = "Find a command" });
        await Expect(input).ToBeFocusedAsync();
        await visit.AssertAccessibleAsync();
        await input.FillAsync("kernel linux 6.12");
        await Expect(page.Locator("#palette [role=option]")).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#kernel")).ToHaveValueAsync("6.12");
        await Expect(page.Locator("#headline")).ToContainTextAsync("No irq is given up");

        await page.Keyboard.PressAsync("Control+k");
        await input.FillAsync("first event");
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowUp");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".transport [role=status]")).ToContainTextAsync("0 /");

        await page.Keyboard.PressAsync("Control+k");
        await input.FillAsync("nothing is called so");
        await Expect(page.Locator("#palette [role=status]")).ToContainTextAsync("Nothing of this page");
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Control+k");
        await input.FillAsync("patch pci_device");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#patch-add")).ToBeVisibleAsync();
        visit.AssertClean();
    }

    [Fact]
    public async Task A_term_leads_to_its_meaning()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var term = visit.Page.Locator(".inspector a.term").Filter(new() { HasText = "Remote IRR" });
        Assert.Contains("Intel 82093AA", await term.GetAttributeAsync("title"), StringComparison.Ordinal);
        await term.ClickAsync();
        await Expect(visit.Page.Locator("#remote-irr dt")).ToBeInViewportAsync();
        await visit.AssertReadableInBothThemesAsync();
        await visit.Page.GetByRole(AriaRole.Searchbox).FillAsync("swizzle");
        await Expect(visit.Page.Locator(".glossary dl > div")).ToHaveCountAsync(1);
        visit.AssertClean();
    }
}
