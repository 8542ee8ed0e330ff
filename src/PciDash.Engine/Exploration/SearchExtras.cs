namespace PciDash.Engine.Exploration;

/// <summary>What a search does beside deciding.</summary>
/// <param name="Nearest">Of properties that hold, look for the state that comes nearest to violating them; it costs about as much as the search once more.</param>
/// <param name="Reduced">
/// Steps that nobody else sees are taken alone: fewer states, the same verdicts, but a way to a violation is perhaps not a shortest one. null =
/// where shortest ways are not promised, which is in clusters.
/// </param>
public readonly record struct SearchExtras(bool Nearest = false, bool? Reduced = null);
