using System.Globalization;
using System.Text;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Scenarios;

namespace PciDash.Benchmarks;

/// <summary>The machines that are measured.</summary>
internal static class Machines
{
    public const string PresetId = "virtio-nobody-cared-2015";

    /// <summary>What lspci -vvv would print of so many network cards below root ports, filled up with details that the importer reads over.</summary>
    public static string Listing(int functions, int length)
    {
        var text = new StringBuilder(length);
        for (var i = 0; i < functions; i++)
        {
            // 31 root ports on bus 0, and then 32 cards on each bus below them.
            var (bus, slot) = i < 31 ? (0, i) : (((i - 31) / 32) + 1, (i - 31) % 32);
            text.Append(CultureInfo.InvariantCulture, $"{bus:x2}:{slot:x2}.0 {(bus == 0 ? "PCI bridge" : "Ethernet controller")}: Made Up Corporation Card {i} (rev 01)\n")
                .Append("\tControl: I/O- Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx+\n")
                .Append(CultureInfo.InvariantCulture, $"\tInterrupt: pin A routed to IRQ {16 + (i % 8)}\n");
            text.Append(CultureInfo.InvariantCulture, $"{(bus == 0 ? $"\tBus: primary=00, secondary={slot + 1:x2}, subordinate={slot + 1:x2}, sec-latency=0\n" : "")}");
            text.Append("\tCapabilities: [a0] MSI-X: Enable+ Count=1 Masked-\n");
            while (text.Length < (long)length * (i + 1) / functions - 100)
            {
                text.Append("\t\tDevCtl:\tReport errors: Correctable- Non-Fatal- Fatal- Unsupported-\n");
            }

            text.Append("\tKernel driver in use: igb\n");
        }

        return text.ToString();
    }

