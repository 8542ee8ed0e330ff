using CsCheck;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Building;

namespace PciDash.Scenarios.Tests.Building;

/// <summary>A history is what it was after it has been written and read.</summary>
public class HistoryTexts
{
    private static readonly FormField Gsi = FieldTable.Function.Single(f => f.Path == "gsi");

    private static readonly string[] Letters = ["a", "b", "😀", "😁", "\"", "\n"];

    private sealed record Word(string Text);

    private static HistoryText<Word> Words => new(w => w.Text, t => new Word(t));

    private static IEnumerable<string> Told<T>(EditHistory<T> history, Func<T, string> text)
        where T : class =>
        [text(history.Now), .. history.Past.Select(s => $"{s.Words}: {text(s.State)}"), "|", .. history.Future.Select(s => $"{s.Words}: {text(s.State)}")];

    [Fact]
    public void Any_history_of_any_texts_comes_back()
    {
        // Of few different letters, one of them of two halves, so that beginnings and ends are often the same.
        var text = Gen.Int[0, Letters.Length - 1].Array[0, 12].Select(all => string.Concat(all.Select(i => Letters[i])));
        var edit = Gen.Select(Gen.Int[0, 4], text);
        edit.Array[0, 30].Sample(edits =>
        {
            var writer = Words;
            var history = new EditHistory<Word>(new Word(""));
            foreach (var (what, to) in edits)
            {
                history = what switch { 0 => history.Undo(), 1 => history.Redo(), 2 => history.With(new Word(to)), _ => history.Do(new Word(to), "made " + to) };

                // The same writer every time: what it remembers must still be right.
                var read = Words.Read(writer.Write(history));
                Assert.NotNull(read);
                Assert.Equal(Told(history, w => w.Text), Told(read, w => w.Text));
            }
        });
    }

    [Fact]
    public void What_is_on_the_workbench_comes_back_with_what_was_typed_and_selected()
    {
        var history = new EditHistory<MachineDraft>(new MachineDraft(TopologyEdit.Empty));
        foreach (var device in new[] { "e1000", "nvme", "uhci" })
        {
            var outcome = TopologyEdit.Add(history.Now.Scenario, DeviceModel.Find(device)!, null);
            history = history.Do(history.Now.After(outcome), outcome.Words);
        }

        var (draft, words) = history.Now.Set(new Bdf(0, 2, 0), Gsi, "999");
        history = history.Do(draft with { Selected = new Bdf(0, 2, 0) }, words);
        var texts = new HistoryText<MachineDraft>(MachineDraftText.Write, MachineDraftText.Read);
        var read = texts.Read(texts.Write(history.Undo().Undo()))!;
        Assert.Equal(Told(history.Undo().Undo(), MachineDraftText.Write), Told(read, MachineDraftText.Write));
        read = read.Redo().Redo();
        Assert.Equal("999", read.Now.Drafts[(new Bdf(0, 2, 0), "gsi")].Text);
        Assert.Equal(new Bdf(0, 2, 0), read.Now.Selected);
        Assert.Equal(["e1000"], read.Undo().Undo().Undo().Now.Scenario.Functions.Select(f => f.Device.Id));
    }

    [Fact]
    public void An_edit_of_a_large_text_is_written_in_a_few_characters_and_a_long_history_is_cut_at_its_far_end()
    {
        var large = new string('x', 100_000);
        var history = new EditHistory<Word>(new Word(large));
        for (var i = 0; i < 300; i++)
        {
            history = history.Do(new Word($"{large}{i}{large}"), $"step {i}");
        }

        var written = Words.Write(history);
        Assert.True(written.Length < 310_000, $"{written.Length} characters");
        var read = Words.Read(written)!;
        Assert.Equal("step 299", read.Undoable);
        var steps = read.Past.Count();
        Assert.InRange(steps, 20, HistoryText<Word>.MostCharacters / 200_000);
        Assert.Equal($"{large}{299 - steps}{large}", read.Past.Last().State.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"version":2,"now":"a","past":[],"future":[]}""")]
    [InlineData("""{"version":1,"now":"a","past":[]}""")]
    [InlineData("""{"version":1,"now":null,"past":[],"future":[]}""")]
    [InlineData("""{"version":1,"now":"a","past":[null],"future":[]}""")]
    [InlineData("""{"version":1,"now":"a","past":[{"start":9,"end":0,"middle":"","words":""}],"future":[]}""")]
    [InlineData("""{"version":1,"now":"a","past":[{"start":0,"end":-1,"middle":"","words":""}],"future":[]}""")]
    [InlineData("""{"version":1,"now":"a","past":[{"start":0,"end":0,"middle":null,"words":""}],"future":[]}""")]
    public void What_is_no_history_is_none(string text) => Assert.Null(Words.Read(text));

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"scenario\":{}}")]
    [InlineData("nonsense")]
    public void What_is_no_machine_is_none(string text) =>
        Assert.Null(new HistoryText<MachineDraft>(MachineDraftText.Write, MachineDraftText.Read).Read($$"""{"version":1,"now":{{System.Text.Json.JsonSerializer.Serialize(text)}},"past":[],"future":[]}"""));
}
