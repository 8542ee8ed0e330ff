using PciDash.Engine.Devices;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Tests.Twin;

/// <summary>What spurious.c keeps of an irq, a line's or a vector's.</summary>
internal abstract class TwinIrq
{
    /// <summary>Its number among the descriptors: lines, then vectors.</summary>
    public required int Descriptor { get; init; }

    public bool SpuriousDisabled { get; set; }

    public int IrqCount { get; set; }

    public int Unhandled { get; set; }

    public long LastUnhandled { get; set; }

    public long Interrupts { get; set; }

    // threads_handled, threads_handled_last and SPURIOUS_DEFERRED.
    public int ThreadsHandled { get; set; }

    public int ThreadsHandledLast { get; set; }

    public bool Deferred { get; set; }

    public void ForgetIrq()
    {
        SpuriousDisabled = Deferred = false;
        IrqCount = Unhandled = ThreadsHandled = ThreadsHandledLast = 0;
        LastUnhandled = Interrupts = 0;
    }

    public void ForgetCounts()
    {
        IrqCount = Unhandled = 0;
        LastUnhandled = 0;
    }
}

internal sealed class TwinEntry : TwinIrq
{
    /// <summary>IRQS_PENDING.</summary>
    public bool Remembered { get; set; }

    /// <summary>Each vector's action has a thread of its own.</summary>
    public bool ThreadWoken { get; set; }

    public void ForgetKernel()
    {
        ForgetIrq();
        Remembered = ThreadWoken = false;
    }

    public bool Masked { get; set; }

    public bool Pending { get; set; }

    public int? WrittenBy { get; set; }
}

internal sealed class TwinFunction
{
    private readonly MachineFunction compiled;

    public TwinFunction(MachineFunction compiled, int lines)
    {
        this.compiled = compiled;
        Entries = [.. Enumerable.Range(0, compiled.VectorCount).Select(n => new TwinEntry { Descriptor = lines + compiled.FirstVector + n })];
        Fired = Enumerable.Range(0, compiled.Sources.Count).ToDictionary(i => i, _ => 0);
        ResetEntries();
        LeaveAsFirmwareDoes();
    }

    public int Index => compiled.Index;

    public int Cpu => compiled.Spec.Cpu;

    public DeviceModel Device => compiled.Device;

    public IReadOnlyList<EventSource> Sources => compiled.Sources;

    public int FirstSource => compiled.FirstSource;

    public int FirstVector => compiled.FirstVector;

    public List<TwinEntry> Entries { get; }

    public TwinFunction? Bridge { get; set; }

    public TwinLine? Line { get; set; }

    // What configuration space shows.
    public bool BusMaster { get; set; }

    public bool IntxDisable { get; set; }

    public bool MsiEnable { get; set; }

    public bool MsixEnable { get; set; }

    public bool FunctionMask { get; set; }

    public bool D3hot { get; set; }

    // What the device knows.
    public bool Running { get; set; }

    public bool NoTraffic { get; set; }

    public HashSet<int> Causes { get; } = [];

    public HashSet<int> NotLookedAt { get; } = [];

    public Dictionary<int, int> Fired { get; }

    public bool Notified { get; set; }

    /// <summary>5.7: the vector whose message waits for Bus Master Enable; the last one, if there were several.</summary>
    public int? MessageWaits { get; set; }

    public bool TransferWaits { get; set; }

    public bool CommandUnderWay { get; set; }

    /// <summary>The boot whose driver started it, and so gave it its buffers and told it its vectors.</summary>
    public int? StartedBy { get; set; }

    public bool FirmwareSendsMessages { get; set; }

    // What the kernel knows.
    public bool KernelMsi { get; set; }

    public bool KernelMsix { get; set; }

    public bool DriverMsix { get; set; }

    public bool VectorActions { get; set; }

    public bool Awaiting { get; set; }

    public bool ThreadWoken { get; set; }

    public bool Broken { get; set; }

    public bool DriverHasStarted { get; set; }

    /// <summary>vfio's ctx.masked.</summary>
    public bool MaskedForGuest { get; set; }

    public bool ShutdownEntered { get; set; }

    public bool ShutdownReturned { get; set; }

    public bool LineAction => Line is not null && Line.Chain.Any(a => a.Function == this && a.Registered);

    public bool MsiHasMasks => Device.MsiPerVectorMask;

    // Masks that count now: MSI has them only where its capability says so (5.6).
    public bool MaskBitsWork => MsixEnable || (MsiEnable && MsiHasMasks);

    // 5.5: before the gate.
    public bool Condition => Device.IntxCondition == IntxCondition.LatchedAtNotify ? Notified : Causes.Count > 0;

