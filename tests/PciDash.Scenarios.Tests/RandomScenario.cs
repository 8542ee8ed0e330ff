using CsCheck;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Tests;

/// <summary>Scenarios that a document can name; whether they make sense as machines does not matter to it.</summary>
internal static class RandomScenario
{
    private static readonly Gen<string> Text = Gen.String[Gen.Char["abc XYZ→\"\\<&'日é"], 0, 40];

    private static Gen<T> OneOf<T>(params T[] all) => Gen.Int[0, all.Length - 1].Select(i => all[i]);

    private static readonly Gen<EventSource> Event =
        from what in OneOf("rx", "completion", "config-change", "timer", "error", "kthread", "guest-eoi")
        from every in Gen.Long[1_000, 1_000_000_000_000]
        from jitter in Gen.Int[0, 90]
        from count in Gen.OneOf(Gen.Const(0), Gen.Int[1, 1_000])
        from first in Gen.Nullable(Gen.Long[-1_000_000_000, 1_000_000_000])
        from once in Gen.Nullable(Gen.Bool)
        from dma in Gen.Bool
        select new EventSource(what, every) { Dma = dma, JitterPercent = jitter, Count = count, FirstNs = first, OncePerService = once };

    private static readonly Gen<ScriptLine> Line =
        from word in OneOf([.. ScriptWords.All.Select(w => w.Word)])
        from path in Gen.Nullable(Gen.Enum<ShutdownPath>())
        from since in OneOf(null, "4.1", "6.12")
        select new ScriptLine(word) { On = path, Since = since };

    private static readonly Gen<DeviceModel> OwnDevice =
        from n in Gen.Int[1, 9]
        from title in Text
        from numbers in Gen.Select(Gen.Int[0, 0xFFFF], Gen.Int[0, 0xFFFF], Gen.Int[0, 2_048], Gen.Int[0, 32], Gen.Int[1, 64], Gen.Int[0, 63])
        from words in Gen.Select(Gen.Enum<IntxDisableBit>(), Gen.Enum<ConfigLayout>(), Gen.Enum<BusMasterReaction>(), OneOf(null, "igb", "own-1"))
        from flags in Gen.Bool.Array[8]
        select new DeviceModel($"device-{n}", title, words.Item4, "a test")
        {
            VendorId = numbers.Item1, DeviceId = numbers.Item2, MsixTableSize = numbers.Item3, MsiMessages = numbers.Item4, VectorsUsed = numbers.Item5,
            EventEntry = numbers.Item6, BaseCommand = numbers.Item2, IntxDisableBit = words.Item1, ConfigLayout = words.Item2, OnBusMasterOff = words.Item3,
            Quirk = flags[0] ? new SilencingQuirk(flags[1] ? "" : "6.12", flags[2], "quirk_of_mine", "a test") : null, MsiPerVectorMask = flags[0], HasFlr = flags[1], NoSoftReset = flags[2], FirmwareKeepsMode = flags[3], IsVirtio = flags[4], IsUsbHost = flags[5],
            IsBridge = flags[6], OncePerService = flags[7],
        };

    private static readonly Gen<HandlerModel> Handler =
        from symbol in OneOf("my_intr", "own-1")
        from thread in Gen.Enum<HandlerThread>()
        from flags in Gen.Bool.Array[5]
        select new HandlerModel(symbol, flags[0], flags[1]) { Thread = thread, Masks = flags[2], ReadsConfig = flags[3], LeavesToGuest = flags[4] };

    private static readonly Gen<DriverModel> OwnDriver =
        from n in Gen.Int[1, 3]
        from handlers in Gen.Select(Handler, Handler)
        from flags in Gen.Bool.Array[7]
        from unknown in Text
        from script in Line.List[0, 4]
        from opening in Gen.Enum<OpeningWork>()
        select (new DriverModel($"own-{n}", handlers.Item1, handlers.Item2, "a test")
        {
            Unknown = unknown, IntxOnly = flags[0], SetsMasterLast = flags[1], TakesVectorsTwice = flags[2], ChangesToIntx = flags[3],
            ResetsOnlyIfAsked = flags[4], RemembersMsix = flags[5], AcknowledgesFirst = flags[6], Opening = opening,
        }).WithScript(script);

