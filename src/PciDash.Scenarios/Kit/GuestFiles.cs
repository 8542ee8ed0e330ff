using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Kit;

/// <summary>What the guest does, in the words that recordings use: one script for each kernel.</summary>
internal sealed class GuestFiles
{
    private readonly Scenario scenario;
    private readonly KitTopology topology;
    private readonly List<string> notes;
    private readonly SortedSet<string> modules = new(StringComparer.Ordinal);

    public GuestFiles(Scenario scenario, KitTopology topology, List<string> notes)
    {
        (this.scenario, this.topology, this.notes) = (scenario, topology, notes);
        var first = scenario.Boots[0];
        Path = first.Path;
        Append = CommandLineWords.Write(first);
        var next = scenario.Boots.Count > 1 ? scenario.Boots[1] : null;
        HasSecond = Path is ShutdownPath.Kexec or ShutdownPath.Kdump;
        Say(0, first);
        if (HasSecond)
        {
            if (next is not null)
            {
                Say(1, next);
            }

            foreach (var word in Append.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(w => next is not null && !SecondAppend(next).Split(' ').Contains(w)))
            {
                notes.Add($"boots[1].cmdline: the second kernel gets the first one's words as well, {word} among them");
            }
        }
        else if (next is not null)
        {
            notes.Add("boots[1]: the recording ends where the firmware would begin");
        }

        if (HasSecond && next is { Path: not (ShutdownPath.Reboot or ShutdownPath.Poweroff) })
        {
            notes.Add("boots[1].path: the second kernel is powered off");
        }

        if (scenario.Boots.Count > 2 && HasSecond)
        {
            notes.Add("boots[2]: the recording ends with the second kernel");
        }

        First = FirstScript(first, next);
        Second = HasSecond ? SecondScript(next) : null;
    }

    /// <summary>How the first kernel ends.</summary>
    public ShutdownPath Path { get; }

    /// <summary>What the first kernel's command line says beside what every run says.</summary>
    public string Append { get; }

    /// <summary>There is a second kernel.</summary>
    public bool HasSecond { get; }

    /// <summary>guest-1.sh.</summary>
    public string First { get; }

    /// <summary>guest-2.sh, or null.</summary>
    public string? Second { get; }

    /// <summary>Modules that the initramfs needs.</summary>
    public IReadOnlyCollection<string> Modules => modules;

    private void Say(int index, BootSpec boot)
    {
        notes.Add($"boots[{Node.Invariant($"{index}")}].release: the scenario's kernel is {boot.Release.Version}; any may be used, and conform takes the version from the recording");
        if (boot.Policy.Id != boot.Release.ShutdownPolicy)
        {
            notes.Add(Node.Invariant($"boots[{index}].policy: {boot.Policy.Id} is not what {boot.Release.Version} does; what the kernel does that you give is recorded"));
        }

        if (boot.ClearMsi)
        {
            notes.Add(Node.Invariant($"boots[{index}].cmdline: pci=clearmsi is understood by no released kernel"));
        }
    }

    private string FirstScript(BootSpec boot, BootSpec? next)
    {
        var loaded = Loaded(boot);
        var lines = new List<string> { "# What the first kernel does; recordings have a copy, and conform reads it.", ("pre " + string.Join(' ', loaded)).TrimEnd() };
        if (Path == ShutdownPath.Kexec)
        {
            lines.Add($"kx \"{SecondAppend(next)}\"");
        }
        else if (Path == ShutdownPath.Kdump)
        {
            lines.Add($"kexec -p /boot/vmlinuz --initrd=/boot/base.gz --append=\"$(sed 's/stage=[0-9]*//; s/crashkernel=[^ ]*//' /proc/cmdline) stage=2 {SecondAppend(next)}\" 2>&1 | while read l; do msg \"kexec: $l\"; done");
            lines.Add("msg \"crash_loaded=$(cat /sys/kernel/kexec_crash_loaded)\"");
        }

        if (scenario.Functions.Any(f => f.Events.Count > 0))
        {
            lines.Add("traffic");
            lines.Add("sleep 2");
        }

        lines.Add("tell_shutdowns");
        lines.Add("mark 1");
        lines.AddRange(Stimuli(boot, 0));
        if (Path == ShutdownPath.None)
        {
            lines.Add("sleep 5");
        }

        lines.Add(Path switch
        {
            ShutdownPath.Reboot => "reboot -f",
            ShutdownPath.Kexec => "kexec -e -x",
            ShutdownPath.Kdump => "echo c > /proc/sysrq-trigger",
            _ => "poweroff -f",
        });
        if (Path == ShutdownPath.None)
        {
            notes.Add("boots[0].path: the scenario does not end; the guest is powered off after five seconds");
        }

        return string.Join('\n', lines) + "\n";
    }

