using System.Globalization;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

/// <summary>Scenario to machine: tables, vectors, and the program of all boots.</summary>
internal sealed class Compiler(Scenario scenario)
{
    private const int MaxFunctions = 1_024;
    private const int MaxBoots = 4;
    private const int MaxCpus = 8;
    private const int MaxDepth = 32;

    // x86: 0x20-0xff without the system's own at the top and the syscall vector 0x80; 0x22 is the first that a device got on the recorded machines.
    private const int FirstVector = 0x22;
    private const int LastVector = 0xeb;
    private const int SyscallVector = 0x80;

    private readonly List<Instruction> program = [];
    private readonly List<string> names = [];
    private readonly Dictionary<string, int> nameIndex = [];
    private readonly List<Origin> origins = [];
    private readonly Dictionary<Origin, int> originIndex = [];

    private FunctionSpec[] specs = [];
    private MachineFunction[] functions = [];
    private MachineLine[] lines = [];
    private List<BootSpec> boots = [];
    private MachineBoot[] tables = [];
    private Dictionary<Bdf, int> index = [];

    public CompiledMachine Compile()
    {
        Validate();
        boots = [.. scenario.Boots];
        if (boots[^1].Path is ShutdownPath.Kexec or ShutdownPath.Kdump)
        {
            // The kernel that is jumped into: the same one, unless the scenario names it.
            boots.Add(boots[^1] with { Path = ShutdownPath.None, Stimuli = [], HandledBefore = new Dictionary<Gsi, int>() });
        }

        specs = [.. scenario.Functions.OrderBy(f => f.Bdf)];
        index = specs.Select((f, i) => (f.Bdf, i)).ToDictionary(p => p.Bdf, p => p.i);
        BuildLinesAndFunctions();
        var cpus = boots.Max(b => b.Cpus);
        var (slots, slotCount) = BuildBoots(cpus);
        _ = slotCount;
        var start = BuildProgram();
        var sourceFunctions = new List<int>();
        foreach (var f in functions)
        {
            sourceFunctions.AddRange(Enumerable.Repeat(f.Index, f.Sources.Count));
        }

        return new CompiledMachine
        {
            Scenario = scenario with { Boots = boots },
            Functions = functions,
            Lines = lines,
            Boots = tables,
            Slots = slots,
            Program = program,
            Names = names,
            Origins = origins,
            StartPc = start,
            CpuCount = cpus,
            VectorCount = functions.Sum(f => f.VectorCount),
            SourceCount = sourceFunctions.Count,
            SourceFunctions = sourceFunctions,
        }.WithLayout();
    }

    private void Validate()
    {
        var problems = new List<string>();
        if (scenario.Functions.Count is 0 or > MaxFunctions)
        {
            problems.Add(Invariant($"functions: {scenario.Functions.Count} given; 1 to {MaxFunctions} are possible"));
        }

        if (scenario.Boots.Count is 0 or > MaxBoots)
        {
            problems.Add(Invariant($"boots: {scenario.Boots.Count} given; 1 to {MaxBoots} are possible"));
        }

        var seen = new Dictionary<Bdf, FunctionSpec>();
        foreach (var f in scenario.Functions)
        {
            if (!seen.TryAdd(f.Bdf, f))
            {
                problems.Add($"functions: {f.Bdf} is given twice; each function needs an address of its own");
            }
        }

        foreach (var f in scenario.Functions)
        {
            ValidateFunction(f, seen, problems);
        }

        for (var b = 0; b < scenario.Boots.Count; b++)
        {
            ValidateBoot(b, seen, problems);
        }

        if (problems.Count > 0)
        {
            throw new ScenarioException(problems);
        }
    }