    private static readonly Gen<ShutdownPolicy> OwnPolicy =
        from n in Gen.Int[1, 3]
        from label in Text
        from lines in Line.List[0, 4]
        from condition in Gen.Enum<ScriptCondition>()
        from replaces in Gen.Bool
        let script = lines.Select((line, i) => i == 0 ? line with { If = condition } : line).ToList()
        select ShutdownPolicy.Own($"policy-{n}", label, "a test", script, replaces);

    private static Gen<FunctionSpec> Function(int slot) =>
        from function in Gen.Int[0, 7]
        from device in OneOf([.. DeviceModel.All])
        from overrides in Gen.Select(Gen.Bool, Gen.Enum<BusMasterReaction>(), Gen.Enum<IntxCondition>(), Gen.Bool, Gen.Bool, Gen.Enum<InterruptPin>())
        from mode in Gen.Enum<InterruptMode>()
        from gsi in Gen.Nullable(Gen.Int[0, 239])
        from bus in Gen.Nullable(Gen.Int[1, 255])
        from cpu in Gen.Int[0, 7]
        from events in Event.List[0, 7]
        from firmware in Gen.Select(Gen.Bool, Gen.Bool)
        let model = overrides.Item1
            ? device with
            {
                OnBusMasterOff = overrides.Item2, IntxCondition = overrides.Item3, OncePerService = overrides.Item4,
                MsiIntxDisableBug = overrides.Item5, Pin = overrides.Item6,
            }
            : device
        select new FunctionSpec(new Bdf(0, slot, function), model)
        {
            Mode = mode,
            Gsi = gsi is { } g ? new Gsi(g) : null,
            SecondaryBus = device.IsBridge ? bus : null,
            Cpu = cpu,
            FirmwareBusMaster = firmware.Item1,
            LeftRunning = firmware.Item2,
            Parent = slot > 0 ? new Bdf(0, slot - 1, 0) : null,
            Events = events,
        };

    private static Gen<BootSpec> Boot(IReadOnlyList<FunctionSpec> functions, IReadOnlyList<ShutdownPolicy> policies, IReadOnlyList<DriverModel> ownDrivers)
    {
        var bdfs = functions.Select(f => f.Bdf).ToArray();
        var stimulus = Gen.OneOf(
            Gen.Select(OneOf(bdfs), Gen.Nullable(Gen.Bool), Gen.Bool, (b, bme, off) => StimulusForms.SetCommand(b, bme, off)),
            Gen.Select(OneOf(bdfs), Gen.Bool, StimulusForms.MsixEnable),
            Gen.Select(OneOf(bdfs), Gen.Bool, StimulusForms.MsiEnable),
            OneOf(bdfs).Select(StimulusForms.MsiShutdown),
            Gen.Select(OneOf(bdfs), Gen.Bool, StimulusForms.Traffic),
            Gen.Select(OneOf(bdfs), Gen.Bool, StimulusForms.Power),
            OneOf(bdfs).Select(StimulusForms.OpenInterface),
            OneOf(bdfs).Select(StimulusForms.Flr),
            OneOf(bdfs).Select(StimulusForms.GuestMsiOff),
            OneOf(bdfs).Select(StimulusForms.GuestExit),
            Gen.Long[1_000, 1_000_000_000].Select(StimulusForms.Wait));
        return
            from release in OneOf([.. KernelRelease.All])
            from policy in OneOf([.. ShutdownPolicy.All, .. policies])
            from enumeration in Gen.Enum<EnumerationPolicy>()
            from path in Gen.Enum<ShutdownPath>()
            from flags in Gen.Bool.Array[7]
            from fixup in Gen.Enum<IrqFixup>()
            from cpus in Gen.Int[1, 8]
            from drivers in Gen.Dictionary(OneOf(bdfs), Gen.OneOf(Gen.Const((DriverModel?)null), OneOf([.. DriverModel.All, .. ownDrivers]).Select(d => (DriverModel?)d)))[0, bdfs.Length]
            from order in Gen.Shuffle(bdfs)
            from ordered in Gen.Int[0, bdfs.Length]
            from handled in Gen.Dictionary(Gen.Int[0, 239].Select(g => new Gsi(g)), Gen.Int[0, 1_000_000])[0, 3]
            from stimuli in stimulus.List[0, 4]
            select new BootSpec(release, policy, path)
            {
                Enumeration = enumeration, NoIrqDebug = flags[0], NoMsi = flags[1], ResetDevices = flags[2], ClearMsi = flags[3], NoIoapicQuirk = flags[4],
                NoRemapping = flags[5], ThreadIrqs = flags[6], IrqFixup = fixup, Cpus = cpus, Drivers = drivers,
                ProbeOrder = [.. order.Take(ordered)], Closed = [.. order.Skip(ordered)], HandledBefore = handled, Stimuli = stimuli,
            };
    }