    private string SecondScript(BootSpec? boot)
    {
        var lines = new List<string> { "# What the second kernel does." };
        lines.Add("mark 2");
        if (boot is not null)
        {
            var loaded = Loaded(boot);
            if (loaded.Count > 0)
            {
                lines.Add("load " + string.Join(' ', loaded));
            }

            lines.AddRange(Stimuli(boot, 1));
        }

        lines.AddRange(["sleep 2", "netup", "snap k2post", "mark 3", "tell_shutdowns", boot is { Path: ShutdownPath.Reboot } ? "reboot -f" : "poweroff -f"]);
        return string.Join('\n', lines) + "\n";
    }

    private string SecondAppend(BootSpec? next)
    {
        var words = next is null ? "" : CommandLineWords.Write(next);
        var cpus = next is { } n && n.Cpus < scenario.Boots[0].Cpus ? Node.Invariant($" nr_cpus={n.Cpus}") : "";
        return (words + cpus).Trim();
    }

    // Probes in the scenario's order: what it names first, then by address.
    private List<string> Loaded(BootSpec boot)
    {
        var order = boot.ProbeOrder.Concat(topology.Functions.Select(f => f.Spec.Bdf)).Distinct();
        var loaded = new List<string>();
        foreach (var f in order.Select(b => topology.Functions.FirstOrDefault(f => f.Spec.Bdf == b)).OfType<PlacedFunction>())
        {
            var driver = boot.Drivers.TryGetValue(f.Spec.Bdf, out var given) ? given?.Id : f.Spec.Device.Driver;
            if (driver is not null)
            {
                Add(driver, f, ProbePart.Whole, loaded);
            }
        }

        foreach (var f in topology.Functions.Where(f => boot.Drivers.TryGetValue(f.Spec.Bdf, out var none) && none is null && f.Spec.Device.Driver is { } usual
            && KitModules.Of(usual, f) is { Count: > 0 } would && would.All(loaded.Contains)))
        {
            notes.Add($"{f.Spec.Bdf} ({f.Spec.Device.Id}): it has no driver in the scenario, but the module is loaded for another function and takes it");
        }

        return loaded;
    }

    private void Add(string driver, PlacedFunction f, ProbePart part, List<string> loaded)
    {
        if (KitModules.Of(driver, f, part) is not { } needed)
        {
            notes.Add($"{f.Spec.Bdf} ({f.Spec.Device.Id}): its driver {driver} is none that a kernel's module brings for QEMU's {(f.IsBuiltIn ? "own device" : f.Device)}; it gets what its module alias asks for, or none");
            return;
        }

        foreach (var module in needed.Where(m => !loaded.Contains(m)))
        {
            loaded.Add(module);
            modules.Add(module);
        }
    }

    private IEnumerable<string> Stimuli(BootSpec boot, int index)
    {
        foreach (var stimulus in boot.Stimuli)
        {
            var lines = stimulus.Target is { } t && topology.At(t) is null ? null : Stimulus(stimulus);
            if (lines is null)
            {
                notes.Add(Node.Invariant($"boots[{index}].stimuli: \"{stimulus.What}\" is left out; {(stimulus.Target is { } o && topology.At(o) is null ? $"{o} is" : "the guest has no way to do it without a module of its own")}"));
                continue;
            }

            foreach (var line in lines)
            {
                yield return line;
            }
        }
    }

    private List<string>? Stimulus(Stimulus s)
    {
        var words = s.What.Split(' ').ToList();
        string Value(string name) => words.Find(w => w.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..] ?? "";
        var at = s.Target is { } target ? topology.At(target) : null;
        switch (words[0])
        {
            case "wait":
                return [$"usleep {Value("us").Split('.')[0]}"];
            case "set-command":
                var (bme, off) = (Value("bme"), Value("intx_disable"));
                var mask = (bme.Length > 0 ? 4 : 0) | (off.Length > 0 ? 0x400 : 0);
                return [Node.Invariant($"setpci -s {at} COMMAND={(bme == "1" ? 4 : 0) | (off == "1" ? 0x400 : 0):x4}:{mask:x4}")];
            case "msix-enable":
                return [Node.Invariant($"msien {at} msix {(Value("enable") == "1" ? "8000" : "0000")}")];
            case "msi-enable":
                return [Node.Invariant($"msien {at} msi {(Value("enable") == "1" ? "0081" : "0080")}")];
            case "msi-shutdown":
                // The same registers as pci_msi(x)_shutdown, but for the masks of the single vectors.
                return [Node.Invariant($"msien {at} {(topology.Functions.First(f => f.Spec.Bdf == s.Target).Spec.Device.MsixTableSize > 0 ? "msix 0000" : "msi 0080")}"), Node.Invariant($"setpci -s {at} COMMAND=0000:0400")];
            case "load-driver" when s.Load is { } driver:
                var loaded = new List<string>();
                Add(driver.Id, topology.Functions.First(f => f.Spec.Bdf == s.Target), s.Part, loaded);
                return loaded.Count == 0 ? null : ["load " + string.Join(' ', loaded)];
            default:
                return null;
        }
    }
}