    private static void ValidateFunction(FunctionSpec f, Dictionary<Bdf, FunctionSpec> all, List<string> problems)
    {
        var depth = 0;
        for (var at = f; at.Parent is { } parent; depth++)
        {
            if (!all.TryGetValue(parent, out var bridge))
            {
                problems.Add($"{f.Bdf}: its bridge {parent} is not among the functions");
                return;
            }

            if (!bridge.Device.IsBridge)
            {
                problems.Add($"{f.Bdf}: {parent} above it is {bridge.Device.Id}, which is not a bridge");
                return;
            }

            if (depth >= MaxDepth)
            {
                problems.Add(Invariant($"{f.Bdf}: the bridges above it form a cycle or are more than {MaxDepth} deep"));
                return;
            }

            if (at == f && bridge.SecondaryBus is { } bus && bus != f.Bdf.Bus)
            {
                problems.Add(Invariant($"{f.Bdf}: it is on bus {f.Bdf.Bus:x2}, but the bridge {parent} leads to bus {bus:x2}"));
            }

            at = bridge;
        }

        if (f.Parent is null && f.Bdf.Bus != 0)
        {
            problems.Add(Invariant($"{f.Bdf}: bus {f.Bdf.Bus:x2} has no bridge; name its bridge or use bus 00"));
        }

        if (f.Gsi is { Value: < 0 or > 239 } gsi)
        {
            problems.Add($"{f.Bdf}: gsi {gsi} is out of range; 0 to 239 are possible");
        }

        if (f.Device.Pin == InterruptPin.None && (f.Gsi is not null || f.Mode == InterruptMode.Intx))
        {
            problems.Add($"{f.Bdf}: {f.Device.Id} has no interrupt pin, so it has neither a gsi nor mode intx");
        }

        if ((f.Mode == InterruptMode.Msix && f.Device.MsixTableSize == 0) || (f.Mode == InterruptMode.Msi && f.Device.MsiMessages == 0))
        {
            problems.Add($"{f.Bdf}: {f.Device.Id} has no {f.Mode} capability");
        }

        if (f.Events.Count > FunctionBits.MaxSources - 1)
        {
            problems.Add(Invariant($"{f.Bdf}: {f.Events.Count} event sources; at most {FunctionBits.MaxSources - 1} are possible"));
        }

        foreach (var e in f.Events)
        {
            if (e.EveryNs is < 1_000 or > 1_000_000_000_000)
            {
                problems.Add(Invariant($"{f.Bdf}: event {e.What} every {e.EveryNs} ns; 1 µs to 1,000 s are possible"));
            }

            if (e.JitterPercent is < 0 or > 90)
            {
                problems.Add(Invariant($"{f.Bdf}: event {e.What} jitter {e.JitterPercent} %; 0 to 90 are possible"));
            }
        }
    }

    private void ValidateBoot(int b, Dictionary<Bdf, FunctionSpec> all, List<string> problems)
    {
        var boot = scenario.Boots[b];
        if (boot.Cpus is < 1 or > MaxCpus)
        {
            problems.Add(Invariant($"boots[{b}].cpus: {boot.Cpus} given; 1 to {MaxCpus} are possible"));
        }

        if (b < scenario.Boots.Count - 1 && boot.Path is not (ShutdownPath.Kexec or ShutdownPath.Kdump))
        {
            problems.Add(Invariant($"boots[{b}].path: {boot.Path} has no next kernel; only kexec and kdump do"));
        }

        foreach (var bdf in boot.Drivers.Keys.Concat(boot.ProbeOrder).Where(bdf => !all.ContainsKey(bdf)).Distinct())
        {
            problems.Add(Invariant($"boots[{b}]: {bdf} is not among the functions"));
        }

        foreach (var f in all.Values.Where(f => f.Cpu < 0 || f.Cpu >= boot.Cpus))
        {
            problems.Add(Invariant($"{f.Bdf}: its interrupts go to cpu {f.Cpu}, but boot {b} has {boot.Cpus}"));
        }

        foreach (var (gsi, n) in boot.HandledBefore)
        {
            if (n is < 0 or > 1_000_000)
            {
                problems.Add(Invariant($"boots[{b}].handled_before[{gsi}]: {n} given; 0 to 1,000,000 are possible"));
            }
        }

        foreach (var target in boot.Stimuli.Where(s => s.Target is { } t && !all.ContainsKey(t)))
        {
            problems.Add(Invariant($"boots[{b}].stimuli: {target.Target} is not among the functions"));
        }
    }

    private void BuildLinesAndFunctions()
    {
        var gsis = specs.Select(GsiOf).ToArray();
        var order = gsis.Where(g => g is not null).Select(g => g!.Value).Distinct().OrderBy(g => g.Value).ToList();
        lines = [.. order.Select((g, i) => new MachineLine(i, g, [.. Enumerable.Range(0, specs.Length).Where(f => gsis[f] == g)]))];
        functions = new MachineFunction[specs.Length];
        var vectors = 0;
        var sources = 0;
        for (var i = 0; i < specs.Length; i++)
        {
            var spec = specs[i];
            var needed = Enumerable.Range(0, boots.Count).Max(b => VectorsNeeded(b, i));
            functions[i] = new MachineFunction
            {
                Index = i,
                Spec = spec,
                Parent = spec.Parent is { } p ? index[p] : -1,
                Line = gsis[i] is { } g ? order.IndexOf(g) : -1,
                FirstVector = vectors,
                VectorCount = needed,
                FirstSource = sources,
                Sources = [.. spec.Events, new EventSource("completion", 1_000_000)],
            };
            vectors += needed;
            sources += spec.Events.Count + 1;
        }
    }

