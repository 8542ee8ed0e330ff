using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

/// <summary>
/// The transition relation: <see cref="Enabled"/> and <see cref="Apply"/> over a packed state, a clock and a sink. All semantics of the
/// model are in this class; its parts lie with their subjects: <c>Hardware/ConfigSpace.cs</c>, <c>Hardware/Intx.cs</c>,
/// <c>Hardware/IoApic.cs</c>, <c>Hardware/LocalApic.cs</c>, <c>Hardware/Msi.cs</c>, <c>Hardware/Resets.cs</c>, <c>Devices/DeviceEvents.cs</c>,
/// <c>Devices/Transfers.cs</c>, <c>Kernel/FlowHandlers.cs</c>, <c>Kernel/IrqFixup.cs</c>, <c>Kernel/IrqThreads.cs</c>, <c>Kernel/Poller.cs</c>,
/// <c>Kernel/RequestIrq.cs</c>, <c>Kernel/Tasks.cs</c>. Changes state in place and says which actors to look at again.
/// </summary>
/// <typeparam name="TClock">Concrete or untimed.</typeparam>
/// <typeparam name="TSink">Where events go.</typeparam>
public sealed partial class Execution<TClock, TSink>
    where TClock : struct, IClock
    where TSink : struct, IEventSink
{
    /// <summary>Most actions one actor can choose from.</summary>
    public const int MaxChoices = 2;

    private readonly CompiledMachine m;
    private ulong[] s;
    private TSink sink;

    /// <summary>Binds the relation to a machine, a state (changed in place) and a sink.</summary>
    public Execution(CompiledMachine machine, ulong[] state, TSink sink)
    {
        ArgumentNullException.ThrowIfNull(machine);
        m = machine;
        s = state;
        this.sink = sink;
        looksAtEveryPin = machine.Scenario.Platform.ForgetsRiseWhileUnprogrammed;
        dirty = new int[machine.ActorCount];
        isDirty = new bool[machine.ActorCount];
    }

    /// <summary>The machine.</summary>
    public CompiledMachine Machine => m;

    /// <summary>The state; may be replaced by another of the same machine.</summary>
    public ulong[] State
    {
        get => s;
        set => s = value;
    }

    /// <summary>The sink.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1045", Justification = "A struct sink is used in place.")]
    public ref TSink Sink => ref sink;

    // Actors to look at again, each once.
    private readonly int[] dirty;
    private readonly bool[] isDirty;
    private int dirtyCount;

    internal ReadOnlySpan<int> Dirty => dirty.AsSpan(0, dirtyCount);

    internal bool EverythingDirty { get; private set; }

    internal void ClearDirty()
    {
        foreach (var actor in Dirty)
        {
            isDirty[actor] = false;
        }

        dirtyCount = 0;
        EverythingDirty = false;
    }

    private int Boot => (int)(s[CompiledMachine.GlobalWord] & CompiledMachine.BootMask);

    private MachineBoot BootTables => m.B[Boot];

    private bool HasEnded => (s[CompiledMachine.GlobalWord] & CompiledMachine.Ended) != 0;

    /// <summary>Every enabled action, by actor; the order is the same on every machine.</summary>
    public int Enabled(Span<MachineAction> into)
    {
        var count = 0;
        Span<MachineAction> choices = stackalloc MachineAction[MaxChoices];
        for (var actor = 0; actor < m.ActorCount; actor++)
        {
            var n = EnabledFor(actor, choices);
            for (var i = 0; i < n; i++)
            {
                into[count++] = choices[i];
            }
        }

        return count;
    }

    /// <summary>What one actor can do now; returns how many of <paramref name="into"/> (at least <see cref="MaxChoices"/> long) were filled.</summary>
    public int EnabledFor(int actor, Span<MachineAction> into)
    {
        if (HasEnded)
        {
            return 0;
        }

        if (actor < m.CpuCount)
        {
            return InterruptChoices(actor, into);
        }

        if (actor < m.PollerActor)
        {
            return TaskChoices(actor, into);
        }

        if (actor == m.PollerActor)
        {
            return PollerChoices(into);
        }

        if (actor < m.SourceActor)
        {
            return PauseChoices(actor - m.PauseActor, into);
        }

        return actor < m.ThreadActor ? SourceChoices(actor - m.SourceActor, into) : ThreadChoices(actor - m.ThreadActor, into);
    }

    /// <summary>True if the action is enabled now.</summary>
    public bool IsEnabled(in MachineAction action)
    {
        if ((uint)action.Actor >= (uint)m.ActorCount)
        {
            return false;
        }

        Span<MachineAction> choices = stackalloc MachineAction[MaxChoices];
        var n = EnabledFor(action.Actor, choices);
        for (var i = 0; i < n; i++)
        {
            if (choices[i] == action)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Carries out an enabled action. Whether it is enabled is the caller's business; a debug build checks.</summary>
    public void Apply(in MachineAction action)
    {
        System.Diagnostics.Debug.Assert(IsEnabled(action), "an action that is not enabled was applied");
        var actor = action.Actor;
        switch (action.Verb)
        {
            case Verb.Step:
                StepTask(actor - m.TaskActor);
                break;
            case Verb.TimeOut:
                TimeOutTask(actor - m.TaskActor);
                break;
            case Verb.Take:
                Take(actor);
                break;
            case Verb.EnterHandler:
                EnterHandler(actor);
                break;
            case Verb.ExitHandler:
                ExitHandler(actor);
                break;
            case Verb.Note:
                NoteInterrupt(actor, trips: false);
                break;
            case Verb.Trip when actor >= m.ThreadActor:
                RunThread(m.ThreadFunction[actor - m.ThreadActor], trips: true);
                break;
            case Verb.Trip when action.Operand >= m.L.Length:
                ExitHandler(actor, trips: true);
                break;
            case Verb.Trip:
                NoteInterrupt(actor, trips: true);
                break;
            case Verb.Eoi:
                EndOfInterrupt(actor, pause: false);
                break;
            case Verb.EoiPause:
                EndOfInterrupt(actor, pause: true);
                break;
            case Verb.Resume:
                ResumePin(actor - m.PauseActor);
                break;
            case Verb.Poll:
                StartPoll();
                break;
            case Verb.Fire:
                Fire(actor - m.SourceActor);
                break;
            case Verb.RunThread:
                RunThread(m.ThreadFunction[actor - m.ThreadActor], trips: false);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(action), action.Verb, "no such verb");
        }

        Touch(actor);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Touch(int actor)
    {
        if (!TClock.Timed || isDirty[actor])
        {
            return;
        }

        isDirty[actor] = true;
        dirty[dirtyCount++] = actor;
    }

    private void TouchCpu(int cpu)
    {
        Touch(cpu);
        Touch(m.TaskActor + cpu);
        Touch(m.PollerActor);
        foreach (var actor in m.TaskLike[cpu])
        {
            Touch(actor);
        }

        if (cpu != 0)
        {
            // The task on CPU 0 may wait for what goes on there.
            Touch(m.TaskActor);
        }
    }

    private void TouchSources(int f)
    {
        if (!TClock.Timed)
        {
            return;
        }

        var function = m.F[f];
        var first = m.SourceActor + function.FirstSource;
        for (var i = 0; i < function.Source.Length; i++)
        {
            Touch(first + i);
        }
    }

    private void TouchEverything()
    {
        if (TClock.Timed)
        {
            EverythingDirty = true;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long Emit(EventKind kind, int subject, int a, int b, int c, int d, int origin, long why, long also = -1) =>
        sink.Emit(new MachineEvent(kind, subject, a, b, c, d, origin), why, also);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long Cause(int place) => TSink.Records ? (long)MemoryMarshal.Cast<ulong, uint>(s.AsSpan(m.CauseWord))[place] - 1 : -1;

    // Stored plus one, so that a fresh state (all zero) knows no cause.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetCause(int place, long raw)
    {
        if (TSink.Records)
        {
            MemoryMarshal.Cast<ulong, uint>(s.AsSpan(m.CauseWord))[place] = (uint)(raw + 1);
        }
    }

    private bool IsSet(int f, ulong bit) => (s[m.FunctionWord + f] & bit) != 0;

    private static int LowestBit(ulong word) => BitOperations.TrailingZeroCount(word);

    internal KernelRelease Release => BootTables.Spec.Release;
}
