using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>INTx: domain 5, rules 2-5, 8 and 10.</summary>
public class IntxTests
{
    private static readonly Bdf Card = At("00:09.0");
    private static readonly Bdf Port = At("00:02.0");
    private static readonly Bdf Below = At("01:00.0");

    // A function that nobody drives, with one event after 100 µs of life.
    private static Seen Bare(params Step[] steps) =>
        Seen.Of(Live(Platform.AcpiPc, [Function("00:09.0", "pci-endpoint", 21, Every(100 * Microsecond, count: 1))], [Do(Card, steps)]));

    public static TheoryData<bool, bool, bool, bool> Gates()
    {
        var all = new TheoryData<bool, bool, bool, bool>();
        for (var i = 0; i < 16; i++)
        {
            all.Add((i & 1) != 0, (i & 2) != 0, (i & 4) != 0, (i & 8) != 0);
        }

        return all;
    }

    // Rules 5.3 (the gate), 5.2 (Bus Master Enable is not in it) and 5.5 (Status.Interrupt is before the gate).
    [Theory]
    [Trait("Rule", "5.2")]
    [Trait("Rule", "5.3")]
    [Trait("Rule", "5.5")]
    [MemberData(nameof(Gates))]
    public void The_pin_is_up_if_there_is_a_condition_and_neither_INTx_Disable_nor_MSI_nor_MSIX_is_set(bool intxDisable, bool msi, bool msix, bool busMaster)
    {
        var seen = Bare(
            new(Op.IntxDisable, intxDisable ? 1 : 0), new(Op.MsiEnable, msi ? 1 : 0), new(Op.MsixEnable, msix ? 1 : 0),
            new(Op.BusMaster, busMaster ? 1 : 0), new(Op.Start), Pause(Millisecond));

        var card = seen.Function(Card);
        Assert.Equal(!intxDisable && !msi && !msix, card.PinAsserted);
        Assert.Equal(card.PinAsserted, seen.Line(21).Asserted);
        Assert.True(card.InterruptStatus);
        Assert.Equal(busMaster, card.BusMaster);
    }

    // Rule 5.3: no condition, no assertion.
    [Fact]
    [Trait("Rule", "5.3")]
    public void A_function_without_a_condition_asserts_nothing()
    {
        var seen = Bare(new(Op.Start), Pause(10 * Microsecond));

        Assert.False(seen.Function(Card).PinAsserted);
        Assert.False(seen.Function(Card).InterruptStatus);
    }

    // Rule 5.4.
    [Fact]
    [Trait("Rule", "5.4")]
    public void Setting_INTx_Disable_deasserts_and_clearing_it_asserts_again_while_the_condition_lasts()
    {
        var seen = Bare(
            new(Op.Start), Pause(Millisecond), new(Op.IntxDisable, 1), Pause(Millisecond), new(Op.IntxDisable, 0), Pause(Millisecond));

        Assert.Equal("101", seen.Pin(Card));
        Assert.Equal("101", seen.Level(21));
        Assert.Single(seen.Of(EventKind.DeviceEvent, Card));
    }

    // Domain 2.6 and rule 5: broken_intx_masking (written, and gates nothing), and read-only 0 on devices from before PCI 2.3.
    [Theory]
    [Trait("Rule", "2.6")]
    [Trait("Rule", "5.5")]
    [InlineData(IntxDisableBit.Works, true, "101")]
    [InlineData(IntxDisableBit.NoEffect, true, "1")]
    [InlineData(IntxDisableBit.Absent, false, "1")]
    public void An_INTx_Disable_that_does_not_work_or_is_not_there_gates_nothing(IntxDisableBit bit, bool reads, string pin)
    {
        var card = Function("00:09.0", "pci-endpoint", 21, Every(100 * Microsecond, count: 1));
        Seen Of(params Step[] steps) => Seen.Of(Live(Platform.AcpiPc, [card with { Device = card.Device with { IntxDisableBit = bit } }], [Do(Card, steps)]));

        var set = Of(new(Op.Start), Pause(Millisecond), new(Op.IntxDisable, 1), Pause(Millisecond));
        Assert.Equal(reads, set.Function(Card).IntxDisable);
        Assert.Equal(bit != IntxDisableBit.Works, set.Function(Card).PinAsserted);

        var cleared = Of(new(Op.Start), Pause(Millisecond), new(Op.IntxDisable, 1), Pause(Millisecond), new(Op.IntxDisable, 0), Pause(Millisecond));
        Assert.Equal(pin, cleared.Pin(Card));
    }