    private Gsi? GsiOf(FunctionSpec f)
    {
        if (f.Device.Pin == InterruptPin.None)
        {
            return null;
        }

        if (f.Gsi is { } given)
        {
            return given;
        }

        var pin = f.Device.Pin;
        var at = f;
        while (at.Parent is { } parent)
        {
            pin = Swizzle.ThroughBridge(pin, at.Bdf.Device);
            at = specs[index[parent]];
        }

        return scenario.Platform.Route(at.Bdf.Device, pin);
    }

    private DriverModel? DriverOf(int b, int f)
    {
        var boot = boots[b];
        return boot.Drivers.TryGetValue(specs[f].Bdf, out var driver) ? driver
            : specs[f].Device.Driver is { } id ? DriverModel.Find(id) : null;
    }

    // The mode that a driver would choose, whether it is bound from the start or loaded later.
    private InterruptMode ModeOf(int b, int f)
    {
        var spec = specs[f];
        var driver = DriverOf(b, f) ?? boots[b].Stimuli.FirstOrDefault(s => s.Load is not null && s.Target == spec.Bdf)?.Load;
        if (driver is null)
        {
            return InterruptMode.Auto;
        }

        if (driver.IntxOnly || boots[b].NoMsi || spec.Mode == InterruptMode.Intx)
        {
            return InterruptMode.Intx;
        }

        return spec.Mode != InterruptMode.Auto ? spec.Mode
            : spec.Device.MsixTableSize > 0 ? InterruptMode.Msix
            : spec.Device.MsiMessages > 0 ? InterruptMode.Msi
            : InterruptMode.Intx;
    }

    private int VectorsNeeded(int b, int f) => ModeOf(b, f) switch
    {
        InterruptMode.Msix => Math.Min(specs[f].Device.VectorsUsed, specs[f].Device.MsixTableSize),
        InterruptMode.Msi => 1,
        _ => 0,
    };

    private int[] ProbeOrderOf(int b)
    {
        var first = boots[b].ProbeOrder.Select(bdf => index[bdf]).ToList();
        return [.. first, .. Enumerable.Range(0, specs.Length).Except(first)];
    }

    private (LapicSlot[] Slots, int Count) BuildBoots(int cpus)
    {
        // (cpu, vector) -> owner, per boot: lines and vectors get their numbers in probe order, as they are requested.
        var perBoot = new List<Dictionary<(int Cpu, int Vector), int>>();
        var lineAt = new (int Cpu, int Vector)[boots.Count][];
        var vectorAt = new (int Cpu, int Vector)?[boots.Count][];
        var totalVectors = functions.Sum(f => f.VectorCount);
        for (var b = 0; b < boots.Count; b++)
        {
            var owners = new Dictionary<(int, int), int>();
            var next = Enumerable.Repeat(FirstVector, cpus).ToArray();
            (int, int) Allocate(int cpu, int owner)
            {
                if (next[cpu] == SyscallVector)
                {
                    next[cpu]++;
                }

                if (next[cpu] > LastVector)
                {
                    throw new ScenarioException([Invariant($"boots[{b}]: cpu {cpu} has no vector left; spread the functions over more CPUs")]);
                }

                var at = (cpu, next[cpu]++);
                owners[at] = owner;
                return at;
            }

            vectorAt[b] = new (int, int)?[totalVectors];
            lineAt[b] = Enumerable.Repeat((-1, -1), lines.Length).ToArray();
            // The IO-APIC's pins first, by number, then messages in the order of their requests. Which numbers a kernel gives is assumed.
            foreach (var line in lines)
            {
                var first = ProbeOrderOf(b).Where(f => line.Functions.Contains(f)).OrderBy(f => ModeOf(b, f) == InterruptMode.Intx ? 0 : 1).First();
                lineAt[b][line.Index] = Allocate(specs[first].Cpu, line.Index);
            }

            foreach (var f in ProbeOrderOf(b))
            {
                for (var v = 0; v < VectorsNeeded(b, f); v++)
                {
                    vectorAt[b][functions[f].FirstVector + v] = Allocate(specs[f].Cpu, lines.Length + functions[f].FirstVector + v);
                }
            }

            perBoot.Add(owners);
        }

        var all = perBoot.SelectMany(o => o.Keys).Distinct().Order().ToList();
        var slots = all.Select((s, i) => new LapicSlot(s.Cpu, new Vector(s.Vector), i - all.FindIndex(o => o.Cpu == s.Cpu))).ToArray();
        var slotIndex = all.Select((s, i) => (s, i)).ToDictionary(p => p.s, p => p.i);
        tables = new MachineBoot[boots.Count];
        for (var b = 0; b < boots.Count; b++)
        {
            // request_irq adds at the end of the chain: a driver that is loaded later comes after those that were there.
            var loads = boots[b].Stimuli.Where(s => s.Load is not null && s.Target is not null).Select(s => index[s.Target!.Value]).ToList();
            var order = ProbeOrderOf(b).OrderBy(f => DriverOf(b, f) is null ? loads.IndexOf(f) : -1).ToArray();
            tables[b] = new MachineBoot
            {
                Spec = boots[b],
                Drivers = [.. Enumerable.Range(0, specs.Length).Select(f => DriverOf(b, f) ?? LoadedLater(b, f))],
                Modes = [.. Enumerable.Range(0, specs.Length).Select(f => ModeOf(b, f))],
                Chains = [.. lines.Select(l => order.Where(f => l.Functions.Contains(f) && ModeOf(b, f) == InterruptMode.Intx).ToArray())],
                LineSlots = [.. lineAt[b].Select(s => slotIndex[s])],
                VectorSlots = [.. vectorAt[b].Select(s => s is { } at ? slotIndex[at] : -1)],
                SlotOwners = [.. all.Select(s => perBoot[b].TryGetValue(s, out var owner) ? owner : -1)],
            };
        }

        return (slots, slots.Length);
    }

