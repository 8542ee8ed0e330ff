using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Tests.Twin;

// Devices, their messages and transfers, and what a driver or a guest does with them: domain 5.1-5.7, 5.11, 5.12, 6.
internal sealed partial class TwinMachine
{
    // The boots whose entries are in the remapping table in force; null = remapping is off (3.5).
    private HashSet<int>? remapped;

    private void Fire(TwinFunction f, int source)
    {
        f.Fired[source]++;
        if (f.IsOf(source, EventSource.KernelThread))
        {
            UseDevice(f);
            return;
        }

        if (f.IsOf(source, EventSource.GuestEoi))
        {
            GuestEoi(f);
            return;
        }

        if (source == f.Sources.Count - 1)
        {
            f.CommandUnderWay = false;
        }

        // 8, aacraid-mode: the firmware sends a message that nobody listens for.
        if (f.Device.FirmwareKeepsMode && f.FirmwareSendsMessages && !f.MsiEnable && !f.MsixEnable)
        {
            Say(EventKind.MsiWrite, f.Index, c: (int)MsiResult.WrongMode);
            return;
        }

        f.Causes.Add(source);
        f.NotLookedAt.Add(source);
        if (f.Sources[source].Dma)
        {
            Transfer(f);
        }

        if (f.MsixEnable || f.MsiEnable)
        {
            Signal(f, EntryFor(f, source));
        }
        else
        {
            f.Notified = true;
        }

        PinMayHaveChanged(f);
    }

    // 5.1: a memory request passes if Bus Master Enable is set here and at every bridge above; 5.12: none leaves a function in D3hot.
    private static TwinFunction? BlockingBridge(TwinFunction f)
    {
        for (var bridge = f.Bridge; bridge is not null; bridge = bridge.Bridge)
        {
            if (!bridge.BusMaster)
            {
                return bridge;
            }
        }

        return null;
    }

    private void Transfer(TwinFunction f)
    {
        var age = f.StartedBy is { } by ? Boot - by : 0;
        if (f.D3hot || !f.BusMaster)
        {
            f.TransferWaits |= !f.D3hot && f.Device.OnBusMasterOff == BusMasterReaction.Latch;
            Say(EventKind.Dma, f.Index, (int)DmaTarget.Blocked, age);
        }
        else if (BlockingBridge(f) is { } bridge)
        {
            Say(EventKind.Dma, f.Index, (int)DmaTarget.Blocked, age);
            Refused(f, bridge);
        }
        else
        {
            Say(EventKind.Dma, f.Index, (int)(age == 0 ? DmaTarget.OwnKernel : DmaTarget.NextKernel), age);
        }
    }

    // 5.11.
    private void Refused(TwinFunction f, TwinFunction bridge)
    {
        if (f.Device.OnBusMasterOff == BusMasterReaction.UnsupportedRequest)
        {
            Say(EventKind.UnsupportedRequest, f.Index, bridge.Index);
        }
    }

    // Which of its vectors an event uses: what its driver told it, or, with MSI, as many messages as Multiple Message Enable allows.
    private int VectorsToUse(TwinFunction f)
    {
        var boot = f.MsixEnable ? f.StartedBy : f.Entries[0].WrittenBy;
        var given = boot is { } b ? compiled.Boots[b].Vectors[f.Index] : 0;
        return given > 0 ? given : f.MsixEnable ? f.Entries.Count : 1;
    }

    private int EntryFor(TwinFunction f, int source) => f.Entries.Count == 0 ? 0 : Math.Min(f.Sources[source].Entry ?? f.Device.EventEntry, VectorsToUse(f) - 1);

    private void Signal(TwinFunction f, int number)
    {
        if (f.Entries.Count == 0)
        {
            return;
        }

        number = Math.Min(number, VectorsToUse(f) - 1);
        var entry = f.Entries[number];
        if ((f.MsixEnable && f.FunctionMask) || (f.MaskBitsWork && entry.Masked))
        {
            entry.Pending = true;
            Say(EventKind.MsiWrite, f.Index, number, c: (int)MsiResult.PendingMasked);
        }
        else
        {
            Send(f, number);
        }
    }

