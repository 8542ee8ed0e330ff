using System.Globalization;
using System.Text.RegularExpressions;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Import;

namespace PciDash.Scenarios.Conformance;

/// <summary>Derives the scenario of a recording from its files. Its rules know kinds of files and commands, never a recording.</summary>
public static class ScenarioDeriver
{
    /// <summary>Derives; a scenario.json in the folder overrides everything.</summary>
    public static DerivedScenario Derive(RecordedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.ScenarioJson is { } json)
        {
            return new DerivedScenario(ScenarioDocument.Parse(json).Scenario, [new DerivedField("all", "", "scenario.json")], []);
        }

        return new Derivation(run).Result();
    }
}

/// <summary>One derivation.</summary>
internal sealed partial class Derivation(RecordedRun run)
{
    private readonly List<DerivedField> fields = [];
    private readonly List<string> missing = [];
    private readonly Dictionary<Bdf, DeviceModel> devices = [];
    private readonly Dictionary<Bdf, DriverModel> helpers = [];
    private readonly Dictionary<Bdf, InterruptMode> helperModes = [];

    public DerivedScenario Result()
    {
        var platform = DerivePlatform();
        var first = ReadFirstScript();
        var cpus = DeriveCpus();
        if (run.Functions.Count == 0)
        {
            missing.Add("functions: neither lspci output nor a meta line names any");
        }

        var functions = run.Functions.Select(f => DeriveFunction(f, platform)).Concat(bare.Select(b => b.Handler.Function)).ToList();
        var boots = new List<BootSpec>();
        if (DeriveBoot(0, cpus, first) is { } boot)
        {
            boots.Add(boot);
            var goesOn = boot.Path is ShutdownPath.Kexec or ShutdownPath.Kdump || (boot.Path == ShutdownPath.Reboot && run.SecondKernelSeen);
            if (goesOn && DeriveSecondBoot(cpus) is { } second)
            {
                boots.Add(second);
            }
        }

        if (missing.Count > 0 || platform is null)
        {
            return new DerivedScenario(null, fields, missing);
        }

        var scenario = new Scenario(Identifier(run.Name), platform, functions, boots) { Title = "derived from the recording " + run.Name };
        return new DerivedScenario(scenario, fields, missing);
    }

    private Platform? DerivePlatform()
    {
        var machine = Machine().Match(run.CommandLine);
        if (!machine.Success)
        {
            missing.Add("platform: cmd has no \"-machine NAME\"");
            return null;
        }

        if (Platform.Find(machine.Groups[1].Value) is { } platform)
        {
            Note("platform", platform.Id, "cmd: -machine");
            return platform;
        }

        missing.Add($"platform: the model has none of the name {machine.Groups[1].Value} (cmd: -machine)");
        return null;
    }

    private int DeriveCpus()
    {
        var smp = Smp().Match(run.CommandLine);
        var cpus = run.Cpus ?? (smp.Success ? int.Parse(smp.Groups[1].Value, CultureInfo.InvariantCulture) : 1);
        Note("boots[0].cpus", Node.Invariant($"{cpus}"), run.Cpus is not null ? "run.json" : smp.Success ? "cmd: -smp" : "assumed");
        return Math.Clamp(cpus, 1, 8);
    }

    private FunctionSpec DeriveFunction(ListedFunction f, Platform? platform)
    {
        var device = DeriveDevice(f);
        devices[f.Bdf] = device;
        var parent = run.Functions.FirstOrDefault(b => b.SecondaryBus == f.Bdf.Bus && f.Bdf.Bus != 0);
        if (f.Bdf.Bus != 0 && parent is null)
        {
            missing.Add($"{f.Bdf}: no bridge with secondary bus {f.Bdf.Bus:x2} is listed");
        }

        var driven = f.Driver is not null || helpers.ContainsKey(f.Bdf) || LoadedLater(f, device);
        var mode = helperModes.TryGetValue(f.Bdf, out var asked) ? asked
            : f.MsixEnable ? InterruptMode.Msix
            : f.MsiEnable ? InterruptMode.Msi
            : f.Driver is null || HasNoChild(f) ? InterruptMode.Auto
            : device.Pin != InterruptPin.None ? InterruptMode.Intx
            : InterruptMode.None;
        var spec = new FunctionSpec(f.Bdf, device)
        {
            Parent = parent?.Bdf,
            SecondaryBus = f.SecondaryBus,
            Mode = mode,
            FirmwareBusMaster = run.FirmwareBusMaster.TryGetValue(f.Bdf, out var left) ? left : f.BusMaster && (f.Driver is null || HasNoChild(f)) && !HasDrivenBelow(f),
            Events = driven && !device.IsBridge ? [new EventSource(EventOf(f), 1_000_000) { OncePerService = false }] : [],
        };
        if (f.Driver is not null && f.Irq is > 0 and < 24 && platform is not null && device.Pin != InterruptPin.None && !OnRoute(spec, f, platform))
        {
            spec = spec with { Gsi = new Gsi(f.Irq) };
        }

        Note($"functions[{f.Bdf}]", $"{device.Id}, pin {device.Pin}, {mode}, {f.Driver ?? "no driver"}", "bulk");
        return spec;
    }

