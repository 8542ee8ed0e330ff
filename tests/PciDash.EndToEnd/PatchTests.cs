using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>A developer tries a patch, keeps what was found, and sends it.</summary>
[Collection(LabInBrowser.Name)]
public sealed class PatchTests(BrowserFixture browser, AppFixture app)
{
    [Fact]
    public async Task A_patch_is_tried_stepped_to_a_condition_noted_and_sent()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        var lab = new LabPage(visit);
        await Expect(lab.Headline).ToContainTextAsync("IRQ 21 is disabled");

        // The patch: INTx off as well, at the end; at the beginning it would be undone.
        await page.Locator("#patch summary").ClickAsync();
        await page.Locator("#patch-word").SelectOptionAsync("intx-off");
        await page.Locator("#patch-add").ClickAsync();
        await Expect(lab.Headline).ToContainTextAsync("No irq is given up");
        await Expect(page.Locator("#patch [role=status]")).ToContainTextAsync("Not what any kernel of the table does");
        await page.GetByRole(AriaRole.Button, new() { Name = "Step 4 earlier" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Step 3 earlier" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Step 2 earlier" }).ClickAsync();
        await Expect(lab.Headline).ToContainTextAsync("IRQ 21 is disabled");
        await visit.AssertAccessibleAsync();

        // Where it happens, with a note.
        await lab.StepToAsync("Home");
        await page.Locator(".run-to input").FillAsync("line 21 disabled");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".step-head")).ToContainTextAsync("21");
        var step = await lab.StepAsync();
        Assert.True(step > 100_000);
        await page.Locator("h1").ClickAsync();
        await page.Keyboard.PressAsync("m");
        await page.Locator(".bookmarks input").FillAsync("here");
        await page.Keyboard.PressAsync("Tab");

        // What the box prints there.
        await page.Locator(".printed-head select").SelectOptionAsync("Interrupts");
        await Expect(page.Locator(".printed pre")).ToContainTextAsync("21-fasteoi");
        await page.Locator(".printed-head select").SelectOptionAsync("Yours");
        await page.Locator(".printed textarea").FillAsync("[ 1.0] irq 21: nobody cared (try booting with the \"irqpoll\" option)\n[ 1.0] handlers:\n[ 1.0] [<0>] usb_hcd_irq\n[ 1.0] Disabling IRQ #21\n");
        await page.GetByRole(AriaRole.Button, new() { Name = "Compare with this step" }).ClickAsync();
        await Expect(page.Locator(".printed [role=status]")).ToContainTextAsync("agree at step");
        await visit.AssertAccessibleAsync();
        await lab.SettledAddressAsync();
        visit.AssertClean();

        await using var other = await Visit.ToAsync(browser, app.Web, visit.Address, ColorScheme.Dark, Visit.Phone);
        await Expect(new LabPage(other).Headline).ToContainTextAsync("IRQ 21 is disabled");
        await Expect(other.Page.Locator(".bookmarks input")).ToHaveValueAsync("here");
        Assert.Equal(step, await new LabPage(other).StepAsync());
        await other.Page.Locator("#patch summary").ClickAsync();
        await Expect(other.Page.Locator(".patch-steps li code").First).ToHaveTextAsync("intx-off");
        await other.AssertFitsWidthAsync();
        await other.AssertAccessibleAsync();
        other.AssertClean();
    }

    [Fact]
    public async Task Another_order_is_taken_and_both_runs_stay_side_by_side()
    {
        await using var visit = await Visit.ToAsync(browser, app.Web, "/lab");
        var page = visit.Page;
        var lab = new LabPage(visit);
        await Expect(lab.Headline).ToContainTextAsync("IRQ 21");
        await lab.StepToAsync("Home");
        await page.Locator(".inspector .next button").First.ClickAsync();
        var rows = page.Locator("#forks tbody tr");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.Nth(1)).ToContainTextAsync("as time has it");
        await visit.AssertAccessibleAsync();
        await rows.Nth(1).GetByRole(AriaRole.Button, new() { Name = "show" }).ClickAsync();
        await Expect(rows.First).ToContainTextAsync("as time has it");
        await page.GoBackAsync();
        await Expect(rows.First).ToContainTextAsync("at step");
        visit.AssertClean();
    }
}
