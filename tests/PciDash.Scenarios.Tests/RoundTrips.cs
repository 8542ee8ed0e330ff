using CsCheck;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Tests;

public class RoundTrips
{
    [Fact]
    public void A_scenario_that_is_written_reads_back_as_the_same() =>
        RandomScenario.All.Sample(
            s =>
            {
                var text = ScenarioDocument.Write(s);
                var back = ScenarioDocument.Parse(text);
                Assert.Equal(RandomScenario.Describe(s), RandomScenario.Describe(back.Scenario));
                Assert.Empty(back.Warnings);
                Assert.Equal(text, ScenarioDocument.Write(back.Scenario));
            },
            iter: 300);

    [Fact]
    public void A_link_brings_back_the_same_run() =>
        RandomScenario.All.Sample(
            (s) =>
            {
                var run = new RunDocument(s)
                {
                    Seed = (ulong)s.Title.Length, Title = s.Title, Choices = [new NamedChoice(3, "cpu0:take:1"), new NamedChoice(9, "00:01.0/rx:fire")],
                    View = new RunView { Step = 42, FromNs = -5, ToNs = 1_000_000, Selection = "gsi21", Compare = "seed", Axis = "time", Filter = "irq 21", Hidden = "cpu0 irq21/rate", Folded = "00:01.0/mode", Pinned = "irq21", Order = "irq21 phases", MarkerA = 3, MarkerB = 0,
                        Bookmarks = [new Bookmark(7, "here"), new Bookmark(900_000, "")] },
                    Forks = [[], [new NamedChoice(1, "cpu0:take:1")]], Fingerprint = "1f2e",
                };
                var link = ShareLink.TryEncode(run);
                if (link is null)
                {
                    return;
                }

                var back = ShareLink.Decode("https://example.org" + link + "#top");
                Assert.Equal(run.Write(), back.Write());
                Assert.Equal(link, ShareLink.TryEncode(back));
                Assert.Equal(run.View.Bookmarks, back.View.Bookmarks);
                Assert.Equal(run.Forks, back.Forks);
            },
            iter: 200);

    [Theory]
    [InlineData("\"forks\": [{ \"choices\": [{ \"step\": 2, \"action\": \"a\" }, { \"step\": 2, \"action\": \"b\" }] }]", "forks[0].choices: step 2 comes after step 2")]
    [InlineData("\"forks\": [{ \"seed\": 2 }]", "forks[0].seed: no such field")]
    [InlineData("\"view\": { \"bookmarks\": [{ \"note\": \"x\" }] }", "view.bookmarks[0].step: missing")]
    public void Forks_and_bookmarks_that_are_none_are_told_with_their_place(string member, string says)
    {
        const string File = """{ "version": 1, "scenario": { "version": 1, "platform": "q35", "functions": [{ "bdf": "00:01.0", "device": "uhci" }], "boots": [{ "kernel": "4.1", "path": "reboot" }] }, MEMBER }""";
        Assert.Contains(Assert.Throws<ScenarioException>(() => RunDocument.Parse(File.Replace("MEMBER", member, StringComparison.Ordinal))).Problems, p => p.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void Members_in_any_order_and_defaults_that_are_spelt_out_give_the_same_file_and_link()
    {
        const string Terse = """
            {"version":1,"platform":"q35","functions":[{"bdf":"00:09.0","device":"virtio-net"},{"bdf":"00:01.0","device":"uhci"}],"boots":[{"kernel":"4.1","path":"reboot"}]}
            """;
        const string Wordy = """
            {"boots":[{"path":"reboot","policy":"P4","enumeration":"E1","cpus":1,"cmdline":"","drivers":{},"stimuli":[],"kernel":"4.1"}],
             "functions":[{"device":"uhci","mode":"auto","cpu":0,"bdf":"0000:00:01.0","overrides":{"pin":"A"}},{"bdf":"00:09.0","events":[],"device":"virtio-net"}],
             "timing":"qemu-tcg","title":"","platform":"q35","id":"scenario","version":1}
            """;
        var (a, b) = (ScenarioDocument.Parse(Terse).Scenario, ScenarioDocument.Parse(Wordy).Scenario);
        Assert.Equal(ScenarioDocument.Write(a), ScenarioDocument.Write(b));
        Assert.Equal(ShareLink.TryEncode(new RunDocument(a)), ShareLink.TryEncode(new RunDocument(b)));
    }

    [Fact]
    public void A_load_of_a_driver_travels_with_its_driver()
    {
        var live = ScenarioPresets.Find("live-no-handler")!.Scenario;
        var back = ScenarioDocument.Parse(ScenarioDocument.Write(live)).Scenario;
        Assert.Equal("uhci_hcd", Assert.Single(back.Boots[0].Stimuli, s => s.Load is not null).Load!.Id);
    }

    [Fact]
    public void A_kernel_that_no_file_can_name_is_refused_when_it_is_written()
    {
        var seed = ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario;
        var odd = seed with { Boots = [seed.Boots[0] with { Release = seed.Boots[0].Release with { SpuriousCutoff = 10 } }] };
        Assert.Contains("boots[0].kernel: this 4.1 is not in the catalogue", Assert.Throws<ScenarioException>(() => ScenarioDocument.Write(odd)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_file_holds_choices_and_view()
    {
        var run = new RunDocument(ScenarioPresets.All[0].Scenario)
        {
            Seed = ulong.MaxValue, Choices = [new NamedChoice(7, "00:09.0/rx:fire")], View = new RunView { Step = 31 },
        };
        var back = RunDocument.Parse(run.Write());
        Assert.Equal(ulong.MaxValue, back.Seed);
        Assert.Equal(run.Choices, back.Choices);
        Assert.Equal(31, back.View.Step);
        Assert.DoesNotContain("marker", run.Write(), StringComparison.Ordinal);
        Assert.Equal(ScenarioDocument.Write(run.Scenario), new RunDocument(run.Scenario).Write());
    }
}
