using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Debate;

namespace PciDash.Scenarios.Tests;

/// <summary>The debate: what was said is quoted rightly, and what is true of it is computed.</summary>
public class DebateTests
{
    private static ClaimResult Of(string id) => DebateRun.Results.Single(r => r.Claim.Id == id);

    private static MemberStanding At(string id, string row, string column) => Of(id).Members.Single(m => m.Member.Row == row && m.Member.Column == column).Standing;

    // The mail itself is read where it is present; the words of each claim must be in it, whatever was left out of the middle.
    [Fact]
    public void Every_quote_is_in_the_mail()
    {
        var folder = Path.Combine(AppContext.BaseDirectory);
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            var seeds = Path.Combine(at.FullName, "..", "shared", "seeds");
            if (!Directory.Exists(seeds))
            {
                continue;
            }

            var mail = Squeezed(string.Concat(Directory.GetFiles(seeds, "*.txt").Select(File.ReadAllText)).Replace("\n> > ", " ", StringComparison.Ordinal).Replace("\n> ", " ", StringComparison.Ordinal));
            Assert.All(Claims.All, c => Assert.All(c.Quote.Split("(…)"), part => Assert.Contains(Squeezed(part), mail, StringComparison.Ordinal)));
            return;
        }

        Console.WriteLine("The mail is not here: its quotes were not compared.");
    }

    private static string Squeezed(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    [Fact]
    public void Claims_have_names_of_their_own_and_say_what_later_kernels_did()
    {
        Assert.Equal(Claims.All.Count, Claims.All.Select(c => c.Id).Distinct().Count());
        Assert.All(Claims.All, c => Assert.True(c.Afterwards.Length > 0 && c.Source.Length > 0 && c.Reading.Length > 0, c.Id));
        Assert.Contains(Claims.All, c => c.Author.Contains("Tsirkin", StringComparison.Ordinal));
        Assert.Contains(Claims.All, c => c.Author.Contains("Biederman", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("bus-master-stops-msi", ClaimStanding.Holds)]
    [InlineData("bus-master-does-not-stop-intx", ClaimStanding.Holds)]
    [InlineData("nobody-cared-follows", ClaimStanding.HoldsOnlyIf)]
    [InlineData("no-msi-will-be-sent", ClaimStanding.HoldsOnlyIf)]
    [InlineData("call-remove", ClaimStanding.Holds)]
    [InlineData("most-devices-are-passive", ClaimStanding.Holds)]
    [InlineData("leave-it-on", ClaimStanding.Opinion)]
    [InlineData("firmware-leaves-master-off", ClaimStanding.Opinion)]
    public void Some_claims_stand_as_the_facts_of_the_specification_have_them(string id, ClaimStanding standing) => Assert.Equal(standing, Of(id).Standing);

    // Domain 1.4, points of fact 1 to 5.
    [Fact]
    public void No_msi_will_be_sent_is_true_on_kexec_and_not_on_reboot()
    {
        Assert.Equal("kexec", Of("no-msi-will-be-sent").Condition);
        Assert.All(Of("no-msi-will-be-sent").Members.Where(m => m.Member.Column == "reboot"), m => Assert.Equal(MemberStanding.False, m.Standing));
    }

    [Fact]
    public void Nobody_cared_needs_a_sharer_of_which_the_mail_says_nothing()
    {
        Assert.Equal(MemberStanding.False, At("nobody-cared-follows", "nobody else on the line", "reboot"));
        Assert.Equal(MemberStanding.True, At("nobody-cared-follows", "an idle sharer", "reboot"));
    }

    [Fact]
    public void Both_handlers_run_at_once_only_if_there_are_both_and_two_cpus() => Assert.Equal("an INTx handler as well: 2 CPUs", Of("both-handlers-at-once").Condition);

    [Fact]
    public void Registers_move_only_in_the_legacy_layout_and_for_a_driver_that_goes_on() => Assert.Equal("legacy layout: still used", Of("virtio-registers-move").Condition);

    [Fact]
    public void Panic_runs_no_callbacks_and_an_orderly_path_does()
    {
        var panic = Of("panic-runs-no-callbacks");
        Assert.Equal(ClaimStanding.Holds, panic.Standing);
        var orderly = panic.Claim with { Members = [.. panic.Claim.Members.Select(m => m with { Scenario = m.Scenario.WithPath(ShutdownPath.Reboot) })] };
        Assert.Equal(ClaimStanding.Fails, DebateRun.Compute([orderly]).Single().Standing);
    }

    [Fact]
    public void Every_run_that_is_shown_violates_its_property_when_it_is_played_again()
    {
        var shown = DebateRun.Results.SelectMany(r => r.Members).Where(m => m is { Shows: not null, Member.Property: not null }).ToList();
        Assert.NotEmpty(shown);
        Assert.All(shown.Where((_, i) => i % 5 == 0), m =>
        {
            var opened = ShareLink.Decode(ShareLink.TryEncode(m.Shows!)!);
            var machine = CompiledMachine.Compile(opened.Scenario);
            var choices = opened.Choices.Select(c => new Choice(c.Step, ActionNames.Find(machine, c.Action)!.Value)).ToList();
            var run = Run.Of(machine, opened.Seed, choices);
            Assert.Equal(opened.View.Step, PropertyCheck.FirstViolations(run, [m.Member.Property!])[0]);
        });
    }

    [Fact]
    public void A_claim_that_is_not_finished_where_it_matters_is_said_to_be_so()
    {
        var busy = Of("sharer-is-hurt").Claim;
        var result = DebateRun.Compute([busy with { Members = [.. busy.Members.Where(m => m.Row == "a busy sharer")] }]).Single();
        Assert.Equal(ClaimStanding.NotFinished, result.Standing);
    }

    // What is true comes from the engine: another machine under the same claim gives another answer.
    [Fact]
    public void The_answer_follows_the_machine_and_not_the_claim()
    {
        var claim = Of("no-msi-will-be-sent").Claim;
        var asP3 = claim with { Members = [.. claim.Members.Select(m => m with { Scenario = m.Scenario.WithPolicy(ShutdownPolicy.P3) })] };
        Assert.Equal(ClaimStanding.Holds, DebateRun.Compute([asP3]).Single().Standing);
    }
}
