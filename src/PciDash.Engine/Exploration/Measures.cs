using System.Globalization;
using System.Numerics;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>How close each property comes to being violated.</summary>
internal static class Measures
{
    // Registers that would have to read otherwise are counted down from here: fewer are nearer.
    private const int NothingInTheWay = 64;

    /// <summary>
    /// Without time a line's irq is given up at any interrupt after the second unhandled one. So where it never is, no line has more than these
    /// two, and their number is exact.
    /// </summary>
    public static readonly Measure Unhandled = new("unhandled interrupts of one irq that note_interrupt has counted")
    {
        OfState = static m => s => MostUnhandled(m, s, static (_, _, _) => true),
        Says = static x => Invariant($"{Interrupts(x)} of irq {x.Machine.IrqOf(x.Near.Subject)}; {Needed(x)}."),
        Nothing = "No interrupt that note_interrupt counts is unhandled in any ordering.",
    };

    private const int GivenUp = 3;

    public static readonly Measure UnhandledWhileWorking = new("unhandled interrupts of a line while a sharer on it still works, or the line given up once none does")
    {
        OfState = static m => s => MostUnhandled(m, s, HasLiveSharer, GivenUp),
        Says = static x => x.Near.Level >= GivenUp
            ? Invariant($"irq {x.Machine.IrqOf(x.Near.Subject)} is given up, but at that time no sharer on it works any more.")
            : Invariant($"{Interrupts(x)} of irq {x.Machine.IrqOf(x.Near.Subject)} while a sharer on it works; {Needed(x)}."),
        Nothing = "While a sharer works no interrupt of its line is unhandled in any ordering.",
    };

    public static readonly Measure StaleMessage = new("registers that would have to read otherwise for a message of an earlier boot to get past its function")
    {
        OfState = static m => OfMessages(m, static (m, s, f, age) => age > 0),
        Says = static x => Invariant($"In boot {Boot(x.State)} {x.Machine.F[x.Near.Subject].Bdf} holds a message that an earlier boot programmed; {InTheWayOfMessage(x, static (m, s, f, age) => age > 0)}."),
        Nothing = "In no later boot a function holds a message that an earlier one programmed.",
    };

    public static readonly Measure UnknownVector = StaleMessage with
    {
        What = "registers that would have to read otherwise for a message of an earlier boot to arrive, or one that arrives at a vector which somebody has",
        Kinds = [EventKind.MsiWrite],
        OfEvent = static _ => static (in e, _) => e.D > 0 && PropertyRules.Arrived((MsiResult)e.C) ? new Near(NothingInTheWay + 1, e.Subject) : Near.Nothing,
        Says = static x => x.Event is { } e
            ? Invariant($"A message of an earlier boot from {x.Machine.F[e.Subject].Bdf} arrives, vector {e.B & 0xFFFF} of CPU {e.B >> 16}: {Receiver((MsiResult)e.C)}.")
            : StaleMessage.Says(x),
    };

    public static readonly Measure StaleTransfer = new("registers that would have to read otherwise for a transfer of an earlier boot to reach memory")
    {
        OfState = static m =>
        {
            var x = new Execution<UntimedClock, NullSink>(m, [], default);
            return s =>
            {
                x.State = s;
                var near = Near.Nothing;
                for (var f = 0; f < m.F.Length; f++)
                {
                    if (HoldsBuffersOfEarlierBoot(m, s, f))
                    {
                        near = Near.Nearer(near, new Near(NothingInTheWay - BitOperations.PopCount((uint)GatesOfTransfer(s[m.FunctionWord + f])) - x.BridgesThatBlock(f), f));
                    }
                }

                return near;
            };
        },
        Says = static x => Invariant($"In boot {Boot(x.State)} {x.Machine.F[x.Near.Subject].Bdf} has buffers of an earlier boot; {InTheWay(x, GatesOfTransfer(x.State[x.Machine.FunctionWord + x.Near.Subject]))}."),
        Nothing = "In no later boot a function that writes memory by itself has buffers of an earlier one.",
    };

