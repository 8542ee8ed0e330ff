using AngleSharp.Dom;
using Bunit;
using Microsoft.JSInterop;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Timeline;
using PciDash.Web.Components.Lab;
using PciDash.Web.Lab;

namespace PciDash.Web.Tests.Lab;

public class LabComponentTests : ComponentTest
{
    private static long Disable => Runs.Story.First(EventKind.NobodyCared).Raw;

    [Fact]
    public void Registers_mark_the_one_bit_that_changed()
    {
        var before = new FunctionView { Command = 0x0507 };
        var registers = Render<Registers>(p => p.Add(r => r.Title, "Registers").Add(r => r.Before, before).Add(r => r.After, before with { Command = 0x0107 }));

        var changed = registers.FindAll("td").Select((td, i) => (Bit: 15 - i, td)).Where(c => c.td.ClassList.Contains("changed")).ToList();
        Assert.Equal(10, Assert.Single(changed).Bit);
        Assert.Equal("Interrupt Disable", changed[0].td.GetAttribute("title"));
        Assert.Equal("0", changed[0].td.TextContent);
        Assert.Equal("Command 0x0507 → 0x0107", Words(registers.Find("caption")));
        Assert.Equal("INTx-Disable (bit 10)", Assert.Single(registers.FindAll(".fields .changed dt")).TextContent);
    }

    [Fact]
    public void Registers_mark_nothing_when_nothing_changed()
    {
        var now = new FunctionView { Command = 0x0507, MsixEnable = true };
        var registers = Render<Registers>(p => p.Add(r => r.Title, "Registers").Add(r => r.Before, now).Add(r => r.After, now).Add(r => r.HasMsix, true));
        Assert.Empty(registers.FindAll(".changed"));
        Assert.Equal("Command 0x0507", Words(registers.Find("caption")));
    }

