using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Building;

/// <summary>A change of what pci_device_shutdown does after the driver's own .shutdown: a patch, in the words of the script.</summary>
public static class PolicyPatch
{
    /// <summary>The name that the change of a row of the catalogue gets.</summary>
    public const string Id = "my-patch";

    /// <summary>The scenario with these steps wherever a boot had the policy. Steps that are a row of the catalogue's become that row again.</summary>
    /// <param name="scenario">Its boots.</param>
    /// <param name="policy">The policy that is changed.</param>
    /// <param name="script">The steps, in order.</param>
    /// <param name="replacesDriver">The driver's own .shutdown is not called.</param>
    public static Scenario With(Scenario scenario, ShutdownPolicy policy, IReadOnlyList<ScriptLine> script, bool replacesDriver)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(script);
        var own = ShutdownPolicy.Find(policy.Id) is null;
        var changed = RowOf(scenario, script, replacesDriver)
            ?? ShutdownPolicy.Own(own ? policy.Id : Id, "your patch: " + Words(script, replacesDriver), own ? policy.Source : $"{policy.Id}, changed", script, replacesDriver);

        // A patch of the same name that another boot has is this one from now on: a document knows one policy by a name.
        return scenario with
        {
            Boots = [.. scenario.Boots.Select(b => b.Policy.Id == policy.Id || b.Policy.Id == changed.Id ? b with { Policy = changed } : b)],
            OwnPolicies = [.. scenario.OwnPolicies.Where(p => p.Id != policy.Id && p.Id != changed.Id)],
        };
    }

    /// <summary>A step as it is read.</summary>
    public static string Words(ScriptLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return line.Word + (line.On is { } path ? " on " + Vocabulary.Paths.Of(path) : "") + (line.Since is { } since ? " since " + since : "")
            + (line.If == ScriptCondition.Always ? "" : $" if {Vocabulary.ScriptConditions.Of(line.If)}");
    }

    private static string Words(IReadOnlyList<ScriptLine> script, bool replacesDriver)
    {
        var text = script.Count == 0 ? "nothing" : string.Join(", ", script.Select(Words));
        text = replacesDriver ? text + "; no driver's .shutdown" : text;
        const int Most = DocumentLimits.Title - 20;
        return text.Length <= Most ? text : text[..(Most - 1)] + "…";
    }

    // The release's own row before others of the same steps.
    private static ShutdownPolicy? RowOf(Scenario scenario, IReadOnlyList<ScriptLine> script, bool replacesDriver) => ShutdownPolicy.All
        .Where(p => p.ReplacesDriver == replacesDriver && p.Script.SequenceEqual(script))
        .OrderBy(p => p.Id == scenario.Boots[0].Release.ShutdownPolicy ? 0 : 1).FirstOrDefault();
}
