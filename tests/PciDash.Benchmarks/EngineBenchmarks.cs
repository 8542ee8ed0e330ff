using BenchmarkDotNet.Attributes;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;

namespace PciDash.Benchmarks;

/// <summary>Timed runs of the 20-function machine, stepped singly, beside the bare loop.</summary>
[MemoryDiagnoser]
public class TimedRunBenchmarks
{
    private const int Steps = 100_000;

    private static readonly RunLimits Limits = RunLimits.Default with { Steps = Steps };

    private readonly CompiledMachine machine = CompiledMachine.Compile(Machines.Busy());
    private readonly long steps = Steps;

    /// <summary>The peer.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Steps)]
    public ulong PlainLoop() => new PlainLoop(records: false).Run(steps);

    /// <summary>No recording.</summary>
    [Benchmark(OperationsPerInvoke = Steps)]
    public RunEnd Silent() =>
        new Simulator<NullSink>(machine, 1, InitialState.Of(machine), default, accelerate: false) { NextRaw = static () => 0 }.Run([], Limits);

    /// <summary>As the page and the command line run it.</summary>
    [Benchmark(OperationsPerInvoke = Steps)]
    public Run Recorded() => Run.Of(machine, limits: Limits, accelerate: false);
}

/// <summary>The preset of the mails of May 2015.</summary>
[MemoryDiagnoser]
public class PresetBenchmarks
{
    private readonly Scenario scenario = Machines.Preset;
    private readonly CompiledMachine machine = CompiledMachine.Compile(Machines.Preset);
    private readonly string link = ShareLink.TryEncode(new RunDocument(Machines.Preset))!;
    private readonly Run run = Engine.Simulation.Run.Of(CompiledMachine.Compile(Machines.Preset));

    /// <summary>Scenario to machine.</summary>
    [Benchmark]
    public CompiledMachine Compile() => CompiledMachine.Compile(scenario);

    /// <summary>Storms accelerated.</summary>
    [Benchmark]
    public Run Run() => Engine.Simulation.Run.Of(machine);

    /// <summary>In the middle of the storm.</summary>
    [Benchmark]
    public Moment Seek() => run.At(run.Recording.RawCount / 2);

    /// <summary>Run to link.</summary>
    [Benchmark]
    public string? EncodeLink() => ShareLink.TryEncode(new RunDocument(scenario));

    /// <summary>Link to run.</summary>
    [Benchmark]
    public RunDocument DecodeLink() => ShareLink.Decode(link);

    /// <summary>Every ordering of it.</summary>
    [Benchmark]
    public SearchResult Search() => new Explorer(machine, []).Search();
}
