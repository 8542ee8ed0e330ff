using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using static PciDash.Engine.Tests.Make;

namespace PciDash.Engine.Tests.Rules;

public class CatalogueTests
{
    private static readonly Bdf Card = At("00:03.0");

    // Recordings s1_reboot_pc_k61 (lspci and /proc/interrupts): slot, pin and the irq that Linux uses.
    [Theory]
    [Trait("Rule", "5.10")]
    [InlineData(1, InterruptPin.D, 11)]
    [InlineData(3, InterruptPin.A, 10)]
    [InlineData(4, InterruptPin.A, 11)]
    [InlineData(5, InterruptPin.A, 11)]
    [InlineData(6, InterruptPin.A, 10)]
    [InlineData(7, InterruptPin.A, 10)]
    [InlineData(8, InterruptPin.A, 11)]
    [InlineData(9, InterruptPin.A, 11)]
    [InlineData(9, InterruptPin.C, 10)]
    public void On_pc_the_pins_end_where_the_recorded_machine_has_them(int slot, InterruptPin pin, int gsi) =>
        Assert.Equal(new Gsi(gsi), Platform.Pc.Route(slot, pin));

    // Recording s1_reboot_q35_k612: 05:01.0 pin A, behind 04:00.0, behind the root port 00:0a.0, is on irq 23; 8139 at 05:05.0 too.
    [Fact]
    public void A_pin_is_swizzled_through_every_bridge_above_it()
    {
        var port = Function("00:0a.0", "pcie-root-port", null) with { SecondaryBus = 4 };
        var bridge = Function("04:00.0", "pci-bridge", null) with { Parent = port.Bdf, SecondaryBus = 5 };
        var first = Function("05:01.0", "e1000", null) with { Parent = bridge.Bdf };
        var second = Function("05:05.0", "rtl8139", null) with { Parent = bridge.Bdf };
        var m = CompiledMachine.Compile(Live(Platform.Q35, [port, bridge, first, second], []));

        Assert.Equal([23, 23], m.Functions.Where(f => f.Bdf.Bus == 5).Select(f => m.Lines[f.Line].Gsi.Value));
        Assert.Equal(22, m.Lines[m.Functions[0].Line].Gsi.Value);
    }

    // Domain 7: what a driver's own shutdown writes, in the release that has it.
    [Theory]
    [Trait("Rule", "7")]
    [InlineData("nvme", "4.1", "msix 0, 0507>0107, 0107>0103")]
    [InlineData("xhci", "6.12", "msix 0, 0507>0107, 0107>0103")]
    [InlineData("igb", "4.1", "msix 0, 0507>0107, 0107>0103")]
    [InlineData("i40e", "6.12", "msix 0, 0507>0107")]
    [InlineData("r8169", "6.12", "")]
    [InlineData("vmxnet3", "6.12", "")]
    [InlineData("mlx5", "6.12", "msix 0, 0507>0107")]
    [InlineData("mlx4", "6.12", "msix 0, 0507>0107")]
    [InlineData("mlx4", "6.18", "msix 0, 0507>0107, 0107>0103")]
    [InlineData("mpt3sas", "4.12", "msix 0, 0507>0107, 0107>0103")]
    [InlineData("mpt3sas", "6.18", "msix 0, 0507>0107")]
    [InlineData("mptsas", "6.18", "")]
    [InlineData("ena", "4.12", "")]
    [InlineData("ena", "6.12", "msix 0, 0507>0107, 0107>0103")]
    [InlineData("lpfc", "4.12", "msix 0, 0507>0107, 0107>0103")]
    [InlineData("nvidia-gpu", "6.18", "")]
    [InlineData("hda", "6.18", "")]
    public void A_drivers_shutdown_writes_what_its_row_says(string device, string kernel, string writes)
    {
        // P5 on reboot writes nothing itself.
        var seen = Seen.Of(Shutdown(device, kernel, "P5"));
        Assert.Equal(writes, seen.Writes(Card, new Seen.Phase("device_shutdown", "machine_shutdown", 0)));
    }