    // Rules 5.3 and 5.4 with the other two gates: a condition that waits behind MSI-X Enable comes out when that falls.
    [Theory]
    [InlineData(Op.MsixEnable)]
    [InlineData(Op.MsiEnable)]
    public void A_level_condition_waits_behind_the_MSI_enable_and_comes_out_when_it_is_cleared(Op enable)
    {
        var seen = Bare(new(enable, 1), new(Op.Start), Pause(Millisecond), new(enable, 0), Pause(Millisecond));

        Assert.Equal("1", seen.Pin(Card));
        Assert.True(seen.Of(EventKind.Intx, Card).Single().At.TimeNs >= Millisecond);
    }

    // Rule 6.2: QEMU's virtio latches at notify; turning MSI-X off does not itself raise the pin, the next notification does.
    [Fact]
    [Trait("Rule", "6.2")]
    public void Virtio_raises_its_pin_at_the_next_notification_not_when_MSIX_goes_off()
    {
        var functions = new[] { Function("00:09.0", "virtio-net", 21, Every(Millisecond)) };
        var early = Seen.Of(Live(Platform.Q35, functions, [Wait(3 * Millisecond), MsixShutdown(Card), Wait(100 * Microsecond)]));
        var late = Seen.Of(Live(Platform.Q35, functions, [Wait(3 * Millisecond), MsixShutdown(Card), Wait(2 * Millisecond)]));

        Assert.NotEqual(0, early.Messages(Card, MsiResult.Delivered));
        Assert.Equal("", early.Pin(Card));
        Assert.Equal("1", late.Pin(Card));
    }

    // Rule 6.2: an enable write of MSI or MSI-X deasserts and forgets what was latched for the wire.
    [Fact]
    [Trait("Rule", "6.2")]
    public void Virtio_forgets_a_latched_notification_when_MSIX_is_enabled()
    {
        var seen = Seen.Of(Live(
            Platform.Q35, [Function("00:09.0", "virtio-net", 21, Every(Millisecond, count: 1, first: 2 * Millisecond))],
            [MsixShutdown(Card), Wait(3 * Millisecond), Do(Card, new Step(Op.MsixEnable, 1)), Wait(Millisecond), Do(Card, new Step(Op.MsixEnable, 0)), Wait(Millisecond)]));

        Assert.Equal("10", seen.Pin(Card));
    }

    // Rule 5.2, and finding 13 of the recordings.
    [Fact]
    [Trait("Rule", "5.2")]
    public void Clearing_bus_mastering_does_not_lower_a_pin_that_is_up()
    {
        var seen = Bare(new(Op.BusMaster, 1), new(Op.Start), Pause(Millisecond), new(Op.BusMaster, 0), Pause(Millisecond));

        Assert.False(seen.Function(Card).BusMaster);
        Assert.True(seen.Function(Card).PinAsserted);
        Assert.Equal("1", seen.Pin(Card));
    }

    // Rules 5.2 and 5.11: INTx passes a bridge whose Bus Master Enable is 0.
    [Fact]
    [Trait("Rule", "5.2")]
    [Trait("Rule", "5.11")]
    public void A_bridge_without_bus_mastering_lets_INTx_pass()
    {
        var seen = Seen.Of(Live(
            Platform.AcpiPc,
            [
                Function("00:02.0", "pci-bridge", null) with { SecondaryBus = 1 },
                Function("01:00.0", "pci-endpoint", 21, Every(100 * Microsecond, count: 1)) with { Parent = Port },
            ],
            [Do(Port, new Step(Op.BusMaster, 0)), Do(Below, new Step(Op.Start), Pause(Millisecond))]));

        Assert.False(seen.Function(Port).BusMaster);
        Assert.True(seen.Line(21).Asserted);
    }

