namespace PciDash.Engine.Exploration;

/// <summary>What a search does beside deciding.</summary>
/// <param name="Nearest">Of properties that hold, look for the state that comes nearest to violating them; it costs about as much as the search once more.</param>
/// <param name="Reduced">
/// Steps that nobody else sees are taken alone: fewer states, the same verdicts, but a way to a violation is perhaps not a shortest one. On request
/// only, since few steps are such: of real machines' states it saves between a hundredth and a fifth.
/// </param>
public readonly record struct SearchExtras(bool Nearest = false, bool Reduced = false);
