using AngleSharp.Dom;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Sections;
using PciDash.Scenarios.Pictures;
using PciDash.Web.Components.Layout;

namespace PciDash.Web.Tests;

public class LayoutTests : ComponentTest
{
    private static readonly KeyHint[] TwoKeys = [new("ArrowRight", "Next step"), new("Shift+ArrowRight", "Next phase")];

    [Fact]
    public void Key_list_pairs_each_key_with_what_it_does()
    {
        var list = Render<KeyList>(p => p.Add(l => l.Keys, TwoKeys));

        Assert.Equal(["ArrowRight", "Shift", "ArrowRight"], list.FindAll("kbd").Select(k => k.TextContent));
        Assert.Equal(["Next step", "Next phase"], list.FindAll("dd").Select(k => k.TextContent));
    }

    [Fact]
    public void Key_list_says_so_when_there_are_none() =>
        Assert.Contains("no keys", Render<KeyList>().Markup, StringComparison.Ordinal);

    [Fact]
    public async Task Theme_toggle_goes_round_system_light_dark_and_reports_what_is_shown()
    {
        var shown = new List<bool>();
        var toggle = Render<ThemeToggle>(p => p.Add(t => t.DarkChanged, shown.Add));
        JSInterop.VerifyInvoke("pciDashTheme.watch");

        foreach (var (choice, dark, next) in new[] { ("system", true, "light"), ("light", false, "dark"), ("dark", true, "system") })
        {
            await toggle.Instance.OnTheme(choice, dark); // As theme.js does.
            Assert.Equal($"Theme: {choice}. Switch to {next}", toggle.Find("button").GetAttribute("aria-label"));
            await toggle.Find("button").ClickAsync(new());
            Assert.Equal(next, JSInterop.Invocations["pciDashTheme.choose"][^1].Arguments[0]);
        }
        Assert.Equal([true, false, true], shown);
    }

    [Fact]
    public void Layout_has_its_landmarks_and_takes_actions_and_keys_of_the_page()
    {
        var layout = Render<MainLayout>(p => p.Add(l => l.Body, Page));

        Assert.Equal("main", layout.Find("main").Id);
        Assert.Equal(["Story", "Lab", "Build", "Audit", "Debate", "Believe", "Library"], layout.FindAll("header nav[aria-label] a").Select(a => a.TextContent));
        Assert.Equal("Copy link", layout.Find(".page-actions").TextContent);
        Assert.Contains("Next phase", layout.Find("dialog#keys").TextContent, StringComparison.Ordinal);
        Assert.Equal("true", layout.Find(".shell").GetAttribute("data-interactive"));
    }

    [Fact]
    public async Task Layout_gives_the_page_no_colours_until_the_browser_has_told_which()
    {
        var layout = Render<MainLayout>(p => p.Add(l => l.Body, b => { b.OpenComponent<ShowsColours>(0); b.CloseComponent(); }));
        Assert.Equal("none", layout.Find("main").TextContent.Trim());

        await layout.FindComponent<ThemeToggle>().Instance.OnTheme("system", true);
        Assert.Equal(Palette.Dark.Ink, layout.Find("main").TextContent.Trim());
    }

    [Fact]
    public void A_failing_page_keeps_the_shell_and_can_be_tried_again()
    {
        Throws.Now = true;
        var layout = Render<MainLayout>(p => p.Add(l => l.Body, b => { b.OpenComponent<Throws>(0); b.CloseComponent(); }));
        Assert.Equal("This page has failed", layout.Find("main h1").TextContent);

        Throws.Now = false;
        layout.Find("main button").Click();
        Assert.Equal("well again", layout.Find("main").TextContent.Trim());
    }

    private static void Page(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder b)
    {
        b.OpenComponent<SectionContent>(0);
        b.AddAttribute(1, nameof(SectionContent.SectionName), MainLayout.PageActions);
        b.AddAttribute(2, nameof(SectionContent.ChildContent), (RenderFragment)(c => c.AddContent(0, "Copy link")));
        b.CloseComponent();
        b.OpenComponent<SectionContent>(3);
        b.AddAttribute(4, nameof(SectionContent.SectionName), MainLayout.PageKeys);
        b.AddAttribute(5, nameof(SectionContent.ChildContent), (RenderFragment)(c =>
        {
            c.OpenComponent<KeyList>(0);
            c.AddAttribute(1, nameof(KeyList.Keys), TwoKeys);
            c.CloseComponent();
        }));
        b.CloseComponent();
    }

    private sealed class ShowsColours : ComponentBase
    {
        [CascadingParameter] public Palette? Colours { get; set; }

        protected override void BuildRenderTree(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder b) =>
            b.AddContent(0, Colours?.Ink ?? "none");
    }

    private sealed class Throws : ComponentBase
    {
        public static bool Now { get; set; }

        protected override void BuildRenderTree(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder b) =>
            b.AddContent(0, Now ? throw new InvalidOperationException("on purpose") : "well again");
    }
}