    public static readonly Measure LateMessage = new("registers that would have to read otherwise for a message of a function that was shut down to arrive")
    {
        OfState = static m => OfMessages(m, WasShutDown),
        Says = static x => Invariant($"The shutdown of {x.Machine.F[x.Near.Subject].Bdf} has returned and its message is programmed; {InTheWayOfMessage(x, WasShutDown)}."),
        Nothing = "No function whose shutdown has returned has a message programmed.",
    };

    private const int LostMessage = 2;

    public static readonly Measure LostWhileWaiting = new("a driver that waits for a message, or a message that is lost while its driver does not wait")
    {
        OfState = static m => s =>
        {
            for (var f = 0; f < m.F.Length; f++)
            {
                if ((s[m.FunctionWord + f] & FunctionBits.Awaiting) != 0 && (s[m.FunctionWord + f] & (FunctionBits.MsiEnable | FunctionBits.MsixEnable)) != 0)
                {
                    return new Near(1, f);
                }
            }

            return Near.Nothing;
        },
        Kinds = [EventKind.MsiWrite],
        OfEvent = static _ => static (in e, _) => PropertyRules.Lost((MsiResult)e.C) ? new Near(LostMessage, e.Subject) : Near.Nothing,
        Says = static x => x.Event is { } e
            ? Invariant($"A message of {x.Machine.F[e.Subject].Bdf} is lost, but its driver does not wait for one then: {WhyLost((MsiResult)e.C)}.")
            : Invariant($"The driver of {x.Machine.F[x.Near.Subject].Bdf} waits for a message; none is lost at any time."),
        Nothing = "No driver waits for a message, and none is lost.",
    };

    public static readonly Measure BothHandlers = new("how far a function's handler of the other kind is while one of the two runs")
    {
        OfState = static m => s => HandlersOfBothKinds(m, s),
        Says = static x => Invariant($"{x.Machine.F[x.Near.Subject].Bdf} {x.Near.Level switch
        {
            1 => "has a handler on its line and one for its vectors at the same time; neither runs while the other could",
            2 => "has handlers of both kinds, and one of them runs; the other's interrupt never comes meanwhile at another CPU",
            3 => "is in one handler while the other's interrupt is pending at another CPU",
            _ => "is in one handler while another CPU is in the interrupt that the other handler listens to",
        }}."),
        Nothing = "No function has a handler on its line and one for its vectors at the same time.",
    };

    private const int ConfigMoved = 2;

    public static readonly Measure MovedConfig = new("a legacy config that has moved for its driver, or else one that is accessed where it is")
    {
        OfState = static m =>
        {
            var x = new Execution<UntimedClock, NullSink>(m, [], default);
            return s =>
            {
                x.State = s;
                for (var f = 0; f < m.F.Length; f++)
                {
                    var word = s[m.FunctionWord + f];
                    if (x.HasConfigThatMoves(f) && (word & FunctionBits.DriverMsix) != 0 != ((word & FunctionBits.MsixEnable) != 0))
                    {
                        return new Near(ConfigMoved, f);
                    }
                }

                return Near.Nothing;
            };
        },
        Kinds = [EventKind.VirtioConfig],
        OfEvent = static _ => static (in e, _) => new Near(1, e.Subject),
        Says = static x => x.Near.Level == ConfigMoved
            ? Invariant($"The config of {x.Machine.F[x.Near.Subject].Bdf} is not where the kernel would look for it (MSI-X Enable is {(x.State[x.Machine.FunctionWord + x.Near.Subject] & FunctionBits.MsixEnable) >> 3}), but nobody accesses it then.")
            : Invariant($"The legacy config of {x.Machine.F[x.Near.Subject].Bdf} is accessed, always where it is."),
        Nothing = "No legacy config is accessed, and none moves.",
    };

