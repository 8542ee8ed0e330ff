using System.Text.Json;

namespace PciDash.Cli.Tests;

public class CheckAndCompare
{
    private const string Story = "virtio-nobody-cared-2015";

    [Fact]
    public void Check_of_the_story_exits_1_with_a_counterexample_that_a_link_opens()
    {
        var (code, output, error) = Cli.Start("check", Story, "--json");
        Assert.Equal((1, ""), (code, error));
        using var document = JsonDocument.Parse(output);
        var verdict = document.RootElement.GetProperty("verdicts").EnumerateArray().Single(v => v.GetProperty("property").GetString() == "no-spurious-disable");
        Assert.Equal("violated", verdict.GetProperty("verdict").GetString());
        Assert.NotEqual(0, verdict.GetProperty("path").GetArrayLength());

        // The timed engine replays it: the run behind the link has the event that violates the property.
        var file = Cli.Output(["open", verdict.GetProperty("link").GetString()!]);
        var path = Path.GetTempFileName();
        File.WriteAllText(path, file);
        var run = Cli.Output(["run", path, "--format", "jsonl"]);
        File.Delete(path);
        Assert.Contains($"{{\"i\":{verdict.GetProperty("violated_at").GetInt64()},", run, StringComparison.Ordinal);
        Assert.Contains("\"ev\":\"nobody_cared\"", run, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_of_the_patch_on_kexec_holds_and_exits_0()
    {
        var (code, output, _) = Cli.Start("check", Story, "--policy", "seed", "--path", "kexec", "--property", "no-spurious-disable", "--property", "no-stale-msi");
        Assert.Equal(0, code);
        Assert.Contains("no-spurious-disable: holds", output, StringComparison.Ordinal);
        Assert.Contains("complete", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reduced_check_visits_fewer_states_and_says_so()
    {
        (int States, string Text) Of(params string[] more)
        {
            var text = Cli.Start(["check", Story, "--policy", "seed", "--property", "no-spurious-disable", .. more]).Out;
            return (int.Parse(text.Split(' ')[1], System.Globalization.NumberStyles.AllowThousands, System.Globalization.CultureInfo.InvariantCulture), text);
        }

        var (all, reduced) = (Of(), Of("--reduced"));
        Assert.True(reduced.States < all.States, $"{reduced.States} of {all.States}");
        Assert.Contains("reduced by steps that nobody else sees", reduced.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("reduced", all.Text, StringComparison.Ordinal);
        Assert.Contains("no-spurious-disable: holds", reduced.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_all_properties_the_patch_on_kexec_violates_one_it_leaves_MSIX_on()
    {
        var (code, output, _) = Cli.Start("check", Story, "--policy", "seed", "--path", "kexec");
        Assert.Equal(1, code);
        Assert.Equal(["hand-over-as-given: violated"], output.Split('\n').Where(l => l.Contains(": violated", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_holds_says_how_close_it_came_with_a_run_that_a_link_opens()
    {
        string[] asked = ["check", Story, "--policy", "seed", "--path", "kexec", "--property", "no-stale-msi", "--property", "can-end"];
        Assert.DoesNotContain("How close it came", Cli.Start(asked).Out, StringComparison.Ordinal);
        Assert.Contains(
            "How close it came: In boot 1 00:09.0 holds a message that an earlier boot programmed; in its way are only: the device is stopped, Bus Master Enable is 0.",
            Cli.Start([.. asked, "--nearest"]).Out, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(Cli.Start([.. asked, "--nearest", "--json"]).Out);
        var verdicts = document.RootElement.GetProperty("verdicts");
        var near = verdicts[0].GetProperty("nearest");
        Assert.NotEqual(0, near.GetProperty("path").GetArrayLength());

        // The run behind the link is at its second boot there.
        var file = Path.GetTempFileName();
        File.WriteAllText(file, Cli.Output(["open", near.GetProperty("link").GetString()!]));
        var run = Cli.Output(["run", file, "--format", "jsonl"]).Split('\n');
        File.Delete(file);
        Assert.Contains("machine_kexec", string.Concat(run.TakeWhile(line => !line.Contains($"{{\"i\":{near.GetProperty("at").GetInt64()},", StringComparison.Ordinal))), StringComparison.Ordinal);

        // Nothing is measured where nothing can be.
        Assert.Equal(JsonValueKind.Null, verdicts[1].GetProperty("nearest").GetProperty("measure").ValueKind);
        Assert.Contains("none is nearer than another", verdicts[1].GetProperty("nearest").GetProperty("explanation").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_property_of_ones_own_is_checked_and_its_counterexample_opens()
    {
        var (code, output, _) = Cli.Start("check", Story, "--property", "never line 21 disabled while 00:01.0 listening");
        Assert.Equal(1, code);
        Assert.Contains("never line 21 disabled while 00:01.0 listening: violated", output, StringComparison.Ordinal);
        Assert.Contains("As a timed run", output, StringComparison.Ordinal);
        Assert.Equal(0, Cli.Start("check", Story, "--policy", "seed", "--property", "never line 21 disabled while 00:01.0 listening").Code);
    }

    [Theory]
    [InlineData("line 21 disabled", "property, column 1: 'line': expected never or always")]
    [InlineData("never line x disabled", "property, column 12: 'x': expected the number of a line")]
    [InlineData("never line 21 dead", "property, column 15: 'dead': expected asserted, masked, disabled, requested")]
    [InlineData("never line 20 disabled", "property, column 12: no function of this machine is on line 20; 21 are there")]
    [InlineData("never 00:07.0 active", "property, column 7: this machine has no function 00:07.0")]
    [InlineData("never ( line 21 masked", "property, column 23: the end: expected )")]
    [InlineData("never line 21 masked 5", "property, column 22: '5': expected and, or, while, or the end")]
    [InlineData("nonsense", "--property 'nonsense': no-spurious-disable,")]
    public void A_property_that_is_none_is_refused_with_its_place(string property, string says)
    {
        var (code, _, error) = Cli.Start("check", Story, "--property", property);
        Assert.Equal(2, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_card_that_ignores_bus_mastering_is_violated_only_under_a_bound_that_is_named()
    {
        var (code, output, _) = Cli.Start("check", Story + "-keeps-asserting", "--json", "--property", "no-spurious-disable");
        Assert.Equal(1, code);
        using var document = JsonDocument.Parse(output);
        var window = document.RootElement.GetProperty("verdicts")[0].GetProperty("window");
        Assert.True(window.GetProperty("needed_ns").GetInt64() > window.GetProperty("measured_ns").GetInt64());
        Assert.Contains("00:09.0", window.GetProperty("to").GetString()!, StringComparison.Ordinal);
        Assert.NotEmpty(window.GetProperty("source").GetString()!);
    }

    [Fact]
    public void A_search_that_was_cut_short_proves_nothing_and_exits_2()
    {
        var (code, output, error) = Cli.Start("check", Story, "--policy", "seed", "--states", "20");
        Assert.Equal(2, code);
        Assert.Contains("no-spurious-disable: not finished", output, StringComparison.Ordinal);
        Assert.DoesNotContain(": holds", output, StringComparison.Ordinal);
        Assert.Contains("not finished", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check", Story, "--property", "no-such")]
    [InlineData("check", Story, "--states", "0")]
    [InlineData("compare", Story)]
    [InlineData("compare", Story, "--with", "nowhere")]
    [InlineData("compare", Story, "--with", Story, "--policies", "P4,P5")]
    [InlineData("compare", Story, "--policies", "P4")]
    [InlineData("compare", Story, "--policies", "P4,P99")]
    [InlineData("compare", Story, "--kernels", "4.1,99")]
    [InlineData("compare", Story, "--policies", "P4,seed", "--time-limit", "0")]
    [InlineData("conform", "/nowhere")]
    public void What_cannot_be_asked_is_one_line_and_exit_2(params string[] args)
    {
        var (code, _, error) = Cli.Start(args);
        Assert.Equal(2, code);
        Assert.StartsWith("pcidash: ", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Compare_names_the_first_event_that_differs_and_both_outcomes()
    {
        using var document = JsonDocument.Parse(Cli.Output(["compare", Story, "--policies", "P4,seed", "--json"]));
        var sides = document.RootElement.GetProperty("sides");
        Assert.Contains("vector_mask 00:09.0", sides[0].GetProperty("does").GetString()!, StringComparison.Ordinal);
        Assert.Contains("driver_shutdown 00:09.0", sides[1].GetProperty("does").GetString()!, StringComparison.Ordinal);
        Assert.Contains(sides[0].GetProperty("outcomes").EnumerateArray(), o => o.GetProperty("kind").GetString() == "storm-disabled");
        Assert.DoesNotContain(sides[1].GetProperty("outcomes").EnumerateArray(), o => o.GetProperty("kind").GetString() == "storm-disabled");
        Assert.NotEqual(sides[0].GetProperty("fingerprint").GetString(), sides[1].GetProperty("fingerprint").GetString());
    }

    [Fact]
    public void Runs_that_are_the_same_have_no_first_difference()
    {
        using var document = JsonDocument.Parse(Cli.Output(["compare", Story, "--policies", "P5,seed", "--json"]));
        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("first_difference").ValueKind);
    }

    [Fact]
    public void Runs_that_were_stopped_are_not_said_to_be_the_same_to_the_end()
    {
        var whole = Cli.Output(["compare", Story, "--policies", "P5,seed"]);
        Assert.Contains("the same to the end", whole, StringComparison.Ordinal);
        var cut = Cli.Output(["compare", Story, "--policies", "P5,seed", "--time-limit", "0.001"]);
        Assert.DoesNotContain("to the end", cut, StringComparison.Ordinal);
        Assert.Contains("as far as they were followed", cut, StringComparison.Ordinal);
        Assert.Contains("stopped by the time limit", cut, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(Cli.Output(["compare", Story, "--policies", "P4,seed", "--time-limit", "0.001", "--json"]));
        Assert.All(document.RootElement.GetProperty("sides").EnumerateArray(), s => Assert.Equal("time-limit", s.GetProperty("end").GetString()));
    }

    [Fact]
    public void Compare_with_another_scenario_and_by_a_link_that_is_a_comparison_say_the_same()
    {
        var with = Cli.Output(["compare", Story, "--with", Story + "-seed"]);
        Assert.Contains("IRQ 21 is disabled after 100,000 interrupts: nobody cared", with, StringComparison.Ordinal);
        Assert.Contains("MSI-X Enable         0 | 1", with, StringComparison.Ordinal);
        var run = new PciDash.Scenarios.RunDocument(PciDash.Scenarios.ScenarioPresets.Find(Story)!.Scenario) { View = new() { Compare = "seed" } };
        Assert.Equal(with, Cli.Output(["compare", PciDash.Scenarios.ShareLink.TryEncode(run)!]));
    }

    [Fact]
    public void Compare_says_its_verdict_in_json_too()
    {
        using var document = JsonDocument.Parse(Cli.Output(["compare", Story, "--policies", "P4,seed", "--json"]));
        Assert.StartsWith("With P4, IRQ 21 is disabled", document.RootElement.GetProperty("verdict").GetString()!, StringComparison.Ordinal);
        Assert.Contains(document.RootElement.GetProperty("hand_over").EnumerateArray(), d => d.GetProperty("register").GetString() == "MSI-X Enable");
    }
}
