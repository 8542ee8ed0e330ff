using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PciDash.EndToEnd;

/// <summary>The workbench as a reader uses it.</summary>
internal sealed class BuildPage(Visit visit)
{
    public ILocator Count => visit.Page.Locator(".build-count");

    public ILocator Route => visit.Page.Locator(".route");

    public ILocator Selected => visit.Page.Locator("[role=treeitem][aria-selected=true]");

    public ILocator Search => visit.Page.Locator("#add-search");

    /// <summary>The row of a function.</summary>
    public ILocator Row(string address) => visit.Page.Locator($"[role=treeitem][data-at='{address}']");

    /// <summary>Presses a key, and waits until that row is selected and has the focus.</summary>
    public async Task PressAsync(string key, string selected)
    {
        await visit.Page.Keyboard.PressAsync(key);
        await Expect(Selected).ToHaveAttributeAsync("data-at", selected);
        await Expect(Selected).ToBeFocusedAsync();
    }

    /// <summary>Adds the first that is found, with the keyboard, and waits until it is there and has the focus.</summary>
    public async Task AddAsync(string key, string what, string address)
    {
        await visit.Page.Keyboard.PressAsync(key);
        await Expect(Search).ToBeFocusedAsync();
        await visit.Page.Keyboard.TypeAsync(what);
        await PressAsync("Enter", address);
    }

    /// <summary>Each of these functions ends on its line.</summary>
    public async Task AssertLinesAsync(params (string Address, int Line)[] lines)
    {
        foreach (var (address, line) in lines)
        {
            await Expect(Row(address).Locator(".line")).ToHaveTextAsync(line.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Addresses of the rows that are marked as sharing the selected line, itself among them.</summary>
    public async Task<string[]> SharersAsync() =>
        [.. (await visit.Page.Locator(".tree-row.shares code").AllTextContentsAsync()).Order(StringComparer.Ordinal)];

    /// <summary>Presses Tab until that button has the focus.</summary>
    public async Task TabToAsync(string name)
    {
        var button = visit.Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });
        for (var i = 0; i < 100 && !await button.EvaluateAsync<bool>("e => e === document.activeElement"); i++)
        {
            await visit.Page.Keyboard.PressAsync("Shift+Tab");
        }

        await Expect(button).ToBeFocusedAsync();
    }

    /// <summary>The address, once it has followed what is shown.</summary>
    public async Task<string> SettledAddressAsync()
    {
        for (var before = ""; before != visit.Address;)
        {
            before = visit.Address;
            await Task.Delay(900);
        }

        return visit.Address;
    }
}