    private DriverModel? BoundAtEnd(int b, int f) => DriverOf(b, f) ?? LoadedLater(b, f);

    private DriverModel? LoadedLater(int b, int f) => boots[b].Stimuli.FirstOrDefault(s => s.Load is not null && s.Target == specs[f].Bdf)?.Load;

    private int BuildProgram()
    {
        var start = -1;
        for (var b = 0; b < boots.Count; b++)
        {
            if (b > 0)
            {
                AppendBoot(b);
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
        }

        Append(new Step(Op.End), -1);
        return start;
    }

    private void AppendBoot(int b)
    {
        Phase("early-boot", "purgatory, decompression, setup_arch: interrupts off, every pin masked");
        Append(new Step(Op.Delay, Cost: Cost.EarlyBoot), -1);
        Phase("local_irq_enable", "init/main.c: start_kernel");
        Append(new Step(Op.LocalIrqEnable, Where: "start_kernel → local_irq_enable", Source: "init/main.c"), -1);
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

        AppendUsbHandoff(b);
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
        foreach (var f in ProbeOrderOf(b))
        {
            if (DriverOf(b, f) is { } driver)
            {
                AppendProbe(b, f, driver);
            }
        }
    }

    private void AppendProbe(int b, int f, DriverModel driver, ProbePart part = ProbePart.Whole)
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
    }

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

        if (!driver.SetsMasterLast)
        {
            AppendSetMaster(f, probe);
        }

