using System.Globalization;
using System.Text.RegularExpressions;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Conformance;

/// <summary>What the guests' scripts say about the boots: order of probes, stimuli, path, policy.</summary>
internal sealed partial class Derivation
{
    private const string HelperFile = "/proc/pcidash";

    private readonly List<GuestCommand> prepared = [];
    private readonly List<GuestCommand> stimuli = [];
    private readonly List<string> modules = [];
    private readonly List<(GuestCommand Command, BareHandler Handler, bool Later)> bare = [];
    private Interfaces interfaces = new();
    private readonly HashSet<Bdf> builtIn = [];
    private bool virtioResets = true;
    private ShutdownPolicy? helperPolicy;
    private string secondAppend = "";

    // What comes before mark 1 made the machine what it was; what comes after was done to it. Returns the path.
    private ShutdownPath? ReadFirstScript()
    {
        if (run.Scripts.Count == 0)
        {
            var kexec = run.CommandLine.Contains("dokexec", StringComparison.Ordinal) || run.SecondKernelSeen;
            Note("boots[0].path", kexec ? "kexec" : "poweroff", kexec ? "cmd: dokexec, or a second uname" : "assumed: no second kernel");
            return kexec ? ShutdownPath.Kexec : ShutdownPath.Poweroff;
        }

        ShutdownPath? path = null;
        var marked = false;
        foreach (var c in GuestScript.Read(run.Scripts[0], run.Log))
        {
            marked |= c.Name == "mark" && c.Argument(0) == "1";
            if (!marked)
            {
                prepared.Add(c);
            }

            if (PathOf(c) is { } end)
            {
                path = end;
            }
            else if (c.Name is "pre" or "preL" || (c.Name == "load" && !marked))
            {
                modules.AddRange(GuestModules.Of(c.Words.Skip(1)));
            }
            else if (c.Name == "kx")
            {
                secondAppend = c.Argument(0);
            }
            else if (c.Name == "kexec" && c.Words.Contains("-p"))
            {
                secondAppend = c.Words.FirstOrDefault(w => w.StartsWith("--append=", StringComparison.Ordinal)) ?? "";
            }
            else if (!Setup(c, marked) && marked)
            {
                stimuli.Add(c);
            }
        }

        if (path is null)
        {
            missing.Add("boots[0].path: guest-1.sh ends with none of reboot, poweroff, kexec -e, sysrq c");
        }
        else
        {
            Note("boots[0].path", path.Value.ToString(), "guest script");
        }

        return path;
    }

    /// <summary>How a script ends the kernel that runs it; null if nothing in it does.</summary>
    public static ShutdownPath? PathOf(string script, IReadOnlyList<string> log) => GuestScript.Read(script, log).Select(PathOf).LastOrDefault(p => p is not null);

    private static ShutdownPath? PathOf(GuestCommand c) => c.Name switch
    {
        "reboot" => ShutdownPath.Reboot,
        "poweroff" or "halt" => ShutdownPath.Poweroff,
        "kexec" when c.Words.Contains("-e") => ShutdownPath.Kexec,
        "echo" when c.Target == "/proc/sysrq-trigger" && c.Argument(0) == "c" => ShutdownPath.Kdump,
        "echo" when c.Target == "/proc/sysrq-trigger" && c.Argument(0) == "b" => null,
        _ => null,
    };

    // Commands of the helper module that change what the kernel is, at whatever time they are given.
    private bool Setup(GuestCommand c, bool marked)
    {
        if (c.Name != "echo" || c.Target != HelperFile)
        {
            return false;
        }

        var words = c.Argument(0).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words.ElementAtOrDefault(0))
        {
            case "novirtio":
                virtioResets = false;
                Note("boots[0].drivers", "virtio without its reset at shutdown", "guest script: novirtio");
                return true;
            case "policy":
                helperPolicy = words.Length > 1 && int.TryParse(words[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits) ? HelperPolicy.Find(bits) : null;
                if (helperPolicy is null)
                {
                    missing.Add($"boots[0].policy: \"{c.Argument(0)}\" is no policy of the helper module that is known");
                }
                else
                {
                    Note("boots[0].policy", helperPolicy.Id, "guest script: policy");
                }

                return true;
            case "edu" when words.Length > 1 && Bdf.TryParse(words[1], out var edu) && !marked:
                helpers[edu] = Helper;
                helperModes[edu] = words.Contains("msi") ? InterruptMode.Msi : InterruptMode.Intx;
                Note($"boots[0].drivers[{edu}]", Helper.Id, "guest script: edu");
                return true;
            case "dummy" or "dummyh":
                if (BareHandler.Read(words, bare.Count) is not { } handler)
                {
                    missing.Add($"boots[0]: \"{c.Argument(0)}\" names no irq, or is one handler too many");
                    return true;
                }

                bare.Add((c, handler, marked));
                Note($"boots[0].drivers[{handler.Bdf}]", $"{words[0]} on irq {handler.Gsi}", "guest script");
                return !marked;
            default:
                return false;
        }
    }

