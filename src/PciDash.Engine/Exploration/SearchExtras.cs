namespace PciDash.Engine.Exploration;

/// <summary>What a search does beside deciding.</summary>
/// <param name="Nearest">Of properties that hold, look for the state that comes nearest to violating them; it costs about as much as the search once more.</param>
public readonly record struct SearchExtras(bool Nearest = false);
