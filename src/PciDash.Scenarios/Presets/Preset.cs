using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>A scenario that comes with the program.</summary>
/// <param name="Scenario">The scenario; its id is the preset's.</param>
/// <param name="Account">What happens and why it is here, in one sentence.</param>
/// <param name="Source">Mail, recording or tree that it is taken from.</param>
public sealed record Preset(Scenario Scenario, string Account, string Source)
{
    /// <summary>Name used on the command line and in links.</summary>
    public string Id => Scenario.Id;

    /// <summary>One line for a list.</summary>
    public string Title => Scenario.Title;
}

/// <summary>
/// Every preset, in the order they are offered. A link to a preset holds its id and not its content, so a preset that was ever published
/// never changes: what would change it becomes a preset of another id.
/// </summary>
public static class ScenarioPresets
{
    /// <summary>All presets.</summary>
    public static readonly IReadOnlyList<Preset> All = [.. VirtioPresets.All, .. LivePresets.All, .. RecordedPresets.All, .. BugPresets.All];

    /// <summary>Bugs of the catalogue that the model cannot express, each with the reason.</summary>
    public static IReadOnlyList<(string Name, string Reason)> NotExpressed => BugPresets.NotExpressed;

    /// <summary>The preset of that id, or null.</summary>
    public static Preset? Find(string id) => All.FirstOrDefault(p => p.Id == id);
}
