using PciDash.Engine.Devices;

namespace PciDash.Engine.Machine;

// What devices do by themselves, and how they are silenced. Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
    private int SourceChoices(int source, Span<MachineAction> into)
    {
        ref readonly var spec = ref m.Source[source];
        var word = s[m.FunctionWord + spec.Function];
        if (spec.Kind != SourceKind.Device)
        {
            if (!(spec.Kind == SourceKind.Guest ? (word & FunctionBits.WaitsForGuest) != 0 : KernelThreadMayRun(spec.Function))
                || (TClock.Timed && spec.Count > 0 && s[m.DrawWord[source]] >> CompiledMachine.FiredShift >= spec.Count))
            {
                return 0;
            }

            into[0] = new MachineAction(m.SourceActor + source, Verb.Fire, spec.Number);
            return 1;
        }

        if ((word & (FunctionBits.Running | FunctionBits.D3hot)) != FunctionBits.Running)
        {
            return 0;
        }

        var bit = 1UL << spec.Number;
        if (spec.IsCompletion)
        {
            // The completion of a command.
            if ((word & (bit << FunctionBits.CommandedShift)) == 0)
            {
                return 0;
            }
        }
        else
        {
            if ((word & FunctionBits.Idle) != 0 || (spec.OncePerService && (word & (bit << FunctionBits.OutstandingShift)) != 0))
            {
                return 0;
            }

            if (TClock.Timed && spec.Count > 0 && s[m.DrawWord[source]] >> CompiledMachine.FiredShift >= spec.Count)
            {
                return 0;
            }
        }

        into[0] = new MachineAction(m.SourceActor + source, Verb.Fire, spec.Number);
        return 1;
    }

    /// <summary>A device event: the cause is remembered, and the function interrupts in the mode it is in.</summary>
    private void Fire(int source)
    {
        var (f, i) = (m.Source[source].Function, m.Source[source].Number);
        if (TClock.Timed && m.DrawWord[source] is >= 0 and var counts)
        {
            s[counts] += 1UL << CompiledMachine.FiredShift;
        }

        if (m.Source[source].Kind != SourceKind.Device)
        {
            if (m.Source[source].Kind == SourceKind.Guest)
            {
                GuestServed(f);
            }
            else
            {
                UseFromThread(f);
            }

            return;
        }

        var function = m.F[f];
        ref var word = ref s[m.FunctionWord + f];
        if (IsInWrongMode(word))
        {
            word &= ~(1UL << (FunctionBits.CommandedShift + i));
            Emit(EventKind.MsiWrite, f, 0, 0, (int)MsiResult.WrongMode, 0, -1, Emit(EventKind.DeviceEvent, f, i, 0, 0, 0, -1, Cause(m.CauseOfFunction(f))));
            return;
        }

        word |= (1UL << (FunctionBits.CauseShift + i)) | (1UL << (FunctionBits.OutstandingShift + i));
        word &= ~(1UL << (FunctionBits.CommandedShift + i));
        var raw = Emit(EventKind.DeviceEvent, f, i, 0, 0, 0, -1, Cause(m.CauseOfFunction(f)));
        SetCause(m.CauseOfFunction(f), raw);
        if (m.Source[source].Dma)
        {
            Transfer(f, raw);
        }

        if ((word & (FunctionBits.MsixEnable | FunctionBits.MsiEnable)) != 0)
        {
            Signal(f, i, raw);
        }
        else
        {
            word |= FunctionBits.Notified;
        }

        EvaluatePin(f, -1, raw, Cause(m.CauseOfConfig(f)));
    }

    // The adapter's firmware goes on as the last driver left it (domain 8, aacraid-mode).
    private static bool IsInWrongMode(ulong word) =>
        (word & FunctionBits.FirmwareSendsMessages) != 0 && (word & (FunctionBits.MsiEnable | FunctionBits.MsixEnable)) == 0;

    /// <summary>
    /// A handler looked at the device: its causes are acknowledged and it may notify again. That of a vector (<paramref name="entry"/>; -1 = no
    /// vector's) looks only at what signals its vector, as a queue's does.
    /// </summary>
    private bool Service(int f, bool clearsCause, long why, int entry = -1)
    {
        ref var word = ref s[m.FunctionWord + f];
        var looked = LookedAt(f, entry);
        var had = (word & (looked << FunctionBits.CauseShift)) != 0;
        var completion = (1UL << (m.F[f].Source.Length - 1)) & looked;
        if ((word & (completion << FunctionBits.OutstandingShift)) != 0)
        {
            word &= ~FunctionBits.Awaiting;
            for (var cpu = 0; cpu < m.CpuCount; cpu++)
            {
                Touch(m.TaskActor + cpu);
            }
        }

        word &= ~(looked << FunctionBits.OutstandingShift);
        if (clearsCause)
        {
            word &= ~((looked << FunctionBits.CauseShift) | FunctionBits.Notified);
        }

        TouchSources(f);
        EvaluatePin(f, -1, why);
        return had;
    }

    private ulong LookedAt(int f, int entry) => entry < 0 ? FunctionBits.AllSources : SourcesOf(f, entry);

    /// <summary>The chip raises nothing any more, and what it held is dropped.</summary>
    private void Silence(int f, int origin, long why)
    {
        ForgetLatchedMessage(f);
        s[m.FunctionWord + f] &= ~(FunctionBits.Running | FunctionBits.Causes | FunctionBits.Outstanding | FunctionBits.Commanded
            | FunctionBits.Notified | FunctionBits.DmaLatched | FunctionBits.DmaOwner);
        TouchSources(f);
        EvaluatePin(f, origin, why);
    }

    /// <summary>What a device does when its Bus Master Enable changes.</summary>
    private void BusMasterChanged(int f, bool on, int origin, long why)
    {
        ref var word = ref s[m.FunctionWord + f];
        var device = m.F[f].Device;
        if (!on && device.OnBusMasterOff == BusMasterReaction.Stop && (word & FunctionBits.Running) != 0)
        {
            // It stops notifying but lowers nothing: an INTx that is up stays up.
            word &= ~FunctionBits.Running;
            if (device.IsVirtio)
            {
                Emit(EventKind.VirtioStatus, f, VirtioStatusWithoutDriverOk, 0, 0, 0, origin, why);
            }

            TouchSources(f);
        }

        if (on && (word & FunctionBits.DmaLatched) != 0)
        {
            word &= ~FunctionBits.DmaLatched;
            Transfer(f, why);
        }

        if (on && ForgetLatchedMessage(f) is >= 0 and var entry && (word & (FunctionBits.MsiEnable | FunctionBits.MsixEnable)) != 0)
        {
            SignalEntry(f, Math.Min(entry, LastEntry(m.F[f], word)), why);
        }
    }

    // ACKNOWLEDGE | DRIVER | FEATURES_OK: what is left of 15 (recording s5c: 15 -> 11).
    private const int VirtioStatusWithoutDriverOk = 11;

    private const int VirtioStatusDriverOk = 15;
}
