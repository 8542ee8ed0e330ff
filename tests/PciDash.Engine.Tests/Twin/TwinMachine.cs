using PciDash.Engine.Devices;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Tests.Twin;

/// <summary>
/// The machine of domain.md once more, as plain objects: slow, obvious, and written from that page and from what the kernel does. It takes
/// from the compiled machine only what is a matter of numbering or of the scenario: the program, the wiring, and which vector was given to
/// whom. Its subjects lie in files of their own: devices and messages, the IO-APIC, interrupts, threads, and the task.
/// </summary>
internal sealed partial class TwinMachine
{
    private readonly CompiledMachine compiled;

    // Functions whose handlers have a thread in some boot: one actor each.
    private readonly List<TwinFunction> threads;

    public TwinMachine(CompiledMachine compiled)
    {
        this.compiled = compiled;
        foreach (var f in compiled.Functions)
        {
            Functions.Add(new TwinFunction(f, compiled.Lines.Count));
        }

        foreach (var f in compiled.Functions.Where(f => f.Parent >= 0))
        {
            Functions[f.Index].Bridge = Functions[f.Parent];
        }

        foreach (var line in compiled.Lines)
        {
            var twin = new TwinLine { Descriptor = line.Index };
            Lines.Add(twin);
            foreach (var f in line.Functions)
            {
                twin.Wires.Add(Functions[f]);
                Functions[f].Line = twin;
            }
        }

        foreach (var alias in compiled.Scenario.BootInterrupts)
        {
            if (LineOf(alias.From.Value) is { } from && LineOf(alias.To.Value) is { } to)
            {
                from.RaisedAs = to;
                to.RaisedFor.Add(from);
            }
        }

        threads = [.. Functions.Where(f => compiled.Boots.Any(b => b.Drivers[f.Index] is { } d
            && (b.Spec.ThreadIrqs || d.IntxHandler.Thread != HandlerThread.None || d.VectorHandler.Thread != HandlerThread.None)))];
        for (var cpu = 0; cpu < compiled.CpuCount; cpu++)
        {
            Cpus.Add(new TwinCpu(cpu) { Stopped = cpu >= compiled.Boots[0].Spec.Cpus });
        }

        while (Pc != compiled.StartPc)
        {
            StepTask();
        }

        foreach (var line in Lines)
        {
            if (compiled.Boots[0].Spec.HandledBefore.TryGetValue(compiled.Lines[line.Index].Gsi, out var handled))
            {
                for (var i = 0; i < handled; i++)
                {
                    Count(line, IrqReturn.Handled, helped: false, pretend: false);
                }

                line.Interrupts = handled;
            }
        }
    }

    public List<TwinFunction> Functions { get; } = [];

    public List<TwinLine> Lines { get; } = [];

    public List<TwinCpu> Cpus { get; } = [];

    public int Pc { get; private set; }

    public int Boot { get; private set; }

    public bool Over { get; private set; }

    public long Now { get; set; }

    /// <summary>What leaves no trace in the state: what became of messages and transfers, and what drivers found, since the last action.</summary>
    public List<MachineEvent> Said { get; } = [];

    private bool pollerArmed;
    private TwinContext? poller;

    private MachineBoot Tables => compiled.Boots[Boot];

    private BootSpec Kernel => Tables.Spec;

    private bool Qemu => compiled.Scenario.Platform.ForgetsRiseWhileUnprogrammed;

    private int PollerActor => 2 * compiled.CpuCount;

    private int PauseActor => PollerActor + 1;

    private int SourceActor => PauseActor + Lines.Count;

    private int ThreadActor => SourceActor + Functions.Sum(f => f.Sources.Count);

    private TwinLine? LineOf(int gsi) => Lines.FirstOrDefault(l => compiled.Lines[l.Index].Gsi.Value == gsi);

    private void Say(EventKind kind, int subject, int a = 0, int b = 0, int c = 0, int d = 0) => Said.Add(new MachineEvent(kind, subject, a, b, c, d, -1));

