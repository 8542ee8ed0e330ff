using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>Interrupt remapping: domain 3.5.</summary>
public class RemappingTests
{
    private static readonly Bdf Net = Story.Net;
    private static readonly DriverModel NoShutdown = Driver("e1000e") with { Id = "no-shutdown", Shutdown = static _ => [] };

    // 2.6.24 (P0, E0) turns nothing off, on any path, so that only remapping stands between stale messages and the next kernel.
    private static Seen Of(ShutdownPath path, bool remapping, bool firstUses = true, bool secondUses = true, string second = "2.6.24")
    {
        var one = Story.Of(
            "2.6.24", path: path, sharer: null, net: f => f with { Device = Device("e1000e"), Events = [Every(10 * Millisecond)] },
            boot: b => b with { Drivers = new Dictionary<Bdf, DriverModel?> { [Net] = NoShutdown }, NoRemapping = !firstUses });
        var next = one.Boots[0] with { Release = Release(second), Path = ShutdownPath.None, NoRemapping = !secondUses, Drivers = new Dictionary<Bdf, DriverModel?> { [Net] = null } };
        return Seen.Of(one with { InterruptRemapping = remapping, Boots = [one.Boots[0], next] });
    }

    private static readonly Seen.Phase AfterTakeOver = new("local_irq_enable", null, 1);

    [Fact]
    public void A_crash_kernel_before_4_2_starts_with_an_empty_table_so_that_stale_messages_fault()
    {
        var seen = Of(ShutdownPath.Kdump, remapping: true, second: "3.13");
        Assert.Equal((int)RemappingStep.New, seen.Events(AfterTakeOver).First(e => e.At.Event.Kind == EventKind.Remapping).At.Event.A);
        Assert.NotEqual(0, seen.Messages(Net, MsiResult.RemapFault, AfterTakeOver));
    }

    // "Copied IR table from previous kernel": stale messages find their entries and hit vectors that nobody has.
    [Fact]
    [Trait("Rule", "3.5")]
    public void A_crash_kernel_copies_the_table_so_that_stale_messages_pass()
    {
        var seen = Of(ShutdownPath.Kdump, remapping: true, second: "4.2");
        Assert.Equal((int)RemappingStep.Copied, seen.Events(new("local_irq_enable", null, 1)).First(e => e.At.Event.Kind == EventKind.Remapping).At.Event.A);
        Assert.Equal(0, seen.Messages(Net, MsiResult.RemapFault));
        Assert.NotEqual(0, seen.Messages(Net, MsiResult.UnassignedVector, AfterTakeOver));
    }

    // A kernel that was not started by a crash disables the old table: each stale message is a fault, which nothing counts.
    [Fact]
    public void After_kexec_stale_messages_fault_from_the_new_table_on()
    {
        var seen = Of(ShutdownPath.Kexec, remapping: true);
        var table = seen.Events(new("local_irq_enable", null, 1)).First(e => e.At.Event.Kind == EventKind.Remapping).At;
        Assert.Equal((int)RemappingStep.New, table.Event.A);
        Assert.All(seen.Of(EventKind.MsiWrite, Net).Where(e => e.At.Raw > table.Raw), e => Assert.Equal((int)MsiResult.RemapFault, e.At.Event.C));
        Assert.NotEqual(0, seen.Messages(Net, MsiResult.RemapFault, AfterTakeOver));
        Assert.DoesNotContain(seen.Events(AfterTakeOver), e => e.At.Event.Kind == EventKind.IrqDelivered && e.At.TimeNs > table.TimeNs + Millisecond);
    }

    [Fact]
    public void Without_remapping_nothing_faults()
    {
        var seen = Of(ShutdownPath.Kexec, remapping: false);
        Assert.Equal(0, seen.Messages(Net, MsiResult.RemapFault));
        Assert.NotEqual(0, seen.Messages(Net, MsiResult.UnassignedVector, AfterTakeOver));
    }

    // "compatibility format blocked": the first kernel wrote messages without remapping, the second turned it on.
    [Fact]
    public void Messages_in_the_compatibility_format_fault_once_remapping_is_on()
    {
        var seen = Of(ShutdownPath.Kdump, remapping: true, firstUses: false);
        Assert.NotEqual(0, seen.Messages(Net, MsiResult.RemapFault, AfterTakeOver));
    }

    // intremap=off: the table of the first kernel stays in force, and its messages valid.
    [Fact]
    public void A_kernel_that_leaves_remapping_alone_leaves_the_old_table_in_force()
    {
        var seen = Of(ShutdownPath.Kexec, remapping: true, secondUses: false);
        Assert.DoesNotContain(seen.Events(), e => e.At.Event.Kind == EventKind.Remapping && e.At.Raw > seen.RawOfPhase("early-boot", 1));
        Assert.Equal(0, seen.Messages(Net, MsiResult.RemapFault));
    }

    // x86 gives a function more than one MSI message only through remapping.
    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    public void Only_with_remapping_is_there_more_than_one_MSI_message(bool remapping, int messages)
    {
        var card = Function("00:09.0", "ahci", 21);
        var scenario = Live(Platform.AcpiPc, [card with { Device = card.Device with { MsiMessages = 4, VectorsUsed = 3 } }], []);
        Assert.Equal(messages, CompiledMachine.Compile(scenario with { InterruptRemapping = remapping }).Boots[0].Vectors.Single());
    }
}
