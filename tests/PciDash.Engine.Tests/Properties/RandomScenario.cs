using System.Globalization;
using System.Text;
using CsCheck;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Tests.Properties;

/// <summary>A machine drawn at random, with the seed of its run and the rate at which chance, not time, picks the next action.</summary>
internal sealed record RandomScenario(Scenario Scenario, ulong Seed, int ChoicePercent)
{
    // The plain ones twice.
    private static readonly string[] Devices =
    [
        "virtio-net", "virtio-blk-modern", "uhci", "e1000", "e1000e", "ahci", "megaraid-sas", "pci-endpoint",
        "virtio-net", "virtio-blk-modern", "uhci", "e1000", "e1000e", "ahci", "megaraid-sas", "pci-endpoint",
        "virtio-rng", "nvme", "rtl8139", "aacraid", "vfio",
    ];

    private static readonly string[] Kernels = ["2.6.24", "2.6.32", "3.11", "3.13", "4.1", "4.9", "4.12", "6.1", "6.1.192", "6.12"];

    private static readonly ShutdownPath[] Paths =
        [ShutdownPath.Reboot, ShutdownPath.Poweroff, ShutdownPath.Kexec, ShutdownPath.Kexec, ShutdownPath.Kdump, ShutdownPath.Kdump, ShutdownPath.None];

    // Everything happens within a few milliseconds, so that a run has thousands of steps and not millions.
    public static readonly TimingProfile Quick = TimingProfile.QemuTcg with
    {
        Id = "quick", ConfigWriteNs = 5_000, RegisterWriteNs = 3_000, PerDeviceNs = 8_000, DriverShutdownNs = 15_000, BetweenPhasesNs = 100_000,
        IoapicWriteNs = 3_000, EarlyBootNs = 80_000, ProbeNs = 30_000, RunningNs = 40_000,
    };

    private sealed record Card(int Device, bool Driver, int Line, int Cpu, int Mode, int Events, int Every, int Jitter, int Reaction, int Condition, int Once, bool BelowBridge, bool Bug, Odds Odds);

    private sealed record Poke(int What, int Target, int Operand, int PauseUs);

    /// <summary>Dice for what few machines have: each shows 0 to 11, and most features come with the highest numbers only.</summary>
    private sealed record Odds(int[] Dice)
    {
        public bool Is(Odd what, int from = 11) => Dice[(int)what] >= from;

        public int Of(Odd what) => Dice[(int)what];
    }

    private enum Odd
    {
        IntxBit, MsiMask, Flr, SoftReset, KeepsMode, Legacy, Quirk, LeftRunning, FirmwareMaster, Dma, KernelThread, Thread, VectorThread, ResetsIfAsked, Entry, FewerVectors, Opening, Closed,

        // Of the machine.
        Remapping, NoRemapping, LaterNoRemapping, BootInterrupts, NoQuirk, ThreadIrqs, LaterThreadIrqs, ResetDevices, ClearMsi, OneshotLine, LaterBoot,
    }

    private static readonly Gen<Odds> GenOdds = Gen.Int[0, 11].Array[(int)Odd.LaterBoot + 1].Select(dice => new Odds(dice));

    private static readonly Gen<Card> GenCard =
        from a in Gen.Select(Gen.Int[0, Devices.Length - 1], Gen.Int[0, 5], Gen.Int[0, 2], Gen.Int[0, 1], Gen.Int[0, 3], Gen.Int[0, 2])
        from b in Gen.Select(Gen.Int[5, 300], Gen.Int[0, 60], Gen.Int[0, 6], Gen.Int[0, 3], Gen.Int[0, 2], Gen.Int[0, 23])
        from odds in GenOdds
        select new Card(a.Item1, a.Item2 > 1, a.Item3, a.Item4, a.Item5, a.Item6, b.Item1, b.Item2, b.Item3, b.Item4, b.Item5, b.Item6 % 3 == 0, b.Item6 == 7, odds);

    private static readonly Gen<Poke> GenPoke =
        from p in Gen.Select(Gen.Int[0, 26], Gen.Int[0, 4], Gen.Int[0, 1], Gen.Int[0, 200])
        select new Poke(p.Item1, p.Item2, p.Item3, p.Item4);

