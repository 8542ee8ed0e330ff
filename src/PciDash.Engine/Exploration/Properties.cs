using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>What a property says of one transition: a bit for each that is violated by it.</summary>
[Flags]
public enum Violations
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A descriptor with an action was disabled as spurious.</summary>
    SpuriousDisable = 1,

    /// <summary>A line is disabled as spurious while a sharer on it is live.</summary>
    LiveSharerUnserved = 2,

    /// <summary>A message that an earlier boot programmed got past its function and every bridge.</summary>
    StaleMsi = 4,
}

/// <summary>Something that must hold in every ordering.</summary>
/// <param name="Id">Name used on the command line.</param>
/// <param name="Statement">What it says.</param>
/// <param name="Violation">The bit that is set where it does not hold.</param>
/// <param name="Source">Where its need is known from.</param>
public sealed record Property(string Id, string Statement, Violations Violation, string Source)
{
    /// <summary>No descriptor with an action becomes disabled.</summary>
    public static readonly Property NoSpuriousDisable = new(
        "no-spurious-disable", "No irq that has a handler is ever disabled as spurious.", Violations.SpuriousDisable,
        "Tsirkin, LKML 2015-05-13: \"irq %d: nobody cared\" message, with irq being subsequently disabled");

    /// <summary>No line is dead while a sharer on it still works.</summary>
    public static readonly Property LiveSharerServed = new(
        "live-sharer-served", "No line is disabled as spurious while a sharer's shutdown has not returned or it awaits completion.",
        Violations.LiveSharerUnserved, "Tsirkin, LKML 2015-05-13: \"if the irq being disabled is shared with another device that attempts to use it in its shutdown callback\"");

    /// <summary>No message of an earlier boot arrives.</summary>
    public static readonly Property NoStaleMsi = new(
        "no-stale-msi", "From the jump until a function's enable is cleared or it is reset, no MSI that an earlier boot programmed gets past it.",
        Violations.StaleMsi, "d52877c7b1af, d5dea7d95c48: why MSI was switched off");

    /// <summary>All properties.</summary>
    public static readonly IReadOnlyList<Property> All = [NoSpuriousDisable, LiveSharerServed, NoStaleMsi];

    /// <summary>The property of that name, or null.</summary>
    public static Property? Find(string id) => All.FirstOrDefault(p => p.Id == id);

    /// <summary>False where it says nothing about this machine's paths: it is then "not applicable", never "holds".</summary>
    public bool AppliesTo(CompiledMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return Violation != Violations.StaleMsi || machine.Boots.Any(b => b.Spec.Path is ShutdownPath.Kexec or ShutdownPath.Kdump);
    }

    /// <summary>What is violated in a state by itself.</summary>
    internal static Violations OfState(CompiledMachine m, ReadOnlySpan<ulong> state)
    {
        for (var line = 0; line < m.L.Length; line++)
        {
            if ((state[m.LineWord + line] & LineBits.SpuriousDisabled) == 0)
            {
                continue;
            }

            foreach (var f in m.L[line].Member)
            {
                var word = state[m.FunctionWord + f];
                if ((word & FunctionBits.LineAction) != 0
                    && ((word & FunctionBits.ShutdownReturned) == 0 || (word & FunctionBits.Awaiting) != 0))
                {
                    return Violations.LiveSharerUnserved;
                }
            }
        }

        return Violations.None;
    }

    /// <summary>What an event violates by itself.</summary>
    internal static Violations OfEvent(in MachineEvent e) => e.Kind switch
    {
        EventKind.NobodyCared => Violations.SpuriousDisable,
        EventKind.MsiWrite when e.D > 0 && (MsiResult)e.C is MsiResult.Delivered or MsiResult.LatchedIrr or MsiResult.UnassignedVector or MsiResult.Aliased
            && e.D > 0 => Violations.StaleMsi,
        _ => Violations.None,
    };
}

/// <summary>Watches for events that violate a property, and nothing else.</summary>
internal struct PropertySink : IEventSink
{
    public static bool Records => false;

    public Violations Seen { get; set; }

    public long Emit(in MachineEvent e, long why, long also)
    {
        if (e.Kind is EventKind.NobodyCared or EventKind.MsiWrite)
        {
            Seen |= Property.OfEvent(e);
        }

        return -1;
    }
}
