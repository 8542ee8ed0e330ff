using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios;

/// <summary>What became of a function or a line, with the event that brought it about; the last lines of a recording.</summary>
/// <param name="Subject">A function's address, or an irq's number.</param>
/// <param name="IsIrq">The subject is an irq.</param>
/// <param name="Kind">One of the outcomes that are told apart, in kebab-case.</param>
/// <param name="Why">Raw number of the event that caused it.</param>
public sealed record RecordedOutcome(string Subject, bool IsIrq, string Kind, long Why);

/// <summary>Writes a run as JSON lines or CSV. The bytes depend on the run alone.</summary>
public static class RecordingWriter
{
    private const int FlushBytes = 1 << 16;

    /// <summary>Version of the engine that computed the run.</summary>
    public static string EngineVersion { get; } = typeof(Run).Assembly.GetName().Version!.ToString(3);

    /// <summary>JSON lines: what the run is, then one event a line; equal rounds are folded, <c>stride</c> raw numbers apart.</summary>
    public static void WriteJsonLines(Run run, Stream output, IReadOnlyList<RecordedOutcome>? outcomes = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(output);
        var buffer = new ArrayBufferWriter<byte>(FlushBytes * 2);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        WriteMeta(run, json);
        EndLine(json, buffer, output);
        var fields = new EventFields(run.Machine);
        var sink = new JsonSink(json);
        var boot = 0;
        for (var entry = 0; entry < run.Recording.Count; entry++)
        {
            var e = run.Recording.Entries[entry];
            boot = EventFields.BootAfter(e.Event, boot);
            json.WriteStartObject();
            json.WriteNumber("i", e.Raw);
            WriteSeconds(json, "t", e.TimeNs);
            json.WriteString("ev", EventFields.Kind(e.Event.Kind));
            fields.Write(e.Event, boot, ref sink);
            if (run.Recording.FoldOf(entry) is { } fold)
            {
                json.WriteNumber("n", fold.Rounds);
                WriteSeconds(json, "t_last", run.Recording.Occurrences(entry).LastNs);
                json.WriteNumber("stride", fold.Length);
            }

            if (e.Why >= 0)
            {
                json.WriteNumber("why", e.Why);
            }

            if (e.Also >= 0)
            {
                json.WriteNumber("also", e.Also);
            }

            if (EventFields.HasWhere(e.Event))
            {
                json.WriteString("where", run.Machine.Origins[e.Event.Origin].Where);
            }

            json.WriteEndObject();
            EndLine(json, buffer, output);
        }

        foreach (var outcome in outcomes ?? [])
        {
            WriteOutcome(outcome, json);
            EndLine(json, buffer, output);
        }

        output.Write(buffer.WrittenSpan);
    }

    /// <summary>Comma-separated values, one event a row, one column for each field.</summary>
    public static void WriteCsv(Run run, TextWriter output, IReadOnlyList<RecordedOutcome>? outcomes = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(output);
        output.Write($"i,t,n,t_last,stride,ev,{string.Join(',', EventFields.Names)},why,also,where\n");
        var fields = new EventFields(run.Machine);
        var boot = 0;
        for (var entry = 0; entry < run.Recording.Count; entry++)
        {
            var e = run.Recording.Entries[entry];
            boot = EventFields.BootAfter(e.Event, boot);
            var row = new RowSink([]);
            fields.Write(e.Event, boot, ref row);
            var fold = run.Recording.FoldOf(entry);
            output.Write(Node.Invariant($"{e.Raw},{Seconds(e.TimeNs)},"));
            output.Write(fold is { } f ? Node.Invariant($"{f.Rounds},{Seconds(run.Recording.Occurrences(entry).LastNs)},{f.Length},") : ",,,");
            output.Write(EventFields.Kind(e.Event.Kind));
            WriteRow(output, row);
            output.Write(Node.Invariant($",{Known(e.Why)},{Known(e.Also)},"));
            output.Write(EventFields.HasWhere(e.Event) ? Quoted(run.Machine.Origins[e.Event.Origin].Where) : "");
            output.Write('\n');
        }

        foreach (var outcome in outcomes ?? [])
        {
            var row = new RowSink([]);
            row.Text(outcome.IsIrq ? "irq" : "bdf", outcome.Subject);
            row.Text("kind", outcome.Kind);
            output.Write(",,,,,outcome");
            WriteRow(output, row);
            output.Write(Node.Invariant($",{Known(outcome.Why)},,\n"));
        }
    }

