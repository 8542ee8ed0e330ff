using System.Globalization;
using System.Text.Json.Nodes;

namespace PciDash.Scenarios.Debate;

/// <summary>The debate in words and as JSON.</summary>
public static class DebateText
{
    private const int Width = 100;

    /// <summary>A standing in words.</summary>
    public static string Word(ClaimStanding standing) => standing switch
    {
        ClaimStanding.Holds => "holds",
        ClaimStanding.HoldsOnlyIf => "holds only if",
        ClaimStanding.Fails => "fails",
        ClaimStanding.NotFinished => "not finished",
        _ => "opinion",
    };

    /// <summary>A member's standing in words.</summary>
    public static string Word(MemberStanding standing) => standing switch
    {
        MemberStanding.True => "true",
        MemberStanding.False => "false",
        MemberStanding.DependsOnWindow => "only if a window lasts longer",
        MemberStanding.NotApplicable => "not applicable",
        _ => "not finished",
    };

    /// <summary>One line that says what the engine found.</summary>
    public static string Summary(ClaimResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return result.Standing switch
        {
            ClaimStanding.HoldsOnlyIf => $"holds only if: {result.Condition}",
            ClaimStanding.Opinion when result.Claim.Comparison is null => "opinion, or a fact that nothing here computes",
            ClaimStanding.Opinion when result.Compared.Count == 0 => "opinion; neither way violates any property",
            ClaimStanding.Opinion => "opinion; compared by what goes wrong",
            _ => Word(result.Standing),
        };
    }

    /// <summary>As text.</summary>
    public static string Plain(IReadOnlyList<ClaimResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        foreach (var r in results)
        {
            text.WriteLine($"{r.Claim.Id}: {Summary(r)}");
            text.WriteLine($"  {r.Claim.Author}, {r.Claim.Place}: \"{r.Claim.Quote}\"");
            text.WriteLine($"  {r.Claim.Statement}");
            text.WriteLine($"  read as: {r.Claim.Reading}");
            var width = r.Members.Select(m => Label(m.Member).Length).DefaultIfEmpty().Max();
            foreach (var m in r.Members)
            {
                text.WriteLine($"    {Label(m.Member).PadRight(Math.Min(Width, width))}  {Word(m.Standing)}");
            }

            foreach (var c in r.Compared)
            {
                text.WriteLine(Node.Invariant($"    {c.Property.Id,-20}  violated on {c.First} of {c.Of} machines: {r.Claim.Comparison!.First}; on {c.Second}: {r.Claim.Comparison.Second}"));
            }

            text.WriteLine($"  since then: {r.Claim.Afterwards} ({r.Claim.Source})");
            text.WriteLine();
        }

        text.WriteLine(Node.Invariant($"{results.Count} claims: {string.Join(", ", results.GroupBy(r => r.Standing).OrderBy(g => g.Key).Select(g => $"{g.Count()} {Word(g.Key)}"))}; {results.Sum(r => r.Members.Count + r.Compared.Count):N0} answers, each over all orderings."));
        return text.ToString();
    }

    private static string Label(ClaimMember member) => $"{member.Column}, {member.Row}";

    /// <summary>As JSON.</summary>
    public static JsonObject Json(IReadOnlyList<ClaimResult> results) => new()
    {
        ["claims"] = new JsonArray([.. results.Select(r => (JsonNode)new JsonObject
        {
            ["id"] = r.Claim.Id,
            ["author"] = r.Claim.Author,
            ["place"] = r.Claim.Place,
            ["quote"] = r.Claim.Quote,
            ["claim"] = r.Claim.Statement,
            ["reading"] = r.Claim.Reading,
            ["verdict"] = Word(r.Standing),
            ["condition"] = r.Condition.Length > 0 ? r.Condition : null,
            ["states"] = r.States,
            ["members"] = new JsonArray([.. r.Members.Select(m => (JsonNode)new JsonObject
            {
                ["row"] = m.Member.Row,
                ["column"] = m.Member.Column,
                ["property"] = m.Member.Property?.Id,
                ["result"] = Word(m.Standing),
                ["explanation"] = m.Explanation,
                ["link"] = m.Shows is null ? null : ShareLink.TryEncode(m.Shows),
            })]),
            ["compared"] = new JsonArray([.. r.Compared.Select(c => (JsonNode)new JsonObject
            {
                ["property"] = c.Property.Id,
                ["first"] = r.Claim.Comparison!.First,
                ["first_violated"] = c.First,
                ["second"] = r.Claim.Comparison.Second,
                ["second_violated"] = c.Second,
                ["machines"] = c.Of,
            })]),
            ["since_then"] = r.Claim.Afterwards,
            ["source"] = r.Claim.Source,
        })]),
    };
}
