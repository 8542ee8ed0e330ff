using System.Runtime.CompilerServices;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Simulation;

/// <summary>At this step this enabled action happens now; its own queue entry is consumed, all others keep their times.</summary>
/// <param name="Step">Number of actions before it, accelerated ones counted in full.</param>
/// <param name="Action">The action.</param>
public readonly record struct Choice(long Step, MachineAction Action);

/// <summary>Why a run stopped.</summary>
public enum RunEnd
{
    /// <summary>It has not.</summary>
    Running,

    /// <summary>Its program is over.</summary>
    Complete,

    /// <summary>The time limit came first.</summary>
    TimeLimit,

    /// <summary>The limit of events came first.</summary>
    EventLimit,

    /// <summary>Nothing can happen any more.</summary>
    Stuck,
}

/// <summary>How far a run may go.</summary>
/// <param name="TimeNs">Simulated time, ns.</param>
/// <param name="Steps">Single steps, accelerated ones not counted.</param>
/// <param name="Events">Recorded events, folded ones once.</param>
public readonly record struct RunLimits(long TimeNs, long Steps, long Events = 5_000_000)
{
    /// <summary>300 s, 20,000,000 single steps, 5,000,000 events.</summary>
    public static readonly RunLimits Default = new(300_000_000_000, 20_000_000);
}