    /// <summary>Actor and verb of everything that may happen now.</summary>
    public List<(int Actor, Verb Verb)> Choices()
    {
        var choices = new List<(int, Verb)>();
        if (Over)
        {
            return choices;
        }

        foreach (var cpu in Cpus)
        {
            if (cpu.Interrupt is { } context)
            {
                choices.Add((cpu.Number, context.At switch
                {
                    TwinStage.BeforeHandler => Verb.EnterHandler,
                    TwinStage.InHandler => context.Line is null && WouldTrip(Returned(context)) ? Verb.Trip : Verb.ExitHandler,
                    TwinStage.BeforeNote => WouldTrip(context) ? Verb.Trip : Verb.Note,
                    _ => WouldPause(context.Line!) ? Verb.EoiPause : Verb.Eoi,
                }));
            }
            else if (cpu.TakesInterrupts && cpu.Requests.Count > 0)
            {
                choices.Add((cpu.Number, Verb.Take));
            }
        }

        var first = Cpus[0];
        var busy = first.Interrupt is not null || (first.TakesInterrupts && first.Requests.Count > 0);
        if (!busy && !first.Stopped && poller is null && !MustWait(compiled.Program[Pc]))
        {
            var next = compiled.Program[Pc];
            choices.Add((compiled.CpuCount, next.Op == Op.Await && Functions[next.Function].Awaiting ? Verb.TimeOut : Verb.Step));
        }

        // A timer: it needs its CPU with interrupts on and no interrupt running there; one that is only pending does not keep it away.
        if (first.Interrupt is null && first.TakesInterrupts)
        {
            if (poller is not null)
            {
                choices.Add((PollerActor, poller.At == TwinStage.BeforeHandler ? Verb.EnterHandler : Verb.ExitHandler));
            }
            else if (pollerArmed)
            {
                choices.Add((PollerActor, Verb.Poll));
            }
        }

        foreach (var line in Lines.Where(l => l.Paused))
        {
            choices.Add((PauseActor + line.Index, Verb.Resume));
        }

        foreach (var f in Functions)
        {
            for (var i = 0; i < f.Sources.Count; i++)
            {
                if (f.IsOf(i, EventSource.KernelThread) ? MayUse(f) && f.HasAnother(i)
                    : f.IsOf(i, EventSource.GuestEoi) ? f.MaskedForGuest && f.HasAnother(i)
                    : f.MayFire(i))
                {
                    choices.Add((SourceActor + f.FirstSource + i, Verb.Fire));
                }
            }
        }

        for (var i = 0; i < threads.Count; i++)
        {
            if (MayRunThread(threads[i]))
            {
                choices.Add((ThreadActor + i, ThreadTrips(threads[i]) ? Verb.Trip : Verb.RunThread));
            }
        }

        return choices;
    }

    /// <summary>Carries out what the engine carried out.</summary>
    public void Do(in MachineAction action)
    {
        Said.Clear();
        var actor = action.Actor;
        switch (action.Verb)
        {
            case Verb.Step:
                StepTask();
                break;
            case Verb.TimeOut:
                Functions[compiled.Program[Pc].Function].Awaiting = false;
                Advance();
                break;
            case Verb.Take:
                Take(Cpus[actor]);
                break;
            case Verb.EnterHandler:
                var entered = ContextOf(actor);
                entered.Returned = Call(entered.Action!, entered.Entry);
                entered.At = TwinStage.InHandler;
                break;
            case Verb.ExitHandler:
                Exit(actor, ContextOf(actor));
                break;
            case Verb.Trip when actor >= ThreadActor:
                RunThread(threads[actor - ThreadActor]);
                break;
            case Verb.Trip when Cpus[actor].Interrupt is { Line: null } edge:
                Exit(actor, edge);
                break;
            case Verb.Note or Verb.Trip:
                Note(Cpus[actor].Interrupt!);
                break;
            case Verb.Eoi or Verb.EoiPause:
                var line = Cpus[actor].Interrupt!.Line!;
                var pause = WouldPause(line);
                Cpus[actor].Interrupt = null;
                EndOfInterrupt(line, pause);
                break;
            case Verb.Resume:
                Lines[actor - PauseActor].Paused = false;
                LookAtAllPins();
                break;
            case Verb.Poll:
                PollFrom(0);
                break;
            case Verb.RunThread:
                RunThread(threads[actor - ThreadActor]);
                break;
            default:
                Fire(Functions.Last(f => f.FirstSource <= actor - SourceActor && f.Sources.Count > 0), action.Operand);
                break;
        }
    }

    private TwinContext ContextOf(int actor) => actor == PollerActor ? poller! : Cpus[actor].Interrupt!;
}