    public static readonly Gen<Scenario> All =
        from id in Gen.String[Gen.Char["abc019"], 1, 20]
        from title in Text
        from platform in OneOf([.. Platform.All])
        from timing in OneOf([.. TimingProfile.All])
        from count in Gen.Int[1, 5]
        from devices in OwnDevice.List[0, 2]
        from drivers in OwnDriver.List[0, 2]
        from policies in OwnPolicy.List[0, 2]
        from remapping in Gen.Bool
        from aliases in Gen.Select(Gen.Int[0, 239], Gen.Int[0, 239], OneOf(null, "6.12"), (masked, raised, since) => new BootInterrupt(new Gsi(masked), new Gsi(raised), since, "a test")).List[0, 2]
        let own = (Devices: Once(devices, d => d.Id), Drivers: Once(drivers, d => d.Id), Policies: Once(policies, p => p.Id))
        from plain in Gen.Select(Function(0), Function(1), Function(2), Function(3), Function(4), (a, b, c, d, e) => new[] { a, b, c, d, e }[..count])
        let functions = plain.Select((f, i) => i < own.Devices.Count ? f with { Device = own.Devices[i], SecondaryBus = null } : f).ToArray()
        from boots in Boot(functions, own.Policies, own.Drivers).List[1, 4]
        select new Scenario(id, platform, functions, boots)
        {
            Title = title, Timing = timing, OwnDevices = own.Devices, OwnDrivers = own.Drivers, OwnPolicies = own.Policies,
            InterruptRemapping = remapping, BootInterrupts = aliases,
        };

    // In the order in which a file has them.
    private static List<T> Once<T>(IEnumerable<T> rows, Func<T, string> id) => [.. rows.DistinctBy(id).OrderBy(id, StringComparer.Ordinal)];

    private static readonly Func<KernelRelease, IReadOnlyList<Step>> Nothing = static _ => [];

    /// <summary>Everything that a scenario says, to compare two of them.</summary>
    public static string Describe(Scenario s) => string.Join('\n',
        [
            $"{s.Id}|{s.Title}|{s.Platform}|{s.Timing}|{s.InterruptRemapping}|{string.Join(';', s.BootInterrupts)}|{string.Join(';', s.OwnDevices)}",
            .. s.OwnDrivers.Select(d => $"{d with { Shutdown = Nothing, ChildShutdown = Nothing, OwnScript = null }}|{string.Join(';', d.OwnScript!)}|{string.Join(';', d.Shutdown(KernelRelease.Find("6.1")!))}"),
            .. s.OwnPolicies.Select(p => $"{p.Id}|{p.Label}|{p.Source}|{p.ReplacesDriver}|{string.Join(';', p.Script)}|{string.Join(';', p.Steps)}"),
            .. s.Functions.Select(f => $"{f.Bdf}|{f.Device}|{f.Parent}|{f.SecondaryBus}|{f.Gsi}|{f.Mode}|{f.Cpu}|{f.FirmwareBusMaster}|{f.LeftRunning}|{string.Join(';', f.Events)}"),
            .. s.Boots.Select(b => $"{b.Release}|{b.Policy.Id}|{b.Enumeration}|{b.Path}|{b.NoIrqDebug}|{b.NoMsi}|{b.Cpus}|{b.ResetDevices}|{b.ClearMsi}|{b.NoIoapicQuirk}|{b.NoRemapping}|{b.ThreadIrqs}|{b.IrqFixup}"
                + $"|{string.Join(';', b.Drivers.OrderBy(d => d.Key).Select(d => $"{d.Key}={d.Value?.Id}"))}|{string.Join(';', b.ProbeOrder)}|{string.Join(';', b.Closed)}"
                + $"|{string.Join(';', b.HandledBefore.OrderBy(h => h.Key.Value).Select(h => $"{h.Key}={h.Value}"))}"
                + $"|{string.Join(';', b.Stimuli.Select(t => $"{t.What} {t.Target} {t.Load?.Id} {t.Part} {t.Opens} {string.Join(',', t.Steps)}"))}"),
        ]);
}
