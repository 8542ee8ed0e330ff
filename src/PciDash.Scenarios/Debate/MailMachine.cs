using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Debate;

/// <summary>Who else has a handler on the card's line.</summary>
internal enum Sharer
{
    None,
    Idle,
    Busy,
}

/// <summary>What the card does once its Bus Master Enable is 0.</summary>
internal enum CardKind
{
    /// <summary>As QEMU's virtio.</summary>
    StopsItself,

    /// <summary>Goes on, and loses what it cannot send.</summary>
    GoesOn,

    /// <summary>Goes on, and keeps the last message for later.</summary>
    KeepsLast,
}

/// <summary>The machine that the mail is about, and its neighbours: the families that claims are read over are made of it.</summary>
internal static class MailMachine
{
    public static readonly Bdf Card = new(0, 9, 0);
    public static readonly Bdf Other = new(0, 1, 0);

    public static readonly ShutdownPath[] Paths = [ShutdownPath.Reboot, ShutdownPath.Poweroff, ShutdownPath.Kexec, ShutdownPath.Kdump];
    public static readonly ShutdownPath[] OrderlyPaths = [ShutdownPath.Reboot, ShutdownPath.Poweroff, ShutdownPath.Kexec];
    public static readonly Sharer[] Sharers = [Sharer.None, Sharer.Idle, Sharer.Busy];
    public static readonly CardKind[] Cards = [CardKind.StopsItself, CardKind.GoesOn, CardKind.KeepsLast];

    private static readonly KernelRelease Linux41 = KernelRelease.Find("4.1")!;

    /// <summary>Linux 4.1 as it was when the mail was written, or with another policy.</summary>
    public static Scenario Of(
        ShutdownPath path, Sharer sharer = Sharer.Idle, CardKind card = CardKind.StopsItself, ShutdownPolicy? policy = null, KernelRelease? next = null,
        Func<FunctionSpec, FunctionSpec>? function = null, Func<BootSpec, BootSpec>? boot = null, params DriverModel[] own)
    {
        var net = new FunctionSpec(Card, DeviceModel.Find("virtio-net")!) { Events = [new EventSource("rx", 1_000_000)] };
        net = card == CardKind.StopsItself ? net : net with
        {
            Device = net.Device with { OnBusMasterOff = card == CardKind.GoesOn ? BusMasterReaction.Drop : BusMasterReaction.Latch, IntxCondition = IntxCondition.Level },
        };
        var first = new BootSpec(Linux41, policy ?? ShutdownPolicy.P4, path);
        first = boot?.Invoke(first) ?? first;
        List<BootSpec> boots = [first];
        if (path is ShutdownPath.Kexec or ShutdownPath.Kdump)
        {
            var release = next ?? first.Release;
            boots.Add(first with { Release = release, Enumeration = release.Enumeration, Path = ShutdownPath.None });
        }

        List<FunctionSpec> functions = [function?.Invoke(net) ?? net];
        if (sharer != Sharer.None)
        {
            functions.Insert(0, new FunctionSpec(Other, DeviceModel.Find("uhci")!)
            {
                Events = sharer == Sharer.Busy ? [new EventSource("completion", 1_000_000) { JitterPercent = 30 }] : [],
            });
        }

        return new Scenario("virtio-2015", Platform.Q35, functions, boots) { OwnDrivers = own };
    }

    public static string Name(ShutdownPath path) => Vocabulary.Paths.Of(path);

    public static string Name(Sharer sharer) => sharer switch
    {
        Sharer.None => "nobody else on the line",
        Sharer.Idle => "an idle sharer",
        _ => "a busy sharer",
    };

    public static string Name(CardKind card) => card switch
    {
        CardKind.StopsItself => "a card that stops itself (virtio in QEMU)",
        CardKind.GoesOn => "a card that goes on",
        _ => "a card that keeps its last message",
    };
}
