using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>What becomes of an IO-APIC entry when its irq is given up for good or masked: domain 3.3 and 3.5.</summary>
public class FreedPinTests
{
    private static readonly Bdf Card = At("00:03.0");
    private static readonly Bdf Usb = At("00:05.0");

    // The entry is in edge mode again, so QEMU's IO-APIC does not remember a rise that comes then, and the next request finds silence.
    [Theory]
    [InlineData("2.6.32", "q35", true)]
    [InlineData("6.1.192", "q35", false)]
    [InlineData("6.1.192", "acpi-pc", true)]
    public void The_last_free_irq_resets_the_entry_of_its_pin(string kernel, string platform, bool heard)
    {
        var seen = Seen.Of(Live(
            Platform.Find(platform)!, [Function("00:05.0", "uhci", 21, Every(Second, count: 1, first: 5 * Millisecond))],
            [Do(Usb, new Step(Op.FreeLine)), Wait(10 * Millisecond), Do(Usb, new Step(Op.RequestLine)), Wait(Millisecond)], kernel));
        Assert.Equal("10", seen.Masks(21));
        Assert.Equal(heard, seen.HandlerRuns(Usb) > 0);
        Assert.Equal(!heard, seen.Line(21).Asserted);
    }

    // nvme_setup_io_queues frees the irq of its one queue and asks for it again: on a pin of its own that masks it and opens it again.
    [Theory]
    [InlineData("nvme", "nvme", "010")]
    [InlineData("megaraid-sas", "megaraid_sas", "0")]
    public void A_driver_that_takes_its_interrupts_twice_does_so_with_its_pin(string device, string driver, string masks)
    {
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:03.0", device, 21)], [Load(Card, driver), Wait(Millisecond)], boot: b => b with { NoMsi = true, Drivers = NoDriver(Card) }));
        Assert.Equal(masks, seen.Masks(21));
        Assert.True(seen.Function(Card).LineAction);
        Assert.Equal(masks.Length > 1 ? 2 : 1, seen.Of(EventKind.RequestIrq, Card).Count());
    }

    // Linux writes the upper half of an entry first, and QEMU looks at its inputs after every write: a line that is up in a pause is sent once
    // more before the lower half masks it.
    [Fact]
    [Trait("Rule", "3.3")]
    public void QEMU_sends_a_line_that_is_up_once_more_while_its_pin_is_being_masked()
    {
        var seen = Seen.Of(Story.Of("4.1", "P4", ShutdownPath.Reboot, Platform.Q35, boot: b => b with { NoIrqDebug = true }));
        var masked = seen.OfLine(EventKind.IoapicPin, 21).Single(e => e.At.Event.A == 1).At.Raw;
        Assert.True(seen.Deliveries(21) > 1_000);
        Assert.Single(seen.OfLine(EventKind.IrqDelivered, 21), e => e.At.Raw > masked);
    }
}
