using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Scenarios.Conformance;

/// <summary>
/// Drives the transition relation along a recording. Nothing here says what an interrupt does: of the actions that the relation has
/// enabled, the one is taken that brings the next event of the recording nearer. Devices act where the recording shows a request, a rise or a
/// message; tasks and timers go when the recording shows their effects. The clock stands still, so a counter never starts anew by itself.
/// </summary>
internal sealed class GuidedRun
{
    // Actions without a step forward before it is given up; a storm of 100,000 takes about 600,000 and is progress all the time.
    private const int Patience = 20_000;

    private const int StormTimes = 1_000;
    private const int MostForks = 4_096;
    private const int MostTurns = 4_096;

    private readonly CompiledMachine machine;
    private readonly Projection projection;
    private readonly Execution<ConcreteClock, ProjectionSink> x;
    private readonly bool complete;
    private readonly int boots;
    private readonly StormRounds rounds;
    private readonly List<Fork> forks = [];
    private readonly bool[] delivered;
    private int next;
    private int turns;

    /// <summary>The run along a recording; <paramref name="complete"/> if it goes to the end of the last of <paramref name="boots"/> boots.</summary>
    public GuidedRun(CompiledMachine machine, Projection projection, bool complete, int boots)
    {
        this.boots = boots;
        this.machine = machine;
        this.projection = projection;
        this.complete = complete;
        delivered = new bool[machine.Lines.Count];
        x = new Execution<ConcreteClock, ProjectionSink>(machine, InitialState.Of(machine), new ProjectionSink(projection));
        rounds = new StormRounds(machine);
        projection.BeforeMask = TakeSent;
    }

    /// <summary>Events explained by the try that came farthest.</summary>
    public (int Exact, int Bounded) Farthest { get; private set; }

    /// <summary>What the model did that the recording has: of the run that explains it, or else of the try that came farthest.</summary>
    public IReadOnlyList<ObservedMatch> Matches { get; private set; } = [];

    /// <summary>Guesses were left that nobody tried.</summary>
    public bool CutShort { get; private set; }

    /// <summary>Actions taken.</summary>
    public long Steps { get; private set; }

    /// <summary>The demand at which the model could go no further, or null.</summary>
    public ObservedEvent? Stuck { get; private set; }

    /// <summary>What the model was about to do then.</summary>
    public string WouldDo { get; private set; } = "";

    /// <summary>Runs along the whole recording. True if the model explains it.</summary>
    public bool Run(long mostSteps)
    {
        do
        {
            if (Forward(mostSteps))
            {
                Matches = MatchesNow();
                Stuck = null;
                WouldDo = "";
                return true;
            }
        }
        while (Steps < mostSteps && TurnBack());

        return false;
    }

    private bool Forward(long mostSteps)
    {
        while (NextDemand() is var i and >= 0)
        {
            ForgetSettled();
            if (!Pursue(i, mostSteps))
            {
                // What was wanted may lie before what was contradicted on the way to it.
                GiveUp(projection.Refused?.Instead is { } instead && instead.T < projection[i].Event.T ? instead : projection[i].Event);
                return false;
            }
        }

        return !complete || Finish(mostSteps);
    }

    // A line that is down, served and level with the recording has forgotten who raised it.
    private void ForgetSettled()
    {
        if (projection.Refused is null)
        {
            forks.RemoveAll(f => projection.IsLevel(f.Line) && View.Line(f.Line) is { Asserted: false, RemoteIrr: false });
        }
    }

    private List<ObservedMatch> MatchesNow()
    {
        var order = new Dictionary<int, (int Order, MachineEvent? Model)>();
        foreach (var meeting in projection.Meetings)
        {
            order.TryAdd(meeting.Demand, (order.Count, meeting.Model));
        }

        return [.. Enumerable.Range(0, projection.Count).Select(i =>
        {
            var observed = projection[i].Event;
            if (!order.TryGetValue(i, out var met))
            {
                return new ObservedMatch(observed, 0, -1, "", "");
            }

            var where = met.Model is { Origin: >= 0 and var origin } ? machine.Origins[origin].Where : "";
            return new ObservedMatch(observed, observed.Times - projection.Left(i), met.Order, met.Model is { } e ? Describe(e) : "", where);
        })];
    }

