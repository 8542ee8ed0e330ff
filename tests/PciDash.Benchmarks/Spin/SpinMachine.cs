using System.Globalization;
using System.Text;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Benchmarks;

/// <summary>A machine as the Promela model is told of it: which function is what. What they do is written there a second time.</summary>
internal static class SpinMachine
{
    private const int MaxLines = 4;
    private const int MaxFunctions = 10;

    /// <summary>The text of machine.h.</summary>
    /// <exception cref="ArgumentException">The model does not know such machines; the message says why.</exception>
    public static string Header(CompiledMachine m)
    {
        var boot = m.Boots[0].Spec;
        Demand(m.Boots.Count == 1 && boot.Path == ShutdownPath.Reboot && boot.Release.Version == "4.1", "one boot of Linux 4.1 that ends in a reboot");
        Demand(boot.Policy == ShutdownPolicy.P4 || boot.Policy == ShutdownPolicy.Seed, "policy P4 or seed");
        Demand(m.Scenario.Platform == Platform.Q35, "the platform q35");
        Demand(boot is { NoIrqDebug: false, IrqFixup: IrqFixup.Off, ThreadIrqs: false }, "no noirqdebug, irqfixup or threadirqs");
        Demand(m.CpuCount <= 2 && m.L.Length is > 0 and <= MaxLines && m.F.Length <= MaxFunctions, "at most 2 CPUs, 4 lines and 10 functions");
        var every = Enumerable.Range(0, m.L.Length).ToArray();
        foreach (var f in m.F)
        {
            Demand(f.Device.IsVirtio || f.Device.Id is "uhci" or "ahci", "functions of virtio-pci, uhci and ahci");
            Demand(!f.Device.IsVirtio || m.Boots[0].Modes[f.Index] == InterruptMode.Msix, "virtio with MSI-X");
            Demand(f.Spec.Events.Count <= 1, "one source of events a function");
            Demand(f.LinesOfItsPins.SequenceEqual(every), "functions whose four pins end on all of the machine's lines");
        }

        var lineCpus = Set(m.L, l => m.Slot[m.Boots[0].LineSlots[l.Index]].Cpu != 0, l => l.Index);
        var text = new StringBuilder();
        void Define(string name, int value) => text.Append(CultureInfo.InvariantCulture, $"#define {name} {value}\n");
        Define("FUNCTIONS", m.F.Length);
        Define("LINES", m.L.Length);
        Define("CPUS", m.CpuCount);
        Define("MSIX", Functions(m, f => m.Boots[0].Modes[f.Index] == InterruptMode.Msix));
        Define("MSI", Functions(m, f => m.Boots[0].Modes[f.Index] == InterruptMode.Msi));
        Define("INTX", Functions(m, f => m.Boots[0].Modes[f.Index] == InterruptMode.Intx));
        Define("VIRTIO", Functions(m, f => f.Device.IsVirtio));
        Define("QUIESCED", Functions(m, f => f.Device.Id == "uhci"));
        Define("BUSY", Functions(m, f => f.Spec.Events.Count > 0));
        Define("LINE_OF", m.F.Sum(f => f.Line << (2 * f.Index)));
        for (var line = 0; line < MaxLines; line++)
        {
            Define("ON_LINE" + line.ToString(CultureInfo.InvariantCulture), Functions(m, f => f.Line == line));
        }

        Define("CPU_OF", Functions(m, f => f.Spec.Cpu != 0));
        Define("LINE_CPU", lineCpus);
        Define("MSI_OFF", boot.Policy == ShutdownPolicy.P4 ? 1 : 0);
        return text.ToString();
    }

    private static int Functions(CompiledMachine m, Func<MachineFunction, bool> has) => Set(m.F, has, f => f.Index);

    private static int Set<T>(IEnumerable<T> all, Func<T, bool> has, Func<T, int> index) => all.Where(has).Sum(t => 1 << index(t));

    private static void Demand(bool holds, string what)
    {
        if (!holds)
        {
            throw new ArgumentException($"Spin/shutdown.pml models only machines with {what}");
        }
    }
}
