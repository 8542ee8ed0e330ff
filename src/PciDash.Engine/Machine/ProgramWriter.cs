using System.Globalization;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

/// <summary>Writes the program of the task on CPU 0: every boot's probes, what is done to it, its shutdown, and the jump into the next.</summary>
internal sealed partial class ProgramWriter(
    Scenario scenario, IReadOnlyList<BootSpec> boots, BootPlan plan, MachineFunction[] functions, MachineLine[] lines, Dictionary<Bdf, int> index)
{
    private readonly List<Instruction> program = [];
    private readonly List<int> firstOfBoot = [];
    private readonly List<string> names = [];
    private readonly Dictionary<string, int> nameIndex = [];
    private readonly List<Origin> origins = [];
    private readonly Dictionary<Origin, int> originIndex = [];

    /// <summary>The instructions.</summary>
    public IReadOnlyList<Instruction> Program => program;

    /// <summary>Names of phases and stimuli.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>Where instructions come from.</summary>
    public IReadOnlyList<Origin> Origins => origins;

    /// <summary>For each line the functions that request its irq in a boot, in that order, as often as they do.</summary>
    public IReadOnlyList<int[]> RequestsOf(int b)
    {
        var end = b + 1 < firstOfBoot.Count ? firstOfBoot[b + 1] : program.Count;
        var requests = lines.Select(_ => new List<int>()).ToArray();
        foreach (var i in program.Take(end).Skip(firstOfBoot[b]).Where(i => i.Op == Op.RequestLine && functions[i.Function].Line >= 0))
        {
            var line = requests[functions[i.Function].Line];
            if (line.Count(f => f == i.Function) == i.B)
            {
                line.Add(i.Function);
            }
        }

        return [.. requests.Select(r => r.ToArray())];
    }

    // Which request of the boot each is (FunctionBits.Request).
    private void NumberRequests(int first)
    {
        var requests = new int[functions.Length];
        for (var pc = first; pc < program.Count; pc++)
        {
            if (program[pc] is { Op: Op.RequestLine } i)
            {
                program[pc] = i with { B = Math.Min(requests[i.Function]++, FunctionBits.MaxRequests - 1) };
            }
        }
    }

    /// <summary>Writes it; the place at which the run begins.</summary>
    public int Write()
    {
        var start = -1;
        for (var b = 0; b < boots.Count; b++)
        {
            firstOfBoot.Add(program.Count);
            if (b > 0)
            {
                AppendBoot(b);
            }
            else
            {
                AppendRemapping(b);
                AppendQuirks(b, early: true);
                AppendQuirks(b, early: false);
                AppendBootInterruptQuirk(b);
            }

            AppendProbes(b);
            if (b == 0)
            {
                start = program.Count;
            }

            Phase("running", "");
            Append(new Step(Op.Delay, Cost: Cost.Running), -1);
            AppendStimuli(b);
            AppendShutdown(b);
            NumberRequests(firstOfBoot[b]);
        }

        Append(new Step(Op.End), -1);
        return start;
    }

    private void AppendBoot(int b)
    {
        Phase("early-boot", "purgatory, decompression, setup_arch: interrupts off, every pin masked");
        Append(new Step(Op.Delay, Cost: Cost.EarlyBoot), -1);
        if (boots[b].ClearMsi)
        {
            const string Clear = "early_quirks → pci=clearmsi";
            const string Lp = "Piccoli, LP#1797990; never merged: segment 0 and x86 only";
            foreach (var f in functions)
            {
                Append(new Step(Op.MsiEnable, 0, Guard.HardwareMsi, Cost.ConfigWrite, Clear, Lp), f.Index);
                Append(new Step(Op.MsixEnable, 0, Guard.HardwareMsix, Cost.ConfigWrite, Clear, Lp), f.Index);
            }
        }

        AppendQuirks(b, early: true);
        Phase("local_irq_enable", "init/main.c: start_kernel");
        Append(new Step(Op.LocalIrqEnable, Where: "start_kernel → local_irq_enable", Source: "init/main.c"), -1);
        AppendRemapping(b);
        foreach (var l in lines)
        {
            Append(new Step(Op.ClearPin, l.Index, Where: "apic_intr_mode_init → clear_IO_APIC", Source: "arch/x86/kernel/apic/io_apic.c"), -1);
        }

        if (boots[b].Cpus > 1)
        {
            Append(new Step(Op.StartOtherCpus, Where: "kernel_init_freeable → smp_init", Source: "init/main.c"), -1);
        }

        Append(new Step(Op.Delay, Cost: Cost.UntilScan), -1);
        Phase("enumeration", "drivers/pci/probe.c: pci_scan_child_bus");
        const string Setup = "pci_setup_device";
        foreach (var f in functions)
        {
            if (boots[b].Release.ProbesIntxDisable)
            {
                // Twice: it is left as it was found (recordings README, 5).
                Append(new Step(Op.ToggleIntxDisable, Cost: Cost.ConfigWrite, Where: Setup + " → pci_intx_mask_broken", Source: "99b3c58f6036 (4.13, from memory); recordings s3"), f.Index);
                Append(new Step(Op.ToggleIntxDisable, Cost: Cost.ConfigWrite, Where: Setup + " → pci_intx_mask_broken", Source: "99b3c58f6036 (4.13, from memory); recordings s3"), f.Index);
            }

            if (boots[b].Enumeration == EnumerationPolicy.E0)
            {
                continue;
            }

            const string Source = "d5dea7d95c48 (2011), 1851617cd2da (2015), e80e7edc55ba (2015)";
            Append(new Step(Op.MsiEnable, 0, Guard.HardwareMsi, Cost.ConfigWrite, Setup + " → MSI off", Source), f.Index);
            Append(new Step(Op.MsixEnable, 0, Guard.HardwareMsix, Cost.ConfigWrite, Setup + " → MSI-X off", Source), f.Index);
        }

        AppendQuirks(b, early: false);
        AppendBootInterruptQuirk(b);
        AppendUsbHandoff(b);
    }

    private void AppendRemapping(int b)
    {
        if (scenario.InterruptRemapping && !boots[b].NoRemapping)
        {
            var crash = b > 0 && boots[b - 1].Path == ShutdownPath.Kdump && boots[b].Release.CopiesRemapping;
            Append(
                new Step(
                    Op.Remapping, crash ? 1 : 0, Guard.Always, Cost.RegisterWrite,
                    "apic_intr_mode_init → enable_IR_x2apic" + (crash ? " → iommu_load_old_irte" : " → iommu_disable_irq_remapping, iommu_set_irq_remapping"),
                    "drivers/iommu/intel/irq_remapping.c; domain 3.5"), -1);
        }
    }

    private void AppendQuirks(int b, bool early)
    {
        foreach (var f in functions)
        {
            if (f.Device.Quirk is { } quirk && quirk.Early == early && boots[b].Release.IsSince(quirk.Since))
            {
                Append(new Step(Op.Quiesce, 0, Guard.Always, Cost.RegisterWrite, quirk.Where, quirk.Source), f.Index);
            }
        }
    }

    private void AppendBootInterruptQuirk(int b)
    {
        if (scenario.BootInterrupts.Count > 0 && !boots[b].NoIoapicQuirk
            && scenario.BootInterrupts.All(i => i.QuirkSince is { } since && boots[b].Release.IsSince(since)))
        {
            Append(new Step(Op.BootInterruptsOff, 0, Guard.Always, Cost.ConfigWrite, "pci_fixup_final → quirk_disable_intel_boot_interrupt", "drivers/pci/quirks.c; Documentation/PCI/boot-interrupts.rst"), -1);
        }
    }

    // The controller is enabled, stopped and disabled again, whoever drove it before.
    private void AppendUsbHandoff(int b)
    {
        const string Where = "pci_apply_final_quirks → quirk_usb_early_handoff";
        const string Source = "drivers/usb/host/pci-quirks.c; recording s4_kdump_q35_k612";
        foreach (var f in functions.Where(f => f.Device.IsUsbHost))
        {
            if (boots[b].Release.EnableClearsIntxDisable)
            {
                Append(new Step(Op.IntxDisable, 0, Guard.KernelIntx, Cost.ConfigWrite, Where + " → pci_enable_device", Source), f.Index);
            }

            Append(new Step(Op.Quiesce, Cost: Cost.RegisterWrite, Where: Where, Source: Source), f.Index);
            Append(new Step(Op.BusMaster, 0, Guard.BusMasterOn, Cost.ConfigWrite, Where + " → pci_disable_device", Source), f.Index);
        }
    }

    private void AppendProbes(int b)
    {
        Phase("probe", "");
        foreach (var f in plan.ProbeOrderOf(b))
        {
            if (plan.DriverOf(b, f) is { } driver)
            {
                AppendProbe(b, f, driver, ProbePart.Closed);
            }
        }

        foreach (var f in plan.ProbeOrderOf(b))
        {
            if (plan.DriverOf(b, f) is { } driver && plan.OpensFromTheStart(b, f))
            {
                AppendOpening(b, f, driver);
            }
        }
    }

    private void AppendProbe(int b, int f, DriverModel driver, ProbePart part)
    {
        var probe = driver.Id + " probe";
        if (part != ProbePart.Child)
        {
            AppendBusProbe(b, f, driver, probe);
        }

        if (part != ProbePart.Bus)
        {
            AppendChildProbe(b, f, driver, probe);
        }

        if (part is ProbePart.Whole or ProbePart.Child)
        {
            AppendOpening(b, f, driver);
        }
    }

    private void AppendOpening(int b, int f, DriverModel driver)
    {
        if (driver.Opening == OpeningWork.None)
        {
            return;
        }

        var open = driver.Id + " open";
        if (driver.Opening == OpeningWork.SetUp)
        {
            AppendVectors(b, f, driver, open);
        }

        AppendRequest(b, f, driver, open);
        Append(new Step(Op.Start, Cost: Cost.RegisterWrite, Where: open, Source: driver.Source), f);
    }

    private bool SetsMaster(int b, int f, DriverModel driver) =>
        !driver.NeverSetsMaster && !(functions[f].Device.IsBridge && functions[f].Spec.Mode == InterruptMode.None);

    private void AppendBusProbe(int b, int f, DriverModel driver, string probe)
    {
        Append(new Step(Op.Delay, Cost: Cost.Probe, Where: probe), f);
        foreach (var bridge in BridgesAbove(f).Reverse())
        {
            Append(new Step(Op.BusMaster, 1, Cost: Cost.ConfigWrite, Where: probe + " → pci_enable_device → pci_enable_bridge", Source: "drivers/pci/pci.c"), bridge);
        }

        if (boots[b].Release.EnableClearsIntxDisable)
        {
            Append(new Step(Op.IntxDisable, 0, Guard.KernelIntx, Cost.ConfigWrite, probe + " → pci_enable_device", "1f6ae47ecff7 (3.14)") { B = 1 }, f);
        }

        // pcie_port_device_register returns before pci_set_master where a port has no service; without MSI (pci=nomsi) it comes that far.
        if (!driver.SetsMasterLast && SetsMaster(b, f, driver))
        {
            AppendSetMaster(f, probe);
        }

        if (driver.AcknowledgesFirst)
        {
            Append(new Step(Op.Acknowledge, Cost: Cost.RegisterWrite, Where: probe + " → reset", Source: driver.Source), f);
        }

        if (!driver.ResetsOnlyIfAsked || boots[b].ResetDevices)
        {
            Append(new Step(Op.DeviceReset, Cost: Cost.RegisterWrite, Where: probe + " → reset", Source: driver.Source), f);
        }
    }

    private void AppendChildProbe(int b, int f, DriverModel driver, string probe)
    {
        if (driver.Opening != OpeningWork.SetUp)
        {
            AppendVectors(b, f, driver, probe);
        }

        if (driver.Opening == OpeningWork.None)
        {
            AppendRequest(b, f, driver, probe);
        }

        if (driver is { TakesVectorsTwice: true, Opening: OpeningWork.None } && plan.ModeOf(b, f) is InterruptMode.Msix or InterruptMode.Intx)
        {
            // Its first queue is at work meanwhile; on a pin of its own that shows as an irq which is shut down and started up again.
            Append(new Step(Op.Start, Cost: Cost.RegisterWrite, Where: probe, Source: driver.Source), f);
            foreach (var step in DriverModel.FreeInterrupts(probe, driver.Source))
            {
                Append(step, f);
            }

            AppendVectors(b, f, driver, probe);
            AppendRequest(b, f, driver, probe);
        }

        if (driver.SetsMasterLast)
        {
            AppendSetMaster(f, probe);
        }

        if (driver.Opening == OpeningWork.None)
        {
            Append(new Step(Op.Start, Cost: Cost.RegisterWrite, Where: probe, Source: driver.Source), f);
        }
    }

    private void AppendSetMaster(int f, string probe) =>
        Append(new Step(Op.BusMaster, 1, Cost: Cost.ConfigWrite, Where: probe + " → pci_set_master", Source: "drivers/pci/pci.c"), f);

    private void AppendVectors(int b, int f, DriverModel driver, string probe)
    {
        const string Msi = "domain 2.5; drivers/pci/msi.c";
        switch (plan.ModeOf(b, f))
        {
            case InterruptMode.Msix:
                Append(new Step(Op.MsixEnable, 1, Cost: Cost.ConfigWrite, Where: probe + " → pci_enable_msix", Source: Msi) { B = 1 }, f);
                Append(new Step(Op.IntxDisable, 1, Cost: Cost.ConfigWrite, Where: probe + " → pci_enable_msix → pci_intx_for_msi(dev, 0)", Source: Msi), f);
                if (boots[b].Release.MasksWholeTable)
                {
                    Append(new Step(Op.MaskVectors, 1, Cost: Cost.RegisterWrite, Where: probe + " → msix_capability_init → msix_mask_all", Source: "7d5ec3d36123 (5.14)"), f);
                }

                Append(new Step(Op.WriteMessages, Cost: Cost.RegisterWrite, Where: probe + " → pci_enable_msix → pci_write_msi_msg", Source: Msi), f);
                Append(new Step(Op.MsixFunctionMask, 0, Cost: Cost.ConfigWrite, Where: probe + " → pci_enable_msix", Source: Msi), f);
                Append(new Step(Op.NoteMsix, 1, Where: probe), f);
                break;
            case InterruptMode.Msi:
                if (functions[f].Device.MsiPerVectorMask)
                {
                    Append(new Step(Op.MaskVectors, 1, Cost: Cost.ConfigWrite, Where: probe + " → pci_enable_msi → msi_capability_init", Source: Msi), f);
                }

                Append(new Step(Op.WriteMessages, Cost: Cost.ConfigWrite, Where: probe + " → pci_enable_msi → pci_write_msi_msg", Source: Msi), f);
                Append(new Step(Op.IntxDisable, 1, Cost: Cost.ConfigWrite, Where: probe + " → pci_enable_msi → pci_intx_for_msi(dev, 0)", Source: Msi), f);
                Append(new Step(Op.MsiEnable, 1, Cost: Cost.ConfigWrite, Where: probe + " → pci_enable_msi", Source: Msi), f);
                Append(new Step(Op.NoteMsi, 1, Where: probe), f);
                break;
            default:
                break;
        }
    }

    private void AppendRequest(int b, int f, DriverModel driver, string where)
    {
        if (plan.ModeOf(b, f) is not InterruptMode.None and var mode)
        {
            var op = mode is InterruptMode.Msix or InterruptMode.Msi ? Op.RequestVectors : Op.RequestLine;
            Append(new Step(op, Cost: Cost.RegisterWrite, Where: where + " → request_irq", Source: driver.Source), f);
        }
    }

    private IEnumerable<int> BridgesAbove(int f)
    {
        for (var at = functions[f].Parent; at >= 0; at = functions[at].Parent)
        {
            yield return at;
        }
    }

    private void AppendStimuli(int b)
    {
        foreach (var stimulus in boots[b].Stimuli)
        {
            var f = stimulus.Target is { } bdf ? index[bdf] : -1;
            Append(new Step(Op.Stimulus, Name(stimulus.What)), f);
            if (stimulus.Load is { } driver)
            {
                AppendProbe(b, f, driver, stimulus.Part);
            }
            else if (stimulus.Opens && plan.DriverEver(b, f) is { } opened)
            {
                AppendOpening(b, f, opened);
            }

            foreach (var step in stimulus.Steps)
            {
                Append(step, f);
            }
        }
    }

    private void Phase(string name, string where) => Append(new Step(Op.Phase, Name(name), Where: name, Source: where), -1);

    private void Append(Step step, int f)
    {
        var origin = -1;
        if (step.Where.Length > 0)
        {
            var o = new Origin(step.Where, step.Source);
            if (!originIndex.TryGetValue(o, out origin))
            {
                origin = origins.Count;
                origins.Add(o);
                originIndex.Add(o, origin);
            }
        }

        program.Add(new Instruction(
            step.Op, f, step.A, step.B, step.If, scenario.Timing.Of(step.Cost, step.GivenNs), TimingProfile.ClassOf(step.Cost, step.GivenNs), origin));
    }

    private int Name(string name)
    {
        if (!nameIndex.TryGetValue(name, out var i))
        {
            i = names.Count;
            names.Add(name);
            nameIndex.Add(name, i);
        }

        return i;
    }
}
