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
        from what in OneOf("rx", "completion", "config-change", "timer", "error")
        from every in Gen.Long[1_000, 1_000_000_000_000]
        from jitter in Gen.Int[0, 90]
        from count in Gen.OneOf(Gen.Const(0), Gen.Int[1, 1_000])
        from first in Gen.Nullable(Gen.Long[-1_000_000_000, 1_000_000_000])
        from once in Gen.Nullable(Gen.Bool)
        select new EventSource(what, every) { JitterPercent = jitter, Count = count, FirstNs = first, OncePerService = once };

    private static Gen<FunctionSpec> Function(int slot) =>
        from function in Gen.Int[0, 7]
        from device in OneOf([.. DeviceModel.All])
        from overrides in Gen.Select(Gen.Bool, Gen.Enum<BusMasterReaction>(), Gen.Enum<IntxCondition>(), Gen.Bool, Gen.Bool, Gen.Enum<InterruptPin>())
        from mode in Gen.Enum<InterruptMode>()
        from gsi in Gen.Nullable(Gen.Int[0, 239])
        from bus in Gen.Nullable(Gen.Int[1, 255])
        from cpu in Gen.Int[0, 7]
        from events in Event.List[0, 7]
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
            Parent = slot > 0 ? new Bdf(0, slot - 1, 0) : null,
            Events = events,
        };

    private static Gen<BootSpec> Boot(IReadOnlyList<FunctionSpec> functions)
    {
        var bdfs = functions.Select(f => f.Bdf).ToArray();
        var stimulus = Gen.OneOf(
            Gen.Select(OneOf(bdfs), Gen.Nullable(Gen.Bool), Gen.Bool, (b, bme, off) => StimulusForms.SetCommand(b, bme, off)),
            Gen.Select(OneOf(bdfs), Gen.Bool, StimulusForms.MsixEnable),
            Gen.Select(OneOf(bdfs), Gen.Bool, StimulusForms.MsiEnable),
            OneOf(bdfs).Select(StimulusForms.MsiShutdown),
            Gen.Long[1_000, 1_000_000_000].Select(StimulusForms.Wait));
        return
            from release in OneOf([.. KernelRelease.All])
            from policy in OneOf([.. ShutdownPolicy.All])
            from enumeration in Gen.Enum<EnumerationPolicy>()
            from path in Gen.Enum<ShutdownPath>()
            from flags in Gen.Select(Gen.Bool, Gen.Bool)
            from cpus in Gen.Int[1, 8]
            from drivers in Gen.Dictionary(OneOf(bdfs), Gen.OneOf(Gen.Const((DriverModel?)null), OneOf([.. DriverModel.All]).Select(d => (DriverModel?)d)))[0, bdfs.Length]
            from order in Gen.Shuffle(bdfs)
            from ordered in Gen.Int[0, bdfs.Length]
            from handled in Gen.Dictionary(Gen.Int[0, 239].Select(g => new Gsi(g)), Gen.Int[0, 1_000_000])[0, 3]
            from stimuli in stimulus.List[0, 4]
            select new BootSpec(release, policy, path)
            {
                Enumeration = enumeration, NoIrqDebug = flags.Item1, NoMsi = flags.Item2, Cpus = cpus, Drivers = drivers,
                ProbeOrder = [.. order.Take(ordered)], HandledBefore = handled, Stimuli = stimuli,
            };
    }

    public static readonly Gen<Scenario> All =
        from id in Gen.String[Gen.Char["abc019"], 1, 20]
        from title in Text
        from platform in OneOf([.. Platform.All])
        from timing in OneOf([.. TimingProfile.All])
        from count in Gen.Int[1, 5]
        from functions in Gen.Select(Function(0), Function(1), Function(2), Function(3), Function(4), (a, b, c, d, e) => new[] { a, b, c, d, e }[..count])
        from boots in Boot(functions).List[1, 4]
        select new Scenario(id, platform, functions, boots) { Title = title, Timing = timing };

    /// <summary>Everything that a scenario says, to compare two of them.</summary>
    public static string Describe(Scenario s) => string.Join('\n',
        [
            $"{s.Id}|{s.Title}|{s.Platform}|{s.Timing}",
            .. s.Functions.Select(f => $"{f.Bdf}|{f.Device}|{f.Parent}|{f.SecondaryBus}|{f.Gsi}|{f.Mode}|{f.Cpu}|{string.Join(';', f.Events)}"),
            .. s.Boots.Select(b => $"{b.Release}|{b.Policy.Id}|{b.Enumeration}|{b.Path}|{b.NoIrqDebug}|{b.NoMsi}|{b.Cpus}"
                + $"|{string.Join(';', b.Drivers.OrderBy(d => d.Key).Select(d => $"{d.Key}={d.Value?.Id}"))}|{string.Join(';', b.ProbeOrder)}"
                + $"|{string.Join(';', b.HandledBefore.OrderBy(h => h.Key.Value).Select(h => $"{h.Key}={h.Value}"))}"
                + $"|{string.Join(';', b.Stimuli.Select(t => $"{t.What} {t.Target} {t.Load?.Id} {string.Join(',', t.Steps)}"))}"),
        ]);
}