    public static readonly Measure PinAtHandOver = new("gates that keep a pin down at the jump whose function wants attention, or else a pin that is up before it")
    {
        OfState = static m => s =>
        {
            var pin = m.B[Boot(s)].Spec.Path is ShutdownPath.Kexec or ShutdownPath.Kdump ? Array.FindIndex(m.F, f => (s[m.FunctionWord + f.Index] & FunctionBits.Pin) != 0) : -1;
            return pin < 0 ? Near.Nothing : new Near(1, pin);
        },
        Kinds = [EventKind.Phase],
        OfEvent = static m => (in e, after) =>
        {
            var near = Near.Nothing;
            for (var f = 0; f < m.F.Length && PropertyRules.IsJump(m, e); f++)
            {
                var word = after[m.FunctionWord + f];
                near = m.F[f].Line >= 0 && m.F[f].WantsAttention(word) ? Near.Nearer(near, new Near(NothingInTheWay - BitOperations.PopCount(word & m.F[f].PinGates), f)) : near;
            }

            return near;
        },
        Says = static x => x.Event is not null
            ? Invariant($"At the jump {x.Machine.F[x.Near.Subject].Bdf} wants attention; only {PinGates(x.State[x.Machine.FunctionWord + x.Near.Subject] & x.Machine.F[x.Near.Subject].PinGates)} keeps its pin down.")
            : Invariant($"{x.Machine.F[x.Near.Subject].Bdf} asserts its pin in phase {x.Machine.Names[(int)((x.State[CompiledMachine.GlobalWord] & CompiledMachine.PhaseMask) >> CompiledMachine.PhaseShift)]}; by the jump it has fallen."),
        Nothing = "No pin is asserted in a boot that hands over, and at the jump no function wants attention.",
    };

    public static readonly Measure EndlessStorm = new("of these three how many hold at once: an interrupt is unhandled, its line is up still, nobody counts")
    {
        OfState = static m => s =>
        {
            var near = Near.Nothing;
            for (var cpu = 0; cpu < m.CpuCount; cpu++)
            {
                var context = s[m.IrqWord + cpu];
                if ((Stage)(context & ContextBits.Stage) == Stage.Note && (context & ContextBits.Sum) == 0)
                {
                    var line = PropertyRules.DescriptorOf(context);
                    near = Near.Nearer(near, new Near(1 + ((s[m.LineWord + line] & LineBits.Level) != 0 ? 1 : 0) + (m.B[Boot(s)].Spec.NoIrqDebug ? 1 : 0), line));
                }
            }

            return near;
        },
        Says = static x => Invariant(
            $"An interrupt of irq {x.Machine.IrqOf(x.Near.Subject)} is unhandled; its line {((x.State[x.Machine.LineWord + x.Near.Subject] & LineBits.Level) != 0 ? "is up still" : "has fallen meanwhile")}, and note_interrupt {(x.Machine.B[Boot(x.State)].Spec.NoIrqDebug ? "does not count it" : "counts it")}."),
        Nothing = "No interrupt of a line is unhandled in any ordering.",
    };

    private static int Boot(ReadOnlySpan<ulong> s) => (int)(s[CompiledMachine.GlobalWord] & CompiledMachine.BootMask);

    // The irq of which most unhandled interrupts were counted; of lines only those that are asked for.
    private static Near MostUnhandled(CompiledMachine m, ulong[] s, Func<CompiledMachine, ulong[], int, bool> isAsked, int givenUp = 0)
    {
        var near = Near.Nothing;
        for (var line = 0; line < m.L.Length; line++)
        {
            var word = s[m.LineWord + line];
            near = givenUp > 0 && (word & LineBits.SpuriousDisabled) != 0 ? Near.Nearer(near, new Near(givenUp, line))
                : isAsked(m, s, line) ? Near.Nearer(near, new Near((int)((word & LineBits.Counter) >> LineBits.CounterShift), line))
                : near;
        }

        for (var vector = 0; vector < m.VectorCount && givenUp == 0; vector++)
        {
            near = Near.Nearer(near, new Near((int)((m.NoteBits(s, m.L.Length + vector) & LineBits.Counter) >> LineBits.CounterShift), m.L.Length + vector));
        }

        return near;
    }

