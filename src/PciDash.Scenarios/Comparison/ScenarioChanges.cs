using System.Text.Json.Nodes;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Comparison;

/// <summary>One thing in which two scenarios differ.</summary>
/// <param name="What">Which thing: a field of the scenario file, or its name in plain words.</param>
/// <param name="First">What the first says.</param>
/// <param name="Second">What the second says.</param>
public sealed record ScenarioChange(string What, string First, string Second);

/// <summary>In what two runs were told to differ.</summary>
public static class ScenarioChanges
{
    private const int MostCharacters = 60;
    private const string Default = "as usual";

    /// <summary>All of it: what every boot has alike is said once.</summary>
    /// <exception cref="ScenarioException">One of them holds something that no document can name.</exception>
    public static IReadOnlyList<ScenarioChange> Between(RunDocument first, RunDocument second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var (a, b) = (first.Scenario, second.Scenario);
        var changes = new List<ScenarioChange>();
        if (a.Boots.Count != b.Boots.Count)
        {
            changes.Add(new("boots", Node.Invariant($"{a.Boots.Count}"), Node.Invariant($"{b.Boots.Count}")));
        }

        var boots = Math.Min(a.Boots.Count, b.Boots.Count);
        AddBoots(changes, boots, "kernel", i => Linux(a.Boots[i].Release), i => Linux(b.Boots[i].Release));
        AddBoots(changes, boots, "at shutdown", i => Label(a.Boots[i]), i => Label(b.Boots[i]));
        AddBoots(changes, boots, "path", i => Vocabulary.Paths.Of(a.Boots[i].Path), i => Vocabulary.Paths.Of(b.Boots[i].Path));
        for (var boot = 0; boot < boots; boot++)
        {
            var i = boot;
            changes.AddRange(from f in a.Functions
                             join g in b.Functions on f.Bdf equals g.Bdf
                             let drivers = (A: a.DriverOf(i, f)?.Id ?? "none", B: b.DriverOf(i, g)?.Id ?? "none")
                             where drivers.A != drivers.B
                             select new ScenarioChange($"driver of {f.Bdf}{(i == 0 ? "" : Node.Invariant($" in boot {i + 1}"))}", drivers.A, drivers.B));
        }

        if (first.Seed != second.Seed)
        {
            changes.Add(new("seed", Node.Invariant($"{first.Seed}"), Node.Invariant($"{second.Seed}")));
        }

        if (!first.Choices.SequenceEqual(second.Choices))
        {
            changes.Add(new("choices", Node.Invariant($"{first.Choices.Count}"), Node.Invariant($"{second.Choices.Count}")));
        }

        // The rest in the file's own words. What a kernel or a policy brings along was said with it.
        var (from, to) = (ScenarioWriter.Write(a), ScenarioWriter.Write(b));
        foreach (var change in DocumentDifference.Between(from, to).OfType<JsonArray>())
        {
            var path = (string)change[0]!;
            if (path is "id" or "title" or "boots" || path.Split('/') is ["boots", _, "kernel" or "policy" or "path" or "enumeration" or "drivers", ..])
            {
                continue;
            }

            changes.Add(new(Named(path, a), Shown(At(from, path)), change.Count == 2 ? Shown(change[1]) : Default));
        }

        return changes;
    }

    /// <summary>A short name for each, by which they can be told apart.</summary>
    public static (string First, string Second) Names(RunDocument first, RunDocument second, IReadOnlyList<ScenarioChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        // A kernel's own policy goes with it.
        var kernel = changes.FirstOrDefault(c => c.What == "kernel");
        var telling = kernel is not null ? [kernel, .. changes.Where(c => c.What == "path")] : changes.Where(c => c.What is "at shutdown" or "path").ToList();
        if (telling.Count == 0 && changes.Count == 1)
        {
            telling = [changes[0] with { First = $"{changes[0].What} {changes[0].First}", Second = $"{changes[0].What} {changes[0].Second}" }];
        }

        var names = (string.Join(", ", telling.Select(c => c.First)), string.Join(", ", telling.Select(c => c.Second)));
        return telling.Count > 0 && names.Item1 != names.Item2 ? names : ("the first", "the second");
    }

    private static void AddBoots(List<ScenarioChange> changes, int boots, string what, Func<int, string> first, Func<int, string> second)
    {
        var differ = Enumerable.Range(0, boots).Select(i => (Boot: i, A: first(i), B: second(i))).Where(x => x.A != x.B).ToList();
        if (differ.Count == boots && differ.Select(x => (x.A, x.B)).Distinct().Count() == 1)
        {
            changes.Add(new(what, differ[0].A, differ[0].B));
            return;
        }

        changes.AddRange(differ.Select(x => new ScenarioChange(Node.Invariant($"{what}{(x.Boot == 0 ? "" : Node.Invariant($" of boot {x.Boot + 1}"))}"), x.A, x.B)));
    }

    private static string Linux(KernelRelease release) => $"Linux {release.Version}";

    private static string Label(BootSpec boot) => boot.Policy.Label;

    private static string Named(string path, Scenario scenario) => path.Split('/') switch
    {
        ["boots", var boot, "cmdline"] => $"command line{OfBoot(boot)}",
        ["boots", var boot, "cpus"] => $"CPUs{OfBoot(boot)}",
        ["functions", var f, .. var rest] when int.TryParse(f, out var i) && i < scenario.Functions.Count =>
            $"{string.Join(' ', rest.Select(Words))} of {scenario.Functions.OrderBy(x => x.Bdf).ElementAt(i).Bdf}",
        var all => string.Join(' ', all.Select(Words)),
    };

    private static string Words(string name) => name.Replace('_', ' ');

    private static string OfBoot(string index) => index == "0" ? "" : int.TryParse(index, out var i) ? Node.Invariant($" of boot {i + 1}") : "";

    private static JsonNode? At(JsonNode? node, string path) => path.Split('/').Aggregate(node, (at, name) => at switch
    {
        JsonObject o => o[name],
        JsonArray list when int.TryParse(name, out var i) && i < list.Count => list[i],
        _ => null,
    });

    private static string Shown(JsonNode? value)
    {
        var text = value switch { null => Default, JsonValue v when v.TryGetValue<string>(out var s) => s, _ => value.ToJsonString(ScenarioDocument.Compact) };
        return text.Length <= MostCharacters ? text : text[..MostCharacters] + "…";
    }
}
