using PciDash.Engine.Devices;

namespace PciDash.Engine.Machine;

// Memory writes of devices beside their messages, and what drivers and guests do to a device on their own account (domain 5.1, 5.11, 6).
// Part of the transition relation.
public sealed partial class Execution<TClock, TSink>
{
    /// <summary>The bridge above that does not forward the function's requests, or -1 (rule 1: at every bridge above).</summary>
    private int BridgeThatBlocks(int f)
    {
        for (var bridge = m.F[f].Parent; bridge >= 0; bridge = m.F[bridge].Parent)
        {
            if (!IsSet(bridge, FunctionBits.BusMaster))
            {
                return bridge;
            }
        }

        return -1;
    }

    /// <summary>How many bridges above do not forward the function's requests.</summary>
    internal int BridgesThatBlock(int f)
    {
        var count = 0;
        for (var bridge = m.F[f].Parent; bridge >= 0; bridge = m.F[bridge].Parent)
        {
            count += IsSet(bridge, FunctionBits.BusMaster) ? 0 : 1;
        }

        return count;
    }

    /// <summary>A device writes memory: of its own kernel, or of one that knows nothing of it.</summary>
    private void Transfer(int f, long why)
    {
        ref var word = ref s[m.FunctionWord + f];
        var owner = (int)((word & FunctionBits.DmaOwner) >> FunctionBits.DmaOwnerShift);
        var age = owner == 0 ? 0 : Boot + 1 - owner;
        if ((word & FunctionBits.D3hot) != 0 || (word & FunctionBits.BusMaster) == 0)
        {
            if ((word & FunctionBits.D3hot) == 0 && m.F[f].Device.OnBusMasterOff == BusMasterReaction.Latch)
            {
                word |= FunctionBits.DmaLatched;
            }

            Emit(EventKind.Dma, f, (int)DmaTarget.Blocked, age, 0, 0, -1, why, Cause(m.CauseOfConfig(f)));
            return;
        }

        if (BridgeThatBlocks(f) is >= 0 and var bridge)
        {
            var raw = Emit(EventKind.Dma, f, (int)DmaTarget.Blocked, age, 0, 0, -1, why, Cause(m.CauseOfConfig(bridge)));
            Refuse(f, bridge, raw);
            return;
        }

        Emit(EventKind.Dma, f, (int)(age > 0 ? DmaTarget.NextKernel : DmaTarget.OwnKernel), age, 0, 0, -1, why);
    }

    /// <summary>Rule 11: what a bridge does not forward comes back as an Unsupported Request.</summary>
    private void Refuse(int f, int bridge, long why)
    {
        if (m.F[f].Device.OnBusMasterOff == BusMasterReaction.UnsupportedRequest)
        {
            Emit(EventKind.UnsupportedRequest, f, bridge, 0, 0, 0, -1, why, Cause(m.CauseOfConfig(bridge)));
        }
    }

    // The device's own config behind the registers, with and without MSI-X (domain 6.1).
    private const int ConfigWithMsix = 24;
    private const int ConfigWithoutMsix = 20;

    /// <summary>The driver places the config by what it remembers, the device by the live bit (domain 6.1).</summary>
    private void AccessConfig(int f, long why)
    {
        if (!HasConfigThatMoves(f))
        {
            return;
        }

        var driver = IsSet(f, FunctionBits.DriverMsix) ? ConfigWithMsix : ConfigWithoutMsix;
        var device = IsSet(f, FunctionBits.MsixEnable) ? ConfigWithMsix : ConfigWithoutMsix;
        Emit(EventKind.VirtioConfig, f, driver, device, 0, 0, -1, why, driver == device ? -1 : Cause(m.CauseOfConfig(f)));
    }

    /// <summary>The running kernel's driver finds its config behind the legacy registers.</summary>
    internal bool HasConfigThatMoves(int f) => m.F[f].Device.ConfigLayout switch
    {
        ConfigLayout.Modern => false,
        ConfigLayout.Transitional => !Release.IsAtLeast("4.1"),
        _ => true,
    };

    /// <summary>A kernel thread may use its device while the driver is bound and has started it, nobody told it to stop, and a CPU is free.</summary>
    private bool KernelThreadMayRun(int f) =>
        (s[m.FunctionWord + f] & (FunctionBits.VectorActions | FunctionBits.LineAction)) != 0
        && (s[m.FunctionWord + f] & (FunctionBits.DriverStarted | FunctionBits.Broken)) == FunctionBits.DriverStarted && TaskLikeMayRun(m.F[f].Spec.Cpu);

    private void UseFromThread(int f)
    {
        ref var word = ref s[m.FunctionWord + f];
        var works = (word & (FunctionBits.Running | FunctionBits.D3hot)) == FunctionBits.Running;
        var raw = Emit(EventKind.DriverAccess, f, works ? 0 : 1, 0, 0, 0, -1, -1);
        AccessConfig(f, raw);
        TouchCpu(m.F[f].Spec.Cpu);
        if (works)
        {
            word |= 1UL << (FunctionBits.CommandedShift + m.F[f].Source.Length - 1);
            SetCause(m.CauseOfFunction(f), raw);
            TouchSources(f);
        }
    }

    // vfio_intx_handler: its own note that the pin is masked comes first, then pci_check_and_mask_intx looks at Status.Interrupt alone.
    private bool IsUpForGuest(int f)
    {
        var word = s[m.FunctionWord + f];
        return (word & (FunctionBits.WaitsForGuest | FunctionBits.D3hot)) == 0 && m.F[f].WantsAttention(word);
    }

    /// <summary>vfio_intx_handler: INTx-Disable is set and the guest told; true if the pin was up (domain 6.4).</summary>
    private bool LeaveToGuest(int f, long why)
    {
        if (!IsUpForGuest(f))
        {
            return false;
        }

        s[m.FunctionWord + f] |= FunctionBits.WaitsForGuest;
        WriteCommand(f, FunctionBits.IntxDisable, true, -1, why);
        TouchSources(f);
        return true;
    }

    /// <summary>The guest has served its interrupt: the host opens the pin again.</summary>
    private void GuestServed(int f)
    {
        s[m.FunctionWord + f] &= ~FunctionBits.WaitsForGuest;
        var raw = Emit(EventKind.DriverAccess, f, IsSet(f, FunctionBits.Running) && !IsSet(f, FunctionBits.D3hot) ? 0 : 1, 0, 0, 0, -1, Cause(m.CauseOfFunction(f)));
        Service(f, true, raw);
        WriteCommand(f, FunctionBits.IntxDisable, false, -1, raw);
    }
}