    // Of all that was tried, the try that came farthest says what is not explained.
    private void GiveUp(ObservedEvent? at)
    {
        var (exact, bounded) = projection.Explained;
        if (exact + bounded > Farthest.Exact + Farthest.Bounded || WouldDo.Length == 0)
        {
            Farthest = (exact, bounded);
            Matches = MatchesNow();
            Stuck = at;
            WouldDo = projection.Refused is { } refused ? Describe(refused.Model) : NextInstruction();
        }
    }

    // The last guess that has another answer: who raised a line.
    private bool TurnBack()
    {
        while (forks.Count > 0)
        {
            var fork = forks[^1];
            forks.RemoveAt(forks.Count - 1);
            if (fork.Others.Count == 0)
            {
                continue;
            }

            if (++turns > MostTurns)
            {
                CutShort = true;
                return false;
            }

            fork.State.CopyTo(x.State, 0);
            projection.Restore(fork.Left);
            rounds.Forget();
            helpedAt = -1;
            next = 0;
            var other = fork.Others.Dequeue();
            forks.Add(fork);
            Try(other);
            return true;
        }

        return false;
    }

    // Nothing may be left that the recording would show: the task goes on to the end of the last boot.
    private bool Finish(long mostSteps)
    {
        while (Steps < mostSteps && !IsOver && (Try(CpuAction()) || Try(TaskAction()) || Try(PauseAction(-1))))
        {
            if (projection.Refused is { } refused)
            {
                GiveUp(refused.Instead);
                return false;
            }
        }

        return true;
    }

    private bool IsOver => View is var view && (view.Phase is "firmware" or "off" || view.Boot >= boots);

    private int NextDemand()
    {
        while (next < projection.Count && (projection.Left(next) == 0 || projection[next].Event.Kind is ObservedKind.NobodyCared or ObservedKind.IrqDisabled))
        {
            next++;
        }

        if (next < projection.Count)
        {
            return next;
        }

        // What is bounded only must have come by itself by now.
        for (var i = 0; i < projection.Count; i++)
        {
            if (projection.Left(i) > 0)
            {
                return i;
            }
        }

        return -1;
    }

    private bool Pursue(int i, long mostSteps)
    {
        var demand = projection[i];
        var before = projection.Left(i);
        for (var tries = 0; projection.Left(i) == before; tries++)
        {
            if (projection.Refused is not null || tries > Patience || Steps > mostSteps || !Advance(i, demand, tries))
            {
                return false;
            }
        }

        return projection.Refused is null;
    }

    private bool Advance(int i, Demand demand, int tries) => demand.Event.Kind switch
    {
        ObservedKind.Line => demand.Event.Value == 1 ? Rise(demand.Index, tries) : Fall(demand.Index),
        ObservedKind.Delivered => Deliver(i, demand.Index, tries),
        ObservedKind.Message => Message(i, demand.Index),
        ObservedKind.Request => Request(i, demand.Index),
        ObservedKind.Eoi => Eoi(i, demand.Index),
        _ => Try(CpuAction()) || Try(TaskAction()) || Try(PauseAction(-1)) || Try(PollAction()),
    };

    private bool Rise(int line, int tries)
    {
        if (View.Line(line).Asserted)
        {
            // It can only rise again after it fell.
            return Fall(line);
        }

        return Raise(line, tries) || Try(CpuAction()) || Try(TaskAction()) || Try(PauseAction(-1));
    }

    private bool Fall(int line)
    {
        // More deliveries than rises are left in a fold: another device holds the line up when its EOI comes.
        if (Surplus(line) is < 0 && View.Line(line) is { Asserted: true, RemoteIrr: true } && Within(line, asserted: true) is { } holder)
        {
            return Try(holder);
        }

        var paused = PauseAction(-1) is not null;
        if (paused && !projection.IsOpen(line, ObservedKind.Delivered, 0))
        {
            return Try(TaskAction()) || Try(CpuAction());
        }

        if (Try(CpuAction()) || Try(PauseAction(line)))
        {
            return true;
        }

        // Of a line that was given up only the poller runs the handlers, ten times a second, whatever the task does meanwhile.
        if (View.Line(line).SpuriousDisabled && PollAction() is { } poll && TaskAction() is { } task && forks.Count < MostForks
            && machine.Lines[line].Functions.All(f => View.Function(f) is { PinAsserted: false } or { LineAction: true }))
        {
            forks.Add(new Fork(line, (ulong[])x.State.Clone(), projection.Save(), new Queue<MachineAction>([task])));
            return Try(poll);
        }

        return Try(TaskAction()) || Try(PollAction());
    }

