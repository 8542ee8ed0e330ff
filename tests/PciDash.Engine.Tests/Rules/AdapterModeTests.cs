using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>What firmware and adapters keep, and what silences them: domain 7, 8 (aacraid-mode, p50-gpu-boot, igfx-e100-firmware, piccoli-gen9-2018), 2.5.</summary>
public class AdapterModeTests
{
    private static readonly Bdf Card = At("00:09.0");
    private static readonly Seen.Phase Running = new("running", null, 1);

    private static Seen Kdump(FunctionSpec card, string kernel = "4.1", Func<BootSpec, BootSpec>? second = null)
    {
        var row = Release(kernel);
        var next = new BootSpec(row, Policy(row.ShutdownPolicy), ShutdownPath.None) { Stimuli = [Wait(5 * Millisecond)] };
        return Seen.Of(new Scenario(
            "crash", Platform.AcpiPc, [card], [new BootSpec(row, Policy(row.ShutdownPolicy), ShutdownPath.Kdump), second?.Invoke(next) ?? next]));
    }

    // The adapter is still in MSI-X mode, the driver talks INTx: it hears nothing, unless it resets the adapter, as reset_devices has it do.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void A_driver_in_another_mode_hears_nothing_from_an_adapter_that_keeps_its_own_unless_reset_devices(bool resetDevices, bool hears)
    {
        var card = Function("00:09.0", "aacraid", 21, Every(Millisecond));
        var seen = Kdump(card with { Device = card.Device with { FirmwareKeepsMode = true } }, second: b => b with { NoMsi = true, ResetDevices = resetDevices });

        Assert.Equal(hears, seen.HandlerRuns(Card, Running) > 0);
        Assert.Equal(!hears, seen.Messages(Card, MsiResult.WrongMode, Running) > 0);
        if (!hears)
        {
            Assert.Contains(Outcomes.Of(seen.Run), o => o.Kind == OutcomeKind.LostMode);
        }
    }

    // An adapter that keeps nothing follows its enable bits.
    [Fact]
    public void An_adapter_that_keeps_no_mode_uses_the_pin_at_once()
    {
        var card = Function("00:09.0", "aacraid", 21, Every(Millisecond));
        var seen = Kdump(card with { Device = card.Device with { FirmwareKeepsMode = false } }, second: b => b with { NoMsi = true });
        Assert.NotEqual(0, seen.HandlerRuns(Card, Running));
    }

    // Which drivers reset in any case, and which only under reset_devices, is a fact of the driver.
    [Theory]
    [InlineData("e1000e", false, 1)]
    [InlineData("aacraid", false, 0)]
    [InlineData("aacraid", true, 1)]
    public void Reset_devices_matters_to_drivers_that_look_at_it(string device, bool resetDevices, int resets)
    {
        var seen = Kdump(Function("00:09.0", device, 21), second: b => b with { ResetDevices = resetDevices });
        Assert.Equal(resets, seen.Of(EventKind.Reset, Card, new("probe", null, 1)).Count());
    }

    // pci=clearmsi: Enable is cleared before local_irq_enable, so that no stale message meets an open CPU.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Clearmsi_turns_stale_messages_off_before_interrupts_are_on(bool option)
    {
        var seen = Kdump(Function("00:09.0", "e1000e", 21, Every(10 * Millisecond)), second: b => b with { ClearMsi = option });
        var open = new Seen.Phase("local_irq_enable", "enumeration", 1);
        Assert.Equal(option, seen.Of(EventKind.CfgMsix, Card, new("early-boot", "local_irq_enable", 1)).Any(e => e.At.Event.A == 0));
        Assert.Equal(!option, seen.Messages(Card, null, open) > 0);

        // It opens no pin: INTx-Disable stays.
        Assert.Equal("", seen.Pin(Card, new("early-boot", "probe", 1)));
    }

    // Firmware hands a device over that interrupts: the first sharer's handler meets a storm (igfx-e100-firmware), unless a quirk came first.
    [Theory]
    [InlineData(false, null, 1)]
    [InlineData(true, null, 0)]
    [InlineData(true, "4.9", 1)]
    public void A_device_that_firmware_left_running_storms_at_the_first_sharer_unless_a_quirk_silences_it(bool quirk, string? since, int storms)
    {
        var gpu = Function("00:09.0", "pci-endpoint", 21, Every(Millisecond, count: 1)) with { LeftRunning = true };
        gpu = gpu with { Device = gpu.Device with { Quirk = quirk ? new SilencingQuirk(since ?? "", Early: false, "quirk_reset_lenovo_thinkpad_p50_nvgpu", "e0547c81bfcf") : null } };
        var seen = Seen.Of(Live(Platform.AcpiPc, [gpu, Function("00:01.0", "uhci")], [Wait(2 * Second)], "4.1"));
        Assert.Equal(storms, seen.NobodyCared(21).Count);
        Assert.Equal(storms, seen.Of(EventKind.DeviceEvent, Card).Count());
    }

