using System.Globalization;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Tests;

/// <summary>A run, and the questions that tests ask of it.</summary>
internal sealed class Seen
{
    private readonly long end;

    private Seen(Run run, long end = long.MaxValue) => (Run, this.end) = (run, end);

    /// <summary>The same without what came from that event on.</summary>
    public static Seen Until(Seen seen, long raw) => new(seen.Run, raw);

    public Run Run { get; }

    public CompiledMachine Machine => Run.Machine;

    public static Seen Of(Scenario scenario, ulong seed = 1, RunLimits? limits = null) =>
        new(Run.Of(CompiledMachine.Compile(scenario), seed, limits: limits, verify: true));

    /// <summary>What happened, folded rounds once with how often they did.</summary>
    public IReadOnlyList<(RecordedEvent At, long Times)> Events(Phase? between = null)
    {
        var from = between?.From is { } first ? RawOfPhase(first, between.Boot) : 0;
        var to = between?.To is { } last ? RawOfPhase(last, between.Boot) : long.MaxValue;
        to = Math.Min(to, end);
        var events = new List<(RecordedEvent, long)>();
        for (var e = 0; e < Run.Recording.Count; e++)
        {
            var at = Run.Recording.Entries[e];
            if (at.Raw >= from && at.Raw < to)
            {
                events.Add((at, Run.Recording.Occurrences(e).Times));
            }
        }

        return events;
    }

    /// <summary>From the beginning of one phase to the beginning of another one; a boot has each at most once.</summary>
    public sealed record Phase(string? From, string? To, int Boot = 0);

    public static readonly Phase Shutdown = new("device_shutdown", "machine_shutdown");

    public long RawOfPhase(string name, int boot = 0)
    {
        foreach (var e in Run.Recording.Entries)
        {
            if (e.Event.Kind == EventKind.Phase && Machine.Names[e.Event.A] == name && e.Event.B == boot)
            {
                return e.Raw;
            }
        }

        return long.MaxValue;
    }

    public int Index(Bdf bdf) => Machine.Functions.Single(f => f.Bdf == bdf).Index;

    public int LineIndex(int gsi) => Machine.Lines.Single(l => l.Gsi.Value == gsi).Index;

    public FunctionView Function(Bdf bdf) => Run.Final.Function(Index(bdf));

    public LineView Line(int gsi) => Run.Final.Line(LineIndex(gsi));

    public IEnumerable<(RecordedEvent At, long Times)> Of(EventKind kind, int subject, Phase? between = null) =>
        Events(between).Where(e => e.At.Event.Kind == kind && e.At.Event.Subject == subject);

    public IEnumerable<(RecordedEvent At, long Times)> Of(EventKind kind, Bdf bdf, Phase? between = null) => Of(kind, Index(bdf), between);

    public IEnumerable<(RecordedEvent At, long Times)> OfLine(EventKind kind, int gsi, Phase? between = null) => Of(kind, LineIndex(gsi), between);

    /// <summary>Configuration writes of a function in order: <c>0507>0107</c>, <c>msix 0</c>, <c>msi 1</c>, <c>maskall 1</c>.</summary>
    public string Writes(Bdf bdf, Phase? between = null)
    {
        var f = Index(bdf);
        var words = new List<string>();
        foreach (var ((_, _, e, _, _), _) in Events(between))
        {
            if (e.Subject != f)
            {
                continue;
            }

            var word = e.Kind switch
            {
                EventKind.CfgCommand => string.Create(CultureInfo.InvariantCulture, $"{e.A:x4}>{e.B:x4}"),
                EventKind.CfgMsi => string.Create(CultureInfo.InvariantCulture, $"msi {e.A}"),
                EventKind.CfgMsix => string.Create(CultureInfo.InvariantCulture, $"msix {e.A}{(e.B != 0 ? " maskall" : "")}"),
                _ => null,
            };
            if (word is not null)
            {
                words.Add(word);
            }
        }

        return string.Join(", ", words);
    }

    /// <summary>Changes of the function's own pin, as 1 and 0.</summary>
    public string Pin(Bdf bdf, Phase? between = null) => string.Concat(Of(EventKind.Intx, bdf, between).Select(e => e.At.Event.A));

    public string Level(int gsi, Phase? between = null) => string.Concat(OfLine(EventKind.Line, gsi, between).Select(e => e.At.Event.A));