    /// <summary>Whole nanoseconds as seconds with nine decimals, without a detour through floating point.</summary>
    internal static string Seconds(long ns)
    {
        var magnitude = (ulong)Math.Abs(ns);
        return Node.Invariant($"{(ns < 0 ? "-" : "")}{magnitude / 1_000_000_000}.{magnitude % 1_000_000_000:d9}");
    }

    private static void WriteMeta(Run run, Utf8JsonWriter json)
    {
        var scenario = run.Machine.Scenario;
        json.WriteStartObject();
        json.WriteString("ev", "meta");
        json.WriteString("scenario", scenario.Id);
        WriteBoot(scenario.Boots[0], json);
        json.WriteString("platform", scenario.Platform.Id);
        json.WriteString("timing", scenario.Timing.Id);
        json.WriteStartArray("functions");
        foreach (var f in run.Machine.Functions)
        {
            json.WriteStartObject();
            json.WriteString("bdf", f.Bdf.ToString());
            json.WriteString("device", f.Device.Id);
            if (run.Machine.Boots[0].Drivers[f.Index] is { } driver)
            {
                json.WriteString("driver", driver.Id);
                json.WriteString("mode", Vocabulary.Modes.Of(run.Machine.Boots[0].Modes[f.Index]));
            }

            if (f.Line >= 0)
            {
                json.WriteNumber("gsi", run.Machine.Lines[f.Line].Gsi.Value);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (scenario.Boots.Count > 1)
        {
            json.WriteStartArray("next_boots");
            foreach (var boot in scenario.Boots.Skip(1))
            {
                json.WriteStartObject();
                WriteBoot(boot, json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteNumber("seed", run.Seed);
        if (run.Choices.Count > 0)
        {
            json.WriteStartArray("choices");
            foreach (var choice in run.Choices)
            {
                json.WriteStartObject();
                json.WriteNumber("step", choice.Step);
                json.WriteString("action", ActionNames.Of(run.Machine, choice.Action));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteString("end", End(run));
        json.WriteString("engine", EngineVersion);
        json.WriteEndObject();
    }

    /// <summary>How a run ended, as recordings name it: complete, time-limit, event-limit or stuck.</summary>
    public static string End(Run run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run.End switch { RunEnd.Complete => "complete", RunEnd.TimeLimit => "time-limit", RunEnd.EventLimit => "event-limit", _ => "stuck" };
    }

    private static void WriteBoot(BootSpec boot, Utf8JsonWriter json)
    {
        json.WriteString("kernel", boot.Release.Version);
        json.WriteString("path", Vocabulary.Paths.Of(boot.Path));
        json.WriteString("policy", boot.Policy.Id);
    }

    private static void WriteOutcome(RecordedOutcome outcome, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("ev", "outcome");
        if (outcome.IsIrq)
        {
            json.WritePropertyName("irq");
            json.WriteRawValue(outcome.Subject);
        }
        else
        {
            json.WriteString("bdf", outcome.Subject);
        }

        json.WriteString("kind", outcome.Kind);
        if (outcome.Why >= 0)
        {
            json.WriteNumber("why", outcome.Why);
        }

        json.WriteEndObject();
    }

    private static void WriteSeconds(Utf8JsonWriter json, string name, long ns)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(Seconds(ns), skipInputValidation: true);
    }

    private static void EndLine(Utf8JsonWriter json, ArrayBufferWriter<byte> buffer, Stream output)
    {
        json.Flush();
        json.Reset();
        buffer.Write("\n"u8);
        if (buffer.WrittenCount >= FlushBytes)
        {
            output.Write(buffer.WrittenSpan);
            buffer.ResetWrittenCount();
        }
    }

    private static void WriteRow(TextWriter output, RowSink row)
    {
        foreach (var name in EventFields.Names)
        {
            output.Write(',');
            output.Write(row.Values.TryGetValue(name, out var value) ? Quoted(value) : "");
        }
    }

    private static string Known(long raw) => raw >= 0 ? raw.ToString(CultureInfo.InvariantCulture) : "";

    private static string Quoted(string value) =>
        value.AsSpan().IndexOfAny(',', '"', '\n') < 0 ? value : '"' + value.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';

    private readonly struct JsonSink(Utf8JsonWriter json) : IFieldSink
    {
        public void Text(string name, string value) => json.WriteString(name, value);

        public void Number(string name, long value) => json.WriteNumber(name, value);
    }

    private readonly struct RowSink(Dictionary<string, string> values) : IFieldSink
    {
        public Dictionary<string, string> Values => values;

        public void Text(string name, string value) => values[name] = value;

        public void Number(string name, long value) => values[name] = value.ToString(CultureInfo.InvariantCulture);
    }
}
