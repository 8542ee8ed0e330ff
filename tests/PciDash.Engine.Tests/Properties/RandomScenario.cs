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
    private static readonly string[] Devices =
        ["virtio-net", "virtio-blk-modern", "uhci", "e1000", "e1000e", "ahci", "megaraid-sas", "pci-endpoint"];

    private static readonly string[] Kernels = ["2.6.24", "2.6.32", "3.11", "3.13", "4.1", "4.9", "4.12", "6.1", "6.1.192", "6.12"];

    private static readonly ShutdownPath[] Paths =
        [ShutdownPath.Reboot, ShutdownPath.Poweroff, ShutdownPath.Kexec, ShutdownPath.Kexec, ShutdownPath.Kdump, ShutdownPath.None];

    // Everything happens within a few milliseconds, so that a run has thousands of steps and not millions.
    private static readonly TimingProfile Quick = TimingProfile.QemuTcg with
    {
        Id = "quick", ConfigWriteNs = 5_000, RegisterWriteNs = 3_000, PerDeviceNs = 8_000, DriverShutdownNs = 15_000, BetweenPhasesNs = 100_000,
        IoapicWriteNs = 3_000, EarlyBootNs = 80_000, ProbeNs = 30_000, RunningNs = 40_000,
    };

    private sealed record Card(int Device, bool Driver, int Line, int Cpu, int Mode, int Events, int Every, int Jitter, int Reaction, int Condition, int Once, bool BelowBridge, bool Bug);

    private sealed record Poke(int What, int Target, int Operand, int PauseUs);

    private static readonly Gen<Card> GenCard =
        from a in Gen.Select(Gen.Int[0, Devices.Length - 1], Gen.Int[0, 5], Gen.Int[0, 2], Gen.Int[0, 1], Gen.Int[0, 3], Gen.Int[0, 2])
        from b in Gen.Select(Gen.Int[5, 300], Gen.Int[0, 60], Gen.Int[0, 4], Gen.Int[0, 3], Gen.Int[0, 2], Gen.Int[0, 23])
        select new Card(a.Item1, a.Item2 > 1, a.Item3, a.Item4, a.Item5, a.Item6, b.Item1, b.Item2, b.Item3, b.Item4, b.Item5, b.Item6 % 3 == 0, b.Item6 == 7);

    private static readonly Gen<Poke> GenPoke =
        from p in Gen.Select(Gen.Int[0, 16], Gen.Int[0, 4], Gen.Int[0, 1], Gen.Int[0, 200])
        select new Poke(p.Item1, p.Item2, p.Item3, p.Item4);

    /// <summary>Random machines; <paramref name="cutoff"/> is SpuriousCutoff and <paramref name="threshold"/> SpuriousThreshold.</summary>
    public static Gen<RandomScenario> With(int cutoff, int threshold) =>
        from cards in GenCard.Array[1, 4]
        from pokes in GenPoke.Array[0, 6]
        from boot in Gen.Select(Gen.Int[0, Kernels.Length - 1], Gen.Int[0, ShutdownPolicy.All.Count], Gen.Int[0, Paths.Length - 1], Gen.Int[0, 9], Gen.Int[0, 9], Gen.Int[0, 30])
        from rest in Gen.Select(Gen.Bool, Gen.Bool, Gen.ULong[0, 1_000_000], Gen.Int[0, 20])
        select Build(cards, pokes, boot, rest.Item1, rest.Item2, rest.Item3, rest.Item4, cutoff, threshold);

    private static RandomScenario Build(
        Card[] cards, Poke[] pokes, (int Kernel, int Policy, int Path, int NoMsi, int NoDebug, int Handled) b, bool q35, bool twoCpus, ulong seed, int choices,
        int cutoff, int threshold)
    {
        var port = new Bdf(0, 2, 0);
        var functions = new List<FunctionSpec>();
        var drivers = new Dictionary<Bdf, DriverModel?>();
        if (cards.Any(c => c.BelowBridge))
        {
            functions.Add(new FunctionSpec(port, DeviceModel.Find("pcie-root-port")!) { SecondaryBus = 1, Gsi = new Gsi(17) });
        }

        for (var i = 0; i < cards.Length; i++)
        {
            var card = cards[i];
            var device = DeviceModel.Find(Devices[card.Device])!;
            device = device with
            {
                OnBusMasterOff = card.Reaction < 3 ? (BusMasterReaction)card.Reaction : device.OnBusMasterOff,
                IntxCondition = card.Condition < 2 ? (IntxCondition)card.Condition : device.IntxCondition,
                MsiIntxDisableBug = card.Bug,
            };
            var bdf = card.BelowBridge ? new Bdf(1, i, 0) : new Bdf(0, 3 + i, 0);
            if (!card.Driver)
            {
                drivers[bdf] = null;
            }

            functions.Add(new FunctionSpec(bdf, device)
            {
                Parent = card.BelowBridge ? port : null,
                Gsi = new Gsi(16 + (card.Line / 2)),
                Cpu = twoCpus ? card.Cpu : 0,
                Mode = card.Mode == 0 ? InterruptMode.Intx : InterruptMode.Auto,
                Events = [.. Enumerable.Range(0, card.Events).Select(e => new EventSource(e == 0 ? "rx" : "timer", card.Every * 1_000L * (e + 1))
                {
                    JitterPercent = card.Jitter, Count = card.Jitter == 13 ? 3 : 0, OncePerService = card.Once < 2 ? card.Once == 1 : null,
                })],
            });
        }

        var release = KernelRelease.Find(Kernels[b.Kernel])! with { SpuriousCutoff = cutoff, SpuriousThreshold = threshold };
        var policy = b.Policy < ShutdownPolicy.All.Count ? ShutdownPolicy.All[b.Policy] : ShutdownPolicy.Find(release.ShutdownPolicy)!;
        var spec = new BootSpec(release, policy, Paths[b.Path])
        {
            NoMsi = b.NoMsi == 0, NoIrqDebug = b.NoDebug == 0, IrqFixup = b.NoDebug is 1 or 2 ? IrqFixup.IrqPoll : IrqFixup.Off, Cpus = twoCpus ? 2 : 1, Drivers = drivers,
            HandledBefore = new Dictionary<Gsi, int> { [new Gsi(16)] = b.Handled },
            Stimuli = Stimuli(pokes, functions, drivers),
        };
        List<BootSpec> boots = [spec];
        if (spec.Path is ShutdownPath.Kexec or ShutdownPath.Kdump)
        {
            // The next kernel is sometimes another one, and knows how to end.
            boots.Add(new BootSpec(release, policy, b.Handled % 2 == 0 ? ShutdownPath.None : ShutdownPath.Reboot)
            {
                NoMsi = b.Handled % 5 == 0, Cpus = spec.Cpus, Drivers = b.Handled % 3 == 0 ? new Dictionary<Bdf, DriverModel?>() : drivers,
                ProbeOrder = b.Handled % 2 == 0 ? [.. functions.Select(f => f.Bdf).Reverse()] : [],
                Stimuli = [new Stimulus("wait", [new Step(Op.Delay, Cost: Cost.Given) { GivenNs = 200_000 }], null)],
            });
        }

        var scenario = new Scenario("random", q35 ? Platform.Q35 with { PausesAfterSuccessive = 40, PauseNs = 30_000 } : Platform.AcpiPc, functions, boots) { Timing = Quick };
        return new RandomScenario(scenario, seed, choices > 12 ? 0 : choices);
    }

    private static List<Stimulus> Stimuli(Poke[] pokes, List<FunctionSpec> functions, Dictionary<Bdf, DriverModel?> drivers)
    {
        var stimuli = new List<Stimulus>();
        var loaded = new HashSet<Bdf>();
        foreach (var poke in pokes)
        {
            var target = functions[poke.Target % functions.Count];
            var device = target.Device;
            var msix = device.MsixTableSize > 0;
            var op = poke.What switch
            {
                0 or 1 when msix => new Step(Op.MsixEnable, poke.Operand),
                2 when msix => new Step(Op.MsixFunctionMask, poke.Operand),
                3 when device.MsiMessages > 0 && !msix => new Step(Op.MsiEnable, poke.Operand),
                4 => new Step(Op.MaskVectors, poke.Operand),
                5 => new Step(Op.BusMaster, poke.Operand),
                6 => new Step(Op.FreeLine),
                7 => new Step(Op.Quiesce),
                8 or 9 => new Step(Op.Start),
                _ => new Step(Op.IntxDisable, poke.Operand) { B = poke.What == 10 ? 1 : 0 },
            };
            if (poke.What is 0 or 7 or 11 && drivers.ContainsKey(target.Bdf) && device.Driver is { } id && loaded.Add(target.Bdf))
            {
                stimuli.Add(new Stimulus("load", [], target.Bdf) { Load = DriverModel.Find(id) });
            }
            else if (poke.What >= 12)
            {
                // What opens the gate to the line, and then time for the storm, the disable and the poller.
                var off = msix ? new Step(Op.MsixEnable, 0) : new Step(Op.MsiEnable, 0);
                stimuli.Add(new Stimulus("open", [off, new Step(Op.IntxDisable, 0), new Step(Op.Delay, Cost: Cost.Given) { GivenNs = (poke.What == 16 ? 1_500_000L : 1_000L) * poke.PauseUs }], target.Bdf));
            }
            else
            {
                stimuli.Add(new Stimulus("poke", [op, new Step(Op.Delay, Cost: Cost.Given) { GivenNs = poke.PauseUs * 1_000L }], target.Bdf));
            }
        }

        return stimuli;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Scenario.Platform.Id} seed {Seed} choices {ChoicePercent} %");
        foreach (var boot in Scenario.Boots)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  {boot.Release.Version} {boot.Policy.Id} {boot.Path} cpus {boot.Cpus}{(boot.NoMsi ? " nomsi" : "")}{(boot.NoIrqDebug ? " noirqdebug" : "")}{(boot.IrqFixup != IrqFixup.Off ? " irqpoll" : "")}");
            foreach (var s in boot.Stimuli)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n    {s.What} {s.Target} {string.Join(' ', s.Steps.Select(p => $"{p.Op}({p.A},{p.B},{p.GivenNs})"))}{s.Load?.Id}");
            }
        }

        foreach (var f in Scenario.Functions)
        {
            var driver = Scenario.Boots[0].Drivers.TryGetValue(f.Bdf, out var d) ? d?.Id ?? "none" : f.Device.Driver;
            text.Append(CultureInfo.InvariantCulture, $"\n  {f.Bdf} {f.Device.Id} driver {driver} gsi {f.Gsi} cpu {f.Cpu} {f.Mode} {f.Device.OnBusMasterOff} {f.Device.IntxCondition} ")
                .AppendJoin(' ', f.Events.Select(e => $"{e.What} {e.EveryNs} ~{e.JitterPercent} x{e.Count} once {e.OncePerService}"));
        }

        return text.ToString();
    }
}
