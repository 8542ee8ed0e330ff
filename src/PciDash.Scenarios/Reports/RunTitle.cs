using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Reports;

/// <summary>What a run is called where its author gave it no title.</summary>
public static class RunTitle
{
    /// <summary>The title; a preset's tells how it ends, so it goes once anything is changed.</summary>
    public static string Of(RunDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        if (document.Title.Length > 0)
        {
            return document.Title;
        }

        var scenario = document.Scenario;
        var preset = ScenarioPresets.Find(scenario.Id);
        return preset is null ? scenario.Title.Length > 0 ? scenario.Title : scenario.Id
            : document.Choices.Count == 0 && ScenarioDocument.Write(scenario) == ScenarioDocument.Write(preset.Scenario) ? preset.Title
            : $"{scenario.Id}, changed: Linux {scenario.Boots[0].Release.Version}, {PathOf(scenario.Boots[0])}, {scenario.Boots[0].Policy.Label}";
    }

    internal static string PathOf(BootSpec boot) => boot.Path == ShutdownPath.None ? "keeps running" : Vocabulary.Paths.Of(boot.Path);
}