    private static readonly DriverModel Helper = new(
        "edu-helper", new HandlerModel("edu_irq", ClearsCause: true, Blind: false), new HandlerModel("edu_irq", ClearsCause: true, Blind: false),
        "helper module of the recordings: raises and acknowledges QEMU's edu device");

    private BootSpec? DeriveBoot(int index, int cpus, ShutdownPath? path)
    {
        if (DeriveRelease(index) is not { } release || path is null)
        {
            return null;
        }

        var policy = helperPolicy ?? ShutdownPolicy.Find(release.ShutdownPolicy)!;
        if (helperPolicy is null)
        {
            Note(Node.Invariant($"boots[{index}].policy"), policy.Id, "catalogue: the release's own");
        }

        var drivers = new Dictionary<Bdf, DriverModel?>();
        foreach (var f in run.Functions)
        {
            drivers[f.Bdf] = helpers.TryGetValue(f.Bdf, out var helper) ? helper : f.Driver is { } id && !HasNoChild(f) ? WithHelper(Driver(id, f.Bdf)) : null;
        }

        foreach (var (_, handler, later) in bare)
        {
            drivers[handler.Bdf] = later ? null : handler.Driver;
        }

        var boot = new BootSpec(release, policy, path.Value)
        {
            Cpus = cpus,
            Drivers = drivers,
            ProbeOrder = [.. ProbeOrder().Distinct()],
        };
        foreach (var f in boot.ProbeOrder.Select(bdf => run.Functions.First(l => l.Bdf == bdf)).Where(Interfaces.Has))
        {
            interfaces.Add(f.Bdf, drivers[f.Bdf] is { Opening: not OpeningWork.None });
        }

        boot = boot with
        {
            Closed = [.. Closed(drivers)],
            Stimuli = [.. run.Functions.Where(HasNoChild).SelectMany(f => BusOnly(f)), .. stimuli.SelectMany(Stimuli)],
        };
        return WithBootOptions(boot, run.Appends.ElementAtOrDefault(index) ?? "", index);
    }

    // An open interface has its name in the row of its irq, if it has one; messages show nothing of it. Without the table, the script says it.
    private IEnumerable<Bdf> Closed(Dictionary<Bdf, DriverModel?> drivers)
    {
        foreach (var f in run.Functions.Where(f => drivers[f.Bdf] is { Opening: not OpeningWork.None }))
        {
            var opened = run.Interrupts.Count > 0 && f is { MsiEnable: false, MsixEnable: false, Irq: > 0 }
                ? Interfaces.NamesAt(run.Interrupts, f.Irq)?.Any(Interfaces.IsName) == true
                : run.Scripts.Count == 0 || prepared.Exists(Interfaces.Opens);
            if (!opened)
            {
                Note($"boots[0].closed[{f.Bdf}]", "its interface is not open", run.Interrupts.Count > 0 ? "/proc/interrupts" : "guest script");
                yield return f.Bdf;
            }
        }
    }

    // virtio_pci has it, but nobody loaded the module of what is behind: no vectors, no handler.
    private bool HasNoChild(ListedFunction f) =>
        modules.Count > 0 && f.Driver == "virtio-pci" && !f.MsixEnable && GuestModules.VirtioChild(f) is { } child && !modules.Contains(child);

    private IEnumerable<Stimulus> BusOnly(ListedFunction f) =>
        WithHelper(Driver("virtio-pci", f.Bdf)) is { } virtio ? [StimulusForms.LoadDriver(f.Bdf, virtio) with { Part = ProbePart.Bus }] : [];

    private DriverModel? WithHelper(DriverModel? driver) =>
        driver is { Id: "virtio-pci" } && !virtioResets ? driver with { ChildShutdown = static _ => [] } : driver;

    // What is built in comes first, then the modules in the order of loading.
    private IEnumerable<Bdf> ProbeOrder() =>
        run.Functions.Where(f => f.Driver == "pcieport").Select(f => f.Bdf)
            .Concat(modules.SelectMany(m => run.Functions.Where(f => f.Driver is not null && AsksFor(m, f)).Select(f => f.Bdf)));

