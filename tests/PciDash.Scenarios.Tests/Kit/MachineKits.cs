using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Conformance;
using PciDash.Scenarios.Kit;

namespace PciDash.Scenarios.Tests.Kit;

/// <summary>The kit that records a scenario on a real kernel: its table, its files, and what it says it cannot do.</summary>
public sealed class MachineKits : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("pcidash").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string> Presets => [.. ScenarioPresets.All.Select(p => p.Id)];

    private static MachineKit? KitOf(string preset)
    {
        try
        {
            return MachineKit.Of(ScenarioPresets.Find(preset)!.Scenario);
        }
        catch (ScenarioException)
        {
            return null;
        }
    }

    private static FunctionSpec Function(string bdf, string device, string? parent = null, int? bus = null, Func<DeviceModel, DeviceModel>? change = null)
    {
        Assert.True(Bdf.TryParse(bdf, out var at));
        var model = DeviceModel.Find(device)!;
        return new FunctionSpec(at, change?.Invoke(model) ?? model) { Parent = parent is null ? null : Bdf.TryParse(parent, out var p) ? p : null, SecondaryBus = bus };
    }

    private static Scenario Machine(Platform platform, params FunctionSpec[] functions)
    {
        var release = KernelRelease.Find("6.1")!;
        return new Scenario("machine", platform, functions, [new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, ShutdownPath.Reboot)]);
    }

    private static string[] DevicesOf(MachineKit kit) =>
        [.. kit.Files["run.sh"].Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("-device ", StringComparison.Ordinal)).Select(l => l["-device ".Length..].TrimEnd('\\', ' '))];

    [Fact]
    public void The_table_names_devices_of_the_catalogue_and_where_each_row_is_from()
    {
        Assert.All(QemuDevice.All, r => Assert.NotNull(DeviceModel.Find(r.DeviceId)));
        Assert.All(QemuDevice.All, r => Assert.NotEmpty(r.Source));
        Assert.Equal(QemuDevice.All.Count, QemuDevice.All.Select(r => (r.DeviceId, r.Pin)).Distinct().Count());
        Assert.All(new[] { QemuBoard.Q35, QemuBoard.Pc }.SelectMany(b => b.BuiltIn.Values).Where(d => d.Length > 0), d => Assert.NotNull(DeviceModel.Find(d)));
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void A_preset_becomes_a_kit_or_it_is_said_that_nothing_of_it_is_left(string preset)
    {
        var scenario = ScenarioPresets.Find(preset)!.Scenario;
        if (KitOf(preset) is not { } kit)
        {
            Assert.All(scenario.Functions, f => Assert.True(f.Device.IsBridge || f.Device.Id is "host-bridge" or "isa-bridge" or "smbus" || QemuDevice.Find(f.Device.Id, f.Device.Pin) is null));
            return;
        }

        kit.WriteTo(Path.Combine(folder, "kit"));
        Assert.Equal(kit.Files.Keys.Order(), Directory.EnumerateFiles(Path.Combine(folder, "kit")).Select(Path.GetFileName).Order());
        Assert.Equal(ScenarioDocument.Write(scenario), ScenarioDocument.Write(ScenarioDocument.Parse(kit.Files["scenario.json"]).Scenario));
        Assert.DoesNotContain(kit.Files.Values, f => f.Contains("@ID@", StringComparison.Ordinal) || f.Contains("@ARGS@", StringComparison.Ordinal));
        Assert.All(kit.LeftOut.Concat(kit.Notes), l => Assert.Contains(l, kit.Files["README.md"], StringComparison.Ordinal));
        Assert.Contains(scenario.Boots[0].Release.Version, kit.Files["README.md"], StringComparison.Ordinal);
        Assert.Equal(scenario.Platform == Platform.AcpiPc, kit.Notes.Any(n => n.StartsWith("platform: acpi-pc is built as q35", StringComparison.Ordinal)));

        // Each function is on the machine, or it is said that it is not.
        var listed = kit.Files["README.md"].Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Select(l => l.Split('|')[1].Trim()).ToHashSet();
        Assert.All(scenario.Functions, f => Assert.NotEqual(listed.Contains(f.Bdf.ToString()), kit.LeftOut.Any(l => l.StartsWith(f.Bdf.ToString(), StringComparison.Ordinal))));
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void The_guests_scripts_are_in_the_words_that_conform_reads(string preset)
    {
        if (KitOf(preset) is not { } kit)
        {
            return;
        }

        var boot = ScenarioPresets.Find(preset)!.Scenario.Boots[0];
        Assert.Equal(boot.Path == ShutdownPath.None ? ShutdownPath.Poweroff : boot.Path, Derivation.PathOf(kit.Files["guest-1.sh"], []));
        Assert.Equal(boot.Path is ShutdownPath.Kexec or ShutdownPath.Kdump, kit.Files.ContainsKey("guest-2.sh"));
        var modules = kit.Files["modules.txt"].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var loaded = kit.Files.Where(f => f.Key.StartsWith("guest-", StringComparison.Ordinal)).SelectMany(f => GuestScript.Read(f.Value, []))
            .Where(c => c.Name is "pre" or "load").SelectMany(c => c.Words.Skip(1)).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(loaded, modules);

        // The guest's commands are those that its init has, or busybox.
        var known = new[] { "pre", "load", "mark", "traffic", "sleep", "usleep", "tell_shutdowns", "kx", "kexec", "msg", "setpci", "msien", "reboot", "poweroff", "echo", "netup", "snap" };
        Assert.All(GuestScript.Read(kit.Files["guest-1.sh"], []), c => Assert.Contains(c.Name, known));
        Assert.All(known.Except(["sleep", "usleep", "kexec", "reboot", "poweroff", "echo"]), c => Assert.Contains($"\n{c}() {{", kit.Files["init"], StringComparison.Ordinal));
    }

    [ShellTheory]
    [InlineData("virtio-nobody-cared-2015")]
    [InlineData("virtio-nobody-cared-2015-kexec")]
    [InlineData("live-msix-enable-only")]
    [InlineData("hpe-bridge-ur-2019")]
    public void The_scripts_parse(string preset)
    {
        KitOf(preset)!.WriteTo(folder);
        foreach (var file in Directory.EnumerateFiles(folder, "*.sh").Append(Path.Combine(folder, "init")))
        {
            Assert.Equal((0, ""), Qemu.Run("/bin/sh", folder, "", "-n", file));
        }
    }

    [Fact]
    public void What_is_done_to_a_live_device_is_done_by_writes_of_its_registers()
    {
        Assert.Contains("mark 1\nmsien 00:09.0 msix 0000\nsetpci -s 00:09.0 COMMAND=0000:0400\n", KitOf("live-msix-off")!.Files["guest-1.sh"], StringComparison.Ordinal);
    }

    [Fact]
    public void Options_and_cpus_and_the_path_are_on_the_command_lines()
    {
        var release = KernelRelease.Find("6.1")!;
        var boot = new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, ShutdownPath.Kdump) { NoIrqDebug = true, NoMsi = true, Cpus = 2 };
        var scenario = Machine(Platform.Q35, Function("00:03.0", "e1000")) with { Boots = [boot, boot with { Path = ShutdownPath.Reboot, Cpus = 1, ResetDevices = true }] };
        var kit = MachineKit.Of(scenario);
        Assert.Contains("crashkernel=256M noirqdebug pci=nomsi", kit.Files["run.sh"], StringComparison.Ordinal);
        Assert.Contains("-smp 2 \\", kit.Files["run.sh"], StringComparison.Ordinal);
        Assert.Contains("stage=2 noirqdebug pci=nomsi reset_devices nr_cpus=1\"", kit.Files["guest-1.sh"], StringComparison.Ordinal);
        Assert.Contains("load e1000\n", kit.Files["guest-2.sh"], StringComparison.Ordinal);
        Assert.EndsWith("reboot -f\n", kit.Files["guest-2.sh"], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_where_the_machine_has_a_function_of_its_own_moves_to_a_slot_with_the_same_lines()
    {
        var kit = MachineKit.Of(Machine(Platform.Q35, Function("00:1f.2", "e1000"), Function("00:02.0", "e1000e"), Function("00:1f.0", "isa-bridge")));
        Assert.Contains(DevicesOf(kit), d => d.StartsWith("e1000,id=f001f2,bus=pcie.0,addr=0x3.0", StringComparison.Ordinal));
        Assert.Contains("00:1f.2 (e1000): it is at 00:03.0 in QEMU: QEMU's q35 has a function of its own there", kit.Notes);
    }

    [Fact]
    public void A_slot_whose_function_0_QEMU_lacks_begins_with_another()
    {
        var kit = MachineKit.Of(Machine(Platform.Q35, Function("00:05.0", "tg3"), Function("00:05.2", "e1000"), Function("00:05.3", "nvme")));
        Assert.Equal(["00:05.0 (tg3): QEMU has no such device"], kit.LeftOut);
        Assert.Contains("00:05.2 (e1000): it is at 00:05.0 in QEMU: function 0 of its slot is left out, and a slot needs one", kit.Notes);
        Assert.Contains(DevicesOf(kit), d => d.Contains("addr=0x5.0,multifunction=on", StringComparison.Ordinal));
    }

    [Fact]
    public void Below_what_is_left_out_nothing_is_left()
    {
        var port = Function("00:03.0", "pcie-root-port", bus: 1);
        var below = Function("01:00.0", "nvme", "00:03.0");
        var kit = MachineKit.Of(Machine(Platform.Pc, port, below, Function("00:04.0", "e1000")));
        Assert.Equal(["00:03.0 (pcie-root-port): a port of PCI Express needs q35, and the platform is pc", "01:00.0 (nvme): it is below 00:03.0, which is left out"], kit.LeftOut);

        var none = Assert.Throws<ScenarioException>(() => MachineKit.Of(Machine(Platform.Pc, port, below)));
        Assert.StartsWith("functions: QEMU has no device for any of them", Assert.Single(none.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_that_has_only_its_pin_has_no_messages_in_QEMU_either()
    {
        var kit = MachineKit.Of(Machine(Platform.Q35, Function("00:03.0", "virtio-net") with { Mode = InterruptMode.Intx }, Function("00:04.0", "nvme") with { Mode = InterruptMode.Intx }));
        Assert.Contains(DevicesOf(kit), d => d.StartsWith("virtio-net-pci", StringComparison.Ordinal) && d.Contains("vectors=0", StringComparison.Ordinal));
        Assert.Contains("00:04.0 (nvme): no property of QEMU's nvme takes its messages away; its driver will use them", kit.Notes);
    }

    [Fact]
    public void A_folder_with_something_in_it_is_left_alone()
    {
        File.WriteAllText(Path.Combine(folder, "mine"), "");
        var error = Assert.Throws<IOException>(() => KitOf("live-msix-off")!.WriteTo(folder));
        Assert.Equal($"DIR '{folder}': it is not empty; a folder that is new or empty is needed", error.Message);
        Assert.Single(Directory.EnumerateFileSystemEntries(folder));
        Assert.Throws<IOException>(() => KitOf("live-msix-off")!.WriteTo(Path.Combine(folder, "mine")));
    }

    public static TheoryData<string> Accepted => ["virtio-nobody-cared-2015", "q35-virtio", "mpt-fusion-2008", "bridges", "switch", "pc"];

    private static Scenario ScenarioToAccept(string name) => name switch
    {
        "bridges" => Machine(
            Platform.Q35,
            Function("00:01.0", "uhci"), Function("00:02.0", "pcie-root-port", bus: 1), Function("01:00.0", "virtio-net-modern", "00:02.0"),
            Function("00:03.0", "pcie-root-port", bus: 2), Function("02:00.0", "pci-bridge", "00:03.0", 3), Function("03:01.0", "e1000", "02:00.0"), Function("03:05.0", "rtl8139", "02:00.0"),
            Function("00:1d.0", "uhci"), Function("00:1d.1", "uhci", change: d => d with { Pin = InterruptPin.B }), Function("00:1d.7", "ehci", change: d => d with { Pin = InterruptPin.D }),
            Function("00:1e.0", "pci-bridge", bus: 4), Function("04:02.0", "ohci", "00:1e.0"), Function("00:1f.2", "ahci"), Function("00:10.0", "megaraid-sas"), Function("00:11.0", "hda"),
            Function("00:12.0", "vmxnet3"), Function("00:13.0", "e100"), Function("00:14.0", "xhci"), Function("00:15.0", "virtio-console-legacy"), Function("00:16.0", "virtio-rng"),
            Function("00:17.0", "ahci"), Function("00:18.0", "pci-endpoint")),
        "switch" => Machine(
            Platform.Q35,
            Function("00:02.0", "pcie-root-port", bus: 1), Function("01:00.0", "pcie-switch-port", "00:02.0", 2), Function("02:00.0", "pcie-switch-port", "01:00.0", 3),
            Function("02:01.0", "pcie-switch-port", "01:00.0", 4), Function("03:00.0", "nvme", "02:00.0"), Function("04:00.0", "e1000e", "02:01.0")),
        "pc" => Machine(
            Platform.Pc,
            Function("00:00.0", "host-bridge"), Function("00:01.0", "isa-bridge"), Function("00:01.2", "uhci", change: d => d with { Pin = InterruptPin.D }), Function("00:03.0", "virtio-blk"),
            Function("00:04.0", "pci-bridge", bus: 1), Function("01:02.0", "rtl8139", "00:04.0"), Function("00:05.0", "mptsas")),
        _ => ScenarioPresets.Find(name)!.Scenario,
    };

    // The firmware has to count the buses first, so it must run: what it says then is asked until it says it.
    [QemuTheory]
    [MemberData(nameof(Accepted))]
    public void QEMU_takes_the_command_line_and_shows_the_scenarios_addresses(string name)
    {
        var scenario = ScenarioToAccept(name);
        var kit = MachineKit.Of(scenario);
        Assert.Empty(kit.LeftOut);
        kit.WriteTo(folder);
        var work = Directory.CreateDirectory(Path.Combine(folder, "work")).FullName;
        foreach (var n in Enumerable.Range(1, 8))
        {
            using var disk = File.Create(Path.Combine(work, $"disk{n}.img"));
            disk.SetLength(16 << 20);
        }

        var wanted = scenario.Functions.Select(f => FormattableString.Invariant($"Bus {f.Bdf.Bus,2}, device {f.Bdf.Device,3}, function {f.Bdf.Function}:")).ToList();
        var said = Qemu.Ask(folder, "info pci", wanted, $"{Arguments(kit)} -display none -serial none -monitor stdio -m 128");
        Assert.All(wanted, w => Assert.Contains(w, said, StringComparison.Ordinal));
    }

    private static string Arguments(MachineKit kit) => string.Join(' ', kit.Files["run.sh"].Split('\n').SkipWhile(l => l != "set -- \\").Skip(1)
        .TakeWhile(l => !l.Contains("-m \"$MEM\"", StringComparison.Ordinal)).Select(l => l.TrimEnd('\\', ' ').Trim()));
}
