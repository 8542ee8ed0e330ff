using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>True if a state by itself violates a property.</summary>
internal delegate bool StateRule(ReadOnlySpan<ulong> state);

/// <summary>True if an event violates a property; the state is the one right after the action that brought it about.</summary>
internal delegate bool EventRule(in MachineEvent e, ReadOnlySpan<ulong> after);

/// <summary>Something that must hold in every ordering.</summary>
/// <param name="Id">Name used on the command line.</param>
/// <param name="Statement">What it says.</param>
/// <param name="Source">Where its need is known from.</param>
/// <param name="Outcome">What it excludes, in the words of outcomes.</param>
public sealed record Property(string Id, string Statement, string Source, string Outcome)
{
    /// <summary>Events that can violate it; none if states do.</summary>
    internal IReadOnlyList<EventKind> Kinds { get; init; } = [];

    /// <summary>What an event says of it on a machine.</summary>
    internal Func<CompiledMachine, EventRule>? OfEvent { get; init; }

    /// <summary>What a state says of it on a machine.</summary>
    internal Func<CompiledMachine, StateRule>? OfState { get; init; }

    /// <summary>The bits of a machine's words that a state's say depends on; null = all of them. With others changed it says what it said before.</summary>
    internal Func<CompiledMachine, IEnumerable<(int Word, ulong Bits)>>? Reads { get; init; }

    /// <summary>It is about what can still be reached: only the whole graph of states tells.</summary>
    public bool IsReachability { get; internal init; }

    /// <summary>How close it comes where it holds; null where no state is nearer than another.</summary>
    internal Measure? Measure { get; init; }

    /// <summary>Why that is so, where it is.</summary>
    internal string NoMeasure { get; init; } = "It is the reader's own: how near a state comes to violating it is not defined.";

    /// <summary>Why it says nothing about a machine; null if it does.</summary>
    internal Func<CompiledMachine, string?> Silent { get; init; } = static _ => null;

    /// <summary>No descriptor with an action becomes disabled.</summary>
    public static readonly Property NoSpuriousDisable = new(
        "no-spurious-disable", "No irq that has a handler is ever disabled as spurious: no \"nobody cared\".",
        "Tsirkin, LKML 2015-05-13: \"irq %d: nobody cared\" message, with irq being subsequently disabled", "storm-disabled")
    {
        Kinds = [EventKind.NobodyCared],
        OfEvent = static _ => static (in _, _) => true,
        Measure = Measures.Unhandled,
    };

    /// <summary>No line is dead while a sharer on it still works.</summary>
    public static readonly Property LiveSharerServed = new(
        "live-sharer-served", "No line is disabled as spurious while a sharer's shutdown has not returned or it awaits completion.",
        "Tsirkin, LKML 2015-05-13: \"if the irq being disabled is shared with another device that attempts to use it in its shutdown callback\"", "polled-sharer")
    {
        OfState = static m => s => PropertyRules.LiveSharerUnserved(m, s),
        Reads = static m => PropertyRules.Lines(m, LineBits.SpuriousDisabled)
            .Concat(m.L.SelectMany(l => l.Member).Distinct().Select(f => (m.FunctionWord + f, FunctionBits.LineAction | FunctionBits.ShutdownReturned | FunctionBits.Awaiting))),
        Measure = Measures.UnhandledWhileWorking,
    };

    /// <summary>No message of an earlier boot arrives.</summary>
    public static readonly Property NoStaleMsi = new(
        "no-stale-msi", "From the jump until a function's enable is cleared or it is reset, no MSI that an earlier boot programmed gets past it.",
        "d52877c7b1af, d5dea7d95c48: why MSI was switched off", "unknown-vector or aliased")
    {
        Kinds = [EventKind.MsiWrite],
        OfEvent = static _ => static (in e, _) => e.D > 0 && PropertyRules.Arrived((MsiResult)e.C),
        Silent = PropertyRules.NoNextKernel,
        Measure = Measures.StaleMessage,
    };

