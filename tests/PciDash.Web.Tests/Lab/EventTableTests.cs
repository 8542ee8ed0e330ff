using Bunit;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;
using PciDash.Scenarios.Timeline;
using PciDash.Web.Components.Lab;
using PciDash.Web.Lab;

namespace PciDash.Web.Tests.Lab;

public class EventTableTests : ComponentTest
{
    [Fact]
    public void Rows_are_filtered_by_lane_kind_and_words()
    {
        var run = Runs.Story;
        var pin = Lanes.Of(run).Rows.Single(l => l.Id == "00:09.0/pin");
        var all = Enumerable.Range(0, run.Recording.Count).Select(i => (i, run.Recording.Entries[i].Event)).ToList();
        Assert.Equal(all.Select(e => e.i), EventFilter.None.Of(run));
        Assert.Equal(all.Where(e => e.Event.Kind == EventKind.Intx && e.Event.Subject == pin.Subject).Select(e => e.i), new EventFilter(pin, null, "").Of(run));
        Assert.Equal(all.Where(e => e.Event.Kind == EventKind.Handler).Select(e => e.i), new EventFilter(null, EventKind.Handler, "").Of(run));
        var text = new EventText(run.Machine);
        var said = new EventFilter(null, EventKind.Handler, "usb_hcd RETURNS").Of(run);
        Assert.NotEmpty(said);
        Assert.All(said, i => Assert.Contains("usb_hcd_irq returns", text.What(run.Recording.Entries[i].Event), StringComparison.Ordinal));
        Assert.Equal(all.Count(e => e.Event.Kind == EventKind.Handler && text.What(e.Event).Contains("usb_hcd_irq returns", StringComparison.Ordinal)), said.Count);
    }

    [Fact]
    public void A_filter_that_is_not_wanted_any_more_ends()
    {
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.Throws<OperationCanceledException>(() => new EventFilter(null, null, "x").Of(Runs.Story, cancel.Token));
    }

