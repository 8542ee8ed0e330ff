using System.Text.Json;
using System.Text.Json.Nodes;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Comparison;
using static PciDash.Scenarios.DocumentLimits;

namespace PciDash.Scenarios;

/// <summary>At this step this action, by its name: see <see cref="ActionNames"/>.</summary>
/// <param name="Step">Number of actions before it.</param>
/// <param name="Action">Its name.</param>
public sealed record NamedChoice(long Step, string Action);

/// <summary>What a reader looks at.</summary>
public sealed record RunView
{
    /// <summary>Nothing in particular.</summary>
    public static readonly RunView None = new();

    /// <summary>Raw number of the event that is current.</summary>
    public long? Step { get; init; }

    /// <summary>First nanosecond on screen.</summary>
    public long? FromNs { get; init; }

    /// <summary>Last nanosecond on screen.</summary>
    public long? ToNs { get; init; }

    /// <summary>What is selected, in the page's own words: a function's address, gsi21, cpu0.</summary>
    public string? Selection { get; init; }

    /// <summary>What it is compared with, as <see cref="Comparison.ComparePartner"/> writes it: a policy, a kernel, or a list of changes.</summary>
    public string? Compare { get; init; }

    /// <summary>Raw number of the event that is current in the run it is compared with; null = it goes along with this one.</summary>
    public long? CompareStep { get; init; }

    /// <summary>What an equal distance on the axis means: phases (as if not given), sequence or time.</summary>
    public string? Axis { get; init; }

    /// <summary>Events that somebody wants to find again, by number; each event at most once.</summary>
    public IReadOnlyList<Bookmark> Bookmarks { get; init; } = [];

    /// <summary>Words that the names of the lanes shown must have.</summary>
    public string? Filter { get; init; }

    /// <summary>Names of lanes that are not shown, a space between two.</summary>
    public string? Hidden { get; init; }

    /// <summary>Names of lanes whose children are not shown, a space between two. In a run that comes folded: +name of those whose children are, and +* if all are.</summary>
    public string? Folded { get; init; }

    /// <summary>Names of lanes that stand at the top, in their order, a space between two.</summary>
    public string? Pinned { get; init; }

    /// <summary>Names of lanes in another order than the usual, a space between two.</summary>
    public string? Order { get; init; }

    /// <summary>Raw number of the event at which marker A stands.</summary>
    public long? MarkerA { get; init; }

    /// <summary>Raw number of the event at which marker B stands.</summary>
    public long? MarkerB { get; init; }
}

/// <summary>An event that somebody wants to find again.</summary>
/// <param name="Step">Its raw number.</param>
/// <param name="Note">What there is to say about it; may be empty.</param>
public sealed record Bookmark(long Step, string Note);

/// <summary>A run that can be opened again: scenario, seed and choices; what was looked at; and what came of it when it was saved.</summary>
/// <param name="Scenario">The scenario.</param>
public sealed record RunDocument(Scenario Scenario)
{
    /// <summary>Most bookmarks of a run.</summary>
    public static int MostBookmarks => DocumentLimits.Bookmarks;

    /// <summary>Longest note of a bookmark.</summary>
    public static int MostNoteCharacters => DocumentLimits.Title;

    /// <summary>Most runs that are kept beside one.</summary>
    public static int MostForks => DocumentLimits.Forks;

    /// <summary>Seed of every draw.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Choices by step, each step at most once.</summary>
    public IReadOnlyList<NamedChoice> Choices { get; init; } = [];

    /// <summary>Other runs of the same scenario and seed that are kept beside this one, each by its choices.</summary>
    public IReadOnlyList<IReadOnlyList<NamedChoice>> Forks { get; init; } = [];

    /// <summary>What was looked at.</summary>
    public RunView View { get; init; } = RunView.None;

    /// <summary>What its author called it.</summary>
    public string Title { get; init; } = "";

    /// <summary>Fingerprint of the outcomes, and those that matter; or empty. If a later engine computes others, the page says which.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>What was read over while parsing.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>True if there is nothing in it but a scenario.</summary>
    public bool IsScenarioOnly => Seed == 1 && Choices.Count == 0 && Forks.Count == 0 && View == RunView.None && Title.Length == 0 && Fingerprint.Length == 0;

