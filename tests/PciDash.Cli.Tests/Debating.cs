using System.Text.Json;

namespace PciDash.Cli.Tests;

/// <summary><c>pcidash debate</c>.</summary>
public class Debating
{
    [Fact]
    public void One_claim_is_told_with_its_quote_members_and_what_came_later()
    {
        var text = Cli.Output("debate", "no-msi-will-be-sent");
        Assert.StartsWith("no-msi-will-be-sent: holds only if: kexec\n", text, StringComparison.Ordinal);
        Assert.Contains("\"How can havoc happen? We disable bus master, no msi will be sent.\"", text, StringComparison.Ordinal);
        Assert.Contains("reboot, a card that goes on", text, StringComparison.Ordinal);
        Assert.Contains("since then: ", text, StringComparison.Ordinal);
        Assert.Contains("1 claims: 1 holds only if", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_a_link_for_each_run_that_shows_something()
    {
        using var json = JsonDocument.Parse(Cli.Output("debate", "nobody-cared-follows", "--json"));
        var claim = json.RootElement.GetProperty("claims")[0];
        Assert.Equal("holds only if", claim.GetProperty("verdict").GetString());
        var shown = claim.GetProperty("members").EnumerateArray().First(m => m.GetProperty("link").ValueKind == JsonValueKind.String);
        Assert.Equal("true", shown.GetProperty("result").GetString());
        Assert.Contains("nobody_cared", Cli.Output("run", shown.GetProperty("link").GetString()!), StringComparison.Ordinal);
    }

    [Fact]
    public void A_claim_that_nobody_made_is_refused_with_those_that_were()
    {
        var (code, _, error) = Cli.Start("debate", "msi-is-bad");
        Assert.Equal(2, code);
        Assert.Contains("CLAIM 'msi-is-bad': superseded, ", error, StringComparison.Ordinal);
    }
}
