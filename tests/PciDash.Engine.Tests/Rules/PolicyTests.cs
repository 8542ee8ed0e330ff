using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

/// <summary>What the PCI core does at shutdown, by policy and path: domain 1.1, 1.4 and 2.</summary>
public class PolicyTests
{
    private static readonly Bdf Net = Story.Net;

    // Domain 1.1 and 1.4. Enable goes 0 before INTx-Disable goes 0, and Bus Master Enable goes last (2.2).
    [Theory]
    [Trait("Rule", "1.1")]
    [Trait("Rule", "1.4")]
    [Trait("Rule", "2.2")]
    [Trait("Rule", "2.2.3")]
    [Trait("Rule", "2.2.4")]
    [InlineData("P0", ShutdownPath.Reboot, "")]
    [InlineData("P0", ShutdownPath.Kexec, "")]
    [InlineData("P1", ShutdownPath.Reboot, "msix 0, 0507>0107")]
    [InlineData("P1", ShutdownPath.Kexec, "msix 0, 0507>0107")]
    [InlineData("P3", ShutdownPath.Reboot, "msix 0, 0507>0107, 0107>0103")]
    [InlineData("P3", ShutdownPath.Poweroff, "msix 0, 0507>0107, 0107>0103")]
    [InlineData("P3", ShutdownPath.Kexec, "msix 0, 0507>0107, 0107>0103")]
    [InlineData("P4", ShutdownPath.Reboot, "msix 0, 0507>0107")]
    [InlineData("P4", ShutdownPath.Poweroff, "msix 0, 0507>0107")]
    [InlineData("P4", ShutdownPath.Kexec, "msix 0, 0507>0107, 0107>0103")]
    [InlineData("P5", ShutdownPath.Reboot, "")]
    [InlineData("P5", ShutdownPath.Poweroff, "")]
    [InlineData("P5", ShutdownPath.Kexec, "0507>0503")]
    [InlineData("seed", ShutdownPath.Reboot, "")]
    [InlineData("seed", ShutdownPath.Kexec, "0507>0503")]
    [InlineData("EB-1", ShutdownPath.Reboot, "msix 0, 0507>0107, 0107>0507")]
    [InlineData("EB-1", ShutdownPath.Kexec, "msix 0, 0507>0107, 0107>0507, 0507>0503")]
    public void A_policy_writes_this_and_in_this_order(string policy, ShutdownPath path, string writes)
    {
        var seen = Seen.Of(Story.Of(policy: policy, path: path, sharer: null));
        Assert.Equal(writes, seen.Writes(Net, Seen.Shutdown));
    }

    /// <summary>Each row is also written in the script's words: they do what the row does, whatever the path and the function.</summary>
    [Fact]
    [Trait("Rule", "1.1")]
    [Trait("Rule", "1.4")]
    public void A_rows_words_are_its_steps()
    {
        foreach (var row in ShutdownPolicy.All)
        {
            var own = ShutdownPolicy.Own("own", "", "", row.Script, row.ReplacesDriver);
            Assert.Equal(Done(row), Done(own));
        }

        static IEnumerable<string> Done(ShutdownPolicy policy) =>
            from path in new[] { ShutdownPath.Reboot, ShutdownPath.Poweroff, ShutdownPath.Kexec }
            from step in policy.Steps
            where (step.Step.Only is null || step.Step.Only == path) && (!step.KexecOnly || path == ShutdownPath.Kexec)
            select $"{policy.ReplacesDriver} {path} {step.BoundOnly} {step.EnabledOnly} {step.Step with { Where = "", Source = "", Only = null }}";
    }

    // Domain 2.1, the same for MSI.
    [Theory]
    [Trait("Rule", "2.1")]
    [Trait("Rule", "2.1.2")]
    [Trait("Rule", "2.1.3")]
    [InlineData("P1", ShutdownPath.Kexec, "msi 0, 0507>0107")]
    [InlineData("P4", ShutdownPath.Kexec, "msi 0, 0507>0107, 0107>0103")]
    [InlineData("P5", ShutdownPath.Kexec, "0507>0503")]
    public void A_policy_treats_MSI_as_it_treats_MSIX(string policy, ShutdownPath path, string writes)
    {
        var seen = Seen.Of(Story.Of(policy: policy, path: path, sharer: null, net: f => f with { Device = Device("ahci"), Events = [] }));
        Assert.Equal(writes, seen.Writes(Net, Seen.Shutdown));
    }