    private static bool HasLiveSharer(CompiledMachine m, ulong[] s, int line) => Array.Exists(m.L[line].Member, f => PropertyRules.IsLiveSharer(s[m.FunctionWord + f]));

    private static string Interrupts(in Measured x) => x.Near.Level == 1 ? "1 unhandled interrupt" : Invariant($"{x.Near.Level} unhandled interrupts");

    private static string Needed(in Measured x)
    {
        var release = x.Machine.B[Boot(x.State)].Spec.Release;
        return Invariant($"it is given up at more than {release.SpuriousThreshold:N0} in {release.SpuriousCutoff:N0}");
    }

    private delegate bool AsksForMessage(CompiledMachine m, ulong[] s, int f, int age);

    private static bool WasShutDown(CompiledMachine m, ulong[] s, int f, int age) => (s[m.FunctionWord + f] & FunctionBits.ShutdownReturned) != 0;

    private static StateMeasure OfMessages(CompiledMachine m, AsksForMessage asks)
    {
        var x = new Execution<UntimedClock, NullSink>(m, [], default);
        return s =>
        {
            x.State = s;
            var near = Near.Nothing;
            for (var f = 0; f < m.F.Length; f++)
            {
                if (LeastInTheWay(x, s, f, asks) is >= 0 and var inTheWay)
                {
                    near = Near.Nearer(near, new Near(NothingInTheWay - inTheWay, f));
                }
            }

            return near;
        };
    }

    private static int LeastInTheWay(Execution<UntimedClock, NullSink> x, ulong[] s, int f, AsksForMessage asks)
    {
        var least = -1;
        for (var entry = 0; entry < x.Machine.F[f].VectorCount; entry++)
        {
            if (x.BootOfMessage(f, entry) is >= 0 and var boot && asks(x.Machine, s, f, Boot(s) - boot)
                && BitOperations.PopCount((uint)x.GatesOf(f, entry)) + x.BridgesThatBlock(f) is var count && (least < 0 || count < least))
            {
                least = count;
            }
        }

        return least;
    }

    private static string InTheWayOfMessage(in Measured measured, AsksForMessage asks)
    {
        var (f, s) = (measured.Near.Subject, measured.State);
        var x = new Execution<UntimedClock, NullSink>(measured.Machine, s, default);
        var gates = Enumerable.Range(0, measured.Machine.F[f].VectorCount)
            .Where(entry => x.BootOfMessage(f, entry) is >= 0 and var boot && asks(x.Machine, s, f, Boot(s) - boot))
            .Select(entry => x.GatesOf(f, entry)).MinBy(g => BitOperations.PopCount((uint)g));
        return InTheWay(measured, gates);
    }

    private static string InTheWay(in Measured measured, MessageGates gates)
    {
        var bridges = new Execution<UntimedClock, NullSink>(measured.Machine, measured.State, default).BridgesThatBlock(measured.Near.Subject);
        List<string> names = [.. Names.Where(n => (gates & n.Gate) != 0).Select(n => n.Name)];
        if (bridges > 0)
        {
            names.Add(bridges == 1 ? "Bus Master Enable of a bridge above is 0" : Invariant($"Bus Master Enable of {bridges} bridges above is 0"));
        }

        return names.Count == 0 ? "no register is in its way, but the device sends nothing any more" : Invariant($"in its way {(names.Count == 1 ? "is" : "are")} only: {string.Join(", ", names)}");
    }

    private static readonly (MessageGates Gate, string Name)[] Names =
    [
        (MessageGates.Stopped, "the device is stopped"), (MessageGates.NotEnabled, "MSI and MSI-X Enable are 0"), (MessageGates.Masked, "the message is masked"),
        (MessageGates.D3hot, "the function is in D3hot"), (MessageGates.BusMaster, "Bus Master Enable is 0"), (MessageGates.Remapping, "interrupt remapping blocks it"),
    ];