    /// <summary>Random machines; <paramref name="cutoff"/> is SpuriousCutoff and <paramref name="threshold"/> SpuriousThreshold.</summary>
    public static Gen<RandomScenario> With(int cutoff, int threshold) =>
        from cards in GenCard.Array[1, 4]
        from pokes in GenPoke.Array[0, 6]
        from boot in Gen.Select(Gen.Int[0, Kernels.Length - 1], Gen.Int[0, ShutdownPolicy.All.Count], Gen.Int[0, Paths.Length - 1], Gen.Int[0, 9], Gen.Int[0, 9], Gen.Int[0, 30])
        from rest in Gen.Select(Gen.Bool, Gen.Bool, Gen.ULong[0, 1_000_000], Gen.Int[0, 20])
        from odds in GenOdds
        select Build(cards, pokes, boot, rest.Item1, rest.Item2, rest.Item3, rest.Item4, odds, cutoff, threshold);

    private static readonly Bdf Port = new(0, 2, 0);

    private static RandomScenario Build(
        Card[] cards, Poke[] pokes, (int Kernel, int Policy, int Path, int NoMsi, int NoDebug, int Handled) b, bool q35, bool twoCpus, ulong seed, int choices,
        Odds odds, int cutoff, int threshold)
    {
        var functions = new List<FunctionSpec>();

        // A driver for every function; those of the first boot, where some have none, and what a later kernel with fewer CPUs would use.
        var all = new Dictionary<Bdf, DriverModel?>();
        var drivers = new Dictionary<Bdf, DriverModel?>();
        var fewer = new Dictionary<Bdf, DriverModel?>();
        var oneshot = odds.Is(Odd.OneshotLine, 10) ? new Gsi(16) : (Gsi?)null;
        if (cards.Any(c => c.BelowBridge))
        {
            functions.Add(new FunctionSpec(Port, DeviceModel.Find("pcie-root-port")!) { SecondaryBus = 1, Gsi = new Gsi(17) });
        }

        for (var i = 0; i < cards.Length; i++)
        {
            var function = FunctionOf(cards[i], i, twoCpus);
            functions.Add(function);
            var driver = function.Device.Driver is { } id ? DriverFor(DriverModel.Find(id)!, cards[i].Odds, function.Gsi == oneshot) : null;
            all[function.Bdf] = driver;
            drivers[function.Bdf] = cards[i].Driver ? driver : null;
            fewer[function.Bdf] = cards[i].Odds.Is(Odd.FewerVectors, 6) && driver is not null ? driver with { Vectors = 1 } : driver;
        }

        var closed = functions.Where((f, i) => drivers.GetValueOrDefault(f.Bdf) is { Opening: not OpeningWork.None } && cards[i - (functions.Count - cards.Length)].Odds.Is(Odd.Closed, 9))
            .Select(f => f.Bdf).ToList();
        var release = KernelRelease.Find(Kernels[b.Kernel])! with { SpuriousCutoff = cutoff, SpuriousThreshold = threshold };
        var policy = b.Policy < ShutdownPolicy.All.Count ? ShutdownPolicy.All[b.Policy] : ShutdownPolicy.Find(release.ShutdownPolicy)!;
        var spec = new BootSpec(release, policy, Paths[b.Path])
        {
            NoMsi = b.NoMsi == 0, NoIrqDebug = b.NoDebug == 0, IrqFixup = b.NoDebug is 1 or 2 ? IrqFixup.IrqPoll : IrqFixup.Off, Cpus = twoCpus ? 2 : 1, Drivers = drivers,
            HandledBefore = new Dictionary<Gsi, int> { [new Gsi(16)] = b.Handled },
            NoRemapping = odds.Is(Odd.NoRemapping, 10), NoIoapicQuirk = odds.Is(Odd.NoQuirk, 10), ThreadIrqs = odds.Is(Odd.ThreadIrqs),
            Closed = closed, Stimuli = Stimuli(pokes, functions, drivers, all, closed),
        };
        List<BootSpec> boots = [spec];
        if (spec.Path is ShutdownPath.Kexec or ShutdownPath.Kdump || (spec.Path == ShutdownPath.Reboot && odds.Is(Odd.LaterBoot, 9)))
        {
            // The next kernel is sometimes another one, and knows how to end.
            boots.Add(new BootSpec(release, policy, b.Handled % 2 == 0 ? ShutdownPath.None : ShutdownPath.Reboot)
            {
                NoMsi = b.Handled % 5 == 0, Cpus = spec.Cpus, Drivers = b.Handled % 3 == 0 ? all : b.Handled % 3 == 1 ? fewer : drivers,
                ProbeOrder = b.Handled % 2 == 0 ? [.. functions.Select(f => f.Bdf).Reverse()] : [],
                ResetDevices = odds.Is(Odd.ResetDevices, 8), ClearMsi = odds.Is(Odd.ClearMsi, 10), NoRemapping = odds.Is(Odd.LaterNoRemapping, 9),
                ThreadIrqs = odds.Is(Odd.LaterThreadIrqs), NoIoapicQuirk = odds.Is(Odd.NoQuirk),
                Stimuli = [new Stimulus("wait", [new Step(Op.Delay, Cost: Cost.Given) { GivenNs = 200_000 }], null)],
            });
        }

        var scenario = new Scenario("random", q35 ? Platform.Q35 with { PausesAfterSuccessive = 40, PauseNs = 30_000 } : Platform.AcpiPc, functions, boots)
        {
            Timing = Quick, InterruptRemapping = odds.Is(Odd.Remapping, 9),
            BootInterrupts = odds.Of(Odd.BootInterrupts) is >= 9 and var quirk
                ? [new BootInterrupt(new Gsi(16), new Gsi(17), quirk switch { 9 => null, 10 => "2.6.32", _ => "4.9" }, "random")] : [],
        };
        return new RandomScenario(scenario, seed, choices > 12 ? 0 : choices);
    }