    /// <summary>No message hits a vector that the next kernel has given to nobody.</summary>
    public static readonly Property NoUnknownVector = new(
        "no-unknown-vector", "No message of an earlier boot hits a vector that belongs to nobody: no \"No irq handler for vector\" in the next kernel.",
        "arch/x86/kernel/irq.c, do_IRQ: \"No irq handler for vector\"; domain 10", "unknown-vector")
    {
        Kinds = [EventKind.MsiWrite],
        OfEvent = static _ => static (in e, _) => e.D > 0 && (MsiResult)e.C == MsiResult.UnassignedVector,
        Silent = PropertyRules.NoNextKernel,
        Measure = Measures.UnknownVector,
    };

    /// <summary>Nothing writes memory of a kernel that did not give it any.</summary>
    public static readonly Property NoStaleDma = new(
        "no-stale-dma", "No transfer that an earlier boot set up writes memory while a later boot runs.",
        "b566a22c23: \"Disable Bus Master on PCI device shutdown\"; Biederman, LKML 2015-05-12", "dma-next-kernel")
    {
        Kinds = [EventKind.Dma],
        OfEvent = static _ => static (in e, _) => (DmaTarget)e.A == DmaTarget.NextKernel,
        Silent = PropertyRules.NoNextKernel,
        Measure = Measures.StaleTransfer,
    };

    /// <summary>What was shut down is silent.</summary>
    public static readonly Property NoLateMsi = new(
        "no-late-msi", "Once a function's shutdown has returned, no message of it arrives.",
        "Tsirkin, LKML 2015-05-13: \"How can havoc happen? We disable bus master, no msi will be sent\"", "handled after shutdown")
    {
        Kinds = [EventKind.MsiWrite],
        OfEvent = static m => (in e, after) => PropertyRules.Arrived((MsiResult)e.C) && (after[m.FunctionWord + e.Subject] & FunctionBits.ShutdownReturned) != 0,
        Measure = Measures.LateMessage,
    };

    /// <summary>A driver that waits is told.</summary>
    public static readonly Property NoLostInterrupt = new(
        "no-lost-interrupt", "No message is lost while its driver waits for the function's completion.",
        "PCI Local Bus 3.0, 6.2.2: without Bus Master Enable a function sends nothing; domain 5, rule 4", "lost-bus-master or lost-bridge")
    {
        Kinds = [EventKind.MsiWrite],
        OfEvent = static m => (in e, after) => PropertyRules.Lost((MsiResult)e.C) && (after[m.FunctionWord + e.Subject] & FunctionBits.Awaiting) != 0,
        Measure = Measures.LostWhileWaiting,
    };

    /// <summary>The two handlers of a device exclude each other.</summary>
    public static readonly Property HandlersApart = new(
        "handlers-apart", "A function's MSI handler and its INTx handler never run at the same time.",
        "Tsirkin, LKML 2015-05-13: \"MSI interrupt handler will run at the same time as the INT#x handler, which doesn't normally happen\"", "both-handlers")
    {
        OfState = static m => s => PropertyRules.BothHandlers(m, s),
        Reads = static m => m.CpuCount < 2 ? [] : PropertyRules.Contexts(m).Append((CompiledMachine.GlobalWord, CompiledMachine.BootMask)),
        Measure = Measures.BothHandlers,
    };

    /// <summary>A driver's picture of the registers is true.</summary>
    public static readonly Property NoMovedConfig = new(
        "no-moved-config", "No driver accesses legacy virtio configuration at an offset that has moved.",
        "Tsirkin, LKML 2015-05-13: \"register functions change between msi enabled and disabled modes\"", "config-misaddressed")
    {
        Kinds = [EventKind.VirtioConfig],
        OfEvent = static _ => static (in e, _) => e.A != e.B,
        Measure = Measures.MovedConfig,
    };

    /// <summary>No pin is up at the jump.</summary>
    public static readonly Property QuietHandOver = new(
        "quiet-hand-over", "At the jump into the next kernel no function asserts its pin.",
        "domain 3: machine_kexec; the next kernel's first driver on that line meets it", "hand-off-differs")
    {
        Kinds = [EventKind.Phase],
        OfEvent = static m => (in e, after) => PropertyRules.IsJump(m, e) && PropertyRules.AnyPin(m, after),
        Silent = PropertyRules.NoNextKernel,
        Measure = Measures.PinAtHandOver,
    };