    private static bool HoldsBuffersOfEarlierBoot(CompiledMachine m, ulong[] s, int f) =>
        (int)((s[m.FunctionWord + f] & FunctionBits.DmaOwner) >> FunctionBits.DmaOwnerShift) is > 0 and var owner && owner <= Boot(s) && Array.Exists(m.F[f].Source, e => e.Dma);

    private static MessageGates GatesOfTransfer(ulong word) =>
        ((word & FunctionBits.Running) == 0 ? MessageGates.Stopped : 0) | ((word & FunctionBits.D3hot) != 0 ? MessageGates.D3hot : 0)
        | ((word & FunctionBits.BusMaster) == 0 ? MessageGates.BusMaster : 0);

    private static string PinGates(ulong gates) => string.Join(" and ", new[]
    {
        (FunctionBits.IntxDisable, "INTx-Disable"), (FunctionBits.MsiEnable, "MSI Enable"), (FunctionBits.MsixEnable, "MSI-X Enable"), (FunctionBits.D3hot, "D3hot"),
    }.Where(g => (gates & g.Item1) != 0).Select(g => g.Item2));

    private static string Receiver(MsiResult result) => result switch
    {
        MsiResult.Aliased => "it belongs to another interrupt there",
        MsiResult.LatchedIrr => "that CPU has interrupts off, and it waits in IRR",
        _ => "it belongs to the same interrupt there",
    };

    private static string WhyLost(MsiResult result) => result switch
    {
        MsiResult.DroppedBme => "Bus Master Enable is 0",
        MsiResult.DroppedBridge => "a bridge above has Bus Master Enable 0",
        MsiResult.DroppedD3hot => "it is in D3hot",
        MsiResult.RemapFault => "interrupt remapping blocks it",
        _ => "its firmware sends messages while the driver uses the pin",
    };

    // A function with handlers of both kinds: one of them runs here, and where the other's interrupt is.
    private static Near HandlersOfBothKinds(CompiledMachine m, ulong[] s)
    {
        const ulong both = FunctionBits.LineAction | FunctionBits.VectorActions;
        var near = Near.Nothing;
        for (var f = 0; f < m.F.Length; f++)
        {
            if ((s[m.FunctionWord + f] & both) != both)
            {
                continue;
            }

            near = Near.Nearer(near, new Near(1, f));
            for (var cpu = 0; cpu < m.CpuCount; cpu++)
            {
                var context = s[m.IrqWord + cpu];
                if ((Stage)(context & ContextBits.Stage) == Stage.Exit && PropertyRules.FunctionIn(m, s, context) == f)
                {
                    near = Near.Nearer(near, new Near(2 + HowFarTheOtherIs(m, s, f, cpu, PropertyRules.IsLine(m, context)), f));
                }
            }
        }

        return near;
    }

    // 0 = nowhere, 1 = pending at another CPU, 2 = another CPU is in its interrupt.
    private static int HowFarTheOtherIs(CompiledMachine m, ulong[] s, int f, int here, bool runsLine)
    {
        var boot = m.B[Boot(s)];
        var first = runsLine ? m.L.Length + m.F[f].FirstVector : m.F[f].Line;
        var count = runsLine ? m.F[f].VectorCount : 1;
        var far = 0;
        for (var other = first; other < first + count; other++)
        {
            var slot = other < m.L.Length ? boot.LineSlot[other] : boot.VectorSlot[other - m.L.Length];
            if (slot >= 0 && m.Slot[slot] is var at && at.Cpu != here && (s[m.IrrWord + (at.Cpu * m.IrrWordsPerCpu) + (at.Bit >> 6)] & (1UL << (at.Bit & 63))) != 0)
            {
                far = Math.Max(far, 1);
            }

            for (var cpu = 0; cpu < m.CpuCount; cpu++)
            {
                if (cpu != here && (Stage)(s[m.IrqWord + cpu] & ContextBits.Stage) != Stage.Idle && PropertyRules.DescriptorOf(s[m.IrqWord + cpu]) == other)
                {
                    far = 2;
                }
            }
        }

        return far;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
