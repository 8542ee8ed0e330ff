using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

// How a boot ends: callbacks, the core's steps after them, machine_shutdown, the jump (domain 1, 3).
internal sealed partial class ProgramWriter
{
    private void AppendShutdown(int b)
    {
        var boot = boots[b];
        switch (boot.Path)
        {
            case ShutdownPath.None:
                return;
            case ShutdownPath.Kdump:
                Phase("machine_crash_shutdown", "arch/x86/kernel/crash.c: no callback of any driver runs");
                Append(new Step(Op.LocalIrqDisable, Where: "native_machine_crash_shutdown", Source: "arch/x86/kernel/crash.c"), -1);
                Append(new Step(Op.StopOtherCpus, 1, Where: "nmi_shootdown_cpus", Source: "arch/x86/kernel/crash.c"), -1);
                MaskPins("native_machine_crash_shutdown → clear_IO_APIC");
                AppendJump();
                return;
        }

        Phase("device_shutdown", "drivers/base/core.c");
        var probeOrder = plan.ProbeOrderOf(b);
        foreach (var f in probeOrder.Reverse())
        {
            foreach (var step in OnThisPath(b, plan.BoundAtEnd(b, f)?.ChildShutdown(boot.Release)))
            {
                Append(step, f);
            }
        }

        var order = boot.Release.Order == ShutdownOrder.ReverseProbe
            ? probeOrder.Where(f => plan.DriverOf(b, f) is null).Concat(probeOrder.Where(f => plan.DriverOf(b, f) is not null)).Reverse()
            : Enumerable.Range(0, functions.Length).Reverse();
        foreach (var f in order)
        {
            AppendDeviceShutdown(b, f);
        }

        Append(new Step(Op.Delay, Cost: Cost.BetweenPhases), -1);
        Phase("machine_shutdown", "arch/x86/kernel/reboot.c: native_machine_shutdown");
        AppendMachineShutdown(boot.Release.MachineShutdown);
        if (boot.Path == ShutdownPath.Kexec)
        {
            AppendJump();
            return;
        }

        Phase(boot.Path == ShutdownPath.Poweroff ? "off" : "firmware", "");
        Append(new Step(Op.PlatformReset, Where: boot.Path == ShutdownPath.Poweroff ? "machine_power_off" : "machine_restart", Source: "arch/x86/kernel/reboot.c"), -1);
        if (b < boots.Count - 1)
        {
            // The firmware starts the next kernel on a machine that has just been reset.
            Append(new Step(Op.Jump), -1);
        }
    }

    // native_machine_shutdown, domain 3.3.
    private void AppendMachineShutdown(MachineShutdownOrder order)
    {
        const string Where = "native_machine_shutdown → ";
        const string Source = "arch/x86/kernel/reboot.c";
        var stop = new Step(Op.StopOtherCpus, Where: Where + "stop_other_cpus", Source: Source);
        switch (order)
        {
            case MachineShutdownOrder.PinsFirst:
                MaskPins(Where + "disable_IO_APIC");
                Append(new Step(Op.LocalIrqDisable, Where: Where + "local_irq_disable", Source: Source), -1);
                Append(stop, -1);
                break;
            case MachineShutdownOrder.ApicsThenPins:
                Append(stop, -1);
                Append(new Step(Op.LocalIrqDisable, Where: Where + "lapic_shutdown", Source: Source), -1);
                MaskPins(Where + "disable_IO_APIC");
                break;
            default:
                Append(stop, -1);
                MaskPins(Where + "disable_IO_APIC");
                Append(new Step(Op.LocalIrqDisable, Where: "machine_kexec → local_irq_disable", Source: "arch/x86/kernel/machine_kexec_64.c"), -1);
                break;
        }
    }

    private IEnumerable<Step> OnThisPath(int b, IEnumerable<Step>? steps) => (steps ?? []).Where(s => s.Only is null || s.Only == boots[b].Path);

    private void AppendDeviceShutdown(int b, int f)
    {
        var boot = boots[b];
        Append(new Step(Op.Delay, Cost: Cost.PerDevice), f);
        Append(new Step(Op.ShutdownEnter, Where: "device_shutdown → pci_device_shutdown", Source: "drivers/pci/pci-driver.c"), f);
        var driver = plan.BoundAtEnd(b, f);
        foreach (var step in boot.Policy.ReplacesDriver ? [] : OnThisPath(b, driver?.Shutdown(boot.Release)))
        {
            Append(step, f);
        }

        foreach (var step in boot.Policy.Steps.Where(p => IsDone(p, b, f)))
        {
            Append(step.Step, f);
        }

        Append(new Step(Op.ShutdownExit, Where: "pci_device_shutdown", Source: "drivers/pci/pci-driver.c"), f);
    }

    private bool IsDone(PolicyStep step, int b, int f)
    {
        var boot = boots[b];
        return (step.Step.Only is null || step.Step.Only == boot.Path)
            && (!step.KexecOnly || boot.Path == ShutdownPath.Kexec)
            && (step.Since is null || boot.Release.IsSince(step.Since))
            && (!(step.BoundOnly || TakesIrq(step.Step)) || plan.BoundAtEnd(b, f) is not null)
            && (!step.EnabledOnly || WasEnabled(b, f));
    }

    // Where there is no driver there is no handler to give to request_irq.
    private static bool TakesIrq(Step step) => step.Op == Op.RequestLine;

    // pci_enable_device puts it into D0, and pci_enable_bridge does so for the bridges above; until then its power state is PCI_UNKNOWN.
    private bool WasEnabled(int b, int f) =>
        Enumerable.Range(0, functions.Length).Any(g => plan.BoundAtEnd(b, g) is not null && (g == f || BridgesAbove(g).Contains(f)));

    private void AppendJump()
    {
        Phase("machine_kexec", "arch/x86/kernel/machine_kexec_64.c");
        Append(new Step(Op.Jump), -1);
    }

    private void MaskPins(string where)
    {
        for (var i = 0; i < scenario.Platform.OtherPinWrites; i++)
        {
            Append(new Step(Op.WriteOtherPin, Cost: Cost.IoapicWrite, Where: where, Source: "arch/x86/kernel/apic/io_apic.c"), -1);
        }

        foreach (var line in lines)
        {
            // clear_IO_APIC_pin: one write that masks, one that leaves the entry in its reset state.
            Append(new Step(Op.MaskPin, line.Index, Cost: Cost.IoapicWrite, Where: where, Source: "arch/x86/kernel/apic/io_apic.c"), -1);
            Append(new Step(Op.ClearPin, line.Index, Cost: Cost.IoapicWrite, Where: where, Source: "arch/x86/kernel/apic/io_apic.c"), -1);
        }
    }
}