    // virtio_pci finds the device, but the module of what is behind asks for its interrupts.
    private bool AsksFor(string module, ListedFunction f) => GuestModules.IsVirtio(f) && GuestModules.VirtioChild(f) is { } child && modules.Contains(child)
        ? module == child
        : GuestModules.Drives(module, f, devices[f.Bdf]);

    private BootSpec? DeriveSecondBoot(int cpus)
    {
        if (DeriveRelease(1) is not { } release)
        {
            return null;
        }

        var script = run.Scripts.Count > 1 ? GuestScript.Read(run.Scripts[1], run.Log) : [];
        var path = script.Select(PathOf).LastOrDefault(p => p is not null) ?? ShutdownPath.None;
        var nr = NrCpus().Match(secondAppend);
        interfaces = new Interfaces();
        Note("boots[1].path", path.ToString(), script.Count > 0 ? "guest script" : "assumed");
        var boot = new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, path)
        {
            Cpus = nr.Success ? Math.Clamp(int.Parse(nr.Groups[1].Value, CultureInfo.InvariantCulture), 1, cpus) : cpus,
            Drivers = run.Functions.ToDictionary(f => f.Bdf, f => f.Driver == "pcieport" ? Driver("pcieport", f.Bdf) : null)
                .Concat(bare.Select(b => KeyValuePair.Create<Bdf, DriverModel?>(b.Handler.Bdf, null))).ToDictionary(),
            Stimuli = [.. FailedHotplug(), .. BuiltIn(script), .. script.SelectMany(Stimuli)],
        };
        // The second kernel's command line is the first one's, with more behind it; only kexec --append with a text of its own is not.
        var inherited = secondAppend.Contains("--append", StringComparison.Ordinal) && !secondAppend.Contains("/proc/cmdline", StringComparison.Ordinal) ? "" : run.Appends.ElementAtOrDefault(0) ?? "";
        return WithBootOptions(boot, $"{inherited} {secondAppend} {run.Appends.ElementAtOrDefault(1)}", 1);
    }

    // A driver that is bound before the second kernel's script runs, or that no script loads, is part of the kernel: virtio_pci in some. It probes
    // before any module is loaded.
    private List<Stimulus> BuiltIn(List<GuestCommand> script)
    {
        var loaded = script.Where(c => c.Name == "load").SelectMany(c => GuestModules.Of(c.Words.Skip(1))).ToHashSet();
        var stimuli = new List<Stimulus>();
        foreach (var f in run.Functions.Where(f => devices.ContainsKey(f.Bdf)))
        {
            var early = run.BuiltIn.GetValueOrDefault(f.Bdf);
            var name = early ?? run.SecondFunctions.FirstOrDefault(l => l.Bdf == f.Bdf && !loaded.Any(m => GuestModules.Drives(m, l, devices[f.Bdf])))?.Driver;
            if (name is not (null or "pcieport") && Driver(name, f.Bdf) is { } driver)
            {
                Note($"boots[1].drivers[{f.Bdf}]", name + ", built in", early is null ? "bulk: bound, and no script loads it" : "bulk: k2pre.lspci_vvv");
                builtIn.Add(f.Bdf);
                stimuli.Add(StimulusForms.LoadDriver(f.Bdf, driver) with { Part = GuestModules.IsVirtio(f) ? ProbePart.Bus : ProbePart.Closed });
                if (Interfaces.Has(f) && !GuestModules.IsVirtio(f))
                {
                    interfaces.Add(f.Bdf, driver.Opening != OpeningWork.None);
                }
            }
        }

        return stimuli;
    }

    // shpchp is built in: on a bridge whose slots belong to somebody else it gets its interrupt and its bus master, and gives the interrupt back.
    private IEnumerable<Stimulus> FailedHotplug()
    {
        const string Where = "shpchp probe → shpc_init";
        foreach (var f in run.Functions.Where(f => f.MsiMessages > 0 && run.Log.Any(l => l.Contains($"shpchp 0000:{f.Bdf}: Slot initialization failed", StringComparison.Ordinal))))
        {
            Note($"boots[1].stimuli[{f.Bdf}]", "shpchp tries the bridge and gives up", "log");
            yield return new Stimulus(
                "shpchp-gives-up",
                [
                    new Step(Op.IntxDisable, 1, Cost: Cost.ConfigWrite, Where: Where + " → pci_enable_msi", Source: "drivers/pci/hotplug/shpchp_hpc.c"),
                    new Step(Op.MsiEnable, 1, Cost: Cost.ConfigWrite, Where: Where + " → pci_enable_msi", Source: "drivers/pci/hotplug/shpchp_hpc.c"),
                    new Step(Op.BusMaster, 1, Cost: Cost.ConfigWrite, Where: Where + " → pci_set_master", Source: "drivers/pci/hotplug/shpchp_hpc.c"),
                    new Step(Op.MsiEnable, 0, Cost: Cost.ConfigWrite, Where: Where + " → pci_disable_msi", Source: "drivers/pci/hotplug/shpchp_hpc.c"),
                    new Step(Op.IntxDisable, 0, Cost: Cost.ConfigWrite, Where: Where + " → pci_disable_msi", Source: "drivers/pci/hotplug/shpchp_hpc.c"),
                ],
                f.Bdf);
        }
    }

    private IEnumerable<Stimulus> Stimuli(GuestCommand c)
    {
        switch (c.Name)
        {
            case "pre" or "preL":
                return [.. GuestModules.Of(c.Words.Skip(1)).SelectMany(Load), .. interfaces.OpenedBy(c).Select(StimulusForms.OpenInterface)];
            case "load":
                return GuestModules.Of(c.Words.Skip(1)).SelectMany(Load);
            case "setpci" when Setpci(c) is { } write:
                return [write];
            case "msien" when Bdf.TryParse(c.Argument(0), out var bdf) && int.TryParse(c.Argument(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value):
                return [c.Argument(1) == "msix" ? StimulusForms.MsixEnable(bdf, (value & 0x8000) != 0) : StimulusForms.MsiEnable(bdf, (value & 1) != 0)];
            case "echo" when c.Target == HelperFile && c.Argument(0).StartsWith("msishut ", StringComparison.Ordinal) && Bdf.TryParse(c.Argument(0)[8..].Trim(), out var target):
                return [StimulusForms.MsiShutdown(target)];
            case "echo" when bare.FindIndex(b => ReferenceEquals(b.Command, c)) is >= 0 and var i:
                return [StimulusForms.LoadDriver(bare[i].Handler.Bdf, bare[i].Handler.Driver)];
            default:
                return interfaces.OpenedBy(c).Select(StimulusForms.OpenInterface);
        }
    }

    private IEnumerable<Stimulus> Load(string module)
    {
        var listed = run.SecondFunctions.Count > 0 ? run.SecondFunctions : run.Functions;
        foreach (var f in run.Functions)
        {
            var now = listed.FirstOrDefault(l => l.Bdf == f.Bdf) ?? f;
            if (GuestModules.Drives(module, f, devices[f.Bdf]) && !builtIn.Contains(f.Bdf) && Driver(now.Driver ?? f.Driver ?? GuestModules.DriverOf(module), f.Bdf) is { } driver)
            {
                if (Interfaces.Has(f) && !GuestModules.IsVirtio(f))
                {
                    interfaces.Add(f.Bdf, driver.Opening != OpeningWork.None);
                }

                yield return StimulusForms.LoadDriver(f.Bdf, driver) with { Part = GuestModules.IsVirtio(f) ? ProbePart.Bus : ProbePart.Closed };
            }
            else if (GuestModules.IsVirtio(f) && GuestModules.VirtioChild(f) == module && DriverModel.Find("virtio-pci") is { } virtio)
            {
                if (Interfaces.Has(f))
                {
                    interfaces.Add(f.Bdf, waits: false);
                }

                yield return StimulusForms.LoadDriver(f.Bdf, virtio) with { Part = ProbePart.Child };
            }
        }
    }

    // setpci -s BDF COMMAND=VALUE:MASK, or without a mask.
    private static Stimulus? Setpci(GuestCommand c)
    {
        var at = c.Words.ToList().IndexOf("-s");
        if (at < 0 || !Bdf.TryParse(c.Words.ElementAtOrDefault(at + 1), out var bdf))
        {
            return null;
        }

        var write = c.Words.Select(w => CommandWrite().Match(w)).FirstOrDefault(m => m.Success);
        if (write is null)
        {
            return null;
        }

        var value = int.Parse(write.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var mask = write.Groups[2].Success ? int.Parse(write.Groups[2].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture) : 0xffff;
        return StimulusForms.SetCommand(bdf, (mask & 0x4) != 0 ? (value & 0x4) != 0 : null, (mask & 0x400) != 0 ? (value & 0x400) != 0 : null);
    }

    [GeneratedRegex(@"nr_cpus=(\d+)")]
    private static partial Regex NrCpus();

    [GeneratedRegex(@"^COMMAND=([0-9a-fA-F]{1,4})(?::([0-9a-fA-F]{1,4}))?$")]
    private static partial Regex CommandWrite();
}