/// <summary>
/// Picks the next action by time. Deterministic: same machine, seed and choices give the same run on any computer. Its queue is only a
/// cache of due times, which lie in the clock part of the state.
/// </summary>
/// <typeparam name="TSink">Where events go.</typeparam>
public sealed class Simulator<TSink>
    where TSink : struct, IEventSink
{
    private readonly CompiledMachine m;
    private readonly Execution<ConcreteClock, TSink> x;
    private readonly DueTimes due;
    private readonly ulong seed;
    private readonly TimingProfile timing;
    private readonly bool accelerate;

    // What the actor that is looked at can do; one array for all of them.
    private readonly MachineAction[] choices = new MachineAction[Execution<ConcreteClock, TSink>.MaxChoices];

    private readonly StormWatch storm;

    /// <summary>Starts from a state (used in place).</summary>
    public Simulator(CompiledMachine machine, ulong seed, ulong[] state, TSink sink, bool accelerate = true)
    {
        ArgumentNullException.ThrowIfNull(machine);
        m = machine;
        x = new Execution<ConcreteClock, TSink>(machine, state, sink);
        due = new DueTimes(machine.ActorCount);
        this.seed = seed;
        this.accelerate = accelerate;
        timing = machine.Scenario.Timing;
        storm = new StormWatch(machine);
        Load();
    }

    /// <summary>The transition relation that is driven.</summary>
    public Execution<ConcreteClock, TSink> Execution => x;

    /// <summary>Actions so far, accelerated ones counted in full.</summary>
    public long Steps { get; private set; }

    /// <summary>Actions carried out one by one.</summary>
    public long SingleSteps { get; private set; }

    /// <summary>Simulated time, ns.</summary>
    public long NowNs => (long)x.State[m.NowWord];

    /// <summary>A recording that gets the folds and the time, if the sink writes to one.</summary>
    public Recording? Recording { get; init; }

    /// <summary>Raw number of the next event; the caller's sink knows it.</summary>
    public required Func<long> NextRaw { get; init; }

    /// <summary>Tells the caller's sink that rounds were skipped: so many raw events.</summary>
    public Action<long>? Skipped { get; init; }

    /// <summary>Takes up a state that was put in place: the queue is filled from its clock part.</summary>
    public void Load(long steps = 0)
    {
        Steps = steps;
        storm.Forget();
        for (var actor = 0; actor < m.ActorCount; actor++)
        {
            due[actor] = (long)x.State[m.DueWord + actor];
        }

        for (var actor = 0; actor < m.ActorCount; actor++)
        {
            Refresh(actor);
        }
    }

    /// <summary>What time would bring next; null if nothing can happen.</summary>
    public MachineAction? Peek()
    {
        var actor = due.First;
        if (due[actor] == DueTimes.Never)
        {
            return null;
        }

        return x.EnabledFor(actor, choices) > 0 ? choices[0] : null;
    }

    /// <summary>When it would happen, ns.</summary>
    public long PeekNs => due[due.First];

    /// <summary>Carries out what is due next. False if nothing can happen any more.</summary>
    public bool Step(long untilNs = DueTimes.Never)
    {
        var actor = due.First;
        var at = due[actor];
        if (at == DueTimes.Never || at > untilNs)
        {
            return false;
        }

        SetNow(at);
        var n = x.EnabledFor(actor, choices);
        System.Diagnostics.Debug.Assert(n > 0, "an actor is due that cannot act");
        CarryOut(choices[0]);
        return true;
    }

    /// <summary>Carries out a choice now. False if it is not enabled, or waits for a deadline that has not come.</summary>
    public bool Step(in MachineAction choice)
    {
        if (!CanHappenNow(choice))
        {
            return false;
        }

        CarryOut(choice);
        return true;
    }

    /// <summary>True if the action is enabled, and if it is a deadline, due.</summary>
    public bool CanHappenNow(in MachineAction choice) =>
        x.IsEnabled(choice) && (choice.Verb is not (Verb.Poll or Verb.Resume or Verb.TimeOut) || due[choice.Actor] <= NowNs);

    private void SetNow(long now)
    {
        x.State[m.NowWord] = (ulong)now;
        if (Recording is { } recording)
        {
            recording.NowNs = now;
        }
    }

    private void CarryOut(MachineAction action)
    {
        due.Suspend(action.Actor);
        x.State[m.DueWord + action.Actor] = DueTimes.Never;
        if (HeldWord(action.Actor) is var held and >= 0)
        {
            x.State[held] = ulong.MaxValue;
        }

        storm.Saw(action.Actor);
        x.ClearDirty();
        x.Apply(action);
        Steps++;
        SingleSteps++;
        if (x.EverythingDirty)
        {
            for (var actor = 0; actor < m.ActorCount; actor++)
            {
                Refresh(actor);
            }
        }
        else
        {
            foreach (var actor in x.Dirty)
            {
                Refresh(actor);
            }
        }

        due.Resume(action.Actor);
        if (action.Verb == Verb.Eoi)
        {
            AfterEoi(action.Actor);
        }
        else if (action.Verb == Verb.EoiPause)
        {
            Recording?.Join();
        }

        if (Verify)
        {
            CheckQueue();
        }
    }

    /// <summary>Compares the queue with the relation after each step, as tests do.</summary>
    public bool Verify { get; init; }

    private void CheckQueue()
    {
        for (var actor = 0; actor < m.ActorCount; actor++)
        {
            if (x.EnabledFor(actor, choices) > 0 != (due[actor] != DueTimes.Never))
            {
                throw new InvalidOperationException($"the queue and the relation disagree on actor {actor} at step {Steps}");
            }
        }
    }

    private int HeldWord(int actor) => m.HeldPlace[actor];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetDue(int actor, long at)
    {
        due[actor] = at;
        x.State[m.DueWord + actor] = (ulong)at;
    }

    /// <summary>Brings an actor's due time in line with what it can do.</summary>
    private void Refresh(int actor)
    {
        var n = x.EnabledFor(actor, choices);
        var at = due[actor];
        var held = HeldWord(actor);
        if (actor == m.PollerActor && x.State[m.PollerWord] == 0)
        {
            // Not armed: a deadline of an earlier boot means nothing.
            x.State[held] = ulong.MaxValue;
        }

        var now = NowNs;
        if (n > 0 && actor >= m.TaskActor && actor < m.PollerActor && choices[0].Verb == Verb.Step && m.Code[choices[0].Operand].Op == Op.Await)
        {
            // What it waited for has come: the rest of its timeout means nothing any more.
            x.State[held] = ulong.MaxValue;
            SetDue(actor, Math.Min(at, now));
            return;
        }

        if (n == 0 == (at == DueTimes.Never))
        {
            return;
        }

        if (n == 0)
        {
            // A task's work waits while its CPU is busy; a deadline does not.
            if (held >= 0)
            {
                x.State[held] = (ulong)(IsDeadline(actor) ? at : at - now);
            }

            SetDue(actor, DueTimes.Never);
            return;
        }

        if (held >= 0 && x.State[held] != ulong.MaxValue)
        {
            var kept = (long)x.State[held];
            x.State[held] = ulong.MaxValue;
            SetDue(actor, IsDeadline(actor) ? Math.Max(now, kept) : now + kept);
            return;
        }

        SetDue(actor, now + Delay(choices[0]));
    }

    // The poller's timer, the one that ends a task's sleep, and those of kernel threads.
    private bool IsDeadline(int actor) =>
        actor == m.PollerActor || (actor >= m.SourceActor && actor < m.ThreadActor) || (actor < m.PollerActor && actor >= m.TaskActor && x.State[m.TaskWord + actor - m.TaskActor] is var word
            && (word & TaskBits.Pc) != TaskBits.NoTask && m.Code[word & TaskBits.Pc].Op == Op.Sleep);

    private long Delay(in MachineAction action) => action.Verb switch
    {
        Verb.Step => m.Code[action.Operand].CostNs,
        Verb.TimeOut => AwaitTimeoutNs,
        Verb.Take => timing.TakeNs,
        Verb.EnterHandler => 0,
        Verb.ExitHandler => timing.HandlerNs + (x.HandlersTriedAtExit(action.Actor) * timing.HandlerNs),
        Verb.Trip when action.Actor >= m.ThreadActor || action.Operand >= m.L.Length => timing.HandlerNs + (x.HandlersTriedBy(action.Operand) * timing.HandlerNs),
        Verb.Note or Verb.Trip => timing.NoteNs + (x.HandlersTriedBy(action.Operand) * timing.HandlerNs),
        Verb.Eoi or Verb.EoiPause => timing.EoiNs,
        Verb.Resume => m.Scenario.Platform.PauseNs,
        Verb.Poll => Spurious.TenthOfSecondNs,
        Verb.RunThread => timing.HandlerNs + (x.HandlersTriedByThread(action.Actor) * timing.HandlerNs),
        _ => Interval(action),
    };

    private const long AwaitTimeoutNs = 30_000_000_000;

    private long Interval(in MachineAction fire)
    {
        var source = fire.Actor - m.SourceActor;
        var f = m.F[m.Source[source].Function];
        var spec = f.Source[fire.Operand];
        if (m.DrawWord[source] < 0)
        {
            return spec.EveryNs;
        }

        ref var counts = ref x.State[m.DrawWord[source]];
        var n = counts++ & CompiledMachine.Draws;
        if (n == 0 && spec.FirstNs is { } first)
        {
            return Math.Max(0, first - NowNs);
        }

        if (spec.JitterPercent == 0)
        {
            return spec.EveryNs;
        }

        var spread = spec.EveryNs / 100 * spec.JitterPercent;
        var stream = ((ulong)f.Bdf.RequesterId << 8) | (uint)fire.Operand;
        return spec.EveryNs - spread + Chance.Below(seed, stream, n, (2 * spread) + 1);
    }

    private void AfterEoi(int cpu)
    {
        Recording?.Join();
        if (!accelerate)
        {
            return;
        }

        if (due[cpu] == DueTimes.Never)
        {
            // No interrupt follows at once, so the next one is another actor's doing: no storm.
            storm.Forget();
            return;
        }

        var raw = NextRaw();
        if (storm.AfterEoi(cpu, x.State, raw, Steps) is { } round && RoundsAtOnce(cpu, round, raw) is >= 2 and var rounds)
        {
            storm.Repeat(x.State, rounds);
            due[cpu] = (long)x.State[m.DueWord + cpu];
            Steps += round.Steps * rounds;
            SetNow(NowNs);
            Recording?.Repeat(round.Events, rounds, round.PeriodNs);
            Skipped?.Invoke(round.Events * rounds);
            raw = NextRaw();
        }

        storm.Remember(x.State, raw, Steps);
    }

    /// <summary>How many rounds may be taken at once: up to the next deadline, threshold, choice, or event that was asked for.</summary>
    private long RoundsAtOnce(int cpu, in StormRound round, long raw)
    {
        if (round.PeriodNs == 0)
        {
            return 0;
        }

        var others = Math.Min(due.EarliestBut(cpu), horizonNs);
        var rounds = others == DueTimes.Never ? long.MaxValue : ((others - 1 - NowNs) / round.PeriodNs) - 1;
        rounds = Math.Min(rounds, storm.RoundsToThreshold(x.State));
        if (rawHorizon < long.MaxValue && round.Events > 0)
        {
            rounds = Math.Min(rounds, ((rawHorizon - raw) / round.Events) - 1);
        }

        if (stepHorizon < long.MaxValue)
        {
            rounds = Math.Min(rounds, ((stepHorizon - Steps) / round.Steps) - 1);
        }

        // Without any end in sight there is nothing to go up to.
        return rounds == long.MaxValue ? 0 : Math.Min(rounds, (MostRaw - raw) / Math.Max(1, round.Events));
    }

    // The number of an event that is a cause takes half a word. What is beyond this is left to events that are stepped singly.
    private const long MostRaw = 4_000_000_000;

    private long horizonNs = DueTimes.Never;
    private long rawHorizon = long.MaxValue;
    private long stepHorizon = long.MaxValue;

    /// <summary>Runs with the choices until a raw event exists, the limits are reached or the run is over.</summary>
    public RunEnd Run(IReadOnlyList<Choice> choices, in RunLimits limits, long untilRaw = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(choices);
        horizonNs = limits.TimeNs;
        rawHorizon = untilRaw;
        var next = 0;
        while (next < choices.Count && choices[next].Step < Steps)
        {
            next++;
        }

        while (untilRaw == long.MaxValue || NextRaw() <= untilRaw)
        {
            if (SingleSteps >= limits.Steps)
            {
                return RunEnd.EventLimit;
            }

            stepHorizon = next < choices.Count ? choices[next].Step : long.MaxValue;
            if (next < choices.Count && choices[next].Step == Steps)
            {
                if (!Step(choices[next++].Action))
                {
                    RefusedChoice ??= choices[next - 1];
                }
                else
                {
                    continue;
                }
            }

            if (!Step(limits.TimeNs))
            {
                return (x.State[CompiledMachine.GlobalWord] & CompiledMachine.Ended) != 0 ? RunEnd.Complete
                    : due[due.First] == DueTimes.Never ? RunEnd.Stuck
                    : RunEnd.TimeLimit;
            }
        }

        return RunEnd.Running;
    }

    /// <summary>The first choice that was not enabled when its step came, or null.</summary>
    public Choice? RefusedChoice { get; private set; }
}
