using PciDash.Engine.Devices;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Tests.Twin;

internal sealed class TwinEntry
{
    public bool Masked { get; set; } = true;

    public bool Pending { get; set; }

    public int? WrittenBy { get; set; }
}

internal sealed class TwinFunction(MachineFunction compiled)
{
    public int Index => compiled.Index;

    public DeviceModel Device => compiled.Device;

    public IReadOnlyList<EventSource> Sources => compiled.Sources;

    public int FirstSource => compiled.FirstSource;

    public int FirstVector => compiled.FirstVector;

    public List<TwinEntry> Entries { get; } = [.. Enumerable.Range(0, compiled.VectorCount).Select(_ => new TwinEntry())];

    public TwinFunction? Bridge { get; set; }

    public TwinLine? Line { get; set; }

    // What configuration space shows.
    public bool BusMaster { get; set; }

    public bool IntxDisable { get; set; }

    public bool MsiEnable { get; set; }

    public bool MsixEnable { get; set; }

    public bool FunctionMask { get; set; }

    // What the device knows.
    public bool Running { get; set; }

    public HashSet<int> Causes { get; } = [];

    public HashSet<int> NotLookedAt { get; } = [];

    public Dictionary<int, int> Fired { get; } = Enumerable.Range(0, compiled.Sources.Count).ToDictionary(i => i, _ => 0);

    public bool Notified { get; set; }

    public bool Latched { get; set; }

    public bool CommandUnderWay { get; set; }

    // What the kernel knows.
    public bool KernelMsi { get; set; }

    public bool KernelMsix { get; set; }

    public bool VectorActions { get; set; }

    public bool Awaiting { get; set; }

    public bool ShutdownEntered { get; set; }

    public bool ShutdownReturned { get; set; }

    public bool LineAction => Line is not null && Line.Chain.Any(a => a.Function == this && a.Registered);

    // 5.5: before the gate.
    public bool Condition => Device.IntxCondition == IntxCondition.LatchedAtNotify ? Notified : Causes.Count > 0;

    // 5.3.
    public bool Pin => Line is not null && Condition && !IntxDisable && !MsiEnable && !MsixEnable;

    public bool PinWas { get; set; }

    public bool MayFire(int source)
    {
        if (!Running)
        {
            return false;
        }

        if (source == Sources.Count - 1)
        {
            return CommandUnderWay;
        }

        var once = Sources[source].OncePerService ?? Device.OncePerService;
        return !(once && NotLookedAt.Contains(source)) && (Sources[source].Count == 0 || Fired[source] < Sources[source].Count);
    }

    public void Silence()
    {
        Running = Notified = Latched = CommandUnderWay = false;
        Causes.Clear();
        NotLookedAt.Clear();
    }

    public void Reset()
    {
        Silence();
        BusMaster = IntxDisable = MsiEnable = MsixEnable = FunctionMask = false;
        foreach (var entry in Entries)
        {
            (entry.Masked, entry.Pending, entry.WrittenBy) = (true, false, null);
        }
    }
}

internal sealed class TwinAction(TwinFunction function, HandlerModel handler)
{
    public TwinFunction Function { get; } = function;

    public HandlerModel Handler { get; } = handler;

    public bool Registered { get; set; }
}

internal sealed class TwinLine(int index)
{
    public int Index { get; } = index;

    public List<TwinFunction> Wires { get; } = [];

    public bool Level => Wires.Any(w => w.PinWas);

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

    public bool SpuriousDisabled { get; set; }

    public bool Requested { get; set; }

    public int IrqCount { get; set; }

    public int Unhandled { get; set; }

    public long LastUnhandled { get; set; }

    public long Interrupts { get; set; }

    /// <summary>The next action that is registered, after a given one or from the start.</summary>
    public TwinAction? FirstAction(TwinAction? after) => Chain.Skip(after is null ? 0 : Chain.IndexOf(after) + 1).FirstOrDefault(a => a.Registered);
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

    public TwinAction? Action { get; set; }

    public TwinStage At { get; set; }

    public bool Returned { get; set; }

    public bool Handled { get; set; }
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
