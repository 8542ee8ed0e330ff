using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>Each CPU has vectors and requests of its own (domain 5).</summary>
public class LocalApicTests
{
    // More vectors on one CPU than a word of its IRR has bits, and the message is on the last of them.
    [Fact]
    public void A_message_waits_and_is_taken_on_the_CPU_it_is_for_however_many_vectors_there_are()
    {
        var many = Device("nvme") with { MsixTableSize = 80, VectorsUsed = 80, EventEntry = 79 };
        var net = At("00:03.0");
        var seen = Seen.Of(new Scenario(
            "many", Platform.AcpiPc, [new FunctionSpec(net, many) { Cpu = 1, Gsi = new Gsi(16), Events = [Every(1_000_000, count: 3)] }],
            [new BootSpec(Release("4.1"), Policy("P5"), ShutdownPath.Reboot) { Cpus = 2 }]));
        Assert.True(seen.Machine.Slots.Count(s => s.Cpu == 1) > 64);
        var taken = seen.Events().Where(e => e.At.Event.Kind == EventKind.IrqDelivered).ToList();
        Assert.NotEmpty(taken);
        Assert.All(taken, e => Assert.Equal((1, (int)DeliveryOutcome.FlowHandler, seen.Machine.Lines.Count + 79), (e.At.Event.A, e.At.Event.C, e.At.Event.Subject)));
    }
}
