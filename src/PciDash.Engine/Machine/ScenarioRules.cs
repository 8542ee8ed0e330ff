using System.Globalization;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;

namespace PciDash.Engine.Machine;

/// <summary>What a scenario must obey before it is compiled: limits, addresses, and that what it names is there.</summary>
internal static class ScenarioRules
{

    /// <exception cref="ScenarioException">Every problem, each with its place.</exception>
    public static void Check(Scenario scenario)
    {
        var problems = new List<string>();
        if (scenario.Functions.Count is 0 or > Scenario.MaxFunctions)
        {
            problems.Add(Invariant($"functions: {scenario.Functions.Count} given; 1 to {Scenario.MaxFunctions} are possible"));
        }

        if (scenario.Boots.Count is 0 or > Scenario.MaxBoots)
        {
            problems.Add(Invariant($"boots: {scenario.Boots.Count} given; 1 to {Scenario.MaxBoots} are possible"));
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
            if (f.Device.Driver is { } driver && scenario.FindDriver(driver) is null)
            {
                problems.Add($"{f.Bdf}: the driver {driver} of {f.Device.Id} is neither in the catalogue nor among the scenario's own");
            }
        }

        ValidateBootInterrupts(scenario, problems);
        for (var b = 0; b < scenario.Boots.Count; b++)
        {
            ValidateBoot(scenario, b, seen, problems);
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

            if (depth >= Scenario.MaxBridgesAbove)
            {
                problems.Add(Invariant($"{f.Bdf}: the bridges above it form a cycle or are more than {Scenario.MaxBridgesAbove} deep"));
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

        if (f.Device.IsBridge && f.LeftRunning)
        {
            problems.Add($"{f.Bdf}: a bridge has no events that firmware could leave running");
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

    private static void ValidateBootInterrupts(Scenario scenario, List<string> problems)
    {
        for (var i = 0; i < scenario.BootInterrupts.Count; i++)
        {
            var alias = scenario.BootInterrupts[i];
            if (alias.From == alias.To || scenario.BootInterrupts.Any(other => other.From == alias.To))
            {
                problems.Add(Invariant($"boot_interrupts[{i}]: {alias.From} is raised as {alias.To}, which is raised as another; one step is possible"));
            }

            if (scenario.BootInterrupts.Count(other => other.From == alias.From) > 1)
            {
                problems.Add(Invariant($"boot_interrupts[{i}]: {alias.From} is given twice; a pin is re-routed to one line"));
            }
        }
    }

    private static void ValidateBoot(Scenario scenario, int b, Dictionary<Bdf, FunctionSpec> all, List<string> problems)
    {
        var boot = scenario.Boots[b];
        if (boot.Cpus is < 1 or > Scenario.MaxCpus)
        {
            problems.Add(Invariant($"boots[{b}].cpus: {boot.Cpus} given; 1 to {Scenario.MaxCpus} are possible"));
        }

        if (b < scenario.Boots.Count - 1 && boot.Path is not (ShutdownPath.Reboot or ShutdownPath.Kexec or ShutdownPath.Kdump))
        {
            problems.Add(Invariant($"boots[{b}].path: {boot.Path} has no next kernel; reboot, kexec and kdump do"));
        }

        foreach (var bdf in boot.Drivers.Keys.Concat(boot.ProbeOrder).Concat(boot.Closed).Where(bdf => !all.ContainsKey(bdf)).Distinct())
        {
            problems.Add(Invariant($"boots[{b}]: {bdf} is not among the functions"));
        }

        foreach (var f in all.Values.Where(f => f.Cpu < 0 || f.Cpu >= boot.Cpus))
        {
            problems.Add(Invariant($"{f.Bdf}: its interrupts go to cpu {f.Cpu}, but boot {b} has {boot.Cpus}"));
        }

        foreach (var f in all.Values.Where(f => f.Device is { IntxDisableBit: not IntxDisableBit.Works, Pin: not InterruptPin.None }))
        {
            if (DriverAtFirst(scenario, boot, f) is { IntxHandler.LeavesToGuest: true } driver)
            {
                problems.Add(Invariant(
                    $"boots[{b}]: {driver.Id} takes {f.Bdf}, whose INTx-Disable does not work, by disable_irq on an irq of its own, which is not modelled; pass a function whose INTx-Disable works"));
            }
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

        ValidateOpening(scenario, b, all, problems);
        foreach (var stimulus in boot.Stimuli.Where(s => s.Target is { } t && all.ContainsKey(t) && s.Steps.Any(step => step.Op == Op.RequestLine)))
        {
            // An irq that is taken for nobody has no handler.
            if (DriverAtFirst(scenario, boot, all[stimulus.Target!.Value]) is null && !Before(boot, stimulus).Exists(s => s.Load is not null))
            {
                problems.Add(Invariant($"boots[{b}].stimuli: {stimulus.What} takes an irq for {stimulus.Target}, which has no driver by then; name one under drivers (vfio-pci for a function that a guest uses), or load it before"));
            }
        }
    }

    private static List<Stimulus> Before(BootSpec boot, Stimulus stimulus) =>
        [.. boot.Stimuli.TakeWhile(s => !ReferenceEquals(s, stimulus)).Where(s => s.Target == stimulus.Target)];

    private static DriverModel? DriverAtFirst(Scenario scenario, BootSpec boot, FunctionSpec function) =>
        boot.Drivers.TryGetValue(function.Bdf, out var given) ? given : function.Device.Driver is { } id ? scenario.FindDriver(id) : null;

    // An interface is opened once, and only where a driver that waits for that has made one.
    private static void ValidateOpening(Scenario scenario, int b, Dictionary<Bdf, FunctionSpec> all, List<string> problems)
    {
        var boot = scenario.Boots[b];
        foreach (var stimulus in boot.Stimuli.Where(s => s.Opens && s.Target is { } t && all.ContainsKey(t)))
        {
            var target = stimulus.Target!.Value;
            var before = Before(boot, stimulus);
            var load = before.Find(s => s.Load is not null);
            var driver = load?.Load ?? DriverAtFirst(scenario, boot, all[target]);
            if (driver is not { Opening: not OpeningWork.None })
            {
                problems.Add(Invariant($"boots[{b}].stimuli: {target} has no driver by then that leaves anything to the opening of an interface; drivers of network cards do"));
            }
            else if (before.Exists(s => s.Opens) || (load is null ? !boot.Closed.Contains(target) : load.Part != ProbePart.Closed))
            {
                problems.Add(Invariant($"boots[{b}].stimuli: the interface of {target} is open by then; list it under closed, or load its driver with part closed"));
            }
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
