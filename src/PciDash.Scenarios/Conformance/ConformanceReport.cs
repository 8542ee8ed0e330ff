using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Conformance;

/// <summary>A mutant and what became of it.</summary>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Verdict">Not explained is what it has to be.</param>
public sealed record JudgedMutant(string Name, ConformanceVerdict Verdict)
{
    /// <summary>It was noticed.</summary>
    public bool Rejected => Verdict == ConformanceVerdict.NotExplained;
}

/// <summary>What <c>pcidash conform</c> says about one folder.</summary>
public sealed record ConformanceReport(RecordedRun Recorded, DerivedScenario Derived, ConformanceResult? Result, IReadOnlyList<JudgedMutant> Mutants)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads, derives, checks, and checks the mutants of what conforms.</summary>
    /// <exception cref="IOException">There is no such folder, or no recording in it.</exception>
    public static ConformanceReport Of(string folder) => Of(RecordedRunReader.Read(folder));

    /// <summary>Derives and checks a recording, and the mutants of what conforms where they are asked for.</summary>
    public static ConformanceReport Of(RecordedRun recorded, bool withMutants = true, long mostSteps = ConformanceCheck.MostSteps)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        var derived = ScenarioDeriver.Derive(recorded);
        if (derived.Scenario is not { } scenario)
        {
            return new ConformanceReport(recorded, derived, null, []);
        }

        try
        {
            var result = ConformanceCheck.Check(recorded, scenario, mostSteps);
            var mutants = !withMutants || result.Verdict != ConformanceVerdict.Explained ? [] : Conformance.Mutants.Of(recorded, scenario)
                .Select(m => new JudgedMutant(m.Name, ConformanceCheck.Check(recorded, m.Events, m.Scenario).Verdict)).ToList();
            return new ConformanceReport(recorded, derived, result, mutants);
        }
        catch (ScenarioException e)
        {
            return new ConformanceReport(recorded, derived with { Scenario = null, Missing = [.. derived.Missing, .. e.Problems] }, null, []);
        }
    }

    /// <summary>0 explained, 1 not explained or not finished, 2 cannot be derived.</summary>
    public int ExitCode => Result is null ? 2 : Result.Verdict == ConformanceVerdict.Explained ? 0 : 1;

    /// <summary>In one line.</summary>
    public string Summary
    {
        get
        {
            if (Result is not { } r)
            {
                return $"{Recorded.Name}: cannot be derived: {string.Join("; ", Derived.Missing)}";
            }

            var counts = Node.Invariant($"A {r.ExactExplained}/{r.ExactTotal}, B {r.BoundedExplained}/{r.BoundedTotal}");
            return r.Verdict == ConformanceVerdict.Explained
                ? Node.Invariant($"{Recorded.Name}: explained, {counts}, mutants rejected {Mutants.Count(m => m.Rejected)}/{Mutants.Count}")
                : Node.Invariant($"{Recorded.Name}: {Word(r.Verdict)}, {counts}, first: {r.First?.ToString() ?? "nothing more is recorded"}; the model would: {r.ModelWould}");
        }
    }

    /// <summary>For a terminal.</summary>
    public string Text
    {
        get
        {
            var text = new StringBuilder(Summary).Append('\n');
            foreach (var m in Mutants)
            {
                text.Append("  mutant ").Append(m.Rejected ? "rejected: " : $"NOT rejected ({Word(m.Verdict)}): ").Append(m.Name).Append('\n');
            }

            if (Result is { Unplaced: > 0 } result)
            {
                text.Append(Node.Invariant($"  {result.Unplaced} judged events lie on pins or functions that carry no PCI interrupt here\n"));
            }

            foreach (var problem in Recorded.Problems)
            {
                text.Append("  ").Append(problem).Append('\n');
            }

            foreach (var f in Derived.Fields)
            {
                text.Append(Node.Invariant($"  {f.Field} = {f.Value}  [{f.Source}]\n"));
            }

            text.Append("  ignored: ").Append(string.Join(", ", Recorded.Ignored.Select(i => Node.Invariant($"{i.Key} {i.Value}")))).Append('\n');
            return text.ToString();
        }
    }

    /// <summary>For a program.</summary>
    public string Json => new JsonObject
    {
        ["recording"] = Recorded.Name,
        ["verdict"] = Result is null ? "not-derived" : Word(Result.Verdict).Replace(' ', '-'),
        ["exact"] = Counts(Result?.ExactExplained, Result?.ExactTotal),
        ["bounded"] = Counts(Result?.BoundedExplained, Result?.BoundedTotal),
        ["unplaced"] = Result?.Unplaced,
        ["first_unexplained"] = Result?.First?.ToString(),
        ["model_would"] = Result?.ModelWould is { Length: > 0 } would ? would : null,
        ["mutants"] = new JsonArray([.. Mutants.Select(m => (JsonNode)new JsonObject { ["name"] = m.Name, ["rejected"] = m.Rejected })]),
        ["missing"] = new JsonArray([.. Derived.Missing.Select(m => (JsonNode?)JsonValue.Create(m))]),
        ["problems"] = new JsonArray([.. Recorded.Problems.Select(p => (JsonNode?)JsonValue.Create(p))]),
        ["fields"] = new JsonArray([.. Derived.Fields.Select(f => (JsonNode)new JsonObject { ["field"] = f.Field, ["value"] = f.Value, ["source"] = f.Source })]),
        ["ignored"] = new JsonObject(Recorded.Ignored.Select(i => KeyValuePair.Create(i.Key, (JsonNode?)i.Value))),
    }.ToJsonString(Indented) + "\n";

    private static JsonObject? Counts(int? explained, int? total) => explained is null ? null : new JsonObject { ["explained"] = explained, ["total"] = total };

    private static string Word(ConformanceVerdict verdict) => verdict switch
    {
        ConformanceVerdict.Explained => "explained",
        ConformanceVerdict.NotExplained => "not explained",
        _ => "not finished",
    };
}