    /// <summary>
    /// What lspci -vvv would print of a server of 40 functions, another one for each number: 6 root ports, 2 of them with a dual-port card
    /// and one with a bridge to old cards, the chipset's functions, disks, and 8 lines to share.
    /// </summary>
    public static string Server(int number)
    {
        (string Class, string Id, string Driver, int Vectors)[] cards =
        [
            ("Ethernet controller: Intel Corporation 82574L Gigabit Network Connection", "8086:10d3", "e1000e", 3),
            ("Ethernet controller: Intel Corporation I350 Gigabit Network Connection", "8086:1521", "igb", 10),
            ("Non-Volatile memory controller: Made Up NVMe SSD", "8086:5845", "nvme", 33),
            ("Ethernet controller: Red Hat, Inc. Virtio network device", "1af4:1000", "virtio-pci", 3),
            ("SATA controller: Intel Corporation 82801IR/IO/IH (ICH9R/DO/DH) 6 port SATA Controller [AHCI mode]", "8086:2922", "ahci", 0),
            ("RAID bus controller: LSI Logic / Symbios Logic MegaRAID SAS 2108 [Liberator]", "1000:0079", "megaraid_sas", 1),
            ("USB controller: Intel Corporation 82801I (ICH9 Family) USB UHCI Controller #1", "8086:2934", "uhci_hcd", -1),
            ("USB controller: Intel Corporation 82801I (ICH9 Family) USB2 EHCI Controller #1", "8086:293a", "ehci-pci", -1),
            ("Audio device: Intel Corporation 82801I (ICH9 Family) HD Audio Controller", "8086:293e", "snd_hda_intel", 0),
            ("Ethernet controller: Realtek Semiconductor Co., Ltd. RTL-8100/8101L/8139 PCI Fast Ethernet Adapter", "10ec:8139", "8139cp", -1),
        ];
        const int ports = 6;
        const int functions = 40;
        var draw = (uint)number;
        uint Draw() => (draw = (draw * 1_664_525) + 1_013_904_223) >> 16;
        var text = new StringBuilder();
        for (var p = 0; p < ports; p++)
        {
            text.Append(CultureInfo.InvariantCulture, $"00:1c.{p} PCI bridge: Intel Corporation 82801I (ICH9 Family) PCI Express Port {p + 1} [8086:294{p}]\n")
                .Append("\tControl: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx+\n")
                .Append(CultureInfo.InvariantCulture, $"\tInterrupt: pin {(char)('A' + (p % 4))} routed to IRQ {24 + p}\n\tBus: primary=00, secondary=0{p + 1}, subordinate=0{p + 1}, sec-latency=0\n")
                .Append("\tCapabilities: [80] MSI: Enable+ Count=1/1 Maskable- 64bit-\n\tKernel driver in use: pcieport\n");
        }

        for (var i = 0; i < functions - ports; i++)
        {
            var (name, id, driver, vectors) = cards[Draw() % cards.Length];
            var at = i < 20 ? $"00:{i + 1:x2}.0" : $"0{((i - 20) / 3) + 1}:0{(i - 20) % 3:x}.0";
            text.Append(CultureInfo.InvariantCulture, $"{at} {name} [{id}]\n\tControl: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx{(vectors >= 0 ? '+' : '-')}\n")
                .Append(CultureInfo.InvariantCulture, $"\tInterrupt: pin {(char)('A' + (Draw() % 4))} routed to IRQ {16 + (Draw() % 8)}\n")
                .Append(vectors > 0 ? Text($"\tCapabilities: [70] MSI-X: Enable+ Count={vectors} Masked-\n") : vectors == 0 ? "\tCapabilities: [80] MSI: Enable+ Count=1/1 Maskable- 64bit+\n" : "")
                .Append(CultureInfo.InvariantCulture, $"\tKernel driver in use: {driver}\n");
        }

        return text.ToString();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>The preset of the mails of May 2015.</summary>
    public static Scenario Preset => ScenarioPresets.Find(PresetId)!.Scenario;

    /// <summary>
    /// A busy server that runs and is then rebooted: 20 functions on 6 lines and 2 CPUs, MSI-X, MSI and shared INTx, an event every 20 to
    /// 200 µs each, and two functions below a root port.
    /// </summary>
    public static Scenario Busy()
    {
        var port = new Bdf(0, 2, 0);
        string[] cards =
        [
            "virtio-net", "virtio-net-modern", "virtio-blk", "virtio-blk-modern", "virtio-net", "e1000e", "e1000e", "ahci", "ahci", "megaraid-sas",
            "uhci", "uhci", "uhci", "e1000", "e1000", "e1000", "e1000", "virtio-net", "e1000e",
        ];
        var functions = new List<FunctionSpec> { new(port, DeviceModel.Find("pcie-root-port")!) { SecondaryBus = 1, Gsi = new Gsi(16) } };
        for (var i = 0; i < cards.Length; i++)
        {
            var below = i >= cards.Length - 2;
            functions.Add(new FunctionSpec(below ? new Bdf(1, i - cards.Length + 2, 0) : new Bdf(0, 3 + i, 0), DeviceModel.Find(cards[i])!)
            {
                Parent = below ? port : null,
                Gsi = new Gsi(16 + (i % 6)),
                Cpu = i % 2,
                Events = [new EventSource("rx", 50_000 + (10_000L * i)) { JitterPercent = 50 }, new EventSource("completion", 120_000 + (7_000L * i)) { JitterPercent = 30 }],
            });
        }

        var release = KernelRelease.Find("6.12")!;
        var boot = new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, ShutdownPath.Reboot)
        {
            Cpus = 2,
            Stimuli = [new Stimulus("run", [new Step(Op.Delay, Cost: Cost.Given) { GivenNs = 10_000_000_000 }], null)],
        };
        return new Scenario("busy-server", Platform.AcpiPc, functions, [boot]) { Timing = TimingProfile.Metal };
    }