    [Fact]
    public void Chain_of_causes_leads_from_the_disable_to_the_function_and_commit_that_turned_msix_off()
    {
        var inspector = Render<Inspector>(p => p.Add(i => i.Run, Runs.Story).Add(i => i.Step, Disable));
        var why = inspector.FindAll(".why li");
        Assert.Contains(why, li => li.TextContent.Contains("pci_msix_shutdown", StringComparison.Ordinal) && li.TextContent.Contains("d52877c7b1af", StringComparison.Ordinal));
        Assert.Contains("nobody cared", why[^1].TextContent, StringComparison.Ordinal);
        Assert.Contains("here", why[^1].ClassList);
        Assert.Contains("IRQ 21", inspector.Markup, StringComparison.Ordinal);
        Assert.Contains("usb_hcd_irq (00:01.0)", inspector.Find("section[aria-label='The line']").TextContent, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_cause_can_be_gone_to()
    {
        var went = new List<long>();
        var inspector = Render<Inspector>(p => p.Add(i => i.Run, Runs.Story).Add(i => i.Step, Disable).Add(i => i.OnSeek, went.Add));
        var gate = Runs.Story.First(EventKind.CfgCommand, e => (e.A & 0x0400) != 0 && (e.B & 0x0400) == 0).Raw;
        inspector.FindAll(".why li").Single(li => li.TextContent.Contains("INTx-Disable 1 → 0", StringComparison.Ordinal)).QuerySelector("button")!.Click();
        Assert.Equal([gate], went);
    }

    [Fact]
    public void Inspector_shows_the_write_that_turned_msix_off_bit_by_bit_and_whose_policy_it_is()
    {
        var off = Runs.Story.First(EventKind.CfgMsix, e => e.A == 0).Raw;
        var inspector = Render<Inspector>(p => p.Add(i => i.Run, Runs.Story).Add(i => i.Step, off));
        Assert.Contains(inspector.FindAll(".fields .changed"), d => d.TextContent.Contains("MSI-X Enable", StringComparison.Ordinal) && d.TextContent.Contains("1 → 0", StringComparison.Ordinal));
        Assert.Contains("Linux 4.1", inspector.Find(".source").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspector_says_which_properties_hold()
    {
        Assert.Contains("violated at", Standing(Runs.Story, Disable), StringComparison.Ordinal);
        Assert.Contains("lost at", Standing(Runs.Story, 0), StringComparison.Ordinal);
        Assert.Contains("holds in this run", Standing(Runs.Patched, 0), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_event_of_the_story_can_be_inspected()
    {
        var inspector = Render<Inspector>(p => p.Add(i => i.Run, Runs.Story).Add(i => i.Step, 0));
        for (var i = 0; i < Runs.Story.Recording.Count; i++)
        {
            inspector.Render(p => p.Add(c => c.Run, Runs.Story).Add(c => c.Step, Runs.Story.Recording.Entries[i].Raw));
            Assert.NotEmpty(inspector.FindAll(".why li.here"));
        }
    }

    [Fact]
    public void Transport_steps_both_ways_and_to_both_ends()
    {
        var r = Runs.Story.Recording;
        var went = new List<long>();
        var transport = Render<Transport>(p => p.Add(t => t.Recording, r).Add(t => t.Step, 5).Add(t => t.OnSeek, went.Add));
        foreach (var key in new[] { "ArrowRight", "ArrowLeft", "Home", "End", "d" })
        {
            transport.Find($"[aria-keyshortcuts={key}]").Click();
        }

        Assert.Equal([6, 4, 0, r.RawCount - 1, Disable], went);
    }

    [Fact]
    public void Transport_offers_lane_steps_only_for_a_lane_and_the_disable_only_if_there_is_one()
    {
        var transport = Render<Transport>(p => p.Add(t => t.Recording, Runs.Story.Recording).Add(t => t.Step, 5));
        Assert.All(["n", "p"], key => Assert.True(transport.Find($"[aria-keyshortcuts={key}]").HasAttribute("disabled")));
        Assert.Single(transport.FindAll("[aria-keyshortcuts=d]"));

        var went = new List<long>();
        var lane = new Lanes(Runs.Story).Rows.First(l => l.Id == "00:09.0/pin");
        transport.Render(p => p.Add(t => t.Recording, Runs.Story.Recording).Add(t => t.Step, 0).Add(t => t.Lane, lane).Add(t => t.OnSeek, went.Add));
        transport.Find("[aria-keyshortcuts=n]").Click();
        Assert.Equal([Runs.Story.First(EventKind.Intx).Raw], went);

        transport.Render(p => p.Add(t => t.Recording, Runs.Patched.Recording).Add(t => t.Step, 0));
        Assert.Empty(transport.FindAll("[aria-keyshortcuts=d]"));
    }

    [Fact]
    public void Transport_tells_where_it_is_also_to_those_who_hear_it()
    {
        var transport = Render<Transport>(p => p.Add(t => t.Recording, Runs.Story.Recording).Add(t => t.Step, Disable).Add(t => t.Says, "IRQ 21, nobody cared"));
        var status = transport.Find("[role=status]").TextContent;
        Assert.Contains(Disable.ToString("N0"), status, StringComparison.Ordinal);
        Assert.Contains("IRQ 21, nobody cared", status, StringComparison.Ordinal);
    }

    [Fact]
    public void Play_goes_on_until_it_is_pressed_again()
    {
        var step = 0L;
        IRenderedComponent<Transport> transport = null!;
        void Go(long raw)
        {
            step = raw;
            transport.Render(p => p.Add(t => t.Step, raw));
        }

        transport = Render<Transport>(p => p.Add(t => t.Recording, Runs.Story.Recording).Add(t => t.Step, 0).Add(t => t.OnSeek, Go));
        Play().Click();
        transport.WaitForAssertion(() => Assert.True(step >= 2), TimeSpan.FromSeconds(10));
        Assert.Equal("true", Play().GetAttribute("aria-pressed"));

        // A step may be under way, and the press waits for it.
        Play().Click();
        transport.WaitForAssertion(() => Assert.Equal("false", Play().GetAttribute("aria-pressed")), TimeSpan.FromSeconds(10));
        var stopped = step;
        Thread.Sleep(800);
        Assert.Equal(stopped, step);

        IElement Play() => transport.Find("[aria-keyshortcuts=Space]");
    }

    [Fact]
    public void Play_at_the_end_and_play_of_an_exchanged_run_stop_by_themselves()
    {
        var r = Runs.Story.Recording;
        var transport = Render<Transport>(p => p.Add(t => t.Recording, r).Add(t => t.Step, r.Entries[^1].Raw));
        transport.Find("[aria-keyshortcuts=Space]").Click();
        Assert.Equal("false", transport.Find("[aria-keyshortcuts=Space]").GetAttribute("aria-pressed"));

        transport.Render(p => p.Add(t => t.Step, 0));
        transport.Find("[aria-keyshortcuts=Space]").Click();
        Assert.Equal("true", transport.Find("[aria-keyshortcuts=Space]").GetAttribute("aria-pressed"));
        transport.Render(p => p.Add(t => t.Recording, Runs.Patched.Recording));
        Assert.Equal("false", transport.Find("[aria-keyshortcuts=Space]").GetAttribute("aria-pressed"));
    }

    [Fact]
    public void Table_marks_the_current_row_and_tells_a_storm_once()
    {
        var table = Render<EventTable>(p => p.Add(t => t.Run, Runs.Story).Add(t => t.Step, 3));
        Assert.Equal("3", table.Find("tr[aria-current=step] button").TextContent);
        Assert.Single(table.FindAll("tr[aria-current]"));

        var storm = Runs.Story.Recording.Folds.MaxBy(f => f.Rounds);
        var inStorm = Runs.Story.Recording.Entries[storm.FirstEntry].Raw + (storm.Length * (storm.Rounds / 2));
        table.Render(p => p.Add(t => t.Step, inStorm));
        Assert.Equal($"×{storm.Rounds:N0}", table.Find("tr[aria-current=step] .times").TextContent.Trim());
    }

    [Fact]
    public void Table_row_can_be_gone_to()
    {
        var went = new List<long>();
        var table = Render<EventTable>(p => p.Add(t => t.Run, Runs.Story).Add(t => t.Step, 3).Add(t => t.OnSeek, went.Add));
        table.FindAll("tbody button")[4].Click();
        Assert.Equal([Runs.Story.Recording.Entries[4].Raw], went);
    }

    [Fact]
    public void Printed_has_the_kernel_s_own_strings_once_they_were_printed()
    {
        var printed = Render<Printed>(p => p.Add(c => c.Run, Runs.Story).Add(c => c.Step, Disable - 1));
        Assert.DoesNotContain("nobody cared", printed.Markup, StringComparison.Ordinal);
        printed.Render(p => p.Add(c => c.Step, Runs.Story.Recording.RawCount - 1));
        var lines = printed.Find("pre").TextContent.Split('\n');
        Assert.Contains(lines, l => l.EndsWith("irq 21: nobody cared (try booting with the \"irqpoll\" option)", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.EndsWith("Disabling IRQ #21", StringComparison.Ordinal));
    }

    [Fact]
    public void The_cursor_goes_by_phases_and_by_the_kernel_s_instructions()
    {
        var went = new List<long>();
        var transport = Render<Transport>(p => p.Add(c => c.Run, Runs.Story).Add(c => c.Recording, Runs.Story.Recording).Add(c => c.Step, Disable).Add(c => c.OnSeek, went.Add));
        transport.Find(".by select").Change("Phase");
        transport.Find("[aria-keyshortcuts=ArrowLeft]").Click();
        Assert.Equal(EventKind.Phase, Runs.Story.Recording.EventAt(went[0]).Event.Kind);
        Assert.True(went[0] < Disable);
        transport.Find(".by select").Change("Instruction");
        transport.Find("[aria-keyshortcuts=ArrowRight]").Click();
        var there = Runs.Story.Recording.EventAt(went[1]);
        Assert.True(there.Raw > Disable && there.Event.Origin >= 0);
    }

    [Fact]
    public void It_runs_to_a_condition_in_both_directions_and_to_a_number()
    {
        var went = new List<long>();
        var transport = Render<Transport>(p => p.Add(c => c.Run, Runs.Story).Add(c => c.Recording, Runs.Story.Recording).Add(c => c.Step, 0).Add(c => c.OnSeek, went.Add));
        transport.Find(".run-to input").Input("line 21 disabled");
        transport.Find(".run-to").Submit();
        Assert.True(Runs.Story.At(went[0]).After.Line(0).SpuriousDisabled);
        Assert.False(Runs.Story.At(went[0] - 1).Before.Line(0).SpuriousDisabled);

        transport.Render(p => p.Add(c => c.Step, Runs.Story.Recording.RawCount - 1));
        transport.FindAll(".run-to button")[0].Click();
        Assert.Equal(went[0], went[1]);
        transport.Find(".run-to").Submit();
        Assert.Contains("It does not become true after this step", transport.Find("[role=alert]").TextContent, StringComparison.Ordinal);

        transport.Find(".run-to input").Input("7");
        transport.Find(".run-to").Submit();
        Assert.Equal(7, went[2]);
        Assert.Empty(transport.FindAll("[role=alert]"));

        transport.Find(".run-to input").Input("line 21 furious");
        transport.Find(".run-to").Submit();
        Assert.Contains("furious", transport.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        transport.Find(".run-to input").Input("99999999");
        transport.Find(".run-to").Submit();
        Assert.Contains("The run has the events 0 to", transport.Find("[role=alert]").TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Interrupts", "IO-APIC  21-fasteoi")]
    [InlineData("Spurious", "# /proc/irq/21/spurious\ncount ")]
    [InlineData("Lspci", "Kernel driver in use: uhci_hcd")]
    public void Printed_has_other_texts_of_the_step(string what, string says)
    {
        var printed = Render<Printed>(p => p.Add(c => c.Run, Runs.Story).Add(c => c.Step, Disable));
        printed.Find("select").Change(what);
        Assert.Contains(says, printed.Find("pre").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_paste_is_compared_with_the_step()
    {
        var text = PciDash.Scenarios.Printed.LspciText.Of(Runs.Story.At(0).After);
        JSInterop.SetupModule(m => m.Arguments[0]!.ToString()!.Contains("printed", StringComparison.Ordinal)).Setup<IJSStreamReference>("textOf", _ => true).SetResult(new Pasted(text));
        var printed = Render<Printed>(p => p.Add(c => c.Run, Runs.Story).Add(c => c.Step, 0));
        printed.Find("select").Change("Yours");
        printed.Find(".printed > button").Click();
        Assert.Contains("facts agree at step 0", printed.Find("[role=status]").TextContent, StringComparison.Ordinal);
        printed.Render(p => p.Add(c => c.Step, Disable));
        printed.Find(".printed > button").Click();
        Assert.Contains("MSI-X Enable", printed.Find("tbody").TextContent, StringComparison.Ordinal);
    }

    private sealed class Pasted(string text) : IJSStreamReference
    {
        public long Length => text.Length;

        public ValueTask<Stream> OpenReadStreamAsync(long maxAllowedSize = 512000, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<Stream>(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    [Fact]
    public void A_run_in_which_nothing_happens_can_be_looked_at()
    {
        var run = Run.Of(CompiledMachine.Compile(Runs.Idle));
        Assert.InRange(run.Recording.RawCount, 0, 2);
        Render<Inspector>(p => p.Add(c => c.Run, run).Add(c => c.Step, 0));
        Render<EventTable>(p => p.Add(c => c.Run, run).Add(c => c.Step, 0));
        Render<Printed>(p => p.Add(c => c.Run, run).Add(c => c.Step, 0));
        var went = new List<long>();
        var transport = Render<Transport>(p => p.Add(c => c.Recording, run.Recording).Add(c => c.Step, 0).Add(c => c.OnSeek, went.Add));
        foreach (var button in transport.FindAll("button:not([disabled])"))
        {
            button.Click();
        }

        Assert.DoesNotContain("-1", transport.Find("[role=status]").TextContent, StringComparison.Ordinal);
    }

    private string Standing(Run run, long step) =>
        Render<Inspector>(p => p.Add(i => i.Run, run).Add(i => i.Step, step)).FindAll(".fields div").Single(d => d.TextContent.StartsWith("no-spurious-disable", StringComparison.Ordinal)).TextContent;

    private static string Words(IElement element) => string.Join(' ', element.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