    public string Masks(int gsi, Phase? between = null) => string.Concat(OfLine(EventKind.IoapicPin, gsi, between).Select(e => e.At.Event.A));

    public long Deliveries(int gsi, DeliveryOutcome? outcome = null, Phase? between = null) =>
        OfLine(EventKind.IrqDelivered, gsi, between).Where(e => outcome is null || e.At.Event.C == (int)outcome).Sum(e => e.Times);

    public long Messages(Bdf bdf, MsiResult? result = null, Phase? between = null) =>
        Of(EventKind.MsiWrite, bdf, between).Where(e => result is null || e.At.Event.C == (int)result).Sum(e => e.Times);

    public long HandlerRuns(Bdf bdf, Phase? between = null) =>
        Of(EventKind.Handler, bdf, between).Where(e => (e.At.Event.C & 1) == 0).Sum(e => e.Times);

    public IReadOnlyList<RecordedEvent> NobodyCared(int gsi, Phase? between = null) => [.. OfLine(EventKind.NobodyCared, gsi, between).Select(e => e.At)];

    public long RawOf(EventKind kind, Bdf bdf, int a) => Of(kind, bdf).First(e => e.At.Event.A == a).At.Raw;
}

/// <summary>Pieces of scenarios.</summary>
internal static class Make
{
    public const long Microsecond = 1_000;
    public const long Millisecond = 1_000_000;
    public const long Second = 1_000_000_000;

    public static DeviceModel Device(string id) => DeviceModel.Find(id) ?? throw new ArgumentException(id);

    public static DriverModel Driver(string id) => DriverModel.Find(id) ?? throw new ArgumentException(id);

    public static KernelRelease Release(string version) => KernelRelease.Find(version) ?? throw new ArgumentException(version);

    public static ShutdownPolicy Policy(string id) => ShutdownPolicy.Find(id) ?? throw new ArgumentException(id);

    public static EventSource Every(long ns, int count = 0, long? first = null) => new("rx", ns) { Count = count, FirstNs = first };

    public static FunctionSpec Function(string bdf, string device, int? gsi = 21, params EventSource[] events) =>
        new(At(bdf), Device(device)) { Gsi = gsi is { } g ? new Gsi(g) : null, Events = events };

    public static Bdf At(string text) => Bdf.TryParse(text, out var bdf) ? bdf : throw new ArgumentException(text);

    public static Stimulus Do(Bdf? target, params Step[] steps) => new("test", steps, target);

    public static Stimulus Load(Bdf target, string driver) => new("load " + driver, [], target) { Load = Driver(driver) };

    public static Stimulus Wait(long ns) => new("wait", [Pause(ns)], null);

    public static Step Pause(long ns) => new(Op.Delay, Cost: Cost.Given) { GivenNs = ns };

    public static readonly Step MsixShut0 = new(Op.MaskVectors, 1);

    /// <summary>What pci_msix_shutdown does to a live device (domain 2.2), as recordings s5… do it.</summary>
    public static Stimulus MsixShutdown(Bdf target) => Do(
        target, new Step(Op.MaskVectors, 1), new Step(Op.MsixEnable, 0, Cost: Cost.ConfigWrite), new Step(Op.IntxDisable, 0, Cost: Cost.ConfigWrite),
        new Step(Op.NoteMsix, 0));

    /// <summary>A machine that runs, is interfered with, and does not shut down.</summary>
    public static Scenario Live(
        Platform platform, IReadOnlyList<FunctionSpec> functions, IReadOnlyList<Stimulus> stimuli, string kernel = "6.1.192",
        Func<BootSpec, BootSpec>? boot = null, Func<KernelRelease, KernelRelease>? release = null)
    {
        var row = Release(kernel);
        row = release?.Invoke(row) ?? row;
        var spec = new BootSpec(row, Policy(row.ShutdownPolicy), ShutdownPath.None) { Stimuli = stimuli };
        return new Scenario("live", platform, functions, [boot?.Invoke(spec) ?? spec]);
    }

    /// <summary>No driver for these functions.</summary>
    public static IReadOnlyDictionary<Bdf, DriverModel?> NoDriver(params Bdf[] functions) => functions.ToDictionary(f => f, _ => (DriverModel?)null);
}
