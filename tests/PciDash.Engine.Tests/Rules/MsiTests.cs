using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>MSI and MSI-X: domain 5, rules 1, 6, 7 and 11; 6.2.</summary>
public class MsiTests
{
    private static readonly Bdf Card = At("00:09.0");
    private static readonly Bdf Port = At("00:02.0");

    private static Seen WithCard(Func<DeviceModel, DeviceModel> device, params Step[] steps)
    {
        var card = Function("00:09.0", "e1000e", 21, Every(Millisecond, count: 1, first: Millisecond));
        return Seen.Of(Live(Platform.AcpiPc, [card with { Device = device(card.Device) }], [Do(Card, steps)]));
    }

    // Rule 5.6.
    [Theory]
    [Trait("Rule", "5.6")]
    [InlineData(Op.MaskVectors)]
    [InlineData(Op.MsixFunctionMask)]
    public void A_masked_message_is_pending_and_is_sent_once_when_the_mask_is_lifted(Op mask)
    {
        var masked = WithCard(d => d, new(mask, 1), Pause(2 * Millisecond));
        Assert.Equal(1, masked.Messages(Card, MsiResult.PendingMasked));
        Assert.Equal(1UL, masked.Function(Card).PendingEntries);
        Assert.Equal(0, masked.HandlerRuns(Card));

        var lifted = WithCard(d => d, new(mask, 1), Pause(2 * Millisecond), new(mask, 0), Pause(Millisecond));
        Assert.Equal(1, lifted.Messages(Card, MsiResult.Delivered));
        Assert.Equal(0UL, lifted.Function(Card).PendingEntries);
        Assert.Equal(1, lifted.HandlerRuns(Card));
    }

    // Rule 5.6: both masks must be open.
    [Fact]
    [Trait("Rule", "5.6")]
    public void A_message_behind_both_masks_waits_for_the_second_one()
    {
        var seen = WithCard(
            d => d, new(Op.MaskVectors, 1), new(Op.MsixFunctionMask, 1), Pause(2 * Millisecond), new(Op.MaskVectors, 0), Pause(Millisecond));
        Assert.Equal(0, seen.Messages(Card, MsiResult.Delivered));
        Assert.Equal(1UL, seen.Function(Card).PendingEntries);
    }

    // Rule 5.6: MSI has masks only where its capability has bit 0x100; where it has, a message waits for its own.
    [Theory]
    [Trait("Rule", "5.6")]
    [InlineData(true, 1, 0)]
    [InlineData(false, 0, 1)]
    public void MSI_is_masked_only_where_the_capability_has_masks(bool hasMasks, int pending, int delivered)
    {
        var masked = WithMsi(hasMasks, new(Op.MaskVectors, 1), Pause(2 * Millisecond));
        Assert.Equal(pending, masked.Messages(Card, MsiResult.PendingMasked));
        Assert.Equal(delivered, masked.HandlerRuns(Card));
        Assert.Equal((ulong)pending, masked.Function(Card).PendingEntries);
        Assert.Equal((ulong)pending, masked.Function(Card).MaskedEntries);

        var lifted = WithMsi(hasMasks, new(Op.MaskVectors, 1), Pause(2 * Millisecond), new(Op.MaskVectors, 0), Pause(Millisecond));
        Assert.Equal(1, lifted.HandlerRuns(Card));
        Assert.Equal(0UL, lifted.Function(Card).PendingEntries);
    }

    // Rule 5.6: a mask that is lifted while MSI is off sends nothing; the message waits for Enable.
    [Fact]
    [Trait("Rule", "5.6")]
    public void A_pending_message_of_MSI_is_sent_when_MSI_is_enabled_again()
    {
        var seen = WithMsi(
            true, new(Op.MaskVectors, 1), Pause(2 * Millisecond), new(Op.MsiEnable, 0), new(Op.MaskVectors, 0), Pause(Millisecond), new(Op.MsiEnable, 1), Pause(Millisecond));
        Assert.Equal(1, seen.HandlerRuns(Card));
        Assert.True(seen.Of(EventKind.MsiWrite, Card).Last().At.Raw > seen.Of(EventKind.CfgMsi, Card).Last().At.Raw);
    }