    private bool Deliver(int i, int line, int tries)
    {
        // Each rise that is left needs one of the deliveries that are left.
        if (!View.Line(line).Asserted && projection.LeftOpen(line, ObservedKind.Line, 1) is > 0 and var rises && projection.Left(i) <= rises)
        {
            return Rise(line, tries);
        }

        if (Help(i, line) || Try(CpuAction()))
        {
            return true;
        }

        if (PauseAction(line) is { } resume)
        {
            // A write to any pin ends a pause as well: then the task came first.
            if (projection.Left(i) == 1 && projection[i].Event.Times > StormTimes && TaskAction() is { } task && forks.Count < MostForks)
            {
                forks.Add(new Fork(line, (ulong[])x.State.Clone(), projection.Save(), new Queue<MachineAction>([task])));
            }

            // A starved task goes on in the pauses, and its writes to other pins end them just as well.
            return (projection.Left(i) > 1 && NextWritesAnotherPin(line) && Try(TaskAction())) || Try(resume);
        }

        return !View.Line(line).Asserted && projection.IsOpen(line, ObservedKind.Line, 1) ? Rise(line, tries) : Wake(line) || Try(TaskAction());
    }

    /// <summary>
    /// A level that the IO-APIC has forgotten is seen when anybody else raises a pin of that line, which shows nowhere else: first one whose
    /// handler is on the line. Else it was something that the task did.
    /// </summary>
    private bool Wake(int line)
    {
        if (View.Line(line) is not { Asserted: true, Masked: false, RemoteIrr: false })
        {
            return false;
        }

        for (var i = StepsUntilOpen(line); i > 0 && Try(TaskAction()); i--)
        {
        }

        var able = machine.Lines[line].Functions.Select(f => (f, View: View.Function(f)))
            .Where(c => c.View is { IntxDisable: false, MsiEnable: false, MsixEnable: false, InterruptStatus: false })
            .OrderBy(c => !c.View.LineAction).Select(c => SourceOf(c.f)).OfType<MachineAction>().ToList();
        if (able.Count == 0 || forks.Count >= MostForks)
        {
            return false;
        }

        if (TaskAction() is { } task)
        {
            able.Add(task);
        }

        if (able.Count > 1)
        {
            forks.Add(new Fork(line, (ulong[])x.State.Clone(), projection.Save(), new Queue<MachineAction>(able.Skip(1))));
        }

        return Try(able[0]);
    }

    /// <summary>
    /// A storm that was not given up, or later than one in which nothing is handled, had its handled interrupts: a device whose handler is on
    /// the line raised some while the line was up, which shows nowhere else.
    /// </summary>
    private bool Help(int i, int line)
    {
        storm = -1;
        roundsToHelp = long.MaxValue;
        if (projection.Left(i) <= StormTimes || !View.Line(line).Asserted)
        {
            return false;
        }

        storm = i;
        var view = View.Line(line);
        var release = machine.Boots[View.Boot].Spec.Release;
        // Those that are not counted yet, the one that is sent included, beyond those after which it would be given up, were none of them handled.
        var (deliveries, givenUp) = projection.StormFrom(i);
        var left = deliveries + (view.RemoteIrr ? 1 : 0);
        var beyond = left - (release.SpuriousCutoff - view.IrqCount) - 1;
        var anotherRound = givenUp ? beyond >= release.SpuriousCutoff : beyond >= 0;
        if (anotherRound)
        {
            busy = i;
        }

        // A device is known to be busy only by a whole window that it hid.
        var due = anotherRound ? HandledEvery - 1 - (view.IrqCount % HandledEvery) : givenUp && beyond > 0 && view.Unhandled == 0 && busy == i ? 0 : int.MaxValue;
        if (due > 0 || deliveries == helpedAt)
        {
            roundsToHelp = Math.Max(0, due - 2);
            return false;
        }

        helpedAt = deliveries;
        if (machine.Lines[line].Functions.Where(f => View.Function(f) is { LineAction: true, InterruptStatus: false, IntxDisable: false }).Select(SourceOf).FirstOrDefault(a => a is not null) is { } fire)
        {
            return Try(fire);
        }

        // Nobody there to handle any: two unhandled ones were more than HZ/10 apart, on a CPU that was starved meanwhile.
        if (anotherRound && view.IrqCount > release.SpuriousCutoff / 2 && view.Unhandled > release.SpuriousCutoff / 2)
        {
            rounds.Forget();
            MachineClock.Advance(machine, x.State, 2 * PciDash.Engine.Kernel.Spurious.TenthOfSecondNs);
        }

        return false;
    }

