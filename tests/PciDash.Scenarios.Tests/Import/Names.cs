using PciDash.Scenarios.Import;
using Xunit.Abstractions;

namespace PciDash.Scenarios.Tests.Import;

/// <summary>Names: the text's first, else those of pci.ids where the system has it, else the numbers.</summary>
public class Names(ITestOutputHelper output)
{
    [Fact]
    public void Vendors_and_devices_are_read_and_subsystems_and_classes_are_not()
    {
        var ids = PciIds.Read(new StringReader("""
            # a comment
            8086  Made Up Corporation
            	10d3  Made Up Card
            		8086 0001  A subsystem
            1af4  Another
            C 02  Network controller
            	00  Ethernet controller
            """));
        Assert.Equal(("Made Up Corporation", "Made Up Card", "Another"), (ids.Vendor(0x8086), ids.Device(0x8086, 0x10d3), ids.Vendor(0x1af4)));
        Assert.Null(ids.Device(0x8086, 0x0001));
        Assert.Null(ids.Device(0x1af4, 0x0000));
    }

    [Fact]
    public void The_name_in_the_text_wins_and_numbers_get_the_name_of_the_list()
    {
        Assert.Equal("what the text says", MachineImport.Read("00:19.0 Ethernet controller [0200]: what the text says [8086:10d3] (rev 01)").Functions[0].Name);
        var numbers = MachineImport.Read("00:19.0 0200: 8086:10d3").Functions[0].Name;
        if (PciIds.Installed is not { } ids)
        {
            output.WriteLine("no pci.ids on this machine (Debian: pci.ids): numbers stay numbers");
            Assert.Equal("", numbers);
            return;
        }

        Assert.Equal(ids.Vendor(0x8086) + " " + ids.Device(0x8086, 0x10d3), numbers);
        Assert.Equal("e1000e", MachineImport.Read("00:19.0 Ethernet controller: " + numbers).Scenario!.Functions[0].Device.Id);
    }

    [Fact]
    public void A_device_that_is_not_just_as_its_row_has_its_own_name_and_ids()
    {
        var machine = MachineImport.Read("""
            00:03.0 Ethernet controller [0200]: a card of today [8086:9999]
            	Control: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx+
            	Interrupt: pin A routed to IRQ 17
            	Capabilities: [70] MSI-X: Enable+ Count=9 Masked-
            	Kernel driver in use: igb
            00:04.0 Ethernet controller [0200]: a card of today [8086:9999]
            	Control: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx+
            	Interrupt: pin A routed to IRQ 18
            	Capabilities: [70] MSI-X: Enable+ Count=9 Masked-
            	Kernel driver in use: igb
            00:05.0 Ethernet controller [0200]: a card of today [8086:9999]
            	Control: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx+
            	Interrupt: pin A routed to IRQ 18
            	Capabilities: [70] MSI-X: Enable+ Count=4 Masked-
            	Kernel driver in use: igb
            """);
        var devices = machine.Scenario!.Functions.Select(f => f.Device).ToList();
        Assert.Equal(["8086-9999", "8086-9999", "8086-9999-2"], devices.Select(d => d.Id));
        Assert.Equal(devices[0], devices[1]);
        Assert.Equal(("a card of today", 0x9999, 9, "igb"), (devices[0].Title, devices[0].DeviceId, devices[0].VectorsUsed, devices[0].Driver));
        Assert.Equal(FactSource.Guess, machine.Fields.Single(f => f.Path == "functions[00:03.0].device.vectors_used").Source);
    }
}
