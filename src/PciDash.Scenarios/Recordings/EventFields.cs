using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>Takes the fields of one event, in order.</summary>
internal interface IFieldSink
{
    void Text(string name, string value);

    void Number(string name, long value);
}

/// <summary>The engine's events in the words that recordings of real kernels use: names and addresses, no indices.</summary>
internal sealed class EventFields(CompiledMachine machine)
{
    private static readonly string[] Kinds =
    [
        "phase", "driver_shutdown", "stimulus", "cfg_command", "cfg_msi", "cfg_msix", "vector_mask", "device_event", "msi_write", "intx", "line",
        "ioapic_pin", "irq_delivered", "handler", "eoi", "request_irq", "free_irq", "nobody_cared", "irq_disabled", "irq_polled", "reset",
        "virtio_status", "dma", "power_state", "unsupported_request", "virtio_config", "driver_access", "irq_thread", "remapping",
    ];

    private static readonly string[] MsiResults =
    [
        "delivered", "latched-irr", "dropped-bme", "dropped-bridge", "pending-masked", "latched-bme", "unassigned-vector", "aliased",
        "remap-fault", "dropped-d3hot", "wrong-mode",
    ];

    private static readonly string[] Deliveries = ["flow-handler", "lazy-masked", "unknown-vector"];
    private static readonly string[] Resets = ["device status", "platform", "flr", "d3hot", "bus"];
    private static readonly string[] DmaTargets = ["own-kernel", "next-kernel", "blocked"];
    private static readonly string[] Tables = ["new", "copied"];
    private static readonly string[] Edges = ["enter", "exit"];

    // irqreturn_t is a set of bits; a sum of several handlers can hold both.
    private static readonly string[] Returns = ["IRQ_NONE", "IRQ_HANDLED", "IRQ_WAKE_THREAD", "IRQ_HANDLED|IRQ_WAKE_THREAD"];

    private readonly int[] functionOfVector = [.. machine.Functions.SelectMany(f => Enumerable.Repeat(f.Index, f.VectorCount))];

    /// <summary>Every field that an event can have, in the order of the columns of a table.</summary>
    public static readonly string[] Names =
    [
        "name", "bdf", "driver", "edge", "what", "operands", "old", "new", "bme", "intx_disable", "enable", "maskall", "pin", "gsi", "irq",
        "asserted", "entry", "masked", "vector", "cpu", "result", "outcome", "action", "ret", "revived", "irq_count", "irqs_unhandled", "how",
        "value", "target", "bridge", "offset", "expected_offset", "torn_down", "table", "kind",
    ];

    public static string Kind(EventKind kind) => Kinds[(int)kind];

    /// <summary>The boot that runs from this event on: drivers and their handlers are its own.</summary>
    public static int BootAfter(in MachineEvent e, int boot) => e.Kind == EventKind.Phase ? e.B : boot;

    /// <summary>An instruction caused it; a phase is named by itself.</summary>
    public static bool HasWhere(in MachineEvent e) => e.Origin >= 0 && e.Kind != EventKind.Phase;