    private const int HandledEvery = 800;
    private long helpedAt = -1;
    private int busy = -1;

    // The fold that is being met, or -1, and how many rounds of it may be taken at once before something has to be done.
    private int storm = -1;
    private long roundsToHelp;
    private long takenAtEoi;
    private long leftAtEoi;

    // Rounds of a storm that are all the same are taken at once.
    private void SkipRounds(int cpu)
    {
        var left = storm >= 0 ? projection.Left(storm) : 0;
        var alone = storm >= 0 && projection.Refused is null && projection.Taken == takenAtEoi + 1 && left == leftAtEoi - 1;
        var most = alone ? Math.Min(left - StormTimes, roundsToHelp) : 0;
        var skipped = rounds.AfterEoi(cpu, x.State, most);
        if (skipped > 0)
        {
            projection.TakeMore(storm, skipped);
            Steps++;
        }

        takenAtEoi = projection.Taken;
        leftAtEoi = storm >= 0 ? projection.Left(storm) : 0;
    }

    // A message is possible if the function may send one now: it is sent, and once is enough for a fold.
    private bool Message(int i, int f)
    {
        var view = View.Function(f);
        if ((view.MsiEnable || view.MsixEnable) && view.BusMaster && SourceOf(f) is { } fire)
        {
            projection.LastMessage = -1;
            Try(fire);
            if (projection.LastMessage == f)
            {
                projection.Meet(i);
                return true;
            }
        }

        return Try(CpuAction()) || Try(TaskAction()) || Try(PauseAction(-1));
    }

    private bool Eoi(int i, int line)
    {
        projection.LastEoi = -1;
        if (!projection.IsOfEarlierDelivery(i) && View.Line(line).RemoteIrr && Try(CpuAction()) && projection.LastEoi != line)
        {
            return true;
        }

        projection.Meet(i);
        return true;
    }

    // A request that shows nowhere is a hint only: it is carried out where it cannot contradict the recording.
    private bool Request(int i, int f)
    {
        var line = machine.Functions[f].Line;
        var view = View.Function(f);
        if (!view.MsiEnable && !view.MsixEnable && line >= 0 && SourceOf(f) is { } fire
            && (view.IntxDisable || View.Line(line).Asserted || projection.IsOpen(line, ObservedKind.Line, 1)))
        {
            if (!view.IntxDisable && !View.Line(line).Asserted && IsStartedLater(f) && IsHeard(line) && forks.Count < MostForks)
            {
                // It is served, so its driver is there by then, which it shows nowhere if others share the line.
                forks.Add(new Fork(line, (ulong[])x.State.Clone(), projection.Save(), new Queue<MachineAction>([fire])));
                GoOnUntilStarted(f);
                if (SourceOf(f) is { } own && !View.Line(line).Asserted)
                {
                    Try(own);
                }

                projection.Meet(i);
                return true;
            }

            if (!view.IntxDisable && !View.Line(line).Asserted && UnseenStep(line) is { } unseen && forks.Count < MostForks)
            {
                forks.Add(new Fork(line, (ulong[])x.State.Clone(), projection.Save(), new Queue<MachineAction>([unseen.ResetsPin ? fire : unseen.Action])));
                if (unseen.ResetsPin)
                {
                    return Try(unseen.Action);
                }
            }

            Try(fire);
        }

        projection.Meet(i);
        return true;
    }

    private const int LongProbe = 1_000;

    private void GoOnUntilStarted(int f)
    {
        for (var steps = 0; steps < LongProbe && projection.Refused is null && !(View.Function(f).LineAction && SourceOf(f) is not null); steps++)
        {
            if (!Try(CpuAction()) && !Try(TaskAction()))
            {
                break;
            }
        }
    }

