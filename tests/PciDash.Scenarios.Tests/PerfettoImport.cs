using System.Globalization;
using System.Text.Json;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Tests;

/// <summary>
/// An exported trace, taken by the rules of Perfetto's importer for JSON: google/perfetto ec5d16b14b743ba6063d720956d6d6af6610fd72,
/// src/trace_processor/importers/json/json_trace_tokenizer.cc (fields, times, thread 0) and json_trace_parser.cc (phases), and of its
/// src/trace_processor/importers/common/slice_tracker.cc (what nests). The trace processor itself is not run.
/// </summary>
public class PerfettoImport
{
    private sealed record Slice(string Name, long Ns, long DurationNs);

    /// <summary>What the importer makes of a trace, and each thing that it would count as an error.</summary>
    private sealed class Imported
    {
        private readonly HashSet<(uint Process, string Name, string Category, string Id)> open = [];

        public List<string> Errors { get; } = [];

        public Dictionary<uint, string> Processes { get; } = [];

        public List<((uint Process, uint Thread) Track, string Name)> ThreadNames { get; } = [];

        public Dictionary<(uint Process, uint Thread), List<Slice>> Tracks { get; } = [];

        public HashSet<string> Counters { get; } = [];

        public HashSet<string> Async { get; } = [];

        public static Imported Of(JsonElement trace)
        {
            var imported = new Imported();
            var timed = new List<(long Ns, JsonElement Event)>();
            foreach (var e in trace.GetProperty("traceEvents").EnumerateArray())
            {
                // Tokenizer: a phase always, a time but for metadata; microseconds, kept as nanoseconds.
                if (!e.TryGetProperty("ph", out var phase) || phase.GetString() is not { Length: > 0 } ph)
                {
                    imported.Errors.Add($"no phase: {e}");
                }
                else if (!TryNs(e, "ts", out var ns) && ph[0] != 'M')
                {
                    imported.Errors.Add($"no time: {e}");
                }
                else
                {
                    timed.Add((ns, e));
                }
            }

            // Events are sorted by time; those of one time stay as they are written.
            foreach (var (ns, e) in timed.OrderBy(t => t.Ns))
            {
                imported.Take(e, e.GetProperty("ph").GetString()![0], ns);
            }

            imported.Errors.AddRange(imported.open.Select(o => $"never ends: {o}"));
            return imported;
        }

        private static bool TryNs(JsonElement e, string field, out long ns)
        {
            ns = 0;
            if (!e.TryGetProperty(field, out var value) || value.ValueKind != JsonValueKind.Number)
            {
                return false;
            }

            // As there: a double, times 1000, rounded. What is lost by it would not be the time that was meant.
            ns = (long)Math.Round(value.GetDouble() * 1000.0, MidpointRounding.AwayFromZero);
            return ns == value.GetDecimal() * 1000m;
        }

        private void Take(JsonElement e, char phase, long ns)
        {
            var hasProcess = e.TryGetProperty("pid", out var pid) && pid.TryGetUInt32(out _);
            var hasThread = e.TryGetProperty("tid", out var tid) && tid.TryGetUInt32(out _);
            var process = hasProcess ? pid.GetUInt32() : 0;
            var thread = hasThread ? tid.GetUInt32() : 0;
            // Tokenizer: "Make the tid equal to the pid if tid is not set", and 0 is not set.
            thread = thread == 0 ? process : thread;
            var name = e.TryGetProperty("name", out var given) ? given.GetString() ?? "" : "";
            if (name.Length == 0)
            {
                Errors.Add($"[No name]: {e}");
            }

            switch (phase)
            {
                case 'X' when TryNs(e, "dur", out var duration) && duration >= 0:
                    Scoped((process, thread), new Slice(name, ns, duration));
                    break;
                case 'i' when hasThread && e.TryGetProperty("s", out var scope) && scope.GetString() == "t":
                    Scoped((process, thread), new Slice(name, ns, 0));
                    break;
                case 'b' or 'e' when hasProcess && e.TryGetProperty("id", out var id) && id.ValueKind is JsonValueKind.String or JsonValueKind.Number:
                    // A track is found by name and by category with id; an end must find its beginning there.
                    var key = (process, name, e.TryGetProperty("cat", out var category) ? category.GetString()! : "", id.ToString());
                    Async.Add(name);
                    if (phase == 'b' ? !open.Add(key) : !open.Remove(key))
                    {
                        Errors.Add($"no pair: {e}");
                    }

                    break;
                case 'C' when e.TryGetProperty("args", out var values) && values.EnumerateObject().Any():
                    foreach (var value in values.EnumerateObject())
                    {
                        Counters.Add($"{name} {value.Name}");
                        if (value.Value.ValueKind != JsonValueKind.Number)
                        {
                            Errors.Add($"no number: {e}");
                        }
                    }

                    break;
                case 's' or 't' or 'f' when e.TryGetProperty("id", out var flow) && long.TryParse(flow.ToString(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _):
                    break;
                case 'M' when e.TryGetProperty("args", out var args):
                    if (name.EndsWith("_sort_index", StringComparison.Ordinal) ? !args.GetProperty("sort_index").TryGetInt32(out _) : args.GetProperty("name").GetString() is not { Length: > 0 })
                    {
                        Errors.Add($"no value: {e}");
                    }

                    if (name == "process_name")
                    {
                        Processes.Add(process, args.GetProperty("name").GetString()!);
                    }
                    else if (name == "thread_name")
                    {
                        ThreadNames.Add(((process, thread), args.GetProperty("name").GetString()!));
                    }

                    break;
                default:
                    Errors.Add($"not taken: {e}");
                    break;
            }
        }

        // Slices of a track nest: one that reaches over the end of another is put on a track of its own, and counted as an error.
        private void Scoped((uint, uint) track, Slice slice)
        {
            if (!Tracks.TryGetValue(track, out var slices))
            {
                Tracks[track] = slices = [];
            }

            if (slices.Find(s => s.Ns <= slice.Ns && slice.Ns < s.Ns + s.DurationNs && slice.Ns + slice.DurationNs > s.Ns + s.DurationNs) is { } over)
            {
                Errors.Add($"overlap: {over} and {slice}");
            }

            slices.Add(slice);
        }
    }