    private static readonly Words<string> Axes = new("axis", [.. new[] { "phases", "sequence", "time" }.Select(a => (a, a))]);

    /// <summary>Reads a run file, or a scenario file as a run with nothing chosen.</summary>
    /// <exception cref="ScenarioException">Every problem, each with the path of its field and what would be right.</exception>
    public static RunDocument Parse(string text)
    {
        using var document = ScenarioDocument.Open(ScenarioDocument.Utf8(text));
        return ScenarioDocument.Whole(document.RootElement, Parse);
    }

    internal static RunDocument Parse(JsonElement root) => Parse(root, null);

    /// <summary>The same, with a scenario that stands elsewhere in place of the one in it.</summary>
    internal static RunDocument Parse(JsonElement root, JsonElement? scenarioInstead)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("scenario", out var inner))
        {
            var plain = ScenarioDocument.Parse(root);
            return new RunDocument(plain.Scenario) { Warnings = plain.Warnings };
        }

        var problems = new List<string>();
        var node = new Node(root, "", problems);
        if (!ScenarioReader.CheckVersion(node) || !node.IsObject(DocumentMembers.Run))
        {
            throw new ScenarioException(problems);
        }

        var warnings = new List<string>();
        var scenario = ScenarioReader.Read(new Node(scenarioInstead ?? inner, "scenario", problems), warnings);
        var title = node.Text("title", DocumentLimits.Title) ?? "";
        var fingerprint = node.Text("fingerprint", OutcomeFingerprint.MaxLength) ?? "";
        var choices = ReadChoices(node);
        var forks = node.Items("forks", 0, DocumentLimits.Forks).Where(f => f.IsObject(DocumentMembers.Fork)).Select(f => (IReadOnlyList<NamedChoice>)ReadChoices(f)).ToList();
        var view = ReadView(node.Member("view"));
        var seed = ReadSeed(node.Member("seed"));
        return problems.Count > 0 || scenario is null ? throw new ScenarioException(problems)
            : new RunDocument(scenario) { Seed = seed, Choices = choices, Forks = forks, View = view, Title = title, Fingerprint = fingerprint, Warnings = warnings };
    }

    /// <summary>The run file.</summary>
    public string Write() => ScenarioDocument.ToText(IsScenarioOnly ? ScenarioWriter.Write(Scenario) : ToJson());

    /// <summary>The choices as the engine takes them. A name that this machine does not have ends the list: the run opens up to there.</summary>
    public IReadOnlyList<Choice> ResolveChoices(CompiledMachine machine, out NamedChoice? unknown)
    {
        var resolved = new List<Choice>();
        unknown = null;
        foreach (var choice in Choices)
        {
            if (ActionNames.Find(machine, choice.Action) is not { } action)
            {
                unknown = choice;
                break;
            }

            resolved.Add(new Choice(choice.Step, action));
        }

        return resolved;
    }

    internal JsonObject ToJson()
    {
        var json = new JsonObject { ["version"] = DocumentLimits.Version };
        if (Title.Length > 0)
        {
            json["title"] = Title;
        }

        json["scenario"] = ScenarioWriter.Write(Scenario);
        if (Seed != 1)
        {
            json["seed"] = Seed;
        }

        if (Choices.Count > 0)
        {
            json["choices"] = Written(Choices);
        }

        if (Forks.Count > 0)
        {
            json["forks"] = new JsonArray([.. Forks.Select(f => (JsonNode)(f.Count == 0 ? [] : new JsonObject { ["choices"] = Written(f) }))]);
        }

        if (View != RunView.None)
        {
            var view = new JsonObject();
            Put(view, "step", View.Step);
            Put(view, "from_ns", View.FromNs);
            Put(view, "to_ns", View.ToNs);
            Put(view, "selection", View.Selection);
            Put(view, "compare", View.Compare is { } partner ? ComparePartner.ToJson(partner) : null);
            Put(view, "compare_step", View.CompareStep);
            Put(view, "axis", View.Axis);
            Put(view, "bookmarks", View.Bookmarks.Count == 0 ? null : new JsonArray([.. View.Bookmarks.Select(Written)]));
            Put(view, "filter", View.Filter);
            Put(view, "hidden", View.Hidden);
            Put(view, "folded", View.Folded);
            Put(view, "pinned", View.Pinned);
            Put(view, "order", View.Order);
            Put(view, "marker_a", View.MarkerA);
            Put(view, "marker_b", View.MarkerB);
            json["view"] = view;
        }

        if (Fingerprint.Length > 0)
        {
            json["fingerprint"] = Fingerprint;
        }

        return json;
    }

    private static void Put(JsonObject json, string name, JsonNode? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }

    private static JsonArray Written(IReadOnlyList<NamedChoice> choices) =>
        new([.. choices.Select(c => (JsonNode)new JsonObject { ["step"] = c.Step, ["action"] = c.Action })]);

    private static JsonNode Written(Bookmark bookmark)
    {
        var json = new JsonObject { ["step"] = bookmark.Step };
        Put(json, "note", bookmark.Note.Length > 0 ? bookmark.Note : null);
        return json;
    }

    private static List<NamedChoice> ReadChoices(Node node)
    {
        var choices = node.Items("choices", 0, DocumentLimits.Choices).Select(ReadChoice).OfType<NamedChoice>().ToList();
        for (var i = 1; i < choices.Count; i++)
        {
            if (choices[i].Step <= choices[i - 1].Step)
            {
                node.Member("choices")!.Problem(Node.Invariant($"step {choices[i].Step} comes after step {choices[i - 1].Step}; each step once and in order is needed"));
            }
        }

        return choices;
    }

    private static Bookmark? ReadBookmark(Node node)
    {
        if (!node.IsObject(DocumentMembers.Bookmark))
        {
            return null;
        }

        _ = node.Member("step", required: true);
        return node.Integer("step", 0, long.MaxValue) is { } step ? new Bookmark(step, node.Text("note", DocumentLimits.Title) ?? "") : null;
    }

    private static NamedChoice? ReadChoice(Node node)
    {
        if (!node.IsObject(DocumentMembers.Choice))
        {
            return null;
        }

        _ = node.Member("step", required: true);
        var step = node.Integer("step", 0, long.MaxValue);
        var action = node.Text("action", Id, required: true);
        return step is { } s && action is not null ? new NamedChoice(s, action) : null;
    }

    private static RunView ReadView(Node? node)
    {
        if (node is null || !node.IsObject(DocumentMembers.View))
        {
            return RunView.None;
        }

        var from = node.Integer("from_ns", -MostTimeNs, MostTimeNs);
        var to = node.Integer("to_ns", -MostTimeNs, MostTimeNs);
        if (from >= to)
        {
            node.Problem(Node.Invariant($"from_ns {from} is not before to_ns {to}"));
        }

        var bookmarks = node.Items("bookmarks", 0, DocumentLimits.Bookmarks).Select(ReadBookmark).OfType<Bookmark>().DistinctBy(b => b.Step).OrderBy(b => b.Step).ToList();
        return new RunView
        {
            Bookmarks = bookmarks.Count == 0 ? RunView.None.Bookmarks : bookmarks,
            Step = node.Integer("step", 0, long.MaxValue),
            FromNs = from,
            ToNs = to,
            Selection = node.Text("selection", DocumentLimits.Title),
            Compare = node.Member("compare") is { } partner ? ComparePartner.Read(node, partner) : null,
            CompareStep = node.Integer("compare_step", 0, long.MaxValue),
            Axis = node.Member("axis")?.AsWord(Axes) is { } axis && axis != "phases" ? axis : null,
            Filter = node.Text("filter", DocumentLimits.Title),
            Hidden = node.Text("hidden", DocumentLimits.Lanes),
            Folded = node.Text("folded", DocumentLimits.Lanes),
            Pinned = node.Text("pinned", DocumentLimits.Lanes),
            Order = node.Text("order", DocumentLimits.Lanes),
            MarkerA = node.Integer("marker_a", 0, long.MaxValue),
            MarkerB = node.Integer("marker_b", 0, long.MaxValue),
        };
    }

    private static ulong ReadSeed(Node? node)
    {
        if (node is null)
        {
            return 1;
        }

        if (node.Element.ValueKind == JsonValueKind.Number && node.Element.TryGetUInt64(out var seed))
        {
            return seed;
        }

        node.Problem($"{Node.Shown(node.Element.GetRawText())} given; a whole number from 0 to {ulong.MaxValue} is needed");
        return 1;
    }
}
