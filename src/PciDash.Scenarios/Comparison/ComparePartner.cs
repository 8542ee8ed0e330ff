using System.Text.Json;
using System.Text.Json.Nodes;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Comparison;

/// <summary>
/// What a run is compared with, as small as it can be said: the id of a policy or the version of a kernel for all boots, or else what has to
/// be changed in this run's scenario, seed and choices to get the other.
/// </summary>
public static class ComparePartner
{
    private const int MostChanges = 2_048;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = DocumentLimits.Depth };

    /// <summary>The other run, with nothing looked at; null if this one is compared with none.</summary>
    /// <exception cref="ScenarioException">The partner does not fit this run.</exception>
    public static RunDocument? Of(RunDocument run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.View.Compare is not { } partner)
        {
            return null;
        }

        var plain = Plain(run);
        if (!IsChanges(partner))
        {
            return ShutdownPolicy.Find(partner) is { } policy ? plain with { Scenario = run.Scenario.WithPolicy(policy) }
                : KernelRelease.Find(partner) is { } kernel ? plain with { Scenario = run.Scenario.WithKernel(kernel) }
                : throw Refused($"'{Node.Shown(partner)}' is no policy and no kernel; {string.Join(", ", ShutdownPolicy.All.Select(p => p.Id).Concat(KernelRelease.All.Select(k => k.Version)))}, or a list of changes is possible");
        }

        var json = JsonOf(plain);
        if (JsonNode.Parse(partner, documentOptions: Strict) is not JsonArray changes || !DocumentDifference.Apply(json, changes))
        {
            throw Refused("its changes do not fit this run; it is damaged or was made for another one");
        }

        try
        {
            return RunDocument.Parse(json.ToJsonString());
        }
        catch (ScenarioException e)
        {
            throw new ScenarioException([.. e.Problems.Select(p => "the other run: " + p)]);
        }
    }

    /// <summary>Says the other run by what differs from this one.</summary>
    /// <exception cref="ScenarioException">One of them holds something that no document can name.</exception>
    public static string Between(RunDocument run, RunDocument other)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(other);
        if (run.Seed == other.Seed && run.Choices.SequenceEqual(other.Choices))
        {
            var wanted = ScenarioDocument.Write(other.Scenario);
            if (other.Scenario.Boots.Count > 0 && ShutdownPolicy.Find(other.Scenario.Boots[0].Policy.Id) is { } policy && ScenarioDocument.Write(run.Scenario.WithPolicy(policy)) == wanted)
            {
                return policy.Id;
            }

            if (other.Scenario.Boots.Count > 0 && other.Scenario.Boots[0].Release is var release && KernelRelease.Find(release.Version) == release
                && ScenarioDocument.Write(run.Scenario.WithKernel(release)) == wanted)
            {
                return release.Version;
            }
        }

        return DocumentDifference.Between(JsonOf(Plain(run)), JsonOf(Plain(other))).ToJsonString(ScenarioDocument.Compact);
    }

    /// <summary>This run, compared with another one; what is looked at stays, but for the other's own event.</summary>
    /// <exception cref="ScenarioException">One of them holds something that no document can name.</exception>
    public static RunDocument With(RunDocument run, RunDocument other)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run with { View = run.View with { Compare = Between(run, other), CompareStep = null } };
    }

    /// <summary>The link of two runs side by side, below a page's own name; null if it would be too long.</summary>
    public static string? LinkOf(RunDocument first, RunDocument second)
    {
        ArgumentNullException.ThrowIfNull(first);
        return ShareLink.TryEncode(With(Plain(first), second));
    }

    /// <summary>
    /// Both runs as they are compared. Choices are keyed by the steps of one run: where the machines differ and one brought the other's along,
    /// both go without, in the order that time gives.
    /// </summary>
    /// <exception cref="ScenarioException">The partner does not fit this run.</exception>
    public static (RunDocument First, RunDocument Second, string? Notice)? Pair(RunDocument run)
    {
        if (Of(run) is not { } other)
        {
            return null;
        }

        return Pair(Plain(run) with { Title = run.Title }, other);
    }

    /// <summary>Two runs as they are compared.</summary>
    public static (RunDocument First, RunDocument Second, string? Notice) Pair(RunDocument first, RunDocument second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return first.Choices.Count > 0 && first.Choices.SequenceEqual(second.Choices) && ScenarioDocument.Write(first.Scenario) != ScenarioDocument.Write(second.Scenario)
            ? (first with { Choices = [] }, second with { Choices = [] }, "choices: both runs are compared without them, in the order that time gives")
            : (first, second, null);
    }

    // A plain text in the file too: only a list is JSON of its own.
    internal static JsonNode? ToJson(string partner) => IsChanges(partner) ? JsonNode.Parse(partner) : partner;

    internal static string? Read(Node view, Node partner)
    {
        if (partner.Element.ValueKind != JsonValueKind.Array)
        {
            var text = view.Text("compare", DocumentLimits.Title);
            if (text is not null && IsChanges(text))
            {
                partner.Problem("a text that begins with [ given; the name of a policy or of a kernel, or a list of changes is needed");
                return null;
            }

            return text;
        }

        if (partner.Element.GetArrayLength() > MostChanges)
        {
            partner.Problem(Node.Invariant($"{partner.Element.GetArrayLength()} changes given; at most {MostChanges} are possible"));
            return null;
        }

        try
        {
            return JsonNode.Parse(partner.Element.GetRawText(), documentOptions: Strict)!.ToJsonString(ScenarioDocument.Compact);
        }
        catch (JsonException)
        {
            partner.Problem("a field in it is given twice; once is possible");
            return null;
        }
    }

    private static bool IsChanges(string partner) => partner.StartsWith('[');

    private static RunDocument Plain(RunDocument run) => new(run.Scenario) { Seed = run.Seed, Choices = run.Choices };

    private static JsonObject JsonOf(RunDocument plain) => plain.ToJson();

    private static ScenarioException Refused(string what) => new(["compare: " + what]);
}