        Append(new Step(Op.DeviceReset, Cost: Cost.RegisterWrite, Where: probe + " → reset", Source: driver.Source), f);
    }

    private void AppendChildProbe(int b, int f, DriverModel driver, string probe)
    {
        AppendInterrupts(b, f, driver, probe);
        if (driver.TakesVectorsTwice && ModeOf(b, f) == InterruptMode.Msix)
        {
            foreach (var step in DriverModel.FreeInterrupts(probe, driver.Source))
            {
                Append(step, f);
            }

            AppendInterrupts(b, f, driver, probe);
        }

        if (driver.SetsMasterLast)
        {
            AppendSetMaster(f, probe);
        }

        Append(new Step(Op.Start, Cost: Cost.RegisterWrite, Where: probe, Source: driver.Source), f);
    }

    private void AppendSetMaster(int f, string probe) =>
        Append(new Step(Op.BusMaster, 1, Cost: Cost.ConfigWrite, Where: probe + " → pci_set_master", Source: "drivers/pci/pci.c"), f);

    private void AppendInterrupts(int b, int f, DriverModel driver, string probe)
    {
        const string Msi = "domain 2.5; drivers/pci/msi.c";
        switch (ModeOf(b, f))
        {
            case InterruptMode.Msix:
                Append(new Step(Op.MsixEnable, 1, Cost: Cost.ConfigWrite, Where: probe + " → pci_enable_msix", Source: Msi) { B = 1 }, f);
                Append(new Step(Op.IntxDisable, 1, Cost: Cost.ConfigWrite, Where: probe + " → pci_enable_msix → pci_intx_for_msi(dev, 0)", Source: Msi), f);
                Append(new Step(Op.MsixFunctionMask, 0, Cost: Cost.ConfigWrite, Where: probe + " → pci_enable_msix", Source: Msi), f);
                Append(new Step(Op.NoteMsix, 1, Where: probe), f);
                Append(new Step(Op.RequestVectors, Cost: Cost.RegisterWrite, Where: probe + " → request_irq", Source: driver.Source), f);
                break;
            case InterruptMode.Msi:
                Append(new Step(Op.IntxDisable, 1, Cost: Cost.ConfigWrite, Where: probe + " → pci_enable_msi → pci_intx_for_msi(dev, 0)", Source: Msi), f);
                Append(new Step(Op.MsiEnable, 1, Cost: Cost.ConfigWrite, Where: probe + " → pci_enable_msi", Source: Msi), f);
                Append(new Step(Op.NoteMsi, 1, Where: probe), f);
                Append(new Step(Op.RequestVectors, Cost: Cost.RegisterWrite, Where: probe + " → request_irq", Source: driver.Source), f);
                break;
            default:
                Append(new Step(Op.RequestLine, Cost: Cost.RegisterWrite, Where: probe + " → request_irq", Source: driver.Source), f);
                break;
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

            foreach (var step in stimulus.Steps)
            {
                Append(step, f);
            }
        }
    }

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
        var probeOrder = ProbeOrderOf(b);
        foreach (var f in probeOrder.Reverse())
        {
            foreach (var step in BoundAtEnd(b, f)?.ChildShutdown(boot.Release) ?? [])
            {
                Append(step, f);
            }
        }

        var order = boot.Release.Order == ShutdownOrder.ReverseProbe
            ? probeOrder.Where(f => DriverOf(b, f) is null).Concat(probeOrder.Where(f => DriverOf(b, f) is not null)).Reverse()
            : Enumerable.Range(0, functions.Length).Reverse();
        foreach (var f in order)
        {
            AppendDeviceShutdown(b, f);
        }

        Append(new Step(Op.Delay, Cost: Cost.BetweenPhases), -1);
        Phase("machine_shutdown", "arch/x86/kernel/reboot.c: native_machine_shutdown");
        MaskPins("native_machine_shutdown → disable_IO_APIC");
        Append(new Step(Op.LocalIrqDisable, Where: "native_machine_shutdown → local_irq_disable", Source: "arch/x86/kernel/reboot.c"), -1);
        Append(new Step(Op.StopOtherCpus, Where: "native_machine_shutdown → stop_other_cpus", Source: "arch/x86/kernel/reboot.c"), -1);
        if (boot.Path == ShutdownPath.Kexec)
        {
            AppendJump();
            return;
        }

        Phase(boot.Path == ShutdownPath.Poweroff ? "off" : "firmware", "");
        Append(new Step(Op.PlatformReset, Where: boot.Path == ShutdownPath.Poweroff ? "machine_power_off" : "machine_restart", Source: "arch/x86/kernel/reboot.c"), -1);
    }

    private void AppendDeviceShutdown(int b, int f)
    {
        var boot = boots[b];
        Append(new Step(Op.Delay, Cost: Cost.PerDevice), f);
        Append(new Step(Op.ShutdownEnter, Where: "device_shutdown → pci_device_shutdown", Source: "drivers/pci/pci-driver.c"), f);
        var driver = BoundAtEnd(b, f);
        foreach (var step in boot.Policy.ReplacesDriver ? [] : driver?.Shutdown(boot.Release) ?? [])
        {
            Append(step, f);
        }

        foreach (var step in boot.Policy.Steps.Where(p => (!p.KexecOnly || boot.Path == ShutdownPath.Kexec) && (!p.BoundOnly || driver is not null) && (!p.EnabledOnly || WasEnabled(b, f))))
        {
            Append(step.Step, f);
        }

        Append(new Step(Op.ShutdownExit, Where: "pci_device_shutdown", Source: "drivers/pci/pci-driver.c"), f);
    }

    // pci_enable_device puts it into D0, and pci_enable_bridge does so for the bridges above; until then its power state is PCI_UNKNOWN.
    private bool WasEnabled(int b, int f) =>
        Enumerable.Range(0, functions.Length).Any(g => BoundAtEnd(b, g) is not null && (g == f || BridgesAbove(g).Contains(f)));

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

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
