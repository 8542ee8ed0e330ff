using System.Text;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Kit;

/// <summary>The kit's README: how to run it, what the machine is, what differs from the scenario.</summary>
internal static class KitReadme
{
    public static string Write(Scenario scenario, QemuBoard board, KitTopology topology, GuestFiles guest, List<string> leftOut, List<string> notes)
    {
        var text = new StringBuilder();
        void Line(string line = "") => text.Append(line).Append('\n');
        Line($"# A real test of {scenario.Id}");
        Line();
        Line($"{(scenario.Title.Length > 0 ? scenario.Title : scenario.Id)}. This folder makes a recording of it: a Linux kernel in QEMU on the same");
        Line("machine, as far as QEMU has its devices. `scenario.json` is the scenario.");
        Line();
        Line("## Steps");
        Line();
        Line("1. Have `qemu-system-x86_64` (with the trace backend `log`, as distributions build it), `busybox`, `cpio` and `gzip`; `zstd` if the modules");
        Line("   are packed with it. KVM is not used, and no root is needed.");
        Line($"2. Have a kernel image and its modules. The scenario's kernel is {string.Join(", then ", scenario.Boots.Take(guest.HasSecond ? 2 : 1).Select(b => b.Release.Version))};");
        Line("   any may be used, and `pcidash conform` takes the version from the recording. With Debian's package, for example:");
        Line();
        Line("       apt-get download linux-image-VERSION && dpkg-deb -x linux-image-*.deb k");
        Line($"       {(guest.HasSecond ? "KEXEC=/sbin/kexec " : "")}KERNEL=k/boot/vmlinuz-VERSION MODULES=k sh run.sh");
        Line();
        if (guest.HasSecond)
        {
            Line("   This run goes on in a second kernel (the same image), so `KEXEC` must name the `kexec` of kexec-tools.");
            Line();
        }

        Line("3. `pcidash conform recording` says whether the model explains it.");
        Line();
        Line("The kernel must have, built in: an initramfs, devtmpfs, sysfs, procfs, `CONFIG_SERIAL_8250_CONSOLE`, `CONFIG_PCI`, `CONFIG_PRINTK`. A kernel");
        Line("whose serial console prints from a thread of its own says later than it happens which device is being shut down.");
        Line();
        Line("## Files");
        Line();
        Line("| file | what |");
        Line("|---|---|");
        Line("| `run.sh` | QEMU's command line, and the recording; its variables are explained at its top |");
        Line("| `mkinitramfs.sh`, `init`, `modules.txt` | the guest's initramfs: busybox, the modules that are needed, the commands of the guest's scripts |");
        Line($"| `guest-1.sh`{(guest.HasSecond ? ", `guest-2.sh`" : "")} | what {(guest.HasSecond ? "each" : "the")} kernel does; this run ends by {PathName(guest.Path)} |");
        Line("| `trace-events.txt` | what QEMU traces |");
        Line("| `recording/` | made by `run.sh`: `trace.gz` (QEMU's trace, raw), `bulk.txt` (the guest's functions and interrupts), `run.json`, `cmd`, the guest's scripts |");
        Line();
        Line("## The machine");
        Line();
        Line($"QEMU's `{board.Machine}` ({board.Source}).");
        Line();
        Line("| scenario | device | QEMU | at | source |");
        Line("|---|---|---|---|---|");
        foreach (var f in topology.Functions)
        {
            var row = QemuDevice.Find(f.Spec.Device.Id, f.Spec.Device.Pin);
            Line($"| {f.Spec.Bdf} | {f.Spec.Device.Id} | {(f.IsBuiltIn ? "built in" : $"`{f.Device}`")} | {f.At} | {(f.IsBuiltIn ? board.Source : row?.Source ?? "qemu -device help, docs/pcie.txt of QEMU 7.2")} |");
        }

        Line();
        var others = board.BuiltIn.Keys.Where(b => !topology.Functions.Any(f => f.IsBuiltIn && f.At == b)).ToList();
        if (others.Count > 0)
        {
            Line($"Beside these QEMU's {board.Machine} has {string.Join(", ", others)}, for which no driver is loaded.");
            Line();
        }

        List("## Left out", leftOut, "Nothing: QEMU has a device for each function of the scenario.", Line);
        List("## What to know", notes, "Nothing is known to differ.", Line);
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static string PathName(ShutdownPath path) => path switch
    {
        ShutdownPath.Reboot => "a reboot",
        ShutdownPath.Kexec => "kexec",
        ShutdownPath.Kdump => "a crash (kdump)",
        _ => "a poweroff",
    };

    private static void List(string title, List<string> lines, string none, Action<string> line)
    {
        line(title);
        line("");
        if (lines.Count == 0)
        {
            line(none);
        }

        foreach (var l in lines)
        {
            line("- " + l);
        }

        line("");
    }
}
