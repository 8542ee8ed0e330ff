using CsCheck;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Properties;

/// <summary>
/// Two kernels of which the second does not turn stale MSI off: the messages of a device without driver hit the vector of another one, which
/// random machines seldom have. That one is requested again now and then, with threads or without, and has events of its own.
/// </summary>
internal static class AliasedScenario
{
    private static readonly string[] Kernels = ["2.6.24", "2.6.32", "3.3", "3.13", "3.14", "6.12"];

    private static readonly Bdf Stale = At("00:09.0");
    private static readonly Bdf Innocent = At("00:0a.0");
    private static readonly Bdf Usb = At("00:0b.0");

    public static readonly Gen<RandomScenario> Any =
        from a in Gen.Select(Gen.Int[0, Kernels.Length - 1], Gen.Int[0, 5], Gen.Int[0, 3], Gen.Int[0, 2])
        from b in Gen.Select(Gen.Int[3, 40], Gen.Int[20, 2_000], Gen.Int[0, 60], Gen.ULong)
        select new RandomScenario(
            Of(Kernels[a.Item1], (HandlerThread)Math.Max(0, a.Item2 - 3), a.Item3, a.Item4, b.Item1 * Microsecond, b.Item2 * Microsecond), b.Item4, b.Item3 > 30 ? 0 : b.Item3);

    private static Scenario Of(string kernel, HandlerThread thread, int options, int requests, long everyNs, long ownEveryNs)
    {
        var driver = Driver("mptsas") with { Id = "aliased", VectorHandler = Driver("mptsas").VectorHandler with { Thread = thread } };
        var again = Do(Innocent, new Step(Op.FreeVectors), Pause(2 * everyNs), new Step(Op.RequestVectors), Pause(500 * Microsecond));
        var first = new BootSpec(Release("2.6.24"), Policy("P0"), ShutdownPath.Kexec) { Drivers = NoDriver(Innocent) };
        var second = new BootSpec(
            Release(kernel) with { Enumeration = EnumerationPolicy.E0, SpuriousCutoff = 6, SpuriousThreshold = 5 }, Policy("P5"), ShutdownPath.None)
        {
            Drivers = new Dictionary<Bdf, DriverModel?> { [Stale] = null, [Innocent] = driver, [Usb] = Driver("uhci_hcd") },
            IrqFixup = options == 1 ? IrqFixup.IrqPoll : IrqFixup.Off, NoIrqDebug = options == 2, ThreadIrqs = options == 3,
            Stimuli = [Wait(Millisecond), .. Enumerable.Repeat(again, requests), Wait(Millisecond)],
        };
        return new Scenario(
            "aliased", Platform.AcpiPc,
            [
                Function("00:09.0", "mptsas", 21, Every(everyNs) with { OncePerService = false }), Function("00:0a.0", "mptsas", 22, Every(ownEveryNs)),
                Function("00:0b.0", "uhci", 23, Every(ownEveryNs)),
            ],
            [first, second]) { Timing = RandomScenario.Quick };
    }
}
