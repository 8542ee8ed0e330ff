using System.Buffers.Text;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Tests;

public class ShareLinks
{
    private static string Link(string json, char version = '1')
    {
        var text = Encoding.UTF8.GetBytes(json);
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(text.Length)];
        Assert.True(BrotliEncoder.TryCompress(text, packed, out var length, 11, 22));
        return "/s/" + version + Base64Url.EncodeToString(packed.AsSpan(0, length));
    }

    private static string Refusal(string link) => Assert.Single(Assert.Throws<ScenarioException>(() => ShareLink.Decode(link)).Problems);

    [Fact]
    public void A_preset_is_a_link_of_less_than_60_characters()
    {
        var link = ShareLink.TryEncode(new RunDocument(ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario))!;
        Assert.InRange(link.Length, 10, 59);
        Assert.All(ScenarioPresets.All, p => Assert.InRange(ShareLink.TryEncode(new RunDocument(p.Scenario))!.Length, 10, 79));
    }

    [Fact]
    public void An_imported_machine_of_20_functions_is_a_link_of_less_than_2000_characters()
    {
        var run = RunDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "links", "imported-machine-2026-11.json")));
        Assert.Equal(20, run.Scenario.Functions.Count);
        Assert.InRange(ShareLink.TryEncode(run)!.Length, 100, 1_999);
    }

    [Fact]
    public void A_changed_preset_travels_as_what_differs()
    {
        var preset = ScenarioPresets.Find("live-no-handler")!.Scenario;
        var changed = preset with { Boots = [preset.Boots[0] with { NoIrqDebug = true, Policy = PciDash.Engine.Kernel.ShutdownPolicy.P0 }] };
        var link = ShareLink.TryEncode(new RunDocument(changed))!;
        Assert.Equal(ScenarioDocument.Write(changed), ScenarioDocument.Write(ShareLink.Decode(link).Scenario));
        Assert.True(link.Length < ShareLink.TryEncode(new RunDocument(changed with { Id = "mine" }))!.Length);
    }

    // Links that were given away. A line is never changed or removed; the file that a link opens is the second half of the line's pair.
    [Fact]
    public void Every_link_that_was_ever_given_away_opens_as_the_same_document()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "links");
        var links = Directory.GetFiles(folder, "*.link").Order(StringComparer.Ordinal).ToList();
        Assert.True(links.Count >= 6, "the fixtures are gone");
        Assert.All(links, f => Assert.Equal(File.ReadAllText(Path.ChangeExtension(f, ".json")), ShareLink.Decode(File.ReadAllText(f)).Write()));
    }

    // The same run, the same link, whoever makes it and when.
    [Fact]
    public void A_run_has_the_link_that_it_always_had()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "links");
        foreach (var file in Directory.GetFiles(folder, "*.link").Where(f => !Path.GetFileName(f).StartsWith("older-", StringComparison.Ordinal)))
        {
            var link = File.ReadAllText(file);
            Assert.True(ShareLink.TryEncode(ShareLink.Decode(link)) == link, Path.GetFileName(file));
        }
    }

    // Windows larger than what is taken are read in a smaller one, and come to the same.
    [Theory]
    [InlineData(10)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(18)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(24)]
    public void A_link_of_any_window_opens(int window)
    {
        var text = Encoding.UTF8.GetBytes("{\"L\":\"q35-virtio\",\"O\":{\"hidden\":\"" + string.Concat(Enumerable.Range(0, 2_200).Select(i => $"{i:x4}/pin ")) + "\"}}");
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(text.Length)];
        Assert.True(BrotliEncoder.TryCompress(text, packed, out var length, 11, window));
        var view = ShareLink.Decode("/s/1" + Base64Url.EncodeToString(packed.AsSpan(0, length))).View;
        Assert.EndsWith("0896/pin 0897/pin ", view.Hidden, StringComparison.Ordinal);
    }

    // A link to a preset holds only its id. What would change a preset that was published is a preset of another id.
    [Fact]
    public void A_published_preset_never_changes()
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "presets.txt"));
        Assert.True(lines.Length >= 18);
        Assert.All(lines, line =>
        {
            var (id, hash) = (line.Split(' ')[0], line.Split(' ')[1]);
            var preset = ScenarioPresets.Find(id);
            Assert.True(preset is not null, $"{id} is gone");
            Assert.True(hash == Hash(ScenarioDocument.Write(preset.Scenario)), $"{id} has changed");
        });
        Assert.Equal(lines.Select(l => l.Split(' ')[0]).Order(StringComparer.Ordinal), ScenarioPresets.All.Select(p => p.Id).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", "link: it does not contain /s/; a share link is needed")]
    [InlineData("https://example.org/", "link: it does not contain /s/; a share link is needed")]
    [InlineData("/s/", "link: nothing follows /s/")]
    [InlineData("/s/2abcd", "link: version '2' given; this program reads version 1")]
    [InlineData("/s/1", "link: its content cannot be unpacked")]
    [InlineData("/s/1ab!d", "link: it holds a character that is not of the base64url alphabet")]
    [InlineData("/s/1AAAAAAAA", "link: ")]
    public void What_is_no_link_gives_one_clear_message(string link, string message) => Assert.StartsWith(message, Refusal(link), StringComparison.Ordinal);

    [Theory]
    [InlineData("[]", "link: it holds no scenario")]
    [InlineData("null", "link: it holds no scenario")]
    [InlineData("{", "link: its content is not JSON")]
    [InlineData("{\"L\":5}", "link: there is no preset ''")]
    [InlineData("{\"L\":\"nope\"}", "link: there is no preset 'nope'; 'pcidash presets' lists")]
    [InlineData("{\"L\":{\"W\":\"q35-virtio\",\"x\":1}}", "link: scenario.")]
    [InlineData("{\"L\":{\"W\":\"q35-virtio\",\"X\":[[\"boots/7/policy\",\"P4\"]]}}", "link: scenario.changes: they do not fit the preset q35-virtio")]
    [InlineData("{\"L\":{\"W\":\"q35-virtio\",\"X\":[[\"boots/0/cpus\",9]]}}", "link: scenario.boots[0].cpus: 9 given; 1 to 8 are possible")]
    [InlineData("{\"L\":{\"W\":\"q35-virtio\",\"X\":{}}}", "link: scenario.changes")]
    [InlineData("{\"L\":\"q35-virtio\",\"L\":\"q35-virtio\"}", "link: a field is given twice")]
    [InlineData("{\"L\":\"q35-virtio\",\"scenario\":\"q35-virtio\"}", "link: a field is given twice")]
    [InlineData("{\"L\":\"q35-virtio\",\"M\":-1}", "link: seed: -1 given")]
    [InlineData("{\"L\":\"q35-virtio\",\"wrong\":1}", "link: wrong: no such field")]
    [InlineData("{\"L\":\"q35-virtio\",\"c\":\"\\ud800\"}", "link: a field is given twice or a text is broken")]
    [InlineData("{\"L\":\"q35-virtio\",\"N\":[{\"Q\":5,\"R\":\"x\"},{\"Q\":5,\"R\":\"y\"}]}", "link: choices: step 5 comes after step 5")]
    public void Content_that_was_not_made_here_gives_one_clear_message(string json, string message) =>
        Assert.StartsWith(message, Refusal(Link(json)), StringComparison.Ordinal);

    [Fact]
    public void A_bomb_is_not_unpacked()
    {
        var bomb = Link("{\"L\":\"" + new string('a', 40_000_000) + "\"}");
        Assert.True(bomb.Length < ShareLink.MaxLength, "it would be refused for its length");
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.StartsWith("link: its content is larger than 1048560 bytes", Refusal(bomb), StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000_000);
    }

    [Fact]
    public void A_deep_content_and_a_long_link_are_refused()
    {
        Assert.Contains("at most 16 levels", Refusal(Link(new string('[', 500) + new string(']', 500))), StringComparison.Ordinal);
        Assert.StartsWith("link: 8001 characters given; at most 8000 are possible", Refusal("/s/1" + new string('A', 7_997)), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_truncated_or_altered_link_is_refused_or_opens_and_nothing_else()
    {
        var whole = ShareLink.TryEncode(new RunDocument(ScenarioPresets.Find("q35-virtio")!.Scenario with { Id = "own" }) { Title = "t" })!;
        for (var i = 4; i < whole.Length; i++)
        {
            Refusal(whole[..i]);
            var altered = whole[..i] + (whole[i] == 'A' ? 'B' : 'A') + whole[(i + 1)..];
            try
            {
                ShareLink.Decode(altered);
            }
            catch (ScenarioException e)
            {
                Assert.NotEmpty(e.Problems);
            }
        }
    }

    // Text that packs well: what is given away must open, however much it unpacks to.
    [Theory]
    [InlineData(15_000, 0)]
    [InlineData(0, 900)]
    [InlineData(0, 5_000)]
    public void A_link_that_is_made_opens(int lanes, int choicesOfEachFork)
    {
        var choices = Enumerable.Range(0, choicesOfEachFork).Select(i => new NamedChoice(i, "cpu0:take:1")).ToList();
        var run = new RunDocument(ScenarioPresets.All[0].Scenario)
        {
            View = new RunView { Hidden = lanes == 0 ? null : string.Concat(Enumerable.Repeat("00:09.0/msi ", lanes / 12)) },
            Choices = choices, Forks = [.. Enumerable.Range(0, RunDocument.MostForks).Select(_ => choices)],
        };
        var link = ShareLink.TryEncode(run);
        Assert.Equal(choicesOfEachFork < 5_000, link is not null);
        Assert.Equal(run.Write(), link is null ? run.Write() : ShareLink.Decode(link).Write());
    }

    [Fact]
    public void A_run_that_is_too_large_for_a_link_has_none()
    {
        var choices = Enumerable.Range(0, 5_000).Select(i => new NamedChoice(i * 7919L % 1_000_003 + (i * 1_000_003L), $"cpu{i % 8}:take:{i * 31 % 97}")).ToList();
        Assert.Null(ShareLink.TryEncode(new RunDocument(ScenarioPresets.All[0].Scenario) { Choices = choices }));
    }

    internal static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