    // 5.3, with 2.6 for the bit that gates nothing and 5.12 for D3hot.
    public bool Pin =>
        Line is not null && Condition && !MsiEnable && !MsixEnable && !D3hot && !(IntxDisable && Device.IntxDisableBit == IntxDisableBit.Works);

    public bool PinWas { get; set; }

    public bool Works => Running && !D3hot;

    /// <summary>The driver's own thread, its guest: whose doing the source is, if not the device's.</summary>
    public bool IsOf(int source, string what) => Sources[source].What == what;

    public bool MayFire(int source)
    {
        if (!Works)
        {
            return false;
        }

        if (source == Sources.Count - 1)
        {
            return CommandUnderWay;
        }

        var once = Sources[source].OncePerService ?? Device.OncePerService;
        return !NoTraffic && !(once && NotLookedAt.Contains(source)) && HasAnother(source);
    }

    public bool HasAnother(int source) => Sources[source].Count == 0 || Fired[source] < Sources[source].Count;

    public void Silence()
    {
        Running = Notified = TransferWaits = CommandUnderWay = false;
        StartedBy = MessageWaits = null;
        Causes.Clear();
        NotLookedAt.Clear();
    }

    public void Reset()
    {
        Silence();
        BusMaster = IntxDisable = MsiEnable = MsixEnable = FunctionMask = D3hot = FirmwareSendsMessages = false;
        ResetEntries();
    }

    public void LeaveAsFirmwareDoes()
    {
        BusMaster |= compiled.Spec.FirmwareBusMaster;
        Running |= compiled.Spec.LeftRunning;
    }

    public void ForgetKernel()
    {
        Entries.ForEach(e => e.ForgetKernel());
        KernelMsi = KernelMsix = DriverMsix = VectorActions = Awaiting = ThreadWoken = Broken = DriverHasStarted = MaskedForGuest = ShutdownEntered = ShutdownReturned = false;
    }

    // Entries of an MSI-X table are masked after a reset, messages of MSI are not ("unmasked as initial state", 2.1).
    private void ResetEntries()
    {
        foreach (var entry in Entries)
        {
            (entry.Masked, entry.Pending, entry.WrittenBy) = (Device.MsixTableSize > 0, false, null);
        }
    }
}

internal sealed class TwinAction(TwinFunction function, HandlerModel handler)
{
    public TwinFunction Function { get; } = function;

    public HandlerModel Handler { get; } = handler;

    public bool Registered { get; set; }
}

internal sealed class TwinLine : TwinIrq
{
    public int Index => Descriptor;

    public List<TwinFunction> Wires { get; } = [];

    // 5.13: the lines that the chipset raises as this one while their pins are masked, and the one it raises for this.
    public List<TwinLine> RaisedFor { get; } = [];

    public TwinLine? RaisedAs { get; set; }

    public bool ChipsetReroutes { get; set; } = true;

    public bool Level => Wires.Any(w => w.PinWas) || (ChipsetReroutes && RaisedFor.Any(l => l.Level && l.Masked));

    // The pin of the IO-APIC.
    public bool Masked { get; set; } = true;

    public bool LevelMode { get; set; }

    public bool RemoteIrr { get; set; }

    public bool Remembered { get; set; }

    public bool Paused { get; set; }

    public int InARow { get; set; }

    // The irq descriptor.
    public List<TwinAction> Chain { get; } = [];

    public bool Disabled { get; set; } = true;

    public bool Requested { get; set; }

    /// <summary>The next action that is registered, after a given one or from the start.</summary>
    public TwinAction? FirstAction(TwinAction? after) => Chain.Skip(after is null ? 0 : Chain.IndexOf(after) + 1).FirstOrDefault(a => a.Registered);

    public void ForgetKernel()
    {
        Chain.Clear();
        ForgetIrq();
        Requested = false;
        Disabled = true;
    }
}

internal enum TwinStage
{
    BeforeHandler,
    InHandler,
    BeforeNote,
    BeforeEoi,
}

internal sealed class TwinContext
{
    public TwinLine? Line { get; init; }

    /// <summary>The vector's, for an edge irq.</summary>
    public TwinEntry? Entry { get; init; }

    public TwinIrq Irq => Line is null ? Entry! : Line;

    public TwinAction? Action { get; set; }

    public TwinStage At { get; set; }

    public IrqReturn Returned { get; set; }

    public bool Handled { get; set; }

    public bool Woke { get; set; }
}

internal sealed class TwinCpu(int number)
{
    public int Number { get; } = number;

    public bool IrqsOff { get; set; }

    public bool Stopped { get; set; }

    public bool TakesInterrupts => !IrqsOff && !Stopped;

    /// <summary>IRR: vector to slot.</summary>
    public Dictionary<int, int> Requests { get; } = [];

    public TwinContext? Interrupt { get; set; }
}