    // Domain 7: 4.19 to 6.1 switch the port off on every path, later ones do not, earlier ones do nothing.
    [Theory]
    [InlineData("4.12", "")]
    [InlineData("4.19", "msix 0, 0507>0107, 0107>0103")]
    [InlineData("6.1", "msix 0, 0507>0107, 0107>0103")]
    [InlineData("6.12", "msix 0, 0507>0107")]
    public void A_root_port_loses_bus_mastering_on_reboot_from_4_19_to_6_1(string kernel, string writes) =>
        Assert.Equal(writes, Seen.Of(Shutdown("pcie-root-port", kernel, "P5")).Writes(Card, new Seen.Phase("device_shutdown", "machine_shutdown", 0)));

    // Domain 1.1, P2: pci_disable_device does nothing where no driver enabled the function.
    [Fact]
    [Trait("Rule", "1.1")]
    public void P2_clears_bus_mastering_only_where_a_driver_set_it()
    {
        var seen = Seen.Of(Shutdown("r8169", "3.6", null));
        Assert.Equal("msix 0, 0507>0107, 0107>0103", seen.Writes(Card, new Seen.Phase("device_shutdown", "machine_shutdown", 0)));
        Assert.Equal("P2", KernelRelease.Find("3.6")!.ShutdownPolicy);
    }

    // Domain 1.4, EB-2: handlers freed, device reset, MSI freed, whatever the driver's own shutdown does.
    [Fact]
    [Trait("Rule", "1.4")]
    public void EB_2_frees_and_resets_what_the_driver_left()
    {
        var seen = Seen.Of(Story.Of("4.1", "EB-2"));
        Assert.False(seen.Function(Story.Net).VectorActions);
        Assert.Contains(seen.Of(EventKind.Reset, Story.Net), _ => true);
        Assert.Empty(seen.NobodyCared(21));
        Assert.Equal("", seen.Level(21));
    }

    // Domain 1.4, EB-3: BME off on reboot as well, INTx left enabled.
    [Fact]
    [Trait("Rule", "1.4")]
    public void EB_3_leaves_what_firmware_gives_on_every_path()
    {
        var seen = Seen.Of(Story.Of("4.1", "EB-3"));
        Assert.Equal("msix 0, 0507>0107, 0107>0103", seen.Writes(Story.Net, new Seen.Phase("device_shutdown", "machine_shutdown", 0)));
    }

    [Fact]
    public void Every_row_has_a_source_and_every_device_names_a_driver_that_exists()
    {
        Assert.All(DeviceModel.All, d => Assert.True(d.Source.Length > 0 && (d.Driver is null || DriverModel.Find(d.Driver) is not null), d.Id));
        Assert.All(DriverModel.All, d => Assert.True(d.Source.Length > 0, d.Id));
        Assert.All(KernelRelease.All, r => Assert.NotNull(ShutdownPolicy.Find(r.ShutdownPolicy)));
        Assert.All(ShutdownPolicy.All, p => Assert.True(p.Source.Length > 0 && p.Steps.All(s => s.Step.Op == Op.NoteMsi || s.Step.Where.Length > 0), p.Id));
        Assert.Equal(DeviceModel.All.Count, DeviceModel.All.Select(d => d.Id).Distinct().Count());
        Assert.Equal(DriverModel.All.Count, DriverModel.All.Select(d => d.Id).Distinct().Count());
    }

    // Every device of the catalogue can be shut down by every kernel on every path without an error, and the run ends.
    [Fact]
    public void Every_device_can_be_shut_down_by_every_kernel_on_every_path()
    {
        foreach (var device in DeviceModel.All.Where(d => !d.IsBridge))
        {
            foreach (var release in KernelRelease.All)
            {
                foreach (var path in new[] { ShutdownPath.Reboot, ShutdownPath.Kexec, ShutdownPath.Kdump, ShutdownPath.Poweroff })
                {
                    var run = Run.Of(CompiledMachine.Compile(Shutdown(device.Id, release.Version, null, path)));
                    Assert.Equal(RunEnd.Complete, run.End);
                }
            }
        }
    }

    private static Scenario Shutdown(string device, string kernel, string? policy, ShutdownPath path = ShutdownPath.Reboot)
    {
        var row = Release(kernel);
        return new Scenario("one", Platform.AcpiPc, [Function("00:03.0", device, null)], [new BootSpec(row, Policy(policy ?? row.ShutdownPolicy), path)]);
    }
}