    // The line's next rise is one that a handler ends.
    private bool IsHeard(int line) => projection.IsOpen(line, ObservedKind.Line, 0)
        && projection.Open(true, line).Any(e => e is { Kind: ObservedKind.Delivered, Times: <= StormTimes });

    // Its driver is not there yet, but the task gets to that.
    private bool IsStartedLater(int f)
    {
        if (View.Boot == 0 || View.Function(f).LineAction || TaskAction() is null)
        {
            return false;
        }

        for (var pc = View.TaskPc; pc < machine.Program.Count && machine.Program[pc].Op is not (Op.Jump or Op.PlatformReset or Op.End); pc++)
        {
            if (machine.Program[pc] is { Op: Op.Start } start && start.Function == f)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Who raised a line is not recorded, so it is a guess: in a storm first one whose handler is not on the line, else first one whose is. The
    /// others are tried if that leads nowhere.
    /// </summary>
    private bool Raise(int line, int tries)
    {
        ForgetSettled();
        var storm = projection.Open(true, line).Any(e => e.Kind == ObservedKind.Delivered && e.Times > StormTimes)
            && !projection.IsOpen(line, ObservedKind.Line, 0);
        var able = machine.Lines[line].Functions.Select(f => (f, View: View.Function(f)))
            .Where(c => !c.View.IntxDisable && !c.View.MsiEnable && !c.View.MsixEnable && !c.View.InterruptStatus)
            .OrderBy(c => c.View.LineAction == storm).Select(c => SourceOf(c.f)).OfType<MachineAction>().ToList();
        // One who shares the line is being opened, which shows nowhere: first that is done, and then it may be the one.
        if (StepsUntilOpen(line) is > 0 and var steps && forks.Count < MostForks)
        {
            forks.Add(new Fork(line, (ulong[])x.State.Clone(), projection.Save(), new Queue<MachineAction>(able)));
            for (var i = 0; i < steps && Try(TaskAction()); i++)
            {
            }

            return true;
        }

        if (able.Count == 0)
        {
            return false;
        }

        // Rises and deliveries of a fold only differ where two devices share the line: then the second one's driver is there.
        if (Surplus(line) is not (null or 0) && !View.Line(line).RemoteIrr && forks.Count < MostForks
            && machine.Lines[line].Functions.Count(f => View.Function(f).LineAction && SourceOf(f) is not null) < 2
            && machine.Lines[line].Functions.Where(IsStartedLater).Cast<int?>().FirstOrDefault() is { } second)
        {
            forks.Add(new Fork(line, (ulong[])x.State.Clone(), projection.Save(), new Queue<MachineAction>(able)));
            GoOnUntilStarted(second);
            return true;
        }

        // More rises than deliveries are left in a fold: some were served by the handlers that were running already. As many: none is, now.
        if (Surplus(line) is { } surplus && View.Line(line).RemoteIrr && CpuAction() is { } serving)
        {
            return Try(surplus > 0 ? Within(line, asserted: false) ?? serving : serving);
        }

        // Where the EOIs are recorded they say whether the CPU was still in the handlers; elsewhere that is a guess as well.
        if (CpuAction() is { } cpu)
        {
            var known = projection.ShowsEoi(line) || projection.FallsUnheard(line);
            able.Insert(known || tries >= 64 ? able.Count : 0, cpu);
            if (tries < 64 && !known && !View.Line(line).RemoteIrr)
            {
                return Try(cpu);
            }
        }

        // A line that nobody hears rises later, once the driver that is being loaded has its device going.
        if (!storm && able.Count > 0 && View.Boot > 0 && machine.Lines[line].Functions.All(f => !View.Function(f).LineAction || SourceOf(f) is null) && TaskAction() is { } task)
        {
            able.Insert(0, task);
        }

        // What the task does meanwhile may show nowhere: that interrupts are off, that a masked pin's entry is reset.
        if (UnseenStep(line) is { } unseen)
        {
            able.Insert(unseen.ResetsPin ? 0 : able.Count, unseen.Action);
        }

        if (able.Count > 1 && forks.Count < MostForks)
        {
            forks.Add(new Fork(line, (ulong[])x.State.Clone(), projection.Save(), new Queue<MachineAction>(able.Skip(1))));
        }

        return Try(able[0]);
    }

    // By how many the rises of a fold that is being met outnumber its deliveries; null without one.
    private long? Surplus(int line) =>
        projection.Open(true, line).Any(e => e is { Kind: ObservedKind.Delivered, Times: > 1 and <= StormTimes })
        && projection.Open(true, line).Any(e => e is { Kind: ObservedKind.Line, Value: 1, Times: > 1 })
            ? projection.LeftOpen(line, ObservedKind.Line, 1) - projection.LeftOpen(line, ObservedKind.Delivered, 0) : null;

    // Who may raise the line now so that it is served, or still up, when the EOI of this delivery comes.
    private MachineAction? Within(int line, bool asserted)
    {
        var (state, saved) = ((ulong[])x.State.Clone(), projection.Save());
        MachineAction? found = null;
        foreach (var source in machine.Lines[line].Functions.Where(f => View.Function(f) is { LineAction: true, IntxDisable: false, InterruptStatus: false })
            .Select(SourceOf).OfType<MachineAction>().ToList())
        {
            Try(source);
            var ended = false;
            for (var i = 0; i < MostHandlers && !ended && projection.Refused is null; i++)
            {
                projection.LastEoi = -1;
                if (!Try(CpuAction()))
                {
                    break;
                }

                ended = projection.LastEoi == line;
            }

            var fits = ended && projection.Refused is null && View.Line(line).Asserted == asserted;
            state.CopyTo(x.State, 0);
            projection.Restore(saved);
            rounds.Forget();
            if (fits)
            {
                found = source;
                break;
            }
        }

        return found;
    }

    private const int MostHandlers = 64;

    // Steps of the task up to the start of a device on the line, if nothing before it shows; else 0.
    private int StepsUntilOpen(int line)
    {
        if (TaskAction() is null)
        {
            return 0;
        }

        for (var pc = View.TaskPc; pc < machine.Program.Count; pc++)
        {
            var i = machine.Program[pc];
            switch (i.Op)
            {
                case Op.Start when machine.Functions[i.Function].Line == line:
                    return pc - View.TaskPc + 1;
                case Op.RequestLine when machine.Functions[i.Function].Line is >= 0 and var own && View.Line(own).Masked:
                    return 0;
                case Op.Phase or Op.Delay or Op.Sleep or Op.Stimulus or Op.RequestLine or Op.RequestVectors or Op.Start:
                    continue;
                default:
                    return 0;
            }
        }

        return 0;
    }

    private bool NextWritesAnotherPin(int line)
    {
        for (var pc = View.TaskPc; pc < machine.Program.Count; pc++)
        {
            switch (machine.Program[pc])
            {
                case { Op: Op.Phase or Op.Delay or Op.ShutdownExit }:
                    continue;
                case { Op: Op.MaskPin or Op.ClearPin, A: var other }:
                    return other != line && View.Line(other).Masked;
                case var i:
                    return i.Op == Op.WriteOtherPin;
            }
        }

        return false;
    }

    private (MachineAction Action, bool ResetsPin)? UnseenStep(int line)
    {
        // A task that waits for its CPU gets there once that is done.
        if ((TaskAction() ?? CpuAction()) is not { } step)
        {
            return null;
        }

        var from = View.TaskPc;
        for (var pc = from; pc < machine.Program.Count && pc < from + LookAhead; pc++)
        {
            var i = machine.Program[pc];
            switch (i.Op)
            {
                case Op.LocalIrqDisable:
                    return (step, false);
                case Op.ClearPin when i.A == line && View.Line(line).Masked:
                    return (step, true);
                case Op.Phase or Op.Delay:
                    continue;
                default:
                    return null;
            }
        }

        return null;
    }

    private const int LookAhead = 4;

    private sealed record Fork(int Line, ulong[] State, Standing Left, Queue<MachineAction> Others);

    private MachineAction? SourceOf(int f)
    {
        var function = machine.Functions[f];
        for (var i = 0; i < function.Sources.Count - 1; i++)
        {
            if (Enabled(machine.SourceActor + function.FirstSource + i) is { } action)
            {
                return action;
            }
        }

        return null;
    }

    private MachineAction? CpuAction()
    {
        for (var cpu = 0; cpu < machine.CpuCount; cpu++)
        {
            if (Enabled(cpu) is { } action)
            {
                return action;
            }
        }

        return Enabled(machine.PollerActor) is { Verb: not Verb.Poll } polling ? polling : null;
    }

    private MachineAction? TaskAction()
    {
        for (var cpu = 0; cpu < machine.CpuCount; cpu++)
        {
            if (Enabled(machine.TaskActor + cpu) is { } action)
            {
                return action;
            }
        }

        return null;
    }

    private MachineAction? PollAction() => Enabled(machine.PollerActor) is { Verb: Verb.Poll } poll ? poll : null;

    private MachineAction? PauseAction(int line)
    {
        for (var l = 0; l < machine.Lines.Count; l++)
        {
            if ((line < 0 || l == line) && Enabled(machine.PauseActor + l) is { } action)
            {
                return action;
            }
        }

        return null;
    }

    private MachineAction? Enabled(int actor)
    {
        Span<MachineAction> choices = stackalloc MachineAction[Execution<ConcreteClock, ProjectionSink>.MaxChoices];
        return x.EnabledFor(actor, choices) > 0 ? choices[0] : null;
    }

    private bool Try(MachineAction? action)
    {
        if (action is not { } now)
        {
            return false;
        }

        var lines = machine.Lines.Count;
        for (var line = 0; line < lines; line++)
        {
            delivered[line] = View.Line(line).RemoteIrr && !(now.Verb == Verb.Eoi && now.Operand == line && now.Actor < machine.CpuCount);
        }

        var others = OtherHolders(now);
        rounds.Saw(now.Actor);
        x.Apply(now);
        Steps++;

        // What a recording calls delivered is what the IO-APIC sends, whenever the CPU takes it.
        for (var line = 0; line < lines; line++)
        {
            TakeSent(line);
        }

        if (others is not null && projection.Refused is { Model.Kind: EventKind.Line })
        {
            forks.Add(others);
        }

        if (now.Verb is Verb.Eoi && now.Actor < machine.CpuCount)
        {
            SkipRounds(now.Actor);
        }

        return true;
    }

    private void TakeSent(int line)
    {
        if (!delivered[line] && View.Line(line).RemoteIrr)
        {
            delivered[line] = true;
            projection.TakeDelivery(line);
        }
    }

    // The task is about to lower a pin whose line has to stay up: then somebody else holds it too, since whenever, which shows nowhere.
    private Fork? OtherHolders(MachineAction now)
    {
        if (now.Actor < machine.TaskActor || now.Actor >= machine.TaskActor + machine.CpuCount || projection.Refused is not null
            || View.NextInstruction is not { Op: Op.IntxDisable or Op.ToggleIntxDisable or Op.MsiEnable or Op.MsixEnable or Op.DeviceReset or Op.Quiesce, Function: >= 0 and var f })
        {
            return null;
        }

        var line = machine.Functions[f].Line;
        if (line < 0 || !View.Function(f).PinAsserted || forks.Count >= MostForks || projection.IsOpen(line, ObservedKind.Line, 0))
        {
            return null;
        }

        var others = machine.Lines[line].Functions.Where(o => o != f && View.Function(o) is { IntxDisable: false, MsiEnable: false, MsixEnable: false, InterruptStatus: false })
            .Select(SourceOf).OfType<MachineAction>().ToList();
        return others.Count == 0 ? null : new Fork(line, (ulong[])x.State.Clone(), projection.Save(), new Queue<MachineAction>(others));
    }

    private MachineView View => new(machine, x.State);

    private string Describe(in MachineEvent e)
    {
        var words = new WordSink(new System.Text.StringBuilder());
        new EventFields(machine).Write(e, View.Boot, ref words);
        return $"{EventFields.Kind(e.Kind)}{words.Line}";
    }

    private string NextInstruction()
    {
        var i = View.NextInstruction;
        var what = i.Origin >= 0 ? machine.Origins[i.Origin].Where : i.Op.ToString();
        return $"task at {i.Op} ({what}{(i.Function >= 0 ? ", " + machine.Functions[i.Function].Bdf : "")}), phase {View.Phase}";
    }
}