    private static FunctionSpec FunctionOf(Card card, int number, bool twoCpus)
    {
        var odds = card.Odds;
        var device = DeviceModel.Find(Devices[card.Device])!;
        var passed = device.Id == "vfio";
        device = device with
        {
            OnBusMasterOff = card.Reaction < 4 ? (BusMasterReaction)card.Reaction : device.OnBusMasterOff,
            IntxCondition = card.Condition < 2 ? (IntxCondition)card.Condition : device.IntxCondition,
            MsiIntxDisableBug = card.Bug,

            // vfio takes a function whose INTx-Disable does not work on other terms (disable_irq, no sharing), which are not modelled.
            IntxDisableBit = passed ? IntxDisableBit.Works : odds.Of(Odd.IntxBit) switch { 10 => IntxDisableBit.NoEffect, 11 => IntxDisableBit.Absent, _ => IntxDisableBit.Works },
            MsiPerVectorMask = odds.Is(Odd.MsiMask, 8),
            MsiMessages = device.MsiMessages > 0 && odds.Of(Odd.MsiMask) is 7 or 11 ? 4 : device.MsiMessages,
            VectorsUsed = device.MsixTableSize == 0 && odds.Of(Odd.MsiMask) is 7 or 11 ? 3 : device.VectorsUsed,
            HasFlr = odds.Is(Odd.Flr, 6),
            NoSoftReset = !odds.Is(Odd.SoftReset, 8),
            FirmwareKeepsMode = device.Id == "aacraid" || odds.Is(Odd.KeepsMode),
            ConfigLayout = !device.IsVirtio ? ConfigLayout.Modern : odds.Is(Odd.Legacy, 6) ? ConfigLayout.Legacy : device.ConfigLayout,
            Quirk = odds.Of(Odd.Quirk) is >= 10 and var quirk ? new SilencingQuirk(quirk == 10 ? "" : "4.1", odds.Of(Odd.Quirk) == 11, "random", "") : null,
        };
        var events = Enumerable.Range(0, card.Events).Select(e => new EventSource(
            e == 0 ? "rx" : odds.Is(Odd.Legacy, 6) ? "config-change" : "timer", card.Every * 1_000L * (e + 1))
        {
            JitterPercent = card.Jitter, Count = card.Jitter == 13 ? 3 : 0, OncePerService = card.Once < 2 ? card.Once == 1 : null,
            Dma = odds.Is(Odd.Dma, 8), Entry = odds.Is(Odd.Entry, 10) ? 2 - e : null,
        }).ToList();
        if (odds.Is(Odd.KernelThread, 10))
        {
            events.Add(new EventSource(EventSource.KernelThread, card.Every * 2_000L) { Count = card.Jitter == 12 ? 2 : 0 });
        }

        if (passed)
        {
            events.Add(new EventSource(EventSource.GuestEoi, card.Every * 300L + 1_000));
        }

        return new FunctionSpec(card.BelowBridge ? new Bdf(1, number, 0) : new Bdf(0, 3 + number, 0), device)
        {
            Parent = card.BelowBridge ? Port : null,
            Gsi = new Gsi(16 + (card.Line / 2)),
            Cpu = twoCpus ? card.Cpu : 0,
            Mode = card.Mode == 0 ? InterruptMode.Intx : InterruptMode.Auto,
            Events = events,
            FirmwareBusMaster = odds.Is(Odd.FirmwareMaster),
            LeftRunning = odds.Is(Odd.LeftRunning),
        };
    }

