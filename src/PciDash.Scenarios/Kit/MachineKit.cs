using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Kit;

/// <summary>
/// A scenario as a real test: the files of a folder from which anybody with QEMU and a kernel image makes a recording of the same machine,
/// which <c>pcidash conform</c> reads.
/// </summary>
/// <param name="Files">Name and content of each file; scripts are POSIX sh.</param>
/// <param name="LeftOut">Functions that QEMU cannot have, one line each with the reason.</param>
/// <param name="Notes">In what the recorded machine differs from the scenario, one line each.</param>
public sealed record MachineKit(IReadOnlyDictionary<string, string> Files, IReadOnlyList<string> LeftOut, IReadOnlyList<string> Notes)
{
    private const int Memory = 1024;
    private const int CrashMemory = 1536;

    /// <summary>
    /// QEMU's command line for the machine alone, for a shell: with a kernel and an initramfs of one's own, without the trace that a recording
    /// needs. The disks that it names are made by the first line.
    /// </summary>
    public required string CommandLine { get; init; }

    /// <summary>The kit of a scenario.</summary>
    /// <exception cref="ScenarioException">QEMU has no device for anything in it.</exception>
    public static MachineKit Of(Scenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var (leftOut, notes) = (new List<string>(), new List<string>());
        var board = QemuBoard.Of(scenario.Platform);
        SayPlatform(scenario, board, leftOut, notes);
        var topology = new KitTopology(scenario, board, leftOut, notes);
        if (topology.Functions.All(f => f.IsChipset || f.Spec.Device.IsBridge))
        {
            throw new ScenarioException(["functions: QEMU has no device for any of them but bridges and the chipset, so there is nothing to record; it has one for " + string.Join(", ", QemuDevice.All.Select(d => d.DeviceId).Distinct())]);
        }

        SayLines(board, topology, notes);
        var guest = new GuestFiles(scenario, topology, notes);
        var cpus = scenario.Boots.Max(b => b.Cpus);
        var arguments = new QemuArguments(topology, board, cpus);
        var memory = Node.Invariant($"{(guest.Path == ShutdownPath.Kdump ? CrashMemory : Memory)}");
        var append = guest.Path == ShutdownPath.Kdump ? $"crashkernel=256M {guest.Append}".TrimEnd() : guest.Append;
        var files = new Dictionary<string, string>
        {
            ["run.sh"] = Template("run.sh")
                .Replace("@ID@", scenario.Id, StringComparison.Ordinal)
                .Replace("@MEM@", memory, StringComparison.Ordinal)
                .Replace("@MACHINE@", board.Machine, StringComparison.Ordinal)
                .Replace("@DEVICES@", string.Join(' ', arguments.Devices), StringComparison.Ordinal)
                .Replace("@DISKS@", string.Join(' ', Enumerable.Range(1, arguments.Disks)), StringComparison.Ordinal)
                .Replace("@ARGS@", string.Join('\n', arguments.Lines.Select(l => $"    {l} \\")), StringComparison.Ordinal)
                .Replace("@APPEND@", append, StringComparison.Ordinal)
                .Replace("@STABLE@", cpus == 1 ? "true" : "false", StringComparison.Ordinal)
                .Replace("@CPUS@", Node.Invariant($"{cpus}"), StringComparison.Ordinal),
            ["mkinitramfs.sh"] = Template("mkinitramfs.sh"),
            ["init"] = Template("init"),
            ["trace-events.txt"] = Template("trace-events.txt"),
            ["modules.txt"] = string.Concat(guest.Modules.Select(m => m + "\n")),
            ["guest-1.sh"] = guest.First,
            ["scenario.json"] = ScenarioDocument.Write(scenario),
        };
        if (guest.Second is { } second)
        {
            files["guest-2.sh"] = second;
        }

        files["README.md"] = KitReadme.Write(scenario, board, topology, guest, leftOut, notes);
        return new MachineKit(files, leftOut, notes) { CommandLine = Plain(arguments, memory, append) };
    }

    private static string Plain(QemuArguments arguments, string memory, string append)
    {
        var disks = string.Concat(Enumerable.Range(1, arguments.Disks).Select(i => Node.Invariant($"truncate -s 16M work/disk{i}.img; ")));
        return (disks.Length > 0 ? $"mkdir -p work; {disks.TrimEnd(' ', ';')}\n" : "")
            + "qemu-system-x86_64 \\\n" + string.Concat(arguments.Lines.Select(l => $"    {l} \\\n"))
            + $"    -m {memory} -cpu max -no-reboot -display none -monitor none \\\n"
            + "    -kernel vmlinuz -initrd initrd -serial stdio \\\n"
            + $"    -append \"console=ttyS0,115200{(append.Length > 0 ? " " + append : "")}\"\n";
    }

    private static void SayPlatform(Scenario scenario, QemuBoard board, List<string> leftOut, List<string> notes)
    {
        if (scenario.Platform.Id != board.Machine)
        {
            notes.Add($"platform: {scenario.Platform.Id} is built as q35, whose lines are wired in another way (slots 0-24 end on GSI 20-23), so other functions may share a line");
        }

        if (scenario.InterruptRemapping)
        {
            leftOut.Add("interrupt_remapping: the recording could not be read with it");
        }

        leftOut.AddRange(scenario.BootInterrupts.Select(b => $"boot_interrupts: QEMU's chipset raises no GSI {b.To.Value} in place of {b.From.Value}"));
    }

    // A line that the scenario names is where QEMU's wiring leads, or it is not.
    private static void SayLines(QemuBoard board, KitTopology topology, List<string> notes)
    {
        var wiring = Platform.Find(board.Machine)!;
        foreach (var f in topology.Functions.Where(f => f.Spec.Gsi is not null && f.Spec.Device.Pin != InterruptPin.None))
        {
            var (pin, at) = (f.Spec.Device.Pin, f);
            for (; at.Parent is { } above; at = above)
            {
                pin = Swizzle.ThroughBridge(pin, at.Slot);
            }

            if (wiring.Route(at.Slot, pin) is var gsi && gsi != f.Spec.Gsi)
            {
                notes.Add($"{f.Spec.Bdf} ({f.Spec.Device.Id}): the scenario has it on GSI {f.Spec.Gsi!.Value.Value}; on QEMU's {board.Machine} it ends on {gsi.Value}");
            }
        }
    }

    /// <summary>Writes the files into a folder, which must not exist or be empty.</summary>
    /// <exception cref="IOException">It is not empty, or is a file.</exception>
    public void WriteTo(string folder)
    {
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
        {
            throw new IOException($"DIR '{folder}': it is {(File.Exists(folder) ? "a file" : "not empty")}; a folder that is new or empty is needed");
        }

        Directory.CreateDirectory(folder);
        foreach (var (name, text) in Files)
        {
            File.WriteAllText(Path.Combine(folder, name), text);
        }
    }

    private static string Template(string name)
    {
        using var stream = typeof(MachineKit).Assembly.GetManifestResourceStream("Kit." + name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