    [Fact]
    public void Table_shows_what_passes_says_how_much_and_takes_it_back()
    {
        var table = Render<EventTable>(p => p.Add(t => t.Run, Runs.Story).Add(t => t.Step, 3));
        table.FindAll("select")[1].Change("Phase");
        var phases = EventFilter.None.Of(Runs.Story).Count(i => Runs.Story.Recording.Entries[i].Event.Kind == EventKind.Phase);
        table.WaitForAssertion(() => Assert.Equal($"{phases} of {Runs.Story.Recording.Count:N0} rows", table.Find(".event-bar output").TextContent), TimeSpan.FromSeconds(20));
        table.WaitForAssertion(() => Assert.Equal(phases, table.FindAll("tbody button").Count), TimeSpan.FromSeconds(20));
        table.Find(".event-bar input").Input("there is no such phase");
        table.WaitForAssertion(() => Assert.Contains("No event matches", table.Find(".none").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        table.Find(".none button").Click();
        table.WaitForAssertion(() => Assert.Equal("", table.Find(".event-bar output").TextContent), TimeSpan.FromSeconds(20));
        table.WaitForAssertion(() => Assert.NotEmpty(table.FindAll("tbody button")), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Kinds_offered_are_those_that_happen()
    {
        var table = Render<EventTable>(p => p.Add(t => t.Run, Runs.Story));
        var offered = table.FindAll("select")[1].QuerySelectorAll("option").Skip(1).Select(o => o.TextContent).ToList();
        Assert.Contains("NobodyCared", offered);
        Assert.DoesNotContain("PowerState", offered);
        Assert.Equal("all lanes", table.FindAll("select")[0].QuerySelector("option")!.TextContent);
    }

    [Fact]
    public void Copied_are_the_rows_shown()
    {
        var module = JSInterop.SetupModule(m => m.Arguments[0] is string s && s.Contains("timeline", StringComparison.Ordinal));
        module.Mode = JSRuntimeMode.Loose;
        var table = Render<EventTable>(p => p.Add(t => t.Run, Runs.Story));
        table.FindAll("select")[1].Change("NobodyCared");
        table.WaitForAssertion(() => Assert.StartsWith("1 of", table.Find(".event-bar output").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        table.Find(".event-bar button").Click();
        var copied = Assert.IsType<string>(module.Invocations["copyText"].Single().Arguments[0]);
        Assert.Contains("IRQ 21  nobody cared: 100,000 of 100,000", copied, StringComparison.Ordinal);
        Assert.Equal("Copied", table.Find(".event-bar button").TextContent);
    }

    [Theory]
    [InlineData(Runs.StoryId)]
    [InlineData("screaming-msi-2011")]
    public void Text_for_a_mail_has_72_columns_and_loses_no_row(string preset)
    {
        var run = Runs.Of(preset);
        var text = MailText.Of(run, EventFilter.All(run));
        var lines = text.TrimEnd().Split('\n');
        Assert.All(lines, l => Assert.InRange(l.Length, 1, MailText.Columns));
        Assert.Equal(lines, lines.Select(l => l.TrimEnd()));
        var numbers = lines.Skip(1).Select(l => l.TrimStart().Split(' ')[0]).Where(w => w.Length > 0 && char.IsAsciiDigit(w[0])).ToHashSet();
        foreach (var i in EventFilter.All(run).Take(MailText.MostRows))
        {
            Assert.Contains($"{run.Recording.Entries[i].Raw:N0}", numbers);
        }

        foreach (var fold in run.Recording.Folds)
        {
            Assert.Contains($"x{fold.Rounds:N0}", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Kept_steps_carry_their_notes_and_a_folded_row_those_of_its_rounds()
    {
        var run = Runs.Story;
        var dead = run.First(EventKind.NobodyCared).Raw;
        var fold = run.Recording.Folds[0];
        var rounds = run.Recording.Entries[fold.FirstEntry].Raw;
        Bookmark[] kept = [new(rounds, "first round"), new(rounds + (5L * fold.Length), ""), new(dead, "here it dies"), new(run.Recording.RawCount + 7, "past the end")];
        var table = Render<EventTable>(p => p.Add(t => t.Run, run).Add(t => t.Step, dead).Add(t => t.Bookmarks, kept));
        table.WaitForAssertion(() => Assert.Contains(table.FindAll(".kept-note"), n => n.TextContent == "★ here it dies"), TimeSpan.FromSeconds(20));
        Assert.DoesNotContain("past the end", table.Markup, StringComparison.Ordinal);
        table.Render(p => p.Add(t => t.Step, rounds));
        table.FindAll("select")[1].Change("IrqDelivered");
        table.WaitForAssertion(() => Assert.Contains(table.FindAll(".kept-note"), n => n.TextContent == "★ first round; kept"), TimeSpan.FromSeconds(20));
        table.Render(p => p.Add(t => t.Bookmarks, []));
        Assert.Empty(table.FindAll(".kept-note"));
    }

    [Fact]
    public void Text_for_a_mail_has_the_notes()
    {
        var run = Runs.Story;
        var dead = run.Recording.EntryOf(run.First(EventKind.NobodyCared).Raw);
        Assert.Contains("[here it dies]", MailText.Of(run, [dead], 0, new Dictionary<int, string> { [dead] = "here it dies" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_rows_are_said_to_be_left_out()
    {
        var text = MailText.Of(Runs.Large, EventFilter.All(Runs.Large), 500);
        Assert.EndsWith($"(1,000 of {Runs.Large.Recording.Count:N0} rows)\n", text, StringComparison.Ordinal);
        Assert.Contains($"\n{Runs.Large.Recording.Entries[500].Raw:N0}  ", text.Replace("\n ", "\n", StringComparison.Ordinal).Replace("\n ", "\n", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