    private void Send(TwinFunction f, int number)
    {
        var age = 0;
        var result = Result();
        Say(EventKind.MsiWrite, f.Index, number, 0, (int)result, age);
        if (result == MsiResult.DroppedBridge)
        {
            Refused(f, BlockingBridge(f)!);
        }

        MsiResult Result()
        {
            if (f.D3hot)
            {
                return MsiResult.DroppedD3hot;
            }

            if (!f.BusMaster)
            {
                if (f.Device.OnBusMasterOff != BusMasterReaction.Latch)
                {
                    return MsiResult.DroppedBme;
                }

                f.MessageWaits = number;
                return MsiResult.LatchedBme;
            }

            if (BlockingBridge(f) is not null)
            {
                return MsiResult.DroppedBridge;
            }

            if (f.Entries[number].WrittenBy is not { } boot || compiled.Boots[boot].VectorSlots[f.FirstVector + number] is not (>= 0 and var slot))
            {
                return MsiResult.UnassignedVector;
            }

            age = Boot - boot;
            if (remapped is not null && !remapped.Contains(boot))
            {
                return MsiResult.RemapFault;
            }

            Request(slot);
            return !Cpus[compiled.Slots[slot].Cpu].TakesInterrupts ? MsiResult.LatchedIrr
                : OwnerOf(slot) is not { } owner ? MsiResult.UnassignedVector
                : owner == Lines.Count + f.FirstVector + number ? MsiResult.Delivered
                : MsiResult.Aliased;
        }
    }

    private void SendWhatIsPending(TwinFunction f)
    {
        for (var i = 0; i < f.Entries.Count; i++)
        {
            if (f.MaskBitsWork && f.Entries[i] is { Pending: true, Masked: false } entry && !(f.MsixEnable && f.FunctionMask))
            {
                entry.Pending = false;
                Send(f, i);
            }
        }
    }

    private void WriteMsi(TwinFunction f, bool on)
    {
        if (f.MsiEnable != on)
        {
            f.MsiEnable = on;
            EnableWritten(f, on);
        }
    }

    private void WriteMsix(TwinFunction f, bool enable, bool mask)
    {
        if (f.MsixEnable == enable && f.FunctionMask == mask)
        {
            return;
        }

        var turnedOn = enable && !f.MsixEnable;
        f.MsixEnable = enable;
        f.FunctionMask = mask;
        EnableWritten(f, turnedOn);
    }

    private void EnableWritten(TwinFunction f, bool turnedOn)
    {
        if (turnedOn)
        {
            // 6.2: an enable write lowers what was latched for the wire.
            f.Notified &= f.Device.IntxCondition != IntxCondition.LatchedAtNotify;
        }

        PinMayHaveChanged(f);
        SendWhatIsPending(f);
    }

    private void MaskEntries(TwinFunction f, bool masked)
    {
        if (f.Device.MsixTableSize > 0 || f.MsiHasMasks)
        {
            f.Entries.ForEach(e => e.Masked = masked);
        }

        SendWhatIsPending(f);
    }

    private void WriteIntxDisable(TwinFunction f, bool on)
    {
        var was = f.IntxDisable;
        f.IntxDisable = on && f.Device.IntxDisableBit != IntxDisableBit.Absent;
        PinMayHaveChanged(f);

        // QEMU's pci_update_irq_disabled: whichever pin the function has, all four are looked at.
        if (Qemu && f.IntxDisable != was)
        {
            foreach (var line in Lines.Where(l => LinesOfAllPins(f).Contains(l.Index)).ToList())
            {
                LevelLookedAt(line);
            }
        }
    }

