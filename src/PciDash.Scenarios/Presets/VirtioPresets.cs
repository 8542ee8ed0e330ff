using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>The machine that the mails of May 2015 argue about, and what changes if one thing about it is different.</summary>
internal static class VirtioPresets
{
    private const string Id = "virtio-nobody-cared-2015";
    private const string Mail = "Tsirkin, LKML 2015-05-12 and 13, [PATCH v6 1/2] PCI/MSI: Don't disable MSI/MSI-X at shutdown";
    private const string Biederman = "Biederman, LKML 2015-05-12, answer to [PATCH v6 1/2]";

    private static readonly Bdf Net = new(0, 9, 0);
    private static readonly Bdf Usb = new(0, 1, 0);
    private static readonly KernelRelease Linux41 = KernelRelease.Find("4.1")!;

    public static readonly IReadOnlyList<Preset> All =
    [
        new(Of("", "Reboot of Linux 4.1 ends in \"irq 21: nobody cared\""),
            "pci_device_shutdown turns MSI-X off behind a virtio card that still receives, so it asserts INTx on a line where only an idle UHCI has a handler.",
            Mail),
        new(Of("seed", "The same reboot with the patch", boot: b => b with { Policy = ShutdownPolicy.Seed }),
            "MSI-X stays on, so the card goes on sending messages to handlers that are still there, and the line is never asserted.", Mail),
        new(Of("eb-1", "The same reboot if INTx were disabled as well", boot: b => b with { Policy = ShutdownPolicy.Eb1 }),
            "MSI-X goes off, and INTx-Disable is set again a moment later: whether the line is hit depends on what arrives in that moment.", Biederman),
        new(Of("fixed-driver", "The same reboot if the driver reset its card at shutdown",
                boot: b => b with { Drivers = new Dictionary<Bdf, DriverModel?> { [Net] = DriverModel.Find("virtio-pci-reset") } }),
            "The virtio bus resets the card before the PCI core turns MSI-X off: nothing is left that could assert the line.",
            "Biederman, LKML 2015-05-12: \"implementing a shutdown callback\"; 8bd2fa086a04 (2025)"),
        new(Of("noirqdebug", "The same reboot with noirqdebug", boot: b => b with { NoIrqDebug = true }),
            "Nobody counts, so nobody gives the line up: the storm lasts until the pins are masked.", Biederman),
        new(Of("no-sharer", "The same reboot with nobody else on the line", sharer: null),
            "Without any handler on the line its IO-APIC pin is masked: the card asserts INTx and nothing hears it.", "recordings s5b_vnet_nohandler, README 11"),
        new(BusySharer(),
            "A disk that goes on through the shutdown (ahci has none in 4.1) handles 100 or more of each 100,000 interrupts, so the storm stays hidden.",
            "kernel/irq/spurious.c; recordings README 9"),
        new(Of("kexec", "kexec of Linux 4.1", path: ShutdownPath.Kexec),
            "On kexec Bus Master Enable goes off 55 µs after MSI-X, which stops this card: it rarely asserts the line in between.",
            "4fc9bbf98fd6; recording s3o_kexec_oldmsi_thenbme"),
        new(Of("kexec-seed", "kexec with the patch", path: ShutdownPath.Kexec, boot: b => b with { Policy = ShutdownPolicy.Seed }),
            "MSI-X stays on and Bus Master Enable goes off: the card is silent until the next kernel's driver starts it.", Mail),
        new(Of(
                "keeps-asserting", "kexec with the patch, and a card that ignores Bus Master Enable", path: ShutdownPath.Kexec,
                net: f => f with { Device = f.Device with { OnBusMasterOff = BusMasterReaction.Drop, IntxCondition = IntxCondition.Level } },
                boot: b => b with { Policy = ShutdownPolicy.Seed }),
            "A card that goes on after Bus Master Enable has gone keeps its cause: once the next kernel clears MSI-X and INTx-Disable, its pin is up.",
            "PCI Local Bus 3.0, 6.2.2: BME does not gate INTx; domain 5, rule 2"),
        new(AfterHandled(50), "Linux 4.1 counts every interrupt of a window, so 50 handled ones before bring the end nearer.", "kernel/irq/spurious.c, tree 4.1.6"),
        new(AfterHandled(200),
            "With more than 100 handled ones the first window of 100,000 is forgiven, and only the second one ends the line.", "kernel/irq/spurious.c, tree 4.1.6"),
        new(Of("metal", "The same reboot on a real machine", platform: Platform.AcpiPc) with { Timing = TimingProfile.Metal },
            "Without QEMU's pauses of 10 ms the storm starves the task until the line is given up.", "timing assumed; " + Mail),
        new(Of("two-cpus", "The same reboot with the line on another CPU", usb: f => f with { Cpu = 1 }, boot: b => b with { Cpus = 2 }),
            "The storm runs on CPU 1, so the shutdown on CPU 0 is not starved, and may mask the pin before the line is given up.", Mail),
    ];

    private static Scenario Of(
        string variant, string title, ShutdownPath path = ShutdownPath.Reboot, string? sharer = "uhci", Platform? platform = null,
        Func<FunctionSpec, FunctionSpec>? net = null, Func<FunctionSpec, FunctionSpec>? usb = null, Func<BootSpec, BootSpec>? boot = null)
    {
        var card = new FunctionSpec(Net, DeviceModel.Find("virtio-net")!) { Events = [new EventSource("rx", 1_000_000)] };
        List<FunctionSpec> functions = [];
        if (sharer is not null)
        {
            var other = new FunctionSpec(Usb, DeviceModel.Find(sharer)!);
            functions.Add(usb?.Invoke(other) ?? other);
        }

        functions.Add(net?.Invoke(card) ?? card);
        var spec = new BootSpec(Linux41, ShutdownPolicy.Find(Linux41.ShutdownPolicy)!, path);
        return new Scenario(variant.Length == 0 ? Id : $"{Id}-{variant}", platform ?? Platform.Q35, functions, [boot?.Invoke(spec) ?? spec]) { Title = title };
    }

    // A network card such as e1000 would free its handler in its own shutdown, which ends the storm instead of hiding it.
    private static Scenario BusySharer() => Of(
        "busy-sharer", "The same reboot with a busy disk on the line", sharer: "ahci",
        usb: f => f with { Mode = InterruptMode.Intx, Events = [new EventSource("completion", 1_000_000) { JitterPercent = 30 }] });

    // On an IO-APIC without QEMU's pauses: they would let the shutdown mask the pin before a second window is over.
    private static Scenario AfterHandled(int times) => Of(
        Node.Invariant($"handled-{times}"), Node.Invariant($"The same reboot after {times} handled interrupts on the line"), platform: Platform.AcpiPc,
        net: f => f with { Gsi = new Gsi(21) }, usb: f => f with { Gsi = new Gsi(21) },
        boot: b => b with { HandledBefore = new Dictionary<Gsi, int> { [new Gsi(21)] = times } });
}
