namespace PciDash.Engine.Machine;

/// <summary>What an actor can do next.</summary>
public enum Verb : byte
{
    /// <summary>A task executes its next instruction.</summary>
    Step,

    /// <summary>A task's wait for a completion runs out.</summary>
    TimeOut,

    /// <summary>A CPU takes its highest pending vector.</summary>
    Take,

    /// <summary>An execution context enters the handler of the next action.</summary>
    EnterHandler,

    /// <summary>It leaves that handler.</summary>
    ExitHandler,

    /// <summary>note_interrupt, without disabling.</summary>
    Note,

    /// <summary>note_interrupt, and the irq is disabled: "nobody cared".</summary>
    Trip,

    /// <summary>EOI.</summary>
    Eoi,

    /// <summary>EOI after which the platform's IO-APIC pauses.</summary>
    EoiPause,

    /// <summary>The IO-APIC's pause is over.</summary>
    Resume,

    /// <summary>The poller's timer is due.</summary>
    Poll,

    /// <summary>A device has an event.</summary>
    Fire,

    /// <summary>The thread of a handler runs.</summary>
    RunThread,
}

/// <summary>One action: stable within a scenario, so that a choice can name it.</summary>
/// <param name="Actor">Number of the actor.</param>
/// <param name="Verb">What it does.</param>
/// <param name="Operand">With what: the program counter, stage or slot, so that a stale choice is recognised.</param>
public readonly record struct MachineAction(int Actor, Verb Verb, int Operand);

/// <summary>The primitives in which the two clocks differ; everything else of Apply is one code for both.</summary>
public interface IClock
{
    /// <summary>True if there is time: a clock part, due times, exact counters.</summary>
    static abstract bool Timed { get; }

    /// <summary>May note_interrupt return without disabling now?</summary>
    static abstract bool MayGoOn(CompiledMachine machine, ulong[] state, int descriptor, IrqReturn sum, bool fixedUp);

    /// <summary>May note_interrupt disable now?</summary>
    static abstract bool MayTrip(CompiledMachine machine, ulong[] state, int descriptor, IrqReturn sum, bool fixedUp);

    /// <summary>Counts one interrupt of an irq as the release does.</summary>
    static abstract void Count(CompiledMachine machine, ulong[] state, int descriptor, IrqReturn sum, bool fixedUp);

    /// <summary>May the IO-APIC deliver again at once after this EOI?</summary>
    static abstract bool MayRedeliver(CompiledMachine machine, ulong[] state, int line);

    /// <summary>May the IO-APIC pause after this EOI?</summary>
    static abstract bool MayPause(CompiledMachine machine, ulong[] state, int line);
}
