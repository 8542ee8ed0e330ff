using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Debate;

/// <summary>What must come out of a member for the claim to be true of it.</summary>
public enum ClaimTest : byte
{
    /// <summary>The property holds in every ordering.</summary>
    Holds,

    /// <summary>Some ordering violates the property: it "follows", or "may happen".</summary>
    CanBeViolated,

    /// <summary>No property that holds in every ordering of the baseline is violated here.</summary>
    NoWorse,
}

/// <summary>One member of the family that a claim is read over: a cell of a small table.</summary>
/// <param name="Row">Its row.</param>
/// <param name="Column">Its column.</param>
/// <param name="Scenario">The machine and path.</param>
/// <param name="Test">What is asked of it.</param>
/// <param name="Property">Of which property; null for <see cref="ClaimTest.NoWorse"/>: of all.</param>
/// <param name="Baseline">What it is compared with, for <see cref="ClaimTest.NoWorse"/>.</param>
public sealed record ClaimMember(string Row, string Column, Scenario Scenario, ClaimTest Test, Property? Property, Scenario? Baseline = null);

/// <summary>Two ways to do it, side by side on the same machines, where a claim is an opinion.</summary>
/// <param name="First">What the first is called.</param>
/// <param name="Second">What the second is called.</param>
/// <param name="Pairs">The machines, each done in both ways.</param>
public sealed record ClaimComparison(string First, string Second, IReadOnlyList<(Scenario First, Scenario Second)> Pairs);

/// <summary>Something that one of the two said, as a row: only the words and the history are typed in, what is true of it is computed.</summary>
/// <param name="Id">Name for links and the command line.</param>
/// <param name="Author">Tsirkin or Biederman.</param>
/// <param name="Place">Where in the mail.</param>
/// <param name="Quote">The words.</param>
/// <param name="Statement">The claim in one sentence.</param>
/// <param name="Reading">What it is read as: the predicate and the family.</param>
/// <param name="Afterwards">What later kernels did.</param>
/// <param name="Source">Where that is known from.</param>
public sealed record Claim(string Id, string Author, string Place, string Quote, string Statement, string Reading, string Afterwards, string Source)
{
    /// <summary>The family; empty if there is nothing to compute, or only to compare.</summary>
    public IReadOnlyList<ClaimMember> Members { get; init; } = [];

    /// <summary>What is compared, for an opinion.</summary>
    public ClaimComparison? Comparison { get; init; }
}

/// <summary>What the engine says of a claim.</summary>
public enum ClaimStanding : byte
{
    /// <summary>Of every member.</summary>
    Holds,

    /// <summary>Of some members, which are named.</summary>
    HoldsOnlyIf,

    /// <summary>Of no member.</summary>
    Fails,

    /// <summary>A search could not be finished.</summary>
    NotFinished,

    /// <summary>It is an opinion: outcomes are compared, nothing is decided.</summary>
    Opinion,
}

/// <summary>What came out of one member.</summary>
public enum MemberStanding : byte
{
    /// <summary>The claim is true of it.</summary>
    True,

    /// <summary>It is not.</summary>
    False,

    /// <summary>That depends on how long a window lasts, which the explanation names.</summary>
    DependsOnWindow,

    /// <summary>The search could not be finished.</summary>
    NotFinished,

    /// <summary>The property says nothing about this path.</summary>
    NotApplicable,
}

/// <summary>A member with its result.</summary>
/// <param name="Member">The member.</param>
/// <param name="Standing">What came out.</param>
/// <param name="Explanation">One sentence.</param>
/// <param name="Shows">The run that shows a violation, open at the event; null if there is none.</param>
public sealed record MemberResult(ClaimMember Member, MemberStanding Standing, string Explanation, RunDocument? Shows);

/// <summary>How often a property is violated in the two ways of a comparison.</summary>
/// <param name="Property">The property.</param>
/// <param name="First">Machines on which the first way violates it.</param>
/// <param name="Second">Machines on which the second does.</param>
/// <param name="Of">On how many it says something.</param>
/// <param name="ShowsFirst">A run of the first.</param>
/// <param name="ShowsSecond">A run of the second.</param>
public sealed record ComparedProperty(Property Property, int First, int Second, int Of, RunDocument? ShowsFirst, RunDocument? ShowsSecond);

/// <summary>A claim with what the engine says of it.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="Standing">What the engine says.</param>
/// <param name="Condition">For which members it holds, in words; empty for all or none.</param>
/// <param name="Members">Each member.</param>
/// <param name="Compared">What was compared, properties that neither way violates left out.</param>
/// <param name="States">States that were visited for it.</param>
public sealed record ClaimResult(
    Claim Claim, ClaimStanding Standing, string Condition, IReadOnlyList<MemberResult> Members, IReadOnlyList<ComparedProperty> Compared, long States);
