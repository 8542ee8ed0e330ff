namespace PciDash.Engine.Machine;

/// <summary>What things cost on a kind of machine. Named, with its source; no verdict rests on a figure marked assumed without saying so.</summary>
/// <param name="Id">Name used in scenario files.</param>
/// <param name="Title">What a reader sees.</param>
/// <param name="Source">Which recording measured it, or "assumed".</param>
public sealed record TimingProfile(string Id, string Title, string Source)
{
    /// <summary>Cost of one configuration write, ns.</summary>
    public required long ConfigWriteNs { get; init; }

    /// <summary>Cost of one write to a device register, ns.</summary>
    public required long RegisterWriteNs { get; init; }

    /// <summary>Driver core's time per device in device_shutdown, ns.</summary>
    public required long PerDeviceNs { get; init; }

    /// <summary>A driver's shutdown callback, ns.</summary>
    public required long DriverShutdownNs { get; init; }

    /// <summary>From the last callback to the platform's restart code, ns.</summary>
    public required long BetweenPhasesNs { get; init; }

    /// <summary>One write to the IO-APIC, ns.</summary>
    public required long IoapicWriteNs { get; init; }

    /// <summary>From jump or reset to the next code that matters, ns.</summary>
    public required long EarlyBootNs { get; init; }

    /// <summary>From local_irq_enable to the bus scan, ns.</summary>
    public required long UntilScanNs { get; init; }

    /// <summary>Probe of one driver, ns.</summary>
    public required long ProbeNs { get; init; }

    /// <summary>How long a machine runs before and after what is studied, ns.</summary>
    public required long RunningNs { get; init; }

    /// <summary>From a pending interrupt to its flow handler, ns.</summary>
    public required long TakeNs { get; init; }

    /// <summary>One handler, ns.</summary>
    public required long HandlerNs { get; init; }

    /// <summary>note_interrupt and the way back, ns.</summary>
    public required long NoteNs { get; init; }

    /// <summary>EOI, ns.</summary>
    public required long EoiNs { get; init; }

    /// <summary>
    /// QEMU with TCG. A level interrupt with one idle handler costs 5.6 µs of guest time (100,000 in 0.56 s beside ten pauses of 10 ms:
    /// s5a), a device's turn in device_shutdown about 65 µs (s3o_reboot_oldmsi), MSI off to BME off 55 µs (s3o_kexec_oldmsi_thenbme), from
    /// the last callback to the first pin write 35 ms (four stretches of a storm in s3o_reboot_oldmsi; 8 to 20 ms elsewhere), a pin write
    /// 40 µs (s1_reboot_q35_k612).
    /// </summary>
    public static readonly TimingProfile QemuTcg = new(
        "qemu-tcg", "QEMU (TCG), Linux 6.1",
        "measured: s5a_vnet_uhci_msixshut, s3o_reboot_oldmsi, s3o_kexec_oldmsi_thenbme, s1_reboot_q35_k612; early boot and probe assumed")
    {
        ConfigWriteNs = 27_500, RegisterWriteNs = 10_000, PerDeviceNs = 30_000, DriverShutdownNs = 60_000, BetweenPhasesNs = 35_000_000,
        IoapicWriteNs = 40_000, EarlyBootNs = 1_000_000_000, UntilScanNs = 300_000_000, ProbeNs = 5_000_000, RunningNs = 5_000_000,
        TakeNs = 1_400, HandlerNs = 1_600, NoteNs = 1_000, EoiNs = 1_600,
    };

    /// <summary>A server of the 2010s. Every figure is assumed.</summary>
    public static readonly TimingProfile Metal = new("metal", "Real machine (assumed)", "assumed")
    {
        ConfigWriteNs = 2_000, RegisterWriteNs = 1_000, PerDeviceNs = 10_000, DriverShutdownNs = 200_000, BetweenPhasesNs = 1_000_000,
        IoapicWriteNs = 2_000, EarlyBootNs = 2_000_000_000, UntilScanNs = 500_000_000, ProbeNs = 5_000_000, RunningNs = 5_000_000,
        TakeNs = 500, HandlerNs = 1_500, NoteNs = 300, EoiNs = 500,
    };

    /// <summary>All profiles, in the order they are offered.</summary>
    public static readonly IReadOnlyList<TimingProfile> All = [QemuTcg, Metal];

    /// <summary>The profile of that name, or null.</summary>
    public static TimingProfile? Find(string id) => All.FirstOrDefault(p => p.Id == id);

    /// <summary>What an instruction costs here, ns.</summary>
    internal long Of(Cost cost, long givenNs) => cost switch
    {
        Cost.None => 0,
        Cost.ConfigWrite => ConfigWriteNs,
        Cost.RegisterWrite => RegisterWriteNs,
        Cost.PerDevice => PerDeviceNs,
        Cost.DriverShutdown => DriverShutdownNs,
        Cost.BetweenPhases => BetweenPhasesNs,
        Cost.IoapicWrite => IoapicWriteNs,
        Cost.EarlyBoot => EarlyBootNs,
        Cost.UntilScan => UntilScanNs,
        Cost.Probe => ProbeNs,
        Cost.Running => RunningNs,
        _ => givenNs,
    };

    /// <summary>The class that a verdict uses for a cost, whatever the profile's figure is.</summary>
    internal static DurationClass ClassOf(Cost cost, long givenNs) => cost switch
    {
        Cost.None => DurationClass.Instant,
        Cost.ConfigWrite or Cost.RegisterWrite or Cost.IoapicWrite or Cost.PerDevice => DurationClass.Short,
        Cost.Given when givenNs < 1_000_000 => DurationClass.Short,
        _ => DurationClass.Long,
    };
}
