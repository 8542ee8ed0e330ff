using System.Globalization;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>The lab as a reader uses it.</summary>
internal sealed class LabPage(Visit visit)
{
    public ILocator Headline => visit.Page.Locator("#headline");

    public ILocator Policy => visit.Page.GetByLabel("At shutdown", new() { Exact = true });

    public ILocator Status => visit.Page.Locator(".transport [role=status]");

    public ILocator Why => visit.Page.Locator(".inspector .why");

    public ILocator All => visit.Page.Locator("[aria-keyshortcuts='0']");

    public ILocator Chart => visit.Page.Locator(".lane-chart");

    /// <summary>Number of the event at the cursor.</summary>
    public async Task<long> StepAsync() =>
        long.Parse((await Status.TextContentAsync())!.Split('/')[0].Trim(), NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    /// <summary>Presses a key and waits until the cursor has moved.</summary>
    public async Task StepToAsync(string key)
    {
        var before = (await Status.TextContentAsync())!;
        await visit.Page.Keyboard.PressAsync(key);
        await Expect(Status).Not.ToHaveTextAsync(before);
    }

    /// <summary>Chooses a policy and waits for its run.</summary>
    public async Task PolicyAsync(string id)
    {
        var before = visit.Page.Url;
        await Policy.SelectOptionAsync(id);
        await Expect(visit.Page).Not.ToHaveURLAsync(before);
        await visit.Page.Locator("h1").ClickAsync(); // Keys in a list are the list's.
    }

    /// <summary>The address, once it has followed what is shown.</summary>
    public async Task<string> SettledAddressAsync()
    {
        for (var before = ""; before != visit.Address;)
        {
            before = visit.Address;
            await Task.Delay(400);
        }

        return visit.Address;
    }

    /// <summary>Drags across a part of the chart.</summary>
    public async Task DragAsync(float from, float to)
    {
        var box = (await visit.Page.Locator(".js-plotly-plot .nsewdrag").BoundingBoxAsync())!;
        await visit.Page.Mouse.MoveAsync(box.X + (from * box.Width), box.Y + (box.Height / 2));
        await visit.Page.Mouse.DownAsync();
        await visit.Page.Mouse.MoveAsync(box.X + (to * box.Width), box.Y + (box.Height / 2), new() { Steps = 5 });
        await visit.Page.Mouse.UpAsync();
    }
}
