using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>What clear_IO_APIC and machine_shutdown do: domain 3.3, 3.4; domain 8, wilck-irr-2007.</summary>
public class RemoteIrrTests
{
    private static readonly Bdf Card = At("00:09.0");

    // A crash stops CPU 1 by NMI in the middle of an interrupt: its EOI never comes. Releases before 3.0 only mask the pin, later ones force
    // its remote IRR clear; with it set, the next kernel's driver never hears from its device. QEMU's IO-APIC clears it by itself.
    [Theory]
    [Trait("Rule", "3.4")]
    [InlineData("2.6.32", "acpi-pc", true)]
    [InlineData("2.6.32", "q35", false)]
    [InlineData("3.3", "acpi-pc", false)]
    [InlineData("4.1", "acpi-pc", false)]
    public void A_remote_IRR_that_a_crash_left_set_silences_the_line_for_old_kernels(string kernel, string platform, bool stuck)
    {
        var card = Function("00:09.0", "e1000", 21, Every(Millisecond)) with { Mode = InterruptMode.Intx, Cpu = 1 };
        var row = Release(kernel);

        // The crash falls between the interrupt and its EOI.
        var first = new BootSpec(row, Policy(row.ShutdownPolicy), ShutdownPath.Kdump) { Cpus = 2, Stimuli = [Wait(Millisecond + (3 * Microsecond))] };
        var second = new BootSpec(row, Policy(row.ShutdownPolicy), ShutdownPath.None) { Cpus = 2, Stimuli = [Wait(5 * Millisecond)] };
        var seen = Seen.Of(new Scenario("irr", Platform.Find(platform)!, [card], [first, second]));
        var crash = seen.Run.At(seen.RawOfPhase("machine_kexec"));
        Assert.Equal(stuck, crash.After.Line(0).RemoteIrr);

        Assert.Equal(!stuck, seen.HandlerRuns(Card, new("running", null, 1)) > 0);
        Assert.Equal(stuck, seen.Line(21) is { Asserted: true, Masked: false, RemoteIrr: true });
        Assert.Equal(stuck, Outcomes.Of(seen.Run).Any(o => o.Kind == OutcomeKind.LostRemoteIrr));
    }

    // With one CPU the interrupt in progress ends before the crash is reached, so nothing is stuck.
    [Fact]
    public void With_one_CPU_no_EOI_is_missing()
    {
        var card = Function("00:09.0", "e1000", 21, Every(Millisecond)) with { Mode = InterruptMode.Intx };
        var row = Release("2.6.32");
        var first = new BootSpec(row, Policy("P1"), ShutdownPath.Kdump) { Stimuli = [Wait(Millisecond + (3 * Microsecond))] };
        var seen = Seen.Of(new Scenario("irr", Platform.AcpiPc, [card], [first, new BootSpec(row, Policy("P1"), ShutdownPath.None) { Stimuli = [Wait(5 * Millisecond)] }]));
        Assert.NotEqual(0, seen.HandlerRuns(Card, new("running", null, 1)));
    }

    // Domain 3.3, the order by tree: who is silenced first decides whether a storm goes on while the pins are being masked.
    [Theory]
    [Trait("Rule", "3.3")]
    [InlineData("2.6.24", "cpus pins irqs")]
    [InlineData("2.6.32", "cpus irqs pins")]
    [InlineData("3.3", "cpus irqs pins")]
    [InlineData("3.13", "cpus irqs pins")]
    [InlineData("3.14", "pins irqs cpus")]
    [InlineData("4.1", "pins irqs cpus")]
    [InlineData("4.12", "pins irqs cpus")]
    [InlineData("6.18", "pins irqs cpus")]
    public void Machine_shutdown_silences_in_the_order_of_the_release(string kernel, string order)
    {
        var machine = CompiledMachine.Compile(Story.Of(kernel, path: ShutdownPath.Kexec));
        var from = machine.Program.ToList().FindIndex(i => i.Op == Op.Phase && machine.Names[i.A] == "machine_shutdown");
        var to = machine.Program.ToList().FindIndex(from, i => i.Op == Op.Jump);
        var steps = machine.Program.Skip(from).Take(to - from).Select(i => i.Op switch
        {
            Op.StopOtherCpus => "cpus", Op.ClearPin => "pins", Op.LocalIrqDisable => "irqs", _ => "",
        }).Where(s => s.Length > 0).Distinct();
        Assert.Equal(order, string.Join(' ', steps));
    }

    // The same in a run: on 4.1 interrupts are taken while the pins are masked, on 2.6.32 none is after the local APIC is down.
    [Theory]
    [Trait("Rule", "3.3")]
    [InlineData("2.6.24", true)]
    [InlineData("2.6.32", false)]
    [InlineData("4.1", true)]
    public void Interrupts_are_taken_during_machine_shutdown_where_the_local_APIC_is_still_on(string kernel, bool taken)
    {
        var seen = Seen.Of(Story.Of(kernel, "P0", ShutdownPath.Kexec, Platform.AcpiPc, net: f => f with { Device = Device("e1000e"), Events = [Every(50 * Microsecond)] },
            boot: b => b with { Drivers = new Dictionary<Bdf, Devices.DriverModel?> { [Story.Net] = Driver("e1000e") with { Id = "no-shutdown", Shutdown = static _ => [] } } }));
        var during = new Seen.Phase("machine_shutdown", "machine_kexec");
        Assert.NotEqual(0, seen.Messages(Story.Net, null, during));
        Assert.Equal(taken, seen.HandlerRuns(Story.Net, during) > 1);
    }
}