    // An early quirk comes before interrupts are on, a late one with the scan.
    [Theory]
    [InlineData(true, "early-boot", "local_irq_enable")]
    [InlineData(false, "enumeration", "probe")]
    public void A_quirk_runs_early_or_with_the_scan(bool early, string from, string to)
    {
        var card = Function("00:09.0", "e1000e", 21, Every(50 * Millisecond));
        var machine = CompiledMachine.Compile(new Scenario(
            "quirk", Platform.AcpiPc, [card with { Device = card.Device with { Quirk = new SilencingQuirk("", early, "quirk", "") } }],
            [new BootSpec(Release("4.1"), Policy("P4"), ShutdownPath.Kdump)]));
        var program = machine.Program.ToList();
        int PhaseOf(string name) => program.FindLastIndex(i => i.Op == Op.Phase && machine.Names[i.A] == name);
        Assert.InRange(program.FindLastIndex(i => i.Op == Op.Quiesce), PhaseOf(from), PhaseOf(to));
    }

    // Domain 2.5: a crash kernel with fewer vectors. Since 5.14 the whole table is masked before Function Mask is lifted; before, the entries
    // that the production kernel used stayed open, and what the device still sends goes to its vectors.
    [Theory]
    [Trait("Rule", "2.5")]
    [InlineData("6.12", true)]
    [InlineData("6.1", true)]
    [InlineData("4.19", false)]
    public void Masking_the_whole_table_leaves_no_entry_of_the_first_kernel_open(string kernel, bool masksAll)
    {
        var fewer = new Dictionary<Bdf, DriverModel?> { [Card] = Driver("aacraid") with { Id = "aacraid-1", Vectors = 1 } };
        Seen Of(EventSource source) => Kdump(Function("00:09.0", "aacraid", 21, source with { Entry = 5 }), kernel, b => b with { Drivers = fewer });

        // aacraid does not reset its adapter: until its driver starts it, it goes on with the entries of the first kernel. Its event falls
        // between the moment at which Function Mask is lifted and that one.
        var lifted = Of(Every(100 * Second)).Of(EventKind.CfgMsix, Card, new("probe", null, 1)).Last().At.TimeNs;
        var seen = Of(Every(2 * Millisecond, first: lifted + Microsecond));
        var stale = seen.Of(EventKind.MsiWrite, Card).First().At;

        Assert.Equal(lifted + Microsecond, stale.TimeNs);
        Assert.Equal((5, masksAll ? MsiResult.PendingMasked : MsiResult.UnassignedVector), (stale.Event.A, (MsiResult)stale.Event.C));
        Assert.Equal(masksAll ? 0b1111_1110UL : 0UL, seen.Function(Card).MaskedEntries);

        // From then on it uses what it was given.
        Assert.NotEmpty(seen.Of(EventKind.MsiWrite, Card, Running));
        Assert.All(seen.Of(EventKind.MsiWrite, Card, Running), e => Assert.Equal(0, e.At.Event.A));
    }

    // The driver is unloaded while the machine runs: at shutdown the function has no callback, and P2 nothing to disable.
    [Fact]
    public void A_driver_that_was_unloaded_has_no_shutdown()
    {
        var unload = new Stimulus("rmmod", [new Step(Op.Quiesce), .. DriverModel.FreeInterrupts("remove", "")], Story.Net) { Unloads = true };
        var seen = Seen.Of(Story.Of("4.1", sharer: null, net: f => f with { Device = Device("e1000e"), Events = [] }, boot: b => b with { Stimuli = [unload] }));
        var bound = Seen.Of(Story.Of("4.1", sharer: null, net: f => f with { Device = Device("e1000e"), Events = [] }));
        Assert.Equal("", seen.Writes(Story.Net, Seen.Shutdown));
        Assert.NotEqual("", bound.Writes(Story.Net, Seen.Shutdown));
    }

    // Domain 2.5: address and data are written before messages are enabled, so an adapter that nobody reset never sends to the old kernel's vector again.
    [Fact]
    [Trait("Rule", "2.5")]
    public void Once_messages_are_enabled_again_they_carry_the_new_kernel_s_address()
    {
        var seen = Kdump(Function("00:09.0", "aacraid", 21, Every(5 * Microsecond)));
        var opened = seen.Of(EventKind.CfgMsix, Card, new("probe", null, 1)).First(e => e.At.Event is { A: 1, B: 0 }).At.Raw;
        var sent = seen.Of(EventKind.MsiWrite, Card).Where(e => e.At.Raw > opened).ToList();
        Assert.NotEmpty(sent);
        Assert.All(sent, e => Assert.Equal(0, e.At.Event.D));
    }
}