    public void Write<TSink>(in MachineEvent e, int boot, ref TSink sink)
        where TSink : IFieldSink
    {
        switch (e.Kind)
        {
            case EventKind.Phase:
                sink.Text("name", machine.Names[e.A]);
                break;
            case EventKind.DriverShutdown:
                Bdf(e, ref sink);
                if (machine.Boots[boot].Drivers[e.Subject] is { } driver)
                {
                    sink.Text("driver", driver.Id);
                }

                sink.Text("edge", Edges[e.A]);
                break;
            case EventKind.Stimulus:
                Bdf(e, ref sink);
                var text = machine.Names[e.A];
                var space = text.IndexOf(' ', StringComparison.Ordinal);
                sink.Text("what", space < 0 ? text : text[..space]);
                if (space >= 0)
                {
                    sink.Text("operands", text[(space + 1)..]);
                }

                break;
            case EventKind.CfgCommand:
                Bdf(e, ref sink);
                sink.Text("old", Node.Invariant($"0x{e.A:x4}"));
                sink.Text("new", Node.Invariant($"0x{e.B:x4}"));
                sink.Number("bme", (e.B >> 2) & 1);
                sink.Number("intx_disable", (e.B >> 10) & 1);
                break;
            case EventKind.CfgMsi:
                Bdf(e, ref sink);
                sink.Number("enable", e.A);
                break;
            case EventKind.CfgMsix:
                Bdf(e, ref sink);
                sink.Number("enable", e.A);
                sink.Number("maskall", e.B);
                break;
            case EventKind.VectorMask:
                Bdf(e, ref sink);
                sink.Number("entry", e.A);
                sink.Number("masked", e.B);
                break;
            case EventKind.DeviceEvent:
                Bdf(e, ref sink);
                sink.Text("what", machine.Functions[e.Subject].Sources[e.A].What);
                break;
            case EventKind.MsiWrite:
                MsiWrite(e, ref sink);
                break;
            case EventKind.Intx:
                Bdf(e, ref sink);
                sink.Text("pin", "INT" + machine.Functions[e.Subject].Device.Pin);
                sink.Number("asserted", e.A);
                break;
            case EventKind.Line:
                sink.Number("gsi", Gsi(e));
                sink.Number("asserted", e.A);
                break;
            case EventKind.IoapicPin:
                sink.Number("gsi", Gsi(e));
                sink.Number("masked", e.A);
                break;
            case EventKind.IrqDelivered:
                Delivered(e, ref sink);
                break;
            case EventKind.Handler:
                Bdf(e, ref sink);
                sink.Text("edge", Edges[e.C & 1]);
                sink.Number("irq", e.A);
                sink.Number("cpu", e.B);
                sink.Text("action", Action(e.Subject, e.D, boot));
                if ((e.C & 1) != 0)
                {
                    sink.Text("ret", Returns[e.C >> 4]);
                }

                break;
            case EventKind.Eoi:
                sink.Number("gsi", Gsi(e));
                break;
            case EventKind.RequestIrq:
                Bdf(e, ref sink);
                sink.Number("irq", e.A);
                sink.Text("action", Action(e.Subject, e.D, boot));
                sink.Number("revived", e.B);
                break;
            case EventKind.FreeIrq:
                Bdf(e, ref sink);
                sink.Number("irq", e.A);
                sink.Text("action", Action(e.Subject, e.D, boot));
                break;
            case EventKind.NobodyCared:
                sink.Number("irq", machine.IrqOf(e.Subject).Value);
                if (e.A >= 0)
                {
                    // A path of the untimed relation has no counters.
                    sink.Number("irq_count", e.A);
                    sink.Number("irqs_unhandled", e.B);
                }

                break;
            case EventKind.IrqDisabled:
                sink.Number("irq", machine.IrqOf(e.Subject).Value);
                break;
            case EventKind.IrqPolled:
                sink.Number("irq", Gsi(e));
                sink.Text("ret", Returns[e.A]);
                break;
            case EventKind.Reset:
                Bdf(e, ref sink);
                sink.Text("how", Resets[e.A]);
                break;
            case EventKind.VirtioStatus:
                Bdf(e, ref sink);
                sink.Number("value", e.A);
                break;
            case EventKind.Dma:
                Bdf(e, ref sink);
                sink.Text("target", DmaTargets[e.A]);
                break;
            case EventKind.PowerState:
                Bdf(e, ref sink);
                sink.Text("value", e.A == 0 ? "D0" : "D3hot");
                break;
            case EventKind.UnsupportedRequest:
                Bdf(e, ref sink);
                sink.Text("bridge", machine.Functions[e.A].Bdf.ToString());
                break;
            case EventKind.VirtioConfig:
                Bdf(e, ref sink);
                sink.Number("offset", e.A);
                sink.Number("expected_offset", e.B);
                break;
            case EventKind.DriverAccess:
                Bdf(e, ref sink);
                sink.Number("torn_down", e.A);
                break;
            case EventKind.IrqThread:
                Bdf(e, ref sink);
                sink.Number("irq", e.A);
                sink.Number("cpu", e.B);
                sink.Text("action", Action(e.Subject, e.D, boot));
                sink.Text("ret", Returns[e.C]);
                break;
            case EventKind.Remapping:
                sink.Text("table", Tables[e.A]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(e), e.Kind, "an event without words");
        }
    }

    private int Gsi(in MachineEvent e) => machine.Lines[e.Subject].Gsi.Value;

    private void Bdf<TSink>(in MachineEvent e, ref TSink sink)
        where TSink : IFieldSink
    {
        if (e.Subject >= 0)
        {
            sink.Text("bdf", machine.Functions[e.Subject].Bdf.ToString());
        }
    }

    private void MsiWrite<TSink>(in MachineEvent e, ref TSink sink)
        where TSink : IFieldSink
    {
        Bdf(e, ref sink);
        sink.Number("entry", e.A);
        if (e.B != 0)
        {
            sink.Number("vector", e.B & 0xFFFF);
            sink.Number("cpu", e.B >> 16);
        }

        sink.Text("result", MsiResults[e.C]);
    }

    private void Delivered<TSink>(in MachineEvent e, ref TSink sink)
        where TSink : IFieldSink
    {
        if (e.Subject >= machine.Lines.Count)
        {
            sink.Text("bdf", machine.Functions[functionOfVector[e.Subject - machine.Lines.Count]].Bdf.ToString());
            sink.Number("irq", machine.IrqOf(e.Subject).Value);
        }
        else if (e.Subject >= 0)
        {
            sink.Number("gsi", Gsi(e));
        }

        sink.Number("vector", e.B);
        sink.Number("cpu", e.A);
        sink.Text("outcome", Deliveries[e.C]);
    }

    // As the kernel prints it under "handlers:".
    private string Action(int function, int descriptor, int boot) =>
        machine.Boots[boot].Drivers[function] is not { } driver ? ""
            : descriptor < machine.Lines.Count ? driver.IntxHandler.Symbol : driver.VectorHandler.Symbol;
}
