using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using PciDash.Engine.Hardware;
using PciDash.Scenarios.Conformance;
using PciDash.Web.Believe;
using PciDash.Web.Components.Believe;
using PciDash.Web.Machines;

namespace PciDash.Web.Tests.Believe;

/// <summary>The box that takes a recording, and the recording over the model: empty, with one event, with one that is not explained, with many.</summary>
public class BelievePartsTests : ComponentTest
{
    private (IRenderedComponent<RecordingBox> Box, JSRuntimeInvocationHandler<ImportAnswer> Answer) Box()
    {
        var module = JSInterop.SetupModule(_ => true);
        var answer = module.Setup<ImportAnswer>("send", _ => true);
        return (Render<RecordingBox>(), answer);
    }

    [Fact]
    public void Empty_it_says_what_it_takes_and_shows_what_is_chosen()
    {
        var (box, _) = Box();
        Assert.Contains("Up to 8 MiB", box.Find("[role=status]").TextContent, StringComparison.Ordinal);
        Assert.True(box.Find("input[type=file]").HasAttribute("multiple"));
        box.Find("input[type=file]").Change(@"C:\fakepath\trace.gz");
        Assert.Equal("trace.gz", box.Find(".paste-row .muted").TextContent);
    }

    [Fact]
    public void While_it_is_looked_for_the_button_says_so_and_then_the_result_opens()
    {
        var (box, answer) = Box();
        box.Find("button").Click();
        Assert.Equal("Looking for the run that explains it…", box.Find("button[disabled]").TextContent);
        answer.SetResult(new ImportAnswer("believe/r/abc", []));
        box.WaitForAssertion(() => Assert.Equal("Lay it over the model", box.Find("button:not([disabled])").TextContent));
        Assert.EndsWith("/believe/r/abc", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_with_it_is_told_line_by_line_and_it_can_be_tried_again()
    {
        var (box, answer) = Box();
        answer.SetResult(new ImportAnswer(null, ["events.jsonl, line 3: no time", "run.json: missing"]));
        box.Find("button").Click();
        box.WaitForAssertion(() => Assert.Equal(["events.jsonl, line 3: no time", "run.json: missing"], box.FindAll("[role=status] .problem li").Select(l => l.TextContent)));
        Assert.False(box.Find("button").HasAttribute("disabled"));
        Assert.EndsWith("localhost/", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
    }

    private static ObservedEvent Event(double t, int value = 1, ObservedKind kind = ObservedKind.Msix, long times = 1) =>
        new("events.jsonl:" + (int)t, kind, kind is ObservedKind.Line or ObservedKind.Delivered ? null : new Bdf(0, 3, 0), kind is ObservedKind.Line or ObservedKind.Delivered ? 21 : -1, value, t, t, times);

    private static ObservedMatch Done(ObservedEvent e, int order) => new(e, e.Times, order, "msix enable", "pci_msi_shutdown");

    private IRenderedComponent<OverlayView> Over(ObservedEvent? first, string would, params ObservedMatch[] matches) => Render<OverlayView>(p => p.Add(
        o => o.Result, new ConformanceResult(first is null ? ConformanceVerdict.Explained : ConformanceVerdict.NotExplained, 0, 0, 0, 0, 0, first, would) { Matches = matches }));

    private static string[] Rows(IRenderedComponent<OverlayView> over) => [.. over.FindAll(".overlay-table tbody tr").Select(r => string.Join('|', r.Children.Select(c => c.TextContent)))];

    [Fact]
    public void A_recording_without_a_judged_event_is_an_empty_table()
    {
        var over = Over(null, "", Done(Event(1, kind: ObservedKind.Request), 0));
        Assert.Empty(Rows(over));
        Assert.Empty(over.FindAll(".overlay-mark"));
        Assert.Empty(over.FindAll(".overlay-pages"));
    }

    [Fact]
    public void One_event_stands_above_the_models_own_and_in_the_table()
    {
        var over = Over(null, "", Done(Event(1.5), 0));
        Assert.Single(over.FindAll(".overlay-mark.observed"));
        Assert.Single(over.FindAll(".overlay-mark.predicted"));
        Assert.EndsWith("|msix enable|pci_msi_shutdown", Assert.Single(Rows(over)), StringComparison.Ordinal);
        Assert.Empty(over.FindAll(".overlay-chosen"));
        over.Find(".overlay-mark.observed").Click();
        Assert.Contains("events.jsonl:1", over.Find(".overlay-chosen").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_that_is_not_explained_is_marked_and_told_and_what_comes_after_was_not_reached()
    {
        var wrong = Event(2, 0);
        var over = Over(wrong, "cfg_msix enable=1", Done(Event(1), 0), new ObservedMatch(wrong, 0, -1, "", ""), new ObservedMatch(Event(3), 0, -1, "", ""));
        Assert.Equal(["", "first missing", "unreached"], over.FindAll(".overlay-table tbody tr").Select(r => r.ClassName!.Trim()));
        Assert.Equal(["msix enable", "would do something else: cfg_msix enable=1", "not reached"], over.FindAll(".overlay-table tbody tr").Select(r => r.Children[3].TextContent));
        Assert.Contains("cfg_msix enable=1", over.Find(".overlay-chosen").TextContent, StringComparison.Ordinal);
        Assert.Single(over.FindAll(".overlay-mark.predicted"));
    }

    [Fact]
    public void Part_of_a_fold_says_how_much_of_it_the_model_did()
    {
        var fold = Event(1, kind: ObservedKind.Delivered, times: 100_000);
        var over = Over(fold, "irq_disabled", new ObservedMatch(fold, 99_990, 0, "delivered", ""), Done(Event(2), 1));
        Assert.Contains("irq_disabled", Rows(over)[0], StringComparison.Ordinal);
        Assert.Contains("×100k", over.Find(".overlay-mark.observed").TextContent, StringComparison.Ordinal);
        Assert.Contains("×99k", over.Find(".overlay-mark.predicted").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_three_hundred_are_shown_at_once_and_it_opens_where_the_first_is_that_is_not_explained()
    {
        var events = Enumerable.Range(0, (2 * Overlay.Most) + 5).Select(i => Event(i, i % 2)).ToArray();
        var over = Over(null, "", [.. events.Select(Done)]);
        Assert.Equal(Overlay.Most, Rows(over).Length);
        Assert.Equal($"Events 1 to {Overlay.Most} of {events.Length:N0}", over.Find(".overlay-pages [role=status]").TextContent);
        Assert.True(over.FindAll(".overlay-pages button")[0].HasAttribute("disabled"));
        over.FindAll(".overlay-pages button")[1].Click();
        over.FindAll(".overlay-pages button")[1].Click();
        Assert.Equal(5, Rows(over).Length);
        Assert.True(over.FindAll(".overlay-pages button")[1].HasAttribute("disabled"));
        over.FindAll(".overlay-pages button")[0].Click();
        Assert.Equal($"Events {Overlay.Most + 1} to {2 * Overlay.Most} of {events.Length:N0}", over.Find(".overlay-pages [role=status]").TextContent);

        var late = Over(events[^1], "nothing", [.. events[..^1].Select(Done), new ObservedMatch(events[^1], 0, -1, "", "")]);
        Assert.Equal("Events 601 to 605 of 605", late.Find(".overlay-pages [role=status]").TextContent);
        Assert.Single(late.FindAll("tr.first"));
    }
}