    /// <summary>The hardware is handed over as it was got.</summary>
    public static readonly Property HandOverAsGiven = new(
        "hand-over-as-given", "At the jump every function's Bus Master Enable, INTx-Disable, MSI and MSI-X Enable and pin are as the firmware gave them.",
        "Biederman, LKML 2015-05-12: \"put the hardware in something closely resembly the state it was in when the firmware gave us the hardware\"", "hand-off-differs")
    {
        Kinds = [EventKind.Phase],
        OfEvent = static m => (in e, after) => PropertyRules.IsJump(m, e) && PropertyRules.DiffersFromFirmware(m, after),
        Silent = PropertyRules.NoNextKernel,
        NoMeasure = "Of two hand-overs at which every register is as given neither is nearer to one that is not.",
    };

    /// <summary>Whatever has happened, there is a way to the end.</summary>
    public static readonly Property CanEnd = new(
        "can-end", "Whatever has happened, the shutdown (and the boot after it) can still come to its end.",
        "Biederman, LKML 2015-05-13: \"it should be possible to perform an orderly shutdown\"", "")
    {
        IsReachability = true,
        NoMeasure = "From a state the end can be reached or it cannot: none is nearer than another.",
    };

    /// <summary>The kernel can end each storm.</summary>
    public static readonly Property NoEndlessStorm = new(
        "no-endless-storm", "No storm runs that the kernel has no means to end: an unhandled interrupt while nobody counts (noirqdebug).",
        "Tsirkin, LKML 2015-05-13: \"or if irq debugging was explicitly disabled on the kernel command line\"; domain 4", "storm-hidden")
    {
        OfState = static m => s => PropertyRules.StormThatNobodyCounts(m, s),
        Reads = static m => !m.Boots.Any(b => b.Spec.NoIrqDebug) ? []
            : PropertyRules.Contexts(m).Concat(PropertyRules.Lines(m, LineBits.Level)).Append((CompiledMachine.GlobalWord, CompiledMachine.BootMask)),
        Measure = Measures.EndlessStorm,
    };

    /// <summary>All properties.</summary>
    public static readonly IReadOnlyList<Property> All =
    [
        NoSpuriousDisable, LiveSharerServed, NoStaleMsi, NoUnknownVector, NoStaleDma, NoLateMsi, NoLostInterrupt, HandlersApart, NoMovedConfig, QuietHandOver, HandOverAsGiven,
        NoEndlessStorm, CanEnd,
    ];

    /// <summary>The property of that name, or null.</summary>
    public static Property? Find(string id) => All.FirstOrDefault(p => p.Id == id);

    /// <summary>Why it says nothing about this machine's paths, where it is then "not applicable" and never "holds"; null if it does.</summary>
    public string? SilentOn(CompiledMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return Silent(machine);
    }
}

/// <summary>What the properties ask of states and events.</summary>
internal static class PropertyRules
{
    public static string? NoNextKernel(CompiledMachine m) =>
        m.Boots.Any(b => b.Spec.Path is ShutdownPath.Kexec or ShutdownPath.Kdump) ? null : "No boot of this scenario hands over to another kernel.";

    public static IEnumerable<(int Word, ulong Bits)> Lines(CompiledMachine m, ulong bits) => m.L.Select(l => (m.LineWord + l.Index, bits));

    public static IEnumerable<(int Word, ulong Bits)> Contexts(CompiledMachine m) => Enumerable.Range(m.IrqWord, m.CpuCount).Select(word => (word, ulong.MaxValue));

    public static bool Arrived(MsiResult result) => result is MsiResult.Delivered or MsiResult.LatchedIrr or MsiResult.UnassignedVector or MsiResult.Aliased;

    public static bool Lost(MsiResult result) =>
        result is MsiResult.DroppedBme or MsiResult.DroppedBridge or MsiResult.DroppedD3hot or MsiResult.RemapFault or MsiResult.WrongMode;