    // Domain 2.1, step 5: unmasked is the initial state of MSI; the entries of an MSI-X table begin masked.
    [Theory]
    [InlineData("ahci", 0UL)]
    [InlineData("e1000e", 0b111UL)]
    public void After_a_reset_MSI_is_unmasked_and_MSIX_masked(string device, ulong masked)
    {
        var card = Function("00:09.0", device, 21);
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [card with { Device = card.Device with { MsiPerVectorMask = true } }], [Do(Card, new Step(Op.FunctionReset, (int)ResetKind.Flr))]));
        Assert.Equal(masked, seen.Function(Card).MaskedEntries);
    }

    private static Seen WithMsi(bool hasMasks, params Step[] steps)
    {
        var card = Function("00:09.0", "ahci", 21, Every(Millisecond, count: 1, first: Millisecond));
        return Seen.Of(Live(Platform.AcpiPc, [card with { Device = card.Device with { MsiPerVectorMask = hasMasks } }], [Do(Card, steps)]));
    }

    // Rule 5.7: drop, latch; rule 6.2: stop.
    [Fact]
    [Trait("Rule", "5.7")]
    public void A_device_that_drops_loses_what_it_sends_with_bus_mastering_off()
    {
        var seen = WithCard(d => d, new(Op.BusMaster, 0), Pause(2 * Millisecond), new(Op.BusMaster, 1), Pause(Millisecond));
        Assert.Equal(1, seen.Messages(Card, MsiResult.DroppedBme));
        Assert.Equal(0, seen.Messages(Card, MsiResult.Delivered));
        Assert.Equal(0, seen.HandlerRuns(Card));
    }

    [Fact]
    [Trait("Rule", "5.7")]
    public void A_device_that_latches_sends_once_bus_mastering_returns()
    {
        var seen = WithCard(
            d => d with { OnBusMasterOff = BusMasterReaction.Latch }, new(Op.BusMaster, 0), Pause(2 * Millisecond), new(Op.BusMaster, 1), Pause(Millisecond));
        Assert.Equal(1, seen.Messages(Card, MsiResult.LatchedBme));
        Assert.Equal(1, seen.Messages(Card, MsiResult.Delivered));
        Assert.Equal(1, seen.HandlerRuns(Card));
    }

    // Rule 7: what waits is the last message, with its own entry.
    [Fact]
    public void A_device_that_latches_keeps_the_entry_of_its_message()
    {
        var card = Function("00:09.0", "e1000e", 21, Every(Millisecond, count: 1, first: Millisecond) with { Entry = 2 });
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [card with { Device = card.Device with { OnBusMasterOff = BusMasterReaction.Latch } }],
            [Do(Card, new Step(Op.BusMaster, 0), Pause(2 * Millisecond), new(Op.BusMaster, 1), Pause(Millisecond))]));
        Assert.Equal([(2, MsiResult.LatchedBme), (2, MsiResult.Delivered)], seen.Of(EventKind.MsiWrite, Card).Select(e => (e.At.Event.A, (MsiResult)e.At.Event.C)));
    }

    [Fact]
    [Trait("Rule", "6.2")]
    public void A_device_that_stops_has_no_event_until_its_driver_starts_it_again()
    {
        var seen = Seen.Of(Live(
            Platform.Q35, [Function("00:09.0", "virtio-net", 21, Every(Millisecond))],
            [Wait(3 * Millisecond), Do(Card, new Step(Op.BusMaster, 0), Pause(5 * Millisecond), new(Op.BusMaster, 1), Pause(5 * Millisecond))]));

        var off = seen.RawOf(EventKind.CfgCommand, Card, 0x0507);
        Assert.Contains(seen.Of(EventKind.DeviceEvent, Card), e => e.At.Raw < off);
        Assert.DoesNotContain(seen.Of(EventKind.DeviceEvent, Card), e => e.At.Raw > off);

        // QEMU drops DRIVER_OK: 15 -> 11 (recording s5c).
        Assert.Equal(11, seen.Of(EventKind.VirtioStatus, Card).Single().At.Event.A);
    }

    // Rules 5.1 and 5.11.
    [Theory]
    [Trait("Rule", "5.1")]
    [Trait("Rule", "5.11")]
    [InlineData(true, 1, 0)]
    [InlineData(false, 0, 1)]
    public void A_bridge_without_bus_mastering_swallows_the_messages_from_below(bool bridgeBusMaster, int delivered, int dropped)
    {
        var below = At("01:00.0");
        var seen = Seen.Of(Live(
            Platform.AcpiPc,
            [
                Function("00:02.0", "pcie-root-port", null) with { SecondaryBus = 1 },
                Function("01:00.0", "e1000e", 21, Every(Millisecond, count: 1, first: Millisecond)) with { Parent = Port },
            ],
            [Do(Port, new Step(Op.BusMaster, bridgeBusMaster ? 1 : 0)), Wait(2 * Millisecond)]));

        Assert.True(seen.Function(below).BusMaster);
        Assert.Equal(delivered, seen.Messages(below, MsiResult.Delivered));
        Assert.Equal(dropped, seen.Messages(below, MsiResult.DroppedBridge));
        Assert.Equal(delivered, seen.HandlerRuns(below));
    }

    // Domain 2.6: enabling a device enables the bridges above it, else no driver below a bridge would ever get a message.
    [Fact]
    [Trait("Rule", "2.6")]
    public void A_probe_turns_on_bus_mastering_of_every_bridge_above()
    {
        var below = At("02:00.0");
        var seen = Seen.Of(Live(
            Platform.AcpiPc,
            [
                Function("00:02.0", "pcie-root-port", null) with { SecondaryBus = 1 },
                Function("01:00.0", "pci-bridge", null) with { Parent = Port, SecondaryBus = 2 },
                Function("02:00.0", "e1000e", 21, Every(Millisecond, count: 1, first: Millisecond)) with { Parent = At("01:00.0") },
            ],
            [Wait(2 * Millisecond)]));

        Assert.Equal(1, seen.Messages(below, MsiResult.Delivered));
    }

    // Rule 5.3, the other side: with neither enabled, an event uses the pin only.
    [Fact]
    [Trait("Rule", "5.3")]
    public void A_function_in_INTx_mode_sends_no_message()
    {
        var seen = WithCard(d => d, new(Op.MsixEnable, 0), new(Op.IntxDisable, 0), Pause(2 * Millisecond));
        Assert.Equal(0, seen.Messages(Card));
        Assert.Equal("1", seen.Pin(Card));
    }

    // Domain 3.5: a vector with no descriptor is acknowledged and gone; spurious.c never sees it.
    [Fact]
    public void A_message_to_a_CPU_with_interrupts_off_waits_in_IRR_and_two_of_one_vector_are_one()
    {
        var card = Function("00:09.0", "e1000e", 21, Every(Millisecond, count: 3, first: Millisecond));
        var seen = Seen.Of(Live(
            Platform.AcpiPc, [card], [Do(Card, new Step(Op.LocalIrqDisable), Pause(5 * Millisecond), new(Op.LocalIrqEnable), Pause(Millisecond))]));

        Assert.Equal(3, seen.Messages(Card, MsiResult.LatchedIrr));
        Assert.Equal(1, seen.HandlerRuns(Card));
    }

    // Domain 3.5: "No irq handler for vector" is never "nobody cared".
    [Fact]
    [Trait("Rule", "3.5")]
    public void After_a_crash_stale_messages_hit_unknown_vectors_until_the_scan_turns_them_off()
    {
        var scenario = Story.Of("6.12", path: ShutdownPath.Kdump, net: f => f with { Device = Device("e1000e"), Events = [Every(10 * Millisecond)] });
        var first = scenario.Boots[0];
        var second = first with { Path = ShutdownPath.None, NoMsi = true };
        var seen = Seen.Of(scenario with { Boots = [first, second] });

        var early = new Seen.Phase("early-boot", "enumeration", 1);
        Assert.NotEqual(0, seen.Messages(Story.Net, null, early));
        Assert.Contains(
            seen.Events(early), e => e.At.Event.Kind == EventKind.IrqDelivered && e.At.Event.C == (int)DeliveryOutcome.UnknownVector);
        Assert.Equal("0507>0107, 0107>0507, msix 0", seen.Writes(Story.Net, new Seen.Phase("enumeration", "probe", 1)));
        Assert.Equal(0, seen.Messages(Story.Net, null, new Seen.Phase("probe", null, 1)));
        Assert.DoesNotContain(seen.Events(), e => e.At.Event.Kind == EventKind.NobodyCared);
    }

    // The only handler of a line is the first of its chain, whichever function it belongs to.
    [Fact]
    public void Handlers_of_two_functions_at_once_are_not_the_two_handlers_of_one()
    {
        var scenario = Live(
            Platform.AcpiPc,
            [Function("00:03.0", "virtio-net", 17, Every(20 * Microsecond)), Function("00:05.0", "uhci", 16, Every(30 * Microsecond)) with { Cpu = 1 }],
            [Wait(Millisecond)], boot: b => b with { Cpus = 2 });
        var machine = CompiledMachine.Compile(scenario);
        var run = Run.Of(machine);
        Assert.Contains(run.Recording.Entries.ToArray(), e => e.Event.Kind == EventKind.Handler && e.Event.Subject == 0);
        Assert.Equal(-1, PropertyCheck.FirstViolation(run, Property.HandlersApart));
        Assert.Equal(VerdictKind.Holds, new Explorer(machine, [Property.HandlersApart]).Search().Verdicts[0].Kind);
    }
}