    /// <summary>
    /// A busy server whose run has more events than a page takes, and no storm that would be folded: 20 cards with messages of their own
    /// on 2 CPUs, each with an event every 60 to 250 µs, running for a minute. A link can say it.
    /// </summary>
    public static Scenario Million()
    {
        string[] cards = ["virtio-net-modern", "virtio-blk-modern", "e1000e", "ahci", "megaraid-sas"];
        var functions = Enumerable.Range(0, 20).Select(i => new FunctionSpec(new Bdf(0, 3 + i, 0), DeviceModel.Find(cards[i % cards.Length])!)
        {
            Gsi = new Gsi(16 + (i % 6)),
            Cpu = i % 2,
            Events = [new EventSource("rx", 60_000 + (10_000L * i)) { JitterPercent = 50 }],
        });
        var release = KernelRelease.Find("6.12")!;
        var boot = new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, ShutdownPath.Reboot) { Cpus = 2, Stimuli = [StimulusForms.Wait(60_000_000_000)] };
        return new Scenario("busy-messages", Platform.AcpiPc, [.. functions], [boot]) { Timing = TimingProfile.Metal };
    }

    /// <summary>1,000 functions below four root ports, on 64 lines and 8 CPUs, each with an event every 100 ms or so.</summary>
    public static Scenario Large(ShutdownPath path)
    {
        const int ports = 4;
        const int functionsPerBus = 249;
        string[] cards = ["ahci", "virtio-blk", "uhci", "megaraid-sas", "e1000"];
        var functions = new List<FunctionSpec>();
        for (var port = 0; port < ports; port++)
        {
            var above = new Bdf(0, 1 + port, 0);
            functions.Add(new FunctionSpec(above, DeviceModel.Find("pcie-root-port")!) { SecondaryBus = 1 + port, Gsi = new Gsi(16) });
            for (var i = 0; i < functionsPerBus; i++)
            {
                functions.Add(new FunctionSpec(new Bdf(1 + port, i / 8, i % 8), DeviceModel.Find(cards[i % cards.Length])!)
                {
                    Parent = above,
                    Gsi = new Gsi(16 + (i % 64)),
                    Cpu = i % 8,
                    Events = [new EventSource("rx", 100_000_000 + (10_000L * i)) { JitterPercent = 50 }],
                });
            }
        }

        var release = KernelRelease.Find("6.12")!;
        return new Scenario(
            "large", Platform.AcpiPc, functions, [new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, path) { Cpus = 8 }])
        {
            Timing = TimingProfile.Metal,
        };
    }

    /// <summary>The preset scaled up for the search over all orderings: four cards and two idle sharers on two lines, two CPUs.</summary>
    public static Scenario Scaled()
    {
        var release = KernelRelease.Find("4.1")!;
        FunctionSpec Card(int slot, string device, int gsi, int cpu, bool busy) =>
            new(new Bdf(0, slot, 0), DeviceModel.Find(device)!) { Gsi = new Gsi(gsi), Cpu = cpu, Events = busy ? [new EventSource("rx", 1_000_000)] : [] };

        List<FunctionSpec> functions =
        [
            Card(1, "uhci", 21, 0, busy: false), Card(2, "uhci", 22, 1, busy: false), Card(9, "virtio-net", 21, 0, busy: true),
            Card(10, "virtio-blk", 22, 1, busy: true), Card(11, "virtio-net", 21, 0, busy: true),
            Card(12, "ahci", 22, 1, busy: true),
        ];
        var boot = new BootSpec(release, ShutdownPolicy.Find("P4")!, ShutdownPath.Reboot) { Cpus = 2 };
        return new Scenario("virtio-nobody-cared-scaled", Platform.Q35, functions, [boot]);
    }

    /// <summary>
    /// The same, larger, for SPIN: 5 million states or more. Under the patch of May 2015 no line is ever raised, so that each card adds fewer
    /// states, and there are more of them.
    /// </summary>
    public static Scenario ScaledTwin(bool seed)
    {
        var scaled = Scaled();
        FunctionSpec Card(int slot, string device, int gsi, int cpu) =>
            new(new Bdf(0, slot, 0), DeviceModel.Find(device)!) { Gsi = new Gsi(gsi), Cpu = cpu, Events = device == "uhci" ? [] : [new EventSource("rx", 1_000_000)] };

        FunctionSpec[] more = seed
            ? [Card(13, "virtio-net", 21, 1), Card(14, "virtio-net", 22, 0), Card(15, "virtio-blk", 21, 0), Card(16, "virtio-blk", 22, 1)]
            : [Card(3, "uhci", 21, 0), Card(4, "uhci", 22, 1)];
        return scaled with
        {
            Id = "scaled" + (seed ? "-seed" : ""), Functions = [.. scaled.Functions, .. more],
            Boots = [scaled.Boots[0] with { Policy = ShutdownPolicy.Find(seed ? "seed" : "P4")! }],
        };
    }
}