    // All handlers of a line are ONESHOT or none is: request_irq refuses a mixture.
    private static DriverModel DriverFor(DriverModel driver, Odds odds, bool oneshot) => driver with
    {
        IntxHandler = driver.IntxHandler with { Thread = oneshot ? HandlerThread.Oneshot : odds.Is(Odd.Thread, 10) ? HandlerThread.Threaded : HandlerThread.None },
        VectorHandler = driver.VectorHandler with
        {
            Thread = odds.Of(Odd.VectorThread) switch { 10 => HandlerThread.Oneshot, 11 => HandlerThread.Threaded, _ => HandlerThread.None },
        },
        ResetsOnlyIfAsked = driver.ResetsOnlyIfAsked || odds.Is(Odd.ResetsIfAsked, 10),
        Opening = odds.Of(Odd.Opening) switch { < 4 => driver.Opening, 10 => OpeningWork.Request, 11 => OpeningWork.SetUp, _ => OpeningWork.None },
    };

    private static List<Stimulus> Stimuli(
        Poke[] pokes, List<FunctionSpec> functions, Dictionary<Bdf, DriverModel?> drivers, Dictionary<Bdf, DriverModel?> all, List<Bdf> closed)
    {
        var stimuli = new List<Stimulus>();
        var shut = closed.ToHashSet();
        var bound = functions.Where(f => !drivers.TryGetValue(f.Bdf, out var d) || d is not null).Select(f => f.Bdf).ToHashSet();
        var loaded = new HashSet<Bdf>();
        foreach (var poke in pokes)
        {
            var target = functions[poke.Target % functions.Count];
            var pause = new Step(Op.Delay, Cost: Cost.Given) { GivenNs = poke.PauseUs * 1_000L };
            var off = target.Device.MsixTableSize > 0 ? new Step(Op.MsixEnable, 0) : new Step(Op.MsiEnable, 0);
            if (poke.What is 0 or 7 or 11 && !bound.Contains(target.Bdf) && all.GetValueOrDefault(target.Bdf) is { } driver && loaded.Add(target.Bdf))
            {
                bound.Add(target.Bdf);
                stimuli.Add(new Stimulus("load", [], target.Bdf) { Load = driver, Part = poke.Operand == 0 ? ProbePart.Whole : ProbePart.Closed });
                if (poke.Operand == 1 && driver.Opening != OpeningWork.None)
                {
                    shut.Add(target.Bdf);
                }
            }
            else if (poke.What >= 25 && bound.Contains(target.Bdf) && shut.Remove(target.Bdf))
            {
                stimuli.Add(new Stimulus("open interface", [], target.Bdf) { Opens = true });
            }
            else if (poke.What == 20 && bound.Remove(target.Bdf))
            {
                loaded.Add(target.Bdf);
                Step[] remove = [new Step(Op.Quiesce), .. DriverModel.FreeInterrupts("remove", ""), new Step(Op.BusMaster, 0), pause];
                stimuli.Add(new Stimulus("unload", remove, target.Bdf) { Unloads = true });
            }
            else if (poke.What == 24 && target.Device.Id == "vfio" && bound.Contains(target.Bdf))
            {
                // The guest turns MSI-X off: vfio_intx_enable.
                stimuli.Add(new Stimulus(
                    "guest uses INTx", [new Step(Op.FreeVectors), new Step(Op.MsixEnable, 0), new Step(Op.IntxDisable, 0), new Step(Op.NoteMsix, 0), new Step(Op.RequestLine), pause], target.Bdf));
            }
            else if (poke.What is >= 12 and <= 16)
            {
                // What opens the gate to the line, and then time for the storm, the disable and the poller.
                stimuli.Add(new Stimulus(
                    "open", [off, new Step(Op.IntxDisable, 0), pause with { GivenNs = (poke.What == 16 ? 1_500_000L : 1_000L) * poke.PauseUs }], target.Bdf));
            }
            else if (poke.What == 21)
            {
                stimuli.Add(new Stimulus(
                    "sleep", [new Step(Op.MaskVectors, 1), pause, new Step(Op.PowerState, 3), new Step(Op.MaskVectors, 0), pause, new Step(Op.PowerState, 0)], target.Bdf));
            }
            else
            {
                stimuli.Add(new Stimulus("poke", [Access(poke, target.Device), pause], target.Bdf));
            }
        }

        return stimuli;
    }