    private static Imported Export(Run run)
    {
        using var stream = new MemoryStream();
        PerfettoWriter.Write(run, stream);
        using var json = JsonDocument.Parse(stream.ToArray());
        return Imported.Of(json.RootElement);
    }

    public static TheoryData<string> Presets => [.. ScenarioPresets.All.Select(p => p.Id)];

    [Theory, MemberData(nameof(Presets))]
    public void Nothing_of_a_run_is_lost_moved_or_mixed_up(string preset)
    {
        var run = Run.Of(CompiledMachine.Compile(ScenarioPresets.Find(preset)!.Scenario));
        var m = run.Machine;
        var imported = Export(run);
        Assert.Empty(imported.Errors);
        Assert.Equal(["kernel", "CPUs", "functions", "lines"], imported.Processes.OrderBy(p => p.Key).Select(p => p.Value));

        // Each track is its own, and none a process's main thread, which would be moved to the top.
        Assert.Equal(1 + m.CpuCount + (2 * m.Functions.Count) + m.Lines.Count, imported.ThreadNames.Select(t => t.Track).Distinct().Count());
        Assert.All(imported.ThreadNames, t => Assert.NotEqual(t.Track.Process, t.Track.Thread));
        Assert.Empty(imported.Tracks.Keys.Except(imported.ThreadNames.Select(t => t.Track)));
        Assert.Equal(
            m.Lines.Where(l => run.Recording.Entries.ToArray().Any(e => e.Event.Kind == EventKind.IrqDelivered && e.Event.Subject == l.Index)).Select(l => $"IRQ {l.Gsi} deliveries").Order(),
            imported.Counters.Order());
        Assert.All(imported.Async, name => Assert.Contains(m.Functions, f => name.StartsWith(f.Bdf + " ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{"pid":1,"tid":5,"name":"a","ts":0}""")]
    [InlineData("""{"ph":"X","pid":1,"tid":5,"name":"a","dur":1}""")]
    [InlineData("""{"ph":"X","pid":1,"tid":5,"name":"a","ts":0}""")]
    [InlineData("""{"ph":"X","pid":1,"tid":5,"name":"a","ts":0.0001,"dur":1}""")]
    [InlineData("""{"ph":"X","pid":1,"tid":5,"ts":0,"dur":1}""")]
    [InlineData("""{"ph":"X","pid":1,"tid":5,"name":"a","ts":0,"dur":2},{"ph":"X","pid":1,"tid":5,"name":"b","ts":1,"dur":2}""")]
    [InlineData("""{"ph":"i","pid":1,"tid":5,"name":"a","ts":0,"s":"x"}""")]
    [InlineData("""{"ph":"b","pid":1,"tid":5,"name":"a","ts":0,"cat":"c"}""")]
    [InlineData("""{"ph":"b","pid":1,"tid":5,"name":"a","ts":0,"cat":"c","id":"1"}""")]
    [InlineData("""{"ph":"b","pid":1,"tid":5,"name":"a","ts":0,"cat":"c","id":"1"},{"ph":"e","pid":1,"tid":5,"name":"a","ts":1,"cat":"d","id":"1"}""")]
    [InlineData("""{"ph":"C","pid":1,"tid":5,"name":"a","ts":0,"args":{}}""")]
    [InlineData("""{"ph":"C","pid":1,"tid":5,"name":"a","ts":0,"args":{"a":"much"}}""")]
    [InlineData("""{"ph":"s","pid":1,"tid":5,"name":"a","ts":0,"id":"none"}""")]
    [InlineData("""{"ph":"M","pid":1,"tid":5,"name":"thread_name","args":{"name":""}}""")]
    public void What_the_importer_counts_as_an_error_is_seen_here(string events)
    {
        using var json = JsonDocument.Parse($$"""{"traceEvents":[{{events}}]}""");
        Assert.NotEmpty(Imported.Of(json.RootElement).Errors);
    }

    [Fact]
    public void Thread_0_is_the_thread_of_the_processs_number()
    {
        using var json = JsonDocument.Parse("""{"traceEvents":[{"ph":"X","pid":3,"tid":0,"name":"a","ts":0,"dur":1},{"ph":"X","pid":3,"tid":3,"name":"b","ts":0.5,"dur":1}]}""");
        var imported = Imported.Of(json.RootElement);
        Assert.Single(imported.Tracks);
        Assert.Contains("overlap", Assert.Single(imported.Errors), StringComparison.Ordinal);
    }
}
