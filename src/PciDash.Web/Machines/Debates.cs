using PciDash.Scenarios;
using PciDash.Scenarios.Debate;

namespace PciDash.Web.Machines;

/// <summary>A claim's result, with the links of the runs that it shows.</summary>
/// <param name="Result">The result.</param>
/// <param name="Links">A link for each member, in their order; null = it shows no run.</param>
/// <param name="Compared">The links of the two ways of each compared property.</param>
public sealed record ShownClaim(ClaimResult Result, IReadOnlyList<string?> Links, IReadOnlyList<(string? First, string? Second)> Compared);

/// <summary>The debate, computed once for all readers, when the first of them asks.</summary>
public sealed class Debates
{
    private readonly Lazy<Task<IReadOnlyList<ShownClaim>>> shown = new(static () => Task.Run(static () => (IReadOnlyList<ShownClaim>)[.. DebateRun.Results.Select(Shown)]));

    /// <summary>All claims.</summary>
    public Task<IReadOnlyList<ShownClaim>> ShownAsync() => shown.Value;

    private static ShownClaim Shown(ClaimResult r) => new(
        r, [.. r.Members.Select(m => Link(m.Shows, r.Claim.Statement))], [.. r.Compared.Select(c => (Link(c.ShowsFirst, c.Property.Statement), Link(c.ShowsSecond, c.Property.Statement)))]);

    private static string? Link(RunDocument? document, string title) => document is null ? null : ShareLink.TryEncode(document with { Title = title });
}