    private static Step Access(Poke poke, DeviceModel device)
    {
        var msix = device.MsixTableSize > 0;
        return poke.What switch
        {
            0 or 1 when msix => new Step(Op.MsixEnable, poke.Operand),
            2 when msix => new Step(Op.MsixFunctionMask, poke.Operand),
            3 when device.MsiMessages > 0 && !msix => new Step(Op.MsiEnable, poke.Operand),
            4 => new Step(Op.MaskVectors, poke.Operand),
            5 => new Step(Op.BusMaster, poke.Operand),
            6 => new Step(Op.FreeLine),
            7 => new Step(Op.Quiesce),
            8 or 9 => new Step(Op.Start),
            17 => new Step(Op.PowerState, 3 * poke.Operand),
            18 when device.HasFlr => new Step(Op.FunctionReset, (int)ResetKind.Flr),
            19 => new Step(Op.Traffic, poke.Operand),
            22 => new Step(Op.BusMaster, 0),
            23 => new Step(Op.DeviceReset, 1),
            _ => new Step(Op.IntxDisable, poke.Operand) { B = poke.What == 10 ? 1 : 0 },
        };
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Scenario.Platform.Id} seed {Seed} choices {ChoicePercent} %{(Scenario.InterruptRemapping ? " remapping" : "")}")
            .AppendJoin(' ', Scenario.BootInterrupts.Select(i => $" {i.From} as {i.To} until {i.QuirkSince}"));
        foreach (var boot in Scenario.Boots)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  {boot.Release.Version} {boot.Policy.Id} {boot.Path} cpus {boot.Cpus}{(boot.NoMsi ? " nomsi" : "")}{(boot.NoIrqDebug ? " noirqdebug" : "")}{(boot.IrqFixup != IrqFixup.Off ? " irqpoll" : "")}")
                .Append(boot.ThreadIrqs ? " threadirqs" : "").Append(boot.NoRemapping ? " intremap=off" : "").Append(boot.ResetDevices ? " reset_devices" : "")
                .Append(boot.ClearMsi ? " clearmsi" : "").Append(boot.NoIoapicQuirk ? " noioapicquirk" : "");
            foreach (var s in boot.Stimuli)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n    {s.What} {s.Target} {string.Join(' ', s.Steps.Select(p => $"{p.Op}({p.A},{p.B},{p.GivenNs})"))}{s.Load?.Id}");
            }
        }

        foreach (var f in Scenario.Functions)
        {
            var driver = Scenario.Boots[0].Drivers.TryGetValue(f.Bdf, out var d) ? d is null ? "none" : $"{d.Id} {d.IntxHandler.Thread}/{d.VectorHandler.Thread}" : f.Device.Driver;
            var device = f.Device;
            text.Append(CultureInfo.InvariantCulture, $"\n  {f.Bdf} {device.Id} driver {driver} gsi {f.Gsi} cpu {f.Cpu} {f.Mode} {device.OnBusMasterOff} {device.IntxCondition} {device.IntxDisableBit} ")
                .Append(device.MsiPerVectorMask ? "msi-masks " : "").Append(device.HasFlr ? "flr " : "").Append(device.NoSoftReset ? "" : "soft-reset ")
                .Append(device.FirmwareKeepsMode ? "keeps-mode " : "").Append(device.ConfigLayout == ConfigLayout.Legacy ? "legacy " : "").Append(device.Quirk is { } q ? $"quirk {q.Since} {q.Early} " : "")
                .Append(f.LeftRunning ? "left-running " : "").Append(f.FirmwareBusMaster ? "firmware-master " : "")
                .AppendJoin(' ', f.Events.Select(e => $"{e.What} {e.EveryNs} ~{e.JitterPercent} x{e.Count} once {e.OncePerService}{(e.Dma ? " dma" : "")}{(e.Entry is { } entry ? $" entry {entry}" : "")}"));
        }

        return text.ToString();
    }
}