    // Rule 5.9: one rise, and as many interrupts as it takes until the line is given up.
    [Fact]
    [Trait("Rule", "5.9")]
    public void An_INTx_is_level_triggered_so_that_a_line_that_stays_up_interrupts_again()
    {
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [Function("00:09.0", "pci-endpoint", 21, Every(100 * Microsecond, count: 1)), Function("00:01.0", "uhci")],
            [Do(Card, new(Op.Start), Pause(Second))]));
        Assert.Equal("1", seen.Level(21));
        Assert.Equal(100_001, seen.Deliveries(21));
    }

    // Rule 5.14: a port's services interrupt as any function does, by its message, which its own Bus Master Enable gates, or by its own pin.
    [Theory]
    [Trait("Rule", "5.14")]
    [InlineData(InterruptMode.Auto, true, 1, "")]
    [InlineData(InterruptMode.Auto, false, 0, "")]
    [InlineData(InterruptMode.Intx, true, 1, "10")]
    [InlineData(InterruptMode.Intx, false, 1, "10")]
    public void A_ports_own_services_use_its_message_or_its_pin_and_send_nothing_else(InterruptMode mode, bool busMaster, int handled, string pin)
    {
        var port = Function("00:02.0", "pcie-root-port", 21, Every(Second, count: 1, first: 5 * Millisecond)) with { Mode = mode };
        var seen = Seen.Of(Live(Platform.AcpiPc, [port], [Do(Port, new Step(Op.BusMaster, busMaster ? 1 : 0)), Wait(10 * Millisecond)]));
        Assert.Equal(handled, seen.HandlerRuns(Port));
        Assert.Equal(pin, seen.Pin(Port));
        Assert.DoesNotContain(seen.Events(), e => e.At.Event.Kind == EventKind.Dma);
    }

    // A line is the OR of its pins.
    [Fact]
    public void A_line_falls_only_when_its_last_pin_falls()
    {
        var other = At("00:01.0");
        var seen = Seen.Of(Live(
            Platform.AcpiPc,
            [Function("00:09.0", "pci-endpoint", 21, Every(100 * Microsecond, count: 1)), Function("00:01.0", "pci-endpoint", 21, Every(100 * Microsecond, count: 1))],
            [
                Do(Card, new Step(Op.Start), Pause(Millisecond)), Do(other, new Step(Op.Start), Pause(Millisecond)),
                Do(Card, new Step(Op.IntxDisable, 1), Pause(Millisecond)), Do(other, new Step(Op.Quiesce), Pause(Millisecond)),
            ]));

        Assert.Equal("10", seen.Level(21));
        Assert.True(seen.OfLine(EventKind.Line, 21).Last().At.TimeNs >= 3 * Millisecond);
    }

    // Rule 5.8.
    [Theory]
    [Trait("Rule", "5.8")]
    [InlineData(InterruptPin.A, 0, InterruptPin.A)]
    [InlineData(InterruptPin.A, 1, InterruptPin.B)]
    [InlineData(InterruptPin.D, 1, InterruptPin.A)]
    [InlineData(InterruptPin.B, 3, InterruptPin.A)]
    [InlineData(InterruptPin.C, 31, InterruptPin.B)]
    [InlineData(InterruptPin.None, 3, InterruptPin.None)]
    public void A_bridge_swizzles_a_pin_by_the_slot_below_it(InterruptPin pin, int slot, InterruptPin expected) =>
        Assert.Equal(expected, Swizzle.ThroughBridge(pin, slot));

    // Rules 5.8 and 5.10 together: slot 2 INTA below a bridge in slot 3 arrives there as INTC; q35 takes it to PIRQ E-H.
    [Fact]
    [Trait("Rule", "5.8")]
    public void A_pin_is_swizzled_once_for_each_bridge_up_to_the_root_bus()
    {
        var port = At("00:03.0");
        var inner = At("01:05.0");
        var machine = CompiledMachine.Compile(Live(
            Platform.Q35,
            [
                Function("00:03.0", "pci-bridge", null) with { SecondaryBus = 1 },
                Function("01:05.0", "pci-bridge", null) with { Parent = port, SecondaryBus = 2 },
                Function("01:02.0", "pci-endpoint", null) with { Parent = port },
                Function("02:06.0", "pci-endpoint", null) with { Parent = inner },
            ],
            []));

        int GsiOf(string bdf) => machine.Lines[machine.Functions.Single(f => f.Bdf == At(bdf)).Line].Gsi.Value;
        Assert.Equal(20 + ((3 + 2) % 4), GsiOf("01:02.0"));
        Assert.Equal(20 + ((3 + 6 + 5) % 4), GsiOf("02:06.0"));
    }

    // Rule 5.10; slots 1, 9 and 21 are golden: recordings s5a and s3o.
    [Theory]
    [Trait("Rule", "5.10")]
    [InlineData(1, InterruptPin.A, 21)]
    [InlineData(9, InterruptPin.A, 21)]
    [InlineData(21, InterruptPin.A, 21)]
    [InlineData(0, InterruptPin.A, 20)]
    [InlineData(2, InterruptPin.A, 22)]
    [InlineData(3, InterruptPin.B, 20)]
    [InlineData(24, InterruptPin.D, 23)]
    [InlineData(25, InterruptPin.A, 16)]
    [InlineData(29, InterruptPin.D, 19)]
    [InlineData(31, InterruptPin.A, 16)]
    [InlineData(31, InterruptPin.B, 17)]
    public void Q35_routes_pins_as_its_chipset_does(int slot, InterruptPin pin, int gsi) => Assert.Equal(new Gsi(gsi), Platform.Q35.Route(slot, pin));
}
