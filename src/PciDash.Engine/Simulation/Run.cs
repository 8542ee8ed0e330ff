using PciDash.Engine.Machine;

namespace PciDash.Engine.Simulation;

/// <summary>A timed run: scenario, seed and choices, its recording, and how it ended. Immutable; may be shared.</summary>
public sealed class Run
{
    private const int CheckpointSteps = 1_024;

    private const int NearRaw = 32;

    private readonly Checkpoints checkpoints = new();

    private Run(CompiledMachine machine, ulong seed, IReadOnlyList<Choice> choices, RunLimits limits, RunBuffer? buffer)
    {
        Machine = machine;
        Seed = seed;
        Choices = choices;
        Limits = limits;
        Recording = new Recording(buffer);
    }

    /// <summary>The machine.</summary>
    public CompiledMachine Machine { get; }

    /// <summary>Seed of every draw.</summary>
    public ulong Seed { get; }

    /// <summary>Choices, by step.</summary>
    public IReadOnlyList<Choice> Choices { get; }

    /// <summary>How far it might go.</summary>
    public RunLimits Limits { get; }

    /// <summary>What happened.</summary>
    public Recording Recording { get; }

    /// <summary>How it ended.</summary>
    public RunEnd End { get; private set; }

    /// <summary>The first choice that was not enabled when its step came, or null.</summary>
    public Choice? RefusedChoice { get; private set; }

    /// <summary>Actions in all.</summary>
    public long Steps { get; private set; }

    /// <summary>Actions carried out one by one.</summary>
    public long SingleSteps { get; private set; }

    /// <summary>State at the end.</summary>
    public MachineView Final { get; private set; } = null!;

    /// <summary>When it ended, ns.</summary>
    public long EndNs { get; private set; }

    /// <summary>Runs a machine and records it.</summary>
    public static Run Of(
        CompiledMachine machine, ulong seed = 1, IReadOnlyList<Choice>? choices = null, RunLimits? limits = null, bool accelerate = true, bool verify = false,
        RunBuffer? buffer = null)
    {
        var run = new Run(machine, seed, choices ?? [], limits ?? RunLimits.Default, buffer);
        var recording = run.Recording;
        var simulator = new Simulator<RecordingSink>(machine, seed, InitialState.Of(machine), new RecordingSink(recording), accelerate)
        {
            Recording = recording,
            NextRaw = () => recording.RawCount,
            Verify = verify,
        };

        // A choice can come before anything else, and then nothing has set the time.
        recording.NowNs = simulator.NowNs;
        run.checkpoints.Offer(0, 0, simulator.Execution.State);
        do
        {
            // In pieces of single steps: a checkpoint does not cut an accelerated storm.
            var piece = run.Limits with { Steps = Math.Min(run.Limits.Steps, simulator.SingleSteps + CheckpointSteps) };
            run.End = simulator.Run(run.Choices, piece);
            run.checkpoints.Offer(recording.RawCount, simulator.Steps, simulator.Execution.State);
        }
        while (run.End == RunEnd.EventLimit && simulator.SingleSteps < run.Limits.Steps && recording.Count < run.Limits.Events);

        run.RefusedChoice = simulator.RefusedChoice;
        run.Steps = simulator.Steps;
        run.SingleSteps = simulator.SingleSteps;
        run.Final = new MachineView(machine, simulator.Execution.State);
        run.EndNs = simulator.NowNs;
        return run;
    }

    /// <summary>
    /// The state right after the action that caused raw event <paramref name="raw"/>, and right before it; -1 = the beginning. Goes back to
    /// the checkpoint before and runs forward, so that every event is reached both ways.
    /// </summary>
    public Moment At(long raw)
    {
        if (raw < 0)
        {
            var first = new MachineView(Machine, (ulong[])checkpoints.Before(raw).State.Clone());
            return new Moment(first, first, 0, 0);
        }

        var (from, steps, saved) = checkpoints.Before(raw);
        var counted = new CountingSink { Next = from };
        Simulator<CountingSink> simulator = null!;
        simulator = new Simulator<CountingSink>(Machine, Seed, (ulong[])saved.Clone(), counted)
        {
            NextRaw = () => simulator.Execution.Sink.Next,
            Skipped = n => simulator.Execution.Sink.Next += n,
        };
        simulator.Load(steps);

        // Near to it at full speed, then action by action, so that the state before is at hand.
        simulator.Run(Choices, Limits, raw - NearRaw - Machine.VectorCount);
        var before = (ulong[])simulator.Execution.State.Clone();
        var firstRaw = simulator.Execution.Sink.Next;
        while (simulator.Execution.Sink.Next <= raw)
        {
            firstRaw = simulator.Execution.Sink.Next;
            simulator.Execution.State.CopyTo(before, 0);
            if (simulator.Run(Choices, Limits with { Steps = simulator.SingleSteps + 1 }, raw) is RunEnd.Complete or RunEnd.Stuck or RunEnd.TimeLimit)
            {
                break;
            }
        }

        return new Moment(
            new MachineView(Machine, before), new MachineView(Machine, simulator.Execution.State), firstRaw, simulator.Steps);
    }

    /// <summary>What time brings after a moment; null at the end of the run.</summary>
    public MachineAction? NextAction(Moment moment)
    {
        ArgumentNullException.ThrowIfNull(moment);
        var simulator = new Simulator<NullSink>(Machine, Seed, moment.After.CopyOfState(), default, accelerate: false) { NextRaw = static () => 0 };
        return simulator.Peek();
    }

    /// <summary>What could happen next at a moment: every enabled action.</summary>
    public IReadOnlyList<MachineAction> EnabledAt(Moment moment)
    {
        ArgumentNullException.ThrowIfNull(moment);
        var relation = new Execution<ConcreteClock, NullSink>(Machine, moment.After.CopyOfState(), default);
        var actions = new MachineAction[Machine.ActorCount * Execution<ConcreteClock, NullSink>.MaxChoices];
        return actions[..relation.Enabled(actions)];
    }
}

/// <summary>A step of a run.</summary>
/// <param name="Before">The machine before the action.</param>
/// <param name="After">The machine after it.</param>
/// <param name="FirstRaw">Raw number of the first event that the action caused.</param>
/// <param name="Step">Actions up to and with this one: a choice with this number happens next.</param>
public sealed record Moment(MachineView Before, MachineView After, long FirstRaw, long Step);