    // Whatever it is called, when it comes is free; a file knows the words, and rx is what comes from outside.
    private static string EventOf(ListedFunction f) => EventClasses.OfTitle(f.Title) ?? "rx";

    // pci_enable_bridge made a master of it, not the firmware.
    private bool HasDrivenBelow(ListedFunction bridge) =>
        bridge.SecondaryBus is { } bus && bus != 0 && run.Functions.Any(f => f.Bdf.Bus == bus && f.Bdf != bridge.Bdf && (f.Driver is not null || HasDrivenBelow(f)));

    // The platform's routing is compared with what the kernel said; the kernel is right.
    private bool OnRoute(FunctionSpec spec, ListedFunction f, Platform platform)
    {
        var pin = spec.Device.Pin;
        var at = f;
        for (var depth = 0; depth < 32 && run.Functions.FirstOrDefault(b => b.SecondaryBus == at.Bdf.Bus && at.Bdf.Bus != 0) is { } up; depth++)
        {
            pin = Swizzle.ThroughBridge(pin, at.Bdf.Device);
            at = up;
        }

        return platform.Route(at.Bdf.Device, pin).Value == f.Irq;
    }

    private static DeviceModel DeriveDevice(ListedFunction f)
    {
        var row = DeviceModel.All.FirstOrDefault(d => d.VendorId == f.VendorId && d.DeviceId == f.DeviceId)
            ?? DeviceModel.Find(GuestModules.IsVirtio(f) ? "virtio-blk-modern" : f.SecondaryBus is not null ? "pci-bridge" : "pci-endpoint")!;
        return row with
        {
            Pin = f.Pin,
            IsBridge = f.SecondaryBus is not null,
            IsUsbHost = row.IsUsbHost || f.Title.Contains("[0c03]", StringComparison.Ordinal) || f.Title.StartsWith("USB controller", StringComparison.Ordinal),
            MsixTableSize = f.MsixEntries,
            MsiMessages = f.MsiMessages,
            BaseCommand = f.BaseCommand,
            VectorsUsed = Math.Max(1, Math.Min(row.VectorsUsed, f.MsixEntries)),
        };
    }

    private bool LoadedLater(ListedFunction f, DeviceModel device) =>
        run.Scripts.Any(s => GuestScript.Read(s, run.Log).Where(c => c.Name == "load").SelectMany(c => GuestModules.Of(c.Words.Skip(1))).Any(m => GuestModules.Drives(m, f, device)));

    private readonly Dictionary<string, DriverModel> unknown = [];

    private DriverModel? Driver(string id, Bdf bdf)
    {
        if (DriverModel.Find(id) is { } driver)
        {
            return driver;
        }

        // What it does at shutdown shows in the recording, or not: without a row it is taken for one that does nothing.
        if (!unknown.TryGetValue(id, out var assumed))
        {
            var handler = new HandlerModel(id, ClearsCause: true, Blind: false);
            assumed = new DriverModel(id, handler, handler, "no row of the catalogue")
            {
                Unknown = "all but its name", OwnScript = [], NeverSetsMaster = run.Functions.Any(f => f.Bdf == bdf && !f.BusMaster),
            };
            unknown.Add(id, assumed);
        }

        Note($"boots[0].drivers[{bdf}]", $"{id}, without a .shutdown", "assumed: no row of the catalogue has that name");
        return assumed;
    }

    private KernelRelease? DeriveRelease(int boot)
    {
        var text = run.Kernels.Count > boot ? run.Kernels[boot] : run.Kernels.Count > 0 ? run.Kernels[0] : "";
        var versions = Version().Matches(text).Select(m => m.Value).ToList();
        var release = versions.Select(KernelRelease.Find).FirstOrDefault(r => r is not null)
            ?? versions.Select(v => KernelRelease.Find(string.Join('.', v.Split('.').Take(2)))).FirstOrDefault(r => r is not null);
        if (release is null)
        {
            missing.Add(Node.Invariant($"boots[{boot}].release: no row of the kernel table fits \"{text}\" (run.json, uname)"));
            return null;
        }

        Note(Node.Invariant($"boots[{boot}].release"), release.Version, run.Kernels.Count > boot ? "run.json or uname" : "assumed: as the first");
        return release;
    }

    private BootSpec WithBootOptions(BootSpec boot, string append, int index)
    {
        var words = append.Split(' ', '"', '\'').Where(w => w.Length > 0).ToList();
        var read = CommandLineWords.Read(string.Join(' ', words), boot, "", []);
        if (CommandLineWords.Write(read) is { Length: > 0 } options)
        {
            Note(Node.Invariant($"boots[{index}].cmdline"), options, "run.json or guest script");
        }

        return read;
    }

    private void Note(string field, string value, string source) => fields.Add(new DerivedField(field, value, source));

    private static string Identifier(string name)
    {
        var id = Other().Replace(name.ToLowerInvariant(), "-").Trim('-');
        return id.Length == 0 ? "recording" : id;
    }

    [GeneratedRegex(@"-machine\s+([\w-]+)")]
    private static partial Regex Machine();

    [GeneratedRegex(@"-smp\s+(?:cpus=)?(\d+)")]
    private static partial Regex Smp();

    [GeneratedRegex(@"\d+\.\d+(?:\.\d+)?")]
    private static partial Regex Version();

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex Other();
}