    private HashSet<int> LinesOfAllPins(TwinFunction f)
    {
        var reached = new HashSet<int>();
        for (var pin = 0; pin < 4; pin++)
        {
            var (at, on) = (compiled.Functions[f.Index], pin);
            for (; at.Parent >= 0; at = compiled.Functions[at.Parent])
            {
                on = (on + at.Bdf.Device) % 4;
            }

            var gsi = compiled.Scenario.Platform.Route(at.Bdf.Device, (InterruptPin)(on + 1));
            reached.UnionWith(Lines.Where(l => compiled.Lines[l.Index].Gsi == gsi).Select(l => l.Index));
        }

        if (compiled.Functions[f.Index].Spec.Gsi is { } named)
        {
            reached.UnionWith(Lines.Where(l => compiled.Lines[l.Index].Gsi == named).Select(l => l.Index));
        }

        return reached;
    }

    // 5.7, 6.2.
    private void WriteBusMaster(TwinFunction f, bool on)
    {
        if (f.BusMaster == on)
        {
            return;
        }

        f.BusMaster = on;
        if (!on)
        {
            f.Running &= f.Device.OnBusMasterOff != BusMasterReaction.Stop;
            return;
        }

        if (f.TransferWaits)
        {
            f.TransferWaits = false;
            Transfer(f);
        }

        if (f.MessageWaits is { } number)
        {
            f.MessageWaits = null;
            if (f.MsiEnable || f.MsixEnable)
            {
                Signal(f, number);
            }
        }
    }

    // 5.12.
    private void SetPower(TwinFunction f, bool d3hot)
    {
        if (f.D3hot == d3hot)
        {
            return;
        }

        Say(EventKind.PowerState, f.Index, d3hot ? 3 : 0);
        f.D3hot = d3hot;
        if (!d3hot && !f.Device.NoSoftReset)
        {
            Reset(f, ResetKind.D3hot);
        }

        PinMayHaveChanged(f);
    }

    private void Reset(TwinFunction f, ResetKind kind)
    {
        Say(EventKind.Reset, f.Index, (int)kind);
        f.Reset();
        PinMayHaveChanged(f);
    }

    private void Start(TwinFunction f)
    {
        f.Running = true;
        f.StartedBy = Boot;
        f.DriverHasStarted = true;
        f.FirmwareSendsMessages |= f.Device.FirmwareKeepsMode && (f.MsiEnable || f.MsixEnable);
    }

    // 6.1.
    private void AccessConfig(TwinFunction f)
    {
        // Linux has a driver for virtio 1.0 since 4.0.
        var legacy = f.Device.ConfigLayout == ConfigLayout.Legacy || (f.Device.ConfigLayout == ConfigLayout.Transitional && !Kernel.Release.IsAtLeast("4.1"));
        if (legacy)
        {
            Say(EventKind.VirtioConfig, f.Index, f.DriverMsix ? 24 : 20, f.MsixEnable ? 24 : 20);
        }
    }

    // A kernel thread of a driver: as long as the driver is there, was not told that the device is gone (8bd2fa086a04), and gets a CPU.
    private bool MayUse(TwinFunction f) => (f.VectorActions || f.LineAction) && f.DriverHasStarted && !f.Broken && TaskMayRunOn(Cpus[f.Cpu]);

    private void UseDevice(TwinFunction f)
    {
        Say(EventKind.DriverAccess, f.Index, f.Works ? 0 : 1);
        AccessConfig(f);
        f.CommandUnderWay |= f.Works;
    }

    // 6.4: vfio_intx_handler, pci_check_and_mask_intx.
    private static bool WantsGuest(TwinFunction f) => !f.MaskedForGuest && f.Condition && !f.D3hot;

    private bool LeaveToGuest(TwinFunction f)
    {
        if (!WantsGuest(f))
        {
            return false;
        }

        f.MaskedForGuest = true;
        WriteIntxDisable(f, true);
        return true;
    }

    private void GuestEoi(TwinFunction f)
    {
        Say(EventKind.DriverAccess, f.Index, f.Works ? 0 : 1);
        f.MaskedForGuest = false;
        Serve(f, clears: true);
        WriteIntxDisable(f, false);
    }
}