    // Domain 2.2, step 2.
    [Fact]
    [Trait("Rule", "2.2.2")]
    public void Every_allocated_entry_is_masked_before_MSIX_goes_off()
    {
        var seen = Seen.Of(Story.Of(sharer: null));
        var off = seen.Of(EventKind.CfgMsix, Net).First(e => e.At.Event.A == 0).At.Raw;
        var masked = seen.Of(EventKind.VectorMask, Net).Where(e => e.At.Raw < off).Select(e => (e.At.Event.A, e.At.Event.B));
        Assert.Equal([(0, 1), (1, 1), (2, 1)], masked);
    }

    // Domain 1.2: 4fc9bbf98fd6.
    [Theory]
    [Trait("Rule", "1.2")]
    [InlineData("3.11", ShutdownPath.Reboot, false)]
    [InlineData("3.13", ShutdownPath.Reboot, true)]
    [InlineData("3.13", ShutdownPath.Kexec, false)]
    [InlineData("4.1", ShutdownPath.Poweroff, true)]
    [InlineData("6.12", ShutdownPath.Reboot, true)]
    [InlineData("6.12", ShutdownPath.Kexec, false)]
    public void Since_3_13_bus_mastering_is_cleared_on_kexec_only(string kernel, ShutdownPath path, bool busMaster)
    {
        var seen = Seen.Of(Story.Of(kernel, path: path, sharer: null));
        var end = seen.RawOf(EventKind.DriverShutdown, Net, 1);
        Assert.Equal(busMaster, seen.Run.At(end).After.Function(0).BusMaster);
    }

    [Fact]
    [Trait("Rule", "1.4.1")]
    public void Reboot_on_4_1_leaves_bus_mastering_on()
    {
        var seen = Seen.Of(Story.Of("4.1", path: ShutdownPath.Reboot));
        Assert.True(seen.Run.At(seen.RawOfPhase("firmware") - 1).After.Function(seen.Index(Net)).BusMaster);
    }

    // Domain 1.1: pci_device_shutdown never runs on the crash path.
    [Fact]
    [Trait("Rule", "1.1")]
    [Trait("Rule", "3.1")]
    public void A_crash_runs_no_callback_and_writes_nothing()
    {
        foreach (var policy in ShutdownPolicy.All)
        {
            var seen = Seen.Of(Story.Of(policy: policy.Id, path: ShutdownPath.Kdump));
            Assert.Equal("", seen.Writes(Net, new Seen.Phase(null, "early-boot", 1)));
            Assert.Empty(seen.Of(EventKind.DriverShutdown, Net));
        }
    }

    // Domain 2.4: Linux never touches INTx-Disable of these, since it also stops their MSI.
    [Fact]
    [Trait("Rule", "2.4")]
    public void A_device_whose_INTx_Disable_also_stops_MSI_is_left_with_INTx_allowed()
    {
        var seen = Seen.Of(Story.Of("4.1", path: ShutdownPath.Kexec, sharer: null, net: f => f with { Device = f.Device with { MsiIntxDisableBug = true } }));
        Assert.Equal("msix 0, 0107>0103", seen.Writes(Net, Seen.Shutdown));
    }

    // Finding 2 of the recordings: e1000e's own shutdown, before the core adds anything.
    [Theory]
    [Trait("Rule", "2.3")]
    [InlineData("6.12", ShutdownPath.Reboot)]
    [InlineData("6.12", ShutdownPath.Kexec)]
    [InlineData("4.1", ShutdownPath.Reboot)]
    public void The_shutdown_of_e1000e_frees_its_vectors_and_then_clears_bus_mastering(string kernel, ShutdownPath path)
    {
        var seen = Seen.Of(Story.Of(kernel, path: path, sharer: null, net: f => f with { Device = Device("e1000e") }));
        Assert.Equal("msix 0, 0507>0107, 0107>0103", seen.Writes(Net, Seen.Shutdown));

        // It silenced the chip first, so opening the gate raises nothing.
        Assert.Equal("", seen.Pin(Net));
        Assert.NotEmpty(seen.Of(EventKind.FreeIrq, Net));
    }

