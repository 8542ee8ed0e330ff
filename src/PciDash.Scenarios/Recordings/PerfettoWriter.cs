using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios;

/// <summary>
/// A run in the Trace Event Format (Chrome's JSON), which ui.perfetto.dev opens: phases, what each CPU handles, each function's shutdown and
/// pin as slices, its Bus Master, MSI and MSI-X as async events, for they overlap; messages and configuration writes as instants, deliveries
/// of each line as a counter. Times are from the beginning of the run; an instant on the phases says where its shutdown starts.
/// </summary>
public static class PerfettoWriter
{
    private const int Kernel = 1;
    private const int Cpus = 2;
    private const int Functions = 3;
    private const int Lines = 4;

    // Perfetto takes thread 0 for the thread that has its process's number, which may be another track's, and that for the main thread: no
    // track is 0 or has a process's number (json_trace_tokenizer.cc in google/perfetto ec5d16b14b74).
    private const int FirstThread = 10;

    private const string BusMaster = "Bus Master";
    private const string Msi = "MSI";
    private const string Msix = "MSI-X";

    // Bit 2 of the Command register: PCI Local Bus 3.0, 6.2.2.
    private const int BusMasterBit = 1 << 2;

    /// <summary>Writes it. Of equal rounds the first and the last are written; the counts are right at both.</summary>
    public static void Write(Run run, Stream output)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(output);
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteStartObject("otherData");
        json.WriteString("scenario", run.Machine.Scenario.Id);
        json.WriteString("seed", run.Seed.ToString(CultureInfo.InvariantCulture));
        json.WriteString("engine", RecordingWriter.EngineVersion);
        json.WriteEndObject();
        json.WriteStartArray("traceEvents");
        new Writing(run, json).All();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private sealed class Writing(Run run, Utf8JsonWriter json)
    {
        private readonly CompiledMachine m = run.Machine;
        private readonly EventText text = new(run.Machine);

        // A slice that is open on a track: it is written when it ends.
        private readonly Dictionary<(int Process, int Thread), (string Name, long Since)> open = [];
        // What is switched on, by function: it may begin and end at any time.
        private readonly HashSet<(int Function, string Name)> on = [];
        private readonly long start = new MachineView(run.Machine, InitialState.Of(run.Machine)).NowNs;
        private readonly long[] deliveries = new long[run.Machine.Lines.Count];

        public void All()
        {
            Process(Kernel, "kernel");
            Process(Cpus, "CPUs");
            Process(Functions, "functions");
            Process(Lines, "lines");
            Thread(Kernel, 0, "phase");
            for (var c = 0; c < m.CpuCount; c++)
            {
                Thread(Cpus, c, $"CPU {c.ToString(CultureInfo.InvariantCulture)}");
            }

            foreach (var f in m.Functions)
            {
                Thread(Functions, 2 * f.Index, $"{f.Bdf} {f.Device.Title}");
                Thread(Functions, (2 * f.Index) + 1, $"{f.Bdf} pin");
            }

            foreach (var l in m.Lines)
            {
                Thread(Lines, l.Index, $"IRQ {l.Gsi}");
            }

            var view = new MachineView(m, InitialState.Of(m));
            if (run.Recording.Count == 0 || run.Recording.Entries[0].Event.Kind != EventKind.Phase)
            {
                Begin(Kernel, 0, view.Phase, start);
            }

            Instant(Kernel, 0, "the shutdown starts", new TimedEvent(0, 0, default, 1));
            for (var f = 0; f < m.Functions.Count; f++)
            {
                var function = view.Function(f);
                Switch(f, BusMaster, function.BusMaster, start);
                Switch(f, Msi, function.MsiEnable, start);
                Switch(f, Msix, function.MsixEnable, start);
                if (view.Function(f).PinAsserted)
                {
                    Begin(Functions, (2 * f) + 1, "INTx asserted", start);
                }
            }

            foreach (var t in Unfolded.Of(run.Recording))
            {
                Take(t);
            }

            foreach (var (track, _) in open.ToList())
            {
                End(track.Process, track.Thread, run.EndNs);
            }

            foreach (var (function, name) in on.ToList())
            {
                Switch(function, name, false, run.EndNs);
            }
        }

        private void Take(in TimedEvent t)
        {
            var e = t.Event;
            switch (e.Kind)
            {
                case EventKind.CfgCommand:
                    Switch(e.Subject, BusMaster, (e.B & BusMasterBit) != 0, t.TimeNs);
                    break;
                case EventKind.CfgMsi:
                    Switch(e.Subject, Msi, e.A != 0, t.TimeNs);
                    break;
                case EventKind.CfgMsix:
                    Switch(e.Subject, Msix, e.A != 0, t.TimeNs);
                    break;
            }

            switch (e.Kind)
            {
                case EventKind.Phase:
                    End(Kernel, 0, t.TimeNs);
                    Begin(Kernel, 0, m.Names[e.A], t.TimeNs);
                    break;
                case EventKind.Handler when (e.C & 1) == 0:
                    Begin(Cpus, e.B, $"{text.What(e)} ({m.Functions[e.Subject].Bdf})", t.TimeNs);
                    break;
                case EventKind.Handler:
                    End(Cpus, e.B, t.TimeNs);
                    break;
                case EventKind.Intx when e.A != 0:
                    Begin(Functions, (2 * e.Subject) + 1, "INTx asserted", t.TimeNs);
                    break;
                case EventKind.Intx:
                    End(Functions, (2 * e.Subject) + 1, t.TimeNs);
                    break;
                case EventKind.Line when e.A != 0:
                    Begin(Lines, e.Subject, "asserted", t.TimeNs);
                    break;
                case EventKind.Line:
                    End(Lines, e.Subject, t.TimeNs);
                    break;
                case EventKind.DriverShutdown when e.A == 0:
                    Begin(Functions, 2 * e.Subject, "shutdown", t.TimeNs);
                    break;
                case EventKind.DriverShutdown:
                    End(Functions, 2 * e.Subject, t.TimeNs);
                    break;
                case EventKind.IrqDelivered when e.Subject >= 0 && e.Subject < m.Lines.Count:
                    deliveries[e.Subject] += t.Times;
                    Counter($"IRQ {m.Lines[e.Subject].Gsi}", deliveries[e.Subject], t.TimeNs);
                    break;
                case EventKind.CfgCommand or EventKind.CfgMsi or EventKind.CfgMsix or EventKind.MsiWrite or EventKind.Reset or EventKind.VirtioStatus or EventKind.Dma when e.Subject >= 0:
                    Instant(Functions, 2 * e.Subject, text.What(e), t);
                    break;
                case EventKind.NobodyCared or EventKind.IrqDisabled or EventKind.IoapicPin or EventKind.IrqPolled when e.Subject < m.Lines.Count:
                    Instant(Lines, e.Subject, text.What(e), t);
                    break;
            }
        }

        private void Begin(int process, int thread, string name, long ns)
        {
            End(process, thread, ns);
            open[(process, thread)] = (name, ns);
        }

        private void End(int process, int thread, long ns)
        {
            if (open.Remove((process, thread), out var slice))
            {
                Start("X", process, thread, slice.Name, slice.Since);
                Microseconds("dur", ns - slice.Since);
                json.WriteEndObject();
            }
        }

        private void Switch(int function, string name, bool isOn, long ns)
        {
            if (isOn ? !on.Add((function, name)) : !on.Remove((function, name)))
            {
                return;
            }

            Start(isOn ? "b" : "e", Functions, 2 * function, $"{m.Functions[function].Bdf} {name}", ns);
            json.WriteString("cat", "mode");
            json.WriteString("id", $"{m.Functions[function].Bdf} {name}");
            json.WriteEndObject();
        }

        private void Instant(int process, int thread, string name, in TimedEvent t)
        {
            Start("i", process, thread, name, t.TimeNs);
            json.WriteString("s", "t");
            if (t.Times > 1)
            {
                json.WriteStartObject("args");
                json.WriteNumber("times", t.Times);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // It is shown under its name and that of its value: "IRQ 16 deliveries".
        private void Counter(string name, long value, long ns)
        {
            Start("C", Lines, 0, name, ns);
            json.WriteStartObject("args");
            json.WriteNumber("deliveries", value);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        // In the order of the timeline, whatever happens first.
        private void Process(int process, string name) => Name("process", process, 0, name, process);

        private void Thread(int process, int thread, string name) => Name("thread", process, thread, name, thread);

        private void Name(string what, int process, int thread, string name, int place)
        {
            Start("M", process, thread, what + "_name", start);
            json.WriteStartObject("args");
            json.WriteString("name", name);
            json.WriteEndObject();
            json.WriteEndObject();
            Start("M", process, thread, what + "_sort_index", start);
            json.WriteStartObject("args");
            json.WriteNumber("sort_index", place);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        private void Start(string kind, int process, int thread, string name, long ns)
        {
            json.WriteStartObject();
            json.WriteString("ph", kind);
            json.WriteNumber("pid", process);
            json.WriteNumber("tid", FirstThread + thread);
            json.WriteString("name", name);
            Microseconds("ts", Math.Max(0, ns - start));
        }

        // Exact: three digits are nanoseconds.
        private void Microseconds(string name, long ns) => json.WriteNumber(name, ns / 1000m);
    }
}