    public static bool LiveSharerUnserved(CompiledMachine m, ReadOnlySpan<ulong> s)
    {
        for (var line = 0; line < m.L.Length; line++)
        {
            if ((s[m.LineWord + line] & LineBits.SpuriousDisabled) == 0)
            {
                continue;
            }

            foreach (var f in m.L[line].Member)
            {
                if (IsLiveSharer(s[m.FunctionWord + f]))
                {
                    return true;
                }
            }
        }

        return false;
    }

    // It listens on its line, and has not been shut down or still waits.
    public static bool IsLiveSharer(ulong word) =>
        (word & FunctionBits.LineAction) != 0 && ((word & FunctionBits.ShutdownReturned) == 0 || (word & FunctionBits.Awaiting) != 0);

    // Two CPUs, each within a handler of the same function: one of a vector, one of the line.
    public static bool BothHandlers(CompiledMachine m, ReadOnlySpan<ulong> s)
    {
        for (var a = 0; a < m.CpuCount; a++)
        {
            var one = s[m.IrqWord + a];
            if ((Stage)(one & ContextBits.Stage) != Stage.Exit)
            {
                continue;
            }

            for (var b = a + 1; b < m.CpuCount; b++)
            {
                var other = s[m.IrqWord + b];
                if ((Stage)(other & ContextBits.Stage) == Stage.Exit && IsLine(m, one) != IsLine(m, other) && FunctionIn(m, s, one) == FunctionIn(m, s, other))
                {
                    return true;
                }
            }
        }

        return false;
    }

    public static bool IsLine(CompiledMachine m, ulong context) => DescriptorOf(context) < m.L.Length;

    public static int DescriptorOf(ulong context) => (int)((context & ContextBits.Descriptor) >> ContextBits.DescriptorShift);

    // The action of a line is a place in its chain, that of a vector a function.
    public static int FunctionIn(CompiledMachine m, ReadOnlySpan<ulong> s, ulong context)
    {
        var action = (int)((context & ContextBits.Action) >> ContextBits.ActionShift);
        return IsLine(m, context) ? m.B[(int)(s[CompiledMachine.GlobalWord] & CompiledMachine.BootMask)].Chain[DescriptorOf(context)][action] : action;
    }

    /// <summary>The phase in which the next kernel is jumped into.</summary>
    public const string Jump = "machine_kexec";

    public static bool IsJump(CompiledMachine m, in MachineEvent e) => m.Names[e.A] == Jump;

    public static bool AnyPin(CompiledMachine m, ReadOnlySpan<ulong> s)
    {
        for (var f = 0; f < m.F.Length; f++)
        {
            if ((s[m.FunctionWord + f] & FunctionBits.Pin) != 0)
            {
                return true;
            }
        }

        return false;
    }

    // What firmware gave: no MSI, INTx allowed, nothing asserted, Bus Master Enable as it left it.
    public static bool DiffersFromFirmware(CompiledMachine m, ReadOnlySpan<ulong> s)
    {
        const ulong looked = FunctionBits.BusMaster | FunctionBits.IntxDisable | FunctionBits.MsiEnable | FunctionBits.MsixEnable | FunctionBits.Pin;
        for (var f = 0; f < m.F.Length; f++)
        {
            if ((s[m.FunctionWord + f] & looked) != (m.F[f].Spec.FirmwareBusMaster ? FunctionBits.BusMaster : 0))
            {
                return true;
            }
        }

        return false;
    }

    // All handlers have said "not mine", the line is up still, and note_interrupt does not look.
    public static bool StormThatNobodyCounts(CompiledMachine m, ReadOnlySpan<ulong> s)
    {
        if (!m.B[(int)(s[CompiledMachine.GlobalWord] & CompiledMachine.BootMask)].Spec.NoIrqDebug)
        {
            return false;
        }

        for (var cpu = 0; cpu < m.CpuCount; cpu++)
        {
            var context = s[m.IrqWord + cpu];
            if ((Stage)(context & ContextBits.Stage) == Stage.Note && (context & ContextBits.Sum) == 0 && IsLine(m, context)
                && (s[m.LineWord + DescriptorOf(context)] & LineBits.Level) != 0)
            {
                return true;
            }
        }

        return false;
    }
}