    // Domain 12: UHCI keeps its handler through shutdown, so it is the sharer on whose account the storm is counted.
    [Fact]
    [Trait("Rule", "12")]
    public void Uhci_keeps_its_handler_through_its_shutdown_and_e1000_does_not()
    {
        var uhci = Seen.Of(Story.Of("4.1", "seed"));
        var e1000 = Seen.Of(Story.Of("4.1", "seed", sharer: "e1000"));

        bool HasAction(Seen seen) => seen.Run.At(seen.RawOf(EventKind.DriverShutdown, Story.Usb, 1)).After.Function(seen.Index(Story.Usb)).LineAction;
        Assert.True(HasAction(uhci));
        Assert.Empty(uhci.Of(EventKind.FreeIrq, Story.Usb));
        Assert.False(HasAction(e1000));
        Assert.Single(e1000.Of(EventKind.FreeIrq, Story.Usb));
    }

    // Domain 7: megaraid_sas waits for its flush, which takes a millisecond and not the whole timeout.
    [Fact]
    public void A_driver_that_waits_for_a_completion_goes_on_as_soon_as_it_was_served()
    {
        var seen = Seen.Of(Story.Of("4.1", sharer: null, net: f => f with { Device = Device("megaraid-sas"), Events = [] }));
        var enter = seen.Of(EventKind.DriverShutdown, Net).First().At;
        var exit = seen.Of(EventKind.DriverShutdown, Net).Last().At;

        Assert.Equal(1, seen.HandlerRuns(Net));
        Assert.InRange(exit.TimeNs - enter.TimeNs, Millisecond, 5 * Millisecond);
    }

    // The same without a completion: the driver gives up after its timeout.
    [Fact]
    public void A_driver_whose_completion_is_lost_waits_for_its_timeout()
    {
        var seen = Seen.Of(Story.Of(
            "4.1", sharer: null, net: f => f with { Device = Device("megaraid-sas"), Events = [] },
            boot: b => b with { Stimuli = [Do(Net, new Step(Op.BusMaster, 0))] }));
        var enter = seen.Of(EventKind.DriverShutdown, Net).First().At;
        var exit = seen.Of(EventKind.DriverShutdown, Net).Last().At;

        Assert.Equal(0, seen.HandlerRuns(Net));
        Assert.InRange(exit.TimeNs - enter.TimeNs, 30 * Second, 31 * Second);
    }

    // Domain 12: shutdown order is a fact of the release.
    [Theory]
    [Trait("Rule", "3.2")]
    [InlineData("4.1", "00:09.0 00:05.0 00:01.0")]
    [InlineData("4.9", "00:01.0 00:09.0 00:05.0")]
    [InlineData("6.12", "00:09.0 00:05.0 00:01.0")]
    public void Devices_are_visited_in_reverse_of_registration_or_from_4_4_to_4_12_of_probe(string kernel, string order)
    {
        var functions = new[] { Function("00:01.0", "uhci"), Function("00:05.0", "e1000"), Function("00:09.0", "e1000") };
        var row = Release(kernel);
        var scenario = new Scenario("order", Platform.AcpiPc, functions,
            [new BootSpec(row, Policy(row.ShutdownPolicy), ShutdownPath.Reboot) { ProbeOrder = [At("00:05.0"), At("00:09.0"), At("00:01.0")] }]);
        var seen = Seen.Of(scenario);
        var visited = seen.Events().Where(e => e.At.Event is { Kind: EventKind.DriverShutdown, A: 0 }).Select(e => seen.Machine.Functions[e.At.Event.Subject].Bdf.ToString());
        Assert.Equal(order, string.Join(' ', visited));
    }

    // Domain 6.3: the virtio bus is visited before any PCI function, where the release resets its devices.
    [Theory]
    [Trait("Rule", "3.2")]
    [Trait("Rule", "6.3")]
    [InlineData("6.1.192", true)]
    [InlineData("6.12", false)]
    public void Only_releases_with_8bd2fa086a04_reset_virtio_at_shutdown(string kernel, bool resets)
    {
        var seen = Seen.Of(Story.Of(kernel));
        var status = seen.Of(EventKind.VirtioStatus, Net, Seen.Shutdown).Select(e => e.At).ToList();
        Assert.Equal(resets, status.Count == 1 && status[0].Event.A == 0);
        if (resets)
        {
            Assert.True(status[0].Raw < seen.RawOf(EventKind.DriverShutdown, Net, 0));
            Assert.DoesNotContain(seen.Of(EventKind.DeviceEvent, Net), e => e.At.Raw > status[0].Raw);
        }
    }
}
